"""Carries a plan out: level by level, each level for all its parents in one statement."""

import asyncio
from collections.abc import Sequence
from typing import Any

from graphql.execution.values import VariableValues

from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.lookups import LookupKey, key_of_lookup
from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.delegating import Delegation, root_at_hand
from graph_api.core.api.plan.levels import LevelReader, Stored
from graph_api.core.api.plan.paging import pages_with_positions, plain_pages
from graph_api.core.api.plan.shapes import (
    ConnectionPlan,
    ObjectPlan,
    OperationPlan,
    ReferencePlan,
    RootPlan,
)
from graph_api.core.api.plan.values import UnforeseenError
from graph_api.core.api.reads import EntityByGlobalId, EntityByKey, EntityList
from graph_api.core.context import OperationContext
from graph_api.core.errors import limit_exceeded
from graph_api.core.graph.rows import decode_properties
from graph_api.core.pages import PageRequest

Written = dict[str, Any]
_MOST_NODES = 500


class PlanRun:
    """One run of a plan for one viewer."""

    def __init__(
        self,
        context: OperationContext,
        plan: OperationPlan,
        calls: Calls,
        variables: VariableValues,
        delegation: Delegation,
    ) -> None:
        self._delegation = delegation
        self._registry = context.registry
        self._plan = plan
        self._levels = LevelReader(context, plan, calls, variables)

    async def data(self) -> Written:
        """The answer's data; raises whatever goes wrong, and then nothing of it is an answer."""
        roots = self._plan.roots
        try:
            if len(roots) == 1:
                return {roots[0].name: await self._root(roots[0])}
            # none is ended for another's failure: a read that is cut off costs a connection
            found = await asyncio.gather(*map(self._root, roots), return_exceptions=True)
            for one in found:
                if isinstance(one, BaseException):
                    raise one
            return {root.name: one for root, one in zip(roots, found, strict=True)}
        finally:
            await self._levels.end()

    async def _root(self, root: RootPlan) -> Any:
        root_at_hand.set(root.name)
        match root.reads:
            case str() as name:
                return name
            case dict() as fields:
                return (await self._delegation.root(fields))[root.name]
            case EntityByKey(label):
                return await self._by_key(root, label)
            case EntityList():
                return await self._list(root)
            case EntityByGlobalId(many):
                return await self._nodes(root, many=many)

    # -- one entity ---------------------------------------------------------------------------

    async def _by_key(self, root: RootPlan, label: str) -> Written | None:
        arguments = self._levels.arguments(root.call)
        plan = root.objects[label]
        key = key_of_lookup(self._registry, label, arguments)
        if key is None:
            return None
        found = [
            (graph_id, properties)
            for graph_id, properties in await self._levels.candidates(plan, key)
            if key.matches(properties)
        ]
        if not found:
            return None
        return (await self._objects(plan, [_latest(key, found)]))[0]

    async def _nodes(self, root: RootPlan, *, many: bool) -> Any:
        arguments = self._levels.arguments(root.call)
        texts = arguments["ids"] if many else [arguments["id"]]
        if len(texts) > _MOST_NODES:
            raise limit_exceeded("ids", _MOST_NODES, len(texts))
        parsed = [parse_global_id(self._registry, text, "id") for text in texts]
        wanted: dict[str, list[str]] = {}
        for label, entity_id in parsed:
            wanted.setdefault(label, []).append(str(entity_id))
        written: dict[tuple[str, str], Written] = {}
        for label, ids in wanted.items():
            found = await self._levels.entities(label, ids)
            present = {one: read for one, read in found.items() if read is not None}
            objects = await self._objects(root.objects[label], list(present.values()))
            written.update(((label, one), made) for one, made in zip(present, objects, strict=True))
        answers = [written.get((label, str(entity_id))) for label, entity_id in parsed]
        return answers if many else answers[0]

    # -- objects and what hangs on them -------------------------------------------------------

    async def _objects(self, plan: ObjectPlan, rows: Sequence[Stored]) -> list[Written]:
        """Stored objects as they are answered, with all that is asked for below them."""
        whole = not rows or type(rows[0][1]) is dict
        project = plan.project if whole else plan.project_columns
        objects = [project(properties) for _, properties in rows]
        if rows:
            for reference in plan.references:
                await self._follow(reference, rows, objects)
            for connection in plan.connections:
                await self._related(connection, rows, objects)
            if plan.delegated:
                await self._delegation.below(plan.label, plan.delegated, rows, objects)
        return objects

    async def _follow(
        self,
        plan: ReferencePlan,
        rows: Sequence[Stored],
        objects: Sequence[Written],
    ) -> None:
        ids = [properties.get(plan.attribute) for _, properties in rows]
        found = await self._levels.entities(
            plan.target.label, [one for one in ids if one is not None]
        )
        present = {one: read for one, read in found.items() if read is not None}
        made = await self._objects(plan.target, list(present.values()))
        written = dict(zip(present, made, strict=True))
        for entity_id, one in zip(ids, objects, strict=True):
            one[plan.name] = None if entity_id is None else written.get(entity_id)

    # -- pages --------------------------------------------------------------------------------

    async def _list(self, root: RootPlan) -> Written:
        plan = root.connection
        if plan is None:
            raise UnforeseenError
        request, rows, total = await self._levels.page_of_list(plan)
        return (await self._pages(plan, request, [rows], [total]))[0]

    async def _related(
        self, plan: ConnectionPlan, rows: Sequence[Stored], objects: Sequence[Written]
    ) -> None:
        """A page of a relationship for each of many objects."""
        parents = {graph_id: stored["id"] for graph_id, stored in rows}
        request, pages, totals = await self._levels.related_pages(plan, parents)
        written = await self._pages(plan, request, pages, totals)
        if len(parents) < len(rows):
            by_parent = dict(zip(parents, written, strict=True))
            written = [by_parent[graph_id] for graph_id, _ in rows]
        name = plan.name
        for one, page in zip(objects, written, strict=True):
            one[name] = page

    async def _pages(
        self,
        plan: ConnectionPlan,
        request: PageRequest,
        pages: Sequence[Sequence[Any]],
        totals: Sequence[int | None],
    ) -> list[Written]:
        """Pages as they are answered: one statement a level for the nodes of all of them."""
        size = request.size
        kept = [rows if len(rows) <= size else rows[:size] for rows in pages]
        if request.backward:
            kept = [rows[::-1] for rows in kept]
        flat = [row for rows in kept for row in rows]
        # a row of columns is itself what is stored
        stored = flat
        if plan.columns is None:
            stored = [decode_properties(row["properties"]) for row in flat]
        made = [
            [await self._nodes_of(plan, node, flat, stored) for node in one.nodes]
            for one in plan.rows
        ]
        if not plan.needs_positions:
            return plain_pages(plan, kept, made, totals)
        more = [len(rows) > size for rows in pages]
        return pages_with_positions(plan, request, kept, stored, made, totals, more)

    async def _nodes_of(
        self,
        plan: ConnectionPlan,
        node: ObjectPlan,
        rows: Sequence[Any],
        stored: Sequence[Any],
    ) -> list[Written]:
        """The nodes of the rows of some pages, as they are answered."""
        if plan.columns is None or not node.is_leaf:
            ids = [row["graph_id"] for row in rows]
            return await self._objects(node, list(zip(ids, stored, strict=True)))
        written = plan.rows_projection(node)
        return list(map(node.project_columns, rows)) if written is None else written(rows)


def _latest(key: LookupKey, found: Sequence[Stored]) -> Stored:
    """The one that is meant among several that match."""
    if len(found) == 1:
        return found[0]
    latest_by = key.lookup.latest_by
    if latest_by is None:
        raise UnforeseenError
    return max(found, key=lambda one: one[1][latest_by])
