"""What every test stands on: a real PostgreSQL with AGE and pgvector, and a tenant of its own."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from graph_api import app
from graph_api.core import embedded_cluster
from graph_api.core.api.documents import Documents
from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.plan.planning import Planner
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import OperationContext, Services
from graph_api.core.database import Database
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.feed import ChangeFeed
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.viewer import Viewer
from graph_api.schema import graph_schema
from graph_api.serving import served
from graph_api.settings import Settings
from tests.databases import drop_databases, make_databases, url_of_database
from tests.scheduling import Scheduling, make_scheduler, place_of
from tests.viewers import member

Execute = Callable[..., Awaitable[OperationResult]]

_DURABILITY = ("fsync", "full_page_writes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where two processes share the tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: place_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Groups of tests, of which a process runs the whole."""
    return make_scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes; this one alone where a server is given, whose databases share its roles."""
    return 0 if "GRAPH_API_TEST_DATABASE_URL" in os.environ else 2


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Settings of the developer's shell must not decide what the tests find."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("GRAPH_API_")}
    for name in kept:
        if not name.startswith("GRAPH_API_TEST_"):
            del os.environ[name]
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session", autouse=True)
def _no_durability() -> Iterator[None]:
    """What tests write need not outlive the machine; servers that children start are as ever."""
    with pytest.MonkeyPatch.context() as patching:
        for name in _DURABILITY:
            patching.setitem(embedded_cluster.SETTINGS, name, "off")
        yield


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that the test starts are as durable as those of the service."""
    for name in _DURABILITY:
        monkeypatch.delitem(embedded_cluster.SETTINGS, name)


@pytest.fixture(scope="session")
def server_url(_no_durability: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server that is given, or an embedded one of this process."""
    given = os.environ.get("GRAPH_API_TEST_DATABASE_URL")
    if given is not None:
        yield given
        return
    with EmbeddedPostgres.start(tmp_path_factory.mktemp("postgres")) as server:
        yield server.dsn


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """A fresh, migrated database."""
    url = url_of_database(server_url, f"graph_api_test_{uuid.uuid4().hex[:12]}")
    try:
        asyncio.run(make_databases(server_url, url))
        yield url
    finally:
        asyncio.run(drop_databases(server_url, url))


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a service on the test database; its viewers may ask as much as tests do."""
    return Settings(
        database_url=database_url,
        data_dir=tmp_path_factory.mktemp("unused"),
        pool_max_size=12,
        cost_budget=1_000_000_000,
    )


@pytest.fixture(scope="session")
def schema(settings: Settings) -> GraphSchema:
    """The service's schema."""
    return graph_schema(settings)


@pytest.fixture(scope="session", autouse=True)
def _applications_share_types() -> Iterator[None]:
    """The GraphQL types of the declared graph are made once, not again for every application.

    Nothing of the settings is in them. What an application remembers of documents is its own.
    """

    whole = cache(lambda: graph_schema(Settings()))

    def made(settings: Settings, registry: GraphRegistry | None = None) -> GraphSchema:
        if registry is not None:
            return graph_schema(settings, registry)
        own = copy(whole().schema)
        own.documents = Documents(own._schema, settings)
        own.planner = Planner(own, whole().registry)
        return GraphSchema(own, whole().registry)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(app, "graph_schema", made)
        yield


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """A pool on the test database."""
    assert settings.database_url is not None
    database = await Database.connect(settings.database_url, settings)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def services(
    settings: Settings, database: Database, schema: GraphSchema
) -> AsyncIterator[Services]:
    """What the application would hold."""
    assert settings.database_url is not None
    feed = ChangeFeed(settings.database_url, database)
    await feed.start()
    yield Services(settings, database, schema.registry, feed)
    await feed.stop()


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test uses, so tests do not see one another's rows."""
    return f"tenant-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def viewer(tenant: str) -> Viewer:
    """An administrator of the test's own tenant."""
    return member(tenant, subject="test", administers_shared=True)


@pytest.fixture
def context(services: Services, viewer: Viewer) -> OperationContext:
    """The context of one operation of the viewer."""
    return services.operation(viewer)


@pytest.fixture
def run(services: Services, viewer: Viewer, schema: GraphSchema) -> Execute:
    """Runs a document as the viewer, or as another, and gives the whole result."""

    async def run_document(
        query: str, variables: dict[str, Any] | None = None, as_viewer: Viewer | None = None
    ) -> OperationResult:
        return await run_operation(
            schema.schema, services.operation(as_viewer or viewer), query, variables
        )

    return run_document


@pytest.fixture
def data(run: Execute) -> Execute:
    """Runs a document and gives its data; any error fails the test."""

    async def run_for_data(query: str, variables: dict[str, Any] | None = None) -> Any:
        result = await run(query, variables)
        assert "errors" not in result.body, result.body["errors"]
        return result.body["data"]

    return run_for_data


@pytest.fixture
def live_server_url(database_url: str, tenant: str, tmp_path: Path) -> Iterator[str]:
    """The address of a server of the whole application, for the test's own tenant."""
    settings = Settings(database_url=database_url, dev_tenant=tenant, data_dir=tmp_path, port=0)
    with served(settings) as server:
        yield server.address
