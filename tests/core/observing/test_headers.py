"""What every answer says to browsers, whom it lets in, and whom it believes."""

import io

import httpx
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from graph_api.core.observing.observer import Observer
from graph_api.core.observing.requests import around_every_request
from graph_api.settings import Settings
from tests.core.observing.conftest import Observed, running

FRONTEND = "https://app.example.org"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/graphql?query={__typename}", "*/*"),
        ("/graphql", "text/html"),
        ("/graphql", "application/json"),
        ("/graphql/assets/none.js", "*/*"),
        ("/healthz", "*/*"),
        ("/readyz", "*/*"),
        ("/metrics", "*/*"),
        ("/nowhere", "*/*"),
    ],
)
async def test_every_answer_has_them(observed: Observed, path: str, accept: str) -> None:
    answer = await observed.client.get(path, headers={"Accept": accept})
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert {"server", "x-powered-by", "strict-transport-security"}.isdisjoint(headers)
    for name in set(headers):
        assert len(headers.get_list(name)) == 1


async def test_answers_are_not_kept_and_pages_have_a_policy_of_their_own(
    observed: Observed,
) -> None:
    answer = await observed.ask("{ __typename }")
    assert answer.headers["cache-control"] == "no-store"
    page = await observed.client.get("/graphql", headers={"Accept": "text/html"})
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_tls_is_insisted_on_where_the_setting_says_so(
    settings: Settings, tenant: str, log_stream: io.StringIO
) -> None:
    chosen = settings.model_copy(update={"dev_tenant": tenant, "hsts_seconds": 31_536_000})
    async with running(chosen, log_stream) as observed:
        answer = await observed.client.get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def preflight(observed: Observed, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-csrf-token",
    }
    return await observed.client.options("/graphql", headers=headers)


async def test_no_other_site_is_let_in(observed: Observed) -> None:
    for answer in (
        await preflight(observed, FRONTEND),
        await observed.ask("{ __typename }", headers={"Origin": FRONTEND}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_sites_of_the_setting_are_let_in_and_no_others(
    settings: Settings, tenant: str, log_stream: io.StringIO
) -> None:
    allowed = f" {FRONTEND}, http://localhost:5173"
    chosen = settings.model_copy(
        update={"dev_tenant": tenant, "allowed_origins": allowed, "log_format": "json"}
    )
    async with running(chosen, log_stream) as observed:
        for origin in (FRONTEND, "http://localhost:5173"):
            answer = await preflight(observed, origin)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-credentials"] == "true"
            asked = await observed.ask("{ __typename }", headers={"Origin": origin})
            assert asked.headers["access-control-allow-origin"] == origin
            assert "Origin" in asked.headers["vary"]
            async with observed.socket(Origin=origin) as socket:
                assert (await socket.receive())["type"] == "websocket.accept"
        for origin in (f"{FRONTEND}.evil.example", "https://app.example.org:8443", "null"):
            for refused in (
                await preflight(observed, origin),
                await observed.ask("{ __typename }", headers={"Origin": origin}),
            ):
                assert "access-control-allow-origin" not in refused.headers
            async with observed.socket(Origin=origin) as socket:
                assert (await socket.receive())["type"] == "websocket.close"


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "app.example.org",
        "https://app.example.org/",
        "https://*.example.org",
        "null",
        "HTTPS://A",
    ],
)
def test_an_origin_is_exact(origins: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(allowed_origins=origins)


async def seen_by(settings: Settings, peer: str) -> dict[str, str]:
    """What an application behind the middleware takes for client and scheme."""

    async def tell(request: Request) -> Response:
        assert request.client is not None
        return JSONResponse({"client": request.client.host, "scheme": request.url.scheme})

    around = around_every_request(settings, Observer())
    app = Starlette(routes=[Route("/", tell)], middleware=around)
    transport = httpx.ASGITransport(app, client=(peer, 1))
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answered: dict[str, str] = (await client.get("/", headers=headers)).json()
    return answered


async def test_only_a_proxy_that_is_named_is_believed() -> None:
    itself = {"client": "10.0.0.7", "scheme": "http"}
    assert await seen_by(Settings(), "10.0.0.7") == itself
    assert await seen_by(Settings(forwarded_allow_ips="10.1.0.0/16"), "10.0.0.7") == itself
    named = Settings(forwarded_allow_ips="10.0.0.0/24, 192.0.2.1")
    assert await seen_by(named, "10.0.0.7") == {"client": "203.0.113.9", "scheme": "https"}
    assert (await seen_by(named, "192.0.2.1"))["client"] == "203.0.113.9"


async def failing(request: Request) -> Response:
    raise ValueError("kanarienvogel")


async def breaking_off(request: Request) -> Response:
    async def chunks():  # type: ignore[no-untyped-def]
        yield b"some"
        raise ValueError("kanarienvogel")

    return StreamingResponse(chunks())


async def test_what_fails_beyond_graphql_is_masked_and_logged(log_stream: io.StringIO) -> None:
    around = around_every_request(Settings(), Observer())
    routes = [Route("/failing", failing), Route("/breaking-off", breaking_off)]
    app = Starlette(routes=routes, middleware=around)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        answer = await client.get("/failing")
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
        assert error["extensions"]["errorId"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "kanarienvogel" not in answer.text
        # what has begun must not look complete
        with pytest.raises(ValueError, match="kanarienvogel"):
            await client.get("/breaking-off")
