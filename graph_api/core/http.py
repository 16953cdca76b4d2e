"""GraphQL over HTTP: what a request asks, and how its answer goes back.

Follows the GraphQL-over-HTTP specification: POST with a JSON body, GET for queries only, and the
answer as `application/graphql-response+json` or, for older clients, `application/json`. A GET may
open an event stream too, as `EventSource` does; it cannot change anything either.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any

import orjson
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.outages import says_unavailable, was_prevented
from graph_api.core.api.planning import type_of_operation
from graph_api.core.context import OperationContext
from graph_api.core.draining import RESUMABLE, Draining
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.event_stream import event_stream
from graph_api.core.graphiql import graphiql_page
from graph_api.core.http_reading import BadRequest, GraphQLRequest, read_get, read_post
from graph_api.core.http_request import HttpRequest
from graph_api.core.large_answers import LARGE_COST, PiecesResponse, pieces_of
from graph_api.core.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON_RESPONSE, response_type
from graph_api.settings import Settings

MakeContext = Callable[[Request], Awaitable[OperationContext]]
UntilEnded = Callable[[Request, OperationContext], Awaitable[ApiError]]
"""Waits until what the viewer of a request was proved by has ended, and says so."""
Answered = Callable[[Request, OperationContext, Response], None]
"""Adds to an answer what the operation left for its headers."""

_RETRY_SECONDS = 1
_STATUSES = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.LIMIT_EXCEEDED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 503,
}


class GraphQLEndpoint:
    """Serves one schema at one path: operations to clients, GraphiQL to browsers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: MakeContext,
        until_ended: UntilEnded,
        answered: Answered,
        draining: Draining | None = None,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._until_ended = until_ended
        self._answered = answered
        self._draining = draining or Draining()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request as an ASGI application of its own."""
        response = await self._respond(HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        """The answer to a request; what is wrong with it is told in a GraphQL error document."""
        if self._wants_graphiql(request):
            return graphiql_page(endpoint=str(request.url.replace(query="")))
        media_type = response_type(request.headers.getlist("accept"))
        try:
            if media_type is None:
                raise BadRequest(406, f"Accept must allow {GRAPHQL_RESPONSE} or {JSON_RESPONSE}")
            wanted = await self._trusted(request, await self._read(request))
            if media_type == EVENT_STREAM:
                return await self._stream(request, wanted)
            return await self._answer(request, wanted, media_type)
        except BadRequest as error:
            return _refusal(error.error, error.status, media_type, error.headers)
        except ApiError as error:
            return _refusal(error, _STATUSES.get(error.code, 400), media_type, _headers(error))

    def _wants_graphiql(self, request: Request) -> bool:
        return (
            self._settings.graphiql
            and request.method in ("GET", "HEAD")
            and "query" not in request.query_params
            and "text/html" in request.headers.get("accept", "")
        )

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method in ("GET", "HEAD"):
            return read_get(request)
        return await read_post(request, self._settings.request_body_max_bytes)

    async def _trusted(self, request: Request, wanted: GraphQLRequest) -> GraphQLRequest:
        """The request with the text of its document; raises ApiError for one not accepted."""
        documents = request.scope["state"]["services"].documents
        if wanted.document_id is None and not documents.only:
            return wanted
        query = await documents.document(wanted.query, wanted.document_id)
        return replace(wanted, query=query)

    async def _answer(self, request: Request, wanted: GraphQLRequest, media_type: str) -> Response:
        context = await self._make_context(request)
        result = await run_operation(
            self._schema,
            context,
            wanted.query,
            wanted.variables,
            wanted.operation_name,
            allow_mutations=request.method == "POST",
            explain=wanted.explain,
        )
        if not result.executed and request.method != "POST":
            self._check_reads(wanted, OperationType.QUERY)
        status, headers = _status_and_headers(result, media_type)
        response = await _response(result, status, headers, _with_charset(media_type))
        self._answered(request, context, response)
        return response

    async def _stream(self, request: Request, wanted: GraphQLRequest) -> Response:
        kind = type_of_operation(self._schema, wanted.query, wanted.operation_name)
        if request.method != "POST":
            self._check_reads(wanted, OperationType.QUERY, OperationType.SUBSCRIPTION)
        if kind is OperationType.SUBSCRIPTION:
            if self._draining.begun:
                raise ApiError(ErrorCode.UNAVAILABLE, "this process is going down; try again")
            # its client comes back with the last cursor
            request.scope["state"][RESUMABLE] = True
        context = await self._make_context(request)
        return event_stream(
            self._schema,
            context,
            wanted.query,
            wanted.variables,
            wanted.operation_name,
            partial(self._until_ended, request, context),
            explain=wanted.explain,
        )

    def _check_reads(self, wanted: GraphQLRequest, *allowed: OperationType) -> None:
        """Refuse a GET of what changes something, or of what only a stream can answer."""
        kind = type_of_operation(self._schema, wanted.query, wanted.operation_name)
        if kind is not None and kind not in allowed:
            message = f"a {kind.value} is not allowed by GET"
            raise BadRequest(405, message, headers={"Allow": "POST"})


async def _response(
    result: OperationResult, status: int, headers: dict[str, str], media_type: str
) -> Response:
    if (result.cost or 0) < LARGE_COST:
        return Response(orjson.dumps(result.body, default=str), status, headers, media_type)
    return PiecesResponse(await pieces_of(result.body), status, headers, media_type)


def _status_and_headers(result: OperationResult, media_type: str) -> tuple[int, dict[str, str]]:
    """The status of an answer: 200 wherever something was executed and something came of it.

    An older client takes any other status for a fault of the transport, so it gets one only for
    what it may try again, where there is nothing in the answer but that.
    """
    wait = result.retry_after_seconds or _RETRY_SECONDS
    come_back = {"Retry-After": str(ceil(wait))}
    if was_prevented(result.body, result.operation_type):
        result.body.pop("data", None)
        return 503, come_back
    if result.retry_after_seconds is not None:
        return 429, come_back
    headers = come_back if says_unavailable(result.body) else {}
    return 200 if result.executed or media_type == JSON_RESPONSE else 400, headers


def _headers(error: ApiError) -> dict[str, str]:
    if error.code is ErrorCode.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    if error.code in (ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.LIMIT_EXCEEDED):
        return {"Retry-After": str(ceil(error.extensions.get("retryAfterSeconds", _RETRY_SECONDS)))}
    return {}


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8"


def _refusal(
    error: ApiError, status: int, media_type: str | None, headers: dict[str, str]
) -> Response:
    """An error document, in JSON for who asked for a stream or for nothing that we have."""
    body: dict[str, Any] = {"errors": [error.document]}
    known = GRAPHQL_RESPONSE if media_type == GRAPHQL_RESPONSE else JSON_RESPONSE
    return Response(orjson.dumps(body), status, headers, _with_charset(known))
