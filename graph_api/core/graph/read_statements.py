"""The statements that read the graph, with the values they are run with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graph_api.core.graph.cypher import cypher_parameters, cypher_statement
from graph_api.core.graph.expressions import Parameters, stored_form, text_of
from graph_api.core.graph.filters import Filter, FilterCompiler, join_relationship
from graph_api.core.graph.keyset import (
    TieBreaker,
    order_of,
    page_segments,
    sort_keys,
)
from graph_api.core.graph.registry import GraphRegistry, Relationship
from graph_api.core.pages import PageRequest
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer

_BY_ENTITY = TieBreaker(text_of("t", "id"))


_EDGE_AGAIN = '\njoin oilgas."{}" e on e.id = r.edge_id'


def _selected(columns: Sequence[str] | None, *, with_edges: bool = False) -> str:
    """What a statement gives of its rows `s`: outermost, so that only the page's are looked into."""
    given = ["s.properties"]
    if columns is not None:
        given = [f"(s.properties ->> '{name}'::text) as \"{name}\"" for name in columns]
    return ", ".join([*given, *(("s.row_id", "s.edge_properties") if with_edges else ())])


def _tie_of(relationship: Relationship) -> TieBreaker:
    if relationship.edge is None:
        return _BY_ENTITY
    return TieBreaker("e.id", "text::ag_catalog.graphid")


def _of_rows(relationship: Relationship) -> dict[str, str]:
    """What the rows of a relationship have besides their vertices."""
    if relationship.edge is None:
        return {"row_id": text_of("t", "id"), "edge_properties": "null::ag_catalog.agtype"}
    return {"row_id": "e.id::text", "edge_properties": "e.properties"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement and its values; of a relationship, those after its parents' ids."""

    statement: Statement
    values: tuple[object, ...]


def takes_total(request: PageRequest) -> bool:
    """Whether a page of a relationship costs no more with the number of all.

    It does where rows are not looked at beyond the page: in a relationship's own order.
    """
    is_first = not request.backward and request.after is None and request.before is None
    return is_first and bool(request.orders)


def ids_of_parents(relationship: Relationship, parents: Iterable[tuple[str, str]]) -> str:
    """The parents of a relationship, by AGE's ids and their own, as its statements take them."""
    place = 1 if relationship.edge is None else 0
    return ",".join([one[place] for one in parents])


class ReadStatements:
    """Writes the statements of one registry; names come from it, values become parameters."""

    def __init__(self, registry: GraphRegistry) -> None:
        self._registry = registry

    def page(
        self,
        viewer: Viewer,
        label: str,
        where: Filter,
        request: PageRequest,
        *,
        columns: Sequence[str] | None = None,
        alone: bool = False,
    ) -> Prepared | None:
        """A page of a label; None where it cannot hold a row.

        With `columns` the rows have these stored fields as text instead of all properties. With
        `alone` the statement says itself for whom it acts, and needs no transaction around
        it.
        """
        parameters = Parameters()
        compiler = FilterCompiler(self._registry, viewer, parameters, acts_alone=alone)
        matching = (
            f"{compiler.tenant('t', label)} and {compiler.vertices(label, 't', where, 'where')}"
        )
        keys = sort_keys(self._registry.fields(label), request.orders, "t")
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
            for segment in page_segments(keys, request, _BY_ENTITY, parameters)
        ]
        if not segments:
            return None
        whole = statement("list_vertices").fill(
            selected=_selected(columns), segments=" union all ".join(segments), limit=limit
        )
        if alone:
            tenant = parameters.add(viewer.tenant_id)
            whole = statement("acting_alone").fill(tenant=tenant, statement=whole.text)
        return Prepared(whole, tuple(parameters.values))

    def count(self, viewer: Viewer, label: str, where: Filter) -> Prepared:
        """How many vertices of a label match a filter."""
        parameters = Parameters()
        compiler = FilterCompiler(self._registry, viewer, parameters)
        predicate = (
            f"{compiler.tenant('t', label)} and {compiler.vertices(label, 't', where, 'where')}"
        )
        text = statement("count_vertices").fill(label=label, predicate=predicate)
        return Prepared(text, tuple(parameters.values))

    def related_page(
        self,
        viewer: Viewer,
        relationship: Relationship,
        where: Filter,
        edge_where: Filter,
        request: PageRequest,
        *,
        columns: Sequence[str] | None = None,
        with_edges: bool = True,
    ) -> Prepared | None:
        """The same page of a relationship for each of many parents; None where it holds no row.

        With `columns` the rows have these stored fields as text instead of all properties;
        without `with_edges` nothing of the relationship's own.
        """
        parameters, matching = self._related(viewer, relationship, where, edge_where)
        keys = sort_keys(self._registry.fields(relationship.target), request.orders, "t")
        limit = str(request.size + 1)
        segments = [
            statement("related_segment")
            .fill(
                **_of_rows(relationship),
                joined=join_relationship(relationship, "e", "t"),
                predicate=f"{matching} and {segment.predicate}",
                order_by=segment.order_by,
                limit=limit,
            )
            .text
            for segment in page_segments(keys, request, _tie_of(relationship), parameters)
        ]
        if not segments:
            return None
        text = statement("related_vertices").fill(
            selected=_selected(columns, with_edges=with_edges),
            segments=" union all ".join(segments),
            limit=limit,
        )
        return Prepared(text, tuple(parameters.values[1:]))

    def related_page_and_total(
        self,
        viewer: Viewer,
        relationship: Relationship,
        where: Filter,
        edge_where: Filter,
        request: PageRequest,
        *,
        columns: Sequence[str] | None = None,
        with_edges: bool = True,
    ) -> Prepared:
        """As `related_page`, with how many there are in all: for a page that `takes_total`."""
        parameters, matching = self._related(viewer, relationship, where, edge_where)
        keys = sort_keys(self._registry.fields(relationship.target), request.orders, "t")
        tie = _tie_of(relationship)
        named = [replace(key, expression=f"r.k{place}") for place, key in enumerate(keys)]
        order_by = order_of(named, TieBreaker("r.tie"), backward=False)
        with_edge, edge_id, own = "", "null", _of_rows(relationship)
        if relationship.edge is not None:
            edge_id, own["row_id"] = "e.id", "r.edge_id::text"
            if with_edges:
                with_edge = _EDGE_AGAIN.format(relationship.edge.name)
            else:
                own["edge_properties"] = "null"
        text = statement("related_vertices_and_total").fill(
            **own,
            selected=_selected(columns, with_edges=with_edges),
            label=relationship.target,
            joined=join_relationship(relationship, "e", "t"),
            edge_id=edge_id,
            with_edge=with_edge,
            predicate=matching,
            keys="".join(f"{key.expression} as k{place}, " for place, key in enumerate(keys)),
            tie=tie.expression,
            is_shown="true" if keys[0].nullable else "r.k0 is not null",
            order_by=f"r.k0 is null, {order_by}",
            limit=str(request.size + 1),
        )
        return Prepared(text, tuple(parameters.values[1:]))

    def related_count(
        self, viewer: Viewer, relationship: Relationship, where: Filter, edge_where: Filter
    ) -> Prepared:
        """How many vertices match a filter in a relationship of each of many parents."""
        parameters, matching = self._related(viewer, relationship, where, edge_where)
        text = statement("count_related_vertices").fill(
            joined=join_relationship(relationship, "e", "t"), predicate=matching
        )
        return Prepared(text, tuple(parameters.values[1:]))

    def by_natural_keys(self, viewer: Viewer, label: str, keys: Sequence[str]) -> Prepared:
        """The vertices of a label by their natural keys."""
        # by SQL: the index that keeps natural keys unique is one that Cypher cannot use
        text = statement("vertices_by_natural_key").fill(label=label)
        tenant = self._registry.tenant_of(label, viewer)
        return Prepared(text, (tenant, list(dict.fromkeys(keys))))

    def by_field(
        self, viewer: Viewer, label: str, field: str, values: Sequence[object]
    ) -> Prepared:
        """The vertices of a label by the values of an indexed text field."""
        declaration = self._registry.fields(label)[field]
        forms = [stored_form(declaration, value) for value in values]
        return self.by_stored_field(viewer, label, field, list(dict.fromkeys(forms)))

    def by_stored_field(
        self, viewer: Viewer, label: str, field: str, values: Sequence[object]
    ) -> Prepared:
        """The same by values as they are stored, each of them once."""
        tenant = self._registry.tenant_of(label, viewer)
        parameters = cypher_parameters(values=values, tenant=tenant)
        text = cypher_statement("vertices_by_field", label=label, field=field)
        return Prepared(text, (parameters,))

    def _related(
        self, viewer: Viewer, relationship: Relationship, where: Filter, edge_where: Filter
    ) -> tuple[Parameters, str]:
        # the first is the parents' ids, which are known when the statement runs
        parameters = Parameters(None)
        compiler = FilterCompiler(self._registry, viewer, parameters)
        conditions = [
            compiler.starts_at(relationship, "e", "t", "p.id::ag_catalog.graphid", "p.id"),
            compiler.tenant("t", relationship.target),
            compiler.vertices(relationship.target, "t", where, "where"),
        ]
        if relationship.edge is not None:
            conditions.append(compiler.edge_tenant("e"))
            conditions.append(compiler.edges(relationship, "e", edge_where, "whereEdge"))
        return parameters, " and ".join(conditions)
