"""A running application whose logs, metrics and spans can be read."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.types import Message

from graph_api.app import create_app
from graph_api.core.observing.logs import configure_logging
from graph_api.core.observing.observer import VERSION, Observer
from graph_api.core.observing.spans import Tracing
from graph_api.settings import Settings
from tests.logged import logging_as_before


@dataclass
class Observed:
    """An application that runs, and what an operator sees of it."""

    app: Starlette
    client: httpx.AsyncClient
    log: io.StringIO
    exporter: InMemorySpanExporter
    observer: Observer
    state: dict[str, Any]

    def socket(self, **headers: str) -> "Socket":
        """A WebSocket that is about to be opened."""
        return Socket(self, self.state, headers)

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """What has been logged so far, each line an object."""
        found = [orjson.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in found if event in (None, line["event"])]

    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    async def ask(self, query: str, **request: Any) -> httpx.Response:
        return await self.client.post("/graphql", json={"query": query}, **request)

    async def measured(self) -> str:
        return (await self.client.get("/metrics")).text


@pytest.fixture
def log_stream() -> Iterator[io.StringIO]:
    """What `configure_logging` writes; everything is as it was afterwards."""
    with logging_as_before():
        yield io.StringIO()


@asynccontextmanager
async def running(settings: Settings, log: io.StringIO) -> AsyncIterator[Observed]:
    configure_logging(settings, log)
    exporter = InMemorySpanExporter()
    observer = Observer(tracing=Tracing(SimpleSpanProcessor(exporter), VERSION))
    app = create_app(settings, observer=observer)
    state: dict[str, Any] = {}
    async with app.router.lifespan_context(app) as given:
        state.update(given or {})

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(with_state, client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Observed(app, client, log, exporter, observer, state)


@pytest.fixture
async def observed(
    settings: Settings, tenant: str, log_stream: io.StringIO
) -> AsyncIterator[Observed]:
    """The application for the test's own tenant, with everything that can be observed on."""
    chosen = settings.model_copy(
        update={"dev_tenant": tenant, "log_level": "debug", "log_format": "json"}
    )
    async with running(chosen, log_stream) as one:
        yield one


class Socket:
    """A WebSocket to the application, without a network between."""

    def __init__(self, observed: Observed, state: dict[str, Any], headers: dict[str, str]) -> None:
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"host": "test", **headers}.items()
            ],
            "subprotocols": ["graphql-transport-ws"],
            "client": ("127.0.0.1", 4712),
            "state": state,
        }
        self._app = observed.app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def __aenter__(self) -> "Socket":
        await self._to_app.put({"type": "websocket.connect"})
        self._task = asyncio.create_task(
            self._app(self._scope, self._to_app.get, self._from_app.put)
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._to_app.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 10)

    async def send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        await self._to_app.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> Any:
        """The next message: a document, or what the application does with the connection."""
        message = await asyncio.wait_for(self._from_app.get(), 10)
        return orjson.loads(message["text"]) if "text" in message else message
