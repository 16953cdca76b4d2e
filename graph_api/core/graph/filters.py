"""Compiles a filter, as the API takes it, to a predicate over a label table.

A filter is a mapping of field names to conditions, with `and`, `or` and `not`; a relationship
stands in it under its own name, as `{some, none, every}` or, where it is to-one, directly.
Names come from the registry, values become parameters. `not` and `ne` are two-valued: a field
without a value is not equal to anything, and does not match a condition that is negated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.graph.expressions import (
    Parameters,
    after_prefix,
    cast_of,
    checked_text,
    comparable,
    stored_form,
    text_of,
)
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.registry import Direction, GraphRegistry, Relationship
from graph_api.core.viewer import Viewer

Filter = Mapping[str, Any]

_MOST_CONDITIONS = 200
_MOST_LIST_VALUES = 1000
_BOUNDED_FREELY = frozenset({FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.DATE})
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(slots=True)
class FilterCompiler:
    """Compiles the filters of one statement; keeps its parameters and table aliases."""

    registry: GraphRegistry
    viewer: Viewer
    parameters: Parameters
    conditions: int = 0
    aliases: int = 0
    acts_alone: bool = False
    """Whether it stands in `acting_alone`, which is to act before any row is looked at."""

    def tenant(self, alias: str, label: str) -> str:
        """That a row of a label is the viewer's to see."""
        tenant = self.registry.tenant_of(label, self.viewer)
        same = f"{text_of(alias, 'tenant_id')} = {self.parameters.add(tenant)}"
        return f"{same} and act.tenant_id is not null" if self.acts_alone else same

    def edge_tenant(self, alias: str) -> str:
        """That an edge is the viewer's to see."""
        place = self.parameters.add(self.viewer.tenant_id)
        same = f"{text_of(alias, 'tenant_id')} = {place}"
        return f"{same} and act.tenant_id is not null" if self.acts_alone else same

    def vertices(self, label: str, alias: str, where: Filter, path: str) -> str:
        """The predicate of a filter over a label."""
        return self._all(
            where,
            path,
            lambda name, condition, at: self._vertex_condition(label, alias, name, condition, at),
        )

    def edges(self, relationship: Relationship, alias: str, where: Filter, path: str) -> str:
        """The predicate of a filter over the properties of a relationship's edges."""
        if relationship.edge is None:
            return "true"
        fields = fields_of(relationship.edge.properties)
        return self._all(
            where,
            path,
            lambda name, condition, at: self._field(fields[name], alias, condition, at),
        )

    def _all(self, where: Filter, path: str, compile_one: Callable[[str, Any, str], str]) -> str:
        parts: list[str] = []
        for name, condition in where.items():
            at = f"{path}.{name}"
            if condition is None:
                raise bad_input("a condition must not be null; use isNull", argument=at)
            match name:
                case "and" | "or":
                    each = [
                        self._all(one, f"{at}[{place}]", compile_one)
                        for place, one in enumerate(condition)
                    ]
                    neutral = "true" if name == "and" else "false"
                    parts.append(f"({f' {name} '.join(each) or neutral})")
                case "not":
                    parts.append(f"(({self._all(condition, at, compile_one)}) is not true)")
                case _:
                    parts.append(compile_one(name, condition, at))
        return " and ".join(parts) or "true"

    def _vertex_condition(
        self, label: str, alias: str, name: str, condition: Filter, path: str
    ) -> str:
        if relationship := self.registry.relationships(label).get(name):
            return self._to_many(relationship, alias, condition, path)
        if reference := self.registry.references(label).get(name):
            return self._to_one(reference, alias, condition, path)
        return self._field(self.registry.fields(label)[name], alias, condition, path)

    def _next_alias(self, prefix: str) -> str:
        self.aliases += 1
        return f"{prefix}{self.aliases}"

    def _to_one(self, reference: FieldDeclaration, alias: str, condition: Filter, path: str) -> str:
        if reference.references is None:
            raise ValueError(f"{reference.name} references nothing")
        target = self._next_alias("t")
        label = reference.references.label
        return (
            f'exists (select from oilgas."{label}" {target}'
            f" where {text_of(target, 'id')} = {text_of(alias, reference.name)}"
            f" and {self.tenant(target, label)}"
            f" and {self.vertices(label, target, condition, path)})"
        )

    def _to_many(self, relationship: Relationship, alias: str, condition: Filter, path: str) -> str:
        edge_filter = condition.get("edge")
        parts = [
            self._quantified(relationship, alias, quantifier, inner, edge_filter, path)
            for quantifier, inner in condition.items()
            if quantifier != "edge" and inner is not None
        ]
        if not parts:
            raise bad_input("give one of some, none, every", argument=path)
        return " and ".join(parts)

    def _quantified(
        self,
        relationship: Relationship,
        alias: str,
        quantifier: str,
        inner: Filter,
        edge_filter: Filter | None,
        path: str,
    ) -> str:
        edge, target = self._next_alias("e"), self._next_alias("t")
        joined = join_relationship(relationship, edge, target)
        matches = self.vertices(relationship.target, target, inner, f"{path}.{quantifier}")
        if quantifier == "every":
            matches = f"(({matches}) is not true)"
        scope = [
            self.starts_at(relationship, edge, target, f"{alias}.id", text_of(alias, "id")),
            self.tenant(target, relationship.target),
            matches,
        ]
        if relationship.edge is not None:
            scope.append(self.edge_tenant(edge))
            if edge_filter is not None:
                scope.append(self.edges(relationship, edge, edge_filter, f"{path}.edge"))
        found = f"exists (select from {joined} where {' and '.join(scope)})"
        return found if quantifier == "some" else f"not {found}"

    def starts_at(
        self, relationship: Relationship, edge: str, target: str, graph_id: str, entity_id: str
    ) -> str:
        """That a joined row of a relationship belongs to the parent of these ids."""
        if relationship.edge is None:
            return f"{text_of(target, relationship.reference or '')} = {entity_id}"
        return f"{edge}.{_near_end(relationship)} = {graph_id}"

    def _field(self, field: FieldDeclaration, alias: str, condition: Filter, path: str) -> str:
        parts = []
        for operator, value in condition.items():
            self.conditions += 1
            if self.conditions > _MOST_CONDITIONS:
                raise limit_exceeded("conditions in a filter", _MOST_CONDITIONS)
            at = f"{path}.{operator}"
            if value is None:
                raise bad_input("must not be null; use isNull", argument=at)
            if field.kind is FieldKind.LIST:
                parts.append(self._list_operation(field, alias, operator, value, at))
            else:
                parts.append(self._operation(field, alias, operator, value, at))
        return " and ".join(parts) or "true"

    def _list_operation(
        self, field: FieldDeclaration, alias: str, operator: str, value: Any, path: str
    ) -> str:
        if operator == "isEmpty":
            empty = f"coalesce({text_of(alias, field.name)}, '[]') = '[]'"
            return empty if value else f"not ({empty})"
        wanted = checked_text(str(value), path)
        place = self.parameters.add(_agtype_list(field.name, wanted))
        return f"{alias}.properties @> {place}::ag_catalog.agtype"

    def _operation(
        self, field: FieldDeclaration, alias: str, operator: str, value: Any, path: str
    ) -> str:
        left = comparable(alias, field)
        match operator:
            case "isNull":
                return f"{left} is null" if value else f"{left} is not null"
            case "eq":
                return f"{left} = {self._value(field, value, path)}"
            case "ne":
                return f"{left} is distinct from {self._value(field, value, path)}"
            case "in" | "notIn":
                return self._membership(field, left, operator, value, path)
            case "startsWith":
                return self._prefix(left, checked_text(value, path))
            case "contains":
                return f"strpos({left}, {self.parameters.add(checked_text(value, path))}) > 0"
            case _:
                form = self._value(field, value, path, exact=False)
                return f"{left} {_COMPARISONS[operator]} {form}"

    def _value(self, field: FieldDeclaration, value: Any, path: str, *, exact: bool = True) -> str:
        return self.parameters.add(_comparand(field, value, path, exact=exact), cast_of(field))

    def _membership(
        self, field: FieldDeclaration, left: str, operator: str, values: Sequence[Any], path: str
    ) -> str:
        if len(values) > _MOST_LIST_VALUES:
            raise limit_exceeded(f"values in {path}", _MOST_LIST_VALUES, len(values))
        forms = [
            _comparand(field, value, f"{path}[{place}]", exact=True)
            for place, value in enumerate(values)
        ]
        place = self.parameters.add(forms, f"{cast_of(field)}[]")
        if operator == "in":
            return f"{left} = any({place})"
        return f"({left} = any({place})) is not true"

    def _prefix(self, left: str, prefix: str) -> str:
        lower = f"{left} >= {self.parameters.add(prefix)}"
        upper = after_prefix(prefix)
        return lower if upper is None else f"({lower} and {left} < {self.parameters.add(upper)})"


def _comparand(field: FieldDeclaration, value: Any, path: str, *, exact: bool) -> object:
    if isinstance(value, str):
        checked_text(value, path)
    if field.kind in _BOUNDED_FREELY and not exact:
        # a bound need not be a value that the field may have: half an identifier, depth -1
        return value if field.kind is FieldKind.TEXT else stored_form(field, value)
    return stored_form(field, field.parse(value, path))


def _agtype_list(field: str, value: str) -> str:
    return orjson.dumps({field: [value]}).decode()


def _near_end(relationship: Relationship) -> str:
    return "start_id" if relationship.direction is Direction.OUT else "end_id"


def _far_end(relationship: Relationship) -> str:
    return "end_id" if relationship.direction is Direction.OUT else "start_id"


def join_relationship(relationship: Relationship, edge: str, target: str) -> str:
    """The tables of a relationship: its edges joined to what they lead to."""
    if relationship.edge is None:
        return f'oilgas."{relationship.target}" {target}'
    return (
        f'oilgas."{relationship.edge.name}" {edge} join oilgas."{relationship.target}" {target}'
        f" on {target}.id = {edge}.{_far_end(relationship)}"
    )
