"""Finds one entity by any of its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from pydantic_core import PydanticUndefined

from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input
from graph_api.core.graph.expressions import checked_text, stored_form
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.model import GraphEntity, Lookup

_BY_ID = Lookup(("id",))


def lookup_fields(model: type[GraphEntity]) -> dict[str, FieldDeclaration]:
    """The fields that a label's lookup takes, in the order of declaration."""
    declared = fields_of(model)
    names = [name for one in model.lookups for name in (*one.fields, *one.optional)]
    return {name: declared[name] for name in dict.fromkeys(names)}


@dataclass(frozen=True, slots=True)
class LookupKey:
    """What a lookup was given: the indexed field that it starts from, and all values."""

    lookup: Lookup
    parsed: Mapping[str, Any]
    stored: Mapping[str, Any]
    """The values as they are stored."""
    defaults: Mapping[str, Any]
    """What is meant where nothing is stored, for those of the fields that have a default."""

    @property
    def field(self) -> str:
        """The field that the lookup starts from."""
        return self.lookup.fields[0]

    @property
    def agtype(self) -> str:
        """The value of that field, as agtype text."""
        return orjson.dumps(self.stored[self.field]).decode()

    def matches(self, properties: Mapping[str, Any]) -> bool:
        """Whether stored properties are those of what is looked for."""
        return all(
            properties.get(name, self.defaults.get(name)) == value
            for name, value in self.stored.items()
        )


def key_of_lookup(
    registry: GraphRegistry, label: str, given: Mapping[str, Any]
) -> LookupKey | None:
    """What a lookup was given; None for the id of another label's entity.

    Raises ApiError BAD_USER_INPUT where the keys are no lookup, or malformed.
    """
    keys = {name: value for name, value in given.items() if value is not None}
    if "id" in keys:
        if len(keys) > 1:
            raise bad_input("give id alone, or the other keys without it", argument="id")
        found_label, entity_id = parse_global_id(registry, keys["id"], "id")
        by_id = LookupKey(_BY_ID, {"id": entity_id}, {"id": str(entity_id)}, {})
        return by_id if found_label == label else None
    asked = _asked_by(registry.entity(label), tuple(keys))
    fields = asked.fields
    parsed = {name: _parsed(fields[name], name, value) for name, value in keys.items()}
    stored = {name: _stored(fields[name], value) for name, value in parsed.items()}
    return LookupKey(asked.lookup, parsed, stored, asked.defaults)


@dataclass(frozen=True, slots=True)
class _AskedBy:
    """What is the same for all lookups by the same keys."""

    lookup: Lookup
    fields: Mapping[str, FieldDeclaration]
    defaults: Mapping[str, Any]


@cache
def _asked_by(model: type[GraphEntity], names: tuple[str, ...]) -> _AskedBy:
    lookup = _matching(model, names)
    fields = lookup_fields(model)
    defaults = {
        name: _stored(fields[name], default)
        for name in names
        if (default := model.model_fields[name].default) not in (None, PydanticUndefined)
    }
    return _AskedBy(lookup, fields, defaults)


def _stored(field: FieldDeclaration, value: Any) -> Any:
    """A value as JSON holds it."""
    if field.kind.is_numeric or field.kind is FieldKind.BOOLEAN:
        return value
    return str(stored_form(field, value))


async def find_entity(
    context: OperationContext, label: str, given: Mapping[str, Any]
) -> GraphEntity | None:
    """The entity that the given keys name; None where there is none.

    Raises ApiError BAD_USER_INPUT where the keys are no lookup, are malformed, or name several.
    """
    key = key_of_lookup(context.registry, label, given)
    if key is None:
        return None
    if key.lookup is _BY_ID:
        return await context.loaders.entity(label, key.parsed["id"])
    candidates = await context.loaders.batched(
        ("lookup", label, key.field), _batch(context, label, key.field), key.parsed[key.field]
    )
    return _chosen(key.lookup, key.parsed, candidates)


def _parsed(field: FieldDeclaration, name: str, value: object) -> Any:
    parsed = field.parse(value, name)
    return checked_text(parsed, name) if type(parsed) is str else parsed


def _matching(model: type[GraphEntity], keys: Sequence[str]) -> Lookup:
    for one in model.lookups:
        if set(one.fields) <= set(keys) <= {*one.fields, *one.optional}:
            return one
    ways = ["id", *(" and ".join(one.fields) for one in model.lookups)]
    raise bad_input(f"give one of: {'; '.join(ways)}", argument=model.label())


def _batch(context: OperationContext, label: str, field: str) -> Any:
    async def batch(values: Sequence[Any]) -> list[list[GraphEntity]]:
        found = await context.reader.by_field(context.viewer, label, field, values)
        return [[one for one in found if getattr(one, field) == value] for value in values]

    return batch


def _chosen(
    lookup: Lookup, parsed: Mapping[str, Any], candidates: Sequence[GraphEntity]
) -> GraphEntity | None:
    matching = [
        one
        for one in candidates
        if all(getattr(one, name) == value for name, value in parsed.items())
    ]
    if len(matching) <= 1:
        return matching[0] if matching else None
    if lookup.latest_by is not None:
        latest_by = lookup.latest_by
        return max(matching, key=lambda one: getattr(one, latest_by))
    more = [name for name in lookup.optional if name not in parsed]
    advice = f"; give {' and '.join(more)} too" if more else "; look it up by another key"
    raise bad_input(f"{len(matching)} entities match{advice}", argument=lookup.fields[0])
