"""What clients see when the database fails, and how soon they see it come back."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from graph_api.core.database import Database
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.migrations import migrate
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer
from graph_api.serving import served
from graph_api.settings import Settings
from tests.faulty_proxy import FaultyProxy, faulty_proxy

SECONDS_TO_TELL = 2.0
SECONDS_TO_RECOVER = 2.0

QUERY = "{ wells(first: 1) { nodes { apiNumber } } }"
TWO_READS = "{ wells(first: 1) { nodes { apiNumber } } leases(first: 1) { nodes { name } } }"
UPSERT = """mutation($name: String!, $key: String) {
  upsertWell(input: {well: {apiNumber: "42-003-00161", wellName: $name}, idempotencyKey: $key}) {
    ... on UpsertWellPayload { outcome well { wellName } }
  }
}"""
CHANGES = "{ changes { items { ... on ChangeRecord { after } } } }"
MEDIA_TYPES = ["application/graphql-response+json", "application/json"]


class Client:
    """Asks one server, and measures how long an answer took."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)
        self.seconds = 0.0

    async def get(self, path: str) -> httpx.Response:
        return await self._timed(self._http.get(path))

    async def ask(
        self, query: str, accept: str = MEDIA_TYPES[0], **variables: str
    ) -> httpx.Response:
        body = {"query": query, "variables": variables}
        return await self._timed(self._http.post("/graphql", json=body, headers={"Accept": accept}))

    async def write(self, name: str, key: str | None = None) -> dict[str, Any]:
        given = {"name": name} if key is None else {"name": name, "key": key}
        answer: dict[str, Any] = (await self.ask(UPSERT, **given)).json()
        return answer

    async def _timed(self, asked: Awaitable[httpx.Response]) -> httpx.Response:
        started = time.monotonic()
        answer = await asked
        self.seconds = time.monotonic() - started
        return answer

    async def close(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(database_url) as proxy:
        yield proxy


@contextmanager
def _serving(proxy: FaultyProxy, tenant: str, tmp_path: Path, **more: Any) -> Iterator[str]:
    settings = Settings(
        database_url=proxy.database_url, dev_tenant=tenant, data_dir=tmp_path, port=0, **more
    )
    with served(settings) as server:
        yield server.address


Start = Callable[..., Awaitable[Client]]


@pytest.fixture
async def start(proxy: FaultyProxy, tenant: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a server on the proxy, and gives a client of it."""
    entered: list[tuple[Any, Client]] = []

    async def begin(**more: Any) -> Client:
        serving = _serving(proxy, tenant, tmp_path, **more)
        client = Client(await asyncio.to_thread(serving.__enter__))
        entered.append((serving, client))
        assert "errors" not in await client.write("before")
        return client

    yield begin
    await proxy.forward()
    for serving, client in entered:
        await client.close()
        await asyncio.to_thread(serving.__exit__, None, None, None)


def _is_unavailable(answer: httpx.Response) -> bool:
    codes = [one["extensions"]["code"] for one in answer.json()["errors"]]
    return codes == ["UNAVAILABLE"] and "data" not in answer.json()


async def _recovered(client: Client) -> float:
    """How long until a server that has its database back reads, writes and is ready."""
    began = time.monotonic()
    while True:
        answers = [await client.ask(QUERY), await client.ask(UPSERT, name="after")]
        answers.append(await client.get("/readyz"))
        if not any("errors" in one.json() or one.status_code != 200 for one in answers):
            return time.monotonic() - began
        assert time.monotonic() - began < 30, [one.text for one in answers]
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("fault", [FaultyProxy.refuse, FaultyProxy.blackhole])
async def test_while_the_database_is_away(
    start: Start, proxy: FaultyProxy, fault: Callable[[FaultyProxy], Awaitable[None]]
) -> None:
    client = await start()
    await fault(proxy)
    for accept in MEDIA_TYPES:
        for document, variables in ((QUERY, {}), (UPSERT, {"name": "lost"})):
            answer = await client.ask(document, accept, **variables)
            assert (answer.status_code, _is_unavailable(answer)) == (503, True), answer.text
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.headers["Content-Type"].startswith(accept)
            assert client.seconds < SECONDS_TO_TELL
    assert (await client.get("/readyz")).status_code == 503
    assert client.seconds < SECONDS_TO_TELL
    assert (await client.get("/healthz")).status_code == 200

    await proxy.forward()
    assert await _recovered(client) < SECONDS_TO_RECOVER
    for number in range(20):
        assert "errors" not in await client.write(f"on-{number}"), (
            "a dead connection was handed out"
        )


async def test_nobody_waits_for_a_database_that_has_fallen_silent(
    start: Start, proxy: FaultyProxy
) -> None:
    client = await start(pool_max_size=3)
    await proxy.blackhole()
    began = time.monotonic()
    # more than there are connections: some wait for an answer, the others for a connection
    answers = await asyncio.gather(*(client.ask(QUERY) for _ in range(12)))
    assert time.monotonic() - began < SECONDS_TO_TELL
    assert all(_is_unavailable(one) for one in answers)
    await proxy.forward()
    assert await _recovered(client) < SECONDS_TO_RECOVER
    answers = await asyncio.gather(*(client.ask(QUERY) for _ in range(12)))
    assert [one.json().get("errors") for one in answers] == [None] * 12


async def test_a_read_on_a_lost_connection_is_made_again(
    proxy: FaultyProxy, settings: Settings, viewer: Viewer
) -> None:
    database = await Database.connect(proxy.database_url, settings)
    try:
        proxy.swallow_after(b"schema_migrations", times=1)
        assert await database.fetch(viewer, statement("ready"))
        assert proxy.has_swallowed, "the fault did not come about"
        # nor for ever; on connections that have not prepared the statement yet
        proxy.kill()
        proxy.swallow_after(b"schema_migrations", times=2)
        with pytest.raises(ApiError) as raised:
            await database.fetch(viewer, statement("ready"))
        assert raised.value.code is ErrorCode.UNAVAILABLE
    finally:
        await database.close()


async def test_a_write_on_a_lost_connection_fails_before_it_has_begun(
    start: Start, proxy: FaultyProxy
) -> None:
    client = await start()
    proxy.kill()
    proxy.swallow_after(b"tenant_journals", times=1)
    assert _is_unavailable(await client.ask(UPSERT, name="half"))
    assert proxy.has_swallowed, "the fault did not come about"
    assert await _names_written(client) == ["before"]


async def test_a_lost_answer_to_commit_is_told_as_that(start: Start, proxy: FaultyProxy) -> None:
    client = await start()
    proxy.swallow_after(b"COMMIT")
    answer = await client.write("once", key="key-1")
    assert answer["data"] == {"upsertWell": None}
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "UNKNOWN_OUTCOME", "idempotencyKey": "key-1"}
    without_key = (await client.write("twice"))["errors"][0]
    assert without_key["extensions"] == {"code": "UNKNOWN_OUTCOME"}
    assert "idempotencyKey" in without_key["message"]

    await proxy.forward()
    await _wait_until_written(client, "twice")
    again = await client.write("once", key="key-1")
    assert again["data"]["upsertWell"]["outcome"] == "UPDATED"
    assert await _names_written(client) == ["before", "once", "twice"]


async def _names_written(client: Client) -> list[str]:
    changes = (await client.ask(CHANGES)).json()["data"]["changes"]["items"]
    return [one["after"]["well_name"] for one in changes]


async def _wait_until_written(client: Client, name: str) -> None:
    while name not in await _names_written(client):
        await asyncio.sleep(0.05)


async def test_a_read_is_answered_where_only_its_end_is_lost(
    start: Start, proxy: FaultyProxy
) -> None:
    client = await start()
    proxy.swallow_after(b"rollback")
    answer = await client.ask(TWO_READS)
    assert answer.json()["data"]["wells"]["nodes"], answer.text


async def test_a_commit_that_is_not_waited_for_is_no_timeout(
    start: Start, proxy: FaultyProxy
) -> None:
    client = await start(operation_timeout_seconds=1, database_silence_seconds=60)
    proxy.swallow_after(b"COMMIT", and_reset=False)
    answer = await client.write("slow", key="key-2")
    assert answer["errors"][0]["extensions"]["code"] == "UNKNOWN_OUTCOME", answer
    await proxy.forward()
    assert (await client.write("slow", key="key-2"))["data"]["upsertWell"]["outcome"] == "UPDATED"


async def test_what_is_locked_for_long_is_told_to_come_back(
    database: Database, viewer: Viewer, database_url: str
) -> None:
    lock = Statement("lock", "lock table public.idempotency_keys", "For this test.", "sql")
    hurry = Statement("hurry", "set local lock_timeout = '100ms'", "For this test.", "sql")
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute(lock.text)
            with pytest.raises(ApiError) as raised:
                async with database.transaction(viewer, "test") as session:
                    await session.fetch(hurry)
                    await session.fetch(
                        statement("answer_of_idempotency_key"), viewer.tenant_id, "key"
                    )
    finally:
        await other.close()
    assert raised.value.code is ErrorCode.UNAVAILABLE


@pytest.mark.usefixtures("durable")
async def test_an_embedded_server_that_is_killed_comes_back(tenant: str, tmp_path: Path) -> None:
    with EmbeddedPostgres.start(tmp_path) as postgres:
        await migrate(postgres.dsn)
        settings = Settings(dev_tenant=tenant, data_dir=tmp_path, port=0)
        serving = served(settings)
        client = Client((await asyncio.to_thread(serving.__enter__)).address)
        try:
            assert "errors" not in await client.write("before", key="key-3")
            assert postgres.pid is not None
            os.kill(postgres.pid, signal.SIGKILL)
            for accept in MEDIA_TYPES:
                answer = await client.ask(QUERY, accept)
                assert "errors" not in answer.json() or _is_unavailable(answer), answer.text
            await _recovered(client)
            # one after the other and all at once: no connection of before is handed out
            assert "errors" not in await client.write("before", key="key-3")
            answers = await asyncio.gather(*(client.ask(QUERY) for _ in range(20)))
            assert [one.json().get("errors") for one in answers] == [None] * 20
            assert await _names_written(client) == ["before", "after"]
        finally:
            await client.close()
            await asyncio.to_thread(serving.__exit__, None, None, None)
