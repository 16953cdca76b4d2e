"""What the database did not answer is not asked for again, and is told as it always was."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings
from tests.core.graph.graphs import Caller
from tests.faulty_proxy import FaultyProxy, faulty_proxy

LOOKUP = '{ well(apiNumber: "42-003-00161") { apiNumber } }'
LOOKUPS = """{ well(apiNumber: "42-003-00161") { apiNumber }
  lease(rrcLeaseId: "00001", district: "08") { name } }"""
BELOW = '{ well(apiNumber: "42-003-00161") { wellName permits { nodes { id } } } }'
LIST = "{ wells { nodes { apiNumber } } }"
WITH_RESOLVERS = '{ lease(rrcLeaseId: "00001", district: "08") { name checklists { id } } }'

_BY_KEY = ["vertices_by_field"]


class Both:
    """Asks by plans and by the standard executor alone, through a network that fails."""

    def __init__(self, services: Services, schema: GraphSchema, viewer: Viewer) -> None:
        self._by_plans = services
        plain = services.settings.model_copy(update={"plans": False})
        self._without = replace(services, settings=plain)
        self._schema, self._viewer = schema.schema, viewer

    async def ask(self, query: str, *, plans: bool = True) -> OperationResult:
        services = self._by_plans if plans else self._without
        return await run_operation(self._schema, services.operation(self._viewer), query)


def _told(result: OperationResult) -> dict[str, Any]:
    return {name: result.body.get(name) for name in ("data", "errors")}


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(database_url) as proxy:
        yield proxy


@pytest.fixture
async def both(
    proxy: FaultyProxy, settings: Settings, services: Services, schema: GraphSchema, viewer: Viewer
) -> AsyncIterator[Both]:
    """A tenant of a well and a lease, read through the proxy by statements that may take 0.3 s."""
    caller = Caller(services, schema, viewer)
    await caller.id_of("Well", apiNumber="42-003-00161")
    await caller.id_of("Lease", name="L1", oilGasCode="O", district="08", rrcLeaseId="00001")
    hasty = settings.model_copy(update={"statement_timeout_seconds": 0.3})
    database = await Database.connect(proxy.database_url, hasty)
    try:
        yield Both(Services(hasty, database, schema.registry, services.feed), schema, viewer)
    finally:
        await proxy.forward()
        await database.close()


@pytest.mark.parametrize("query", [LOOKUP, LOOKUPS, BELOW, LIST, WITH_RESOLVERS])
async def test_a_database_that_goes_away_is_asked_as_often_as_without_plans(
    query: str, both: Both, proxy: FaultyProxy
) -> None:
    proxy.swallow_after(b"oilgas")
    planned = await both.ask(query)
    standard = await both.ask(query, plans=False)
    assert _told(planned) == _told(standard)
    assert {one["extensions"]["code"] for one in planned.body["errors"]} == {"UNAVAILABLE"}
    # each at most twice, by whoever read it first
    assert 0 < planned.statements.count <= standard.statements.count


async def test_a_nullable_field_is_null(both: Both, proxy: FaultyProxy) -> None:
    proxy.swallow_after(b"oilgas")
    result = await both.ask(LOOKUP)
    assert result.body["data"] == {"well": None}
    assert [one["path"] for one in result.body["errors"]] == [["well"]]
    assert result.statements.names == ["entity_by_key", "entity_by_key"]


async def test_a_database_that_is_back_too_late_is_not_asked(
    both: Both, proxy: FaultyProxy
) -> None:
    proxy.swallow_after(b"oilgas", times=2)
    result = await both.ask(LOOKUP)
    assert proxy.has_swallowed, "the fault did not come about"
    assert result.body["data"] == {"well": None}
    assert "errors" not in (await both.ask(LOOKUP)).body, "the next operation asks again"


@pytest.mark.parametrize(
    ("table", "query", "ran"),
    [
        ('oilgas."Well"', LOOKUP, ["entity_by_key"]),
        ('oilgas."Well"', LIST, ["acting_alone"]),
        (
            "public.filing_checklists",
            WITH_RESOLVERS,
            [*_BY_KEY, "checklists_of_entities", *_BY_KEY],
        ),
    ],
)
async def test_what_took_too_long_is_not_tried_again(
    table: str, query: str, ran: list[str], both: Both, database_url: str
) -> None:
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute(f"lock table {table} in access exclusive mode")
            planned = await both.ask(query)
            standard = await both.ask(query, plans=False)
    finally:
        await other.close()
    assert _told(planned) == _told(standard)
    assert [one["extensions"]["code"] for one in planned.body["errors"]] == ["TIMEOUT"]
    assert planned.statements.names == ran
