"""The proxy that asks as every caller, in front of a server that says what each test needs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.every_caller import Answer, EveryCaller, every_caller, fault_of
from bench.server import free_port

KEYS = {"admin": "key-of-admin", "viewer": "key-of-viewer", "anonymous": None}
Say = Callable[[str | None], bytes]
Ask = Callable[[str], Awaitable[httpx.Response]]


def answered(document: Any, status: int = 200, seconds: float = 0.1) -> Answer:
    return Answer(status, json.dumps(document).encode(), seconds=seconds)


def error(code: str | None, classification: str | None = None, **beside: Any) -> dict[str, Any]:
    extensions = {"code": code, "classification": classification}
    given = {name: value for name, value in extensions.items() if value is not None}
    return {"message": "so it is", "extensions": given, **beside}


@pytest.mark.parametrize(
    "answer",
    [
        answered({"data": {"__typename": "Query"}}),
        answered({"errors": [error("GRAPHQL_VALIDATION_FAILED")]}, 400),
        answered({"data": {"well": None}, "errors": [error("NOT_FOUND", "BAD_REQUEST", path=["well"])]}),
        answered({"errors": [error("UNAUTHENTICATED")]}, 401),
    ],
)  # fmt: skip
def test_what_the_caller_is_at_fault_for_is_no_failure(answer: Answer) -> None:
    assert fault_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answered({"data": {}}, 503), "status 503"),
        (answered({"data": {}}, seconds=5.2), "after 5.2 s"),
        (Answer(200, b"<html>"), "not JSON"),
        (Answer(200, b"[]"), "none of GraphQL"),
        (answered({"errors": [error("TIMEOUT")]}), "TIMEOUT"),
        (answered({"data": None, "errors": [error("UNKNOWN_OUTCOME", "BAD_REQUEST")]}),
         "UNKNOWN_OUTCOME"),
        (answered({"errors": [error("X", "INTERNAL_SERVER_ERROR")]}), "INTERNAL_SERVER_ERROR"),
        (answered({"errors": [error("NOT_FOUND", "BAD_REQUEST"), error("INTERNAL")]}), "INTERNAL"),
        (answered({"data": None, "errors": [error(None, path=["wells"])]}), "no known kind"),
        (answered({"data": {"a": 1}, "errors": [error("FORBIDDEN")]}), "no known kind"),
        (answered({"errors": [error("BAD_USER_INPUT") | {
            "message": "Cannot return null for non-nullable field Well.id."}]}), "Well.id"),
    ],
)  # fmt: skip
def test_what_the_server_is_at_fault_for_is_a_failure(answer: Answer, said: str) -> None:
    assert said in (fault_of(answer) or "")


def response(document: Any, status: int = 200) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} So\r\ncontent-type: application/json\r\ncontent-length: "
    return head.encode() + b"%d\r\n\r\n%b" % (len(body), body)


@asynccontextmanager
async def service(say: Say) -> AsyncIterator[tuple[str, list[str]]]:
    """A URL that answers what `say` makes of the key, and who connected; nothing said: it closes."""
    connected: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append("somebody")
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                told = dict(line.split(": ", 1) for line in head.splitlines()[1:-1])
                await reader.readexactly(int(told["Content-Length"]))
                said = say(told.get("X-API-Key"))
                writer.write(said)
                if not said:
                    break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql", connected


@asynccontextmanager
async def proxied(say: Say, kept: Path) -> AsyncIterator[tuple[Ask, EveryCaller, list[str]]]:
    """What asks the proxy, the proxy, and who connected to the service behind it."""
    port = free_port()
    async with (
        service(say) as (url, connected),
        every_caller(url, KEYS, kept, port) as proxy,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        proxy.begin("1-1", [*KEYS])
        yield (lambda query: client.post("/1-1", json={"query": query})), proxy, connected


async def test_every_caller_asks_and_the_admin_is_answered(tmp_path: Path) -> None:
    kept = tmp_path / "failures.jsonl"
    async with proxied(lambda key: response({"data": {"key": key}}), kept) as (ask, proxy, wires):
        answers = [await ask("{ a }") for _ in range(3)]
    assert [(one.status_code, one.json()) for one in answers] == [
        (200, {"data": {"key": KEYS["admin"]}})
    ] * 3
    assert proxy.counts["1-1"].requests == dict.fromkeys(KEYS, 3)
    assert proxy.counts["1-1"].failures == {}
    assert len(wires) == len(KEYS), "connections are kept"
    assert kept.read_text() == ""


async def test_a_failure_of_one_caller_is_answered_counted_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "failures.jsonl"

    def say(key: str | None) -> bytes:
        return response(
            {"data": None, "errors": [error("INTERNAL")]} if key is None else {"data": {}}
        )

    async with proxied(say, kept) as (ask, proxy, _):
        answer = await ask("{ a }")
    assert answer.status_code == 500, "so that the fuzzer sees it whatever it thinks of the code"
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert proxy.counts["1-1"].failures == {"anonymous": 1}
    (line,) = kept.read_text().splitlines()
    told = json.loads(line)
    assert (told["caller"], told["run"]) == ("anonymous", "1-1")
    assert (told["request"], told["fault"]) == ({"query": "{ a }"}, "INTERNAL: so it is")


async def test_a_lost_connection_is_a_failure(tmp_path: Path) -> None:
    def say(key: str | None) -> bytes:
        return b"" if key == KEYS["viewer"] else response({"data": {}})

    async with proxied(say, tmp_path / "failures.jsonl") as (ask, proxy, _):
        assert (await ask("{ a }")).status_code == 502
    assert proxy.counts["1-1"].failures == {"viewer": 1}


async def test_only_the_admin_asks_for_the_schema(tmp_path: Path) -> None:
    async with proxied(lambda key: response({"data": {"key": key}}), tmp_path / "kept") as (
        ask,
        proxy,
        wires,
    ):
        answer = await ask("{ __schema { types { name } } }")
    assert answer.json() == {"data": {"key": KEYS["admin"]}}
    assert (proxy.counts["1-1"].requests.total(), len(wires)) == (0, 1)
