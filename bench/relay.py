"""A TCP port in front of an embedded PostgreSQL, which listens on a Unix socket alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


@asynccontextmanager
async def relay(socket_path: Path) -> AsyncIterator[int]:
    """The port, on the loopback address, that leads to a socket for as long as the context lasts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            own_reader, own_writer = await asyncio.open_unix_connection(socket_path)
        except OSError:
            writer.transport.abort()
            return
        with suppress(asyncio.CancelledError):  # the program ends
            await asyncio.gather(_pass(reader, own_writer), _pass(own_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
