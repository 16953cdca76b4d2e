"""Random questions to ask of a world: filters with every operator, orders, relationships."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.registry import Relationship
from graph_api.core.model import EdgeProperties, GraphEntity
from tests.core.graph.oracle import Oracle
from tests.core.graph.worlds import AWKWARD_TEXTS

LABELS = ("Well", "Operator", "Lease", "Facility", "Formation", "Permit")

RELATED = (
    ("Lease", "gatherers"),
    ("Operator", "gathered_leases"),
    ("Lease", "wells"),
    ("Well", "leases"),
    ("Operator", "leases"),
    ("Operator", "wells"),
    ("Well", "offsets"),
    ("Well", "offset_by"),
    ("Well", "permits"),
    ("Operator", "permits"),
    ("Lease", "permits"),
)


@dataclass
class ListQuery:
    """What a list is asked for."""

    where: dict[str, Any]
    orders: Sequence[tuple[str, bool]]


@dataclass
class RelatedQuery:
    """What a relationship is asked for."""

    relationship: Relationship
    where: dict[str, Any]
    where_edge: dict[str, Any]
    orders: Sequence[tuple[str, bool]]
    size_argument: str = field(default="first")


_COMPARED = ("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte")
_OPERATORS: dict[FieldKind, tuple[str, ...]] = {
    FieldKind.TEXT: (*_COMPARED, "startsWith", "contains"),
    FieldKind.INTEGER: _COMPARED,
    FieldKind.NUMBER: _COMPARED,
    FieldKind.DATE: _COMPARED,
    FieldKind.MOMENT: _COMPARED,
    FieldKind.BOOLEAN: ("eq", "ne"),
    FieldKind.UUID: ("eq", "ne", "in", "notIn"),
    FieldKind.ENUM: ("eq", "ne", "in", "notIn"),
}
_MORE_BOUNDS: dict[FieldKind, tuple[Any, ...]] = {
    FieldKind.TEXT: AWKWARD_TEXTS,
    FieldKind.INTEGER: (-1, 0, 5, 2**31 - 1),
    FieldKind.NUMBER: (-1e308, -1, 0.0, 1.0, 7.5, 1e308),
    FieldKind.DATE: (date(2000, 1, 1), date(1, 1, 1)),
    FieldKind.MOMENT: (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
}
"""Bounds that no record has, some of which no record may have."""


_EVERYTHING: st.SearchStrategy[dict[str, Any]] = st.just({})


def list_queries(
    oracle: Oracle, label: str, *, shallow: bool = False
) -> st.SearchStrategy[ListQuery]:
    """Filters and orders over a label; shallow ones keep most rows."""
    where = _EVERYTHING | _leaf(oracle, label, 0) if shallow else filters(oracle, label)
    return st.builds(ListQuery, where, orders(oracle, label))


def related_queries(oracle: Oracle, relationship: Relationship) -> st.SearchStrategy[RelatedQuery]:
    """Filters and orders over a relationship, and over its edges' own data."""
    edge = relationship.edge
    where_edge = _EVERYTHING if edge is None else _EVERYTHING | edge_filters(oracle, edge.name)
    return st.builds(
        RelatedQuery,
        st.just(relationship),
        _EVERYTHING | _leaf(oracle, relationship.target, 0),
        where_edge,
        orders(oracle, relationship.target),
    )


def orders(oracle: Oracle, label: str) -> st.SearchStrategy[list[tuple[str, bool]]]:
    """No to three keys, each either way."""
    sortable = [one.name for one in oracle.registry.fields(label).values() if one.sortable]
    # what differs in every row would leave nothing to break ties of
    telling = [name for name in sortable if name not in ("created_at", "updated_at")]
    return st.lists(
        st.tuples(st.sampled_from(telling) | st.sampled_from(sortable), st.booleans()),
        max_size=3,
        unique_by=lambda key: key[0],
    )


def filters(oracle: Oracle, label: str) -> st.SearchStrategy[dict[str, Any]]:
    """Filters of every shape: fields, relationships, and, or, not."""
    return _combined(_leaf(oracle, label, 2))


def edge_filters(oracle: Oracle, edge_type: str) -> st.SearchStrategy[dict[str, Any]]:
    """Filters over the data of a type of edge."""
    properties = oracle.registry.edge_types[edge_type].properties
    records = [edge.properties for edge in oracle.edges if edge.type == edge_type]
    return _combined(_field_condition(list(fields_of(properties).values()), records))


def _combined(
    leaf: st.SearchStrategy[dict[str, Any]], depth: int = 2
) -> st.SearchStrategy[dict[str, Any]]:
    """Filters made of leaves by and, or and not, to a depth; `st.recursive` is far slower."""
    if depth == 0:
        return _EVERYTHING | leaf | leaf
    inner = _combined(leaf, depth - 1)
    return st.one_of(
        leaf,
        leaf,
        st.builds(lambda some: {"and": some}, st.lists(inner, max_size=3)),
        st.builds(lambda some: {"or": some}, st.lists(inner, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda one, other: {**one, "not": other}, leaf, inner),
    )


def _leaf(oracle: Oracle, label: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    declared = [
        one
        for one in oracle.registry.fields(label).values()
        if one.filterable and one.hidden is None
    ]
    own = _field_condition(declared, oracle.entities[label])
    if depth == 0:
        return own
    return own | own | _relationship_condition(oracle, label, depth)


def _field_condition(
    declared: Sequence[FieldDeclaration], records: Sequence[GraphEntity | EdgeProperties]
) -> st.SearchStrategy[dict[str, Any]]:
    def conditions(one: FieldDeclaration) -> st.SearchStrategy[dict[str, Any]]:
        held = [getattr(record, one.name) for record in records]
        operations = st.dictionaries(st.sampled_from(_operators(one)), st.none(), max_size=2)
        return operations.flatmap(
            lambda chosen: st.fixed_dictionaries(
                {operator: _operand(one, operator, held) for operator in chosen}
            )
        ).map(lambda condition: {one.name: condition})

    telling = [
        one
        for one in declared
        if any(getattr(record, one.name) not in (None, []) for record in records)
    ]
    return st.sampled_from(telling).flatmap(conditions)


def _operators(one: FieldDeclaration) -> tuple[str, ...]:
    if one.kind is FieldKind.LIST:
        return ("has", "isEmpty")
    return (*_OPERATORS[one.kind], "isNull")


def _operand(one: FieldDeclaration, operator: str, held: Sequence[Any]) -> st.SearchStrategy[Any]:
    if operator in ("isNull", "isEmpty"):
        return st.booleans()
    if one.kind is FieldKind.LIST:
        return st.sampled_from([value for values in held for value in values] + ["38", "'"])
    there = [value for value in held if value is not None]
    values = st.sampled_from(there)
    if operator in ("gt", "gte", "lt", "lte"):
        values |= st.sampled_from([*_MORE_BOUNDS.get(one.kind, ()), *there])
    if one.kind is FieldKind.TEXT and operator in ("startsWith", "contains"):
        cut = st.builds(lambda text, end: text[:end], values, st.integers(0, 4))
        return cut | values | st.sampled_from(AWKWARD_TEXTS)
    return st.lists(values, max_size=4) if operator in ("in", "notIn") else values


def _relationship_condition(
    oracle: Oracle, label: str, depth: int
) -> st.SearchStrategy[dict[str, Any]]:
    references = {
        name: reference.references.label
        for name, reference in oracle.registry.references(label).items()
        if reference.references is not None and reference.references.label in LABELS
    }
    relationships = [one for source, one in RELATED if source == label]

    def conditions(name: str) -> st.SearchStrategy[dict[str, Any]]:
        if name in references:
            condition = _leaf(oracle, references[name], depth - 1)
        else:
            relationship = oracle.registry.relationships(label)[name]
            condition = _quantified(oracle, relationship, depth)
        return condition.map(lambda one: {name: one})

    names = [*references, *relationships]
    return st.sampled_from(names).flatmap(conditions) if names else _EVERYTHING


def _quantified(
    oracle: Oracle, relationship: Relationship, depth: int
) -> st.SearchStrategy[dict[str, Any]]:
    inner = _EVERYTHING | _leaf(oracle, relationship.target, depth - 1)
    quantified = st.sampled_from(["some", "none", "every"]).flatmap(
        lambda how: st.fixed_dictionaries({how: inner})
    )
    if relationship.edge is None:
        return quantified
    by_edge = edge_filters(oracle, relationship.edge.name)
    return quantified | st.builds(lambda one, edge: {**one, "edge": edge}, quantified, by_edge)
