"""What contract tests share: one connection like the pool's, and the declared graph."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from graph_api.core.age import SESSION_SETTINGS, prepare_connection
from graph_api.core.graph.registry import GraphRegistry
from graph_api.entities.graph import graph_registry


@pytest.fixture(scope="session")
async def connection(database_url: str) -> AsyncIterator[Any]:
    """A connection to the test database, as the service's pool makes them."""
    opened = await asyncpg.connect(database_url, server_settings=SESSION_SETTINGS)
    await prepare_connection(opened)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def registry() -> GraphRegistry:
    """The declared graph."""
    return graph_registry()
