"""Code that turns stored properties into the objects of an answer, made once for each selection.

A vertex's properties are JSON that a model was valid for when it was written. What the standard
executor would make of them by way of the model, a projection makes directly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, get_named_type
from pydantic_core import PydanticUndefined

from graph_api.core.api.plan.values import first_text, moment, shown_id, there, when, whole
from graph_api.core.api.reads import DisplayNameOf, GlobalIdOf, NaturalKeyOf, StoredField
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.rows import decode_properties
from graph_api.core.model import AegisBase, Derived, GraphEntity

Projection = Callable[[Any], dict[str, Any]]
"""Writes an object of stored properties: of all of them decoded, or of a row's columns as text."""

_AS_STORED = frozenset({FieldKind.TEXT, FieldKind.BOOLEAN, FieldKind.DATE, FieldKind.UUID})
# whose text in a program is the value
_PLAIN = (str, list, dict)


class NotCoveredError(Exception):
    """A part of an operation that only the standard executor can answer; the message names it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of an object: a stored field, or what is made of some."""

    name: str
    """The name in the answer."""
    reads: StoredField | GlobalIdOf | NaturalKeyOf | DisplayNameOf | str
    """A text stands for itself: a type's name."""
    graphql_type: Any
    """The field's GraphQL type."""
    model: type[AegisBase]
    of_item: Projection | None = None
    """For a list of records, how one of them is written."""


RowsProjection = Callable[[Sequence[Any]], list[dict[str, Any]]]
"""Writes the objects of many rows of columns."""


class _Source:
    """The text of a projection, and the values that it refers to by name."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = variables
        self.names: dict[str, Any] = {
            "float": float,
            "whole": whole,
            "moment": moment,
            "shown_id": shown_id,
            "first_text": first_text,
            "decoded": decode_properties,
            "there": there,
            "when": when,
        }

    def value(self, field: str) -> str:
        """A stored field's value: in a variable, or else of the object `p`."""
        return f"p[{field!r}]" if self._variables is None else self._variables[field]

    def object(self) -> str:
        """The object itself; raises NotCoveredError where its fields stand in variables."""
        if self._variables is not None:
            raise NotCoveredError("a value of the whole object")
        return "p"

    def name(self, value: Any) -> str:
        """A name for a value."""
        name = f"v{len(self.names)}"
        self.names[name] = value
        return name


def projection(entries: Sequence[Leaf | str], *, of_columns: bool = False) -> Projection:
    """The code for a selection: its leaves, and a place, by name, for what is filled in later.

    Raises NotCoveredError for a leaf that is not stored as it is shown.
    """
    source = _Source()
    write = _column if of_columns else _leaf
    parts = [
        f"{one!r}: None" if isinstance(one, str) else f"{one.name!r}: {write(one, source)}"
        for one in entries
    ]
    text = f"lambda p: {{{', '.join(parts)}}}"
    # every name in it comes from the schema or from a document that was validated against it
    made: Projection = eval(text, source.names)  # noqa: S307
    return made


def rows_projection(
    entries: Sequence[Leaf | str], columns: Sequence[str], before: int, *, more: bool = False
) -> RowsProjection | None:
    """The code for a selection of rows that hold these columns after `before` others.

    With `more` others may come after them.

    Half the time of one call for each row; None where a value is made of the object as a whole.
    """
    variables = {name: f"c{place}" for place, name in enumerate(columns)}
    source = _Source(variables)
    try:
        parts = [
            f"{one.name!r}: {_column(one, source)}" for one in entries if isinstance(one, Leaf)
        ]
    except NotCoveredError:
        return None
    taken = ", ".join([*["_"] * before, *variables.values(), "*_" if more else ""])
    text = f"lambda rows: [{{{', '.join(parts)}}} for {taken} in rows]"
    made: RowsProjection = eval(text, source.names)  # noqa: S307 - as of a projection
    return made


def columns_of(leaf: Leaf) -> tuple[str, ...]:
    """The stored fields that a leaf is made of."""
    match leaf.reads:
        case StoredField(field) if field.derived is not None:
            return field.derived.made_of
        case StoredField(field):
            return (field.name,)
        case GlobalIdOf():
            return ("id",)
        case NaturalKeyOf():
            return ("natural_key",)
        case DisplayNameOf(model):
            return (*model.searched_fields, "natural_key")
        case _:
            return ()


def is_projected(leaf: Leaf) -> bool:
    """Whether a leaf is made of what is stored, without its resolver."""
    try:
        projection([leaf])
    except NotCoveredError:
        return False
    return True


def _leaf(leaf: Leaf, source: _Source) -> str:
    match leaf.reads:
        case str() as name:
            return repr(name)
        case GlobalIdOf(label):
            return f"shown_id({f'{label}:'!r}, {source.value('id')})"
        case NaturalKeyOf():
            return source.value("natural_key")
        case DisplayNameOf(model):
            if not all(_is_text_as_stored(model, name) for name in model.searched_fields):
                raise NotCoveredError(f"displayName of {model.label()}")
            return f"first_text({source.object()}, {source.name(model.searched_fields)})"
        case StoredField(field) if field.derived is not None:
            return _computed(leaf, field, field.derived, source)
        case StoredField(field):
            return _stored(leaf, field, source)


def _is_text_as_stored(model: type[GraphEntity], name: str) -> bool:
    field = fields_of(model)[name]
    return field.kind is FieldKind.TEXT and field.derived is None and not _default_of(model, field)


def _stored(leaf: Leaf, field: FieldDeclaration, source: _Source) -> str:
    value = f"p[{field.name!r}]" if field.required else _with_default(leaf.model, field, source)
    if field.kind in _AS_STORED:
        return value
    match field.kind:
        case FieldKind.NUMBER:
            return _unless_null(field, value, "float(v)")
        case FieldKind.INTEGER:
            return _unless_null(field, value, "whole(v)")
        case FieldKind.MOMENT:
            return _unless_null(field, value, "moment(v)")
        case FieldKind.ENUM:
            return _unless_null(field, value, f"{source.name(_names_of(_enum_of(leaf)))}[v]")
        case FieldKind.JSON if not _is_record(field.item):
            return value
        case FieldKind.LIST:
            return _unless_null(field, value, _items(leaf, field, "(v)", source))
        case _:
            raise NotCoveredError(f"{leaf.model.__name__}.{field.name}")


def _column(leaf: Leaf, source: _Source) -> str:
    """The same of a row whose columns are stored fields as text, null where they are not there."""
    if not isinstance(leaf.reads, StoredField) or leaf.reads.field.derived is not None:
        return _leaf(leaf, source)
    field = leaf.reads.field
    value = source.value(field.name)
    default = _default_of(leaf.model, field)
    match field.kind:
        case FieldKind.BOOLEAN:
            made = "v == 'true'"
        case FieldKind.NUMBER:
            made = "float(v)"
        case FieldKind.INTEGER:
            made = "whole(int(v))"
        case FieldKind.MOMENT:
            made = "moment(v)"
        case FieldKind.ENUM:
            made = f"{source.name(_names_of(_enum_of(leaf)))}[v]"
        case FieldKind.JSON:
            made = "decoded(v)"
        case FieldKind.LIST:
            made = _items(leaf, field, "decoded(v)", source)
        case _ if default is None:
            return value if field.nullable else f"({value} or there({value}))"
        case _:
            made = "v"
    otherwise = "None" if field.nullable else "there(v)"
    if default is not None:
        otherwise = _shown_default(leaf, field, default)
    return f"{otherwise} if (v := {value}) is None else {made}"


def _shown_default(leaf: Leaf, field: FieldDeclaration, default: Any) -> str:
    """A field's default, as the answer shows it."""
    if field.kind is FieldKind.ENUM:
        return repr(_names_of(_enum_of(leaf))[getattr(default, "value", default)])
    return repr(default)


def _default_of(model: type[AegisBase], field: FieldDeclaration) -> Any:
    """What a model takes a field for that is not stored; None where it takes nothing for it."""
    info = model.model_fields[field.name]
    if info.default_factory in (list, dict):
        return [] if info.default_factory is list else {}
    return None if info.default is PydanticUndefined else info.default


def _is_record(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, AegisBase)


def _with_default(model: type[AegisBase], field: FieldDeclaration, source: _Source) -> str:
    if model.model_fields[field.name].default_factory not in (None, list, dict):
        # a new id or moment, which is stored with every vertex
        return f"p[{field.name!r}]"
    default = _default_of(model, field)
    if default is None or isinstance(default, bool | int | float) or type(default) in _PLAIN:
        return f"p.get({field.name!r}, {default!r})"
    # an enum's default, in the form that it is stored in
    return f"p.get({field.name!r}, {source.name(getattr(default, 'value', default))})"


def _items(leaf: Leaf, field: FieldDeclaration, value: str, source: _Source) -> str:
    """A stored list, as the answer shows it."""
    if leaf.of_item is not None:
        return f"[{source.name(leaf.of_item)}(one) for one in {value}]"
    if issubclass(field.item, Enum):
        return f"[{source.name(_names_of(_enum_of(leaf)))}[one] for one in {value}]"
    if field.item in (str, UUID, date):
        return value
    raise NotCoveredError(f"{leaf.model.__name__}.{field.name}")


def _computed(leaf: Leaf, field: FieldDeclaration, derived: Derived, source: _Source) -> str:
    """What the model computes whenever it is read, whatever is stored under the field's name."""
    given = []
    for one in (fields_of(leaf.model)[name] for name in derived.made_of):
        value = f"{source.object()}.get({one.name!r})"
        if not one.nullable:
            value = f"there({value})"
        if _default_of(leaf.model, one) is not None or one.derived is not None:
            raise NotCoveredError(f"{leaf.model.__name__}.{field.name}")
        match one.kind:
            case FieldKind.TEXT:
                given.append(value)
            case FieldKind.MOMENT:
                given.append(f"when({value})")
            case _:
                raise NotCoveredError(f"{leaf.model.__name__}.{field.name}")
    made = f"{source.name(derived.by)}({', '.join(given)})"
    match field.kind:
        case FieldKind.TEXT:
            return made
        case FieldKind.NUMBER:
            return _unless_null(field, made, "float(v)")
        case _:
            raise NotCoveredError(f"{leaf.model.__name__}.{field.name}")


def _unless_null(field: FieldDeclaration, value: str, converted: str) -> str:
    if not field.nullable:
        return converted.replace("(v)", f"({value})").replace("[v]", f"[{value}]")
    return f"None if (v := {value}) is None else {converted}"


def _enum_of(leaf: Leaf) -> GraphQLEnumType:
    named = get_named_type(leaf.graphql_type)
    if not isinstance(named, GraphQLEnumType):
        raise NotCoveredError(f"{leaf.name}, an enum that is none in the schema")
    return named


def _names_of(enum: GraphQLEnumType) -> dict[Any, str]:
    """The names that the API has for an enum's values, by how they are stored."""
    return {getattr(one.value, "value", one.value): name for name, one in enum.values.items()}
