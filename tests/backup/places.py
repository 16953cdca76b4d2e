"""Services on databases of their own, to back up from and to restore into."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from graph_api.backup.programs import Target
from graph_api.core import server
from graph_api.core.api.execution import run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings
from tests.viewers import member

TENANT = "demo"
VIEWER = member(TENANT, "analyst", administers_shared=True)


@dataclass
class Place:
    """The service on one database, asked as an operation is."""

    settings: Settings
    target: Target
    database: Database
    schema: GraphSchema
    services: Services

    async def answer(
        self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer = VIEWER
    ) -> bytes:
        """The whole answer, as it is sent; errors and all."""
        context = self.services.operation(viewer)
        result = await run_operation(self.schema.schema, context, query, variables)
        body = {name: part for name, part in result.body.items() if name != "extensions"}
        return orjson.dumps(body)

    async def data(
        self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer = VIEWER
    ) -> Any:
        """What a document gives; an error fails the test."""
        body = orjson.loads(await self.answer(query, variables, viewer))
        assert "errors" not in body, body["errors"]
        return body["data"]


def settings_in(directory: Path) -> Settings:
    """Settings of a service on an embedded database in a directory."""
    return Settings(data_dir=directory, pool_max_size=6)


@asynccontextmanager
async def owned_database(settings: Settings) -> AsyncIterator[Target]:
    """The database as its owner reaches it, and as the programs do."""
    async with server.owned_database(settings) as dsn:
        yield Target(dsn)


@asynccontextmanager
async def place(settings: Settings, schema: GraphSchema) -> AsyncIterator[Place]:
    """The service on the database of its settings, which has been migrated."""
    async with owned_database(settings) as target:
        database = await Database.connect(target.dsn, settings)
        try:
            feed = ChangeFeed(target.dsn, database)
            services = Services(settings, database, schema.registry, feed)
            yield Place(settings, target, database, schema, services)
        finally:
            await database.close()


def bring_keys(source: Settings, to: Settings) -> None:
    """Copy what a backup does not hold."""
    to.data_dir.mkdir(parents=True, exist_ok=True)
    for key in source.data_dir.glob("*.key"):
        shutil.copy2(key, to.data_dir / key.name)
