"""GraphQL over WebSocket: the graphql-transport-ws protocol, and no other.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. A client that breaks the protocol
is closed with the code that it names. Each operation has a context of its own. Nothing is queued
for a client that does not read: its operations wait, and in the end the server cuts it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.types.graphql import OperationType

from graph_api.core.api.execution import error_document, stream_operation
from graph_api.core.api.planning import type_of_operation
from graph_api.core.context import OperationContext
from graph_api.core.draining import Draining
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.request_extensions import asks_to_explain
from graph_api.core.websocket_messages import (
    BAD_REQUEST,
    FORBIDDEN,
    INITIALISATION_TIMEOUT,
    SERVICE_RESTART,
    SUBPROTOCOL_NOT_ACCEPTABLE,
    SUBSCRIBER_EXISTS,
    TOO_MANY_INITIALISATIONS,
    TRY_AGAIN_LATER,
    UNAUTHORIZED,
    Closing,
    check_payload,
    checked_operation,
    decoded,
    id_of,
)
from graph_api.settings import Settings

PROTOCOL = "graphql-transport-ws"


ContextOfConnection = Callable[[WebSocket, dict[str, Any]], Awaitable[OperationContext]]
UntilEnded = Callable[[WebSocket, OperationContext], Awaitable[ApiError]]
"""Waits until what the viewer of a connection was proved by has ended, and says so."""


class GraphQLSocket:
    """Serves one schema to one WebSocket after another."""

    def __init__(
        self,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: ContextOfConnection,
        until_ended: UntilEnded,
        draining: Draining | None = None,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._until_ended = until_ended
        self._draining = draining or Draining()

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
            websocket,
            self._schema,
            self._settings,
            self._make_context,
            self._until_ended,
            self._draining,
        )
        try:
            await connection.run()
        except Closing as closing:
            with suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close(closing.code, closing.reason)
        except (WebSocketDisconnect, _Gone):
            pass
        finally:
            await connection.stop()


class _Gone(Exception):  # noqa: N818 - as above
    """The client has gone; the reading side notices and stops the rest."""


@dataclass(frozen=True, slots=True)
class _Operation:
    task: asyncio.Task[None]
    payload: dict[str, Any]


class _Connection:
    def __init__(
        self,
        websocket: WebSocket,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: ContextOfConnection,
        until_ended: UntilEnded,
        draining: Draining,
    ) -> None:
        self._websocket = websocket
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._until_ended = until_ended
        self._draining = draining
        self._parameters: dict[str, Any] | None = None
        self._operations: dict[str, _Operation] = {}
        # also those that are no longer in the table: the loop alone would not keep them
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()
        self._initialised: asyncio.Future[OperationContext] = asyncio.Future()

    async def run(self) -> None:
        """Read messages until the client goes, or until there is a reason to close."""
        work = [
            asyncio.ensure_future(one)
            for one in (self._read(), self._wait_for_init(), self._wait_for_drain())
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            await self._handle(await self._receive())

    async def _wait_for_init(self) -> None:
        """Close a connection that does not begin, or whose credentials have ended."""
        try:
            limit = self._settings.websocket_init_timeout_seconds
            context = await asyncio.wait_for(self._initialised, limit)
        except TimeoutError:
            raise Closing(INITIALISATION_TIMEOUT, "Connection initialisation timeout") from None
        await self._until_ended(self._websocket, context)
        # the code that a client without valid credentials gets at connection_init too
        raise Closing(FORBIDDEN, "Forbidden")

    async def _wait_for_drain(self) -> None:
        """When the process goes down: end subscriptions, finish the rest, and ask to come back."""
        await self._draining.wait()
        rest = []
        for one in list(self._operations.values()):
            if self._is_subscription(one):
                one.task.cancel()
            else:
                rest.append(one.task)
        if rest:
            await asyncio.wait(rest)
        raise Closing(SERVICE_RESTART, "Service restart")

    def _is_subscription(self, operation: "_Operation") -> bool:
        query, name = operation.payload["query"], operation.payload.get("operationName")
        return type_of_operation(self._schema, query, name) is OperationType.SUBSCRIPTION

    async def stop(self) -> None:
        """End all operations, and wait until they have."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _receive(self) -> dict[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return decoded(message.get("text"), self._settings.websocket_message_max_bytes)

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._initialise(message)
            case "ping":
                check_payload(message)
                await self._send({"type": "pong"})
            case "pong":
                check_payload(message)
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                operation = self._operations.pop(id_of(message), None)
                if operation is not None:
                    operation.task.cancel()
            case other:
                raise Closing(BAD_REQUEST, f"unknown message type {other[:40]}")

    async def _initialise(self, message: dict[str, Any]) -> None:
        if self._parameters is not None:
            raise Closing(TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        parameters = check_payload(message) or {}
        try:
            context = await self._make_context(self._websocket, parameters)
        except ApiError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                # clients take 4403 for good, and this one may be right as soon as we can tell
                raise Closing(TRY_AGAIN_LATER, "Try again later") from None
            raise Closing(FORBIDDEN, "Forbidden") from None
        self._parameters = parameters
        if not self._initialised.done():
            self._initialised.set_result(context)
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._parameters is None:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        operation_id = id_of(message)
        if operation_id in self._operations:
            raise Closing(SUBSCRIBER_EXISTS, f"Subscriber for {operation_id[:64]} already exists")
        payload = checked_operation(message)
        if self._draining.begun:
            # it is closed in a moment, and the client asks again elsewhere
            return
        limit = self._settings.subscriptions_max_per_connection
        if len(self._operations) >= limit:
            text = f"operations on a connection are limited to {limit}"
            errors = [{"message": text, "extensions": {"code": "LIMIT_EXCEEDED"}}]
            await self._send({"id": operation_id, "type": "error", "payload": errors})
            return
        task = asyncio.create_task(self._run(operation_id, payload))
        self._operations[operation_id] = _Operation(task, payload)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> None:
        task = asyncio.current_task()
        try:
            errors = await self._send_results(operation_id, payload)
        except _Gone:
            return
        except ApiError as error:
            errors = [error.document]
        except Exception as error:
            errors = [error_document(GraphQLError(str(error), original_error=error))]
        finally:
            self._forget(operation_id, task)
        last = {"type": "complete"} if errors is None else {"type": "error", "payload": errors}
        with suppress(_Gone):
            await self._send({"id": operation_id, **last})

    async def _send_results(
        self, operation_id: str, payload: dict[str, Any]
    ) -> list[dict[str, Any]] | None:
        """Send what an operation gives; returns the errors that it was refused for, if it was."""
        context = await self._make_context(self._websocket, self._parameters or {})
        payload["query"] = await context.services.documents.document(
            payload["query"], payload["documentId"]
        )
        results = stream_operation(
            self._schema,
            context,
            payload["query"],
            payload.get("variables"),
            payload.get("operationName"),
            explain=asks_to_explain(payload.get("extensions")),
        )
        async with aclosing(results):
            async for result in results:
                if not result.executed:
                    errors: list[dict[str, Any]] = result.body["errors"]
                    return errors
                await self._send({"id": operation_id, "type": "next", "payload": result.body})
        return None

    def _forget(self, operation_id: str, task: asyncio.Task[None] | None) -> None:
        """Free an id for reuse, unless it has been reused already."""
        known = self._operations.get(operation_id)
        if known is not None and known.task is task:
            del self._operations[operation_id]

    async def _send(self, message: dict[str, Any]) -> None:
        """Send a message as soon as the client has read enough; raises _Gone where it has gone."""
        text = orjson.dumps(message, default=str).decode()
        async with self._sending:
            try:
                await self._websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError) as error:
                raise _Gone from error


def _allowed_origin(websocket: WebSocket, others: frozenset[str]) -> bool:
    """Whether a browser's page is ours or one of the others; programs send no Origin."""
    origin = websocket.headers.get("origin")
    if origin is None or origin in others:
        return True
    return origin.partition("://")[2] == websocket.headers.get("host")
