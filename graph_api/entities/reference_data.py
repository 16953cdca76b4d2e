"""Records that all tenants share and that the service itself brings: the regulations."""

from pathlib import Path

from graph_api.core.database import Database
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.entities.graph import graph_registry
from graph_api.entities.imports.records_csv import read_records
from graph_api.entities.imports.runner import ImportRunner
from graph_api.entities.imports.summary import LoadReport, LoadSummary

REFERENCE_DIRECTORY = Path(__file__).with_name("reference")


class _Silence:
    def total_bytes(self, count: int) -> None:
        pass

    def advance_bytes(self, count: int) -> None:
        pass


async def load_reference_data(database: Database) -> LoadSummary:
    """Write the regulations that come with this version; changes nothing where they are there."""
    viewer = Viewer(
        SHARED_TENANT, subject="migration", actor_type="system", administers_shared=True
    )
    with LoadReport(None) as report:
        runner = ImportRunner(database, graph_registry(), viewer, report)
        return await runner.run(read_records([REFERENCE_DIRECTORY], _Silence()))
