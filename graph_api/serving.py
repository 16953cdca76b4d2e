"""How the application is served: the one place for the command, the demo and the tests.

uvicorn, with connections that do not wait for ever (`core.connections`) and an orderly end. The
decision is docs/decisions/0009-the-server.md.
"""

import asyncio
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import ceil
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.lifespan.on import LifespanOn, LifespanSendMessage

from graph_api.app import create_app
from graph_api.core.connections import GuardedConnection, GuardedHttp, GuardedWebSocket
from graph_api.core.cut_connections import CutConnections
from graph_api.core.draining import Draining
from graph_api.core.observing.logs import configure_logging
from graph_api.settings import Settings

_TICKS_PER_SECOND = 10
_POLL_SECONDS = 0.05
_LAST_SECONDS = 1
# what the process opens besides connections: the pool, files, the listening socket
_OTHER_DESCRIPTORS = 256


class ListeningError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class _Lifespan(LifespanOn):
    """The application's start and end, which keeps what the start failed of.

    uvicorn would log it with its trace and exit; whoever runs the server may tell it better.
    """

    failure: BaseException | None = None

    async def send(self, message: LifespanSendMessage) -> None:
        """Take notice from the application, which tells of a failure while it handles it."""
        if message["type"] == "lifespan.startup.failed":
            self.failure = sys.exception()
            message = {"type": "lifespan.startup.failed", "message": ""}
        await super().send(message)


class ApiServer(uvicorn.Server):
    """Serves the application until it is told to stop; then finishes what it has begun."""

    def __init__(
        self,
        settings: Settings,
        app: Starlette | None = None,
        announce: Callable[[str], None] | None = None,
    ) -> None:
        """`announce` is called with the server's address once it listens."""
        served = app or create_app(settings)
        self._settings = settings
        self._announce = announce
        self._draining: Draining = served.state.draining
        common = {
            "settings": settings,
            "cut_connections": CutConnections(settings, served.state.metrics),
        }
        http: Any = type("Http", (GuardedHttp,), {**common, "draining": self._draining})
        websocket: Any = type("WebSocket", (GuardedWebSocket,), common)
        super().__init__(
            uvicorn.Config(
                served,
                host=settings.host,
                port=settings.port,
                loop="asyncio",
                http=http,
                ws=websocket,
                ws_max_size=settings.websocket_message_max_bytes,
                ws_ping_interval=settings.websocket_ping_seconds,
                ws_ping_timeout=settings.websocket_ping_seconds,
                # compressing each message for each follower costs more than it saves
                ws_per_message_deflate=False,
                timeout_keep_alive=ceil(settings.keep_alive_seconds),
                timeout_graceful_shutdown=_LAST_SECONDS,
                lifespan="on",
                # addresses of requests may hold parameters, which do not belong in a log
                access_log=False,
                server_header=False,
                # the application knows which proxies to believe, and how the log is written
                proxy_headers=False,
                log_config=None,
            )
        )

    @property
    def address(self) -> str:
        """Where it listens; the port is the one that was picked."""
        port = self.servers[0].sockets[0].getsockname()[1]
        host = self._settings.host
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start the application, listen, and say so.

        Raises what the application failed of, or ListeningError.
        """
        _allow_descriptors(self._settings.connections_max + _OTHER_DESCRIPTORS)
        await self._check_address()
        lifespan = self.lifespan = _Lifespan(self.config)
        try:
            await super().startup(sockets)
        except SystemExit:
            if lifespan.failure is None:
                raise
            raise lifespan.failure from None
        if self.started and self._announce is not None:
            self._announce(self.address)

    async def _check_address(self) -> None:
        """Refuse an address that is in use before anything is started for it."""
        host, port = self._settings.host, self._settings.port
        try:
            probe = await asyncio.get_running_loop().create_server(
                asyncio.Protocol, host, port, start_serving=False
            )
        except OSError as error:
            # asyncio tells the address before the reason
            reason = str(error.strerror or error).rpartition("): ")[2]
            raise ListeningError(
                f"cannot listen on {host}:{port}: {reason}; set GRAPH_API_HOST to an address of "
                "this machine and GRAPH_API_PORT to a port that is free there"
            ) from error
        probe.close()
        await probe.wait_closed()

    async def on_tick(self, counter: int) -> bool:
        """Cut, once a second, whoever has kept the server waiting too long."""
        if counter % _TICKS_PER_SECOND == 0:
            self._cut_overdue()
        return await super().on_tick(counter)

    def _cut_overdue(self) -> None:
        now = asyncio.get_running_loop().time()
        for one in self._connections():
            one.overdue(now)

    def _connections(self) -> list[GuardedConnection]:
        return [
            one
            for one in self.server_state.connections
            if isinstance(one, GuardedHttp | GuardedWebSocket)
        ]

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Accept nothing new, let what is under way finish, and close.

        Sockets are closed by the application, with a code after which clients come back.
        """
        self._draining.begin()
        for server in self.servers:
            server.close()
        for one in self._connections():
            one.finish()
        deadline = asyncio.get_running_loop().time() + self._settings.shutdown_grace_seconds
        while self._busy() and not self.force_exit:
            now = asyncio.get_running_loop().time()
            if now >= deadline:
                break
            self._cut_overdue()
            await asyncio.sleep(_POLL_SECONDS)
        await super().shutdown(sockets)

    def _busy(self) -> bool:
        return any(
            isinstance(one, GuardedWebSocket) or one.answering for one in self._connections()
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the end, the second one is the end."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)


@contextmanager
def served(settings: Settings, app: Starlette | None = None) -> Iterator[ApiServer]:
    """A server in a thread of its own, for as long as the context lasts."""
    server = ApiServer(settings, app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        threading.Event().wait(0.02)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(settings.shutdown_grace_seconds + 10)


def serve(settings: Settings, announce: Callable[[str], None] | None = None) -> None:
    """Serve until a signal comes, and log to standard error."""
    configure_logging(settings)
    ApiServer(settings, announce=announce).run()


def _allow_descriptors(wanted: int) -> None:
    """Let the process open as many files as it may need, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
