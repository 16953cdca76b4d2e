"""Large answers are the same bytes in pieces, and go out as their client reads."""

import asyncio
import copy
from collections import deque
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from graph_api.core.large_answers import LARGE_COST, PiecesResponse, pieces_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=30,
)
_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "errors": st.lists(_VALUES, max_size=3),
        "data": st.none() | st.dictionaries(st.text(max_size=4), _VALUES),
        "extensions": st.dictionaries(st.text(max_size=4), _VALUES),
    },
).filter(bool)


@given(_BODIES)
def test_pieces_are_the_same_bytes(body: dict[str, Any]) -> None:
    whole = orjson.dumps(body)
    assert b"".join(asyncio.run(pieces_of(body))) == whole


async def test_what_stands_in_an_answer_twice_is_written_twice() -> None:
    lease = {"name": "L", "wells": {"nodes": [{"name": "W"}]}}
    roots = {name: {"nodes": [{"lease": lease}, {"lease": lease}]} for name in "ab"}
    body = {"data": {**roots, "lease": {**lease}}}
    whole = orjson.dumps(copy.deepcopy(body))
    assert b"".join(await pieces_of(body)) == whole


async def test_pieces_are_small_and_let_go_one_by_one() -> None:
    body = {"data": {"wells": {"nodes": [{"name": "x" * 1000} for _ in range(1000)]}}}
    whole = orjson.dumps(body)
    pieces = await pieces_of(body)
    assert body["data"]["wells"]["nodes"] == []
    assert max(map(len, pieces)) < 70_000
    left: list[int] = []
    received = b""

    async def send(message: Message) -> None:
        nonlocal received
        if message["type"] == "http.response.body":
            received += message["body"]
            left.append(len(pieces))
            assert message["more_body"] is bool(pieces)

    async def receive() -> Message:
        raise AssertionError("nothing is waited for")

    response = PiecesResponse(pieces, 200, {}, "application/json")
    assert response.headers["content-length"] == str(len(whole))
    await response({"type": "http", "method": "POST"}, receive, send)
    assert received == whole
    assert left == list(range(len(left) - 1, -1, -1))
    assert pieces == deque()


@pytest.fixture
def client(live_server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live_server_url, timeout=30) as client:
        yield client


def test_an_answer_that_may_be_large_has_the_headers_of_any_other(client: httpx.Client) -> None:
    small = "{ wells(first: 1) { nodes { apiNumber } } }"
    large = "{ leases(first: 200) { nodes { wells(first: 100) { nodes { apiNumber } } } } }"
    answers = [client.post("/graphql", json={"query": one}) for one in (small, large)]
    assert answers[1].json()["extensions"]["cost"]["requested"] > LARGE_COST
    assert answers[1].json()["data"] == {"leases": {"nodes": []}}
    names = [set(answer.headers) for answer in answers]
    assert names[0] == names[1]
    assert answers[1].headers["content-type"] == answers[0].headers["content-type"]
