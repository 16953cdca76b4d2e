"""Finds one entity by any of its keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input
from graph_api.core.graph.expressions import checked_text
from graph_api.core.graph.fields import FieldDeclaration, fields_of
from graph_api.core.model import GraphEntity, Lookup


def lookup_fields(model: type[GraphEntity]) -> dict[str, FieldDeclaration]:
    """The fields that a label's lookup takes, in the order of declaration."""
    declared = fields_of(model)
    names = [name for one in model.lookups for name in (*one.fields, *one.optional)]
    return {name: declared[name] for name in dict.fromkeys(names)}


async def find_entity(
    context: OperationContext, label: str, given: Mapping[str, Any]
) -> GraphEntity | None:
    """The entity that the given keys name; None where there is none.

    Raises ApiError BAD_USER_INPUT where the keys are no lookup, are malformed, or name several.
    """
    keys = {name: value for name, value in given.items() if value is not None}
    if "id" in keys:
        if len(keys) > 1:
            raise bad_input("give id alone, or the other keys without it", argument="id")
        found_label, entity_id = parse_global_id(context.registry, keys["id"], "id")
        return await context.loaders.entity(label, entity_id) if found_label == label else None
    model = context.registry.entity(label)
    lookup = _matching(model, keys)
    fields = lookup_fields(model)
    parsed = {name: _parsed(fields[name], name, value) for name, value in keys.items()}
    leading = lookup.fields[0]
    candidates = await context.loaders.batched(
        ("lookup", label, leading), _batch(context, label, leading), parsed[leading]
    )
    return _chosen(lookup, parsed, candidates)


def _parsed(field: FieldDeclaration, name: str, value: object) -> Any:
    parsed = field.parse(value, name)
    return checked_text(parsed, name) if type(parsed) is str else parsed


def _matching(model: type[GraphEntity], keys: Mapping[str, Any]) -> Lookup:
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
