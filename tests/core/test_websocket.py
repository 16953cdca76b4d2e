"""graphql-transport-ws to the letter, over a real server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graph_api.core.websocket_messages import Closing, decoded
from graph_api.serving import ApiServer, served
from graph_api.settings import Settings

INIT_SECONDS = 1.0
MESSAGE_MAX = 20_000
OPERATIONS_MAX = 5
PROTOCOL = Subprotocol("graphql-transport-ws")

WRITE = """mutation($name: String!) {
  upsertOperator(input: {operator: {name: $name, p5Number: "700001"}}) { __typename }
}"""
FOLLOW = "subscription($after: String, $first: Int) { entityChanged(after: $after, first: $first) { ... on ChangeRecord { cursor after } } }"  # fmt: skip


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    settings = Settings(
        database_url=database_url,
        dev_tenant="tenant-websocket",
        data_dir=tmp_path_factory.mktemp("unused"),
        port=0,
        websocket_init_timeout_seconds=INIT_SECONDS,
        websocket_message_max_bytes=MESSAGE_MAX,
        subscriptions_max_per_connection=OPERATIONS_MAX,
    )
    with served(settings) as running:
        yield running


class Client:
    """Speaks messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, message: dict[str, Any]) -> None:
        self.connection.send(orjson.dumps(message).decode())

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = orjson.loads(self.connection.recv(timeout=10))
        return message

    def init(self) -> "Client":
        self.send({"type": "connection_init"})
        assert self.receive() == {"type": "connection_ack"}
        return self

    def subscribe(self, name: str, query: str, variables: dict[str, Any] | None = None) -> None:
        payload = {"query": query, "variables": variables}
        self.send({"id": name, "type": "subscribe", "payload": payload})

    def closed(self) -> tuple[int, str]:
        """The code and the reason of the close that comes, whatever comes before."""
        deadline = time.monotonic() + 10
        try:
            while time.monotonic() < deadline:
                self.connection.recv(timeout=10)
        except ConnectionClosed as error:
            assert error.rcvd is not None
            return error.rcvd.code, error.rcvd.reason
        raise AssertionError("the connection was not closed")


@contextmanager
def opened(server: ApiServer, protocol: Subprotocol | None = PROTOCOL) -> Iterator[Client]:
    url = server.address.replace("http", "ws") + "/graphql"
    subprotocols = None if protocol is None else [protocol]
    with connect(url, subprotocols=subprotocols, compression=None, max_size=None) as connection:
        yield Client(connection)


def write(server: ApiServer, name: str) -> None:
    body = {"query": WRITE, "variables": {"name": name}}
    answer = httpx.post(f"{server.address}/graphql", json=body).json()
    assert "errors" not in answer, answer


def live(server: ApiServer) -> int:
    count: int = httpx.get(f"{server.address}/healthz").json()["live"]
    return count


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("protocol", [None, "graphql-ws", "soap"])
def test_other_subprotocols_are_not_spoken(server: ApiServer, protocol: str | None) -> None:
    spoken = None if protocol is None else Subprotocol(protocol)
    with opened(server, spoken) as client:
        assert client.connection.subprotocol is None
        assert client.closed()[0] == 4406


def test_a_page_of_another_site_cannot_connect(server: ApiServer) -> None:
    url = server.address.replace("http", "ws") + "/graphql"
    with pytest.raises(InvalidStatus) as refusal:
        connect(url, subprotocols=[PROTOCOL], origin="https://elsewhere.example")  # type: ignore[arg-type]
    assert refusal.value.response.status_code == 403
    with connect(url, subprotocols=[PROTOCOL], origin=server.address) as own:  # type: ignore[arg-type]
        Client(own).init()


def test_who_does_not_initialise_is_closed(server: ApiServer) -> None:
    started = time.monotonic()
    with opened(server) as client:
        assert client.closed() == (4408, "Connection initialisation timeout")
    assert INIT_SECONDS <= time.monotonic() - started < INIT_SECONDS + 5


def test_pings_do_not_put_off_initialisation(server: ApiServer) -> None:
    with opened(server) as client:
        deadline = time.monotonic() + INIT_SECONDS + 5
        with pytest.raises(ConnectionClosed) as closed:
            while time.monotonic() < deadline:
                client.send({"type": "ping"})
                time.sleep(INIT_SECONDS / 10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408


def test_who_has_initialised_stays(server: ApiServer) -> None:
    with opened(server) as client:
        client.init()
        time.sleep(INIT_SECONDS * 1.5)
        client.send({"type": "ping"})
        assert client.receive() == {"type": "pong"}


def test_a_second_initialisation_closes(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().send({"type": "connection_init"})
        assert client.closed()[0] == 4429


def test_who_subscribes_before_initialising_is_closed(server: ApiServer) -> None:
    with opened(server) as client:
        client.subscribe("1", "{ __typename }")
        assert client.closed()[0] == 4401


PAYLOAD = {"query": "{ __typename }"}
FAULTS: list[Any] = [
    "hello",
    "",
    "null",
    "42",
    '"x"',
    "[]",
    "{}",
    "NaN",
    '{"type": 1}',
    '{"type": "start", "id": "1"}',
    '{"type": "next", "id": "1"}',
    '{"type": "ping", "payload": 1}',
    '{"type": "ping", "payload": []}',
    '{"type": "pong", "payload": "x"}',
    '{"type": "complete"}',
    '{"type": "complete", "id": 1}',
    '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "extensions": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}',
    '{"type": "ping", "payload": {"n": %s}}' % ("9" * 5000),
    '{"type": "ping", "payload": {"s": "\\ud800"}}',
    "[" * 10_000,
    b'{"type": "ping"}',
]


@pytest.mark.parametrize("message", FAULTS)
def test_a_message_that_is_none_closes(server: ApiServer, message: str | bytes) -> None:
    with opened(server) as client:
        client.init().connection.send(message)
        code, reason = client.closed()
    assert code == 4400
    assert 0 < len(reason.encode()) < 124


def test_text_that_is_not_utf_8_closes(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().connection.send(b'{"type": "\xff"}', text=True)
        assert client.closed()[0] == 1007


@pytest.mark.parametrize("fragments", [1, 30])
def test_a_message_that_is_too_large_closes_before_it_is_read(
    server: ApiServer, fragments: int
) -> None:
    size = MESSAGE_MAX // fragments + 1
    with opened(server) as client:
        client.init()
        if fragments == 1:
            client.connection.send("x" * size)
        else:
            # the server may close before the last of them is sent
            with suppress(ConnectionClosed):
                client.connection.send("x" * size for _ in range(fragments))
        assert client.closed()[0] == 1009


def test_the_application_limits_messages_too() -> None:
    assert decoded('{"type": "ping"}', 16) == {"type": "ping"}
    with pytest.raises(Closing) as closing:
        decoded('{"type": "ping"}', 15)
    assert closing.value.code == 4400


def test_a_query_and_a_mutation_have_one_result(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().subscribe("q", "{ __typename }")
        first, second = client.receive(), client.receive()
        assert (first["id"], first["type"]) == ("q", "next")
        assert first["payload"]["data"] == {"__typename": "Query"}
        assert second == {"id": "q", "type": "complete"}
        client.subscribe("m", WRITE, {"name": "ONE RESULT"})
        result = client.receive()["payload"]["data"]
        assert result == {"upsertOperator": {"__typename": "UpsertOperatorPayload"}}
        assert client.receive() == {"id": "m", "type": "complete"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", None),
        ("{ noSuchField }", None),
        ("query A { __typename } query B { __typename }", None),
        (FOLLOW, {"first": "x"}),
        ("subscription { entityChanged { __typename } ruleChanged { __typename } }", None),
    ],
)
def test_what_is_refused_is_an_error_and_nothing_more(
    server: ApiServer, query: str, variables: dict[str, Any] | None
) -> None:
    with opened(server) as client:
        client.init().subscribe("e", query, variables)
        message = client.receive()
        assert (message["id"], message["type"]) == ("e", "error")
        assert all(error["extensions"]["code"] for error in message["payload"])
        client.subscribe("e", "{ __typename }")
        assert client.receive()["type"] == "next", "the id is free, and the socket open"


def test_a_subscription_ends_after_so_many_changes(server: ApiServer) -> None:
    for number in range(3):
        write(server, f"FIRST {number}")
    with opened(server) as client:
        client.init()
        for _ in range(2):
            client.subscribe("s", FOLLOW, {"after": "0", "first": 3})
            messages = [client.receive() for _ in range(4)]
            assert [one["type"] for one in messages] == ["next", "next", "next", "complete"]
        client.subscribe("s", FOLLOW, {"first": 0})
        errors = client.receive()["payload"]["errors"]
    assert errors[0]["extensions"] == {"code": "BAD_USER_INPUT", "argument": "first"}


def test_what_happens_now_arrives_until_the_client_completes(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().subscribe("s", FOLLOW)
        until(lambda: live(server) == 1)
        write(server, "NOW")
        assert client.receive()["payload"]["data"]["entityChanged"]["after"]["name"] == "NOW"
        client.send({"id": "s", "type": "complete"})
        until(lambda: live(server) == 0)
        write(server, "LATER")
        client.send({"type": "ping"})
        assert client.receive() == {"type": "pong"}, "nothing of what came later"


def test_an_id_in_use_closes(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().subscribe("d", FOLLOW)
        client.subscribe("d", FOLLOW)
        assert client.closed() == (4409, "Subscriber for d already exists")
    until(lambda: live(server) == 0)


def test_operations_on_a_connection_are_limited(server: ApiServer) -> None:
    with opened(server) as client:
        client.init()
        for number in range(OPERATIONS_MAX + 1):
            client.subscribe(str(number), FOLLOW)
        message = client.receive()
        assert (message["id"], message["type"]) == (str(OPERATIONS_MAX), "error")
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        until(lambda: live(server) == OPERATIONS_MAX)
    until(lambda: live(server) == 0)


def test_a_client_that_vanishes_is_forgotten(server: ApiServer) -> None:
    with opened(server) as client:
        client.init().subscribe("s", FOLLOW)
        until(lambda: live(server) == 1)
        client.connection.socket.close()
        until(lambda: live(server) == 0)
