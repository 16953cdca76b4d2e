"""Which GraphQL type shows, filters and takes each kind of field."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.types.base_scalars import (
    DateDefinition,
    DateTimeDefinition,
    UUIDDefinition,
)
from strawberry.types.scalar import ScalarDefinition

from graph_api.core.api.building import (
    GraphQLClass,
    InputValue,
    add_input_field,
    definition_of,
    enum_type,
    input_type,
    list_of,
)
from graph_api.core.api.reads import StoredField, reading
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.model import AegisBase

Describe = Callable[[Enum], str | None]

_SCALARS: dict[FieldKind, Any] = {
    FieldKind.TEXT: str,
    FieldKind.INTEGER: int,
    FieldKind.NUMBER: float,
    FieldKind.BOOLEAN: bool,
    FieldKind.DATE: date,
    FieldKind.MOMENT: datetime,
    FieldKind.UUID: UUID,
    FieldKind.JSON: JSON,
}

SCALAR_MAP: dict[object, ScalarDefinition] = {
    date: replace(DateDefinition, description="A day, as YYYY-MM-DD (ISO 8601)."),
    datetime: replace(
        DateTimeDefinition,
        description="A moment with its time zone, as ISO 8601; shown in UTC.",
    ),
    UUID: replace(
        UUIDDefinition, description="A UUID in hexadecimal, with hyphens or without (RFC 9562)."
    ),
}
"""Strawberry's own scalars, with what a reader of the schema should know of them."""

_TEXT_OPERATORS = ("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte")
_OPERATOR_MEANINGS = {
    "eq": "Equal to this.",
    "ne": "Different from this, or without a value.",
    "in": "One of these, of which there may be 1,000.",
    "notIn": "None of these, or without a value.",
    "gt": "Greater than this; text is compared in code point order.",
    "gte": "Greater than or equal to this.",
    "lt": "Less than this.",
    "lte": "Less than or equal to this.",
    "startsWith": "Text that begins with this, in the same case.",
    "contains": "Text that has this in it, in the same case.",
    "isNull": "true: without a value; false: with one.",
    "has": "A list with this in it.",
    "isEmpty": "true: an empty list; false: a list that is not empty.",
}


def say_what_is_stored(made: GraphQLClass, model: type[AegisBase]) -> None:
    """Declare, for plans, that the fields of a type are those of a model that is stored."""
    declared = fields_of(model)
    for field in definition_of(made).fields:
        stored = reading(StoredField(declared[field.python_name]))
        field.metadata = MappingProxyType({**field.metadata, **stored})


class FieldTypes:
    """The GraphQL types of fields, each made once."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe
        self._filters: dict[str, type[InputValue]] = {}
        self._objects: dict[type[AegisBase], type[Any]] = {}
        self._inputs: dict[type[AegisBase], type[InputValue]] = {}

    def output(self, field: FieldDeclaration) -> Any:
        """The type that shows a field's values, without regard to null."""
        return self._typed(field, self._object_of)

    def input(self, field: FieldDeclaration) -> Any:
        """The type that takes a field's values, without regard to null."""
        return self._typed(field, self._input_of)

    def _typed(self, field: FieldDeclaration, model_type: Callable[[type[AegisBase]], Any]) -> Any:
        if field.kind is FieldKind.LIST:
            return list_of(self._one(field.item, model_type))
        if field.kind is FieldKind.ENUM:
            return enum_type(field.item, self._describe)
        return _SCALARS[field.kind]

    def _one(self, item: Any, model_type: Callable[[type[AegisBase]], Any]) -> Any:
        if isinstance(item, type) and issubclass(item, AegisBase):
            return model_type(item)
        if isinstance(item, type) and issubclass(item, Enum):
            return enum_type(item, self._describe)
        return next((base for base in (UUID, date, int, float) if item is base), str)

    def _object_of(self, model: type[AegisBase]) -> type[Any]:
        if model not in self._objects:
            made = type(model.__name__, (model,), {"__module__": __name__})
            shown: GraphQLClass = strawberry.pydantic.type(made, description=model.__doc__)
            say_what_is_stored(shown, model)
            self._objects[model] = shown
        return self._objects[model]

    def _input_of(self, model: type[AegisBase]) -> type[InputValue]:
        if model not in self._inputs:
            made = input_type(f"{model.__name__}Input", model.__doc__ or "")
            for field in fields_of(model).values():
                add_input_field(
                    made, field.name, self.input(field), field.description, required=field.required
                )
            self._inputs[model] = made
        return self._inputs[model]

    def filter(self, field: FieldDeclaration) -> type[InputValue]:
        """The input that filters by a field."""
        if field.kind is FieldKind.LIST:
            item = self._one(field.item, self._input_of)
            return self._filter_of(f"{_name_of(item)}List", item, ("has",), flag="isEmpty")
        scalar = self.output(field)
        operators: tuple[str, ...] = _TEXT_OPERATORS
        match field.kind:
            case FieldKind.TEXT:
                operators = (*_TEXT_OPERATORS, "startsWith", "contains")
            case FieldKind.BOOLEAN:
                operators = ("eq", "ne")
            case FieldKind.UUID | FieldKind.ENUM:
                operators = ("eq", "ne", "in", "notIn")
        return self._filter_of(_name_of(scalar), scalar, operators, flag="isNull")

    def _filter_of(
        self, name: str, scalar: Any, operators: tuple[str, ...], flag: str
    ) -> type[InputValue]:
        name = f"{name}Filter"
        if name not in self._filters:
            made = input_type(name, "Conditions that must all hold for the field.")
            for operator in operators:
                annotation = list_of(scalar) if operator in ("in", "notIn") else scalar
                add_input_field(made, operator, annotation, _OPERATOR_MEANINGS[operator])
            add_input_field(made, flag, bool, _OPERATOR_MEANINGS[flag])
            self._filters[name] = made
        return self._filters[name]


def _name_of(scalar: Any) -> str:
    names = {
        str: "String",
        int: "Int",
        float: "Float",
        bool: "Boolean",
        date: "Date",
        datetime: "DateTime",
        UUID: "UUID",
    }
    return names.get(scalar) or str(scalar.__name__)
