"""The demo: an embedded database with the sample that the project ships, and what to try."""

import asyncio
from pathlib import Path

from rich.console import Console

from graph_api.core.database import Database
from graph_api.core.graph.reading import GraphReader
from graph_api.core.migrations import migrate
from graph_api.core.server import running_database
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.entities.imports.loading import load_into
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.seeding import load_rule_seeds
from graph_api.sample import SAMPLE_DIRECTORY, SAMPLE_LOADS
from graph_api.serving import serve
from graph_api.settings import Settings

DEMO_TENANT = "demo"

FIRST_QUERY = """{
  leases(first: 1, where: {name: {startsWith: "WINDROW"}}) {
    nodes {
      rrcLeaseId name district county
      operator { name p5Number }
      wells(first: 2, orderBy: {field: API_NUMBER}) {
        totalCount
        nodes { apiNumber wellName status }
      }
      volumes(from: "2025-01-01", to: "2025-02-01") { month oilBbl casingheadMcf flaredMcf }
    }
  }
}"""

_console = Console(highlight=False)


async def prepare_demo(settings: Settings) -> None:
    """Migrate, and load the sample unless it is there."""
    async with running_database(settings) as dsn:
        await migrate(dsn)
        database = await Database.connect(dsn, settings)
        try:
            await load_reference_data(database)
            await load_rule_seeds(database, mark_snapshots_stale)
            await load_template_seeds(database)
            if not await _is_loaded(database):
                await load_sample(database, DEMO_TENANT, settings.data_dir)
        finally:
            await database.close()


async def _is_loaded(database: Database) -> bool:
    reader = GraphReader(database, graph_registry())
    return await reader.count(Viewer(DEMO_TENANT, subject="demo"), "Lease", {}) > 0


async def load_sample(database: Database, tenant: str, report_directory: Path) -> None:
    """Load the sample that the project ships into a tenant's graph."""
    await asyncio.to_thread(report_directory.mkdir, parents=True, exist_ok=True)
    for source, directory in SAMPLE_LOADS:
        report = report_directory / f"load-report-{source}.csv"
        await load_into(database, tenant, source, [SAMPLE_DIRECTORY / directory], report)


def serve_demo(settings: Settings) -> None:
    """Serve the demo until interrupted; once it listens, say where it is and what to try."""
    serve(settings.model_copy(update={"log_level": "warning"}), _announce)


def _announce(address: str) -> None:
    _console.print(f"\n[bold]GraphiQL:[/bold] {address}/graphql")
    _console.print(
        "Authentication: none is needed here. The server listens on this machine only, "
        f"and everybody on it is an administrator of the tenant “{DEMO_TENANT}”."
    )
    _console.print("A query to paste:\n")
    _console.print(FIRST_QUERY, markup=False)
