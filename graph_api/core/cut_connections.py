"""Connections that end below the application: what their clients are told, and their operator.

What is refused here never becomes a request, so it has none of a request's headers, lines and
counts but those that it is given here.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import orjson

from graph_api.core.errors import ErrorCode
from graph_api.core.observing.headers import RawHeaders, ResponseHeaders, request_id_of
from graph_api.core.observing.logs import event_log
from graph_api.core.observing.metrics import Metrics
from graph_api.settings import Settings

_log = event_log("graph_api.connections")

Client = tuple[str, int] | None
"""The address and port of the peer, where it has one."""


class CutReason(StrEnum):
    """Why a connection was cut."""

    SLOW_HEADER = "slow_header"
    SLOW_BODY = "slow_body"
    LARGE_HEADER = "large_header"
    NOT_HTTP = "not_http"
    TOO_MANY = "too_many"
    MADE_ROOM = "made_room"
    """It was idle, and a new one came where there were too many."""
    DOES_NOT_READ = "does_not_read"
    NO_PONG = "no_pong"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to what does not become a request."""

    reason: CutReason
    status: int
    code: ErrorCode
    message: str


TOO_MANY: Final = Refusal(
    CutReason.TOO_MANY, 503, ErrorCode.UNAVAILABLE, "there are too many connections; try again"
)
SLOW_HEADER: Final = Refusal(
    CutReason.SLOW_HEADER, 408, ErrorCode.TIMEOUT, "the header of the request took too long"
)
SLOW_BODY: Final = Refusal(
    CutReason.SLOW_BODY, 408, ErrorCode.TIMEOUT, "the body of the request took too long"
)
NOT_HTTP: Final = Refusal(
    CutReason.NOT_HTTP, 400, ErrorCode.BAD_USER_INPUT, "this is not a valid HTTP request"
)
NO_HANDSHAKE: Final = Refusal(
    CutReason.NOT_HTTP, 400, ErrorCode.BAD_USER_INPUT, "a WebSocket is opened by GET"
)


def large_header(limit: int) -> Refusal:
    """The answer to a header of more bytes than the limit."""
    message = f"the header of a request is limited to {limit} bytes"
    return Refusal(CutReason.LARGE_HEADER, 431, ErrorCode.LIMIT_EXCEEDED, message)


_RETRY_AFTER: Final = (b"retry-after", b"1")


class CutConnections:
    """Notes every connection that is cut, and writes the answer of those that get one."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._headers = ResponseHeaders(settings)
        self._metrics = metrics

    def cut(self, reason: CutReason, client: Client) -> None:
        """Note a connection that is cut without a word."""
        self._note(reason, client, None, None)

    def refused(self, refusal: Refusal, client: Client) -> bytes:
        """Note a connection that is refused, and give the answer to write before its end."""
        request_id = request_id_of(())
        self._note(refusal.reason, client, refusal.status, request_id)
        extensions = {"code": refusal.code.value}
        body = orjson.dumps({"errors": [{"message": refusal.message, "extensions": extensions}]})
        headers: RawHeaders = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(_RETRY_AFTER)
        status = HTTPStatus(refusal.status)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [b": ".join(one) for one in self._headers.completed(headers, request_id)]
        return b"\r\n".join([*lines, b"", body])

    def _note(
        self, reason: CutReason, client: Client, status: int | None, request_id: str | None
    ) -> None:
        self._metrics.connection_cut(reason.value)
        fields = {"request_id": request_id} if request_id else {}
        address = client[0] if client else None
        _log.info("connection", cut_for=reason.value, status=status, client=address, **fields)
