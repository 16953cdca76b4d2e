"""What lists, filters and pages mean, said as plainly as Python can, to hold the database to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from graph_api.core.graph.registry import Direction, GraphRegistry, Relationship
from graph_api.core.model import EdgeProperties, GraphEntity

Condition = Mapping[str, Any]


@dataclass(frozen=True)
class StoredEdge:
    """One edge: its type, the ids of its ends, what it says, and its place among ties."""

    type: str
    start: UUID
    end: UUID
    properties: EdgeProperties
    row_id: int


@dataclass(frozen=True)
class Row:
    """One row of a list: the entity, what breaks ties, and in a relationship its edge."""

    entity: GraphEntity
    tie: Any
    edge: EdgeProperties | None = None


@dataclass(repr=False)
class Oracle:
    """Everything one tenant has, and what its lists must hold."""

    registry: GraphRegistry
    entities: dict[str, list[GraphEntity]]
    edges: list[StoredEdge] = field(default_factory=list)

    def entity(self, label: str, entity_id: UUID | None) -> GraphEntity | None:
        return next((one for one in self.entities[label] if one.id == entity_id), None)

    def listed(self, label: str, where: Condition, orders: Sequence[tuple[str, bool]]) -> list[Row]:
        rows = [Row(one, str(one.id)) for one in self.entities[label] if self.matches(one, where)]
        return in_order(rows, orders)

    def related(
        self,
        parent: GraphEntity,
        relationship: Relationship,
        where: Condition,
        where_edge: Condition,
        orders: Sequence[tuple[str, bool]],
    ) -> list[Row]:
        rows = [
            row
            for row in self._related_rows(parent, relationship)
            if self.matches(row.entity, where)
            and (row.edge is None or holds(where_edge, plain_field(row.edge)))
        ]
        return in_order(rows, orders)

    def _related_rows(self, parent: GraphEntity, relationship: Relationship) -> list[Row]:
        if relationship.edge is None:
            assert relationship.reference is not None
            return [
                Row(one, str(one.id))
                for one in self.entities[relationship.target]
                if getattr(one, relationship.reference) == parent.id
            ]
        rows = []
        for edge in self.edges:
            if edge.type != relationship.edge.name:
                continue
            outward = relationship.direction is Direction.OUT
            near, far = (edge.start, edge.end) if outward else (edge.end, edge.start)
            other = self.entity(relationship.target, far)
            if near == parent.id and other is not None:
                rows.append(Row(other, edge.row_id, edge.properties))
        return rows

    def matches(self, one: GraphEntity, where: Condition) -> bool:
        return holds(where, lambda name, condition: self._entity_condition(one, name, condition))

    def _entity_condition(self, one: GraphEntity, name: str, condition: Condition) -> bool:
        label = one.label()
        if relationship := self.registry.relationships(label).get(name):
            return self._quantified(one, relationship, condition)
        if reference := self.registry.references(label).get(name):
            assert reference.references is not None
            other = self.entity(reference.references.label, getattr(one, reference.name))
            return other is not None and self.matches(other, condition)
        return plain_field(one)(name, condition)

    def _quantified(
        self, one: GraphEntity, relationship: Relationship, condition: Condition
    ) -> bool:
        rows = [
            row
            for row in self._related_rows(one, relationship)
            if row.edge is None or holds(condition.get("edge", {}), plain_field(row.edge))
        ]
        answers = {
            "some": lambda inner: any(self.matches(row.entity, inner) for row in rows),
            "none": lambda inner: not any(self.matches(row.entity, inner) for row in rows),
            "every": lambda inner: all(self.matches(row.entity, inner) for row in rows),
        }
        return all(answers[how](condition[how]) for how in answers if how in condition)


def holds(where: Condition, one_condition: Callable[[str, Condition], bool]) -> bool:
    """Whether all of a filter holds."""
    for name, condition in where.items():
        if name == "and":
            held = all(holds(inner, one_condition) for inner in condition)
        elif name == "or":
            held = any(holds(inner, one_condition) for inner in condition)
        elif name == "not":
            held = not holds(condition, one_condition)
        else:
            held = one_condition(name, condition)
        if not held:
            return False
    return True


def plain_field(one: GraphEntity | EdgeProperties) -> Callable[[str, Condition], bool]:
    """How a condition on a record's own field is answered."""
    return lambda name, condition: field_holds(getattr(one, name), condition)


def field_holds(value: Any, condition: Condition) -> bool:
    return all(_operation(value, operator, wanted) for operator, wanted in condition.items())


def _operation(value: Any, operator: str, wanted: Any) -> bool:
    there = value is not None
    answers: dict[str, Callable[[], Any]] = {
        "isNull": lambda: there != wanted,
        "isEmpty": lambda: (not value) == wanted,
        "has": lambda: wanted in value,
        "eq": lambda: there and value == wanted,
        "ne": lambda: not there or value != wanted,
        "in": lambda: there and value in wanted,
        "notIn": lambda: not there or value not in wanted,
        "gt": lambda: there and value > wanted,
        "gte": lambda: there and value >= wanted,
        "lt": lambda: there and value < wanted,
        "lte": lambda: there and value <= wanted,
        "startsWith": lambda: there and value.startswith(wanted),
        "contains": lambda: there and wanted in value,
    }
    return bool(answers[operator]())


def in_order(rows: Iterable[Row], orders: Sequence[tuple[str, bool]]) -> list[Row]:
    """Rows by their keys, without a value last; ties by id, the way the leading key runs."""

    def compare(one: Row, other: Row) -> int:
        for name, descending in orders:
            left, right = getattr(one.entity, name), getattr(other.entity, name)
            if left == right:
                continue
            if left is None or right is None:
                return 1 if left is None else -1
            # text in code point order, as Python compares it; enums by their text
            return -1 if (left < right) != descending else 1
        if one.tie == other.tie:
            return 0
        return -1 if (one.tie < other.tie) != bool(orders and orders[0][1]) else 1

    return sorted(rows, key=cmp_to_key(compare))


def as_variable(value: Any, name: str = "") -> Any:
    """A condition in Python's terms as GraphQL variables spell it."""
    if isinstance(value, Mapping):
        return {_spelled(key): as_variable(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_variable(one, name) for one in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _spelled(name: str) -> str:
    if name == "id":
        return "entityId"
    return to_camel_case(name)


def orders_as_variable(orders: Sequence[tuple[str, bool]]) -> list[dict[str, str]]:
    return [
        {"field": name.upper(), "direction": "DESC" if descending else "ASC"}
        for name, descending in orders
    ]
