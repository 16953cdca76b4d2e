"""Leaves parts of an operation to their resolvers: the standard executor runs them within a plan."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.pyutils import Path, gather_with_cancel

from graph_api.core.api.plan.values import UnforeseenError
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.rows import entity_of

Written = dict[str, Any]

root_at_hand: ContextVar[str] = ContextVar("root_at_hand")
"""The name, in the answer, of the root field at hand: by it resolvers find what it holds."""


class Delegation:
    """The fields of one run that only their resolvers know how to read.

    They are resolved for all objects of a level together, so that loaders batch them.
    """

    def __init__(self, make_executor: Callable[[], Any], registry: GraphRegistry) -> None:
        self._make_executor = make_executor
        self._registry = registry
        self._executor: Executor[Any] | None = None

    async def root(self, fields: GroupedFieldSet) -> Written:
        """A root field, with all that is below it."""
        executor = self._running()
        query = executor.schema.query_type
        if query is None:
            raise UnforeseenError
        written = await _settled(executor.execute_fields(query, None, None, fields, None))
        self._check()
        return written

    async def below(
        self,
        label: str,
        fields: GroupedFieldSet,
        rows: Sequence[tuple[str, dict[str, Any]]],
        objects: Sequence[Written],
    ) -> None:
        """The fields of the entities of a level, written into their objects."""
        executor = self._running()
        kind = executor.schema.type_map[label]
        if not isinstance(kind, GraphQLObjectType):
            raise UnforeseenError
        model = self._registry.entity(label)
        path = Path(None, root_at_hand.get(), "Query")
        asked = [
            executor.execute_fields(kind, entity_of(model, *row), path, fields, None)
            for row in rows
        ]
        for one, written in zip(
            objects, await gather_with_cancel(*map(_settled, asked)), strict=True
        ):
            one.update(written)
        self._check()

    def _running(self) -> Executor[Any]:
        if self._executor is None:
            made = self._make_executor()
            if not isinstance(made, Executor):
                raise UnforeseenError
            self._executor = made
        return self._executor

    def _check(self) -> None:
        """Raise where a resolver failed: the standard executor says where, and what that nulls."""
        if self._executor is not None and self._executor.collected_errors.errors:
            raise UnforeseenError


async def _settled(value: Any) -> Written:
    written: Written = await value if asyncio.iscoroutine(value) else value
    return written
