"""No secret that a client sends, or that a row holds, is in logs, metrics or traces."""

import io
import logging
from collections.abc import AsyncIterator

import asyncpg
import pytest

from graph_api.auth.administering import provide_user
from graph_api.core.context import Services
from graph_api.core.permissions import Role
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed, running
from tests.databases import migrated_database

CANARY = "kanarienvogel"
IN_LITERALS = (
    f'query Q {{ wells(where: {{wellName: {{eq: "{CANARY}-literal"}}}}) {{ totalCount }} }}'
)
UPSERT = """mutation Keep($well: WellInput!) {
  upsertWell(input: {well: $well}) { ... on UpsertWellPayload { outcome } }
}"""


@pytest.fixture(scope="module")
async def refusing_url(database_url: str) -> AsyncIterator[str]:
    """A database that refuses what the application takes for granted."""
    async with migrated_database(database_url) as url:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(
                # its detail quotes the whole row
                'alter table oilgas."Well" add constraint no_well check (false)'
            )
        finally:
            await connection.close()
        yield url


@pytest.fixture
async def breaking(
    refusing_url: str, settings: Settings, log_stream: io.StringIO
) -> AsyncIterator[Observed]:
    """An application on such a database."""
    chosen = settings.model_copy(
        update={
            "database_url": refusing_url,
            "dev_tenant": "canaries",
            "log_level": "debug",
            "log_format": "json",
            "metrics_token": f"{CANARY}-metrics-token",
            "cookie_secure": False,
        }
    )
    async with running(chosen, log_stream) as one:
        yield one


async def everything(observed: Observed) -> str:
    """All that an operator can read, as one text."""
    token = {"Authorization": f"Bearer {CANARY}-metrics-token"}
    metrics = await observed.client.get("/metrics", headers=token)
    assert metrics.status_code == 200
    spans = "\n".join(span.to_json() for span in observed.spans())
    assert spans
    assert observed.log.getvalue()
    return observed.log.getvalue() + metrics.text + spans


CREDENTIALS = (
    {},
    {"Authorization": f"Bearer {CANARY}.bearer.token"},
    {"Authorization": f"Basic {CANARY}"},
    {"X-API-Key": f"{CANARY}-api-key"},
    {"Cookie": f"graph-api-access={CANARY}-cookie; graph-api-csrf={CANARY}-csrf"},
)
LOGIN = """mutation SignIn($password: String!) {
  login(input: {email: "kanarienvogel@example.org", password: $password}) { __typename }
}"""


SIGN_IN = """mutation SignIn($input: LoginInput!) {
  login(input: $input) { ... on LoginPayload { accessToken refreshToken } }
}"""
REFRESH = """mutation Refresh($input: RefreshInput!) { refresh(input: $input) { __typename } }"""


@pytest.mark.parametrize("credentials", CREDENTIALS, ids=lambda one: "".join(one) or "none")
async def test_nothing_that_a_client_sends_is_told(
    breaking: Observed, credentials: dict[str, str]
) -> None:
    sent = credentials | {
        "X-Request-Id": f"{CANARY} is no id",
        "User-Agent": f"{CANARY}-agent",
        "Traceparent": f"00-{CANARY}",
    }
    documents = (
        IN_LITERALS,
        f'{{ nothing(password: "{CANARY}-unknown") }}',
        f"{{ {CANARY} }} query {CANARY}Twice {{ a }}",
        f'{{ wells(first: "{CANARY}-type" }}',
        f'mutation {{ login(input: {{email: "a@b.c", password: "{CANARY}"}}) {{ __typename }} }}',
    )
    for query in documents:
        await breaking.ask(query, headers=sent)
        await breaking.client.get("/graphql", params={"query": query}, headers=sent)
    for query, variables in (
        (UPSERT, {"well": {"password": f"{CANARY}-variable"}}),
        (LOGIN, {"password": f"{CANARY}-password"}),
    ):
        asked = {"query": query, "variables": variables}
        await breaking.client.post("/graphql", json=asked, headers=sent)
    asked = {"query": "{ __typename }", "operationName": f"{CANARY}-operation-name"}
    await breaking.client.post("/graphql", json=asked, headers=sent)
    await breaking.client.get(f"/{CANARY}/path?token={CANARY}-parameter", headers=sent)
    await breaking.client.post("/graphql", content=f"{CANARY} is no JSON", headers=sent)
    assert len(breaking.lines()) >= 15
    assert breaking.lines("operation") or credentials
    assert CANARY not in await everything(breaking)


async def test_nothing_that_a_row_holds_is_told_when_the_database_refuses(
    breaking: Observed,
) -> None:
    well = {"apiNumber": "4200300101", "wellName": f"{CANARY}-name"}
    asked = {"query": UPSERT, "variables": {"well": well}}
    answer = await breaking.client.post("/graphql", json=asked)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert CANARY not in answer.text
    (line,) = [line for line in breaking.lines() if "exception" in line]
    assert line["exception"]["type"] == "asyncpg.exceptions.CheckViolationError"
    assert line["exception"]["sqlstate"] == "23514"
    assert line["exception"]["constraint"] == "no_well"
    assert any("Session.fetch" in frame for frame in line["exception"]["frames"])
    assert error["extensions"]["errorId"] in line["event"]
    (told,) = [line for line in breaking.lines("operation") if "errors" in line]
    assert told["error_ids"] == [error["extensions"]["errorId"]]
    assert told["request_id"] == line["request_id"] == answer.headers["x-request-id"]
    assert CANARY not in await everything(breaking)


async def test_nothing_that_is_sent_over_a_websocket_is_told(breaking: Observed) -> None:
    async with breaking.socket(Cookie=f"session={CANARY}-cookie") as socket:
        assert (await socket.receive())["type"] == "websocket.accept"
        payload = {"password": f"{CANARY}-init"}
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.receive() == {"type": "connection_ack"}
        for name, query in (("1", IN_LITERALS), ("2", f"{{ {CANARY} }}")):
            await socket.send({"id": name, "type": "subscribe", "payload": {"query": query}})
        await socket.receive()
        await socket.receive()
        await socket.send({"type": f"{CANARY}-type"})
        while (await socket.receive())["type"] != "websocket.close":
            pass
    operations = breaking.lines("operation")
    assert {one["transport"] for one in operations} == {"websocket"}
    assert {one["outcome"] for one in operations} == {"ok", "BAD_USER_INPUT"}
    (line,) = breaking.lines("websocket")
    assert (line["closed_by"], line["code"], line["operations"]) == ("server", 4400, 2)
    assert CANARY not in await everything(breaking)


async def test_what_a_sign_in_is_given_is_not_told(breaking: Observed) -> None:
    services: Services = breaking.state["services"]
    password, email = f"{CANARY}-password", "somebody@example.org"
    await provide_user(
        services.database, services.settings, "canaries", email, [Role.ADMIN], None, password
    )
    variables = {"input": {"email": email, "password": password}}
    asked = {"query": SIGN_IN, "variables": variables}
    given = (await breaking.client.post("/graphql", json=asked)).json()["data"]["login"]
    secrets = [CANARY, given["accessToken"], given["refreshToken"]]
    signed_in = {"Authorization": f"Bearer {given['accessToken']}"}
    await breaking.ask("query Mine { me { __typename } }", headers=signed_in)
    variables["input"]["cookies"] = True
    answer = await breaking.client.post("/graphql", json=asked)
    secrets += [cookie.value or "" for cookie in breaking.client.cookies.jar]
    assert len(secrets) == 6
    token = {"input": {"refreshToken": given["refreshToken"]}}
    for _ in ("once", "twice"):
        asked = {"query": REFRESH, "variables": token}
        headers = {"X-CSRF-Token": answer.cookies.get("graph-api-csrf") or ""}
        await breaking.client.post("/graphql", json=asked, headers=headers)
    told = await everything(breaking)
    assert [one for one in secrets if one in told] == []
    (line,) = [line for line in breaking.lines("operation") if line["operation"] == "Mine"]
    assert (line["method"], line["tenant"]) == ("password", "canaries")


async def test_credentials_that_are_sent_over_a_websocket_are_not_told(breaking: Observed) -> None:
    async with breaking.socket() as socket:
        await socket.receive()
        payload = {"authorization": f"Bearer {CANARY}"}
        await socket.send({"type": "connection_init", "payload": payload})
        assert (await socket.receive())["type"] == "websocket.close"
    (line,) = breaking.lines("websocket")
    assert (line["closed_by"], line["operations"]) == ("server", 0)
    assert CANARY not in await everything(breaking)


async def test_what_libraries_log_is_cut_down(observed: Observed) -> None:
    url = f"postgresql://graph_api:{CANARY}-password@db/graph"
    logging.getLogger("uvicorn.error").warning("cannot reach %s", url)
    logging.getLogger("asyncpg").warning("refused: Bearer %s", CANARY)
    logging.getLogger("some.library").warning("refused\nDETAIL: Key (email)=(%s) exists", CANARY)
    logging.getLogger("graph_api").warning("it failed: %s", ValueError(f"no number: {CANARY}"))
    logging.getLogger("websockets.server").debug("< TEXT '%s'", CANARY)
    logging.getLogger("uvicorn.error").debug("> Authorization: %s", CANARY)
    logging.getLogger("uvicorn.access").info("GET /graphql?query=%s", CANARY)
    handler = {"message": f"Task exception was never retrieved\nfuture: {CANARY}"}
    logging.getLogger("asyncio").error(handler["message"], exc_info=ValueError(CANARY))
    try:
        local = f"{CANARY}-local"
        raise KeyError(local)
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    lines = observed.lines()
    assert CANARY not in observed.log.getvalue()
    assert "cannot reach postgresql://graph_api:***@db/graph" in [line["event"] for line in lines]
    assert "it failed: ValueError" in [line["event"] for line in lines]
    assert lines[-1]["exception"]["type"] == "KeyError"
    assert lines[-1]["level"] == "error"
