"""Sends each request to the service as every caller, and answers with the worst that came back.

A fuzzer spends its time on making up documents: in front of the service this proxy has each of them
asked once by every role and by nobody, at the same time, over connections that are kept.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import httptools
import orjson
import uvicorn

ADMIN = "admin"
"""Who asks for the schema; also whose answers are passed on, where all are good."""

SLOWEST_SECONDS = 5.0
_GIVEN_UP_SECONDS = 10.0
# more at a time on few processors would time how long they wait for one another
_UNDER_WAY = 4
# the service closes a connection after 5 seconds in which nothing was asked
_IDLE_SECONDS = 2.0
_KEPT_CHARACTERS = 20_000

# what no request is at fault for: our own codes, then what schemathesis takes for a server's error
_SERVER_MARKERS = {
    *("INTERNAL", "TIMEOUT", "UNAVAILABLE", "UNKNOWN_OUTCOME"),
    *("INTERNAL_SERVER_ERROR", "DataFetchingException", "NullValueInNonNullableField"),
}
# what schemathesis takes for the caller's doing, of those that the service has
_CLIENT_MARKERS = {
    *("BAD_REQUEST", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"),
    *("PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"),
    "OPERATION_RESOLUTION_FAILURE",
}

_BROKEN_PROMISE = "Cannot return null for non-nullable field"


@dataclass
class Answer:
    """What a caller got for a request."""

    status: int
    body: bytes
    media_type: bytes = b"application/json"
    seconds: float = 0.0
    fault: str | None = None
    """Why it is a failure; None for a good answer."""


@dataclass
class Counts:
    """How often each caller asked, and failed."""

    requests: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)


def fault_of(answer: Answer) -> str | None:
    """Why an answer is a failure, or None: all that schemathesis says of servers, and more.

    Schemathesis overlooks a server's error that stands beside one of the caller's; here each error
    is judged by itself.
    """
    if answer.status >= 500:
        return f"status {answer.status}"
    if answer.seconds > SLOWEST_SECONDS:
        return f"answered after {answer.seconds:.1f} s"
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return "the answer is not JSON"
    if not isinstance(told, dict) or not told.keys() & {"data", "errors"}:
        return "the answer is none of GraphQL"
    errors = told.get("errors") or []
    for error in errors:
        extensions = error.get("extensions") or {}
        markers: set[str] = {str(extensions.get("code")), str(extensions.get("classification"))}
        if at_fault := markers & _SERVER_MARKERS:
            return f"{', '.join(sorted(at_fault))}: {error.get('message')}"
        if str(error.get("message")).startswith(_BROKEN_PROMISE):
            return str(error["message"])
        if not markers & _CLIENT_MARKERS and (told.get("data") is not None or "path" in error):
            return f"an error of no known kind: {error.get('message')}"
    return None


class EveryCaller:
    """An ASGI application: the path says which run asks, and counts are kept for each."""

    def __init__(
        self,
        service: str,
        keys: Mapping[str, str | None],
        failures: TextIO,
    ) -> None:
        """`keys` has each caller's API key, and the admin's whether it is a caller or not."""
        under_way = asyncio.Semaphore(_UNDER_WAY)
        self._wires = {who: _Wires(service, key, under_way) for who, key in keys.items()}
        self._failures = failures
        self._callers: dict[str, Sequence[str]] = {}
        self.counts: dict[str, Counts] = {}

    def begin(self, run: str, callers: Sequence[str]) -> None:
        """Who asks what a run makes up."""
        self._callers[run] = callers
        self.counts[run] = Counts()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if b"__schema" in body:
            worst = await self._wires[ADMIN].ask(body)
        else:
            worst = await self._asked(scope["path"].split("/")[1], body)
        headers = [
            (b"content-type", worst.media_type),
            (b"content-length", b"%d" % len(worst.body)),
        ]
        # whatever is wrong is so for the fuzzer too
        status = worst.status if worst.fault is None else max(500, worst.status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": worst.body})

    async def _asked(self, run: str, body: bytes) -> Answer:
        callers, counts = self._callers[run], self.counts[run]
        answers = await asyncio.gather(*(self._wires[who].ask(body) for who in callers))
        counts.requests.update(callers)
        by_caller = dict(zip(callers, answers, strict=True))
        failed = {who: answer for who, answer in by_caller.items() if answer.fault is not None}
        for who, answer in failed.items():
            counts.failures[who] += 1
            self._keep(run, who, body, answer)
        return next(iter(failed.values()), by_caller.get(ADMIN, answers[0]))

    def _keep(self, run: str, who: str, body: bytes, answer: Answer) -> None:
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError:
            request = body.decode("utf-8", "replace")
        kept = {
            "run": run,
            "caller": who,
            "fault": answer.fault,
            "status": answer.status,
            "seconds": round(answer.seconds, 2),
            "request": request,
            "answer": answer.body.decode("utf-8", "replace")[:_KEPT_CHARACTERS],
        }
        print(json.dumps(kept), file=self._failures, flush=True)

    def close(self) -> None:
        """Close all connections."""
        for wires in self._wires.values():
            wires.close()


class _Response:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.media_type = b"application/json"
        self.body = bytearray()
        self.complete = False
        self.parser = httptools.HttpResponseParser(self)
        self.kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self.media_type = value

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.complete = True
        # afterwards the parser speaks of the next answer
        self.kept = self.parser.should_keep_alive()


class _Wires:
    """The connections of one caller."""

    def __init__(self, service: str, key: str | None, under_way: asyncio.Semaphore) -> None:
        self._under_way = under_way
        url = urlsplit(service)
        self._address = (url.hostname, url.port)
        head = [
            f"POST {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Content-Type: application/json",
            "Accept: application/json",
        ]
        if key is not None:
            head.append(f"X-API-Key: {key}")
        self._head = "\r\n".join([*head, "Content-Length: "]).encode()
        self._free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, body: bytes) -> Answer:
        """The answer, judged."""
        async with self._under_way:
            return await self._judged(body)

    async def _judged(self, body: bytes) -> Answer:
        began = time.monotonic()
        try:
            async with asyncio.timeout(_GIVEN_UP_SECONDS):
                answer = await self._exchanged(body)
        except TimeoutError:
            answer = Answer(504, b"{}", fault=f"no answer within {_GIVEN_UP_SECONDS:.0f} s")
        except (OSError, EOFError, httptools.HttpParserError) as error:
            answer = Answer(502, b"{}", fault=f"connection lost: {error!r}")
        answer.seconds = time.monotonic() - began
        answer.fault = answer.fault or fault_of(answer)
        return answer

    async def _exchanged(self, body: bytes) -> Answer:
        reader, writer = await self._connection()
        try:
            writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
            response = _Response()
            while not response.complete:
                received = await reader.read(1 << 18)
                if not received:
                    raise EOFError("closed before the answer's end")
                response.parser.feed_data(received)
        except BaseException:
            writer.close()
            raise
        if response.kept:
            self._free.append((time.monotonic(), reader, writer))
        else:
            writer.close()
        return Answer(response.parser.get_status_code(), bytes(response.body), response.media_type)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            since, reader, writer = self._free.pop()
            if time.monotonic() - since < _IDLE_SECONDS and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._address)

    def close(self) -> None:
        """Close what is kept."""
        for _, _, writer in self._free:
            writer.close()


class _Server(uvicorn.Server):
    """One that leaves signals to the program it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def every_caller(
    service: str, keys: Mapping[str, str | None], failures: Path, port: int
) -> AsyncIterator[EveryCaller]:
    """The proxy, listening on a port of the loopback address; failures are added to a file."""
    with failures.open("a", encoding="utf-8") as kept:
        proxy = EveryCaller(service, keys, kept)
        config = uvicorn.Config(
            proxy, port=port, lifespan="off", log_level="warning", access_log=False
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            yield proxy
        finally:
            server.should_exit = True
            server.force_exit = True
            with suppress(asyncio.CancelledError):
                await serving
            proxy.close()
