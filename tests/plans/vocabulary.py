"""What documents may ask a tenant about: its entities, those of others, keys, cursors, filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid5

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
)
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.global_ids import global_id
from graph_api.core.graph.expressions import stored_form
from graph_api.core.graph.fields import fields_of
from graph_api.core.graph.registry import Direction, Relationship
from graph_api.core.model import GraphEntity
from graph_api.core.pages import Order, Position, encode_cursor
from tests.core.graph.oracle import Oracle, as_variable
from tests.core.graph.querying import LABELS, edge_filters, list_queries

ValueT = TypeVar("ValueT")
Orders = Sequence[tuple[str, bool]]

_PERCENT = st.integers(0, 99)
_DEEPEST_INPUT = 2
_SCALARS: dict[str, tuple[Any, ...]] = {
    "Int": (1, 2, 3, 0),
    "Float": (1.5, 0, -1),
    "Boolean": (False, True),
    "Date": ("2024-03-01", "2021-01-01", "0001-01-01"),
    "DateTime": ("2024-03-01T06:00:00Z", "2100-01-01T00:00:00+00:00"),
    "JSON": ({}, {"a": [1, None]}),
}


class Choices:
    """Draws that shrink to the first, the fewest and the plainest."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def chance(self, percent: int) -> bool:
        """True so many times in a hundred."""
        drawn: int = self.draw(_PERCENT)
        return drawn >= 100 - percent

    def below(self, end: int) -> int:
        """A number from 0 on."""
        drawn: int = 0 if end <= 1 else self.draw(_below(end))
        return drawn

    def one(self, values: Sequence[ValueT]) -> ValueT:
        """One of several."""
        return values[self.below(len(values))]

    def some(self, values: Sequence[ValueT], most: int) -> list[ValueT]:
        """A few different ones, at least one."""
        left = list(values)
        return [
            left.pop(self.below(len(left))) for _ in range(1 + self.below(min(most, len(left))))
        ]


_RANGES: dict[int, st.SearchStrategy[int]] = {}


def _below(end: int) -> st.SearchStrategy[int]:
    if end not in _RANGES:
        _RANGES[end] = st.integers(0, end - 1)
    return _RANGES[end]


@dataclass(repr=False)
class Vocabulary:
    """What one viewer's documents are made of."""

    schema: GraphQLSchema
    oracle: Oracle
    foreign: Oracle | None = None
    """What another tenant has."""
    texts: Sequence[str] = ("a", "7", "SWR_37", "")
    _conditions: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        entities = self.oracle.entities
        self.labels = [label for label in LABELS if entities[label]]
        self.labels += [label for label in entities if entities[label] and label not in LABELS]
        self.edge_types = {edge.type for edge in self.oracle.edges}
        self.has_every_label = all(entities[label] for label in LABELS)

    def has(self, relationship: Relationship) -> bool:
        """Whether any entity has something in a relationship."""
        if relationship.edge is not None:
            return relationship.edge.name in self.edge_types
        return bool(self.oracle.entities[relationship.target])

    # -- ids and keys -------------------------------------------------------------------------

    def id_of(self, choose: Choices, label: str | None = None) -> str:
        """A global id: mostly of an entity that there is."""
        found = label or choose.one(self.labels)
        known = self.oracle.entities[found]
        if choose.chance(12) or not known:
            return self._strange_id(choose, found)
        return global_id(found, choose.one(known).id)

    def _strange_id(self, choose: Choices, label: str) -> str:
        match choose.below(8):
            case 0 | 1:
                return global_id(label, UUID(int=7))
            case 2:
                return global_id(choose.one(self.labels), UUID(int=7))
            case 3:
                return choose.one(("", "x", "V2VsbDp4", "TW9vbjowMDAwMDAwMC0wMDAw"))
            case _:
                theirs = self.foreign.entities[label] if self.foreign else []
                return global_id(label, choose.one(theirs).id if theirs else UUID(int=9))

    def keys(self, choose: Choices, label: str) -> dict[str, Any]:
        """The arguments of a lookup, by their names in the API."""
        model = self.oracle.registry.entity(label)
        owner = self.foreign if choose.chance(8) and self.foreign else self.oracle
        known = owner.entities[label]
        if choose.chance(15) or not known:
            return {"id": self.id_of(choose, label)}
        one, lookup = choose.one(known), choose.one(model.lookups)
        named = [*lookup.fields, *(name for name in lookup.optional if choose.chance(40))]
        given = {name: getattr(one, name) for name in named if getattr(one, name) is not None}
        if not set(lookup.fields) <= given.keys():
            return {"id": global_id(label, one.id)}
        if choose.chance(8):
            other = choose.one(known)
            given |= {name: getattr(other, name) for name in given if choose.chance(50)}
        if choose.chance(2):
            given["id"] = global_id(label, one.id)
        return {
            to_camel_case(name): value if name == "id" else as_variable(value)
            for name, value in given.items()
            if value is not None
        }

    # -- lists --------------------------------------------------------------------------------

    def where(self, choose: Choices, label: str, *, plain: bool) -> Any:
        """A filter over a label."""
        if not self.oracle.entities[label]:
            return {}
        plain = plain or label not in LABELS or not self.has_every_label
        key = f"{label} {plain}"
        if key not in self._conditions:
            self._conditions[key] = list_queries(self.oracle, label, shallow=plain)
        return as_variable(choose.draw(self._conditions[key]).where)

    def where_edge(self, choose: Choices, edge_type: str) -> Any:
        """A filter over the data of a type of edge."""
        if edge_type not in self.edge_types:
            return {}
        key = f"edge {edge_type}"
        if key not in self._conditions:
            self._conditions[key] = edge_filters(self.oracle, edge_type)
        return as_variable(choose.draw(self._conditions[key]))

    def orders(self, choose: Choices, label: str) -> list[tuple[str, bool]]:
        """One to three keys, each either way."""
        declared = self.oracle.registry.fields(label).values()
        sortable = [one.name for one in declared if one.sortable]
        return [(name, choose.chance(50)) for name in choose.some(sortable, 3)]

    def cursor(
        self, choose: Choices, label: str, relationship: Relationship | None, orders: Orders
    ) -> str:
        """A cursor of a list in that order: mostly of a row that there is."""
        if choose.chance(3):
            return choose.one(("", "x", encode_cursor([], Position((), "0"))))
        rows: list[tuple[GraphEntity, str]] = []
        if relationship is not None and relationship.edge is not None:
            outward = relationship.direction is Direction.OUT
            for edge in self.oracle.edges:
                if edge.type == relationship.edge.name:
                    other = self.oracle.entity(label, edge.end if outward else edge.start)
                    rows += [] if other is None else [(other, str(edge.row_id))]
        else:
            rows = [(one, str(one.id)) for one in self.oracle.entities[label]]
        keys = [Order(name, descending) for name, descending in orders]
        if not rows:
            return encode_cursor(keys, Position(tuple(None for _ in keys), "0"))
        entity, row_id = choose.one(rows)
        values = tuple(_key_value(entity, name) for name, _ in orders)
        return encode_cursor(keys, Position(values, row_id))

    # -- any other argument -------------------------------------------------------------------

    def value(self, choose: Choices, name: str, given: Any, depth: int = 0) -> Any:
        """Some value of an input type, as JSON has it; `name` is what it is for."""
        bare = given.of_type if isinstance(given, GraphQLNonNull) else given
        if isinstance(bare, GraphQLList):
            return [self.value(choose, name, bare.of_type, depth) for _ in range(choose.below(3))]
        if isinstance(bare, GraphQLEnumType):
            return choose.one(list(bare.values))
        if isinstance(bare, GraphQLInputObjectType):
            return {
                key: self.value(choose, key, one.type, depth + 1)
                for key, one in bare.fields.items()
                if isinstance(one.type, GraphQLNonNull)
                or (depth < _DEEPEST_INPUT and choose.chance(15))
            }
        match bare.name:
            case "ID":
                return self.id_of(choose, "Lease" if name == "leaseId" else None)
            case "UUID":
                return str(uuid5(UUID(int=1), "one"))
            case "String":
                return choose.one(self.texts)
            case other:
                return choose.one(_SCALARS[other])


def _key_value(entity: GraphEntity, name: str) -> Any:
    value = getattr(entity, name)
    return None if value is None else stored_form(fields_of(type(entity))[name], value)
