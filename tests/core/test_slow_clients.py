"""Whoever is slow is cut, whoever is not is served: over real sockets, with limits of a second."""

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from graph_api.core.draining import Draining
from graph_api.core.observing.metrics import Metrics
from graph_api.serving import ApiServer, served
from graph_api.settings import Settings
from tests.logged import logged

LIMIT_SECONDS = 1.0
# the limit, up to a second until the server looks, and a machine that does other things too
CUT_WITHIN_SECONDS = 6.0
BIG = 40_000_000

ended: list[str] = []


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def take(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def refuse_at_once(request: Request) -> Response:
    return PlainTextResponse("no", 413)


async def big(request: Request) -> Response:
    return PlainTextResponse("x" * BIG)


async def endless(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65_536
                # uvicorn's send does not wait for a client that has gone
                await asyncio.sleep(0)
        finally:
            ended.append("stream")

    return StreamingResponse(pieces())


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text("x" * 65_536)
    ended.append("socket")


async def listen(websocket: WebSocket) -> None:
    await websocket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.receive_text()
    ended.append("socket")


@pytest.fixture(scope="module")
def settings_of_a_second(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("unused"),
        port=0,
        connections_max=400,
        request_header_timeout_seconds=LIMIT_SECONDS,
        request_body_timeout_seconds=LIMIT_SECONDS,
        response_stall_seconds=LIMIT_SECONDS,
        keep_alive_seconds=LIMIT_SECONDS,
        websocket_ping_seconds=2 * LIMIT_SECONDS,
        request_header_max_bytes=16_384,
    )


def application() -> Starlette:
    app = Starlette(
        routes=[
            Route("/hello", hello),
            Route("/take", take, methods=["POST"]),
            Route("/refuse", refuse_at_once, methods=["POST"]),
            Route("/big", big),
            Route("/endless", endless),
            WebSocketRoute("/talk", talk),
            WebSocketRoute("/listen", listen),
        ]
    )
    app.state.draining = Draining()
    app.state.metrics = Metrics("1")
    return app


@pytest.fixture(scope="module")
def server(settings_of_a_second: Settings) -> Iterator[ApiServer]:
    with served(settings_of_a_second, application()) as running:
        yield running


@pytest.fixture(autouse=True)
def _nobody_else(server: ApiServer) -> None:
    until(lambda: not server.server_state.connections)
    ended.clear()


def port_of(server: ApiServer) -> int:
    return int(server.address.rpartition(":")[2])


def opened(server: ApiServer, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port_of(server)), timeout=10)
    connection.sendall(sent)
    return connection


def until(condition: Callable[[], bool], seconds: float = CUT_WITHIN_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answer_to(connection: socket.socket, trickle: bytes = b"") -> bytes:
    """What a connection gets until it is cut, while it sends a byte now and then."""
    connection.settimeout(0.2)
    received = b""
    started = time.monotonic()
    while time.monotonic() - started < CUT_WITHIN_SECONDS:
        try:
            piece = connection.recv(65_536)
            received += piece
            if not piece:
                return received
        except TimeoutError:
            with contextlib.suppress(OSError):
                connection.sendall(trickle)
        except ConnectionError:
            return received
    raise AssertionError("the connection was not cut in time")


def code_of(answer: bytes) -> str:
    code: str = orjson.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"]
    return code


def headers_of(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}


def cut_for(server: ApiServer, reason: str) -> int:
    """How many connections were cut for a reason so far."""
    text = server.config.app.state.metrics.text().decode()  # type: ignore[union-attr]
    series = rf'^graph_api_connections_cut_total{{reason="{reason}"}} (\d+)'
    found = re.search(series, text, re.MULTILINE)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def one_cut(server: ApiServer, reason: str, status: int | None = None) -> Iterator[None]:
    """One connection is cut for this reason meanwhile: it is counted, and has a line in the log."""
    before = cut_for(server, reason)
    with logged(Settings(), "graph_api.connections") as lines:
        yield
        until(lambda: cut_for(server, reason) > before)
        until(lambda: not server.server_state.connections)
    assert cut_for(server, reason) == before + 1
    (line,) = lines
    expected = {"event": "connection", "cut_for": reason, "client": "127.0.0.1", "status": status}
    assert {key: line[key] for key in expected} == expected


def handshake(path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


HEADER = b"GET /hello HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
CHUNKED = b"POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "trickle"),
    [
        pytest.param(b"", b"", id="silent"),
        pytest.param(b"", b"\r\n", id="blank lines"),
        pytest.param(b"GE", b"", id="silent within the method"),
        pytest.param(HEADER + b"X-Slow: ", b"a", id="slow header"),
        pytest.param(HEADER, b"A: b\r\n", id="header after header"),
        pytest.param(POST, b"", id="no body"),
        pytest.param(POST, b" ", id="slow body"),
        pytest.param(CHUNKED, b"1\r\nx\r\n", id="slow chunks"),
        pytest.param(CHUNKED + b"1;", b"e", id="slow extension of a chunk"),
        pytest.param(CHUNKED + b"0\r\nTrailer: ", b"a", id="slow trailer"),
    ],
)
def test_who_owes_a_request_is_told_and_cut(server: ApiServer, sent: bytes, trickle: bytes) -> None:
    reason = "slow_body" if sent.startswith(b"POST") else "slow_header"
    with one_cut(server, reason, 408), opened(server, sent) as connection:
        answer = answer_to(connection, trickle)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert code_of(answer) == "TIMEOUT"


@pytest.mark.parametrize("trickle", [b"", b"\r\n", b"G"])
def test_who_is_idle_after_an_answer_is_cut(server: ApiServer, trickle: bytes) -> None:
    with opened(server, HEADER + b"\r\n") as connection:
        answer = answer_to(connection, trickle[:1] or b"")
    assert answer.startswith(b"HTTP/1.1 200")


def test_who_goes_on_with_a_body_that_was_refused_is_cut_without_a_second_answer(
    server: ApiServer,
) -> None:
    refused = POST.replace(b"/take", b"/refuse")
    with one_cut(server, "slow_body"), opened(server, refused) as connection:
        answer = answer_to(connection, b" ")
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_body_that_comes_fast_enough_may_take_longer_than_the_limit(server: ApiServer) -> None:
    with opened(server, POST) as connection:
        for _ in range(20):
            time.sleep(LIMIT_SECONDS / 8)
            connection.sendall(b"x" * 5000)
        answer = answer_to(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"100000")


def test_an_answer_that_takes_longer_than_the_limit_is_awaited(server: ApiServer) -> None:
    with opened(server, b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        size = 0
        while piece := connection.recv(4_000_000):
            size += len(piece)
            time.sleep(LIMIT_SECONDS / 20)
    assert size > BIG


@pytest.mark.parametrize("step", [0, 10])
@pytest.mark.parametrize("path", ["/big", "/endless"])
def test_who_does_not_read_an_answer_is_cut(server: ApiServer, path: str, step: int) -> None:
    asked = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with one_cut(server, "does_not_read"), opened(server, asked) as connection:
        connection.recv(1000)
        until(lambda: bool(server.server_state.connections))

        def is_cut() -> bool:
            connection.recv(step or 1)
            return not server.server_state.connections

        until(is_cut)
    if path == "/endless":
        assert ended == ["stream"]


def test_who_reads_too_slowly_is_cut_though_it_never_stops(settings_of_a_second: Settings) -> None:
    demanding = settings_of_a_second.model_copy(
        update={"client_min_bytes_per_second": BIG, "response_stall_seconds": 2 * LIMIT_SECONDS}
    )
    request = b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    size = 0
    with (
        served(demanding, application()) as server,
        opened(server, request) as connection,
        contextlib.suppress(ConnectionError),
    ):
        while piece := connection.recv(BIG // 200):
            size += len(piece)
            time.sleep(LIMIT_SECONDS / 20)
    assert size < BIG


def test_a_follower_that_does_not_read_is_cut(server: ApiServer) -> None:
    with one_cut(server, "does_not_read"), opened(server, handshake("/talk")):
        until(lambda: bool(server.server_state.connections))
        until(lambda: not server.server_state.connections)
        until(lambda: ended == ["socket"])


def test_a_client_that_pings_and_does_not_read_is_cut(server: ApiServer) -> None:
    ping = b"\x89\xfd\0\0\0\0" + b"p" * 125
    listening = handshake("/listen")
    with one_cut(server, "does_not_read"), opened(server, listening) as connection:
        connection.recv(1000)

        def is_cut() -> bool:
            try:
                connection.sendall(ping * 1000)
            except OSError:
                return True
            return False

        until(is_cut, 30)
    until(lambda: ended == ["socket"])


def test_a_client_that_does_not_answer_pings_is_closed_and_may_come_back(server: ApiServer) -> None:
    with one_cut(server, "no_pong"), opened(server, handshake("/listen")) as connection:
        frames = answer_to(connection).partition(b"\r\n\r\n")[2]
    assert frames[:2] == b"\x89\x04", "the server's ping comes first"
    assert frames[6:7] == b"\x88"
    assert int.from_bytes(frames[8:10]) == 1013


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "BAD_USER_INPUT"),
        (b"GET /hello HTTP/1.1\r\nHost x\r\n\r\n", 400, "BAD_USER_INPUT"),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_USER_INPUT"),
        (b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "BAD_USER_INPUT"),
        (CHUNKED + b"zz\r\n", 400, "BAD_USER_INPUT"),
        (
            b"POST /talk HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            400,
            "BAD_USER_INPUT",
        ),
        (HEADER + b"X: " + b"a" * 300_000, 431, "LIMIT_EXCEEDED"),
        (HEADER + b"X: a\r\n" * 60_000, 431, "LIMIT_EXCEEDED"),
    ],
)
def test_what_is_not_a_request_is_refused(
    server: ApiServer, sent: bytes, status: int, code: str
) -> None:
    reason = "large_header" if status == 431 else "not_http"
    with one_cut(server, reason, status), opened(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
        answer = answer_to(connection)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert code_of(answer) == code
    headers = headers_of(answer)
    assert re.fullmatch("[0-9a-f]{32}", headers.pop("x-request-id"))
    assert int(headers.pop("content-length")) == len(answer.partition(b"\r\n\r\n")[2])
    assert headers == {
        "content-type": "application/json",
        "connection": "close",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


async def test_slow_clients_do_not_delay_others(server: ApiServer) -> None:
    slow = [opened(server, sent) for sent in (b"", HEADER + b"X: ", POST, b"GET /endless ") * 60]
    try:
        async with httpx.AsyncClient(base_url=server.address, timeout=5) as client:
            for _ in range(20):
                started = time.monotonic()
                assert (await client.get("/hello")).text == "hello"
                assert time.monotonic() - started < 1
                await asyncio.sleep(0.05)
    finally:
        for one in slow:
            one.close()


def test_beyond_the_most_connections_an_idle_one_makes_room(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=0, connections_max=16)
    with served(settings, application()) as server, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(opened(server, b"GET /hello ")) for _ in range(16)]
        until(lambda: len(server.server_state.connections) == 16)
        late = stack.enter_context(opened(server, HEADER + b"\r\n"))
        assert late.recv(1000).startswith(b"HTTP/1.1 200")
        idle[0].settimeout(5)
        with contextlib.suppress(ConnectionError):
            assert idle[0].recv(1000) == b"", "the one that has waited longest is cut"
        assert cut_for(server, "made_room") == 1
        idle[1].sendall(b"HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle[1].recv(1000).startswith(b"HTTP/1.1 200")


def test_where_none_is_idle_one_more_is_refused_and_may_come_back(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=0, connections_max=16)
    asked = b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(settings, application()) as server, contextlib.ExitStack() as stack:
        for _ in range(16):
            assert stack.enter_context(opened(server, asked)).recv(20)
        answer = answer_to(stack.enter_context(opened(server)))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert code_of(answer) == "UNAVAILABLE"
        assert headers_of(answer)["retry-after"] == "1"
        assert cut_for(server, "too_many") == 1


def test_the_defaults_cut_every_slow_client_within_fifteen_seconds() -> None:
    settings = Settings()
    until_the_server_looks = 1.5
    for limit in (
        settings.request_header_timeout_seconds,
        settings.request_body_timeout_seconds,
        settings.response_stall_seconds,
        settings.keep_alive_seconds,
        settings.websocket_init_timeout_seconds,
    ):
        assert limit + until_the_server_looks < 15
