"""Which PostgreSQL server the service works on: one that it is given, or an embedded one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graph_api.core.embedded import EmbeddedPostgres
from graph_api.settings import Settings


@asynccontextmanager
async def running_database(settings: Settings) -> AsyncIterator[str]:
    """The URL of a running server; an embedded one runs at least as long as the context."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = await asyncio.to_thread(EmbeddedPostgres.start, settings.data_dir)
    try:
        yield embedded.dsn
    finally:
        await asyncio.to_thread(embedded.stop)
