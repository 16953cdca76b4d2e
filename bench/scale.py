"""What the size of the world costs, and whether memory grows: `python -m bench.scale`.

Puts the same queries to two servers in turn, A B B A, one on a world of 100,000 wells and one on a
world of ten times as many, and then a mixed load to the smaller for some minutes.
"""

import argparse
import asyncio
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from bench.bulk import Prepared, prepare
from bench.credentials import WRITING_TENANT, key_headers
from bench.dataset import MOST_WELLS, TENANT, Dataset
from bench.failing import failures_told, say
from bench.load import Exchange
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
from bench.memory import Held, growth_per_hour, held_while
from bench.own_loads import Headers, followers, mixed_load, reading_loads
from bench.peers.questions import NAMES, OURS, GraphQLSpeaker
from bench.queries import objects_in
from bench.report import shown, table
from bench.server import keyed_server
from bench.written import DOCS, write_section
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.permissions import Role

PAGE = DOCS / "performance.md"
MOST = 1.5
"""How many times its time in the smaller world a query may take in the larger."""

_SMALL, _LARGE = "small", "large"


@dataclass(frozen=True, slots=True)
class World:
    """One of the two, with who asks it."""

    name: str
    dataset: Dataset
    data_dir: Path
    prepared: Prepared
    postgres_pid: int
    reading: Headers
    writing: Headers


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print two tables; exit status 1 where a query takes longer than it may."""
    options = _options(given)
    with failures_told():
        text, over = _measured(options)
    print(text)
    if options.write:
        write_section(options.page, "bench.scale", "## Scale", text)
        say(f"written to {options.page}")
    if options.check and over:
        raise SystemExit(f"over {MOST} times: {', '.join(over)}")


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    add_options(parser, rounds=4)
    parser.add_argument("--large-wells", type=int, default=MOST_WELLS, help="of the larger world")
    parser.add_argument("--large-dir", type=Path, help="of the larger world, as --data-dir")
    parser.add_argument("--minutes", type=float, default=5.0, help="of mixed load; 0: none")
    parser.add_argument(
        "--settle", type=float, default=60.0, help="seconds of it before memory counts"
    )
    parser.add_argument("--every", type=float, default=5.0, help="seconds between samples")
    parser.add_argument("--check", action="store_true", help=f"fail beyond {MOST} times")
    parser.add_argument("--write", action="store_true", help=f"write it to {PAGE.name} too")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that --write writes to")
    options = checked(parser, given)
    if options.large_wells <= options.wells:
        parser.error("--large-wells must be more than --wells")
    if options.every <= 0:
        parser.error("--every must be more than 0")
    if options.large_dir is None:
        options.large_dir = Path(__file__).with_name(".data") / str(options.large_wells)
    return options


def _measured(options: argparse.Namespace) -> tuple[str, list[str]]:
    """What was measured in Markdown, and the queries that take longer than they may."""
    with ExitStack() as stack:
        small, large = (
            _world(name, Dataset(wells), stack.enter_context(EmbeddedPostgres.start(data_dir)))
            for name, wells, data_dir in (
                (_SMALL, options.wells, options.data_dir),
                (_LARGE, options.large_wells, options.large_dir),
            )
        )
        plan = plan_of(options, small.postgres_pid)
        rows, over = _queries_of(small, large, plan)
        parts = [_table(rows), _about(options, small, large, over)]
        if options.minutes:
            parts += [_memory(options, small, plan)]
    return "\n\n".join(parts), over


def _world(name: str, dataset: Dataset, postgres: EmbeddedPostgres) -> World:
    data_dir, dsn = postgres.data_dir, postgres.dsn
    say(f"a world of {dataset.wells:,} wells in {data_dir}")
    prepared = asyncio.run(prepare(dsn, data_dir, dataset))
    if postgres.pid is None:
        raise ValueError("PostgreSQL does not say which process it is")
    return World(
        name,
        dataset,
        data_dir,
        prepared,
        postgres.pid,
        key_headers(dsn, data_dir, TENANT, Role.VIEWER),
        key_headers(dsn, data_dir, WRITING_TENANT, Role.SERVICE),
    )


def _queries_of(small: World, large: World, plan: Plan) -> tuple[list[list[str]], list[str]]:
    """The rows of the table, and the queries that take longer than they may."""
    rows, over = [], []
    with ExitStack() as stack:
        servers = [
            Contestant(world.name, *stack.enter_context(keyed_server(world.data_dir)), (), pid)
            for world in (small, large)
            for pid in [world.postgres_pid]
        ]
        asked = {world.name: _reads(world) for world in (small, large)}
        for query in asked[_SMALL]:
            say(query)
            contestants = [replace(one, exchanges=asked[one.name][query]) for one in servers]
            objects = " / ".join(f"{_objects(one):,}" for one in contestants)
            alone = alone_in_turn(contestants, plan.seconds / 4)
            row, is_over = _row(query, objects, alone, measure_in_turn(contestants, plan))
            rows.append(row)
            over += [query] * is_over
        say("mixed")
        contestants = []
        for world, one in zip((small, large), servers, strict=True):
            stack.enter_context(followers(one.url, world.writing))
            contestants.append(replace(one, exchanges=_mixed(world)))
        row, is_over = _row("mixed", "–", None, measure_in_turn(contestants, plan))
    return [*rows, row], over + ["mixed"] * is_over


def _reads(world: World) -> dict[str, list[Exchange]]:
    speaker = GraphQLSpeaker(OURS, world.reading)
    questions = {name: speaker.asked(name, world.dataset) for name in NAMES}
    return questions | reading_loads(world.dataset, world.reading)


def _mixed(world: World) -> list[Exchange]:
    return mixed_load(world.dataset, world.reading, world.writing)


def _objects(contestant: Contestant) -> int:
    """How many objects are in an answer: the two worlds should differ little."""
    with caller_of(contestant.url) as caller:
        answer = orjson.loads(caller.answer(contestant.exchanges[0]))
    return objects_in(answer["data"]) - 1  # the answer itself is none


def _row(
    query: str, objects: str, alone: dict[str, float] | None, turns: dict[str, list[Turn]]
) -> tuple[list[str], bool]:
    """The cells of a query, and whether it takes longer in the larger world than it may."""
    loaded = {
        name: statistics.median(one.load.median_ms for one in of) for name, of in turns.items()
    }
    used = {name: statistics.median(one.processor_ms for one in of) for name, of in turns.items()}
    cells, is_over = [query, objects], False
    for times, is_limited in ((alone, True), (loaded, True), (used, False)):
        if times is None:
            cells += [shown(None)] * 3
            continue
        ratio = times[_LARGE] / times[_SMALL]
        is_over |= is_limited and ratio > MOST
        marked = f"**{ratio:.2f}**" if is_limited and ratio > MOST else f"{ratio:.2f}"
        cells += [shown(times[_SMALL]), shown(times[_LARGE]), marked]
    return cells, is_over


def _table(rows: Sequence[Sequence[str]]) -> str:
    measured = ("alone ms", "median ms", "CPU ms")
    titles = [one for what in measured for one in (f"{what}, small", "large", "large ÷ small")]
    return table(["query", "objects", *titles], rows)


def _about(options: argparse.Namespace, small: World, large: World, over: Sequence[str]) -> str:
    sizes = " and ".join(
        f"{world.dataset.wells:,} wells ({world.prepared.vertices:,} vertices, "
        f"{world.prepared.edges:,} edges)"
        for world in (small, large)
    )
    found = f"Over it: {', '.join(over)}." if over else "None is over it."
    return "\n".join(
        (
            f"- Small and large: {sizes}. Around one entity both are alike: as many wells of the "
            f"hub ({small.dataset.hub_wells:,} and {large.dataset.hub_wells:,}), of an operator "
            "and of a lease; objects are those in the answers.",
            f"- Alone: the median of one request at a time. Median: over {options.connections} "
            f"connections at once, {options.rounds} turns of {options.seconds:g} s of each "
            "server, A B B A. CPU: of the server and PostgreSQL for each request. At most "
            f"{MOST} times is wanted, alone and over connections. {found}",
            "- Each server has an embedded PostgreSQL of its own, on the same machine: "
            f"{os.cpu_count()} cores shared with the client ({options.client}), Python "
            f"{platform.python_version()}. Again: `.venv/bin/python -m bench.scale "
            "--write`; the first run makes the large world, in 8 minutes and 9 GB.",
        )
    )


def _memory(options: argparse.Namespace, world: World, plan: Plan) -> str:
    """What a mixed load of some minutes does to memory, as a table with a line about it."""
    say("memory")
    with (
        keyed_server(world.data_dir) as (url, pid),
        followers(url, world.writing) as heard,
    ):
        contestant = [Contestant(world.name, url, pid, _mixed(world))]
        if options.settle:
            measure_in_turn(contestant, replace(plan, rounds=1, seconds=options.settle, warm_up=0))
        long = replace(plan, rounds=1, seconds=options.minutes * 60, warm_up=0)
        turns, samples = held_while(
            lambda: measure_in_turn(contestant, long), pid, world.postgres_pid, options.every
        )
    if not heard.changes:
        raise ValueError("the mixed load wrote nothing that its followers heard of")
    rows = [
        _memory_row("the server, resident", samples, lambda one: one.server),
        _memory_row("PostgreSQL, PSS", samples, lambda one: one.postgres),
        _memory_row("of it without shared memory", samples, lambda one: one.postgres_own),
    ]
    (turn,) = turns[world.name]
    titles = [
        "memory",
        "first MiB",
        "last MiB",
        "highest MiB",
        "MiB per hour",
        "in the second half",
    ]
    return (
        f"{table(titles, rows)}\n\n"
        f"- The mixed load on the small world for {options.minutes:g} minutes, after "
        f"{options.settle:g} s to settle, in a server begun for it: {turn.load.requests:,} "
        f"requests over {options.connections} connections, and 10 followers that were told of "
        f"{heard.changes:,} changes. {len(samples)} samples, {options.every:g} s apart; the "
        "slopes are by least squares; a server's memories of documents and changes fill in its first "
        "minutes, and shared memory, up to its set size, as it is read into."
    )


def _memory_row(name: str, samples: Sequence[Held], what: Callable[[Held], float]) -> list[str]:
    held = [what(one) for one in samples]
    numbers = (held[0], held[-1], max(held), growth_per_hour(samples, what))
    later = growth_per_hour(samples[len(samples) // 2 :], what)
    return [name, *map(shown, (*numbers, later))]


if __name__ == "__main__":
    main()
