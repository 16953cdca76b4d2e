"""Measures some servers in turn, A B B A, so that what else the machine does meets all alike."""

import argparse
import http.client
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import Exchange, Load, WrongLoadError, clients, load
from bench.processors import ProcessorUse

# headers differ a little between answers; an error instead of an answer differs a lot
_HEADERS_AT_MOST = 2000
_ALONE_TURNS = 4


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server, and what it is asked."""

    name: str
    url: str
    pid: int
    exchanges: Sequence[Exchange]
    postgres_pid: int | None = None
    """Where it has a PostgreSQL of its own."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of one server came to."""

    load: Load
    server_seconds: float
    """Of the processor, by the server."""
    postgres_seconds: float
    """Of the processor, by PostgreSQL."""

    @property
    def processor_ms(self) -> float:
        """Of the processor for each request, by both."""
        return (self.server_seconds + self.postgres_seconds) * 1000 / self.load.requests


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure."""

    rounds: int
    seconds: float
    """Of one turn; wrk takes whole ones."""
    warm_up: float
    """Seconds under load before the first turn."""
    connections: int
    client: str
    postgres_pid: int


def add_options(parser: argparse.ArgumentParser, rounds: int) -> None:
    """The options that say how to measure."""
    parser.add_argument("--wells", type=int, default=100_000, help="size of the world")
    parser.add_argument("--data-dir", type=Path, help="as of `python -m bench`")
    parser.add_argument("--rounds", type=int, default=rounds, help="turns of each server")
    parser.add_argument("--seconds", type=float, default=2.0, help="of a turn; wrk: whole ones")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before the first turn")
    parser.add_argument("--connections", type=int, default=8, help="connections at one time")
    known = clients()
    parser.add_argument("--client", choices=known, default=known[0], help="what puts the load on")


def checked(parser: argparse.ArgumentParser, given: Sequence[str] | None) -> argparse.Namespace:
    """The options, with the directory of the world; ends the process for what cannot be."""
    options = parser.parse_args(given)
    if min(options.rounds, options.connections) < 1 or options.seconds <= 0:
        parser.error("--rounds and --connections must be at least 1, --seconds more than 0")
    if options.data_dir is None:
        options.data_dir = Path(__file__).with_name(".data") / str(options.wells)
    return options


def plan_of(options: argparse.Namespace, postgres_pid: int | None) -> Plan:
    """How the options say to measure; raises ValueError where PostgreSQL does not run."""
    if postgres_pid is None:
        raise ValueError("PostgreSQL does not say which process it is")
    return Plan(
        options.rounds,
        options.seconds,
        options.warm_up,
        options.connections,
        options.client,
        postgres_pid,
    )


def measure_in_turn(contestants: Sequence[Contestant], plan: Plan) -> dict[str, list[Turn]]:
    """The turns of each server, after one to warm up.

    Raises WrongLoadError where answers under load are not those that the requests have by
    themselves.
    """
    sizes = {one.name: _mean_answer(one) for one in contestants}
    turns: dict[str, list[Turn]] = {one.name: [] for one in contestants}
    if plan.warm_up:
        for one in contestants:
            load(plan.client, one.url, one.exchanges, plan.connections, plan.warm_up)
    for number in range(plan.rounds):
        for one in contestants if number % 2 == 0 else reversed(contestants):
            turn = _turn(one, plan)
            mean = turn.load.bytes / turn.load.requests
            if not 0.9 * sizes[one.name] <= mean <= 1.1 * sizes[one.name] + _HEADERS_AT_MOST:
                raise WrongLoadError(
                    f"{one.name} answered with {mean:,.0f} bytes under load, "
                    f"and with {sizes[one.name]:,.0f} before"
                )
            turns[one.name].append(turn)
    return turns


def _turn(one: Contestant, plan: Plan) -> Turn:
    server, postgres = ProcessorUse(one.pid), ProcessorUse(one.postgres_pid or plan.postgres_pid)
    done = load(plan.client, one.url, one.exchanges, plan.connections, plan.seconds)
    return Turn(done, server.seconds(), postgres.seconds())


def _mean_answer(one: Contestant) -> float:
    with caller_of(one.url) as caller:
        return statistics.mean(len(caller.answer(exchange)) for exchange in one.exchanges)


class Caller:
    """Asks over one connection, one request after the other."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection

    def answer(self, exchange: Exchange) -> bytes:
        """The body of an answer; raises WrongLoadError for one with errors, or without 200."""
        self._connection.request(
            exchange.method, exchange.path, exchange.body or None, dict(exchange.headers)
        )
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK or body.startswith(b'{"errors":'):
            raise WrongLoadError(f"{response.status}: {body[:500].decode(errors='replace')}")
        return body

    def milliseconds(self, exchange: Exchange) -> float:
        """How long a request takes."""
        started = time.perf_counter()
        self.answer(exchange)
        return (time.perf_counter() - started) * 1000


@contextmanager
def caller_of(url: str) -> Iterator[Caller]:
    """One who asks a server."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
    try:
        yield Caller(connection)
    finally:
        connection.close()


def median_alone(url: str, exchanges: Sequence[Exchange], seconds: float) -> float:
    """The median, in milliseconds, of requests one at a time for so long, after a few more."""
    times: list[float] = []
    with caller_of(url) as caller:
        for exchange in exchanges[:5]:
            caller.answer(exchange)
        deadline = time.perf_counter() + seconds
        while not times or time.perf_counter() < deadline:
            times.append(caller.milliseconds(exchanges[len(times) % len(exchanges)]))
    return statistics.median(times)


def alone_in_turn(contestants: Sequence[Contestant], seconds: float) -> dict[str, float]:
    """The medians, in milliseconds, of one request at a time to each server, for so long a turn."""
    found: dict[str, list[float]] = {one.name: [] for one in contestants}
    for turn in range(_ALONE_TURNS):
        for one in contestants if turn % 2 == 0 else reversed(contestants):
            found[one.name].append(median_alone(one.url, one.exchanges, seconds))
    return {name: statistics.median(medians) for name, medians in found.items()}


def median_first(url: str, exchanges: Sequence[Exchange]) -> float:
    """The median, in milliseconds, of requests that are each sent once."""
    with caller_of(url) as caller:
        return statistics.median([caller.milliseconds(one) for one in exchanges])
