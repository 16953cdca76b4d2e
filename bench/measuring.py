"""Measures some servers in turn, A B B A, so that what else the machine does meets all alike."""

import http.client
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.load import Exchange, Load, WrongLoadError, load
from bench.processors import ProcessorUse

_WARM_UP_SECONDS = 1.0
# headers differ a little between answers; an error instead of an answer differs a lot
_HEADERS_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server, and what it is asked."""

    name: str
    url: str
    pid: int
    exchanges: Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of one server came to."""

    load: Load
    server_seconds: float
    """Of the processor, by the server."""
    postgres_seconds: float
    """Of the processor, by PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure."""

    rounds: int
    seconds: float
    connections: int
    postgres_pid: int


def measure_in_turn(contestants: Sequence[Contestant], plan: Plan) -> dict[str, list[Turn]]:
    """The turns of each server, after one to warm up.

    Raises WrongLoadError where answers under load are not those that the requests have by
    themselves.
    """
    sizes = {one.name: _mean_answer(one) for one in contestants}
    turns: dict[str, list[Turn]] = {one.name: [] for one in contestants}
    for one in contestants:
        load(one.url, one.exchanges, plan.connections, _WARM_UP_SECONDS)
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
    server, postgres = ProcessorUse(one.pid), ProcessorUse(plan.postgres_pid)
    done = load(one.url, one.exchanges, plan.connections, plan.seconds)
    return Turn(done, server.seconds(), postgres.seconds())


def _mean_answer(one: Contestant) -> float:
    with_each = Caller(one.url)
    return statistics.mean(len(with_each.answer(exchange)) for exchange in one.exchanges)


class Caller:
    """Asks over one connection, one request after the other."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=60
        )

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


def median_alone(url: str, exchanges: Sequence[Exchange], seconds: float) -> float:
    """The median, in milliseconds, of requests one at a time for so long, after a few more."""
    caller = Caller(url)
    for exchange in exchanges[:5]:
        caller.answer(exchange)
    times: list[float] = []
    deadline = time.perf_counter() + seconds
    while not times or time.perf_counter() < deadline:
        times.append(caller.milliseconds(exchanges[len(times) % len(exchanges)]))
    return statistics.median(times)


def median_first(url: str, exchanges: Sequence[Exchange]) -> float:
    """The median, in milliseconds, of requests that are each sent once."""
    caller = Caller(url)
    return statistics.median(map(caller.milliseconds, exchanges))
