"""What the tests of filings stand on."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from graph_api.core.database import Database
from graph_api.core.viewer import Viewer
from graph_api.filings.seeding import load_template_seeds
from tests.conftest import Execute
from tests.filings.filing_world import FilingWorld, filing_world


@pytest.fixture(scope="session")
async def seeded(database: Database) -> None:
    """The templates that come with the service."""
    await load_template_seeds(database)


@pytest.fixture
async def world(run: Execute, database: Database, viewer: Viewer, seeded: None) -> FilingWorld:
    """A tenant with a lease in a field, whose rule has one version."""
    made = await filing_world(run, database, viewer)
    await made.publish(50, date(2020, 1, 1))
    return made


@pytest.fixture
async def sql(database_url: str) -> Any:
    """A connection of the test's own."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
