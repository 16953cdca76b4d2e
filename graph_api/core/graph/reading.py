"""Reads the graph for one viewer: pages by SQL on the label tables, lookups by Cypher."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from graph_api.core.database import Database, Row
from graph_api.core.graph.cypher import cypher_parameters, cypher_statement
from graph_api.core.graph.expressions import Parameters, stored_form, text_of
from graph_api.core.graph.fields import fields_of
from graph_api.core.graph.filters import Filter, FilterCompiler, join_relationship
from graph_api.core.graph.keyset import TieBreaker, page_segments, sort_keys
from graph_api.core.graph.registry import GraphRegistry, Relationship
from graph_api.core.graph.rows import hydrate, hydrate_edge
from graph_api.core.model import GraphEntity
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

EntityPage = Page[GraphEntity]


class GraphReader:
    """Reads the declared graph; knows no entity by name."""

    def __init__(self, database: Database, registry: GraphRegistry) -> None:
        self._database = database
        self.registry = registry

    async def page(
        self, viewer: Viewer, label: str, where: Filter, request: PageRequest
    ) -> EntityPage:
        """One page of a label's vertices that match a filter."""
        parameters = Parameters()
        compiler = FilterCompiler(self.registry, viewer, parameters)
        matching = (
            f"{compiler.tenant('t', label)} and {compiler.vertices(label, 't', where, 'where')}"
        )
        keys = sort_keys(self.registry.fields(label), request.orders, "t")
        limit = str(request.size + 1)
        segments = [
            statement("list_segment")
            .fill(
                label=label,
                predicate=f"{matching} and {segment.predicate}",
                order_by=segment.order_by,
                limit=limit,
            )
            .text
            for segment in page_segments(keys, request, TieBreaker(text_of("t", "id")), parameters)
        ]
        if not segments:
            return Page((), request, has_more=False)
        text = statement("list_vertices").fill(segments=" union all ".join(segments), limit=limit)
        rows = await self._database.fetch(viewer, text, *parameters.values)
        model = self.registry.entity(label)
        found = [hydrate(model, row["graph_id"], row["properties"]) for row in rows]
        return _page([PageRow(one, _position(one, request, str(one.id))) for one in found], request)

    async def count(self, viewer: Viewer, label: str, where: Filter) -> int:
        """How many vertices of a label match a filter."""
        parameters = Parameters()
        compiler = FilterCompiler(self.registry, viewer, parameters)
        predicate = (
            f"{compiler.tenant('t', label)} and {compiler.vertices(label, 't', where, 'where')}"
        )
        text = statement("count_vertices").fill(label=label, predicate=predicate)
        rows = await self._database.fetch(viewer, text, *parameters.values)
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
        parameters, matching = self._related(viewer, relationship, parents, where, edge_where)
        keys = sort_keys(self.registry.fields(relationship.target), request.orders, "t")
        limit = str(request.size + 1)
        over_edge = relationship.edge is not None
        tie = TieBreaker("e.id", "text::ag_catalog.graphid") if over_edge else _BY_ENTITY
        segments = [
            statement("related_segment")
            .fill(
                row_id="e.id::text" if over_edge else text_of("t", "id"),
                edge_properties="e.properties" if over_edge else "null::ag_catalog.agtype",
                joined=join_relationship(relationship, "e", "t"),
                predicate=f"{matching} and {segment.predicate}",
                order_by=segment.order_by,
                limit=limit,
            )
            .text
            for segment in page_segments(keys, request, tie, parameters)
        ]
        if not segments:
            return [Page((), request, has_more=False) for _ in parents]
        text = statement("related_vertices").fill(
            segments=" union all ".join(segments), limit=limit
        )
        rows = await self._database.fetch(viewer, text, *parameters.values)
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
        parameters, matching = self._related(viewer, relationship, parents, where, edge_where)
        text = statement("count_related_vertices").fill(
            joined=join_relationship(relationship, "e", "t"), predicate=matching
        )
        rows = await self._database.fetch(viewer, text, *parameters.values)
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
        rows = await self._database.fetch(
            viewer,
            # by SQL: the index that keeps natural keys unique is one that Cypher cannot use
            statement("vertices_by_natural_key").fill(label=label),
            self.registry.tenant_of(label, viewer),
            list(dict.fromkeys(keys)),
        )
        model = self.registry.entity(label)
        found = [hydrate(model, row["graph_id"], row["properties"]) for row in rows]
        return {entity.natural_key: entity for entity in found}

    async def by_field(
        self, viewer: Viewer, label: str, field: str, values: Sequence[object]
    ) -> list[GraphEntity]:
        """The vertices of a label by the values of an indexed text field."""
        declaration = self.registry.fields(label)[field]
        forms = [stored_form(declaration, value) for value in values]
        rows = await self._database.fetch(
            viewer,
            cypher_statement("vertices_by_field", label=label, field=field),
            cypher_parameters(
                values=list(dict.fromkeys(forms)), tenant=self.registry.tenant_of(label, viewer)
            ),
        )
        model = self.registry.entity(label)
        return [hydrate(model, row["graph_id"], row["properties"]) for row in rows]

    def _related(
        self,
        viewer: Viewer,
        relationship: Relationship,
        parents: Sequence[GraphEntity],
        where: Filter,
        edge_where: Filter,
    ) -> tuple[Parameters, str]:
        parameters = Parameters(
            [parent.graph_id for parent in parents], [str(parent.id) for parent in parents]
        )
        compiler = FilterCompiler(self.registry, viewer, parameters)
        conditions = [
            compiler.starts_at(
                relationship, "e", "t", "p.graph_id::ag_catalog.graphid", "p.entity_id"
            ),
            compiler.tenant("t", relationship.target),
            compiler.vertices(relationship.target, "t", where, "where"),
        ]
        if relationship.edge is not None:
            conditions.append(compiler.edge_tenant("e"))
            conditions.append(compiler.edges(relationship, "e", edge_where, "whereEdge"))
        return parameters, " and ".join(conditions)

    def _pages_by_parent(
        self, relationship: Relationship, rows: Sequence[Row], parents: int, request: PageRequest
    ) -> list[EntityPage]:
        model = self.registry.entity(relationship.target)
        grouped: list[list[PageRow[GraphEntity]]] = [[] for _ in range(parents)]
        for row in rows:
            entity = hydrate(model, row["graph_id"], row["properties"])
            edge = (
                hydrate_edge(relationship.edge.properties, row["edge_properties"])
                if relationship.edge is not None
                else None
            )
            grouped[row["place"] - 1].append(
                PageRow(entity, _position(entity, request, row["row_id"]), edge)
            )
        return [_page(group, request) for group in grouped]


_BY_ENTITY = TieBreaker(text_of("t", "id"))


def _page(rows: list[PageRow[GraphEntity]], request: PageRequest) -> EntityPage:
    has_more = len(rows) > request.size
    kept = rows[: request.size]
    return Page(kept[::-1] if request.backward else kept, request, has_more)


def _position(entity: GraphEntity, request: PageRequest, row_id: str) -> Position:
    return Position(tuple(_key_value(entity, order.field) for order in request.orders), row_id)


def _key_value(entity: GraphEntity, name: str) -> Any:
    value = getattr(entity, name)
    return None if value is None else stored_form(fields_of(type(entity))[name], value)
