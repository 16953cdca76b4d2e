"""GraphiQL from our own origin: the built page, its assets, and a page for where it is not built.

`npm ci && npm run build` in `web/` writes the bundle to `graph_api/static/graphiql/`: `index.html`
and, under `assets/`, files with their content's hash in their name. Nothing of it is loaded from
anywhere else, which `CONTENT_SECURITY_POLICY` makes the browser enforce.
"""

import html
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

GRAPHIQL_DIR: Final = Path(__file__).parent.parent / "static" / "graphiql"
"""Where the build writes the bundle."""

ASSETS_PATH: Final = "/graphql/assets"
"""Where the assets are served; the built page names them by this absolute path."""

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the editor writes <style> elements
        "font-src 'self' data:",  # GraphiQL's stylesheet holds its fonts
        "img-src 'self' data:",  # the editor's stylesheet holds its icons
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the GraphiQL page may load: our own origin, and what its stylesheets hold in themselves."""

_SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_HEADERS: Final = {**_SECURITY_HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"}

_NOT_BUILT_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GraphiQL is not built – graph-api</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 4rem auto; padding: 0 1rem; }
  pre { padding: 1rem; overflow-x: auto; border: 1px solid; border-radius: .3rem; }
</style>
</head>
<body>
<h1>GraphiQL is not built</h1>
<p>The API is running; this page, its query editor, is not there because <code>npm</code> was absent
when <code>make install</code> ran. With Node.js and <code>npm</code> on the <code>PATH</code>,
run this in the project's directory and reload:</p>
<pre>make install</pre>
<p>The API needs none of it. To POST a query:</p>
<pre>curl -sS %(endpoint)s \\
  -H 'Content-Type: application/json' \\
  -d '{"query": "{ leases(first: 3) { totalCount nodes { rrcLeaseId name } } }"}'</pre>
</body>
</html>
"""


class _HashedFiles(StaticFiles):
    """Files whose name changes with their content, so that a copy never goes stale."""

    async def check_config(self) -> None:
        """Let the directory be absent: before the build, every asset is simply not found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file, to be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers.update(_SECURITY_HEADERS)
        if response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def graphiql_routes(directory: Path = GRAPHIQL_DIR) -> list[BaseRoute]:
    """Return the routes of the bundle's assets; the page itself is `graphiql_page`."""
    assets = _HashedFiles(directory=directory / "assets", check_dir=False)
    return [Mount(ASSETS_PATH, app=assets, name="graphiql-assets")]


def graphiql_page(
    directory: Path = GRAPHIQL_DIR, *, endpoint: str = "http://127.0.0.1:8000/graphql"
) -> Response:
    """Return the GraphiQL page, or one that says how to build it.

    `endpoint` is the URL that the latter names in its `curl` example.
    """
    try:
        page = (directory / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        page = _NOT_BUILT_PAGE % {"endpoint": html.escape(endpoint)}
    return HTMLResponse(page, headers=_PAGE_HEADERS)
