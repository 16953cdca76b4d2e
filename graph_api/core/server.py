"""Which PostgreSQL server the service works on: one that it is given, or an embedded one."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from graph_api.core.embedded import EmbeddedPostgres, EmbeddedPostgresError
from graph_api.settings import Settings

_log = logging.getLogger("graph_api")

_WATCH_SECONDS = 0.25


@asynccontextmanager
async def running_database(settings: Settings) -> AsyncIterator[str]:
    """The URL of a running server; an embedded one runs at least as long as the context.

    An embedded server that dies meanwhile is started again, under the same URL.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = _Revived(settings, await asyncio.to_thread(EmbeddedPostgres.start, settings.data_dir))
    watch = asyncio.create_task(server.watch())
    try:
        yield server.current.dsn
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await asyncio.to_thread(server.current.stop)


@asynccontextmanager
async def owned_database(settings: Settings) -> AsyncIterator[str]:
    """The URL of a running server as the role that owns the database: to migrate, to back up."""
    async with running_database(settings) as dsn:
        yield settings.owner_database_url or dsn


class _Revived:
    """An embedded server, and its successors."""

    def __init__(self, settings: Settings, current: EmbeddedPostgres) -> None:
        self._settings = settings
        self.current = current

    async def watch(self) -> None:
        """Look whether the server lives, and start it again if not, until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self.current.is_running:
                continue
            _log.warning("the embedded PostgreSQL has died and is started again")
            try:
                successor = await asyncio.to_thread(EmbeddedPostgres.start, self._settings.data_dir)
            except EmbeddedPostgresError as error:
                _log.warning("it could not be started: %s", error)
            else:
                before, self.current = self.current, successor
                await asyncio.to_thread(before.stop)
