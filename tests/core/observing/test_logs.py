"""The log: one line per operation, everything in one form, and what a line says."""

import asyncio
import hashlib
import io
import logging

import orjson
import pytest

from graph_api.core.observing.logs import configure_logging
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed

QUERY = "query Wells { wells(first: 1) { totalCount } }"


async def test_an_operation_is_one_line(observed: Observed, tenant: str) -> None:
    answer = await observed.ask(QUERY)
    assert answer.status_code == 200
    (line,) = observed.lines()
    told = {name: line[name] for name in ("operation", "type", "outcome", "tenant", "subject")}
    assert told == {
        "operation": "Wells",
        "type": "query",
        "outcome": "ok",
        "tenant": tenant,
        "subject": "developer",
    }
    assert (line["event"], line["level"], line["transport"]) == ("operation", "info", "http")
    assert line["document"] == hashlib.sha256(QUERY.encode()).hexdigest()
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["statements"] >= 1
    assert 0 < line["database_ms"] < line["elapsed_ms"]
    assert list(line)[:3] == ["time", "level", "event"]


async def test_what_went_wrong_is_told_by_its_code(observed: Observed) -> None:
    await observed.ask("query Wrong { nothing other }")
    (line,) = observed.lines("operation")
    assert (line["operation"], line["outcome"]) == ("Wrong", "BAD_USER_INPUT")
    assert line["errors"] == {"BAD_USER_INPUT": 2}
    await observed.ask("query {{{")
    assert observed.lines("operation")[-1]["type"] == "unknown"


async def test_a_name_that_the_document_does_not_have_is_not_told(observed: Observed) -> None:
    asked = {"query": "query A { __typename } query B { __typename }", "operationName": "C"}
    await observed.client.post("/graphql", json=asked)
    (line,) = observed.lines("operation")
    assert (line["operation"], line["type"]) == (None, "unknown")


async def test_a_request_without_an_operation_has_a_line_of_its_own(observed: Observed) -> None:
    answer = await observed.client.put("/graphql", content="x")
    (line,) = observed.lines()
    assert (line["event"], line["status"], line["verb"]) == ("request", answer.status_code, "PUT")
    await observed.client.get("/nowhere/at/all")
    assert observed.lines()[-1]["route"] == "none"
    await observed.client.get("/healthz")
    assert (observed.lines()[-1]["route"], observed.lines()[-1]["level"]) == ("/healthz", "debug")


@pytest.mark.parametrize("given", ["a", "01HV-abc.DEF_9~", "x" * 64])
async def test_a_sane_request_id_is_kept(observed: Observed, given: str) -> None:
    answer = await observed.ask(QUERY, headers={"X-Request-Id": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert observed.lines("operation")[0]["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", 'quote"', "new\x7fline", "é"])
async def test_another_request_id_is_replaced(observed: Observed, given: str) -> None:
    answer = await observed.ask(QUERY, headers={b"X-Request-Id": given.encode()})
    (kept,) = answer.headers.get_list("x-request-id")
    assert kept != given
    assert len(kept) == 32


async def test_requests_at_one_time_keep_their_ids(observed: Observed) -> None:
    names = [f"request-{number}" for number in range(20)]
    query = "query Q%d { wells(first: 1) { totalCount } }"
    await asyncio.gather(
        *(
            observed.ask(query % number, headers={"X-Request-Id": name})
            for number, name in enumerate(names)
        )
    )
    told = {line["operation"]: line["request_id"] for line in observed.lines("operation")}
    assert told == {f"Q{number}": name for number, name in enumerate(names)}
    assert {line["statements"] for line in observed.lines("operation")} == {1}


async def test_an_event_stream_is_one_line(observed: Observed) -> None:
    accept = {"Accept": "text/event-stream"}
    answer = await observed.ask(QUERY, headers=accept)
    assert "event: complete" in answer.text
    (line,) = observed.lines("operation")
    assert (line["outcome"], line["results"], line["statements"]) == ("ok", 1, 1)


async def test_a_subscription_is_one_line_when_it_ends(observed: Observed) -> None:
    change = """mutation Change { upsertWell(input: {well: {apiNumber: "4200300161"}}) {
        __typename } }"""
    watch = "subscription Watch { entityChanged { __typename } }"
    async with observed.socket() as socket:
        await socket.receive()
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": watch}})
        while "graph_api_feed_subscribers 1.0" not in (await observed.measured()):
            await asyncio.sleep(0.01)
        await observed.ask(change)
        assert (await socket.receive())["type"] == "next"
        await socket.send({"id": "1", "type": "complete"})
        while not [line for line in observed.lines("operation") if line["type"] == "subscription"]:
            await asyncio.sleep(0.01)
    (line,) = [line for line in observed.lines("operation") if line["type"] == "subscription"]
    assert (line["operation"], line["outcome"], line["results"]) == ("Watch", "CLOSED", 1)
    assert (line["transport"], line["statements"] >= 1) == ("websocket", True)
    assert "errors" not in line
    (ended,) = observed.lines("websocket")
    assert (ended["closed_by"], ended["code"], ended["operations"]) == ("client", 1000, 1)


def test_on_a_terminal_lines_are_for_people(
    settings: Settings, log_stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "isatty", lambda: True, raising=False)
    configure_logging(settings.model_copy(update={"log_format": "auto"}), log_stream)
    logging.getLogger("graph_api").warning("the embedded PostgreSQL has died")
    assert "the embedded PostgreSQL has died" in log_stream.getvalue()
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(log_stream.getvalue())


def test_the_level_is_kept_and_configuring_twice_writes_once(
    settings: Settings, log_stream: io.StringIO
) -> None:
    chosen = settings.model_copy(update={"log_level": "warning"})
    configure_logging(chosen, io.StringIO())
    configure_logging(chosen, log_stream)
    logging.getLogger("graph_api").info("nothing of note")
    logging.getLogger("graph_api").warning("something")
    logging.getLogger("uvicorn.error").error("something of the server's")
    assert [orjson.loads(line)["event"] for line in log_stream.getvalue().splitlines()] == [
        "something",
        "something of the server's",
    ]
