"""Times a load of files, twice: into a fresh database, and again, when nothing changes.

Run as a process of its own, so that it can be stopped when it takes too long.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel

from bench.dataset import TENANT
from bench.server import child_environment
from graph_api.core.database import Database
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.migrations import migrate
from graph_api.entities.imports.loading import load_into
from graph_api.sample import SAMPLE_DIRECTORY, SAMPLE_LOADS
from graph_api.settings import Settings

GENUINE_DIRECTORY = Path(__file__).parents[2] / "shared" / "data" / "rrc" / "permian"


class Loaded(BaseModel):
    """One load of everything, timed from the open database to the last commit."""

    seconds: float
    read: int
    changed: int
    rejected: int
    unmatched: int


class Source(BaseModel):
    """What to load: a name for it, and the formats with their paths, in order."""

    name: str
    loads: list[tuple[str, Path]]


def default_source() -> Source | None:
    """The genuine directory if it is there, else the sample that ships; None without either."""
    if GENUINE_DIRECTORY.is_dir():
        return Source(name="permian", loads=[("permian", GENUINE_DIRECTORY)])
    loads = [(source, SAMPLE_DIRECTORY / directory) for source, directory in SAMPLE_LOADS]
    return Source(name="sample", loads=loads) if loads else None


def time_loads(source: Source, seconds_each: float) -> Iterator[Loaded | None]:
    """The first load into a fresh database and the second; None for one that had to be stopped."""
    # where the account that the server runs under can reach it
    with TemporaryDirectory(prefix="graph-api-bench-") as directory:
        data_dir = Path(directory)
        data_dir.chmod(0o755)
        with EmbeddedPostgres.start(data_dir) as server:
            asyncio.run(_migrate(server.dsn))
            for _ in range(2):
                yield (loaded := _load_in_child(source, server.dsn, data_dir, seconds_each))
                if loaded is None:
                    yield None
                    return


async def _migrate(dsn: str) -> None:
    await migrate(dsn)


def _load_in_child(source: Source, dsn: str, data_dir: Path, seconds: float) -> Loaded | None:
    command = [sys.executable, "-m", "bench.loading", dsn, str(data_dir)]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            input=source.model_dump_json(),
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds,
            env=child_environment(),
            check=True,
        )
    except subprocess.TimeoutExpired:
        return None
    return Loaded.model_validate_json(done.stdout)


async def load(source: Source, dsn: str, report_directory: Path) -> Loaded:
    """Load everything of a source into a migrated database."""
    settings = Settings(database_url=dsn, data_dir=report_directory)
    database = await Database.connect(dsn, settings)
    try:
        started = time.perf_counter()
        summaries = [
            await load_into(
                database, TENANT, form, [path], report_directory / f"load-report-{form}.csv"
            )
            for form, path in source.loads
        ]
        seconds = time.perf_counter() - started
    finally:
        await database.close()
    return Loaded(
        seconds=seconds,
        read=sum(one.read for one in summaries),
        changed=sum(one.changed for one in summaries),
        rejected=sum(one.rejected for one in summaries),
        unmatched=sum(one.unmatched_count for one in summaries),
    )


def main(arguments: Sequence[str]) -> None:
    """Load the source of standard input into a database, and say how it went."""
    dsn, directory = arguments
    source = Source.model_validate_json(sys.stdin.read())
    sys.stdout.write(asyncio.run(load(source, dsn, Path(directory))).model_dump_json())


if __name__ == "__main__":
    main(sys.argv[1:])
