"""Between a model and what the database holds: agtype text in, agtype text out."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import orjson

from graph_api.core.graph.fields import FieldKind, fields_of
from graph_api.core.model import AegisBase, EdgeProperties, GraphEntity

EntityT = TypeVar("EntityT", bound=GraphEntity)

# AGE marks numerics and graph objects after their text; a string may hold the same characters
_MARKED = re.compile(r'"(?:[^"\\]|\\.)*"|::(?:numeric|vertex|edge|path)|-?\bInfinity\b|\bNaN\b')


def decode_properties(text: str) -> dict[str, Any]:
    """The properties of a vertex or edge from agtype text."""
    try:
        decoded: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        decoded = orjson.loads(_MARKED.sub(_plain, text))
    return decoded


def _plain(match: re.Match[str]) -> str:
    found = match.group()
    if found.startswith('"'):
        return found
    return "" if found.startswith("::") else "null"


def encode_entity(entity: GraphEntity) -> str:
    """A vertex's properties as agtype text: no nulls, moments in a form that sorts as text."""
    return _encode(entity, natural_key=entity.natural_key)


def encode_edge(properties: EdgeProperties, tenant_id: str) -> str:
    """An edge's properties as agtype text, with its tenant and its identity."""
    return _encode(properties, tenant_id=tenant_id, edge_key=properties.edge_key)


def encode_given(properties: EdgeProperties) -> str:
    """Those of an edge's properties that were given, as agtype text."""
    return _encode(properties, only=properties.model_fields_set)


def _encode(model: AegisBase, only: set[str] | None = None, **more: str) -> str:
    values = model.model_dump(include=only, exclude_none=True)
    for name in _moments(type(model)):
        if name in values:
            values[name] = moment_text(values[name])
    return orjson.dumps(values | more).decode()


def moment_text(moment: datetime) -> str:
    """A moment as text of fixed width in UTC, so that text order is time order."""
    # not strftime, whose years before 1000 have fewer than four digits
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


@cache
def _moments(model: type[AegisBase]) -> tuple[str, ...]:
    return tuple(name for name, field in fields_of(model).items() if field.kind is FieldKind.MOMENT)


def hydrate(model: type[EntityT], graph_id: str, text: str) -> EntityT:
    """An entity from its stored properties.

    `graph_id` is AGE's own id of the vertex, by which relationships are followed.
    """
    return entity_of(model, graph_id, decode_properties(text))


def entity_of(model: type[EntityT], graph_id: str, properties: dict[str, Any]) -> EntityT:
    """An entity from its decoded properties."""
    values = {name: value for name, value in properties.items() if name != "natural_key"}
    return model.model_validate(values).stored_as(graph_id)


def hydrate_edge(model: type[EdgeProperties], text: str) -> EdgeProperties:
    """An edge's properties from their stored form."""
    values = decode_properties(text)
    values.pop("tenant_id", None)
    values.pop("edge_key", None)
    return model.model_validate(values)
