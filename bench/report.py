"""The results: one row for each measurement, as a Markdown table and as JSON."""

import statistics
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from bench.client import Timings
from bench.percentiles import percentile
from bench.statements import Asked


class Row(BaseModel):
    """One line of the table; None where there is nothing to say."""

    name: str
    statements: int | None = None
    objects: int | None = None
    """Objects in the answer; for a load, records read; for COPY, vertices and edges."""
    answer_kib: float | None = None
    runs: int | None = None
    """How many runs the median and the p99 are of."""
    median_ms: float | None = None
    p99_ms: float | None = None
    per_second: float | None = None
    """Requests at all connections together; for a load, records; for COPY, rows."""
    statement_names: list[str] = []


COLUMNS: tuple[tuple[str, str], ...] = (
    ("name", "measurement"),
    ("statements", "statements"),
    ("objects", "objects"),
    ("answer_kib", "answer KiB"),
    ("runs", "runs"),
    ("median_ms", "median ms"),
    ("p99_ms", "p99 ms"),
    ("per_second", "per second"),
)


def query_row(name: str, asked: Asked | None, timings: Timings) -> Row:
    """The row of a query, or of the request that no query is in."""
    return Row(
        name=name,
        statements=0 if asked is None else len(asked.statements),
        objects=0 if asked is None else asked.objects,
        answer_kib=timings.answer_bytes / 1024,
        runs=len(timings.milliseconds),
        median_ms=statistics.median(timings.milliseconds),
        p99_ms=percentile(timings.milliseconds, 99),
        per_second=timings.requests / timings.seconds,
        statement_names=[] if asked is None else list(asked.statements),
    )


def rows_written(name: str, rows: int, seconds: float | None) -> Row:
    """The row of something that ran once over so many rows or records."""
    if seconds is None:
        return Row(name=name, objects=rows)
    return Row(name=name, objects=rows, runs=1, median_ms=seconds * 1000, per_second=rows / seconds)


def markdown(rows: Sequence[Row]) -> str:
    """The table of the benchmark's rows."""
    cells = [[shown(getattr(row, field)) for field, _ in COLUMNS] for row in rows]
    return table([title for _, title in COLUMNS], cells)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A table in Markdown, columns aligned so that it reads as text too.

    The first columns, so many as `texts`, are texts, the others numbers.
    """
    lines = [titles, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(titles))]
    rule = ["-" * widths[place] for place in range(texts)]
    rule += ["-" * (width - 1) + ":" for width in widths[texts:]]
    return "\n".join(
        "| "
        + " | ".join(_aligned(cell, widths, place, texts) for place, cell in enumerate(line))
        + " |"
        for line in (titles, rule, *rows)
    )


def _aligned(cell: str, widths: Sequence[int], place: int, texts: int) -> str:
    return cell.ljust(widths[place]) if place < texts else cell.rjust(widths[place])


def shown(value: Any) -> str:
    """A cell: a number with as many digits as one can read, a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
