"""What a field reads, said as data beside its resolver, so that a plan can read it for many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.types.field import StrawberryField

from graph_api.core.graph.fields import FieldDeclaration
from graph_api.core.graph.registry import Relationship
from graph_api.core.model import GraphEntity

_READS = "reads"


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field of a vertex or an edge, as it is stored."""

    field: FieldDeclaration


@dataclass(frozen=True, slots=True)
class GlobalIdOf:
    """The global id of an entity of a label."""

    label: str


@dataclass(frozen=True, slots=True)
class NaturalKeyOf:
    """The natural key of an entity."""


@dataclass(frozen=True, slots=True)
class DisplayNameOf:
    """What a person calls an entity of a model."""

    model: type[GraphEntity]


@dataclass(frozen=True, slots=True)
class ReferencedEntity:
    """The one entity that a field of an entity names."""

    label: str
    attribute: str


@dataclass(frozen=True, slots=True)
class RelatedEntities:
    """A page of the entities at the other end of a relationship."""

    relationship: Relationship


@dataclass(frozen=True, slots=True)
class EntityByKey:
    """One entity of a label, by any of its keys."""

    label: str


@dataclass(frozen=True, slots=True)
class EntityList:
    """A page of the entities of a label."""

    label: str


@dataclass(frozen=True, slots=True)
class EntityByGlobalId:
    """The entity of a global id, or those of several."""

    many: bool


Reads = (
    StoredField
    | GlobalIdOf
    | NaturalKeyOf
    | DisplayNameOf
    | ReferencedEntity
    | RelatedEntities
    | EntityByKey
    | EntityList
    | EntityByGlobalId
)


def reading(reads: Reads | None) -> dict[str, Any]:
    """The metadata of a field that reads something declared."""
    return {} if reads is None else {_READS: reads}


def reads_of(field: object) -> Reads | None:
    """What a field reads; None where only its resolver knows."""
    if not isinstance(field, StrawberryField):
        return None
    metadata: Mapping[Any, Any] = field.metadata
    reads: Reads | None = metadata.get(_READS)
    return reads
