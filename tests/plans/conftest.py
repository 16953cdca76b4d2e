"""A database of worlds, and documents run on them by plans and by the standard executor."""

import asyncio
import csv
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.viewer import SHARED_TENANT
from graph_api.entities.imports.permian import read_permian
from graph_api.entities.imports.runner import ImportRunner
from graph_api.entities.imports.summary import LoadReport
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.rules.seeding import load_rule_seeds
from graph_api.settings import Settings
from tests.core.graph.plans import connect
from tests.core.graph.worlds import World, make_world, oracle_of
from tests.databases import migrated_database
from tests.plans.both_ways import BothWays
from tests.plans.odd_rows import write_odd_rows
from tests.plans.vocabulary import Vocabulary
from tests.tenants.world import fill
from tests.viewers import member

GENUINE = Path(
    os.environ.get("GRAPH_API_TEST_RRC_DIR")
    or Path(__file__).parents[2] / ".." / "shared" / "data" / "rrc"
)
_TABLES = ("facilities.csv", "permits.csv", "leases.csv", "wells.csv", "production.csv")
_GENUINE_LEASES = 60


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def loop() -> AsyncIterator[asyncio.AbstractEventLoop]:
    """The loop that the database's connections live on."""
    yield asyncio.get_running_loop()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def plan_services(
    database_url: str, settings: Settings, schema: GraphSchema
) -> AsyncIterator[Services]:
    """Services on a database of its own, with all that tenants share."""
    async with migrated_database(database_url) as url:
        # whole lists of whole lists of whole lists
        costly = settings.model_copy(update={"operation_max_cost": 10**12, "database_url": url})
        database = await Database.connect(url, costly)
        feed = ChangeFeed(url, database)
        await feed.start()
        await load_reference_data(database)
        await load_rule_seeds(database)
        await load_template_seeds(database)
        yield Services(costly, database, schema.registry, feed)
        await feed.stop()
        await database.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def both_ways(plan_services: Services, schema: GraphSchema) -> AsyncIterator[BothWays]:
    """Runs documents both ways, and counts what plans answer."""
    both = BothWays(plan_services, schema)
    with both.observed():
        yield both


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def vocabularies(
    plan_services: Services, schema: GraphSchema
) -> AsyncIterator[list[tuple[World, Vocabulary]]]:
    """A tenant with something of everything, and two with much that is awkward."""
    assert plan_services.settings.database_url is not None
    admin = await connect(plan_services.settings.database_url)
    everything = member("everything", subject="test", administers_shared=True)
    known = await fill(plan_services, schema, everything, admin)
    # a regulation of one's own, which is none
    await admin.execute(
        """delete from oilgas."Regulation" where properties ->> 'natural_key'::text = 'ZEBRA'"""
    )
    worlds = [World(everything, await oracle_of(plan_services, everything))]
    for seed in (1, 2):
        made = await make_world(plan_services, seed)
        await write_odd_rows(admin, made)
        worlds.append(World(made.viewer, await oracle_of(plan_services, made.viewer)))
    await admin.close()
    shared = await oracle_of(plan_services, member(SHARED_TENANT))
    for one in worlds:
        one.oracle.entities["Regulation"] = shared.entities["Regulation"]
    texts = ("a", "7", "SWR_37", known.rule_identifier, "", "ZEBRA")
    core = schema.schema._schema
    yield [
        (one, Vocabulary(core, one.oracle, worlds[place - 1].oracle, texts))
        for place, one in enumerate(worlds)
    ]


class _Silence:
    def total_bytes(self, count: int) -> None: ...

    def advance_bytes(self, count: int) -> None: ...


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def genuine(
    plan_services: Services, schema: GraphSchema, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[tuple[World, Vocabulary]]]:
    """Some of the genuine Permian records: a few dozen leases with what belongs to them."""
    directory = tmp_path_factory.mktemp("genuine")
    _write_some(directory)
    viewer = member("genuine", subject="test")
    with LoadReport(None) as report:
        runner = ImportRunner(plan_services.database, plan_services.registry, viewer, report)
        await runner.run(read_permian([directory / name for name in _TABLES], _Silence()))
    world = World(viewer, await oracle_of(plan_services, viewer))
    assert len(world.oracle.entities["Lease"]) >= _GENUINE_LEASES
    yield [(world, Vocabulary(schema.schema._schema, world.oracle))]


def _write_some(directory: Path) -> None:
    """The genuine tables, cut down to some leases, their wells and months, and some permits."""
    leases: set[tuple[str, str]] = set()
    for name in ("wells.csv", "leases.csv", "production.csv", "permits.csv", "facilities.csv"):
        with (GENUINE / "permian" / name).open(newline="", encoding="utf-8") as given:
            rows = csv.DictReader(given)
            kept: list[dict[str, str]] = []
            for row in rows:
                if "lease_number" in row:
                    lease = (row["lease_district"], row["lease_number"])
                    if name == "wells.csv" and len(leases) < _GENUINE_LEASES:
                        leases.add(lease)
                    if lease not in leases:
                        continue
                elif len(kept) >= _GENUINE_LEASES:
                    break
                kept.append(row)
        with (directory / name).open("w", newline="", encoding="utf-8") as written:
            table = csv.DictWriter(written, rows.fieldnames or [])
            table.writeheader()
            table.writerows(kept)
