"""GraphQL over HTTP: what a request asks, and how its answer goes back.

Follows the GraphQL-over-HTTP specification: POST with a JSON body, GET for queries only, and the
answer as `application/graphql-response+json` or, for older clients, `application/json`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import strawberry
from starlette.requests import Request
from starlette.responses import Response

from graph_api.core.api.execution import run_operation
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.event_stream import EVENT_STREAM, event_stream
from graph_api.core.graphiql import graphiql_page
from graph_api.settings import Settings

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON_RESPONSE = "application/json"

MakeContext = Callable[[Request], Awaitable[OperationContext]]
UntilEnded = Callable[[Request, OperationContext], Awaitable[ApiError]]
"""Waits until what the viewer of a request was proved by has ended, and says so."""
Answered = Callable[[Request, OperationContext, Response], None]
"""Adds to an answer what the operation left for its headers."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client wants executed."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class BadRequest(Exception):  # noqa: N818 - it is named after the status
    """A request that is not GraphQL over HTTP; carries the status and what was expected."""

    def __init__(self, status: int, message: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT):
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


class GraphQLEndpoint:
    """Serves one schema at one path: operations to clients, GraphiQL to browsers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        settings: Settings,
        make_context: MakeContext,
        until_ended: UntilEnded,
        answered: Answered,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._make_context = make_context
        self._until_ended = until_ended
        self._answered = answered

    async def respond(self, request: Request) -> Response:
        """Answer a request; what is wrong with it is told in a GraphQL error document."""
        if self._wants_graphiql(request):
            return graphiql_page(endpoint=str(request.url.replace(query="")))
        media_type = _response_type(request)
        try:
            if media_type is None:
                raise BadRequest(406, f"Accept must allow {GRAPHQL_RESPONSE} or {JSON_RESPONSE}")
            wanted = await self._read(request)
        except BadRequest as error:
            refused_in = JSON_RESPONSE if media_type in (None, EVENT_STREAM) else media_type
            return _refusal(error, refused_in)
        context = await self._make_context(request)
        if media_type == EVENT_STREAM:
            return event_stream(
                self._schema,
                context,
                wanted.query,
                wanted.variables,
                wanted.operation_name,
                partial(self._until_ended, request, context),
            )
        result = await run_operation(
            self._schema,
            context,
            wanted.query,
            wanted.variables,
            wanted.operation_name,
            allow_mutations=request.method == "POST",
        )
        # an older client takes any other status for a fault of the transport
        status = 200 if result.executed or media_type == JSON_RESPONSE else 400
        if not result.executed and request.method == "GET" and _is_mutation_refusal(result.body):
            status = 405
        response = Response(orjson.dumps(result.body, default=str), status, media_type=media_type)
        self._answered(request, context, response)
        return response

    def _wants_graphiql(self, request: Request) -> bool:
        return (
            self._settings.graphiql
            and request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in request.headers.get("accept", "")
        )

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method == "GET":
            return _from_parameters(request)
        if request.method != "POST":
            raise BadRequest(405, "use POST, or GET for a query")
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if content_type != JSON_RESPONSE:
            raise BadRequest(415, f"Content-Type must be {JSON_RESPONSE}")
        return _from_document(await self._body(request))

    async def _body(self, request: Request) -> bytes:
        limit = self._settings.request_body_max_bytes
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                message = f"the request body is limited to {limit} bytes"
                raise BadRequest(413, message, ErrorCode.LIMIT_EXCEEDED)
        return bytes(body)


def _from_parameters(request: Request) -> GraphQLRequest:
    given = request.query_params
    document: dict[str, Any] = {"query": given.get("query")}
    if given.get("operationName"):
        document["operationName"] = given["operationName"]
    for name in ("variables", "extensions"):
        if text := given.get(name):
            try:
                document[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise BadRequest(400, f"{name} must be a JSON object") from None
    return _checked(document)


def _from_document(body: bytes) -> GraphQLRequest:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "the body must be valid JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise BadRequest(400, "the body must be a JSON object with a query")
    return _checked(document)


def _checked(document: dict[str, Any]) -> GraphQLRequest:
    query = document.get("query")
    if not isinstance(query, str) or not query:
        raise BadRequest(400, "query must be a non-empty string")
    operation_name = document.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest(400, "operationName must be a string")
    for name in ("variables", "extensions"):
        if document.get(name) is not None and not isinstance(document[name], dict):
            raise BadRequest(400, f"{name} must be an object")
    return GraphQLRequest(query, document.get("variables"), operation_name or None)


def _response_type(request: Request) -> str | None:
    """The media type to answer in: the client's best of the two; None where it takes neither."""
    accepted = request.headers.get("accept", "*/*")
    best, best_quality = None, 0.0
    for part in accepted.split(","):
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        quality = _quality(parameters)
        candidate = {
            GRAPHQL_RESPONSE: GRAPHQL_RESPONSE,
            JSON_RESPONSE: JSON_RESPONSE,
            EVENT_STREAM: EVENT_STREAM,
            "application/*": GRAPHQL_RESPONSE,
            "*/*": JSON_RESPONSE,
        }.get(name)
        if candidate is not None and quality > best_quality:
            best, best_quality = candidate, quality
    return best


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        if one.startswith("q="):
            try:
                return float(one[2:])
            except ValueError:
                return 0.0
    return 1.0


def _is_mutation_refusal(body: dict[str, Any]) -> bool:
    return any("not allowed" in error["message"] for error in body.get("errors", ()))


def _refusal(error: BadRequest, media_type: str) -> Response:
    document = {"errors": [{"message": error.message, "extensions": {"code": error.code.value}}]}
    headers = {"Allow": "GET, POST"} if error.status == 405 else None
    return Response(orjson.dumps(document), error.status, headers, media_type)
