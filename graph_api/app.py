"""The composition root: settings in, a Starlette application out."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from graph_api.auth.authenticating import Authenticator
from graph_api.auth.cookies import REFRESH_PATH
from graph_api.auth.session_watch import SessionWatch
from graph_api.core.context import OperationContext, Services
from graph_api.core.database import Database
from graph_api.core.database_watch import DatabaseWatch
from graph_api.core.draining import Draining
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.feed import ChangeFeed
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graphiql import graphiql_routes
from graph_api.core.http import GraphQLEndpoint
from graph_api.core.migrations import MigrationError
from graph_api.core.observing.exposition import metrics_routes
from graph_api.core.observing.observer import Observer
from graph_api.core.observing.requests import around_every_request
from graph_api.core.server import running_database
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.core.websocket import GraphQLSocket
from graph_api.schema import graph_schema
from graph_api.settings import Settings


class AppState(TypedDict):
    """What the application holds while it runs."""

    services: Services
    authenticator: Authenticator


def create_app(
    settings: Settings, registry: GraphRegistry | None = None, observer: Observer | None = None
) -> Starlette:
    """The application over the declared graph, or over another one.

    At start-up it raises MigrationError where the database lacks a migration.
    """
    graph = graph_schema(settings, registry)
    observer = observer or Observer.of(settings)
    draining = Draining()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[AppState]:
        async with running_database(settings) as dsn:
            database = await Database.connect(dsn, settings)
            try:
                missing = await database.pending_migrations()
                if missing:
                    names = ", ".join(f"{one.number:04}_{one.name}" for one in missing)
                    raise MigrationError(
                        f"the database lacks the migrations {names}; run `graph-api migrate`"
                    )
                database_watch = DatabaseWatch(dsn, settings, database.reachability)
                await database_watch.start()
                feed = ChangeFeed(dsn, database)
                await feed.start()
                watch = SessionWatch(database)
                await watch.start()
                observer.metrics.watch(database.pool_use, feed)
                # the schema and the models live as long as the process: a collection that walks
                # them anew each time costs a nested query half its time
                gc.collect()
                gc.freeze()
                try:
                    yield {
                        "services": Services(settings, database, graph.registry, feed),
                        "authenticator": Authenticator(settings, watch),
                    }
                finally:
                    await watch.stop()
                    await feed.stop()
                    await database_watch.stop()
            finally:
                await database.close()
                await asyncio.to_thread(observer.close)

    endpoint = GraphQLEndpoint(
        graph.schema, settings, _make_context, _until_ended, _answered, draining
    )
    socket = GraphQLSocket(graph.schema, settings, _make_context, _until_ended, draining)
    app = Starlette(
        routes=[
            Route("/graphql", endpoint, methods=["GET", "POST"]),
            *graphiql_routes(),
            WebSocketRoute("/graphql", socket.serve),
            Route(REFRESH_PATH, endpoint, methods=["POST"]),
            Route("/healthz", _alive),
            Route("/readyz", _ready),
            *metrics_routes(settings, observer.metrics),
        ],
        middleware=around_every_request(settings, observer),
        lifespan=lifespan,
        exception_handlers={ApiError: _api_error, HTTPException: _not_served},
    )
    app.state.draining = draining
    app.state.metrics = observer.metrics
    return app


async def _make_context(
    connection: HTTPConnection, parameters: dict[str, Any] | None = None
) -> OperationContext:
    state: AppState = connection.scope["state"]
    services, authenticator = state["services"], state["authenticator"]
    context = services.operation(await authenticator.viewer_of(connection, parameters))
    context.held.update(authenticator.client_of(connection))
    return context


async def _until_ended(connection: HTTPConnection, context: OperationContext) -> ApiError:
    authenticator: Authenticator = connection.state.authenticator
    return await authenticator.until_ended(context.viewer)


def _answered(request: Request, context: OperationContext, response: Response) -> None:
    state: AppState = request.scope["state"]
    state["authenticator"].answered(request, context, response)


async def _alive(request: Request) -> Response:
    services: Services = request.state.services
    return JSONResponse({"status": "alive", "live": services.feed.followers})


async def _ready(request: Request) -> Response:
    if request.app.state.draining.begun:
        return JSONResponse({"status": "not ready", "process": "going down"}, 503)
    services: Services = request.state.services
    try:
        await services.database.fetch(Viewer("", "readiness"), statement("ready"))
    except (ApiError, asyncpg.PostgresError):
        return JSONResponse({"status": "not ready", "database": "unreachable"}, 503)
    if not services.feed.connected:
        return JSONResponse({"status": "not ready", "feed": "not connected"}, 503)
    return JSONResponse({"status": "ready", "database": "migrated", "feed": "connected"})


async def _not_served(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = ErrorCode.NOT_FOUND if error.status_code == 404 else ErrorCode.BAD_USER_INPUT
    body = {"errors": [{"message": error.detail, "extensions": {"code": code.value}}]}
    return JSONResponse(body, error.status_code, error.headers)


async def _api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    status = {ErrorCode.UNAUTHENTICATED: 401, ErrorCode.FORBIDDEN: 403}.get(error.code, 503)
    body = {"errors": [{"message": error.message, "extensions": error.extensions}]}
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status)
    return JSONResponse(body, status, headers)
