"""No secret that a client sends, or that a row holds, is in logs, metrics or traces."""

import io
import logging
from collections.abc import AsyncIterator

import asyncpg
import pytest

from graph_api.core.migrations import migrate
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed, running
from tests.databases import empty_database

CANARY = "kanarienvogel"
IN_LITERALS = (
    f'query Q {{ wells(where: {{wellName: {{eq: "{CANARY}-literal"}}}}) {{ totalCount }} }}'
)
UPSERT = """mutation Keep($well: WellInput!) {
  upsertWell(input: {well: $well}) { ... on UpsertWellPayload { outcome } }
}"""


@pytest.fixture
async def breaking(
    database_url: str, settings: Settings, log_stream: io.StringIO
) -> AsyncIterator[Observed]:
    """An application on a database that refuses what the application takes for granted."""
    async with empty_database(database_url) as url:
        await migrate(url)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(
                # its detail quotes the whole row
                'alter table oilgas."Well" add constraint no_well check (false)'
            )
        finally:
            await connection.close()
        chosen = settings.model_copy(
            update={
                "database_url": url,
                "dev_tenant": "canaries",
                "log_level": "debug",
                "log_format": "json",
                "metrics_token": f"{CANARY}-metrics-token",
                "audit_keys": None,
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


async def test_nothing_that_a_client_sends_is_told(breaking: Observed) -> None:
    sent = {
        "Authorization": f"Bearer {CANARY}.bearer.token",
        "X-API-Key": f"{CANARY}-api-key",
        "Cookie": f"session={CANARY}-cookie",
        "X-Request-Id": f"{CANARY} is no id",
        "User-Agent": f"{CANARY}-agent",
        "Traceparent": f"00-{CANARY}",
    }
    await breaking.ask(IN_LITERALS, headers=sent)
    await breaking.client.post(
        "/graphql",
        json={"query": UPSERT, "variables": {"well": {"password": f"{CANARY}-variable"}}},
        headers=sent,
    )
    await breaking.ask(f'{{ nothing(password: "{CANARY}-unknown") }}', headers=sent)
    await breaking.ask(f"{{ {CANARY} }} query {CANARY}Twice {{ a }}", headers=sent)
    await breaking.ask(f'{{ wells(first: "{CANARY}-type" }}', headers=sent)
    await breaking.client.get("/graphql", params={"query": IN_LITERALS}, headers=sent)
    await breaking.client.get(f"/{CANARY}/path?token={CANARY}-parameter", headers=sent)
    await breaking.client.post("/graphql", content=f"{CANARY} is no JSON", headers=sent)
    asked = {"query": "{ __typename }", "operationName": f"{CANARY}-operation-name"}
    await breaking.client.post("/graphql", json=asked, headers=sent)
    assert len(breaking.lines("operation")) >= 5
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
        payload = {"authorization": f"Bearer {CANARY}", "password": f"{CANARY}-init"}
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
