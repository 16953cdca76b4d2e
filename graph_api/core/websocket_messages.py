"""Messages of graphql-transport-ws: what they must look like, and how their faults close a socket."""

from typing import Any

import orjson

from graph_api.core.errors import ApiError
from graph_api.core.trusted_documents import document_id_of

SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITIALISATIONS = 4429


class Closing(Exception):  # noqa: N818 - it ends the connection, it is no fault of ours
    """The connection ends with a code of the protocol, and a reason for whoever debugs a client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def decoded(text: str | None, max_characters: int) -> dict[str, Any]:
    """A message from the text of a frame; None stands for a binary frame. Raises Closing."""
    if text is None:
        raise Closing(BAD_REQUEST, "a message must be text")
    if len(text) > max_characters:
        raise Closing(BAD_REQUEST, "the message is too large")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Closing(BAD_REQUEST, "a message must be valid JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise Closing(BAD_REQUEST, "a message must be an object with a type")
    return document


def check_payload(message: dict[str, Any]) -> dict[str, Any] | None:
    """The payload of a message that may have one; raises Closing."""
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Closing(BAD_REQUEST, "a payload must be an object")
    return payload


def id_of(message: dict[str, Any]) -> str:
    """The operation that a message is about; raises Closing."""
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise Closing(BAD_REQUEST, "the message must have an id")
    return operation_id


def checked_operation(message: dict[str, Any]) -> dict[str, Any]:
    """What a subscribe message asks for; raises Closing."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise Closing(BAD_REQUEST, "subscribe must have a payload")
    try:
        payload["documentId"] = document_id_of(payload)
    except ApiError as error:
        raise Closing(BAD_REQUEST, error.message) from None
    if payload["documentId"] is not None:
        payload.setdefault("query", "")
    if not isinstance(payload.get("query"), str):
        raise Closing(BAD_REQUEST, "subscribe must have a payload with a query")
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            raise Closing(BAD_REQUEST, f"{name} must be of type {kind.__name__}")
    return payload
