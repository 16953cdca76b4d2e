"""Carries a plan out: level by level, each level for all its parents in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql.execution.values import VariableValues

from graph_api.core.api.entities import plain_filter, requested_page
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.lookups import LookupKey, key_of_lookup
from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.delegating import Delegation
from graph_api.core.api.plan.paging import RowPosition, written_page
from graph_api.core.api.plan.projecting import UnforeseenError
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

Properties = dict[str, Any]
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
        self._context = context
        self._viewer = context.viewer
        self._plan = plan
        self._calls = calls
        self._variables = variables
        self._statements = ReadStatements(context.registry)
        self._known: dict[tuple[str, str], tuple[str, Properties] | None] = {}
        """Entities that have been read, with AGE's id, by label and id."""

    async def data(self) -> Written:
        """The answer's data; raises whatever goes wrong, and then nothing of it is an answer."""
        data: Written = {}
        for root in self._plan.roots:
            self._delegation.at(root.name)
            data[root.name] = await self._root(root)
        return data

    async def _root(self, root: RootPlan) -> Any:
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
        prepared, joined = by_key(self._context.registry, self._viewer, plan, key)
        rows = await self._fetch(prepared, alone=True)
        found = []
        for row in rows:
            properties = decode_properties(row["properties"])
            if key.matches(properties):
                found.append((row, properties))
        if not found:
            return None
        row, properties = _latest(key, found)
        self._remember(row, joined, properties)
        return (await self._objects(plan, [(row["graph_id"], properties)]))[0]

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
                self._known[label, entity_id] = found

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

    async def _objects(
        self, plan: ObjectPlan, rows: Sequence[tuple[str, Properties]]
    ) -> list[Written]:
        """Stored objects as they are answered, with all that is asked for below them."""
        project = plan.project
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
        rows: Sequence[tuple[str, Properties]],
        objects: Sequence[Written],
    ) -> None:
        ids = [properties.get(plan.attribute) for _, properties in rows]
        found = await self._entities(plan.target.label, [one for one in ids if one is not None])
        present = {one: read for one, read in found.items() if read is not None}
        made = await self._objects(plan.target, list(present.values()))
        written = dict(zip(present, made, strict=True))
        for entity_id, one in zip(ids, objects, strict=True):
            one[plan.name] = None if entity_id is None else written.get(entity_id)

    async def _entities(
        self, label: str, ids: Sequence[str]
    ) -> dict[str, tuple[str, Properties] | None]:
        """The entities of a label by their ids, each read once in an operation."""
        known = self._known
        missing = [one for one in dict.fromkeys(ids) if (label, one) not in known]
        if missing:
            prepared = self._statements.by_field(self._viewer, label, "id", missing)
            for one in missing:
                known[label, one] = None
            for row in await self._fetch(prepared):
                properties = decode_properties(row["properties"])
                known[label, properties["id"]] = (row["graph_id"], properties)
        return {one: known[label, one] for one in dict.fromkeys(ids)}

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
                    self._viewer, plan.label, where, request, alone=alone
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
        rows: Sequence[tuple[str, Properties]],
        objects: Sequence[Written],
    ) -> None:
        """A page of a relationship for each of many objects."""
        relationship = plan.relationship
        if relationship is None:
            raise UnforeseenError
        where, edge_where, request = self._asked(plan.call)
        places: dict[str, int] = {}
        entity_ids: list[str] = []
        for graph_id, properties in rows:
            if graph_id not in places:
                places[graph_id] = len(entity_ids)
                entity_ids.append(properties["id"])
        parents = (list(places), entity_ids)
        pages: list[list[Any]] = [[] for _ in entity_ids]
        totals: list[int | None] = [None] * len(entity_ids)
        if plan.needs_page:
            prepared = self._prepared(
                plan.call,
                "page",
                lambda: self._statements.related_page(
                    self._viewer, relationship, where, edge_where, request
                ),
            )
            if prepared is not None:
                for row in await self._fetch(prepared, *parents):
                    pages[row["place"] - 1].append(row)
        if plan.needs_total:
            counted = self._prepared(
                plan.call,
                "count",
                lambda: self._statements.related_count(
                    self._viewer, relationship, where, edge_where
                ),
            )
            if counted is not None:
                totals = [int(row["total"]) for row in await self._fetch(counted, *parents)]
        written = await self._pages(plan, request, pages, totals)
        for (graph_id, _), one in zip(rows, objects, strict=True):
            one[plan.name] = written[places[graph_id]]

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
        nodes = [
            [(row["graph_id"], decode_properties(row["properties"])) for row in page]
            for page in kept
        ]
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


def _with_all(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given.get(name) for name in _LIST_ARGUMENTS}
