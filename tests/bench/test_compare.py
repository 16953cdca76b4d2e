"""The comparisons at a tiny size: that they run, tell all, and refuse what must not be measured."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import orjson
import pytest

from bench.bulk import prepare
from bench.credentials import api_key
from bench.dataset import TENANT, Dataset
from bench.load import Exchange, WrongLoadError, graphql, load
from bench.measuring import Contestant, Plan, measure_in_turn
from bench.peers.questions import content
from bench.processors import ProcessorUse
from bench.security import WITHOUT
from bench.server import SERVE, child_environment, free_port, running_process
from bench.written import write_section
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.permissions import Role

ROOT = Path(__file__).parents[2]
WELLS = 500
TINY = ["--wells", str(WELLS), "--rounds", "1", "--seconds", "0.2", "--warm-up", "0"]
TINY += ["--connections", "2", "--client", "asyncio"]
AUDIT = "{ auditTrail(first: 1) { __typename } }"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EmbeddedPostgres]]:
    """The directory of a world of 500 wells, and its server."""
    data_dir = tmp_path_factory.mktemp("compared") / "world"
    with EmbeddedPostgres.start(data_dir) as server:
        asyncio.run(prepare(server.dsn, data_dir, Dataset(WELLS)))
        yield data_dir, server


def run(module: str, world: tuple[Path, EmbeddedPostgres], *more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *TINY, "--data-dir", str(world[0]), *more],
        cwd=ROOT,
        env=child_environment(BENCH_PEERS=str(world[0] / "nothing-is-installed-here")),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def first_columns(text: str, columns: int) -> list[tuple[str, ...]]:
    cells = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [tuple(one.strip() for one in line[:columns]) for line in cells]


def test_the_comparison_has_every_line_and_is_written_to_its_page(
    world: tuple[Path, EmbeddedPostgres], tmp_path: Path
) -> None:
    page = tmp_path / "performance.md"
    text = run("bench.compare", world, "--write", "--page", str(page))
    lines = first_columns(text, 2)
    servers = [
        "graph-api",
        "plain Strawberry + DataLoaders",
        "by hand, JSON by orjson",
        "by hand, JSON by PostgreSQL",
    ]
    for question in ("point", "page", "nested"):
        assert [server for name, server in lines if name == question] == servers
    assert [name for name, _ in lines][-4:] == ["hub", "deep", "wide", "mixed"]
    assert "PostGraphile 5, tables, is left out: it is not installed" in text
    assert text.strip() in page.read_text()


def test_the_overhead_of_security_has_a_line_for_each_query(
    world: tuple[Path, EmbeddedPostgres],
) -> None:
    lines = first_columns(run("bench.security", world), 1)
    assert lines[2:] == [("point",), ("page",), ("nested",), ("hub",), ("neighborhood",)]


def test_without_security_nothing_is_refused_and_the_owner_reads(
    world: tuple[Path, EmbeddedPostgres],
) -> None:
    data_dir, server = world
    key = asyncio.run(api_key(server.dsn, data_dir, TENANT, Role.VIEWER))
    asked = graphql(AUDIT, {}, (("X-API-Key", key),))
    answers = {}
    for command in (SERVE, WITHOUT):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = child_environment(data_dir=str(data_dir), port=str(port))
        with running_process(command, environment, f"{url}/readyz"):
            answer = httpx.post(
                f"{url}/graphql", headers=dict(asked.headers), content=asked.body, trust_env=False
            ).json()
            answers[command] = answer, asyncio.run(roles_connected(server.dsn))
    refused, roles = answers[SERVE]
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert roles == {"graph_api_service"}
    answered, roles = answers[WITHOUT]
    assert "errors" not in answered
    # the feed, which none of the queries reads, still listens as the role that serves
    assert "graph_api" in roles


async def roles_connected(dsn: str) -> set[str]:

    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select usename from pg_stat_activity where application_name = 'graph-api'"
        )
    finally:
        await connection.close()
    return {row["usename"] for row in rows}


def test_answers_agree_whatever_their_form() -> None:
    connection = orjson.dumps(
        {"data": {"wells": {"nodes": [{"a": 1, "b": None}, {"b": "x", "a": 2.0}]}}}
    )
    assert content(connection) == content(b'[{"a": 2, "b": "x"}, {"b": null, "a": 1.0}]')
    assert content(connection) != content(b'[{"a": 2, "b": "x"}, {"b": null, "a": 1.5}]')
    assert content(connection) != content(b'[{"a": 2, "b": "x"}]')
    with pytest.raises(ValueError, match="no such field"):
        content(b'{"data": null, "errors": [{"message": "no such field"}]}')


SERVER = """
import http.server, itertools, sys
count = itertools.count()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        {before}
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def served_by(before: str) -> tuple[list[str], str]:
    port = free_port()
    command = [sys.executable, "-c", SERVER.replace("{before}", before), str(port)]
    return command, f"http://127.0.0.1:{port}"


def plan(pid: int) -> Plan:
    return Plan(1, 0.2, 0, 2, "asyncio", pid)


def test_failures_under_load_are_not_measured() -> None:
    # the first answer says that the server is ready
    before = "body = b'[]'; status = 200 if next(count) == 0 else 503"
    command, url = served_by(before)
    with (
        running_process(command, os.environ, url),
        pytest.raises(WrongLoadError, match=r"requests to .* failed"),
    ):
        load("asyncio", url, [Exchange("GET", "/")], 2, 0.2)


def test_answers_that_shrink_under_load_are_not_measured() -> None:
    before = "body = b'x' * (100_000 if next(count) < 2 else 10); status = 200"
    command, url = served_by(before)
    with running_process(command, os.environ, url) as process:
        contestant = Contestant("shrinking", url, process.pid, [Exchange("GET", "/")])
        with pytest.raises(WrongLoadError, match="under load"):
            measure_in_turn([contestant], plan(process.pid))


def test_the_processor_is_counted_for_a_process_and_its_children() -> None:
    # the child works for 0.3 s of processor, and the parent waits
    child = "import time\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True)\ninput()"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        use = ProcessorUse(process.pid)
        assert process.stdout is not None
        process.stdout.readline()
        assert 0.2 < use.seconds() < 5
        process.communicate(b"\n")


def test_a_section_is_replaced_and_what_stands_around_it_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write_section(page, "bench.x", "## Speed", "first")
    first = page.read_text()
    assert first.startswith("## Speed\n")
    page.write_text(f"# Page\n\n{first}\nAfter.\n")
    write_section(page, "bench.x", "## Speed", "second")
    assert page.read_text() == f"# Page\n\n{first}\nAfter.\n".replace("first", "second")
    write_section(page, "bench.y", "## Speed", "third")
    assert page.read_text().count("## Speed") == 1
    assert "third" in page.read_text()
