"""What each field of a schema is charged at, from its type and from what it declares."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_enum_type,
)
from strawberry.types.field import StrawberryField

from graph_api.settings import Settings

_COST = "cost"
_PAGE_ARGUMENTS = ("first", "last")
# the members of a list that takes no arguments and declares nothing
_LIST_SIZE = 10
# answers about the schema come from memory: ten of its objects cost what one of the graph does
_INTROSPECTION_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class FieldCost:
    """What a field declares of its cost, where its type and arguments do not tell."""

    weight: int = 0
    """What it costs by itself, besides the objects."""
    size: int | None = None
    """How many objects it gives when no argument says; 10 for a list, a page for a page."""
    most: int | None = None
    """How many objects it gives at most, whatever the arguments say."""
    sized_by: tuple[str, ...] | None = None
    """Arguments that say how many: numbers, lists, or inputs with lists. `first` and `last`, when
    left out."""


class Shape(Enum):
    """What a field gives."""

    LEAF = auto()
    ONE = auto()
    LIST = auto()
    PAGE = auto()
    """One object that holds as many others as the field's arguments say."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one field is charged at."""

    kind: GraphQLNamedType
    """The type of what it gives."""
    shape: Shape
    weight: int = 0
    size: float = 1
    most: float = 1
    sized_by: tuple[str, ...] = ()
    objects: int = 1
    """What each object that it gives costs by itself; nothing, where another field counts it."""
    scale: float = 1
    """What the cost of all below is multiplied by."""
    is_write: bool = False
    follows_page: bool = False
    """Whether it lists what a page holds."""


def costs(cost: FieldCost | None) -> dict[str, Any]:
    """The metadata of a field that declares its cost."""
    return {} if cost is None else {_COST: cost}


def price_list(schema: GraphQLSchema, settings: Settings) -> dict[tuple[str, str], Price]:
    """The price of every field, by the names of its type and its own."""
    found: dict[tuple[str, str], Price] = {}
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                is_write = kind is schema.mutation_type
                price = _price(field, settings, is_write=is_write, is_row=_is_row(kind, field_name))
                found[name, field_name] = price
    return found | _introspection_prices(schema)


def _is_row(kind: GraphQLObjectType | GraphQLInterfaceType, field: str) -> bool:
    """Whether a field gives the node of a row, which the page has counted."""
    return field == "node" and "cursor" in kind.fields


def _price(field: GraphQLField, settings: Settings, *, is_write: bool, is_row: bool) -> Price:
    declared = _declared(field) or FieldCost()
    kind = get_named_type(field.type)
    if not is_composite_type(kind):
        return Price(kind, Shape.LEAF, declared.weight)
    sized_by = declared.sized_by
    if sized_by is None:
        sized_by = tuple(name for name in _PAGE_ARGUMENTS if name in field.args)
    is_list = _is_list(field.type)
    if not is_list and not sized_by:
        objects = 0 if is_row else 1
        return Price(kind, Shape.ONE, declared.weight, objects=objects, is_write=is_write)
    size = declared.size
    if size is None:
        size = _size_by_default(field, sized_by, settings)
    return Price(
        kind,
        Shape.LIST if is_list else Shape.PAGE,
        declared.weight,
        size=size,
        most=declared.most or settings.page_max_size,
        sized_by=sized_by,
        is_write=is_write,
        follows_page=is_list and not sized_by and declared.size is None,
    )


def _size_by_default(field: GraphQLField, sized_by: tuple[str, ...], settings: Settings) -> int:
    if not sized_by:
        return _LIST_SIZE
    defaults = [field.args[name].default_value for name in sized_by]
    return next((one for one in defaults if isinstance(one, int)), settings.page_default_size)


def _declared(field: GraphQLField) -> FieldCost | None:
    extensions: Any = field.extensions
    definition = extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField):
        return None
    metadata: Any = definition.metadata
    cost: FieldCost | None = metadata.get(_COST)
    return cost


def _is_list(kind: Any) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)


def _introspection_prices(schema: GraphQLSchema) -> dict[tuple[str, str], Price]:
    """Lists of the schema are as long as they are, on the average."""
    kinds = list(schema.type_map.values())
    objects = [one for one in kinds if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for one in objects for field in one.fields.values()]
    inputs = [one for one in kinds if isinstance(one, GraphQLInputObjectType)]
    members = {
        ("__Schema", "types"): len(kinds),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): len(fields) / len(kinds),
        ("__Type", "inputFields"): sum(len(one.fields) for one in inputs) / len(kinds),
        ("__Type", "enumValues"): sum(len(one.values) for one in kinds if is_enum_type(one))
        / len(kinds),
        ("__Type", "interfaces"): sum(len(one.interfaces) for one in objects) / len(kinds),
        ("__Type", "possibleTypes"): len(objects) / len(kinds),
        ("__Field", "args"): sum(len(one.args) for one in fields) / max(1, len(fields)),
    }
    found = {}
    for (name, field), size in members.items():
        described = schema.type_map[name]
        if isinstance(described, GraphQLObjectType):
            kind = get_named_type(described.fields[field].type)
            found[name, field] = Price(kind, Shape.LIST, size=size)
    root = schema.query_type
    if root is not None:
        for field, name in (("__schema", "__Schema"), ("__type", "__Type")):
            kind = schema.type_map[name]
            found[root.name, field] = Price(kind, Shape.ONE, scale=_INTROSPECTION_SCALE)
    return found
