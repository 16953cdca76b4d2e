"""GraphiQL: the page before the build, and the built page in a browser with no network."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import httpx
import pytest
from graphql import build_schema, parse, validate
from playwright.sync_api import ConsoleMessage, Page, Route, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from graph_api.core.database import Database
from graph_api.core.graphiql import (
    CONTENT_SECURITY_POLICY,
    GRAPHIQL_DIR,
    graphiql_page,
    graphiql_routes,
)
from graph_api.core.permissions import Role
from graph_api.serving import served
from graph_api.settings import Settings
from tests.auth.signed_in import SignedIn

QUERIES = sorted((Path(__file__).parents[2] / "web" / "src" / "queries").glob("*.graphql"))

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LEASE = """mutation {
  upsertLease(input: {lease: {
    oilGasCode: O, district: "08", rrcLeaseId: "12345", name: "MESQUITE A"
  }}) { ... on UpsertLeasePayload { lease { name } } }
}"""


@pytest.fixture
def built() -> None:
    if not (GRAPHIQL_DIR / "index.html").exists():
        pytest.fail("GraphiQL is not built: run `make install` with npm on the PATH")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Return a page of Chromium with a new, empty profile."""
    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        pytest.fail("this test needs Chromium: install it so that `chromium` is on the PATH")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            headless=True,
            args=CHROMIUM_FLAGS,
            viewport={"width": 1440, "height": 900},
            service_workers="block",
        )
        try:
            yield context.new_page()
        finally:
            context.close()


def operation_name(query: Path) -> str:
    match = re.search(r"^(?:query|subscription) (\w+)", query.read_text(), re.MULTILINE)
    assert match, f"{query.name} has no named operation"
    return match[1]


async def test_unbuilt_page_says_what_to_run(tmp_path: Path) -> None:
    async def endpoint(request: Request) -> Response:
        return graphiql_page(tmp_path / "absent", endpoint="http://127.0.0.1:9/graphql?a&b")

    routes = [*graphiql_routes(tmp_path / "absent"), HttpRoute("/graphql", endpoint)]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/graphql")
        assert (await client.get("/graphql/assets/index.js")).status_code == 404
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    text = response.text
    assert "GraphiQL is not built" in text
    assert "<code>npm</code> was absent" in text
    assert "<pre>make install</pre>" in text
    assert "curl -sS http://127.0.0.1:9/graphql?a&amp;b" in text
    assert "<script" not in text


@pytest.mark.usefixtures("built")
def test_built_assets_are_ours_and_kept(live_server_url: str) -> None:
    with httpx.Client(base_url=live_server_url, trust_env=False) as client:
        page = client.get("/graphql", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert page.headers["cache-control"] == "no-cache"
        references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert references
        for reference in references:
            assert reference.startswith("/graphql/assets/")
            asset = client.get(reference)
            assert asset.status_code == 200
            assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get("/graphql/assets/../index.html").status_code == 404
        assert "immutable" not in client.get("/graphql/assets/absent.js").headers.get(
            "cache-control", ""
        )


@pytest.fixture
def lease(live_server_url: str) -> None:
    written = httpx.post(f"{live_server_url}/graphql", json={"query": LEASE}, trust_env=False)
    assert "MESQUITE A" in written.text


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_default_tabs_are_valid(query: Path) -> None:
    sdl = (Path(__file__).parents[2] / "graph_api" / "schema.graphql").read_text()
    assert validate(build_schema(sdl), parse(query.read_text())) == []


@pytest.mark.usefixtures("built", "lease")
def test_default_query_runs_in_a_browser(live_server_url: str, page: Page, tmp_path: Path) -> None:
    origin = urlsplit(live_server_url)
    elsewhere: list[str] = []
    errors: list[str] = []
    accepted: list[str] = []
    workers: list[str] = []

    def admit(route: Route) -> None:
        url = urlsplit(route.request.url)
        if (url.scheme, url.netloc) == (origin.scheme, origin.netloc):
            if route.request.method == "POST":
                accepted.append(route.request.headers["accept"])
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            errors.append(f"{message.text} ({message.location})")

    page.context.route("**/*", admit)
    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("worker", lambda worker: workers.append(worker.url))
    page.on("websocket", lambda websocket: elsewhere.append(websocket.url))

    page.goto(f"{live_server_url}/graphql")
    expect(page.locator(".graphiql-tab")).to_have_count(len(QUERIES))
    titles = [title.strip() for title in page.locator(".graphiql-tab").all_inner_texts()]
    assert titles == [operation_name(query) for query in QUERIES]
    for plugin in ("Documentation Explorer", "History", "GraphiQL Explorer"):
        expect(page.get_by_role("button", name=f"Show {plugin}")).to_be_visible()

    # The execute button does nothing until both editors are there.
    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text(titles[0])
    expect(page.locator(".graphiql-response .view-lines")).to_be_attached()
    with page.expect_response(
        lambda response: (
            response.request.method == "POST"
            and (response.request.post_data_json or {}).get("operationName") == titles[0]
        )
    ) as answered:
        page.get_by_role("button", name="Execute query").click()
    result = answered.value.json()
    assert "errors" not in result, json.dumps(result["errors"])
    field = next(iter(result["data"]))
    expect(page.locator(".graphiql-response .view-lines")).to_contain_text(f'"{field}"')
    assert result["data"]["leases"]["nodes"][0]["name"] == "MESQUITE A"

    # Each pane beside the editor opens; the explorer reads the schema that was introspected.
    for plugin, selector in (
        ("History", ".graphiql-history"),
        ("Documentation Explorer", ".graphiql-doc-explorer"),
        ("GraphiQL Explorer", ".graphiql-explorer-root"),
    ):
        page.get_by_role("button", name=f"Show {plugin}").click()
        expect(page.locator(selector)).to_be_visible()
    expect(page.locator(".graphiql-explorer-root")).to_contain_text(field)

    screenshot = tmp_path / "graphiql.png"
    page.screenshot(path=screenshot)
    print(f"screenshot: {screenshot}")

    # A field that is not there is marked in the editor, which takes the bundled worker.
    page.locator(".graphiql-query-editor .view-line", has_text="totalCount").first.click()
    page.keyboard.type("IsNotThere")
    expect(page.locator(".graphiql-query-editor .squiggly-error").first).to_be_attached()
    assert set(accepted) == {"application/graphql-response+json, application/json"}
    assert any("/graphql.worker-" in url for url in workers), workers
    assert all(url.startswith(f"{live_server_url}/graphql/assets/") for url in workers), workers
    assert elsewhere == []
    assert errors == []


PASSWORD = "correct horse battery staple"
ACCESS_COOKIE = "__Host-graph-api-access"


@pytest.fixture
def ann(settings: Settings, tenant: str) -> SignedIn:
    """A user who can sign in, and has done so elsewhere."""

    async def added() -> SignedIn:
        assert settings.database_url is not None
        database = await Database.connect(settings.database_url, settings)
        try:
            return await SignedIn.begin(
                database, settings, tenant, [Role.OPERATOR], password=PASSWORD
            )
        finally:
            await database.close()

    # before the browser is there, which has an event loop of its own
    return asyncio.run(added())


@pytest.fixture
def guarded_url(settings: Settings) -> Iterator[str]:
    """The address of a server that knows nobody who has not signed in."""
    with served(settings.model_copy(update={"port": 0})) as server:
        yield server.address


def run_in_editor(page: Page, name: str, query: str) -> None:
    page.locator(".graphiql-query-editor .view-lines").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)
    # the editor has closed a brace by itself
    page.keyboard.press("Control+Shift+End")
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    # what is run is what was read, a moment after it was typed
    expect(page.locator(".graphiql-tab").first).to_contain_text(name)
    page.get_by_role("button", name="Execute query").click()


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.usefixtures("built")
def test_a_user_signs_in_runs_a_query_and_signs_out(
    guarded_url: str, ann: SignedIn, page: Page, tmp_path: Path
) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda websocket: sockets.append(websocket.url))
    bar = page.get_by_role("region", name="Sign-in")
    answer = page.locator(".graphiql-response .view-lines")

    page.goto(f"{guarded_url}/graphql")
    expect(bar).to_contain_text("Nobody is signed in.")
    sign_in(page, ann.email, "not the password")
    expect(bar.get_by_role("alert")).to_contain_text("the email or the password is wrong")
    sign_in(page, ann.email.upper(), PASSWORD)
    expect(bar).to_contain_text(ann.email)
    expect(bar).to_contain_text(f"{ann.tenant_id} · operator")

    kept = {one["name"]: one for one in page.context.cookies(f"{guarded_url}/graphql/refresh")}
    assert set(kept) == {ACCESS_COOKIE, "__Secure-graph-api-refresh", "__Host-graph-api-csrf"}
    readable = [name for name, one in kept.items() if not one["httpOnly"]]
    assert readable == ["__Host-graph-api-csrf"]
    assert {one["sameSite"] for one in kept.values()} == {"Strict"}
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert kept[ACCESS_COOKIE]["value"] not in stored
    assert PASSWORD not in stored

    run_in_editor(page, "Mine", "query Mine { me { subject } leases { totalCount } }")
    expect(answer).to_contain_text(f'"subject": "{ann.email}"')
    expect(answer).to_contain_text('"totalCount": 0')
    screenshot = tmp_path / "signed-in.png"
    page.screenshot(path=screenshot)
    print(f"screenshot: {screenshot}")

    # The access token is over, as after fifteen minutes: a refresh comes before the answer.
    page.context.clear_cookies(name=ACCESS_COOKIE)
    run_in_editor(page, "Tenant", "query Tenant { me { tenant } }")
    expect(answer).to_contain_text(f'"tenant": "{ann.tenant_id}"')

    page.context.clear_cookies(name=ACCESS_COOKIE)
    run_in_editor(
        page,
        "Changes",
        "subscription Changes { entityChanged { ... on ChangeRecord { cursor } } }",
    )
    expect(page.get_by_role("button", name="Stop query")).to_be_visible()
    page.wait_for_timeout(1000)
    expect(answer).not_to_contain_text("errors")
    assert len(sockets) == 1
    page.get_by_role("button", name="Stop query").click()

    bar.get_by_role("button", name="Sign out").click()
    expect(bar).to_contain_text("Nobody is signed in.")
    assert page.context.cookies(f"{guarded_url}/graphql/refresh") == []
    run_in_editor(page, "Leases", "query Leases { leases { totalCount } }")
    expect(answer).to_contain_text("UNAUTHENTICATED")
