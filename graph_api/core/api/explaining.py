"""What is told of how an operation was carried out, to who asks for it and may know."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graph_api.core.api.plan.tracing import Level, StatementRun, Trace
from graph_api.core.context import OperationContext
from graph_api.core.database import StatementLog, statement_log
from graph_api.core.permissions import Permission


class Executor(StrEnum):
    """What carried an operation out."""

    PLAN = "plan"
    MIXED = "mixed"
    """A plan that left some fields to their resolvers."""
    STANDARD = "standard"
    """GraphQL's own executor, field by field."""


@dataclass(frozen=True, slots=True)
class Execution:
    """By what an operation was carried out, and why not by a plan alone."""

    executor: Executor
    because: str | None = None


def may_be_explained(context: OperationContext) -> bool:
    """Whether the viewer may know how an operation is carried out."""
    return context.viewer.may(Permission.EXPLAIN)


@contextmanager
def traced(log: StatementLog) -> Iterator[Trace]:
    """What runs within, noted."""
    trace = Trace(log)
    token = statement_log.set(trace)
    try:
        yield trace
    finally:
        statement_log.reset(token)


def explained(
    trace: Trace, execution: Execution | None, cost: int, seconds: float
) -> dict[str, Any]:
    """An operation's `extensions.plan`; an execution is None where it was cut short."""
    return {
        "executor": None if execution is None else execution.executor.value,
        "because": None if execution is None else execution.because,
        "cost": cost,
        "microseconds": _microseconds(seconds),
        "databaseMicroseconds": _microseconds(trace.seconds),
        "levels": _levels(trace.levels.values()),
    }


def _levels(levels: Iterable[Level]) -> list[dict[str, Any]]:
    return [
        {
            "paths": list(level.paths),
            "by": "plan" if level.by_plan else "resolvers",
            "parents": level.parents,
            "statements": [_statement(one) for one in level.statements],
        }
        for level in levels
    ]


def _statement(run: StatementRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "rows": run.rows,
        "microseconds": _microseconds(run.seconds),
        "alsoFor": list(run.also_for),
    }


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
