"""Metrics: what is counted, who may read it, and that labels stay few."""

import asyncio
import io
import re

import httpx
import pytest
from starlette.applications import Starlette

from graph_api.core.observing.exposition import metrics_routes
from graph_api.core.observing.metrics import Metrics
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed, running

QUERY = "query Name%d { wells(first: 1) { totalCount } }"


def value(text: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    assert found, f"{series} is not among\n{text}"
    return float(found[1])


async def test_requests_and_operations_are_counted(observed: Observed) -> None:
    for number in range(3):
        await observed.ask(QUERY % number)
    await observed.ask("{ nothing other }")
    await observed.client.get("/nowhere")
    await observed.client.request("BREW", "/graphql")
    text = await observed.measured()
    requests = "graph_api_http_requests_total{"
    assert value(text, requests + 'method="POST",route="/graphql",status="200"}') == 4
    assert value(text, requests + 'method="GET",route="none",status="404"}') == 1
    assert 'method="other"' in text
    assert value(text, 'graph_api_operations_total{outcome="ok",type="query"}') == 3
    failed = 'graph_api_operations_total{outcome="BAD_USER_INPUT",type="query"}'
    assert value(text, failed) == 1
    assert value(text, 'graph_api_errors_total{code="BAD_USER_INPUT"}') == 2
    assert value(text, 'graph_api_operation_statements_sum{type="query"}') == 3
    assert value(text, 'graph_api_operation_seconds_count{type="query"}') == 4
    assert value(text, 'graph_api_operation_database_seconds_sum{type="query"}') > 0
    assert value(text, "process_resident_memory_bytes") > 10_000_000
    assert "graph_api_build_info{" in text


async def test_what_clients_choose_makes_no_series(observed: Observed) -> None:
    await observed.ask(QUERY % 0)
    await observed.client.get("/nowhere0")
    before = (await observed.measured()).count("\n")
    for number in range(20):
        await observed.ask(QUERY % number)
        await observed.client.get(f"/nowhere{number}?a={number}")
    text = await observed.measured()
    # `/metrics` itself is counted from the second time on
    added = [line for line in text.splitlines() if 'route="/metrics"' in line]
    assert text.count("\n") - len(added) == before
    assert "Name" not in text


async def test_the_pool_and_the_feed_are_looked_up(observed: Observed) -> None:
    while value(await observed.measured(), "graph_api_feed_connected") != 1:
        await asyncio.sleep(0.01)
    watch = "subscription { entityChanged { __typename } }"
    change = """mutation { upsertWell(input: {well: {apiNumber: "4200300161"}}) { __typename } }"""
    async with observed.socket() as socket:
        await socket.receive()
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": watch}})
        while value(text := await observed.measured(), "graph_api_feed_subscribers") != 1:
            await asyncio.sleep(0.01)
        # a change before the feed knows where it begins would be found without it
        feed = observed.state["services"].feed
        while any(tail.position is None for tail in feed._tails.values()):
            await asyncio.sleep(0.01)
        assert value(text, "graph_api_websocket_connections") == 1
        assert "graph_api_feed_lag_seconds" not in text
        await observed.ask(change)
        await socket.receive()
        text = await observed.measured()
        assert 0 <= value(text, "graph_api_feed_lag_seconds") < 10
        assert value(text, "graph_api_stream_results_total") == 1
    text = await observed.measured()
    assert value(text, "graph_api_websocket_connections") == 0
    assert value(text, 'graph_api_operations_total{outcome="CLOSED",type="subscription"}') == 1
    assert value(text, "graph_api_pool_max_connections") == 12
    assert value(text, 'graph_api_pool_connections{state="idle"}') >= 1
    assert value(text, "graph_api_pool_waiting") == 0


async def test_who_waits_for_a_connection_is_counted(
    settings: Settings, tenant: str, log_stream: io.StringIO
) -> None:
    one = {"dev_tenant": tenant, "pool_min_size": 1, "pool_max_size": 1, "log_format": "json"}
    async with running(settings.model_copy(update=one), log_stream) as observed:
        database = observed.state["services"].database
        async with database._pool.connection():
            asked = asyncio.create_task(observed.ask(QUERY % 1))
            while value(text := await observed.measured(), "graph_api_pool_waiting") != 1:
                await asyncio.sleep(0.01)
            assert value(text, 'graph_api_pool_connections{state="in_use"}') == 1
        assert (await asked).status_code == 200


async def ask_from(address: str, settings: Settings, **headers: str) -> httpx.Response:
    app = Starlette(routes=metrics_routes(settings, Metrics("1")))
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/metrics", headers=headers)


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 403), ("2001:db8::1", 403), ("unix", 403)],
)
async def test_without_a_token_they_are_for_this_machine(address: str, status: int) -> None:
    assert (await ask_from(address, Settings())).status_code == status


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_a_proxy_on_this_machine_does_not_open_them(header: str) -> None:
    answer = await ask_from("127.0.0.1", Settings(), **{header: "127.0.0.1"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("Bearer a-long-enough-token", 200),
        ("bearer a-long-enough-token", 200),
        ("Bearer a-long-enough-toke", 401),
        ("Basic a-long-enough-token", 401),
        ("Bearer", 401),
        ("Bearer ünïcödé", 401),
        ("", 401),
    ],
)
async def test_with_a_token_they_are_for_who_has_it(given: str, status: int) -> None:
    settings = Settings(metrics_token="a-long-enough-token")
    app = Starlette(routes=metrics_routes(settings, Metrics("1")))
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/metrics", headers={b"Authorization": given.encode()})
    assert answer.status_code == status
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


async def test_they_can_be_turned_off() -> None:
    assert (await ask_from("127.0.0.1", Settings(metrics=False))).status_code == 404
