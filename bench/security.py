"""What security costs: `python -m bench.security`.

Asks the five queries of the benchmark of two servers in turn, A B B A: one as it is in production,
and one with row-level security, permissions and cost taken out (`bench.insecure`).
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.bulk import prepare
from bench.credentials import key_headers
from bench.dataset import TENANT, Dataset
from bench.failing import failures_told, say
from bench.load import Exchange, graphql
from bench.measuring import (
    Contestant,
    Plan,
    Turn,
    add_options,
    alone_in_turn,
    caller_of,
    checked,
    measure_in_turn,
    plan_of,
)
from bench.peers.questions import content
from bench.queries import Query, queries
from bench.report import shown, table
from bench.server import SERVE, keyed_server
from bench.written import DOCS, write_section
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.permissions import Role

PAGE = DOCS / "operations.md"
MOST = 1.15
"""How much longer a query may take with security than without."""

WITHOUT = (sys.executable, "-m", "bench.insecure")
"""The command of the server without security."""

_ON, _OFF = "on", "off"


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two."""

    url: str
    pid: int


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print one table; exit status 1 where security costs more than it may."""
    options = _options(given)
    with failures_told(), EmbeddedPostgres.start(options.data_dir) as postgres:
        dataset = Dataset(options.wells)
        asyncio.run(prepare(postgres.dsn, options.data_dir, dataset))
        plan = plan_of(options, postgres.pid)
        text, worst = _measured(options, dataset, postgres.dsn, plan)
    print(text)
    if options.write:
        write_section(options.page, "bench.security", "## Overhead of security", text)
        say(f"written to {options.page}")
    if options.check and worst > MOST:
        raise SystemExit(f"security costs {worst:.2f} times, and may cost {MOST}")


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.security", description=__doc__)
    add_options(parser, rounds=4)
    parser.add_argument("--check", action="store_true", help=f"fail beyond {MOST} times")
    parser.add_argument("--write", action="store_true", help=f"write it to {PAGE.name} too")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that --write writes to")
    return checked(parser, given)


def _measured(
    options: argparse.Namespace, dataset: Dataset, dsn: str, plan: Plan
) -> tuple[str, float]:
    """The table, and the highest ratio in it."""
    headers = key_headers(dsn, options.data_dir, TENANT, Role.VIEWER)
    rows, ratios = [], []
    with ExitStack() as stack:
        servers = {
            name: _started(command, options.data_dir, stack)
            for name, command in ((_ON, SERVE), (_OFF, WITHOUT))
        }
        for query in queries(dataset):
            say(query.name)
            asked = [graphql(query.document, one, headers) for one in query.variables]
            row, ratio = _row(query, asked, servers, plan)
            rows.append(row)
            ratios.append(ratio)
    titles = [
        "query",
        *("per second, on", "off", "time, on ÷ off"),
        *("CPU ms, on", "off", "on ÷ off"),
        *("alone ms, on", "off", "on ÷ off"),
    ]
    return f"{table(titles, rows)}\n\n{_conditions(options)}", max(ratios)


def _started(command: Sequence[str], data_dir: Path, stack: ExitStack) -> Server:
    return Server(*stack.enter_context(keyed_server(data_dir, command)))


def _row(
    query: Query, asked: Sequence[Exchange], servers: dict[str, Server], plan: Plan
) -> tuple[list[str], float]:
    """The cells of a query, and how many times longer it takes with security."""
    said = {}
    for name, server in servers.items():
        with caller_of(server.url) as caller:
            said[name] = [content(caller.answer(one)) for one in asked]
    if said[_ON] != said[_OFF]:
        raise ValueError(f"{query.name} is answered otherwise without security")
    contestants = [Contestant(name, one.url, one.pid, asked) for name, one in servers.items()]
    turns = measure_in_turn(contestants, plan)
    on, off = turns[_ON], turns[_OFF]
    ratio = _median([b.load.per_second / a.load.per_second for a, b in zip(on, off, strict=True)])
    cells = [_per_second(on), _per_second(off), ratio]
    used = [_median([one.processor_ms for one in both]) for both in (on, off)]
    alone = alone_in_turn(contestants, plan.seconds / 8)
    for with_it, without in (used, (alone[_ON], alone[_OFF])):
        cells += [with_it, without, with_it / without]
    return [query.name, *map(shown, cells)], ratio


def _per_second(turns: Sequence[Turn]) -> float:
    return _median([one.load.per_second for one in turns])


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _conditions(options: argparse.Namespace) -> str:
    return (
        f"{options.wells:,} wells; requests per second over {options.connections} connections, "
        f"{options.rounds} turns of {options.seconds:g} s of each server, A B B A, and the median "
        "of the turns' ratios; CPU: of the server and PostgreSQL for each request; alone: the "
        f"median of one request at a time. {os.cpu_count()} cores shared with PostgreSQL and the client ({options.client}), Python "
        f"{platform.python_version()}. At most {MOST} is wanted. Again: "
        "`.venv/bin/python -m bench.security --write`."
    )


if __name__ == "__main__":
    main()
