"""A database of compliance's own: the rules that all tenants share decide what is found."""

from collections.abc import AsyncIterator

import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import OperationContext, Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.entities.reference_data import load_reference_data
from graph_api.rules.seeding import load_rule_seeds
from graph_api.settings import Settings
from tests.compliance.worlds import World
from tests.databases import migrated_database


@pytest.fixture(scope="session")
async def own_url(database_url: str) -> AsyncIterator[str]:
    async with migrated_database(database_url) as url:
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
def world(context: OperationContext) -> World:
    """Writes entities of the test's own tenant."""
    return World(context)
