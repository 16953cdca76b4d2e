"""Runs a load from the command line: a progress bar while it lasts, a summary at the end."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from graph_api.core.database import Database
from graph_api.core.migrations import MigrationError
from graph_api.core.server import running_database
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.entities.imports.formats import FORMATS
from graph_api.entities.imports.records import Record
from graph_api.entities.imports.runner import ImportRunner
from graph_api.entities.imports.summary import LoadReport, LoadSummary
from graph_api.settings import Settings

_console = Console(stderr=True, highlight=False)
_OUTCOMES = ("CREATED", "UPDATED", "UNCHANGED", "UNMATCHED")


class ProgressBar:
    """A reader's progress as a bar with rate and remaining time."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def total_bytes(self, count: int) -> None:
        """The size of all input, in bytes as stored."""
        self._bar.update(self._task, total=count)

    def advance_bytes(self, count: int) -> None:
        """`count` more bytes of input have been read."""
        self._bar.advance(self._task, count)


async def load_files(
    settings: Settings, tenant: str, source: str, paths: list[Path], report: Path | None
) -> LoadSummary:
    """Load files of a format into a tenant's graph.

    Raises UnrecognisedFile for a file that is not of the format, MigrationError where the
    database lacks a migration.
    """
    async with running_database(settings) as dsn:
        database = await Database.connect(dsn, settings)
        try:
            if await database.pending_migrations():
                raise MigrationError("the database lacks migrations; run `graph-api migrate`")
            return await load_into(database, tenant, source, paths, report)
        finally:
            await database.close()


async def load_into(
    database: Database, tenant: str, source: str, paths: list[Path], report: Path | None
) -> LoadSummary:
    """Load files of a format on an open pool, showing progress and a summary."""
    where = report or Path(f"load-report-{source}.csv")
    viewer = Viewer(tenant, subject="import", actor_type="system", administers_shared=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with LoadReport(where) as found, Progress(*columns, console=_console) as bar:
        task = bar.add_task(f"load {source}", total=None)
        records: Iterator[Record] = FORMATS[source].read(paths, ProgressBar(bar, task))
        runner = ImportRunner(database, graph_registry(), viewer, found)
        summary = await runner.run(records)
    _show(summary, where)
    return summary


def _show(summary: LoadSummary, report: Path) -> None:
    table = Table("kind", *(outcome.lower() for outcome in _OUTCOMES))
    for kind, counts in summary.by_kind.items():
        table.add_row(kind, *(f"{counts[outcome]:,}" for outcome in _OUTCOMES))
    _console.print(table)
    _console.print(
        f"read {summary.read:,} records; created {summary.total('CREATED'):,}, "
        f"updated {summary.total('UPDATED'):,}, unchanged {summary.total('UNCHANGED'):,}, "
        f"rejected {summary.rejected:,}, unmatched {summary.unmatched_count:,}; "
        f"{summary.remarks:,} remarks"
    )
    for key, count in summary.unmatched.most_common(5):
        _console.print(f"unmatched: {key}, named {count:,} times")
    if summary.rejected or summary.unmatched or summary.remarks:
        _console.print(f"details: {report}")
