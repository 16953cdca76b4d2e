"""Traces: the spans of a request, how they hang together, and what they do not say."""

import asyncio
import sys
import time

import asyncpg
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from graph_api.cli import main
from graph_api.core.database import statement_log
from graph_api.core.observing.observer import Observer
from graph_api.core.observing.tracing import TracingUnavailableError, tracing_of
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed

QUERY = "query Wells { wells(first: 1) { totalCount nodes { id } } }"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


async def test_a_request_an_operation_and_its_statements_are_one_trace(
    observed: Observed, tenant: str
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    answer = await observed.ask(QUERY, headers=headers)
    *statements, operation, request = observed.spans()
    assert {f"{one.context.trace_id:032x}" for one in observed.spans()} == {TRACE}
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == PARENT
    assert (request.name, request.kind) == ("POST /graphql", SpanKind.SERVER)
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["graph_api.request_id"] == answer.headers["x-request-id"]
    assert operation.parent is not None
    assert operation.parent.span_id == request.context.span_id
    assert operation.name == "query Wells"
    assert operation.attributes is not None
    assert operation.attributes["graph_api.tenant"] == tenant
    assert operation.attributes["graph_api.statements"] == len(statements) >= 1
    assert {one.name for one in statements} <= {"count_vertices", "list_vertices", "page"} | {
        one.name for one in statements
    }
    for one in statements:
        assert one.parent is not None
        assert one.parent.span_id == operation.context.span_id
        assert one.kind is SpanKind.CLIENT
        assert one.attributes is not None
        named = {name: value for name, value in one.attributes.items() if "rows" not in name}
        assert named == {"db.system.name": "postgresql", "db.query.summary": one.name}
        assert operation.start_time is not None
        assert one.start_time is not None
        assert one.end_time is not None
        assert operation.end_time is not None
        assert operation.start_time <= one.start_time < one.end_time <= operation.end_time


@pytest.mark.parametrize("given", ["", "rubbish", f"00-{'0' * 32}-{PARENT}-01"])
async def test_a_request_without_a_valid_parent_begins_a_trace(
    observed: Observed, given: str
) -> None:
    await observed.ask(QUERY, headers={"traceparent": given})
    assert observed.spans()[-1].parent is None


async def test_a_failure_is_its_code(observed: Observed) -> None:
    await observed.ask("{ nothing }")
    operation, request = observed.spans()
    assert (operation.status.status_code, operation.status.description) == (
        StatusCode.ERROR,
        "BAD_USER_INPUT",
    )
    assert request.status.status_code is StatusCode.UNSET
    assert not operation.events


def made(name: str, text: str) -> Statement:
    return Statement(name, text, purpose="", language="sql")


async def test_a_statement_says_how_many_rows_it_gave_or_that_it_failed(
    observed: Observed, tenant: str
) -> None:
    tracing = observed.observer.tracing
    assert tracing is not None
    database, viewer = observed.state["services"].database, Viewer(tenant, "tester")
    log = tracing.statements(tracing.parent([]))
    token = statement_log.set(log)
    try:
        await database.fetch(viewer, made("three", "select generate_series(1, 3)"))
        await database.fetch(viewer, made("none", "select 1 where false"))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await database.fetch(viewer, made("wrong", "select 1 / 0"))
    finally:
        statement_log.reset(token)
    rows = [(one.attributes or {}).get("db.response.returned_rows") for one in observed.spans()]
    assert rows == [3, 0, None]
    assert [one.status.status_code for one in observed.spans()] == [
        StatusCode.UNSET,
        StatusCode.UNSET,
        StatusCode.ERROR,
    ]
    assert log.names == ["three", "none", "wrong"]
    assert log.seconds > 0


async def test_operations_of_a_websocket_hang_on_who_opened_it(observed: Observed) -> None:
    async with observed.socket(traceparent=f"00-{TRACE}-{PARENT}-01") as socket:
        await socket.receive()
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": QUERY}})
        while (await socket.receive())["type"] != "complete":
            pass
    *statements, operation = observed.spans()
    assert statements
    assert operation.parent is not None
    assert f"{operation.parent.span_id:016x}" == PARENT


async def test_spans_of_operations_at_one_time_are_kept_apart(observed: Observed) -> None:
    await asyncio.gather(*(observed.ask(QUERY) for _ in range(10)))
    spans = observed.spans()
    traces = {one.context.trace_id for one in spans}
    assert len(traces) == 10
    names = [sorted(one.name for one in spans if one.context.trace_id == trace) for trace in traces]
    assert all(one == names[0] for one in names)


def test_there_are_none_unless_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert tracing_of(Settings(), "1") is None
    assert Observer.of(Settings()).tracing is None


@pytest.mark.parametrize("by", ["setting", "environment"])
def test_a_collector_turns_them_on(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    settings = Settings(otel_endpoint="http://127.0.0.1:9" if by == "setting" else None)
    if by == "environment":
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    observer = Observer.of(settings)
    assert observer.tracing is not None
    observer.tracing.end(observer.tracing.begin(observer.tracing.parent([]), "one"), {})
    began = time.monotonic()
    observer.close()
    # a collector that is not there does not hold up the end of the process
    assert time.monotonic() - began < 5
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert tracing_of(settings, "1") is None


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "graph_api.core.observing.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(TracingUnavailableError, match=r"pip install 'graph-api\[otel\]'"):
        tracing_of(Settings(otel_endpoint="http://127.0.0.1:9"), "1")


@pytest.mark.usefixtures("log_stream")
def test_the_command_says_what_is_missing_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "graph_api.core.observing.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setenv("GRAPH_API_OTEL_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(sys, "argv", ["graph-api", "serve"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "pip install 'graph-api[otel]'" in told
    assert "Traceback" not in told


async def test_what_the_feed_reads_for_everybody_is_no_part_of_an_operation(
    observed: Observed,
) -> None:
    def read() -> int:
        return sum(span.name == "changes_after" for span in observed.spans())

    change = 'mutation { upsertWell(input: {well: {apiNumber: "%s"}}) { __typename } }'
    watch = "subscription { entityChanged { __typename } }"
    async with observed.socket() as socket:
        await socket.receive()
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": watch}})
        while "graph_api_feed_subscribers 1.0" not in await observed.measured():
            await asyncio.sleep(0.01)
        await observed.ask(change % "4200300001")
        await socket.receive()
        before = read()
        for number in (2, 3, 4):
            await observed.ask(change % f"420030000{number}")
            await socket.receive()
        assert read() == before
