"""GraphQL over server-sent events: one operation on one stream (graphql-sse, distinct connections).

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import orjson
import strawberry
from starlette.responses import StreamingResponse

from graph_api.core.api.execution import OperationResult, stream_operation
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError
from graph_api.core.media_types import EVENT_STREAM

_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


def event_stream(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    until_ended: Callable[[], Awaitable[ApiError]],
    *,
    explain: bool = False,
) -> StreamingResponse:
    """The results of an operation as events, with a comment whenever it is silent for long.

    When `until_ended` gives an error, the stream says it in a last event and completes. A client
    that does not read holds back the stream, and in the end is cut by the server.
    """
    results = stream_operation(schema, context, query, variables, operation_name, explain=explain)
    return StreamingResponse(
        _events(results, context.settings.feed_heartbeat_seconds, until_ended),
        media_type=EVENT_STREAM,
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def _events(
    results: AsyncGenerator[OperationResult, None],
    heartbeat_seconds: float,
    until_ended: Callable[[], Awaitable[ApiError]],
) -> AsyncIterator[bytes]:
    async with aclosing(results):
        ending = asyncio.ensure_future(until_ended())
        coming: asyncio.Task[OperationResult] | None = None
        # a byte at once tells the client, and every proxy, that the stream is open
        yield _HEARTBEAT
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(results))
                done, _ = await asyncio.wait(
                    [coming, ending], timeout=heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED
                )
                if ending in done:
                    yield _next({"errors": [ending.result().document]})
                    break
                if not done:
                    yield _HEARTBEAT
                    continue
                finished, coming = coming, None
                try:
                    result = finished.result()
                except StopAsyncIteration:
                    break
                yield _next(result.body)
        finally:
            ending.cancel()
            if coming is not None:
                coming.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration):
                    await coming
    yield _COMPLETE


def _next(body: dict[str, Any]) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(body, default=str) + b"\n\n"
