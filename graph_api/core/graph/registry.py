"""The graph as data: which labels there are, how they are connected, and by what names."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from graph_api.core.graph.fields import FieldDeclaration, fields_of
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.core.viewer import SHARED_TENANT, Viewer


class Direction(StrEnum):
    """Which way an edge is followed, as seen from the entity that has the field."""

    OUT = "OUT"
    IN = "IN"


@dataclass(frozen=True, slots=True)
class EdgeType:
    """A kind of edge, whatever it joins."""

    name: str
    properties: type[EdgeProperties]


@dataclass(frozen=True, slots=True)
class Edge:
    """One declared edge: a type between two labels, with its field names in both directions.

    `current_as` names the UUID field that follows the edge: of the newest edge that still holds,
    the id of the other end is kept on the vertex at `current_on` (`start` or `end`).
    """

    edge_type: EdgeType
    start: type[GraphEntity]
    end: type[GraphEntity]
    forward: str
    forward_description: str
    backward: str
    backward_description: str
    current_as: str | None = None
    current_on: str = "end"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A to-many field of an entity: over an edge, or over a reference field of the other label."""

    source: str
    field: str
    target: str
    description: str
    edge: EdgeType | None
    direction: Direction
    reference: str | None = None
    """Without an edge: the field of the target that holds the source's id."""

    @property
    def key(self) -> str:
        """A name for this relationship that no other has."""
        return f"{self.source}.{self.field}"


class GraphRegistry:
    """All labels, edges and relationships of one graph; raises ValueError where they clash."""

    def __init__(
        self,
        entities: Iterable[type[GraphEntity]],
        edges: Iterable[Edge],
        reverse_references: Iterable[Relationship] = (),
    ) -> None:
        self.entities = {entity.label(): entity for entity in entities}
        self.edges = tuple(edges)
        self.edge_types = {edge.edge_type.name: edge.edge_type for edge in self.edges}
        self._relationships: dict[str, dict[str, Relationship]] = {
            label: {} for label in self.entities
        }
        for edge in self.edges:
            for relationship in _both_directions(edge):
                self._add(relationship)
        for relationship in reverse_references:
            self._add(relationship)

    def _add(self, relationship: Relationship) -> None:
        own = self._relationships[relationship.source]
        taken = relationship.field in self.entities[relationship.source].model_fields
        if relationship.field in own or taken:
            raise ValueError(f"{relationship.key} is declared twice")
        if relationship.target not in self.entities:
            raise ValueError(f"{relationship.key} leads to the unknown {relationship.target}")
        own[relationship.field] = relationship

    def entity(self, label: str) -> type[GraphEntity]:
        """The model of a label; raises KeyError for a label that is not declared."""
        return self.entities[label]

    def fields(self, label: str) -> dict[str, FieldDeclaration]:
        """The declared fields of a label."""
        return fields_of(self.entities[label])

    def relationships(self, label: str) -> dict[str, Relationship]:
        """The to-many relationships of a label, by field name."""
        return self._relationships[label]

    def all_relationships(self) -> list[Relationship]:
        """Every to-many relationship of the graph."""
        return [one for own in self._relationships.values() for one in own.values()]

    def references(self, label: str) -> dict[str, FieldDeclaration]:
        """The to-one relationships of a label: the fields that name another entity."""
        return {
            declaration.references.field: declaration
            for declaration in self.fields(label).values()
            if declaration.references is not None
        }

    def edges_between(self, edge_type: str, start: str, end: str) -> list[Edge]:
        """The declared edges of a type between two labels: one, or none."""
        return [
            edge
            for edge in self.edges
            if (edge.edge_type.name, edge.start.label(), edge.end.label())
            == (edge_type, start, end)
        ]

    def tenant_of(self, label: str, viewer: Viewer) -> str:
        """The tenant whose rows of a label the viewer reads."""
        return SHARED_TENANT if self.entities[label].shared else viewer.tenant_id


def _both_directions(edge: Edge) -> tuple[Relationship, Relationship]:
    start, end = edge.start.label(), edge.end.label()
    return (
        Relationship(
            start, edge.forward, end, edge.forward_description, edge.edge_type, Direction.OUT
        ),
        Relationship(
            end, edge.backward, start, edge.backward_description, edge.edge_type, Direction.IN
        ),
    )
