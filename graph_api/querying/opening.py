"""What a query from the command line runs on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.migrations import MigrationError
from graph_api.core.permissions import Role
from graph_api.core.server import running_database
from graph_api.core.viewer import Viewer
from graph_api.schema import graph_schema
from graph_api.settings import Settings


class QueryError(Exception):
    """A query that cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A schema, the services below it, and who asks."""

    graph: GraphSchema
    services: Services
    viewer: Viewer


@asynccontextmanager
async def opened(settings: Settings, tenant: str, subject: str) -> AsyncIterator[Opened]:
    """Ask as the service itself, for a tenant: everything is allowed, and nothing is charged.

    Raises MigrationError where the database lacks a migration.
    """
    free = settings.model_copy(update={"cost_budget": 0})
    graph = graph_schema(free)
    async with running_database(free) as dsn:
        database = await Database.connect(dsn, free)
        try:
            if await database.pending_migrations():
                raise MigrationError("the database lacks migrations; run `graph-api migrate`")
            # nothing is followed: the feed is there to be looked up, and is not started
            services = Services(free, database, graph.registry, ChangeFeed(dsn, database))
            viewer = Viewer(tenant, subject, actor_type="system", roles=frozenset(Role))
            yield Opened(graph, services, viewer)
        finally:
            await database.close()
