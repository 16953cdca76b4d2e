"""Compares the service with its neighbours over HTTP: `python -m bench.compare`.

The same three questions to each, then loads of other shapes to the service alone. It runs as in
production: an API key, row-level security, permissions, cost, metrics, and a log of every request.
"""

import argparse
import asyncio
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.bulk import prepare
from bench.comparison import Line, line_of, own_table, questions_table
from bench.credentials import WRITING_TENANT, key_headers
from bench.dataset import TENANT, Dataset, fingerprint
from bench.failing import failures_told, say
from bench.measuring import (
    Contestant,
    Plan,
    add_options,
    caller_of,
    checked,
    measure_in_turn,
    median_alone,
    median_first,
    plan_of,
)
from bench.own_loads import followers, mixed_load, reading_loads
from bench.peers.install import installation, is_installed
from bench.peers.questions import NAMES, OURS, GraphQLSpeaker, content
from bench.peers.relational import prepare_tables
from bench.peers.running import (
    POSTGRAPHILE_NAME,
    Target,
    by_hand,
    plain_strawberry,
    postgraphile,
)
from bench.server import keyed_server
from bench.written import DOCS, write_section
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.permissions import Role

NAME = "graph-api"
PAGE = DOCS / "performance.md"
_FIRST_EXECUTIONS = 15
_AGAIN = (
    "Again: `.venv/bin/python -m bench.peers.install` once, then "
    "`.venv/bin/python -m bench.compare --write`, with nothing else running. Compare numbers of "
    "one run only."
)
_COLUMNS = (
    "Per second, median and p99 are under load; CPU is what one request takes of it, by the "
    "server's process and by PostgreSQL; alone is the median of one request at a time, and first "
    "that of a document that the server has not seen before."
)


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print what was measured in Markdown."""
    options = _options(given)
    with failures_told(), EmbeddedPostgres.start(options.data_dir) as server:
        text = _compared(options, server)
    print(text)
    if options.write:
        write_section(options.page, "bench.compare", "# Performance", text)
        say(f"written to {options.page}")


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    add_options(parser, rounds=3)
    parser.add_argument("--no-peers", action="store_true", help="measure the service alone")
    parser.add_argument("--write", action="store_true", help=f"write it to {PAGE.name} too")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that --write writes to")
    return checked(parser, given)


def _compared(options: argparse.Namespace, server: EmbeddedPostgres) -> str:
    dataset = Dataset(options.wells)
    say(f"a world of {dataset.wells:,} wells in {options.data_dir}")
    asyncio.run(prepare(server.dsn, options.data_dir, dataset))
    plan = plan_of(options, server.pid)
    reading = key_headers(server.dsn, options.data_dir, TENANT, Role.VIEWER)
    writing = key_headers(server.dsn, options.data_dir, WRITING_TENANT, Role.SERVICE)
    with ExitStack() as stack:
        ours = stack.enter_context(_service(options.data_dir, reading))
        targets, left_out = _neighbours(options, dataset, server.dsn, stack)
        lines = [
            line
            for question in NAMES
            for line in _of_question(question, dataset, [ours, *targets], plan)
        ]
        own, heard = _own_lines(ours, dataset, plan, reading, writing)
    notes = [_conditions(options), *left_out, heard, _AGAIN, _COLUMNS]
    parts = [questions_table(NAME, lines), own_table(own), "\n".join(f"- {one}" for one in notes)]
    return "\n\n".join(parts)


@contextmanager
def _service(data_dir: Path, headers: tuple[tuple[str, str], ...]) -> Iterator[Target]:
    with keyed_server(data_dir) as (url, pid):
        yield Target(NAME, url, pid, GraphQLSpeaker(OURS, headers))


def _neighbours(
    options: argparse.Namespace, dataset: Dataset, dsn: str, stack: ExitStack
) -> tuple[list[Target], list[str]]:
    """Those that are installed, started, and a line about each that is not."""
    if options.no_peers:
        return [], ["Neighbours were left out (`--no-peers`)."]
    targets = [stack.enter_context(plain_strawberry(dsn)), *stack.enter_context(by_hand(dsn))]
    if not is_installed(installation()):
        return targets, [
            f"{POSTGRAPHILE_NAME}, is left out: it is not installed "
            "(`.venv/bin/python -m bench.peers.install`)."
        ]
    say("the world as tables")
    tables, _ = asyncio.run(prepare_tables(dsn, dataset, fingerprint()))
    targets.append(stack.enter_context(postgraphile(tables)))
    return targets, []


def _of_question(
    question: str, dataset: Dataset, targets: Sequence[Target], plan: Plan
) -> Iterator[Line]:
    """The lines of one question, after all have answered it alike."""
    say(question)
    asked = {one.name: one.speaker.asked(question, dataset) for one in targets}
    said: list[object] = []
    for one in targets:
        with caller_of(one.url) as caller:
            answers = [content(caller.answer(exchange)) for exchange in asked[one.name]]
        said = said or answers
        if answers != said:
            raise ValueError(f"{one.name} answers {question} otherwise than {targets[0].name}")
    contestants = [Contestant(one.name, one.url, one.pid, asked[one.name]) for one in targets]
    turns = measure_in_turn(contestants, plan)
    for one in targets:
        alone = median_alone(one.url, asked[one.name], plan.seconds / 4)
        first = None
        if isinstance(one.speaker, GraphQLSpeaker):
            new = [
                one.speaker.asked_anew(question, dataset, number)
                for number in range(_FIRST_EXECUTIONS)
            ]
            first = median_first(one.url, new)
        yield line_of(question, one.name, turns[one.name], alone, first)


def _own_lines(
    ours: Target,
    dataset: Dataset,
    plan: Plan,
    reading: tuple[tuple[str, str], ...],
    writing: tuple[tuple[str, str], ...],
) -> tuple[list[Line], str]:
    """The lines of the loads that only the service is put under, and what followers heard."""
    lines = []
    for name, exchanges in reading_loads(dataset, reading).items():
        say(name)
        contestant = Contestant(NAME, ours.url, ours.pid, exchanges)
        turns = measure_in_turn([contestant], plan)[NAME]
        alone = median_alone(ours.url, exchanges, plan.seconds / 4)
        lines.append(line_of(name, NAME, turns, alone, None))
    say("mixed")
    exchanges = mixed_load(dataset, reading, writing)
    with followers(ours.url, writing) as heard:
        contestant = Contestant(NAME, ours.url, ours.pid, exchanges)
        turns = measure_in_turn([contestant], plan)[NAME]
    if not heard.changes:
        raise ValueError("the mixed load wrote nothing that its followers heard of")
    lines.append(line_of("mixed", NAME, turns, None, None))
    return lines, (
        "Mixed: of 20 requests 14 `point`, 2 `page`, 2 `nested` and 2 writes, while 10 followers "
        f"hear of every write over WebSocket; they were told of {heard.changes:,} changes."
    )


def _conditions(options: argparse.Namespace) -> str:
    return (
        f"{options.wells:,} wells, {options.connections} connections, {options.rounds} turns of "
        f"{options.seconds:g} s each, one process of each server, {os.cpu_count()} cores shared "
        f"with PostgreSQL and the client ({options.client}), Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
