"""Whole lists as lines of JSON: the same as the API answers, at one moment, in little memory."""

import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from graph_api.cli import app
from graph_api.core.api.execution import run_operation
from graph_api.core.api.listing import list_document, lists_of, ordered_by
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.errors import ApiError
from graph_api.core.snapshot import SnapshotDatabase
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.models import HasWell, Lease, Well
from graph_api.querying.exporting import export_list, list_pages
from graph_api.querying.opening import Opened, QueryError
from tests.core.graph.worlds import write_entities, write_links
from tests.viewers import member

WELLS = 3200


class Lines:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def writelines(self, lines: Any) -> None:
        for line in lines:
            assert line.endswith(b"\n")
            self.found.append(orjson.loads(line))


class Nowhere:
    """Forgets what is written."""

    def __init__(self) -> None:
        self.most = 0

    def writelines(self, lines: Any) -> None:
        for _ in lines:
            pass
        self.most = max(self.most, tracemalloc.get_traced_memory()[0])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(services: Services, schema: GraphSchema) -> AsyncIterator[Opened]:
    """A tenant of some thousand wells, every eighth on one of ten leases."""
    viewer = member(f"export-{uuid4().hex[:12]}")
    tenant = viewer.tenant_id
    wells: list[Any] = []
    for start in range(0, WELLS, 400):
        wells += await write_entities(
            services,
            viewer,
            [
                Well(
                    tenant_id=tenant,
                    api_number=f"42-003-{number + 1:05}",
                    county="ANDREWS" if number % 3 else "MARTIN",
                    well_name=None if number % 5 else f"WELL {number % 70}",
                )
                for number in range(start, start + 400)
            ],
        )
    leases = await write_entities(
        services,
        viewer,
        [
            Lease.model_validate(
                {
                    "tenant_id": tenant,
                    "oil_gas_code": "O",
                    "district": "08",
                    "rrc_lease_id": f"{number + 1:05}",
                    "name": f"LEASE {number}",
                }
            )
            for number in range(10)
        ],
    )
    await write_links(
        services,
        viewer,
        [
            ("HAS_WELL", leases[place % 10], well, HasWell())
            for place, well in enumerate(wells[::8])
        ],
    )
    yield Opened(schema, services, viewer)


async def exported(asked: Opened, name: str, fields: str | None = None, **arguments: Any) -> Any:
    lines = Lines()
    document = list_document(asked.graph, name, arguments, fields)
    assert await export_list(asked, document, lines) == len(lines.found)  # type: ignore[arg-type]
    return lines.found


async def paged(asked: Opened, name: str, fields: str, given: str) -> list[Any]:
    """The same list as a client reads it, in pages of another size."""
    found: list[Any] = []
    after = None
    while True:
        result = await run_operation(
            asked.graph.schema,
            asked.services.operation(asked.viewer),
            f"""query ($after: String) {{ {name}(first: 333, after: $after {given}) {{
              edges {{ node {{ {fields} }} }} pageInfo {{ hasNextPage endCursor }} }} }}""",
            {"after": after},
        )
        page = result.body["data"][name]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_it_is_what_the_api_answers(world: Opened) -> None:
    fields = "id apiNumber wellName lease { name }"
    found = await exported(world, "wells", fields)
    assert len(found) == WELLS
    assert found == await paged(world, "wells", fields, "")


async def test_filter_and_order_are_those_of_the_list(world: Opened) -> None:
    order = ordered_by(world.graph, "wells", "WELL_NAME:DESC, API_NUMBER")
    found = await exported(
        world, "wells", "apiNumber", where={"county": {"eq": "MARTIN"}}, orderBy=order
    )
    assert 1000 < len(found) < 1100
    given = """where: {county: {eq: "MARTIN"}},
      orderBy: [{field: WELL_NAME, direction: DESC}, {field: API_NUMBER}]"""
    assert found == await paged(world, "wells", "apiNumber", given)


async def test_without_fields_it_writes_every_value(world: Opened) -> None:
    (lease, *_) = await exported(world, "leases")
    assert {"id", "entityId", "name", "district", "operatorId"} <= set(lease)
    assert not any(isinstance(one, list) for one in lease.values())


async def test_every_list_can_be_exported(world: Opened) -> None:
    names = lists_of(world.graph)
    assert {"wells", "rules", "complianceStatuses", "checklists", "auditTrail"} <= set(names)
    for name in names:
        # one's own sessions are those of a user, and the command line is none
        arguments: dict[str, Any] = {"all": True} if name == "sessions" else {}
        await exported(world, name, **arguments)


async def test_what_is_written_meanwhile_is_not_in_it(world: Opened) -> None:
    """Rows that come, and rows that change their place, in the middle of the export."""
    fields = "apiNumber county"
    before = await paged(world, "wells", fields, "orderBy: [{field: API_NUMBER}]")
    tenant = world.viewer.tenant_id
    changes = [
        Well(tenant_id=tenant, api_number=f"42-{county}-{number + 1:05}", county="REEVES")
        for county, numbers in (
            ("001", range(50)),
            ("005", range(50)),
            ("003", range(0, WELLS, 100)),
        )
        for number in numbers
    ]
    order = ordered_by(world.graph, "wells", "API_NUMBER")
    document = list_document(world.graph, "wells", {"orderBy": order}, fields)
    found: list[Any] = []
    async for nodes in list_pages(world, document):
        if not found:
            await write_entities(world.services, world.viewer, changes)
        found += nodes
    assert found == before
    after = await exported(world, "wells", fields, orderBy=order)
    assert len(after) == WELLS + 100
    assert sum(one["county"] == "REEVES" for one in after) == len(changes)


async def test_pages_shrink_to_what_one_operation_may_cost(world: Opened) -> None:
    tight = world.services.settings.model_copy(update={"operation_max_cost": 2000})
    asked = replace(world, services=replace(world.services, settings=tight))
    fields = "name wells(first: 100) { nodes { apiNumber } }"
    found = await exported(asked, "leases", fields)
    assert found == await exported(world, "leases", fields)
    assert sum(len(one["wells"]["nodes"]) for one in found) == WELLS // 8


async def test_memory_does_not_grow_with_the_list(world: Opened) -> None:
    async def most(count: int) -> int:
        sink = Nowhere()
        number = f"42-003-{count:05}"
        document = list_document(
            world.graph, "wells", {"where": {"apiNumber": {"lte": number}}}, None
        )
        tracemalloc.start()
        try:
            written = await export_list(world, document, sink)  # type: ignore[arg-type]
        finally:
            tracemalloc.stop()
        assert written >= count
        return sink.most

    await most(500)
    assert await most(WELLS) < 1.5 * await most(1000)


@pytest.mark.parametrize(
    ("name", "arguments", "fields", "told"),
    [
        ("nothing", {}, None, "there is no list nothing"),
        ("well", {}, None, "there is no list well"),
        ("wells", {"which": 1}, None, "which: wells takes where, orderBy"),
        ("wells", {"after": "x"}, None, "after: wells takes where, orderBy"),
        ("wells", {}, "apiNumber {", "fields: Syntax Error"),
        ("wells", {}, "apiNumber } query x { wells", "fields: is no selection"),
    ],
)
async def test_what_is_no_list_is_refused(
    schema: GraphSchema, name: str, arguments: dict[str, Any], fields: str | None, told: str
) -> None:
    with pytest.raises(ApiError) as raised:
        list_document(schema, name, arguments, fields)
    assert raised.value.message.startswith(told)


async def test_a_comment_in_the_selection_does_no_harm(world: Opened) -> None:
    assert await exported(world, "leases", "name # the name") == await exported(
        world, "leases", "name"
    )


async def test_a_field_that_there_is_not_fails_the_export(world: Opened) -> None:
    with pytest.raises(QueryError, match="Cannot query field 'nope'"):
        await exported(world, "wells", "nope")


async def test_a_snapshot_that_is_lost_is_not_replaced(database: Database, viewer: Viewer) -> None:
    snapshot = SnapshotDatabase(database, viewer)
    with pytest.raises(ApiError, match="database"):
        async with snapshot.kept():
            with pytest.raises(Exception, match="division by zero"):
                await snapshot.fetch(viewer, replace(statement("ready"), text="select 1 / 0"))
            await snapshot.fetch(viewer, statement("ready"))


@pytest.fixture
def command(
    world: Opened, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `graph-api`, as the tenant of the world, in a process that has no loop yet."""
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", database_url)
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("GRAPH_API_DEV_TENANT", world.viewer.tenant_id)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_the_command_writes_a_file_once_it_is_whole(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "leases.ndjson"
    told = command("export", "leases", "--fields", "name", "--order-by", "NAME", "--out", str(out))
    assert told.exit_code == 0, told.output
    assert [orjson.loads(line)["name"] for line in out.read_bytes().splitlines()] == [
        f"LEASE {number}" for number in range(10)
    ]
    assert "exported 10 leases in" in told.stderr
    assert "rows/s" in told.stderr
    failed = command("export", "leases", "--fields", "nope", "--out", str(tmp_path / "other"))
    assert failed.exit_code == 1
    assert "Cannot query field 'nope'" in failed.stderr
    assert [
        one.name for one in tmp_path.iterdir() if "leases" in one.name or one.name == "other"
    ] == ["leases.ndjson"]


def test_the_command_writes_to_standard_output(command: Callable[..., Result]) -> None:
    where = '{"name": {"eq": "LEASE 3"}}'
    told = command("export", "leases", "--where", where, "--fields", "name")
    assert (told.exit_code, told.stdout) == (0, '{"name":"LEASE 3"}\n')


@pytest.mark.parametrize(
    "arguments",
    [
        ("leases", "--where", "{"),
        ("leases", "--where", "[]"),
        ("leases", "--argument", "where"),
    ],
)
def test_arguments_that_are_no_json_are_refused(
    command: Callable[..., Result], arguments: tuple[str, ...]
) -> None:
    assert command("export", *arguments).exit_code == 2
