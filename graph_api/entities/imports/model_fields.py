"""What the models say about themselves, as a mapping of columns to fields needs to know it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from graph_api.core.model import Derived, EdgeProperties, GraphEntity, References
from graph_api.entities.graph import EDGES
from graph_api.entities.models import ENTITY_MODELS

_ENTITIES = {model.label(): model for model in ENTITY_MODELS}
_EDGES = {edge.edge_type.name: edge.edge_type.properties for edge in EDGES}
_ENDS = {(edge.edge_type.name, edge.start.label(), edge.end.label()) for edge in EDGES}
_SET_BY_THE_STORE = frozenset({"id", "tenant_id", "created_at", "updated_at"})
_CACHED_CHECKS = 4_096


def entity_model(label: str) -> type[GraphEntity] | None:
    """The model of the entities with this label."""
    return _ENTITIES.get(label)


def edge_model(edge_type: str) -> type[EdgeProperties] | None:
    """The model of the properties of this type of edge."""
    return _EDGES.get(edge_type)


def edge_may_join(edge_type: str, start: str, end: str) -> bool:
    """Whether the graph has edges of this type from one label to the other."""
    return (edge_type, start, end) in _ENDS


def required_fields(model: type[BaseModel]) -> frozenset[str]:
    """Fields without which there is no record, besides those that the store sets."""
    required = {name for name, info in model.model_fields.items() if info.is_required()}
    return frozenset(required) - _SET_BY_THE_STORE


def settable_fields(model: type[BaseModel]) -> frozenset[str]:
    """Fields that a source may give: those that neither the model nor the store computes."""
    derived = {
        name
        for name, info in model.model_fields.items()
        if any(isinstance(marker, Derived) for marker in info.metadata)
    }
    return frozenset(model.model_fields) - derived - _SET_BY_THE_STORE


def referenced_label(model: type[BaseModel], name: str) -> str | None:
    """The label of the entities that a UUID field names; None if it is no such field."""
    info = model.model_fields.get(name)
    for marker in info.metadata if info else ():
        if isinstance(marker, References):
            return marker.label
    return None


def fault_of(model: type[BaseModel], values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field that is at odds with the others, and why; None where a record holds together.

    Fields must have passed their own checks already: this is about dates in order and the like.
    """
    given = {**values, "tenant_id": ""} if "tenant_id" in model.model_fields else dict(values)
    try:
        model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        field = str(found["loc"][0]) if found["loc"] else ""
        return field, str(found["msg"]).removeprefix("Value error, ")
    return None


def field_check(model: type[BaseModel], name: str) -> Callable[[Any], tuple[Any, str | None]]:
    """A cached check of one field: the value as the model keeps it, or None and the reason.

    A value must be hashable: a list is given as a tuple.
    """
    info = model.model_fields[name]
    annotated: Any = Annotated[info.annotation, info]
    adapter: TypeAdapter[Any] = TypeAdapter(
        annotated,
        config=ConfigDict(str_strip_whitespace=True, allow_inf_nan=False),
    )

    @lru_cache(maxsize=_CACHED_CHECKS)
    def checked(value: Any) -> tuple[Any, str | None]:
        try:
            return adapter.validate_python(value), None
        except ValidationError as error:
            message = str(error.errors(include_url=False)[0]["msg"])
            return None, message.removeprefix("Value error, ")

    return checked
