"""A database of compliance's own: the rules that all tenants share decide what is found."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import OperationContext, Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.migrations import migrate
from graph_api.core.viewer import Viewer
from graph_api.entities.reference_data import load_reference_data
from graph_api.rules.seeding import load_rule_seeds
from graph_api.settings import Settings
from tests.compliance.worlds import Ask, World
from tests.conftest import Execute
from tests.databases import empty_database


@pytest.fixture(scope="session")
async def own_url(database_url: str) -> AsyncIterator[str]:
    async with empty_database(database_url) as url:
        await migrate(url)
        yield url


@pytest.fixture(scope="session")
async def database(own_url: str, settings: Settings) -> AsyncIterator[Database]:
    """A pool on a database with the rules that come with the service."""
    database = await Database.connect(own_url, settings)
    await load_reference_data(database)
    await load_rule_seeds(database)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def services(
    own_url: str, settings: Settings, database: Database, schema: GraphSchema
) -> AsyncIterator[Services]:
    feed = ChangeFeed(own_url, database)
    await feed.start()
    yield Services(settings, database, schema.registry, feed)
    await feed.stop()


@pytest.fixture
def context(services: Services, viewer: Viewer) -> OperationContext:
    return services.operation(viewer)


@pytest.fixture
def run(services: Services, viewer: Viewer, schema: GraphSchema) -> Execute:
    async def run_document(
        query: str, variables: dict[str, Any] | None = None, as_viewer: Viewer | None = None
    ) -> OperationResult:
        return await run_operation(
            schema.schema, services.operation(as_viewer or viewer), query, variables
        )

    return run_document


@pytest.fixture
def data(run: Execute) -> Ask:
    async def run_for_data(query: str, variables: dict[str, Any] | None = None) -> Any:
        result = await run(query, variables)
        assert "errors" not in result.body, result.body["errors"]
        return result.body["data"]

    return run_for_data


@pytest.fixture
def world(context: OperationContext) -> World:
    """Writes entities of the test's own tenant."""
    return World(context)
