"""What is under way ends when its credentials do, and the database is not asked too often."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from graph_api.auth import session_watch
from graph_api.auth.cookies import BrowserCookies
from graph_api.auth.session_watch import SessionWatch
from graph_api.auth.store import acting_for, live_sessions, set_password
from graph_api.core.database import Database, StatementLog, statement_log
from graph_api.core.errors import ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.viewer import AuthMethod, Viewer
from graph_api.serving import served
from graph_api.settings import Settings
from tests.auth.signed_in import HASH, SignedIn

SOON_SECONDS = 6.0
"""Within so long must a revocation be noticed; it takes about three seconds at most."""
SUBSCRIPTION = "subscription { entityChanged { __typename } }"


@pytest.fixture
async def watch(database: Database) -> AsyncIterator[SessionWatch]:
    watch = SessionWatch(database)
    await watch.start()
    yield watch
    await watch.stop()


@pytest.fixture
async def ann(database: Database, settings: Settings, tenant: str) -> SignedIn:
    return await SignedIn.begin(database, settings, tenant, [Role.ADMIN])


def viewing(ann: SignedIn, **changed: Any) -> Viewer:
    given: dict[str, Any] = {
        "roles": frozenset(ann.roles),
        "auth_method": AuthMethod.PASSWORD,
        "session_id": str(ann.session_id),
        **changed,
    }
    return Viewer(ann.tenant_id, ann.email, **given)


async def ends(watch: SessionWatch, viewer: Viewer, cause: Callable[[], Awaitable[None]]) -> str:
    """What is said to a viewer whose credentials end by a cause, and by nothing before it."""
    waiting = asyncio.create_task(watch.until_ended(viewer))
    await asyncio.sleep(session_watch.INTERVAL_SECONDS * 1.5)
    assert not waiting.done()
    await cause()
    error = await asyncio.wait_for(waiting, SOON_SECONDS)
    assert error.code is ErrorCode.UNAUTHENTICATED
    return error.message


async def test_it_ends_with_its_session_its_user_or_its_key(
    watch: SessionWatch, ann: SignedIn, database: Database, settings: Settings, tenant: str
) -> None:
    bob = await SignedIn.begin(database, settings, tenant, [Role.VIEWER])
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    key_id, _ = await admin.api_key([Role.SERVICE])
    by_key = Viewer(
        tenant,
        "api-key:loader",
        roles=frozenset({Role.SERVICE}),
        auth_method=AuthMethod.API_KEY,
        api_key_id=str(key_id),
    )
    said = await asyncio.gather(
        ends(watch, viewing(ann), ann.end),
        ends(watch, viewing(bob), bob.disable),
        ends(watch, by_key, lambda: admin.revoke(key_id)),
    )
    assert set(said) == {"the session or API key has ended or changed"}
    assert not watch._waiting


async def test_it_ends_when_the_token_expires(watch: SessionWatch, ann: SignedIn) -> None:
    viewer = viewing(ann, expires_at=datetime.now(UTC) + timedelta(seconds=0.2))
    error = await asyncio.wait_for(watch.until_ended(viewer), 2)
    assert error.message == "the credentials have expired"
    already = viewing(ann, expires_at=datetime.now(UTC) - timedelta(seconds=5))
    assert await asyncio.wait_for(watch.until_ended(already), 2)


async def test_it_ends_when_the_roles_change(watch: SessionWatch, ann: SignedIn) -> None:
    viewer = viewing(ann, roles=frozenset({Role.ADMIN, Role.SERVICE}))
    assert await asyncio.wait_for(watch.until_ended(viewer), SOON_SECONDS)


async def test_what_was_proved_by_nothing_goes_on(watch: SessionWatch) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.until_ended(Viewer("permian", "developer")), 2.5)
    assert not watch._waiting


async def test_many_that_wait_are_asked_for_in_one_statement(
    database: Database, ann: SignedIn
) -> None:
    log = StatementLog()
    reset = statement_log.set(log)
    watch = SessionWatch(database)
    await watch.start()
    statement_log.reset(reset)
    waiting = [asyncio.create_task(watch.until_ended(viewing(ann))) for _ in range(200)]
    await asyncio.sleep(session_watch.INTERVAL_SECONDS * 1.5)
    assert log.names.count("live_sessions") == 1
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await watch.stop()
    assert not watch._waiting


async def test_a_session_is_asked_for_once_in_an_interval(
    watch: SessionWatch, ann: SignedIn
) -> None:
    log = StatementLog()
    reset = statement_log.set(log)
    began = time.monotonic()
    while time.monotonic() - began < session_watch.INTERVAL_SECONDS * 1.25:
        await asyncio.gather(*(watch.session(str(ann.session_id)) for _ in range(10)))
        await asyncio.sleep(0.02)
    statement_log.reset(reset)
    assert log.names == ["live_sessions"] * 2
    await ann.end()
    assert await watch.session(str(ann.session_id)), "it is remembered"
    watch.forget(viewing(ann))
    assert await watch.session(str(ann.session_id)) is None


async def test_a_first_password_that_was_changed_is_seen_at_once(
    watch: SessionWatch, database: Database, settings: Settings, tenant: str
) -> None:
    new = await SignedIn.begin(database, settings, tenant, [Role.ADMIN], must_change_password=True)
    before = await watch.session(str(new.session_id))
    assert before is not None
    assert before.must_change_password
    async with database.transaction(acting_for(tenant, new.email), "test") as session:
        await set_password(session, new.user_id, HASH, must_change=False)
    after = await watch.session(str(new.session_id))
    assert after is not None
    assert not after.must_change_password


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(
    watch: SessionWatch, ann: SignedIn
) -> None:
    first = asyncio.create_task(watch.session(str(ann.session_id)))
    second = asyncio.create_task(watch.session(str(ann.session_id)))
    await asyncio.sleep(0)
    first.cancel()
    found = await second
    assert found is not None
    assert first.cancelled()
    assert (
        found == (await live_sessions(watch._database, [str(ann.session_id)]))[str(ann.session_id)]
    )


async def test_use_is_written_down(
    watch: SessionWatch, ann: SignedIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id, text = await ann.api_key([Role.SERVICE])
    assert await watch.api_key(text)
    assert watch._used_keys.due() == [str(key_id)]
    await asyncio.sleep(session_watch.INTERVAL_SECONDS * 1.5)
    assert watch._used_keys.due() == []
    assert await watch.api_key(text)
    assert watch._used_keys.due() == [], "once a minute is enough"


@pytest.fixture
def server(settings: Settings) -> Iterator[str]:
    """Host and port of a server of the whole application, with nobody signed in."""
    with served(settings.model_copy(update={"port": 0})) as running:
        yield running.address.removeprefix("http://")


@asynccontextmanager
async def subscribed(
    server: str, payload: dict[str, Any], headers: dict[str, str] | None = None
) -> AsyncIterator[ClientConnection]:
    """A WebSocket with a subscription under way."""
    async with connect(
        f"ws://{server}/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers=headers,
        proxy=None,
    ) as client:
        await client.send(orjson.dumps({"type": "connection_init", "payload": payload}).decode())
        assert orjson.loads(await client.recv()) == {"type": "connection_ack"}
        subscribe = {"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}}
        await client.send(orjson.dumps(subscribe).decode())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.5)
        yield client


async def closed(client: ClientConnection) -> tuple[int, str]:
    """The code and reason that the server closes with, soon."""
    with pytest.raises(ConnectionClosed) as error:
        await asyncio.wait_for(client.recv(), SOON_SECONDS)
    assert error.value.rcvd is not None
    return error.value.rcvd.code, error.value.rcvd.reason


async def test_a_websocket_is_closed_when_its_session_is_revoked(
    server: str, ann: SignedIn
) -> None:
    async with subscribed(server, {"authorization": f"Bearer {ann.token()}"}) as client:
        await ann.end()
        assert await closed(client) == (4403, "Forbidden")
    with pytest.raises(ConnectionClosed) as error:
        async with subscribed(server, {"authorization": f"Bearer {ann.token()}"}):
            pass
    assert error.value.rcvd is not None
    assert error.value.rcvd.code == 4403


async def test_a_websocket_is_closed_when_its_key_is_revoked(server: str, ann: SignedIn) -> None:
    key_id, text = await ann.api_key([Role.SERVICE])
    async with subscribed(server, {"apiKey": text}) as client:
        await ann.revoke(key_id)
        assert await closed(client) == (4403, "Forbidden")


async def test_a_websocket_of_a_browser_is_its_cookies(
    server: str, ann: SignedIn, settings: Settings
) -> None:
    cookie = f"{BrowserCookies(settings).access_name}={ann.token()}"
    own = {"cookie": cookie, "origin": f"http://{server}"}
    async with subscribed(server, {}, own) as client:
        await ann.end()
        assert await closed(client) == (4403, "Forbidden")


@asynccontextmanager
async def streaming(server: str, token: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of an event stream."""
    async with (
        httpx.AsyncClient(timeout=SOON_SECONDS, trust_env=False) as client,
        client.stream(
            "POST",
            f"http://{server}/graphql",
            json={"query": SUBSCRIPTION},
            headers={"Accept": "text/event-stream", "Authorization": f"Bearer {token}"},
        ) as response,
    ):
        assert response.status_code == 200
        lines = response.aiter_lines()
        assert await anext(lines) == ":"
        yield lines


async def test_an_event_stream_says_that_it_ends_and_completes(server: str, ann: SignedIn) -> None:
    async with streaming(server, ann.token()) as lines:
        await ann.end()
        rest = [line async for line in lines if line and line != ":"]
    assert rest[0] == "event: next"
    [error] = orjson.loads(rest[1].removeprefix("data: "))["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert rest[2:] == ["event: complete", "data:"]


async def test_both_end_when_the_token_expires(
    server: str, ann: SignedIn, settings: Settings
) -> None:
    ann.settings = settings.model_copy(update={"jwt_expiry_minutes": 3 / 60})
    async with (
        subscribed(server, {"authorization": f"Bearer {ann.token()}"}) as client,
        streaming(server, ann.token()) as lines,
    ):
        assert await closed(client) == (4403, "Forbidden")
        rest = [line async for line in lines]
        assert "expired" in "".join(rest)
        assert "event: complete" in rest


QUERY = {"query": "{ wells(first: 1) { totalCount } }"}


async def test_over_http(server: str, ann: SignedIn, settings: Settings) -> None:
    cookies = BrowserCookies(settings)
    csrf = cookies._csrf_token(str(ann.session_id))
    cookie = f"{cookies.access_name}={ann.token()}; {cookies.csrf_name}={csrf}"
    async with httpx.AsyncClient(
        base_url=f"http://{server}", timeout=10, trust_env=False
    ) as client:
        nobody = await client.post("/graphql", json=QUERY)
        assert nobody.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        for headers in ({"authorization": "Bearer a.b.c"}, {"x-api-key": "gapi_"}):
            bad = await client.post("/graphql", json=QUERY, headers=headers)
            assert bad.status_code == 401
            assert bad.headers["www-authenticate"] == "Bearer"
            assert bad.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        ours = {"authorization": f"Bearer {ann.token()}"}
        good = await client.post("/graphql", json=QUERY, headers=ours)
        assert good.json()["data"] == {"wells": {"totalCount": 0}}

        forged = await client.post("/graphql", json=QUERY, headers={"cookie": cookie})
        assert forged.status_code == 403
        assert forged.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "data" not in forged.json()
        own = {"cookie": cookie, "x-csrf-token": csrf}
        assert (await client.post("/graphql", json=QUERY, headers=own)).json() == good.json()
        got = await client.get("/graphql", params=QUERY, headers={"cookie": cookie})
        assert got.json() == good.json()


async def test_no_get_and_no_simple_content_type_changes_anything(
    server: str, ann: SignedIn, settings: Settings
) -> None:
    """What a page of another origin can send without asking: none of it gets to a mutation."""
    cookies = BrowserCookies(settings)
    csrf = cookies._csrf_token(str(ann.session_id))
    cookie = f"{cookies.access_name}={ann.token()}; {cookies.csrf_name}={csrf}"
    headers = {"cookie": cookie, "x-csrf-token": csrf}
    write = """mutation { upsertLease(input: {lease: {
        oilGasCode: O, district: "08", rrcLeaseId: "12345", name: "FORGED"
    }}) { __typename } }"""
    async with httpx.AsyncClient(
        base_url=f"http://{server}", timeout=10, trust_env=False
    ) as client:
        got = await client.get("/graphql", params={"query": write}, headers=headers)
        assert got.status_code == 405
        for path in ("/graphql", "/graphql/refresh"):
            for kind in (
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/jsonx",
                None,
            ):
                given = headers | ({"content-type": kind} if kind else {})
                body = orjson.dumps({"query": write})
                sent = await client.post(path, content=body, headers=given)
                assert sent.status_code == 415, kind
        assert (await client.get("/graphql/refresh")).status_code == 405
        left = {"query": "{ leases { totalCount } }"}
        found = await client.post("/graphql", json=left, headers=headers)
        assert found.json()["data"]["leases"]["totalCount"] == 0
