"""graphql-sse, distinct connections, over a real server."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest

from graph_api.serving import ApiServer, served
from graph_api.settings import Settings

WRITE = """mutation($name: String!) {
  upsertOperator(input: {operator: {name: $name, p5Number: "700002"}}) { __typename }
}"""
FOLLOW = "subscription($after: String, $first: Int) { entityChanged(after: $after, first: $first) { ... on ChangeRecord { cursor after } } }"  # fmt: skip
STREAM = {"Accept": "text/event-stream"}
HEARTBEAT_SECONDS = 0.5


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    settings = Settings(
        database_url=database_url,
        dev_tenant="tenant-event-stream",
        data_dir=tmp_path_factory.mktemp("unused"),
        port=0,
        feed_heartbeat_seconds=HEARTBEAT_SECONDS,
    )
    with served(settings) as running:
        yield running


@pytest.fixture
def client(server: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=10) as client:
        yield client


def write(client: httpx.Client, name: str) -> None:
    body = {"query": WRITE, "variables": {"name": name}}
    answer = client.post("/graphql", json=body).json()
    assert "errors" not in answer, answer


def live(client: httpx.Client) -> int:
    count: int = client.get("/healthz").json()["live"]
    return count


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a whole stream, comments left out."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            fields = dict(line.split(":", 1) for line in lines)
            data = fields["data"].strip()
            found.append((fields["event"].strip(), orjson.loads(data) if data else None))
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_is_one_event_and_the_end(client: httpx.Client, method: str) -> None:
    query = {"query": "{ __typename }"}
    given: dict[str, Any] = {"params": query} if method == "GET" else {"json": query}
    answer = client.request(method, "/graphql", headers=STREAM, **given)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "no-cache" in answer.headers["cache-control"]
    (first, result), (second, nothing) = events(answer.text)
    assert (first, second, nothing) == ("next", "complete", None)
    assert result["data"] == {"__typename": "Query"}


def test_a_mutation_is_run_by_post(client: httpx.Client) -> None:
    body = {"query": WRITE, "variables": {"name": "BY POST"}}
    (_, result), _ = events(client.post("/graphql", json=body, headers=STREAM).text)
    assert result["data"]["upsertOperator"] == {"__typename": "UpsertOperatorPayload"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_is_an_event_for_each_change(client: httpx.Client, method: str) -> None:
    for number in range(3):
        write(client, f"CHANGE {number}")
    body = {"query": FOLLOW, "variables": {"after": "0", "first": 3}}
    parameters = {**body, "variables": orjson.dumps(body["variables"]).decode()}
    given: dict[str, Any] = {"params": parameters} if method == "GET" else {"json": body}
    found = events(client.request(method, "/graphql", headers=STREAM, **given).text)
    assert [name for name, _ in found] == ["next", "next", "next", "complete"]
    assert all(result["data"]["entityChanged"]["cursor"] for _, result in found[:3])


@pytest.mark.parametrize(
    "query", ["{", "{ noSuchField }", "query A{a:__typename} query B{b:__typename}"]
)
def test_what_is_refused_is_an_event_with_errors(client: httpx.Client, query: str) -> None:
    answer = client.post("/graphql", json={"query": query}, headers=STREAM)
    assert answer.status_code == 200
    (first, result), (second, _) = events(answer.text)
    assert (first, second) == ("next", "complete")
    assert result["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b'{"query": "{ __typename }"}', {"Content-Type": "text/plain"}, 415),
    ],
)
def test_what_is_no_request_is_a_status_and_json(
    client: httpx.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/graphql", content=body, headers={**STREAM, **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_silent_stream_says_that_it_lives(client: httpx.Client) -> None:
    query = {"query": FOLLOW}
    with client.stream("POST", "/graphql", json=query, headers=STREAM) as answer:
        pieces = answer.iter_bytes()
        assert [next(pieces) for _ in range(3)] == [b":\n\n"] * 3


def test_a_client_that_leaves_is_forgotten(client: httpx.Client) -> None:
    query = {"query": FOLLOW}
    with client.stream("POST", "/graphql", json=query, headers=STREAM) as answer:
        next(answer.iter_bytes())
        until(lambda: live(client) == 1)
    until(lambda: live(client) == 0)
