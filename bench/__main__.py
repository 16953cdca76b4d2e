"""The command: prepares the world, measures, and prints one table."""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.bulk import Prepared, prepare
from bench.client import Task, Timings
from bench.dataset import Dataset
from bench.failing import failures_told, say
from bench.loading import Source, default_source, time_loads
from bench.queries import Query, queries
from bench.report import Row, markdown, query_row, rows_written
from bench.server import running_server
from bench.statements import Asked, statements_of
from graph_api.core.embedded import EmbeddedPostgres

# what may still run when the parts' own limits are over: the last requests, and starting up
_GRACE_SECONDS = 60.0


def main(given: Sequence[str] | None = None) -> None:
    """Run the benchmark; what we know can go wrong is told in a sentence."""
    options = _options(given)
    with failures_told():
        dataset = Dataset(options.wells)
        say(f"a world of {dataset.wells:,} wells in {options.data_dir}")
        with EmbeddedPostgres.start(options.data_dir) as server:
            prepared = asyncio.run(prepare(server.dsn, options.data_dir, dataset))
            rows = [_copy_row(prepared), *_measured(options, dataset, server.dsn)]
        rows += _load_rows(options)
    print(markdown(rows))
    if options.json is not None:
        options.json.write_text(json.dumps(_document(options, rows), indent=2) + "\n", "utf-8")


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures loading and five typical queries; see bench/README.md.",
    )
    parser.add_argument("--wells", type=int, default=100_000, help="size of the world")
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="embedded database of the world, kept for the next run; bench/.data/WELLS by default",
    )
    parser.add_argument("--warm-up", type=int, default=10, help="requests before each query")
    parser.add_argument(
        "--repetitions", type=int, default=200, help="requests of each query, on each connection"
    )
    parser.add_argument("--connections", type=int, default=8, help="connections at one time")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="most seconds for each part of a query"
    )
    parser.add_argument(
        "--load", type=Path, metavar="DIR", help="a directory of the permian format to load"
    )
    parser.add_argument("--no-load", action="store_true", help="leave the loads out")
    parser.add_argument(
        "--load-seconds", type=float, default=60.0, help="most seconds for each load"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    options = parser.parse_args(given)
    for name in ("warm_up", "repetitions", "connections"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if options.data_dir is None:
        options.data_dir = Path(__file__).with_name(".data") / str(options.wells)
    return options


def _copy_row(prepared: Prepared) -> Row:
    name = "COPY the world" if prepared.seconds is not None else "COPY the world (it was there)"
    return rows_written(name, prepared.vertices + prepared.edges, prepared.seconds)


def _measured(options: argparse.Namespace, dataset: Dataset, dsn: str) -> list[Row]:
    """The rows of all queries, after that of a request without any."""
    measured = queries(dataset)
    asked = asyncio.run(statements_of(dsn, options.data_dir, measured))
    with running_server(options.data_dir) as url:
        say("nothing: GET /healthz")
        rows = [query_row("no query", None, _timed(options, f"{url}/healthz", None))]
        for query in measured:
            say(query.name)
            rows.append(_query_row(options, f"{url}/graphql", query, asked[query.name]))
    return rows


def _query_row(options: argparse.Namespace, url: str, query: Query, asked: Asked) -> Row:
    return query_row(query.name, asked, _timed(options, url, query))


def _timed(options: argparse.Namespace, url: str, query: Query | None) -> Timings:
    task = Task(
        url=url,
        document=query.document if query else None,
        variables=query.variables if query else [{}],
        warm_up=options.warm_up,
        repetitions=options.repetitions,
        connections=options.connections,
        seconds=options.seconds,
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=task.model_dump_json(),
        capture_output=True,
        text=True,
        timeout=2 * options.seconds + _GRACE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"the client failed:\n{done.stderr[-2000:]}")
    return Timings.model_validate_json(done.stdout)


def _load_rows(options: argparse.Namespace) -> list[Row]:
    if options.no_load:
        return []
    source = default_source()
    if options.load is not None:
        source = Source(name="permian", loads=[("permian", options.load)])
    if source is None:
        say("there is neither a genuine directory nor a sample to load")
        return [Row(name="load, first run"), Row(name="load, second run")]
    rows = []
    for run, loaded in zip(
        ("first", "second"), time_loads(source, options.load_seconds), strict=True
    ):
        name = f"load {source.name}, {run} run"
        if loaded is None:
            rows.append(Row(name=f"{name}: more than {options.load_seconds:g} s"))
        else:
            rows.append(rows_written(name, loaded.read, loaded.seconds))
    return rows


def _document(options: argparse.Namespace, rows: Sequence[Row]) -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "options": {
            name: str(value) if isinstance(value, Path) else value
            for name, value in sorted(vars(options).items())
        },
        "rows": [row.model_dump() for row in rows],
    }


if __name__ == "__main__":
    main()
