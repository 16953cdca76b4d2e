"""What security costs: `python -m bench.security`.

Asks the five queries of the benchmark of two servers in turn, A B B A: one as it is in production,
and one with row-level security, permissions and cost taken out (`bench.insecure`).
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.bulk import OtherDatasetError, prepare
from bench.credentials import api_key
from bench.dataset import TENANT, Dataset
from bench.load import Exchange, WrongLoadError, client_name, graphql
from bench.measuring import Caller, Contestant, Plan, Turn, measure_in_turn, median_alone
from bench.peers.questions import content
from bench.queries import Query, queries
from bench.report import shown, table
from bench.server import (
    SERVE,
    UNLIMITED,
    ServerFailedError,
    child_environment,
    free_port,
    running_process,
)
from bench.written import DOCS, write_section
from graph_api.core.embedded import EmbeddedPostgres, EmbeddedPostgresError
from graph_api.core.migrations import MigrationError
from graph_api.core.permissions import Role

PAGE = DOCS / "operations.md"
MOST = 1.15
"""How much longer a query may take with security than without."""

_ON, _OFF = "on", "off"
_ALONE_SECONDS = 0.5
_WITHOUT = (sys.executable, "-m", "bench.insecure")


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two."""

    url: str
    pid: int


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print one table; exit status 1 where security costs more than it may."""
    options = _options(given)
    try:
        with EmbeddedPostgres.start(options.data_dir) as postgres:
            dataset = Dataset(options.wells)
            asyncio.run(prepare(postgres.dsn, options.data_dir, dataset))
            if postgres.pid is None:
                raise ValueError("PostgreSQL does not say which process it is")
            plan = Plan(options.rounds, options.seconds, options.connections, postgres.pid)
            text, worst = _measured(options, dataset, postgres.dsn, plan)
    except (
        EmbeddedPostgresError,
        MigrationError,
        OtherDatasetError,
        ServerFailedError,
        WrongLoadError,
        ValueError,
        subprocess.SubprocessError,
    ) as error:
        _say(str(error))
        raise SystemExit(1) from None
    print(text)
    if options.write:
        write_section(options.page, "bench.security", "## Overhead of security", text)
        _say(f"written to {options.page}")
    if options.check and worst > MOST:
        raise SystemExit(f"security costs {worst:.2f} times, and may cost {MOST}")


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.security", description=__doc__)
    parser.add_argument("--wells", type=int, default=100_000, help="size of the world")
    parser.add_argument("--data-dir", type=Path, help="as of `python -m bench`")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each server")
    parser.add_argument("--seconds", type=int, default=2, help="whole seconds of a turn")
    parser.add_argument("--connections", type=int, default=8, help="connections at one time")
    parser.add_argument("--check", action="store_true", help=f"fail beyond {MOST} times")
    parser.add_argument("--write", action="store_true", help=f"write it to {PAGE.name} too")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that --write writes to")
    options = parser.parse_args(given)
    if options.data_dir is None:
        options.data_dir = Path(__file__).with_name(".data") / str(options.wells)
    return options


def _measured(
    options: argparse.Namespace, dataset: Dataset, dsn: str, plan: Plan
) -> tuple[str, float]:
    """The table, and the highest ratio in it."""
    key = asyncio.run(api_key(dsn, options.data_dir, TENANT, Role.VIEWER))
    headers = (("X-API-Key", key),)
    rows, ratios = [], []
    with ExitStack() as stack:
        servers = {
            name: _started(command, options.data_dir, stack)
            for name, command in ((_ON, SERVE), (_OFF, _WITHOUT))
        }
        for query in queries(dataset):
            _say(query.name)
            asked = [graphql(query.document, one, headers) for one in query.variables]
            row, ratio = _row(query, asked, servers, plan)
            rows.append(row)
            ratios.append(ratio)
    titles = ["query", "per second, on", "off", "time, on ÷ off", "alone ms, on", "off", "on ÷ off"]
    return f"{table(titles, rows)}\n\n{_conditions(options)}", max(ratios)


def _started(command: Sequence[str], data_dir: Path, stack: ExitStack) -> Server:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = child_environment(data_dir=str(data_dir), port=str(port), **UNLIMITED)
    process = stack.enter_context(
        running_process(command, environment, f"{url}/readyz", says=subprocess.DEVNULL)
    )
    return Server(url, process.pid)


def _row(
    query: Query, asked: Sequence[Exchange], servers: dict[str, Server], plan: Plan
) -> tuple[list[str], float]:
    """The cells of a query, and how many times longer it takes with security."""
    said = {
        name: [content(caller.answer(one)) for one in asked]
        for name, caller in ((name, Caller(server.url)) for name, server in servers.items())
    }
    if said[_ON] != said[_OFF]:
        raise ValueError(f"{query.name} is answered otherwise without security")
    contestants = [Contestant(name, one.url, one.pid, asked) for name, one in servers.items()]
    turns = measure_in_turn(contestants, plan)
    ratio = _ratio(turns[_ON], turns[_OFF])
    on, off = (_alone(servers[name].url, asked) for name in (_ON, _OFF))
    cells = [_per_second(turns[_ON]), _per_second(turns[_OFF]), ratio, on, off, on / off]
    return [query.name, *map(shown, cells)], ratio


def _ratio(on: Sequence[Turn], off: Sequence[Turn]) -> float:
    """The median of the ratios of turns that followed one another."""
    return statistics.median(
        without.load.per_second / with_it.load.per_second
        for with_it, without in zip(on, off, strict=True)
    )


def _per_second(turns: Sequence[Turn]) -> float:
    return statistics.median(one.load.per_second for one in turns)


def _alone(url: str, asked: Sequence[Exchange]) -> float:
    return median_alone(url, asked, _ALONE_SECONDS)


def _conditions(options: argparse.Namespace) -> str:
    return (
        f"{options.wells:,} wells; requests per second over {options.connections} connections, "
        f"{options.rounds} turns of {options.seconds} s of each server, A B B A, and the median of "
        f"the turns' ratios; alone: the median of one request at a time. {os.cpu_count()} cores "
        f"shared with PostgreSQL and the client ({client_name()}), Python "
        f"{platform.python_version()}. At most {MOST} is wanted. Again: "
        "`.venv/bin/python -m bench.security --write`."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
