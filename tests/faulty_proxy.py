"""A TCP proxy in front of the tests' PostgreSQL, with the faults of a network at will."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FaultyProxy:
    """Forwards, until it is told to do something else."""

    def __init__(self, database_url: str) -> None:
        self._url = urlsplit(database_url)
        self._server: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._pairs: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._swallow_after: bytes | None = None
        self._and_reset = True
        self._times = 0.0
        self.port = 0

    @property
    def database_url(self) -> str:
        """The URL of the same database, through the proxy."""
        user = self._url.username or "graph_api"
        password = f":{self._url.password}" if self._url.password else ""
        return f"postgresql://{user}{password}@127.0.0.1:{self.port}{self._url.path}"

    @property
    def has_swallowed(self) -> bool:
        """Whether an answer was swallowed as often as was asked for."""
        return self._times == 0

    async def forward(self) -> None:
        """Work again."""
        self._swallow_after = None
        self._passing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """As if the server's process were gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.kill()

    async def blackhole(self) -> None:
        """As if the cable were pulled."""
        self._passing.clear()

    def kill(self) -> None:
        """Reset the connections of the moment; new ones are let through."""
        for writers in self._pairs.values():
            for one in writers:
                _reset(one)

    def swallow_after(
        self, sent: bytes, *, times: float = float("inf"), and_reset: bool = True
    ) -> None:
        """Pass what has `sent` in it to the server, and nothing of what it answers."""
        self._swallow_after = sent
        self._times = times
        self._and_reset = and_reset

    async def close(self) -> None:
        self._passing.set()
        await self.refuse()
        for task in self._pairs:
            task.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._pairs[task] = [writer]
        try:
            await self._passing.wait()
            server_reader, server_writer = await self._connect()
            writers.append(server_writer)
            swallowing = asyncio.Event()
            ways = [
                asyncio.create_task(self._pass(reader, server_writer, swallowing, up=True)),
                asyncio.create_task(self._pass(server_reader, writer, swallowing, up=False)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in writers:
                one.close()
            del self._pairs[task]

    async def _connect(self) -> Streams:
        query = parse_qs(self._url.query)
        if "host" in query:
            return await asyncio.open_unix_connection(f"{query['host'][0]}/.s.PGSQL.5432")
        return await asyncio.open_connection(self._url.hostname, self._url.port or 5432)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        swallowing: asyncio.Event,
        *,
        up: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                if not up and swallowing.is_set():
                    if self._and_reset:
                        _reset(writer)
                        return
                    continue
                if up and self._times > 0 and self._swallow_after and self._swallow_after in data:
                    self._times -= 1
                    swallowing.set()
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    with suppress(OSError):
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def faulty_proxy(database_url: str) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(database_url)
    await proxy.forward()
    try:
        yield proxy
    finally:
        await proxy.close()
