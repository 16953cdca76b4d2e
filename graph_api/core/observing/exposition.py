"""`/metrics`: to who has its token or, where none is set, to this machine only."""

import hmac
from ipaddress import ip_address
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from graph_api.core.observing.metrics import CONTENT_TYPE, Metrics
from graph_api.settings import Settings

METRICS_PATH: Final = "/metrics"
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def metrics_routes(settings: Settings, metrics: Metrics) -> list[Route]:
    """The route of the metrics; none where the settings want none."""
    if not settings.metrics:
        return []

    async def expose(request: Request) -> Response:
        refusal = _refusal(request, settings.metrics_token)
        return refusal or Response(metrics.text(), media_type=CONTENT_TYPE)

    return [Route(METRICS_PATH, expose)]


def _refusal(request: Request, token: str | None) -> Response | None:
    if token is None:
        if _comes_from_this_machine(request):
            return None
        text = "metrics are for this machine only, unless GRAPH_API_METRICS_TOKEN is set\n"
        return PlainTextResponse(text, 403)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode()):
        return None
    text = "metrics need the bearer token that GRAPH_API_METRICS_TOKEN sets\n"
    return PlainTextResponse(text, 401, {"WWW-Authenticate": "Bearer"})


def _comes_from_this_machine(request: Request) -> bool:
    """Whether the peer itself asks: a proxy on this machine speaks for others."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
