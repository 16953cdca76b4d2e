"""`graph-api doctor` on databases with one thing broken each."""

import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from graph_api.cli import app
from graph_api.core import embedded_cluster
from graph_api.core.age import SESSION_SETTINGS
from graph_api.core.connection_pool import ConnectionPool
from graph_api.core.database import Database
from graph_api.core.doctor import Examination, Finding, Verdict, examine
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.graph.reading import GraphReader
from graph_api.core.migrations import migrate
from graph_api.core.reachability import Reachability
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.settings import Settings
from tests.databases import empty_database, migrated_database, url_of_role

REGISTRY = graph_registry()
CHECKS = [
    "database",
    "extension age",
    "extension vector",
    "migrations",
    "preloaded library",
    "age_unnest estimate",
    "leakproof functions",
    "row-level security",
    "session settings",
    "labels",
    "unique keys",
    "reading indexes",
]


@pytest.fixture
async def own_url(database_url: str) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, server_settings=SESSION_SETTINGS)
    try:
        for one in statements:
            await connection.execute(one)
    finally:
        await connection.close()


async def findings(url: str) -> dict[str, Finding]:
    return {one.check: one for one in await examine(url, Settings(database_url=url), REGISTRY)}


async def only_problem(url: str) -> Finding:
    """The one finding that is not well."""
    found = await findings(url)
    assert list(found) == CHECKS
    problems = [one for one in found.values() if one.verdict is not Verdict.OK]
    assert len(problems) == 1, problems
    assert problems[0].remedies
    return problems[0]


async def test_a_migrated_database_is_well(own_url: str) -> None:
    found = await findings(own_url)
    assert list(found) == CHECKS
    assert {one.verdict for one in found.values()} == {Verdict.OK}
    assert not any(one.remedies for one in found.values())


async def test_an_empty_database_lacks_extensions_and_migrations(database_url: str) -> None:
    async with empty_database(database_url) as url:
        found = await findings(url)
    assert {name: one.verdict.value for name, one in found.items()} == {
        "database": "ok",
        "extension age": "fail",
        "extension vector": "fail",
        "migrations": "fail",
    }
    assert found["migrations"].remedies == ("graph-api migrate",)


async def test_no_server_is_told_without_a_trace() -> None:
    found = await findings("postgresql://somebody@127.0.0.1:1/nowhere")
    assert [one.verdict for one in found.values()] == [Verdict.FAIL]
    assert "GRAPH_API_DATABASE_URL" in found["database"].remedies[0]


async def test_an_unknown_database_is_told_without_a_trace(own_url: str) -> None:
    found = await findings(re.sub(r"/graph_api_own_\w+", "/no_such_database", own_url))
    assert found["database"].verdict is Verdict.FAIL
    assert "no_such_database" in found["database"].found


async def test_a_missing_migration(own_url: str) -> None:
    await execute(
        own_url,
        "delete from public.schema_migrations where number = "
        "(select max(number) from public.schema_migrations)",
    )
    found = await findings(own_url)
    assert found["migrations"].verdict is Verdict.FAIL
    assert re.search(r"missing: \d{4}_\w+", found["migrations"].found)


async def test_a_changed_migration(own_url: str) -> None:
    await execute(own_url, "update public.schema_migrations set checksum = 'x' where number = 1")
    found = await findings(own_url)
    assert found["migrations"].verdict is Verdict.FAIL
    assert "was changed after it was applied" in found["migrations"].found


async def test_a_missing_extension(own_url: str) -> None:
    await execute(own_url, "drop extension vector cascade")
    found = await findings(own_url)
    assert found["extension vector"].verdict is Verdict.FAIL
    assert found["extension vector"].found == "not created in the database"
    assert found["extension age"].verdict is Verdict.OK


async def test_the_estimate_of_age_unnest(own_url: str) -> None:
    await execute(own_url, "alter function ag_catalog.age_unnest(ag_catalog.agtype) rows 1000")
    problem = await only_problem(own_url)
    assert (problem.check, problem.verdict) == ("age_unnest estimate", Verdict.FAIL)
    assert "1000 rows" in problem.found
    assert problem.remedies == ("graph-api migrate",)


async def test_a_function_that_is_not_leakproof(own_url: str) -> None:
    function = "ag_catalog.graphid_eq(ag_catalog.graphid,ag_catalog.graphid)"
    await execute(own_url, f"alter function {function} not leakproof")
    problem = await only_problem(own_url)
    assert (problem.check, problem.verdict) == ("leakproof functions", Verdict.WARN)
    assert function in problem.found


@pytest.mark.parametrize(
    ("index", "check", "repair"),
    [
        ("Well_natural_key", "unique keys", "select graph_admin.ensure_vertex_label('Well')"),
        ("Lease_id", "unique keys", "select graph_admin.ensure_vertex_label('Lease')"),
        ("HAS_WELL_identity", "unique keys", "select graph_admin.ensure_edge_label('HAS_WELL')"),
        ("OPERATES_start", "reading indexes", "select graph_admin.ensure_edge_label('OPERATES')"),
        ("OPERATES_end", "reading indexes", "select graph_admin.ensure_edge_label('OPERATES')"),
        (
            "Well_order_total_depth_ft",
            "reading indexes",
            "select graph_admin.ensure_vertex_label("
            "'Well', order_numbers => array['total_depth_ft'])",
        ),
        (
            "Permit_reference_well_id",
            "reading indexes",
            "select graph_admin.ensure_vertex_label('Permit', reference_fields => array['well_id'])",
        ),
        (
            "Field_lookup_name",
            "reading indexes",
            "select graph_admin.ensure_vertex_label('Field', lookups => array['name'])",
        ),
    ],
)
async def test_a_lost_index_and_its_repair(
    own_url: str, index: str, check: str, repair: str
) -> None:
    await execute(own_url, f'drop index oilgas."{index}"')
    problem = await only_problem(own_url)
    assert (problem.check, problem.verdict) == (check, Verdict.FAIL)
    assert problem.found == f"{index} is missing"
    assert problem.remedies == (repair,)
    await execute(own_url, repair)
    assert {one.verdict for one in (await findings(own_url)).values()} == {Verdict.OK}


async def test_a_key_index_that_is_not_unique(own_url: str) -> None:
    await execute(
        own_url,
        'drop index oilgas."Operator_graphid"',
        'create index "Operator_graphid" on oilgas."Operator" (id)',
    )
    problem = await only_problem(own_url)
    assert problem.found == "Operator_graphid is not unique"
    await execute(own_url, *problem.remedies[0].split("; "))
    assert {one.verdict for one in (await findings(own_url)).values()} == {Verdict.OK}


async def test_an_index_that_was_left_invalid(own_url: str) -> None:
    """As `create index concurrently` leaves one that it could not finish."""
    await execute(
        own_url,
        "update pg_catalog.pg_index set indisvalid = false "
        "where indexrelid = 'oilgas.\"Well_id\"'::regclass",
    )
    problem = await only_problem(own_url)
    assert problem.found == "Well_id is invalid"


async def test_a_lost_label(own_url: str) -> None:
    await execute(own_url, "select ag_catalog.drop_label('oilgas', 'OFFSETS')")
    found = await findings(own_url)
    assert found["labels"].found == "missing: OFFSETS"
    assert found["labels"].remedies == ("select graph_admin.ensure_edge_label('OFFSETS')",)


async def test_settings_that_a_proxy_drops(own_url: str) -> None:
    settings = Settings(database_url=own_url)
    async with asyncpg.create_pool(own_url, min_size=1, max_size=1) as pool:
        reachability = Reachability()
        connections = ConnectionPool(pool, reachability, 1)
        database = Database(connections, settings, reachability)
        problem = await Examination(own_url, settings, REGISTRY, database).session_settings()
        # what it keeps at hand would be waited for
        await connections.close()
    assert problem.verdict is Verdict.FAIL
    assert "plan_cache_mode is 'auto' instead of 'force_generic_plan'" in problem.found
    assert "statement_timeout is '0' instead of '30000'" in problem.found


async def test_what_a_plain_role_cannot_set_is_a_warning(own_url: str) -> None:
    role, password = f"plain_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    await execute(
        own_url,
        f"create role {role} login password '{password}'",
        f"grant usage on schema ag_catalog, oilgas, public to {role}",
        f"grant select on all tables in schema ag_catalog, oilgas, public to {role}",
        "alter function ag_catalog.age_unnest(ag_catalog.agtype) rows 1000",
    )
    try:
        problem = await only_problem(url_of_role(own_url, role, password))
    finally:
        await execute(own_url, f"drop owned by {role}", f"drop role {role}")
    assert (problem.check, problem.verdict) == ("age_unnest estimate", Verdict.WARN)
    assert problem.remedies[0].startswith("as a superuser: alter function ag_catalog.age_unnest")


async def test_a_server_that_does_not_preload_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told; and the service works there, for superusers and for plain roles."""
    monkeypatch.setitem(embedded_cluster.SETTINGS, "shared_preload_libraries", "")
    with EmbeddedPostgres.start(tmp_path / "not-preloaded") as server:
        await migrate(server.dsn)
        problem = await only_problem(server.dsn)
        assert (problem.check, problem.verdict) == ("preloaded library", Verdict.WARN)
        await execute(
            server.dsn,
            "create role plain login",
            "grant usage on schema ag_catalog, oilgas to plain",
            'grant select on oilgas."Well" to plain',
        )
        for url in (server.dsn, url_of_role(server.dsn, "plain", "")):
            database = await Database.connect(url, Settings(database_url=url))
            try:
                found = await Examination(url, Settings(), REGISTRY, database).preloaded_library()
                assert found.verdict is Verdict.WARN
                assert await cypher_works(database)
            finally:
                await database.close()


async def cypher_works(database: Database) -> bool:
    reader = GraphReader(database, REGISTRY)
    return await reader.by_field(Viewer("t", "test"), "Well", "api_number", ["42-003-00161"]) == []


def test_the_command_prints_a_table_and_fails_where_a_check_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()
    before = runner.invoke(app, ["doctor"])
    assert before.exit_code == 1
    assert re.search(r"fail +migrations +missing: 0001_graph", before.output)
    assert "migrations: graph-api migrate\n" in before.output
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    after = runner.invoke(app, ["doctor"])
    assert after.exit_code == 0, after.output
    assert len(re.findall(r"^ok ", after.output, re.MULTILINE)) == len(CHECKS)


def test_the_command_tells_of_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", "postgresql://somebody@127.0.0.1:1/nowhere")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "check GRAPH_API_DATABASE_URL" in result.output
