"""GraphQL over WebSocket: the graphql-transport-ws protocol, and no other.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. A client that breaks the protocol
is closed with the code that it names. Each operation has a context of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import orjson
import strawberry
from starlette.websockets import WebSocket, WebSocketDisconnect

from graph_api.core.api.execution import stream_operation
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.settings import Settings

PROTOCOL = "graphql-transport-ws"

TRY_AGAIN_LATER = 1013
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITIALISATIONS = 4429

ContextOfConnection = Callable[[WebSocket, dict[str, Any]], Awaitable[OperationContext]]
UntilEnded = Callable[[WebSocket, OperationContext], Awaitable[ApiError]]
"""Waits until what the viewer of a connection was proved by has ended, and says so."""


class _Closing(Exception):  # noqa: N818 - it ends the connection, it is no fault of ours
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLSocket:
    """Serves one schema to one WebSocket after another."""

    def __init__(
        self,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: ContextOfConnection,
        until_ended: UntilEnded,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._until_ended = until_ended

    async def serve(self, websocket: WebSocket) -> None:
        """Speak the protocol until the client goes or breaks it."""
        if not _allowed_origin(websocket, self._settings.other_origins):
            await websocket.close(FORBIDDEN, "Forbidden origin")
            return
        if PROTOCOL not in websocket.scope.get("subprotocols", ()):
            await websocket.accept()
            await websocket.close(SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        connection = _Connection(
            websocket, self._schema, self._settings, self._make_context, self._until_ended
        )
        try:
            await connection.run()
        except _Closing as closing:
            with suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close(closing.code, closing.reason)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            await connection.stop()


class _Connection:
    def __init__(
        self,
        websocket: WebSocket,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: ContextOfConnection,
        until_ended: UntilEnded,
    ) -> None:
        self._websocket = websocket
        self._until_ended = until_ended
        self._ending: asyncio.Future[Any] | None = None
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._parameters: dict[str, Any] | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        try:
            first = await asyncio.wait_for(
                self._receive(), self._settings.websocket_init_timeout_seconds
            )
        except TimeoutError:
            raise _Closing(INITIALISATION_TIMEOUT, "Connection initialisation timeout") from None
        await self._handle(first)
        while self._ending is None:
            await self._handle(await self._receive())
        reading: asyncio.Future[Any] = asyncio.ensure_future(self._read())
        try:
            await asyncio.wait([reading, self._ending], return_when=asyncio.FIRST_COMPLETED)
            if self._ending.done():
                # the code that a client without valid credentials gets at connection_init too
                raise _Closing(FORBIDDEN, "Forbidden")
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            await self._handle(await self._receive())

    async def stop(self) -> None:
        tasks: list[asyncio.Future[Any]] = list(self._operations.values())
        if self._ending is not None:
            tasks.append(self._ending)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task

    async def _receive(self) -> dict[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        text = message.get("text")
        if text is None:
            raise _Closing(BAD_REQUEST, "a message must be text")
        if len(text) > self._settings.websocket_message_max_bytes:
            raise _Closing(BAD_REQUEST, "the message is too large")
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise _Closing(BAD_REQUEST, "a message must be valid JSON") from None
        if not isinstance(document, dict) or not isinstance(document.get("type"), str):
            raise _Closing(BAD_REQUEST, "a message must be an object with a type")
        return document

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._initialise(message)
            case "ping":
                _check_payload(message)
                await self._send({"type": "pong"})
            case "pong":
                _check_payload(message)
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                task = self._operations.pop(_operation_id(message), None)
                if task is not None:
                    task.cancel()
            case other:
                raise _Closing(BAD_REQUEST, f"unknown message type {other[:40]}")

    async def _initialise(self, message: dict[str, Any]) -> None:
        if self._parameters is not None:
            raise _Closing(TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        parameters = _check_payload(message) or {}
        try:
            context = await self._make_context(self._websocket, parameters)
        except ApiError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                # clients take 4403 for good, and this one may be right as soon as we can tell
                raise _Closing(TRY_AGAIN_LATER, "Try again later") from None
            raise _Closing(FORBIDDEN, "Forbidden") from None
        self._parameters = parameters
        self._ending = asyncio.ensure_future(self._until_ended(self._websocket, context))
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._parameters is None:
            raise _Closing(UNAUTHORIZED, "Unauthorized")
        operation_id = _operation_id(message)
        if operation_id in self._operations:
            raise _Closing(SUBSCRIBER_EXISTS, f"Subscriber for {operation_id[:64]} already exists")
        payload = _checked_operation(message)
        limit = self._settings.subscriptions_max_per_connection
        if len(self._operations) >= limit:
            text = f"operations on a connection are limited to {limit}"
            errors = [{"message": text, "extensions": {"code": "LIMIT_EXCEEDED"}}]
            await self._send({"id": operation_id, "type": "error", "payload": errors})
            return
        self._operations[operation_id] = asyncio.create_task(self._run(operation_id, payload))

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> None:
        task = asyncio.current_task()
        try:
            context = await self._make_context(self._websocket, self._parameters or {})
            results = stream_operation(
                self._schema,
                context,
                payload["query"],
                payload.get("variables"),
                payload.get("operationName"),
            )
            async with aclosing(results):
                async for result in results:
                    if not result.executed:
                        self._forget(operation_id, task)
                        errors = result.body["errors"]
                        message = {"id": operation_id, "type": "error", "payload": errors}
                        await self._send(message)
                        return
                    await self._send({"id": operation_id, "type": "next", "payload": result.body})
            self._forget(operation_id, task)
            await self._send({"id": operation_id, "type": "complete"})
        except ApiError as error:
            errors = [{"message": error.message, "extensions": error.extensions}]
            await self._send({"id": operation_id, "type": "error", "payload": errors})
        except (WebSocketDisconnect, RuntimeError):
            # the client has gone; the receiving side notices and stops the rest
            pass
        finally:
            self._forget(operation_id, task)

    def _forget(self, operation_id: str, task: asyncio.Task[None] | None) -> None:
        """Free an id for reuse, unless it has been reused already."""
        if self._operations.get(operation_id) is task:
            del self._operations[operation_id]

    async def _send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message, default=str).decode()
        async with self._sending:
            await self._websocket.send_text(text)


def _check_payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _Closing(BAD_REQUEST, "a payload must be an object")
    return payload


def _operation_id(message: dict[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise _Closing(BAD_REQUEST, "the message must have an id")
    return operation_id


def _checked_operation(message: dict[str, Any]) -> dict[str, Any]:
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise _Closing(BAD_REQUEST, "subscribe must have a payload with a query")
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            raise _Closing(BAD_REQUEST, f"{name} must be of type {kind.__name__}")
    return payload


def _allowed_origin(websocket: WebSocket, others: frozenset[str]) -> bool:
    """Whether a browser's page is ours or one of the others; programs send no Origin."""
    origin = websocket.headers.get("origin")
    if origin is None or origin in others:
        return True
    return origin.partition("://")[2] == websocket.headers.get("host")
