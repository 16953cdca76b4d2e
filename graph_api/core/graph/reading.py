"""Reads the graph for one viewer: pages by SQL on the label tables, lookups by Cypher."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from graph_api.core.database import Database, Row
from graph_api.core.graph.expressions import sorted_by
from graph_api.core.graph.fields import fields_of
from graph_api.core.graph.filters import Filter
from graph_api.core.graph.read_statements import ReadStatements, ids_of_parents
from graph_api.core.graph.registry import GraphRegistry, Relationship
from graph_api.core.graph.rows import decode_properties, entity_of, hydrate, hydrate_edge
from graph_api.core.model import GraphEntity
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.viewer import Viewer

EntityPage = Page[GraphEntity]


class GraphReader:
    """Reads the declared graph; knows no entity by name."""

    def __init__(self, database: Database, registry: GraphRegistry) -> None:
        self._database = database
        self._statements = ReadStatements(registry)
        self.registry = registry

    async def page(
        self, viewer: Viewer, label: str, where: Filter, request: PageRequest
    ) -> EntityPage:
        """One page of a label's vertices that match a filter."""
        prepared = self._statements.page(viewer, label, where, request)
        if prepared is None:
            return Page((), request, has_more=False)
        rows = await self._database.fetch(viewer, prepared.statement, *prepared.values)
        model = self.registry.entity(label)
        found: list[PageRow[GraphEntity]] = []
        for row in rows:
            stored = decode_properties(row["properties"])
            entity = entity_of(model, row["graph_id"], stored)
            found.append(PageRow(entity, _position(model, stored, request, str(entity.id))))
        return _page(found, request)

    async def count(self, viewer: Viewer, label: str, where: Filter) -> int:
        """How many vertices of a label match a filter."""
        prepared = self._statements.count(viewer, label, where)
        rows = await self._database.fetch(viewer, prepared.statement, *prepared.values)
        return int(rows[0]["total"])

    async def related_pages(
        self,
        viewer: Viewer,
        relationship: Relationship,
        parents: Sequence[GraphEntity],
        where: Filter,
        edge_where: Filter,
        request: PageRequest,
    ) -> list[EntityPage]:
        """The same page of a relationship for each parent, in one statement."""
        prepared = self._statements.related_page(viewer, relationship, where, edge_where, request)
        if prepared is None:
            return [Page((), request, has_more=False) for _ in parents]
        rows = await self._database.fetch(
            viewer, prepared.statement, _ids_of(relationship, parents), *prepared.values
        )
        return self._pages_by_parent(relationship, rows, len(parents), request)

    async def related_counts(
        self,
        viewer: Viewer,
        relationship: Relationship,
        parents: Sequence[GraphEntity],
        where: Filter,
        edge_where: Filter,
    ) -> list[int]:
        """How many vertices match a filter in a relationship of each parent, in one statement."""
        prepared = self._statements.related_count(viewer, relationship, where, edge_where)
        rows = await self._database.fetch(
            viewer, prepared.statement, _ids_of(relationship, parents), *prepared.values
        )
        return [int(row["total"]) for row in rows]

    async def by_ids(
        self, viewer: Viewer, label: str, ids: Iterable[UUID]
    ) -> dict[UUID, GraphEntity]:
        """The vertices of a label by their ids, as far as the viewer may see them."""
        found = await self.by_field(viewer, label, "id", list(ids))
        return {entity.id: entity for entity in found}

    async def by_natural_keys(
        self, viewer: Viewer, label: str, keys: Sequence[str]
    ) -> dict[str, GraphEntity]:
        """The vertices of a label by their natural keys."""
        prepared = self._statements.by_natural_keys(viewer, label, keys)
        rows = await self._database.fetch(viewer, prepared.statement, *prepared.values)
        model = self.registry.entity(label)
        found = [hydrate(model, row["graph_id"], row["properties"]) for row in rows]
        return {entity.natural_key: entity for entity in found}

    async def by_field(
        self, viewer: Viewer, label: str, field: str, values: Sequence[object]
    ) -> list[GraphEntity]:
        """The vertices of a label by the values of an indexed text field."""
        prepared = self._statements.by_field(viewer, label, field, values)
        rows = await self._database.fetch(viewer, prepared.statement, *prepared.values)
        model = self.registry.entity(label)
        return [hydrate(model, row["graph_id"], row["properties"]) for row in rows]

    def _pages_by_parent(
        self, relationship: Relationship, rows: Sequence[Row], parents: int, request: PageRequest
    ) -> list[EntityPage]:
        model = self.registry.entity(relationship.target)
        grouped: list[list[PageRow[GraphEntity]]] = [[] for _ in range(parents)]
        for row in rows:
            stored = decode_properties(row["properties"])
            entity = entity_of(model, row["graph_id"], stored)
            edge = (
                hydrate_edge(relationship.edge.properties, row["edge_properties"])
                if relationship.edge is not None
                else None
            )
            grouped[row["place"] - 1].append(
                PageRow(entity, _position(model, stored, request, row["row_id"]), edge)
            )
        return [_page(group, request) for group in grouped]


def _ids_of(relationship: Relationship, parents: Sequence[GraphEntity]) -> str:
    return ids_of_parents(relationship, ((one.graph_id, str(one.id)) for one in parents))


def _page(rows: list[PageRow[GraphEntity]], request: PageRequest) -> EntityPage:
    has_more = len(rows) > request.size
    kept = rows[: request.size]
    return Page(kept[::-1] if request.backward else kept, request, has_more)


def _position(
    model: type[GraphEntity], stored: Mapping[str, Any], request: PageRequest, row_id: str
) -> Position:
    # of what is stored, by which the rows were put in order: a default is not
    fields = fields_of(model)
    return Position(
        tuple(sorted_by(fields[one.field], stored.get(one.field)) for one in request.orders), row_id
    )
