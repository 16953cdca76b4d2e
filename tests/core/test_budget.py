"""Budgets, turns and time: what one viewer, and all of them together, may take of the server."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import strawberry

from graph_api.core.admission import Admission
from graph_api.core.api.building import add_field, object_type
from graph_api.core.api.entities import context_of
from graph_api.core.api.execution import run_operation, stream_operation
from graph_api.core.api.executor import OperationExecutor
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.api.schema import GraphSchema
from graph_api.core.budget import Bucket, CostBudget, MemoryBuckets, PostgresBuckets, bucket_of
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Permission
from graph_api.core.statements import Statement
from graph_api.core.viewer import AuthMethod, Viewer
from graph_api.serving import served
from graph_api.settings import Settings

PAGE = "{ wells(first: 400) { nodes { id } } }"

WithSettings = Callable[..., Services]


@pytest.fixture
def with_settings(services: Services) -> WithSettings:
    """The services under other settings."""

    def changed(**settings: Any) -> Services:
        other = services.settings.model_copy(update=settings)
        return Services(other, services.database, services.registry, services.feed)

    return changed


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> str:
    """Where budgets are kept."""
    return str(request.param)


def buckets(store: str, database: Database, capacity: float, refill: float) -> Any:
    if store == "memory":
        return MemoryBuckets(capacity, refill)
    return PostgresBuckets(database, capacity, refill)


async def test_a_bucket_fills_and_leaks(store: str, database: Database, tenant: str) -> None:
    made = buckets(store, database, capacity=100, refill=50)
    mine, other = Bucket(tenant, "a"), Bucket(tenant, "b")
    assert await made.fill(mine, 60) == (True, 60)
    fits, level = await made.fill(mine, 60)
    assert not fits
    assert 0 < level <= 60
    assert await made.fill(other, 100) == (True, 100)
    await asyncio.sleep(0.5)
    fits, level = await made.fill(mine, 60)
    assert fits
    assert 60 <= level < 100


async def test_what_never_fits_is_never_let_in(store: str, database: Database, tenant: str) -> None:
    made = buckets(store, database, capacity=100, refill=50)
    assert await made.fill(Bucket(tenant, "a"), 101) == (False, 0)
    assert await made.fill(Bucket(tenant, "a"), 100) == (True, 100)


async def test_those_who_come_together_do_not_get_more(
    store: str, database: Database, tenant: str
) -> None:
    made = buckets(store, database, capacity=100, refill=0.001)
    fits = await asyncio.gather(*(made.fill(Bucket(tenant, "a"), 20) for _ in range(12)))
    assert sum(one for one, _ in fits) == 5


async def test_processes_share_a_bucket_in_postgres(database: Database, tenant: str) -> None:
    here, there = (PostgresBuckets(database, 100, 0.001) for _ in range(2))
    assert (await here.fill(Bucket(tenant, "a"), 60))[0]
    assert not (await there.fill(Bucket(tenant, "a"), 60))[0]


async def test_buckets_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_api.core.budget._MOST_BUCKETS", 3)
    made = MemoryBuckets(100, 1)
    for name in "abcd":
        await made.fill(Bucket("t", name), 1)
    assert [one.holder for one in made._kept] == ["b", "c", "d"]


async def test_empty_buckets_in_postgres_are_forgotten(
    database: Database, tenant: str, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr("graph_api.core.budget._CLEAN_EVERY", 3)
    made = PostgresBuckets(database, 100, 1000)
    await made.fill(Bucket(tenant, "old"), 1)
    await asyncio.sleep(0.05)
    await made.fill(Bucket(tenant, "a"), 100)
    await made.fill(Bucket(tenant, "b"), 100)
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch(
        "select holder from public.viewer_budgets where tenant_id = $1 order by 1", tenant
    )
    await connection.close()
    assert "old" not in [one["holder"] for one in found]
    assert "b" in [one["holder"] for one in found]


def test_whose_bucket_it_is() -> None:
    def holder(address: str | None) -> str:
        return bucket_of(Viewer("", "anonymous", auth_method=AuthMethod.ANONYMOUS), address).holder

    assert holder("192.0.2.1") != holder("192.0.2.2")
    assert holder("::ffff:192.0.2.1") == holder("192.0.2.1")
    assert holder("2001:db8::1") == holder("2001:db8::2") != holder("2001:db8:0:1::1")
    assert holder(None) == holder("nonsense")
    assert bucket_of(Viewer("a", "x"), "192.0.2.1") == bucket_of(Viewer("a", "x"), "192.0.2.2")
    assert bucket_of(Viewer("a", "x"), None) != bucket_of(Viewer("b", "x"), None)
    assert len(bucket_of(Viewer("a", "x" * 100_000), None).holder) < 300


async def test_an_exhausted_budget_says_when_to_come_back(
    with_settings: WithSettings, viewer: Viewer, schema: GraphSchema, store: str
) -> None:
    frugal = with_settings(
        cost_budget=1000,
        operation_max_cost=1000,
        cost_budget_refill_per_second=100.0,
        cost_budget_store=store,
    )
    results = [await run_operation(schema.schema, frugal.operation(viewer), PAGE) for _ in range(3)]
    assert [one.executed for one in results] == [True, True, False]
    left = [one.body["extensions"]["cost"]["remaining"] for one in results[:2]]
    assert 600 <= left[0] < 700
    assert 200 <= left[1] < 400
    (error,) = results[2].body["errors"]
    extensions = error["extensions"]
    assert extensions["code"] == "LIMIT_EXCEEDED"
    assert extensions["limit"] == "cost of operations within a short time"
    assert extensions["allowed"] == 1000
    assert extensions["actual"] > 1000
    assert 1 <= extensions["retryAfterSeconds"] <= 2
    assert results[2].retry_after_seconds == extensions["retryAfterSeconds"]
    somebody = Viewer(viewer.tenant_id, "somebody", roles=viewer.roles)
    assert (await run_operation(schema.schema, frugal.operation(somebody), PAGE)).executed


async def test_no_budget(with_settings: WithSettings, viewer: Viewer, schema: GraphSchema) -> None:
    free = with_settings(cost_budget=0)
    result = await run_operation(schema.schema, free.operation(viewer), PAGE)
    assert result.body["extensions"]["cost"] == {
        "requested": 400,
        "limit": 100_000,
        "remaining": None,
    }


def test_a_budget_lets_the_costliest_operation_in() -> None:
    with pytest.raises(ValueError, match="OPERATION_MAX_COST"):
        Settings(cost_budget=1000, operation_max_cost=1001)


async def test_a_budget_is_spent_over_http(database_url: str, tenant: str, tmp_path: Path) -> None:
    settings = Settings(
        database_url=database_url,
        dev_tenant=tenant,
        data_dir=tmp_path,
        port=0,
        cost_budget=1000,
        operation_max_cost=1000,
        cost_budget_refill_per_second=1.0,
    )
    with served(settings) as server:
        async with httpx.AsyncClient(base_url=server.address) as client:

            async def post(accept: str) -> httpx.Response:
                return await client.post(
                    "/graphql", json={"query": PAGE}, headers={"accept": accept}
                )

            new, old = "application/graphql-response+json", "application/json"
            answers = [await post(one) for one in (new, old, new, old)]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    for one in answers[2:]:
        assert 150 < int(one.headers["retry-after"]) <= 201
        assert one.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_only_so_many_run_and_wait() -> None:
    admission = Admission(2, 1)
    running: list[int] = []
    most: list[int] = []
    go = asyncio.Event()

    async def take(number: int) -> None:
        async with admission.turn():
            running.append(number)
            most.append(len(running))
            await go.wait()
            running.remove(number)

    tasks = [asyncio.create_task(take(number)) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ApiError) as caught:
        await take(3)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert caught.value.extensions["retryAfterSeconds"] == 1
    tasks[2].cancel()
    await asyncio.sleep(0)
    fourth = asyncio.create_task(take(4))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*tasks, fourth, return_exceptions=True)
    assert max(most) == 2
    async with admission.turn(), admission.turn():
        pass


_SLEEP = Statement("test_sleep", "select pg_sleep($1), $2::text as mark", "Sleeps.", "sql")


@pytest.fixture(scope="module")
def slow_schema() -> OperationSchema:
    """A schema whose fields take as long as they are asked to."""
    query = object_type("Query", "Slow.")

    async def direct(root: Any, info: strawberry.Info) -> bool:
        context = context_of(info)
        mark = context.held["mark"]
        await context.database.fetch(context.viewer, _SLEEP, context.held["seconds"], mark)
        return True

    async def batched(root: Any, info: strawberry.Info) -> bool:
        context = context_of(info)

        async def batch(keys: list[int]) -> list[bool]:
            await direct(root, info)
            return [True for _ in keys]

        loaded: bool = await context.loaders.batched(("sleep",), batch, 1)
        return loaded

    async def written(root: Any, info: strawberry.Info) -> bool:
        context = context_of(info)
        async with context.database.transaction(context.viewer, "test") as session:
            await session.fetch(_SLEEP, context.held["seconds"], context.held["mark"])
        return True

    for name, resolve in (("direct", direct), ("batched", batched), ("written", written)):
        add_field(query, name, bool | None, resolve, "Slow.", permission=Permission.PUBLIC)
    return OperationSchema(
        settings=Settings(), query=query, execution_context_class=OperationExecutor
    )


@pytest.fixture
async def statements(database_url: str) -> AsyncIterator[Callable[[], Any]]:
    """How many of the sleeping statements are under way."""
    connection = await asyncpg.connect(database_url)

    async def count() -> int:
        return int(
            await connection.fetchval(
                "select count(*) from pg_stat_activity where state = 'active'"
                " and query like '%pg_sleep($1)%' and pid <> pg_backend_pid()"
            )
        )

    yield count
    await connection.close()


async def eventually(is_so: Callable[[], Any]) -> None:
    until = time.monotonic() + 5
    while not await is_so():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("field", ["direct", "batched", "written", "direct batched written"])
@pytest.mark.parametrize("transport", ["request", "stream"])
async def test_an_operation_out_of_time_is_cancelled_in_postgres(
    with_settings: WithSettings,
    viewer: Viewer,
    slow_schema: OperationSchema,
    statements: Callable[[], Any],
    field: str,
    transport: str,
) -> None:
    hasty = with_settings(operation_timeout_seconds=0.6)
    context = hasty.operation(viewer)
    context.held |= {"mark": uuid.uuid4().hex, "seconds": 20.0}

    async def run() -> Any:
        if transport == "request":
            return await run_operation(slow_schema, context, f"{{ {field} }}")
        (only,) = [one async for one in stream_operation(slow_schema, context, f"{{ {field} }}")]
        return only

    started = time.monotonic()
    running = asyncio.create_task(run())
    await eventually(statements)
    result = await running
    assert time.monotonic() - started < 5
    (error,) = result.body["errors"]
    assert error["extensions"]["code"] == "TIMEOUT"
    assert "0.6 seconds" in error["message"]
    assert result.body["data"] is None

    async def is_over() -> bool:
        return await statements() == 0

    await eventually(is_over)
    # every connection of the pool is good for the next
    again = with_settings()
    contexts = [again.operation(viewer) for _ in range(12)]
    for one in contexts:
        one.held |= {"mark": "again", "seconds": 0.05}
    results = await asyncio.gather(
        *(run_operation(slow_schema, one, "{ direct batched written }") for one in contexts)
    )
    for result in results:
        assert "errors" not in result.body
        assert result.body["data"] == {"direct": True, "batched": True, "written": True}


@pytest.mark.parametrize("field", ["direct", "batched"])
async def test_who_goes_away_is_cancelled_in_postgres(
    with_settings: WithSettings,
    viewer: Viewer,
    slow_schema: OperationSchema,
    statements: Callable[[], Any],
    field: str,
) -> None:
    context = with_settings().operation(viewer)
    context.held |= {"mark": uuid.uuid4().hex, "seconds": 20.0}
    running = asyncio.create_task(run_operation(slow_schema, context, f"{{ {field} }}"))
    await eventually(statements)
    running.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await running

    async def is_over() -> bool:
        return await statements() == 0

    await eventually(is_over)


async def test_a_statement_out_of_time_is_a_timeout_too(
    database_url: str, services: Services, viewer: Viewer, slow_schema: OperationSchema
) -> None:
    settings = services.settings.model_copy(
        update={"statement_timeout_seconds": 0.3, "pool_min_size": 1, "pool_max_size": 1}
    )
    database = await Database.connect(database_url, settings)
    try:
        slow = Services(settings, database, services.registry, services.feed)
        for seconds, field in (
            (5.0, "direct"),
            (0.01, "direct"),
            (5.0, "written"),
            (0.0, "written"),
        ):
            context = slow.operation(viewer)
            context.held |= {"mark": "x", "seconds": seconds}
            result = await run_operation(slow_schema, context, f"{{ {field} }}")
            codes = [one["extensions"]["code"] for one in result.body.get("errors", ())]
            assert codes == (["TIMEOUT"] if seconds == 5.0 else [])
    finally:
        await database.close()


async def test_too_many_at_once_are_told_to_come_back(
    with_settings: WithSettings, viewer: Viewer, slow_schema: OperationSchema
) -> None:
    small = with_settings(operations_max_concurrent=1, operations_max_waiting=1)

    async def run() -> Any:
        context = small.operation(viewer)
        context.held |= {"mark": "x", "seconds": 0.3}
        return await run_operation(slow_schema, context, "{ direct }")

    results = await asyncio.gather(*(run() for _ in range(3)))
    refused = [one for one in results if not one.executed]
    assert [one.refusal for one in refused] == [ErrorCode.UNAVAILABLE]
    assert [one.retry_after_seconds for one in refused] == [1]
    assert (await run()).executed


async def test_a_budget_that_cannot_be_asked_lets_nobody_in(
    services: Services, tenant: str
) -> None:
    class Gone:
        def transaction(self, *_: Any, **__: Any) -> Any:
            raise ApiError(ErrorCode.UNAVAILABLE, "gone")

    settings = services.settings.model_copy(update={"cost_budget_store": "postgres"})
    budget = CostBudget(settings, Gone())  # type: ignore[arg-type]
    with pytest.raises(ApiError) as caught:
        await budget.spend(Viewer(tenant, "x"), 1)
    assert caught.value.code is ErrorCode.UNAVAILABLE
