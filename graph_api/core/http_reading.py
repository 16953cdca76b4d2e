"""What an HTTP request asks: the GraphQL-over-HTTP specification, read strictly.

Whatever is not exactly a request is refused with a 4xx status and a code, before anything runs.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request

from graph_api.core.errors import ApiError, ErrorCode, limit_exceeded
from graph_api.core.request_extensions import asks_to_explain
from graph_api.core.trusted_documents import document_id_of

JSON = "application/json"

_PARTS = ("query", "operationName", "variables", "extensions", "documentId")
_QUOTED_PARTS = tuple(b'"%s"' % name.encode() for name in _PARTS)
_PARAMETERS_MAX = 100
_UTF_8 = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client wants executed."""

    query: str
    """Empty, where `document_id` stands for it."""
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None = None
    """Under what the document was registered beforehand."""
    explain: bool = False
    """Whether the answer shall tell how it came about."""


class BadRequest(Exception):  # noqa: N818 - it is named after the status
    """A request that is refused for its form; carries the status, and headers that say more."""

    def __init__(
        self, status: int, error: ApiError | str, headers: dict[str, str] | None = None
    ) -> None:
        self.error = ApiError(ErrorCode.BAD_USER_INPUT, error) if isinstance(error, str) else error
        super().__init__(self.error.message)
        self.status = status
        self.headers = headers or {}


async def read_post(request: Request, body_max_bytes: int) -> GraphQLRequest:
    """The request in the body of a POST; raises BadRequest."""
    _check_content_type(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise BadRequest(
            415, "the body must not be compressed", headers={"Accept-Encoding": "identity"}
        )
    return _from_body(await _body(request, body_max_bytes))


def read_get(request: Request) -> GraphQLRequest:
    """The request in the parameters of a GET; raises BadRequest."""
    try:
        given = parse_qsl(
            request.scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_PARAMETERS_MAX,
        )
    except ValueError:
        raise BadRequest(400, "the parameters must be percent-encoded UTF-8, and few") from None
    document: dict[str, Any] = {}
    for name, text in given:
        if name not in _PARTS:
            continue
        if name in document:
            raise BadRequest(400, f"the parameter {name} is given more than once")
        document[name] = _parameter(name, text)
    return _checked(document)


def _parameter(name: str, text: str) -> Any:
    if name in ("query", "operationName", "documentId"):
        return text
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, f"{name} must be a JSON object") from None


def _check_content_type(request: Request) -> None:
    given = request.headers.getlist("content-type")
    if given == [JSON]:
        return
    if len(given) != 1:
        raise BadRequest(415, f"Content-Type must be {JSON}, once")
    name, *parameters = (part.strip().lower() for part in given[0].split(";"))
    if name != JSON:
        raise BadRequest(415, f"Content-Type must be {JSON}")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in _UTF_8:
            raise BadRequest(415, "the body must be in UTF-8")


async def _body(request: Request, limit: int) -> bytes:
    try:
        declared = int(request.headers.get("content-length", "0"))
    except ValueError:
        raise BadRequest(400, "Content-Length must be a number") from None
    received = 0
    chunks: list[bytes] = []
    while max(declared, received) <= limit:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        received += len(chunks[-1])
        if received <= limit and not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    error = limit_exceeded("request body bytes", limit, max(declared, received))
    raise BadRequest(413, error, headers={"Connection": "close"})


def _from_body(body: bytes) -> GraphQLRequest:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "the body must be valid JSON in UTF-8") from None
    if isinstance(document, list):
        raise BadRequest(400, "the body must be one request; batches are not supported")
    if not isinstance(document, dict):
        raise BadRequest(400, "the body must be a JSON object with a query")
    # of equal keys the parser keeps the last, and a proxy may have looked at the first
    if any(body.count(quoted) > 1 for quoted in _QUOTED_PARTS):
        _check_keys(body)
    return _checked(document)


def _check_keys(body: bytes) -> None:
    """Refuse an object that names a part of the request twice.

    The outermost object is the last that the parser ends.
    """
    outermost: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> None:
        nonlocal outermost
        outermost = pairs

    try:
        json.loads(body, object_pairs_hook=keep)
    except (RecursionError, ValueError):
        raise BadRequest(400, "the body must be a JSON object with a query") from None
    names = [name for name, _ in outermost]
    for part in _PARTS:
        if names.count(part) > 1:
            raise BadRequest(400, f"{part} is given more than once")


def _checked(document: dict[str, Any]) -> GraphQLRequest:
    query = document.get("query")
    try:
        document_id = document_id_of(document)
    except ApiError as error:
        raise BadRequest(400, error) from None
    if document_id is not None and query is None:
        query = ""
    elif not isinstance(query, str) or not query:
        raise BadRequest(400, "query must be a non-empty string")
    operation_name = document.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest(400, "operationName must be a string")
    for name in ("variables", "extensions"):
        if document.get(name) is not None and not isinstance(document[name], dict):
            raise BadRequest(400, f"{name} must be an object")
    return GraphQLRequest(
        query,
        document.get("variables"),
        operation_name or None,
        document_id,
        explain=asks_to_explain(document.get("extensions")),
    )
