"""Relationships from inputs: their ends found, their data checked, and written type by type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from graph_api.core.api.building import InputValue, add_input_field, input_type
from graph_api.core.api.exploring import GraphExploration
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.inputs import EdgeInputs
from graph_api.core.api.outcomes import FieldError, NotFound, Refused, invalid
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.errors import ApiError
from graph_api.core.graph.expressions import checked_text
from graph_api.core.graph.linking import Outcome, VertexEnd
from graph_api.core.graph.registry import Edge, GraphRegistry
from graph_api.core.model import EdgeProperties


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a relationship that an input names, and the edge that joins them."""

    edge: Edge
    start: VertexEnd
    end: VertexEnd


@dataclass(frozen=True, slots=True)
class _Named:
    """An entity as an input names it."""

    path: str
    label: str
    key: UUID | str


class LinkWrites:
    """Writes relationships of any types in one transaction."""

    def __init__(
        self, registry: GraphRegistry, exploration: GraphExploration, edges: EdgeInputs
    ) -> None:
        self._registry = registry
        self._exploration = exploration
        self._edges = edges
        self.input = self._link_input()

    def _link_input(self) -> type[InputValue]:
        made = input_type("LinkInput", "One relationship to write.")
        end = input_type("NodeReferenceInput", "Names an entity: by id, or by kind and key.")
        add_input_field(end, "id", strawberry.ID, "Global id.")
        add_input_field(end, "kind", self._exploration.kind_enum, "With `naturalKey`: its kind.")
        add_input_field(end, "natural_key", str, "The entity's `naturalKey`.")
        add_input_field(
            made, "edge_type", self._exploration.edge_enum, "Which relationship.", required=True
        )
        add_input_field(made, "from", end, "The entity it runs from.", required=True)
        add_input_field(made, "to", end, "The entity it runs to.", required=True)
        add_input_field(
            made, "properties", self._edges.properties, "What it says; merged into what it said."
        )
        return made

    async def ends(
        self,
        context: OperationContext,
        session: Session,
        given: Sequence[Mapping[str, Any]],
        paths: Sequence[str],
    ) -> list[Ends]:
        """The ends of many links, one statement for each label and way of naming.

        Raises Refused for an end that is not there, or an edge that does not run between two.
        """
        named = [
            (self._named(one["from"], f"{path}from"), self._named(one["to"], f"{path}to"))
            for one, path in zip(given, paths, strict=True)
        ]
        found = await self._found(context, session, [end for pair in named for end in pair])
        ends = []
        for one, path, (start, end) in zip(given, paths, named, strict=True):
            name = one["edge_type"].value
            edges = self._registry.edges_between(name, start.label, end.label)
            if not edges:
                message = f"{name} does not run from {start.label} to {end.label}"
                raise invalid([FieldError(path=f"{path}edgeType", message=message)])
            ends.append(Ends(edges[0], found[start], found[end]))
        return ends

    async def _found(
        self, context: OperationContext, session: Session, named: Sequence[_Named]
    ) -> dict[_Named, VertexEnd]:
        by_id: dict[str, set[UUID]] = {}
        by_key: dict[str, set[str]] = {}
        for one in named:
            if isinstance(one.key, UUID):
                by_id.setdefault(one.label, set()).add(one.key)
            else:
                by_key.setdefault(one.label, set()).add(one.key)
        found: dict[tuple[str, UUID | str], VertexEnd] = {}
        for label, ids in sorted(by_id.items()):
            ends = await context.writer.ends_by_id(session, label, ids)
            found.update(((label, one), end) for one, end in ends.items())
        for label, keys in sorted(by_key.items()):
            keyed = await context.writer.ends_by_natural_key(session, label, keys)
            found.update(((label, one), end) for one, end in keyed.items())
        for one in named:
            if (one.label, one.key) not in found:
                raise Refused(NotFound(message="there is no such entity", path=one.path))
        return {one: found[one.label, one.key] for one in named}

    def _named(self, given: Mapping[str, Any], path: str) -> _Named:
        if given.get("id") is not None:
            return _Named(path, *parsed_id(self._registry, given["id"], f"{path}.id"))
        if isinstance(given.get("kind"), Enum) and given.get("natural_key"):
            key = _storable(given["natural_key"], f"{path}.naturalKey")
            return _Named(path, given["kind"].value, key)
        raise invalid([FieldError(path=path, message="give id, or kind and naturalKey")])

    def properties(self, edge: Edge, given: Mapping[str, Any] | None, path: str) -> EdgeProperties:
        """What a link says of itself, checked; raises Refused with everything that is wrong."""
        return self._edges.candidate(edge.edge_type, given or {}, path)

    async def link_all(
        self,
        context: OperationContext,
        session: Session,
        links: Sequence[Mapping[str, Any]],
        paths: Sequence[str],
    ) -> list[Outcome]:
        """Write many links; `paths` are where the input has them, each with its final dot."""
        ends = await self.ends(context, session, links, paths)
        properties = [
            self.properties(one.edge, given.get("properties"), f"{path}properties")
            for one, given, path in zip(ends, links, paths, strict=True)
        ]
        outcomes: dict[int, Outcome] = {}
        for edge in self._registry.edges:
            places = [place for place, one in enumerate(ends) if one.edge is edge]
            if places:
                triples = [
                    (ends[place].start, ends[place].end, properties[place]) for place in places
                ]
                done = await context.writer.link(session, edge, triples)
                outcomes.update(zip(places, done, strict=True))
        return [outcomes[place] for place in range(len(ends))]


def parsed_id(registry: GraphRegistry, text: str, path: str) -> tuple[str, UUID]:
    """The label and UUID of a global id in an input; raises Refused for what is none."""
    try:
        return parse_global_id(registry, text, path)
    except ApiError as error:
        raise invalid([FieldError(path=path, message=error.message)]) from None


def _storable(text: str, path: str) -> str:
    try:
        return checked_text(text, path)
    except ApiError as error:
        raise invalid([FieldError(path=path, message=error.message)]) from None
