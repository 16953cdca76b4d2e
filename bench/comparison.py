"""The comparison as lines and tables."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.measuring import Turn
from bench.report import shown, table


@dataclass(frozen=True, slots=True)
class Line:
    """One server under one load."""

    load: str
    server: str
    per_second: float
    median_ms: float
    p99_ms: float
    server_ms: float
    """Of the processor for each request, by the server."""
    postgres_ms: float
    """Of the processor for each request, by PostgreSQL."""
    alone_ms: float | None
    first_ms: float | None

    @property
    def numbers(self) -> list[str]:
        """The cells that every line has."""
        used = self.server_ms + self.postgres_ms
        share = "–" if used == 0 else f"{self.server_ms / used:.0%}"
        times = (self.per_second, self.median_ms, self.p99_ms, self.server_ms, self.postgres_ms)
        return [*(shown(float(one)) for one in times), share]


_COLUMNS = ["per second", "median ms", "p99 ms", "server CPU ms", "Postgres CPU ms", "server share"]


def line_of(
    load: str, server: str, turns: Sequence[Turn], alone_ms: float | None, first_ms: float | None
) -> Line:
    """What some turns came to: medians over them, and of the processor the mean."""
    requests = sum(one.load.requests for one in turns)
    return Line(
        load,
        server,
        statistics.median(one.load.per_second for one in turns),
        statistics.median(one.load.median_ms for one in turns),
        statistics.median(one.load.p99_ms for one in turns),
        sum(one.server_seconds for one in turns) * 1000 / requests,
        sum(one.postgres_seconds for one in turns) * 1000 / requests,
        alone_ms,
        first_ms,
    )


def questions_table(ours: str, lines: Sequence[Line]) -> str:
    """The three questions, with the ratio of our requests per second to each neighbour's."""
    own = {one.load: one.per_second for one in lines if one.server == ours}
    titles = ["query", "server", *_COLUMNS, f"{ours} ÷ it", "alone ms", "first ms"]
    rows = [
        [
            one.load,
            one.server,
            *one.numbers,
            "–" if one.server == ours else f"{own[one.load] / one.per_second:.2f}",
            shown(one.alone_ms),
            shown(one.first_ms),
        ]
        for one in lines
    ]
    return table(titles, rows, texts=2)


def own_table(lines: Sequence[Line]) -> str:
    """The loads that have no neighbours."""
    titles = ["load", *_COLUMNS, "alone ms"]
    return table(titles, [[one.load, *one.numbers, shown(one.alone_ms)] for one in lines])
