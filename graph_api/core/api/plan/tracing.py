"""Notes how a plan is carried out, for who asks: at each level, which statements ran for it.

None of it is part of a run that nobody asked about.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.collect_fields import GroupedFieldSet

from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.delegating import Delegation
from graph_api.core.api.plan.paths import Paths, PlanPaths
from graph_api.core.api.plan.reading import Read, RunReads
from graph_api.core.api.plan.running import PlanRun
from graph_api.core.api.plan.shapes import ConnectionPlan, OperationPlan, ReferencePlan, RootPlan
from graph_api.core.context import OperationContext
from graph_api.core.database import StatementLog
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.statements import Statement

Written = dict[str, Any]
Stored = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class StatementRun:
    """One statement that ran."""

    name: str
    seconds: float
    """The round trip, as the service saw it."""
    rows: int | None
    """None where it failed."""
    also_for: Paths
    """Other levels that what it read was for."""
    asked: tuple[Statement, tuple[object, ...]] | None
    """The statement itself with its values."""


@dataclass(slots=True)
class Level:
    """One step down into an operation, for all parents together."""

    paths: Paths
    """What it answers; empty for whatever ran without a plan."""
    by_plan: bool
    """Whether the plan read it, and not the fields' resolvers."""
    parents: int = 0
    """The objects for which it was read."""
    statements: list[StatementRun] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _AtHand:
    level: Level
    also_for: Paths = ()


_at_hand: ContextVar[_AtHand | None] = ContextVar("level_at_hand", default=None)


class Trace(StatementLog):
    """What ran for one operation, by levels, in the order in which they were begun.

    It passes everything on to the log that it stands in for.
    """

    def __init__(self, log: StatementLog) -> None:
        super().__init__()
        self._log = log
        # by tasks: two may have a statement under way
        self._asked: dict[object, tuple[Statement, tuple[object, ...]]] = {}
        self.levels: dict[Paths, Level] = {}

    def asked(self, statement: Statement, arguments: tuple[object, ...]) -> None:
        """Keep what is about to run."""
        self._asked[asyncio.current_task()] = statement, arguments

    def ran(self, name: str, seconds: float, rows: int | None) -> None:
        """Note a statement under the level at hand."""
        super().ran(name, seconds, rows)
        self._log.ran(name, seconds, rows)
        hand = _at_hand.get() or _AtHand(self.level((), by_plan=False))
        asked = self._asked.pop(asyncio.current_task(), None)
        run = StatementRun(name, seconds, rows, hand.also_for, asked)
        hand.level.statements.append(run)

    def level(self, paths: Paths, *, by_plan: bool) -> Level:
        """The level of paths; begun where it has not been."""
        return self.levels.setdefault(paths, Level(paths, by_plan))

    @contextmanager
    def at(self, paths: Paths, parents: int, *, by_plan: bool = True) -> Iterator[None]:
        """What runs within, runs for a level."""
        level = self.level(paths, by_plan=by_plan)
        level.parents += parents
        token = _at_hand.set(_AtHand(level))
        try:
            yield
        finally:
            _at_hand.reset(token)


class TracedRun(PlanRun):
    """A run of a plan that notes its levels."""

    def __init__(
        self,
        trace: Trace,
        paths: PlanPaths,
        context: OperationContext,
        plan: OperationPlan,
        calls: Calls,
        variables: Any,
        delegation: Delegation,
    ) -> None:
        super().__init__(context, plan, calls, variables, delegation)
        self._levels.reads = _TracedReads(together=len(plan.roots) > 1)
        self._trace = trace
        self._paths = paths

    async def _root(self, root: RootPlan) -> Any:
        by_plan = not isinstance(root.reads, dict)
        with self._trace.at(self._paths.of(root), 1, by_plan=by_plan):
            return await super()._root(root)

    async def _follow(
        self, plan: ReferencePlan, rows: Sequence[Stored], objects: Sequence[Written]
    ) -> None:
        with self._trace.at(self._paths.of(plan), len(rows)):
            await super()._follow(plan, rows, objects)

    async def _related(
        self, plan: ConnectionPlan, rows: Sequence[Stored], objects: Sequence[Written]
    ) -> None:
        with self._trace.at(self._paths.of(plan), len(rows)):
            await super()._related(plan, rows, objects)


class TracedDelegation(Delegation):
    """What is left to resolvers, noted as levels of its own."""

    def __init__(
        self,
        trace: Trace,
        paths: PlanPaths,
        make_executor: Callable[[], Any],
        registry: GraphRegistry,
    ) -> None:
        super().__init__(make_executor, registry)
        self._trace = trace
        self._paths = paths

    async def below(
        self,
        label: str,
        fields: GroupedFieldSet,
        rows: Sequence[Stored],
        objects: Sequence[Written],
    ) -> None:
        """As of every delegation."""
        with self._trace.at(self._paths.of(fields), len(rows), by_plan=False):
            await super().below(label, fields, rows, objects)


class _TracedReads(RunReads):
    """Reads that know for which levels they are, where several are read together."""

    def __init__(self, *, together: bool) -> None:
        super().__init__(together=together)
        self._askers: dict[Hashable, dict[str, None]] = {}

    async def many(self, kind: Hashable, wanted: Collection[Any], read: Read) -> dict[Any, Any]:
        """As of every run."""
        first = _at_hand.get()
        known = self.known(kind)
        if first is None or all(one in known for one in wanted):
            return await super().many(kind, wanted, read)
        self._askers.setdefault(kind, {}).update(dict.fromkeys(first.level.paths))

        async def told(missing: list[Any]) -> dict[Any, Any]:
            others = tuple(
                one for one in self._askers.pop(kind, {}) if one not in first.level.paths
            )
            token = _at_hand.set(_AtHand(first.level, others))
            try:
                return await read(missing)
            finally:
                _at_hand.reset(token)

        return await super().many(kind, wanted, told)
