"""`graph-api explain`: the levels of a query, and PostgreSQL's own plan of every statement."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from graph_api.cli import app
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from graph_api.querying.statement_plans import postgres_plan
from tests.core.graph.graphs import Caller

QUERY = """query Wells($county: String) {
  wells(first: 3, where: {county: {eq: $county}}, orderBy: [{field: API_NUMBER}]) {
    totalCount nodes { apiNumber checklists { status } lease { name } } } }
query Other { __typename }"""


@pytest.fixture
async def _some(services: Services, schema: GraphSchema, viewer: Viewer) -> None:
    caller = Caller(services, schema, viewer)
    lease = await caller.id_of("Lease", name="L", oilGasCode="O", district="08", rrcLeaseId="00001")
    for place in range(4):
        # what is quoted stays what it is
        well = await caller.id_of(
            "Well", apiNumber=f"42-003-0000{place + 1}", county="ANDREWS", wellName="O'BRIEN"
        )
        await caller.link("HAS_WELL", lease, well)


@pytest.fixture
def command(
    database_url: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs the command on a document."""
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", database_url)
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))

    def run(document: str, *arguments: str) -> Result:
        file = tmp_path / "query.graphql"
        file.write_text(document)
        return CliRunner().invoke(app, ["explain", str(file), "--tenant", tenant, *arguments])

    return run


@pytest.mark.usefixtures("_some")
def test_levels_and_plans_are_printed(command: Callable[..., Result]) -> None:
    told = command(QUERY, "--operation", "Wells", "--variables", '{"county": "ANDREWS"}')
    assert told.exit_code == 0, told.output
    head, *plans = told.stdout.split("\n\n")
    assert head.startswith("executor mixed (left to resolvers: wells.nodes.checklists); cost ")
    assert "in 4 statements" in head
    lines = [line.split() for line in head.splitlines()[2:]]
    assert [(one[0], one[1]) for one in lines if len(one) == 6] == [
        ("wells", "plan"),
        ("wells.nodes.lease", "plan"),
        ("wells.nodes.checklists", "resolvers"),
    ]
    assert len(plans) == 4
    for plan in plans:
        assert "actual time=" in plan
        assert "Buffers:" in plan
        assert "Execution Time:" in plan


@pytest.mark.usefixtures("_some")
def test_the_plans_are_those_of_the_service(command: Callable[..., Result]) -> None:
    """They are generic, and they read what the query read."""
    told = command('{ wells(where: {wellName: {eq: "O\'BRIEN"}}) { nodes { checklists { id } } } }')
    first = told.stdout.split("\n\n")[1]
    assert "$1" in first
    assert "rows=4.00 loops=1" in first


@pytest.mark.usefixtures("_some")
async def test_row_level_security_is_in_the_plans(services: Services, viewer: Viewer) -> None:
    """A statement that names no tenant reads that of the viewer alone."""
    anybodys = Statement("wells", 'select v.id from oilgas."Well" v', "For a test.", "sql")
    for tenant, rows in ((viewer.tenant_id, 4), ("somebody-else", 0)):
        asking = Viewer(tenant, "test")
        database = services.operation(asking).database
        first, *_ = await postgres_plan(database, asking, anybodys, (), 1)
        assert f"rows={rows}.00 loops=1" in first


async def test_values_are_quoted_by_the_database(services: Services, viewer: Viewer) -> None:
    values = ["O'BRIEN\\", None, 3, True, ["a'b", 'c"d', None], uuid4(), date(2024, 1, 2)]
    text = """select 1 where ($1::text = e'O\\'BRIEN\\\\' and $2::text is null and $3::int = 3 and $4::bool
      and $5::text[] = array['a''b', 'c"d', null] and $6::uuid is not null
      and $7::date = '2024-01-02')"""
    database = services.operation(viewer).database
    asked = Statement("values", text, "For a test.", "sql")
    first, *_ = await postgres_plan(database, viewer, asked, values, 1)
    assert "rows=1.00 loops=1" in first


def test_a_statement_that_fails_is_told(command: Callable[..., Result]) -> None:
    told = command('{ node(id: "wrong") { id } }')
    assert told.exit_code == 0
    assert told.stdout.startswith("executor standard (an error)")
    assert "error: " in told.stdout


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("mutation { deleteEntity(input: {id: 1}) { __typename } }", "this is a mutation"),
        ("subscription { entityChanged { __typename } }", "this is a subscription"),
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{ wells {", "Syntax Error"),
        (QUERY, "operationName"),
    ],
)
def test_what_is_no_query_is_refused(
    command: Callable[..., Result], document: str, said: str
) -> None:
    told = command(document)
    assert told.exit_code == 1
    assert said in told.stderr
    assert told.stdout == ""
