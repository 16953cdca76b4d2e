"""What every request passes through: its id, its headers, its counts, its span, its last resort."""

import time
import uuid
from collections.abc import Iterable
from typing import Any, Final

import orjson
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from graph_api.core.errors import ErrorCode
from graph_api.core.observing.headers import REQUEST_ID, ResponseHeaders, request_id_of
from graph_api.core.observing.in_hand import RequestInHand, request_in_hand
from graph_api.core.observing.logs import event_log
from graph_api.core.observing.observer import Observer
from graph_api.settings import Settings

_log = event_log("graph_api.requests")

_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_NO_ROUTE: Final = "none"
_ASKED_BY_PAGES: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "Traceparent",
    "Tracestate",
    "X-API-Key",
    "X-CSRF-Token",
    "X-Request-Id",
)
_TOLD_TO_PAGES: Final = ("Retry-After", "X-Request-Id")


def around_every_request(settings: Settings, observer: Observer) -> list[Middleware]:
    """What stands around the application, from the outside in."""
    around = [Middleware(ObservedRequests, observer=observer, settings=settings)]
    if settings.forwarded_allow_ips is not None:
        trusted = settings.forwarded_allow_ips
        around.insert(0, Middleware(ProxyHeadersMiddleware, trusted_hosts=trusted))
    if settings.other_origins:
        around.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.other_origins,
                allow_methods=("GET", "POST"),
                allow_headers=_ASKED_BY_PAGES,
                allow_credentials=True,
                expose_headers=_TOLD_TO_PAGES,
            )
        )
    return around


class ObservedRequests:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, observer: Observer, settings: Settings) -> None:
        self._app = app
        self._observer = observer
        self._headers = ResponseHeaders(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, a WebSocket, or the application's start and end."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._begun(scope, "http")
        status = 0
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = self._headers.completed(message.get("headers", ()), request.request_id)
                message = {**message, "headers": headers}
            await send(message)

        token = request_in_hand.set(request)
        tracing = self._observer.tracing
        if tracing is not None:
            request.trace = tracing.begin(request.trace, scope["method"], server=True)
        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            pass
        except Exception as error:
            error_id = str(uuid.uuid4())
            _log.error("internal error", error_id=error_id, exc_info=error)
            if status:
                # the server must break off what has been begun, or it would look complete
                raise
            await _send_failure(sending, error_id)
        finally:
            seconds = time.perf_counter() - started
            self._end(request, scope, status, seconds)
            request_in_hand.reset(token)

    def _end(self, request: RequestInHand, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"]
        self._observer.metrics.request(route, method, status, seconds)
        if self._observer.tracing is not None:
            self._observer.tracing.end(
                request.trace,
                {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": status,
                    "graph_api.request_id": request.request_id,
                },
                name=f"{method} {route}",
                failed=str(status) if status >= 500 else "",
            )
        if not request.operations:
            # an operation has a line of its own
            tell = _log.debug if route in _PROBES else _log.info
            elapsed = round(seconds * 1000, 2)
            tell(
                "request",
                verb=method,
                route=route,
                status=status,
                client=request.client,
                elapsed_ms=elapsed,
            )

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._begun(scope, "websocket")
        closed: dict[str, Any] = {"by": "client"}
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "websocket.accept":
                headers = [*message.get("headers", ()), (REQUEST_ID, request.request_id.encode())]
                message = {**message, "headers": headers}
            elif message["type"] == "websocket.close":
                closed.update(by="server", code=message.get("code", 1000))
            await send(message)

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                closed.setdefault("code", message.get("code"))
            return message

        token = request_in_hand.set(request)
        self._observer.metrics.socket_opened()
        try:
            await self._app(scope, receiving, sending)
        finally:
            self._observer.metrics.socket_closed()
            _log.info(
                "websocket",
                closed_by=closed["by"],
                code=closed.get("code"),
                client=request.client,
                operations=request.operations,
                elapsed_ms=round((time.perf_counter() - started) * 1000, 2),
            )
            request_in_hand.reset(token)

    def _begun(self, scope: Scope, transport: str) -> RequestInHand:
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        client = scope.get("client")
        request = RequestInHand(
            self._observer, request_id_of(headers), client[0] if client else None, transport
        )
        if self._observer.tracing is not None:
            request.trace = self._observer.tracing.parent(headers)
        return request


def route_of(scope: Scope) -> str:
    """The path of the route that has served a request, as it was declared; `none` for no route."""
    route = scope.get("route")
    return getattr(route, "path", None) or _NO_ROUTE


async def _send_failure(send: Send, error_id: str) -> None:
    body = {
        "errors": [
            {
                "message": "something went wrong on our side; quote the error id to us",
                "extensions": {"code": ErrorCode.INTERNAL.value, "errorId": error_id},
            }
        ]
    }
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body)})
