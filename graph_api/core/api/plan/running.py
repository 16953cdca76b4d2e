"""Carries a plan out: level by level, each level for all its parents in one statement."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from graphql.execution.values import VariableValues

from graph_api.core.api.entities import plain_filter, requested_page
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.lookups import LookupKey, key_of_lookup
from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.delegating import Delegation, root_at_hand
from graph_api.core.api.plan.paging import RowPosition, written_page
from graph_api.core.api.plan.projecting import UnforeseenError
from graph_api.core.api.plan.reading import RunReads
from graph_api.core.api.plan.shapes import (
    Call,
    ConnectionPlan,
    ObjectPlan,
    OperationPlan,
    ReferencePlan,
    RootPlan,
)
from graph_api.core.api.plan.statements import Joined, by_key
from graph_api.core.api.reads import EntityByGlobalId, EntityByKey, EntityList
from graph_api.core.context import OperationContext
from graph_api.core.errors import limit_exceeded
from graph_api.core.graph.read_statements import Prepared, ReadStatements
from graph_api.core.graph.rows import decode_properties
from graph_api.core.pages import PageRequest

Properties = Any
"""What is stored of an entity: all of it, decoded, or a row of columns as text."""
Written = dict[str, Any]
Stored = tuple[str, Properties]
"""An entity as it is stored, with AGE's id of it."""
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
        self._context = context
        self._viewer = context.viewer
        self._plan = plan
        self._calls = calls
        self._variables = variables
        self._statements = ReadStatements(context.registry)
        self._reads = RunReads(together=len(plan.roots) > 1)

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
            await self._reads.end()

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
        arguments = self._arguments(root.call)
        plan = root.objects[label]
        key = key_of_lookup(self._context.registry, label, arguments)
        if key is None:
            return None
        found = [
            (graph_id, properties)
            for graph_id, properties in await self._candidates(plan, key)
            if key.matches(properties)
        ]
        if not found:
            return None
        return (await self._objects(plan, [_latest(key, found)]))[0]

    async def _candidates(self, plan: ObjectPlan, key: LookupKey) -> list[Stored]:
        """What has the value that a lookup starts from."""
        if not self._plan.reads_alone:
            return await self._candidates_together(plan.label, key)
        prepared, joined = by_key(self._context.registry, self._viewer, plan, key)
        candidates = []
        for row in await self._fetch(prepared, alone=True):
            properties = decode_properties(row["properties"])
            candidates.append((row["graph_id"], properties))
            self._remember(row, joined, properties)
        return candidates

    async def _candidates_together(self, label: str, key: LookupKey) -> list[Stored]:
        """The same, with those of other lookups by the same field."""
        field = key.field

        async def read(values: list[Any]) -> dict[Any, list[Stored]]:
            found: dict[Any, list[Stored]] = {value: [] for value in values}
            prepared = self._statements.by_stored_field(self._viewer, label, field, values)
            for row in await self._fetch(prepared):
                properties = decode_properties(row["properties"])
                found[properties[field]].append((row["graph_id"], properties))
            return found

        value = key.stored[field]
        known = await self._reads.many(("key", label, field), [value], read)
        candidates: list[Stored] = known[value]
        return candidates

    def _remember(self, row: Any, joined: Sequence[Joined], properties: Properties) -> None:
        """Keep the entities that came along with the one that was looked up."""
        came: list[Properties | None] = []
        for place, (label, reference, parent) in enumerate(joined):
            text = row[f"properties_{place}"]
            came.append(None if text is None else decode_properties(text))
            naming = properties if parent is None else came[parent]
            entity_id = None if naming is None else naming.get(reference)
            if entity_id is not None:
                read = came[place]
                found = None if read is None else (row[f"graph_id_{place}"], read)
                self._reads.known(("entity", label))[entity_id] = found

    async def _nodes(self, root: RootPlan, *, many: bool) -> Any:
        arguments = self._arguments(root.call)
        texts = arguments["ids"] if many else [arguments["id"]]
        if len(texts) > _MOST_NODES:
            raise limit_exceeded("ids", _MOST_NODES, len(texts))
        parsed = [parse_global_id(self._context.registry, text, "id") for text in texts]
        wanted: dict[str, list[str]] = {}
        for label, entity_id in parsed:
            wanted.setdefault(label, []).append(str(entity_id))
        written: dict[tuple[str, str], Written] = {}
        for label, ids in wanted.items():
            found = await self._entities(label, ids)
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
        found = await self._entities(plan.target.label, [one for one in ids if one is not None])
        present = {one: read for one, read in found.items() if read is not None}
        made = await self._objects(plan.target, list(present.values()))
        written = dict(zip(present, made, strict=True))
        for entity_id, one in zip(ids, objects, strict=True):
            one[plan.name] = None if entity_id is None else written.get(entity_id)

    async def _entities(self, label: str, ids: Sequence[str]) -> dict[str, Stored | None]:
        """The entities of a label by their ids, each read once in an operation."""

        async def read(missing: list[str]) -> dict[str, Stored | None]:
            found: dict[str, Stored | None] = dict.fromkeys(missing)
            prepared = self._statements.by_stored_field(self._viewer, label, "id", missing)
            for row in await self._fetch(prepared):
                properties = decode_properties(row["properties"])
                found[properties["id"]] = (row["graph_id"], properties)
            return found

        known = await self._reads.many(("entity", label), ids, read)
        return {one: known[one] for one in dict.fromkeys(ids)}

    # -- pages --------------------------------------------------------------------------------

    async def _list(self, root: RootPlan) -> Written:
        plan = root.connection
        if plan is None:
            raise UnforeseenError
        where, _, request = self._asked(plan.call)
        rows: Sequence[Any] = ()
        total = None
        if plan.needs_page:
            alone = self._plan.reads_alone
            prepared = self._prepared(
                plan.call,
                "page",
                lambda: self._statements.page(
                    self._viewer,
                    plan.label,
                    where,
                    request,
                    columns=_columns(plan, request),
                    alone=alone,
                ),
            )
            if prepared is not None:
                rows = await self._fetch(prepared, alone=alone)
        if plan.needs_total:
            counted = self._prepared(
                plan.call, "count", lambda: self._statements.count(self._viewer, plan.label, where)
            )
            total = int((await self._fetch(counted))[0]["total"]) if counted else 0
        return (await self._pages(plan, request, [rows], [total]))[0]

    async def _related(
        self,
        plan: ConnectionPlan,
        rows: Sequence[Stored],
        objects: Sequence[Written],
    ) -> None:
        """A page of a relationship for each of many objects."""
        relationship = plan.relationship
        if relationship is None:
            raise UnforeseenError
        where, edge_where, request = self._asked(plan.call)
        parents = list(dict.fromkeys((graph_id, stored["id"]) for graph_id, stored in rows))
        kind = (relationship.key, _frozen(where), _frozen(edge_where))
        columns = _columns(plan, request)
        pages: list[Sequence[Any]] = [()] * len(parents)
        totals: list[int | None] = [None] * len(parents)
        if plan.needs_page:
            prepared = self._prepared(
                plan.call,
                "page",
                lambda: self._statements.related_page(
                    self._viewer,
                    relationship,
                    where,
                    edge_where,
                    request,
                    columns=columns,
                    with_edges=plan.reads_edges,
                ),
            )
            if prepared is not None:
                read = partial(self._read_pages, prepared)
                shown = (kind, request, plan.columns, plan.reads_edges)
                known = await self._reads.many(("page", shown), parents, read)
                pages = [known[parent] for parent in parents]
        if plan.needs_total:
            counted = self._prepared(
                plan.call,
                "count",
                lambda: self._statements.related_count(
                    self._viewer, relationship, where, edge_where
                ),
            )
            if counted is not None:
                read_counts = partial(self._read_counts, counted)
                known = await self._reads.many(("count", kind), parents, read_counts)
                totals = [known[parent] for parent in parents]
        written = await self._pages(plan, request, pages, totals)
        by_parent = {parent[0]: one for parent, one in zip(parents, written, strict=True)}
        for (graph_id, _), one in zip(rows, objects, strict=True):
            one[plan.name] = by_parent[graph_id]

    async def _read_pages(self, prepared: Prepared, parents: list[Any]) -> dict[Any, list[Any]]:
        pages: list[list[Any]] = [[] for _ in parents]
        for row in await self._fetch(prepared, *_ids_of(parents)):
            pages[row["place"] - 1].append(row)
        return dict(zip(parents, pages, strict=True))

    async def _read_counts(self, prepared: Prepared, parents: list[Any]) -> dict[Any, int]:
        rows = await self._fetch(prepared, *_ids_of(parents))
        return {parent: int(row["total"]) for parent, row in zip(parents, rows, strict=True)}

    async def _pages(
        self,
        plan: ConnectionPlan,
        request: PageRequest,
        pages: Sequence[Sequence[Any]],
        totals: Sequence[int | None],
    ) -> list[Written]:
        """Pages as they are answered: one statement a level for the nodes of all of them."""
        kept: list[Sequence[Any]] = []
        more: list[bool] = []
        for rows in pages:
            more.append(len(rows) > request.size)
            page = rows[: request.size]
            kept.append(page[::-1] if request.backward else page)
        if plan.columns is None:
            nodes = [
                [(row["graph_id"], decode_properties(row["properties"])) for row in page]
                for page in kept
            ]
        else:
            # a row of columns is itself what is stored
            nodes = [[(row["graph_id"], row) for row in page] for page in kept]
        flat = [one for page in nodes for one in page]
        made = [
            [] if one.node is None else await self._objects(one.node, flat) for one in plan.rows
        ]
        written: list[Written] = []
        start = 0
        for page, own, has_more, total in zip(kept, nodes, more, totals, strict=True):
            positions = RowPosition(plan, request, page, [properties for _, properties in own])
            end = start + len(own)
            written.append(
                written_page(
                    plan, positions, [one[start:end] for one in made], total, has_more=has_more
                )
            )
            start = end
        return written

    # -- statements ---------------------------------------------------------------------------

    def _arguments(self, call: Call | None) -> Mapping[str, Any]:
        if call is None:
            raise UnforeseenError
        return self._calls.arguments(call, self._variables)

    def _asked(self, call: Call) -> tuple[dict[str, Any], dict[str, Any], PageRequest]:
        """The filters of a list and the page of it."""
        if call.request is not None:
            asked: tuple[dict[str, Any], dict[str, Any], PageRequest] = call.request
            return asked
        given = self._arguments(call)
        found = (
            plain_filter(given.get("where")),
            plain_filter(given.get("where_edge")),
            requested_page(self._context, _with_all(given)),
        )
        if call.settled:
            call.request = found
        return found

    def _prepared(self, call: Call, kind: str, prepare: Any) -> Prepared | None:
        """A statement, kept for as long as the plan where its values are settled."""
        if not call.settled:
            made: Prepared | None = prepare()
            return made
        key = (self._viewer.tenant_id, kind)
        if key not in call.prepared:
            if len(call.prepared) > _MOST_KEPT:
                call.prepared.clear()
            call.prepared[key] = prepare()
        return call.prepared[key]

    async def _fetch(
        self, prepared: Prepared, *first: object, alone: bool = False
    ) -> Sequence[Any]:
        database = self._context.database
        run = database.fetch_alone if alone else database.fetch
        return await run(self._viewer, prepared.statement, *first, *prepared.values)


_MOST_KEPT = 200


def _latest(key: LookupKey, found: Sequence[tuple[Any, Properties]]) -> tuple[Any, Properties]:
    """The one that is meant among several that match."""
    if len(found) == 1:
        return found[0]
    latest_by = key.lookup.latest_by
    if latest_by is None:
        raise UnforeseenError
    return max(found, key=lambda one: one[1][latest_by])


_LIST_ARGUMENTS = ("order_by", "first", "after", "last", "before")


def _ids_of(parents: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [graph_id for graph_id, _ in parents], [entity_id for _, entity_id in parents]


def _columns(plan: ConnectionPlan, request: PageRequest) -> Sequence[str] | None:
    """The stored fields that a page is read with: what is shown, and what its order goes by."""
    if plan.columns is None:
        return None
    orders = {one.field for one in request.orders} if plan.reads_edges else set()
    return sorted(plan.columns | orders)


def _frozen(condition: Mapping[str, Any]) -> bytes:
    return orjson.dumps(condition, option=orjson.OPT_SORT_KEYS, default=str) if condition else b""


def _with_all(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given.get(name) for name in _LIST_ARGUMENTS}
