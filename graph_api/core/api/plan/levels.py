"""What a run reads of the database: the statements of a level, and what they are run with."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from graphql.execution.values import VariableValues

from graph_api.core.api.entities import plain_filter, requested_page
from graph_api.core.api.lookups import LookupKey
from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.reading import RunReads
from graph_api.core.api.plan.shapes import Call, ConnectionPlan, ObjectPlan, OperationPlan
from graph_api.core.api.plan.statements import Joined, by_key
from graph_api.core.api.plan.values import UnforeseenError
from graph_api.core.context import OperationContext
from graph_api.core.graph.read_statements import (
    Prepared,
    ReadStatements,
    ids_of_parents,
    takes_total,
)
from graph_api.core.graph.registry import Relationship
from graph_api.core.graph.rows import decode_properties
from graph_api.core.pages import PageRequest

Properties = Any
"""What is stored of an entity: all of it, decoded, or a row of columns as text."""
Stored = tuple[str, Properties]
"""An entity as it is stored, with AGE's id of it."""
Rows = Sequence[Any]
_MOST_KEPT = 200


class LevelReader:
    """Reads for one run of a plan; what is asked for twice is read once."""

    def __init__(
        self,
        context: OperationContext,
        plan: OperationPlan,
        calls: Calls,
        variables: VariableValues,
    ) -> None:
        self._context = context
        self._viewer = context.viewer
        self._plan = plan
        self._calls = calls
        self._variables = variables
        self._statements = ReadStatements(context.registry)
        self.reads = RunReads(together=len(plan.roots) > 1)

    async def end(self) -> None:
        """End what is still being read."""
        await self.reads.end()

    async def candidates(self, plan: ObjectPlan, key: LookupKey) -> list[Stored]:
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
        known = await self.reads.many(("key", label, field), [value], read)
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
                self.reads.known(("entity", label))[entity_id] = found

    async def entities(self, label: str, ids: Sequence[str]) -> dict[str, Stored | None]:
        """The entities of a label by their ids, each read once in an operation."""

        async def read(missing: list[str]) -> dict[str, Stored | None]:
            found: dict[str, Stored | None] = dict.fromkeys(missing)
            prepared = self._statements.by_stored_field(self._viewer, label, "id", missing)
            for row in await self._fetch(prepared):
                properties = decode_properties(row["properties"])
                found[properties["id"]] = (row["graph_id"], properties)
            return found

        known = await self.reads.many(("entity", label), ids, read)
        return {one: known[one] for one in dict.fromkeys(ids)}

    async def page_of_list(self, plan: ConnectionPlan) -> tuple[PageRequest, Rows, int | None]:
        """The rows of a list, one more than the page holds where there are more, and its total."""
        where, _, request = self._asked(plan.call)
        rows: Rows = ()
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
        return request, rows, total

    async def related_pages(
        self, plan: ConnectionPlan, parents: Mapping[str, str]
    ) -> tuple[PageRequest, list[Rows], list[int | None]]:
        """The same of a relationship, for each of many parents: AGE's ids and their own."""
        relationship = plan.relationship
        if relationship is None:
            raise UnforeseenError
        where, edge_where, request = self._asked(plan.call)
        if plan.needs_page and plan.needs_total and takes_total(request):
            return request, *await self._pages_and_totals(plan, relationship, parents)
        kind = (relationship.key, _frozen(where), _frozen(edge_where))
        pages: list[Rows] = [()] * len(parents)
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
                    columns=_columns(plan, request),
                    with_edges=plan.reads_edges,
                ),
            )
            if prepared is not None:
                read = partial(self._read_pages, prepared, relationship, parents)
                shown = (kind, request, plan.columns, plan.reads_edges)
                known = await self.reads.many(("page", shown), parents, read)
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
                read_counts = partial(self._read_counts, counted, relationship, parents)
                known = await self.reads.many(("count", kind), parents, read_counts)
                totals = [known[parent] for parent in parents]
        return request, pages, totals

    async def _pages_and_totals(
        self, plan: ConnectionPlan, relationship: Relationship, parents: Mapping[str, str]
    ) -> tuple[list[Rows], list[int | None]]:
        where, edge_where, request = self._asked(plan.call)
        prepared = self._prepared(
            plan.call,
            "page and total",
            lambda: self._statements.related_page_and_total(
                self._viewer,
                relationship,
                where,
                edge_where,
                request,
                columns=_columns(plan, request),
                with_edges=plan.reads_edges,
            ),
        )
        if prepared is None:
            raise UnforeseenError
        kind = (relationship.key, _frozen(where), _frozen(edge_where))
        shown = (kind, request, plan.columns, plan.reads_edges)
        read = partial(self._read_pages, prepared, relationship, parents)
        known = await self.reads.many(("page and total", shown), parents, read)
        pages = [known[parent] for parent in parents]
        return pages, [int(rows[0]["total"]) if rows else 0 for rows in pages]

    async def _read_pages(
        self,
        prepared: Prepared,
        relationship: Relationship,
        known: Mapping[str, str],
        parents: list[str],
    ) -> dict[str, list[Any]]:
        pages: list[list[Any]] = [[] for _ in parents]
        for row in await self._of_parents(prepared, relationship, known, parents):
            pages[row["place"] - 1].append(row)
        return dict(zip(parents, pages, strict=True))

    async def _read_counts(
        self,
        prepared: Prepared,
        relationship: Relationship,
        known: Mapping[str, str],
        parents: list[str],
    ) -> dict[str, int]:
        rows = await self._of_parents(prepared, relationship, known, parents)
        return {parent: int(row["total"]) for parent, row in zip(parents, rows, strict=True)}

    async def _of_parents(
        self,
        prepared: Prepared,
        relationship: Relationship,
        known: Mapping[str, str],
        parents: list[str],
    ) -> Rows:
        ids = ids_of_parents(relationship, ((one, known[one]) for one in parents))
        return await self._fetch(prepared, ids)

    def arguments(self, call: Call | None) -> Mapping[str, Any]:
        """What a field is called with."""
        if call is None:
            raise UnforeseenError
        return self._calls.arguments(call, self._variables)

    def _asked(self, call: Call) -> tuple[dict[str, Any], dict[str, Any], PageRequest]:
        """The filters of a list and the page of it."""
        if call.request is not None:
            asked: tuple[dict[str, Any], dict[str, Any], PageRequest] = call.request
            return asked
        given = self.arguments(call)
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


_LIST_ARGUMENTS = ("order_by", "first", "after", "last", "before")


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
