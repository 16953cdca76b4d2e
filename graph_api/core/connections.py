"""Connections that do not wait for ever: uvicorn's protocols, with a limit on every wait.

uvicorn cuts a connection that is idle after an answer, and no other. Here whoever is slow with a
header, slow with a body, silent from the start, or slow to read what it asked for is cut, and what
a client may make the server hold is bounded. Data only moves deadlines; `overdue` compares them
with the clock once a second for all connections together.
"""

import asyncio
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from graph_api.core.cut_connections import (
    NO_HANDSHAKE,
    NOT_HTTP,
    SLOW_BODY,
    SLOW_HEADER,
    TOO_MANY,
    CutConnections,
    CutReason,
    Refusal,
    large_header,
)
from graph_api.core.draining import RESUMABLE, Draining
from graph_api.settings import Settings

_TRY_AGAIN_LATER = 1013
_UNREAD_PONGS_MAX_BYTES = 262_144


class _UnreadOutput:
    """How long a client has not read what was written for it."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.response_stall_seconds
        self._rate = settings.client_min_bytes_per_second
        self._deadline: float | None = None
        self._unread = 0

    def overdue(self, transport: asyncio.Transport, paused: bool, now: float) -> bool:
        """Whether the client has read too little for too long."""
        unread = transport.get_write_buffer_size()
        if not unread or not (paused or transport.is_closing()):
            self._deadline = None
        elif self._deadline is None:
            self._deadline = now + self._patience
        else:
            read = max(0, self._unread - unread)
            self._deadline = min(self._deadline + read / self._rate, now + self._patience)
        self._unread = unread
        return self._deadline is not None and now >= self._deadline


class GuardedHttp(HttpToolsProtocol):
    """HTTP/1.1 whose every wait for the client ends."""

    settings: Settings
    draining: Draining
    cut_connections: CutConnections

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._output = _UnreadOutput(self.settings)
        self._head_bytes = 0
        # one of the two while the client owes us something, neither while we owe it an answer
        self._head_deadline: float | None = None
        self._body_deadline: float | None = None

    @property
    def answering(self) -> bool:
        """Whether a request has been taken and not yet been answered in full."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def evictable(self) -> bool:
        """Whether nothing is lost but time if the connection is cut: no request is under way."""
        return not self.answering

    @property
    def waiting_since_before(self) -> float:
        """Orders connections by how long they have been waiting for their client."""
        return self._head_deadline or self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; where there are too many, at the cost of one that is idle."""
        super().connection_made(transport)
        self._head_deadline = self.loop.time() + self.settings.request_header_timeout_seconds
        cut_unread_data(transport, self.settings.response_stall_seconds)
        if len(self.connections) > self.settings.connections_max:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note a connection that the kernel has dropped, because its client did not read."""
        if isinstance(exc, TimeoutError):
            self.cut_connections.cut(CutReason.DOES_NOT_READ, self.client)
        super().connection_lost(exc)

    def _make_room(self) -> None:
        idle = [
            one
            for one in self.connections
            if isinstance(one, GuardedHttp) and one.evictable and one is not self
        ]
        if idle:
            min(idle, key=lambda one: one.waiting_since_before)._cut(CutReason.MADE_ROOM)
        else:
            self._refuse(TOO_MANY)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds of a header."""
        if self._head_deadline is None and self._body_deadline is None:
            self._begin_head()
        if self._head_deadline is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        limit = self.settings.request_header_max_bytes
        if self._head_deadline is not None and self._head_bytes > limit:
            self._refuse(large_header(limit))

    def _begin_head(self) -> None:
        self._head_bytes = 0
        self._head_deadline = self.loop.time() + self.settings.request_header_timeout_seconds

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        if self._head_deadline is None:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """The whole header is there: what is still to come is the body."""
        self._head_deadline = None
        self._body_deadline = self.loop.time() + self.settings.request_body_timeout_seconds
        super().on_headers_complete()
        if self.draining.begun and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A piece of the body: whoever sends fast enough may send for as long as it takes."""
        if self._body_deadline is not None and self.answering:
            earned = self._body_deadline + len(body) / self.settings.client_min_bytes_per_second
            latest = self.loop.time() + self.settings.request_body_timeout_seconds
            self._body_deadline = min(earned, latest)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._body_deadline = None
        super().on_message_complete()

    def overdue(self, now: float) -> bool:
        """Cut the connection if its client has kept us waiting too long; says whether it did."""
        if self._output.overdue(self.transport, self.flow.write_paused, now):
            self._cut(CutReason.DOES_NOT_READ)
            return True
        if self.transport.is_closing():
            return False
        if self.flow.read_paused:
            # we are the ones who do not read
            if self._body_deadline is not None:
                self._body_deadline = now + self.settings.request_body_timeout_seconds
            return False
        if self._body_deadline is not None and now >= self._body_deadline:
            self._refuse(SLOW_BODY)
            return True
        if self._head_deadline is not None and now >= self._head_deadline and not self.answering:
            self._refuse(SLOW_HEADER)
            return True
        return False

    def finish(self) -> None:
        """Make this request the last; a stream that can be resumed elsewhere ends at once."""
        if not self.answering:
            return
        self.cycle.keep_alive = False
        if self.cycle.response_started and self.cycle.scope["state"].get(RESUMABLE):
            # without the last chunk, so that the client knows that there is more
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(NOT_HTTP)

    def handle_websocket_upgrade(self) -> None:
        """Hand over to WebSocket, unless the client owes its body first."""
        if self.scope["method"] != "GET":
            self._refuse(NO_HANDSHAKE)
            return
        super().handle_websocket_upgrade()

    def _refuse(self, refusal: Refusal) -> None:
        """Say why, where that is not said already, and close."""
        answered = self._body_deadline is not None and not self.answering
        self._head_deadline = self._body_deadline = None
        if self.transport.is_closing():
            return
        if answered:
            # this is the rest of a body that nobody wants
            self.cut_connections.cut(refusal.reason, self.client)
            self.transport.close()
            return
        if self.answering and self.cycle.response_started:
            self._cut(refusal.reason)
            return
        self.transport.write(self.cut_connections.refused(refusal, self.client))
        self.transport.close()

    def _cut(self, reason: CutReason) -> None:
        """End the connection without a word."""
        self.cut_connections.cut(reason, self.client)
        self.transport.abort()


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """WebSocket whose client must read what it asked for, and answer pings."""

    settings: Settings
    cut_connections: CutConnections

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._output = _UnreadOutput(self.settings)

    def overdue(self, now: float) -> bool:
        """Cut the connection if its client does not read; says whether it did."""
        if not self._output.overdue(self.transport, not self.writable.is_set(), now):
            return False
        # a close frame would wait behind what is not read
        self._cut()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note, as over HTTP, a connection that the kernel has dropped."""
        if isinstance(exc, TimeoutError):
            self.cut_connections.cut(CutReason.DOES_NOT_READ, self.client)
        super().connection_lost(exc)

    def finish(self) -> None:
        """Nothing yet: the application closes its sockets once their operations are done."""

    def handle_ping(self) -> None:
        """Answer a ping, unless the client sends them without reading the answers."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > _UNREAD_PONGS_MAX_BYTES:
            self._cut()

    def _cut(self) -> None:
        self.cut_connections.cut(CutReason.DOES_NOT_READ, self.client)
        self.transport.abort()

    def handle_parser_exception(self) -> None:
        """Close as the parser says; before the handshake there is nothing to close but the line."""
        if self.conn.close_sent is None:
            self.transport.close()
            return
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """Close a connection whose client does not answer pings, so that it may try again."""
        self.pong_timer = None
        if self.close_sent or self.transport.is_closing():
            return
        self.cut_connections.cut(CutReason.NO_PONG, self.client)
        self.conn.fail(_TRY_AGAIN_LATER, "ping timeout")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


GuardedConnection = GuardedHttp | GuardedWebSocket


def cut_unread_data(transport: asyncio.Transport, seconds: float) -> None:
    """Let the kernel drop a connection whose peer takes nothing of what is sent to it.

    What the kernel holds for a client is out of our sight, also after we have closed.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
