"""A process that is told to stop finishes what it has begun; who follows it goes on with another."""

import asyncio
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

WRITE = """mutation($name: String!) {
  upsertOperator(input: {operator: {name: $name, p5Number: "700003"}}) { __typename }
}"""
FOLLOW = "subscription($after: String) { entityChanged(after: $after) { ... on ChangeRecord { cursor after } } }"  # fmt: skip
SLOW = {"query": "{ operators { totalCount } }"}
PROTOCOL = Subprotocol("graphql-transport-ws")


class Process:
    """A server of its own process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from graph_api.cli import main; main()", "serve"],
            env={**os.environ, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self.address = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"running on (http://[\d.:]+)", line):
                self.address = found[1]

    def is_up(self) -> bool:
        assert self.process.poll() is None, "".join(self.log)
        return bool(self.address)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exited_within(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        self._reading.join(5)
        return code


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def start(database_url: str, tenant: str, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start_one(**settings: str) -> Process:
        environment = {
            "GRAPH_API_DATABASE_URL": database_url,
            "GRAPH_API_DEV_TENANT": tenant,
            "GRAPH_API_DATA_DIR": str(tmp_path),
            "GRAPH_API_PORT": "0",
            **{f"GRAPH_API_{name.upper()}": value for name, value in settings.items()},
        }
        started.append(Process(environment))
        until(started[-1].is_up, 60)
        return started[-1]

    yield start_one
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        if one.process.stderr is not None:
            one._reading.join(5)
            one.process.stderr.close()


@contextmanager
def operators_locked(database_url: str) -> Iterator[Callable[[], None]]:
    """Nobody reads an operator until the context ends, or until what it gives is called."""
    release, locked = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            async with connection.transaction():
                await connection.execute('lock table oilgas."Operator" in access exclusive mode')
                locked.set()
                await asyncio.to_thread(release.wait)
        finally:
            await connection.close()

    holding = threading.Thread(target=lambda: asyncio.run(hold()), daemon=True)
    holding.start()
    assert locked.wait(10)
    try:
        yield release.set
    finally:
        release.set()
        holding.join(10)


@contextmanager
def followed(server: Process, after: str | None = None) -> Iterator[ClientConnection]:
    url = server.address.replace("http", "ws") + "/graphql"
    with connect(url, subprotocols=[PROTOCOL], compression=None) as connection:
        connection.send('{"type": "connection_init"}')
        assert orjson.loads(connection.recv(timeout=10))["type"] == "connection_ack"
        payload = {"query": FOLLOW, "variables": {"after": after}}
        message = {"id": "s", "type": "subscribe", "payload": payload}
        connection.send(orjson.dumps(message).decode())
        yield connection


def refuses(server: Process) -> bool:
    try:
        httpx.get(f"{server.address}/healthz", timeout=5)
    except httpx.TransportError:
        return True
    return False


def test_an_operation_under_way_is_finished(
    start: Callable[..., Process], database_url: str
) -> None:
    server = start()
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read() and kept.sock is not None
    with operators_locked(database_url) as release, ThreadPoolExecutor() as pool:
        url = f"{server.address}/graphql"
        answer: Future[httpx.Response] = pool.submit(httpx.post, url, json=SLOW, timeout=30)
        time.sleep(0.5)
        server.stop()
        until(lambda: refuses(server))
        # a connection that was open is still answered, once, and told what is going on
        kept.request("GET", "/readyz")
        ready = kept.getresponse()
        assert (ready.status, ready.getheader("Connection")) == (503, "close")
        assert orjson.loads(ready.read()) == {"status": "not ready", "process": "going down"}
        assert not answer.done()
        assert server.process.poll() is None
        release()
        assert answer.result().json()["data"] == {"operators": {"totalCount": 0}}
    kept.close()
    assert server.exited_within(5) == -signal.SIGTERM
    assert "Traceback" not in "".join(server.log)


def test_an_operation_that_takes_longer_than_the_grace_is_cut(
    start: Callable[..., Process], database_url: str
) -> None:
    server = start(shutdown_grace_seconds="1")
    with operators_locked(database_url), ThreadPoolExecutor() as pool:
        url = f"{server.address}/graphql"
        answer: Future[httpx.Response] = pool.submit(httpx.post, url, json=SLOW, timeout=30)
        time.sleep(0.5)
        server.stop()
        assert server.exited_within(8) == -signal.SIGTERM
        error = answer.exception()
        assert isinstance(error, httpx.TransportError) or answer.result().status_code >= 500


def test_a_second_signal_ends_at_once(start: Callable[..., Process], database_url: str) -> None:
    server = start(shutdown_grace_seconds="600")
    with operators_locked(database_url), ThreadPoolExecutor() as pool:
        url = f"{server.address}/graphql"
        answer: Future[httpx.Response] = pool.submit(httpx.post, url, json=SLOW, timeout=30)
        time.sleep(0.5)
        server.stop()
        until(lambda: refuses(server))
        assert server.process.poll() is None
        server.stop()
        assert server.exited_within(5) == -signal.SIGTERM
        answer.exception()


def test_a_mutation_on_a_socket_is_finished_before_the_socket_is_closed(
    start: Callable[..., Process], database_url: str
) -> None:
    server = start()
    with operators_locked(database_url) as release, followed(server) as socket:
        payload = {"query": WRITE, "variables": {"name": "LAST"}}
        message = {"id": "m", "type": "subscribe", "payload": payload}
        socket.send(orjson.dumps(message).decode())
        time.sleep(0.5)
        server.stop()
        until(lambda: refuses(server))
        assert server.process.poll() is None
        release()
        received: list[dict[str, Any]] = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                received.append(orjson.loads(socket.recv(timeout=10)))
    own = [one for one in received if one["id"] == "m"]
    assert [one["type"] for one in own] == ["next", "complete"]
    assert own[0]["payload"]["data"]["upsertOperator"]["__typename"] == "UpsertOperatorPayload"
    assert not [one for one in received if one["id"] == "s" and one["type"] == "complete"]
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "Service restart")
    server.exited_within(5)


def test_who_follows_loses_nothing_across_a_restart(start: Callable[..., Process]) -> None:
    first, second = start(), start()
    names = [f"CHANGE {number}" for number in range(60)]

    def write_all() -> None:
        with httpx.Client(base_url=second.address, timeout=10) as client:
            for name in names:
                body = {"query": WRITE, "variables": {"name": name}}
                assert "errors" not in client.post("/graphql", json=body).json()
                time.sleep(0.01)

    seen: list[str] = []
    cursor = "0"
    with ThreadPoolExecutor() as pool:
        with followed(first, cursor) as socket:
            writing = pool.submit(write_all)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    change = orjson.loads(socket.recv(timeout=10))
                    change = change["payload"]["data"]["entityChanged"]
                    seen.append(change["after"]["name"])
                    cursor = change["cursor"]
                    if len(seen) == 10:
                        first.stop()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert 10 <= len(seen) < len(names)
        with followed(second, cursor) as socket:
            while len(seen) < len(names):
                change = orjson.loads(socket.recv(timeout=10))["payload"]["data"]["entityChanged"]
                seen.append(change["after"]["name"])
        writing.result()
    assert seen == names
    assert first.exited_within(5) == -signal.SIGTERM


def test_a_stream_breaks_off_so_that_its_client_comes_back(start: Callable[..., Process]) -> None:
    server = start()
    url = f"{server.address}/graphql"
    headers = {"Accept": "text/event-stream"}
    received = b""
    # the end of the stream is missing, which tells a client that it must go on elsewhere
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("POST", url, json={"query": FOLLOW}, headers=headers) as answer,
    ):
        for piece in answer.iter_bytes():
            received += piece
            server.stop()
    assert b"event: complete" not in received
    assert server.exited_within(5) == -signal.SIGTERM
    assert "Traceback" not in "".join(server.log)
