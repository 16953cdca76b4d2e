"""One connection, used by two tenants in turn, whatever became of the first one's work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graph_api.core import database as database_module
from graph_api.core.api.execution import run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.database import Database
from graph_api.core.errors import ApiError
from graph_api.core.operation_database import OperationDatabase
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings
from tests.core.graph.worlds import sql
from tests.tenants.conftest import Twins
from tests.tenants.locks import Intruder
from tests.tenants.world import Known, uuid_of
from tests.viewers import member

OWN = member("own-connections", subject="test")
# the tenant is in no condition: what comes is what the database lets through
TENANTS = sql("""select distinct properties ->> 'tenant_id'::text as tenant from oilgas."Well" """)
SLEEP = sql("select pg_sleep(20)")
FAIL = sql("select 1 / 0")

Use = Callable[[Database, Viewer], Awaitable[Any]]


async def _read(database: Database, viewer: Viewer) -> None:
    assert await _tenants(database, viewer) == {viewer.tenant_id}


async def _fail(database: Database, viewer: Viewer) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.fetch(viewer, FAIL)


async def _fail_in_transaction(database: Database, viewer: Viewer) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with database.transaction(viewer, "test") as session:
            await session.fetch(TENANTS)
            await session.fetch(FAIL)


async def _raise_in_transaction(database: Database, viewer: Viewer) -> None:
    with pytest.raises(KeyError):
        async with database.transaction(viewer, "test") as session:
            await session.fetch(TENANTS)
            raise KeyError


async def _time_out(database: Database, viewer: Viewer) -> None:
    with pytest.raises(ApiError, match="too long"):
        await database.fetch(viewer, SLEEP)


async def _time_out_in_transaction(database: Database, viewer: Viewer) -> None:
    with pytest.raises(ApiError, match="too long"):
        async with database.transaction(viewer, "test") as session:
            await session.fetch(SLEEP)


async def _cancel(database: Database, viewer: Viewer) -> None:
    await _cancelled(database.fetch(viewer, SLEEP))


async def _cancel_in_transaction(database: Database, viewer: Viewer) -> None:
    async def write() -> None:
        async with database.transaction(viewer, "test") as session:
            await session.fetch(SLEEP)

    await _cancelled(write())


async def _cancel_twice(database: Database, viewer: Viewer) -> None:
    await _cancelled(database.fetch(viewer, SLEEP), times=2)


async def _cancel_held(database: Database, viewer: Viewer) -> None:
    async def operation() -> None:
        own = OperationDatabase(database, viewer)
        async with own.held():
            await own.fetch(viewer, TENANTS)
            await own.fetch(viewer, SLEEP)

    await _cancelled(operation())


async def _cancel_anywhere(database: Database, viewer: Viewer) -> None:
    """At every turn of the loop that a read takes."""
    for turns in range(40):
        task = asyncio.ensure_future(database.fetch(viewer, TENANTS))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert await _tenants(database, OWN) <= {OWN.tenant_id}


async def _cancelled(work: Awaitable[Any], times: int = 1) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.1)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def _tenants(database: Database, viewer: Viewer) -> set[str]:
    return {row["tenant"] for row in await database.fetch(viewer, TENANTS)}


USES: dict[str, Use] = {
    "a read": _read,
    "an error": _fail,
    "an error in a transaction": _fail_in_transaction,
    "a failure in a transaction": _raise_in_transaction,
    "a timeout": _time_out,
    "a timeout in a transaction": _time_out_in_transaction,
    "cancellation in mid statement": _cancel,
    "cancellation in a transaction": _cancel_in_transaction,
    "cancellation twice": _cancel_twice,
    "cancellation of an operation": _cancel_held,
    "cancellation at any moment": _cancel_anywhere,
}


@asynccontextmanager
async def one_connection(url: str, settings: Settings) -> AsyncIterator[Database]:
    narrow = settings.model_copy(
        update={"pool_min_size": 1, "pool_max_size": 1, "statement_timeout_seconds": 0.5}
    )
    database = await Database.connect(url, narrow)
    try:
        yield database
    finally:
        await database.close()


async def _left_behind(database: Database) -> tuple[int, str]:
    """What the connection shows to somebody who says no tenant, and for whom it would act."""
    async with database._pool.connection() as connection:
        assert not connection.is_in_transaction()
        seen = await connection.fetch(TENANTS.text)
        acting = await connection.fetchval("select current_setting('app.tenant_id', true)")
    return len(seen), acting or ""


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_the_next_user_of_a_connection_sees_only_its_own(
    use: Use, twins: Twins, settings: Settings
) -> None:
    async with one_connection(twins.guarded, settings) as database:
        await use(database, twins.theirs)
        assert await _left_behind(database) == (0, "")
        assert await _tenants(database, OWN) == set()
        assert await _tenants(database, twins.theirs) == {twins.theirs.tenant_id}


async def test_without_policies_the_next_user_would_see_everything(
    twins: Twins, settings: Settings
) -> None:
    async with one_connection(twins.unguarded, settings) as database:
        await _fail(database, twins.theirs)
        assert twins.theirs.tenant_id in await _tenants(database, OWN)
        assert (await _left_behind(database))[0] > 0


async def test_a_tenant_that_stayed_behind_would_be_noticed(
    twins: Twins, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = "select set_config('app.tenant_id', convert_from('\\x{tenant_hex}', 'UTF8'), false)"
    monkeypatch.setattr(
        database_module, "_ACT_FOR_LITERALLY", Statement("act", act + ", '{reach}'", "", "sql")
    )
    monkeypatch.setattr(database_module, "_END_READING", Statement("end", "commit", "", "sql"))
    async with one_connection(twins.guarded, settings) as database:
        await database.fetch(twins.theirs, TENANTS)
        assert await _left_behind(database) == (1, twins.theirs.tenant_id)


NESTED = """{ leases(first: 2) { nodes { id name operator { id name } operators { nodes { id } }
  wells { totalCount nodes { id } } field { id } } } }"""


async def test_operations_at_the_same_time_do_not_share_what_they_read(
    intruder: Intruder, schema: GraphSchema
) -> None:
    theirs = await run_operation(schema.schema, intruder.guarded.operation(intruder.theirs), NESTED)
    nobodys = await run_operation(schema.schema, intruder.guarded.operation(intruder.own), NESTED)
    assert theirs.body["data"] != nobodys.body["data"]
    viewers = [intruder.own, intruder.theirs] * 20
    results = await asyncio.gather(
        *(run_operation(schema.schema, intruder.guarded.operation(one), NESTED) for one in viewers)
    )
    for viewer, result in zip(viewers, results, strict=True):
        expected = nobodys if viewer is intruder.own else theirs
        assert result.body["data"] == expected.body["data"]


async def test_a_loader_of_anothers_operation_would_show_its_rows(
    intruder: Intruder, known: Known
) -> None:
    """What the test above would find if loaders lived longer than their operation."""
    lease = UUID(uuid_of(known.ids["Lease"]))
    own, theirs = [intruder.guarded.operation(one) for one in (intruder.own, intruder.theirs)]
    assert await own.loaders.entity("Lease", lease) is None
    assert await theirs.loaders.entity("Lease", lease) is not None
    own._loaders = theirs.loaders
    assert await own.loaders.entity("Lease", lease) is not None
