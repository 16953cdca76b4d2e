"""Writes the graph inside one transaction, by SQL on the label tables.

Upserts go by natural key and take the vertices' locks in the order of their keys, so concurrent
writers of the same keys queue up instead of losing one another's changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from graph_api.core.database import Session
from graph_api.core.graph.registry import Edge, GraphRegistry
from graph_api.core.graph.rows import encode_edge, encode_entity, hydrate, moment_text
from graph_api.core.graph.search import search_lexemes, search_names
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.core.statements import statement

# a writer that finds a key neither there nor insertable has met a deletion; it tries again
_MOST_ROUNDS = 5


class Outcome(StrEnum):
    """What a write did."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class Upsert:
    """One entity to write: a valid candidate, of which only the fields that were set count."""

    candidate: GraphEntity
    only_if_absent: bool = False
    merge_attributes: bool = False
    """Whether attributes are added to those that are there, instead of replacing them."""
    loaded: bool = False
    """Whether it comes from a file: that another file says the same is then no change."""


@dataclass(frozen=True, slots=True)
class Written:
    """One entity after a write."""

    entity: GraphEntity
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class VertexEnd:
    """One end of an edge: where AGE keeps it, and its entity id."""

    graph_id: str
    entity_id: str


class GraphWriter:
    """Writes the declared graph; every method runs in the session's transaction."""

    def __init__(self, registry: GraphRegistry) -> None:
        self.registry = registry

    async def upsert(
        self, session: Session, label: str, upserts: Sequence[Upsert]
    ) -> list[Written]:
        """Create or update entities of one label by natural key, in the order given.

        Raises pydantic.ValidationError where a change and what is stored do not go together.
        """
        candidates: dict[str, list[int]] = {}
        for place, upsert in enumerate(upserts):
            candidates.setdefault(upsert.candidate.natural_key, []).append(place)
        written: dict[int, Written] = {}
        remaining = dict(candidates)
        for _ in range(_MOST_ROUNDS):
            stored = await self._lock(session, label, sorted(remaining))
            await self._update(session, label, stored, remaining, upserts, written)
            missing = {key: remaining[key] for key in remaining if key not in stored}
            if not missing:
                break
            inserted = await self._insert(session, label, missing, upserts, written)
            remaining = {key: places for key, places in missing.items() if key not in inserted}
            if not remaining:
                break
        changed = [one.entity for one in written.values() if one.outcome is not Outcome.UNCHANGED]
        await self._make_findable(session, label, changed)
        return [written[place] for place in range(len(upserts))]

    async def _lock(
        self, session: Session, label: str, keys: Sequence[str]
    ) -> dict[str, GraphEntity]:
        tenant = self.registry.tenant_of(label, session.viewer)
        rows = await session.fetch(statement("lock_vertices").fill(label=label), tenant, list(keys))
        model = self.registry.entity(label)
        found = (hydrate(model, row["graph_id"], row["properties"]) for row in rows)
        return {entity.natural_key: entity for entity in found}

    async def _insert(
        self,
        session: Session,
        label: str,
        missing: Mapping[str, list[int]],
        upserts: Sequence[Upsert],
        written: dict[int, Written],
    ) -> set[str]:
        fresh = {
            key: _applied(upserts[places[0]].candidate, [upserts[one] for one in places[1:]])
            for key, places in sorted(missing.items())
        }
        rows = await session.fetch(
            statement("insert_vertices").fill(label=label),
            [encode_entity(entity) for entity, _ in fresh.values()],
        )
        inserted = {row["natural_key"]: row["graph_id"] for row in rows}
        for key, graph_id in inserted.items():
            entity, outcomes = fresh[key]
            stored = entity.model_copy().stored_as(graph_id)
            for place, outcome in zip(missing[key], [Outcome.CREATED, *outcomes], strict=True):
                written[place] = Written(stored, outcome)
        return set(inserted)

    async def _update(
        self,
        session: Session,
        label: str,
        stored: Mapping[str, GraphEntity],
        remaining: Mapping[str, list[int]],
        upserts: Sequence[Upsert],
        written: dict[int, Written],
    ) -> None:
        changed: dict[str, GraphEntity] = {}
        for key, before in stored.items():
            after, outcomes = _applied(before, [upserts[place] for place in remaining[key]])
            if _same(before, after):
                # several records may contradict one another and still leave all as it was
                after, outcomes = before, [Outcome.UNCHANGED] * len(outcomes)
            else:
                changed[key] = after
            for place, outcome in zip(remaining[key], outcomes, strict=True):
                written[place] = Written(after, outcome)
        if changed:
            await session.fetch(
                statement("update_vertices").fill(label=label),
                [entity.graph_id for entity in changed.values()],
                [encode_entity(entity) for entity in changed.values()],
            )

    async def _make_findable(
        self, session: Session, label: str, entities: Sequence[GraphEntity]
    ) -> None:
        if not entities:
            return
        latest = list({entity.id: entity for entity in entities}.values())
        await session.fetch(
            statement("write_search_entries"),
            self.registry.tenant_of(label, session.viewer),
            label,
            [str(entity.id) for entity in latest],
            [entity.display_name for entity in latest],
            ["\x1f".join(search_names(entity)) for entity in latest],
            ["\x1f".join(search_lexemes(entity)) for entity in latest],
        )

    async def ends_by_natural_key(
        self, session: Session, label: str, keys: Iterable[str]
    ) -> dict[str, VertexEnd]:
        """The vertices of these natural keys, held against deletion until the transaction ends."""
        rows = await session.fetch(
            statement("vertices_for_linking").fill(label=label),
            self.registry.tenant_of(label, session.viewer),
            sorted(set(keys)),
        )
        return {row["natural_key"]: VertexEnd(row["graph_id"], row["entity_id"]) for row in rows}

    async def ends_by_id(
        self, session: Session, label: str, ids: Iterable[UUID]
    ) -> dict[UUID, VertexEnd]:
        """The vertices of these entity ids, held against deletion until the transaction ends."""
        rows = await session.fetch(
            statement("vertices_for_linking_by_id").fill(label=label),
            self.registry.tenant_of(label, session.viewer),
            sorted({str(one) for one in ids}),
        )
        return {
            UUID(row["entity_id"]): VertexEnd(row["graph_id"], row["entity_id"]) for row in rows
        }

    async def link(
        self,
        session: Session,
        edge: Edge,
        links: Sequence[tuple[VertexEnd, VertexEnd, EdgeProperties]],
    ) -> list[Outcome]:
        """Add edges of one declaration, or merge their properties into those that are there."""
        tenant = session.viewer.tenant_id
        unique = {
            (start.graph_id, end.graph_id, properties.edge_key): properties
            for start, end, properties in links
        }
        rows = await session.fetch(
            statement("link_vertices").fill(edge_type=edge.edge_type.name),
            [start for start, _, _ in unique],
            [end for _, end, _ in unique],
            [encode_edge(properties, tenant) for properties in unique.values()],
        )
        changed = {
            (row["start_id"], row["end_id"]): Outcome.CREATED if row["created"] else Outcome.UPDATED
            for row in rows
        }
        await self._refresh_current(session, edge, changed)
        return [
            changed.get((start.graph_id, end.graph_id), Outcome.UNCHANGED)
            for start, end, _ in links
        ]

    async def unlink(
        self, session: Session, edge: Edge, start: VertexEnd, end: VertexEnd, edge_key: str | None
    ) -> int:
        """Remove the edges of a declaration between two vertices; returns how many there were."""
        rows = await session.fetch(
            statement("unlink_vertices").fill(edge_type=edge.edge_type.name),
            start.graph_id,
            end.graph_id,
            session.viewer.tenant_id,
            edge_key,
        )
        if rows:
            await self._refresh_current(session, edge, [(start.graph_id, end.graph_id)])
        return len(rows)

    async def _refresh_current(
        self, session: Session, edge: Edge, changed: Iterable[tuple[str, str]]
    ) -> None:
        if edge.current_as is None:
            return
        at_start = edge.current_on == "start"
        graph_ids = sorted({start if at_start else end for start, end in changed})
        if not graph_ids:
            return
        own, other = (edge.start, edge.end) if at_start else (edge.end, edge.start)
        await session.fetch(
            statement("refresh_current_reference").fill(
                label=own.label(),
                other_label=other.label(),
                edge_type=edge.edge_type.name,
                reference=edge.current_as,
                near_end="start_id" if at_start else "end_id",
                far_end="end_id" if at_start else "start_id",
            ),
            graph_ids,
            moment_text(datetime.now(UTC)),
            session.viewer.tenant_id,
        )

    async def lock(self, session: Session, label: str, entity_id: UUID) -> GraphEntity | None:
        """An entity taken for writing; None where the viewer has none of that id."""
        rows = await session.fetch(
            statement("lock_vertex_by_id").fill(label=label),
            self.registry.tenant_of(label, session.viewer),
            str(entity_id),
        )
        model = self.registry.entity(label)
        found = [hydrate(model, row["graph_id"], row["properties"]) for row in rows]
        return found[0] if found else None

    async def delete(self, session: Session, entity: GraphEntity) -> int:
        """Remove an entity with its edges and every mention of its id; returns the edges removed."""
        label = entity.label()
        removed = 0
        for edge_type in sorted(self._edge_types_at(label)):
            rows = await session.fetch(
                statement("delete_edges_of_vertex").fill(edge_type=edge_type), entity.graph_id
            )
            removed += len(rows)
        for other in self.registry.entities:
            for reference in self.registry.references(other).values():
                if reference.references is not None and reference.references.label == label:
                    await session.fetch(
                        statement("forget_reference").fill(label=other, reference=reference.name),
                        str(entity.id),
                        session.viewer.tenant_id,
                    )
        await session.fetch(
            statement("delete_search_entry"),
            self.registry.tenant_of(label, session.viewer),
            label,
            str(entity.id),
        )
        await session.fetch(statement("delete_vertex").fill(label=label), entity.graph_id)
        return removed

    def _edge_types_at(self, label: str) -> set[str]:
        return {
            edge.edge_type.name
            for edge in self.registry.edges
            if label in (edge.start.label(), edge.end.label())
        }


def _applied(entity: GraphEntity, upserts: Sequence[Upsert]) -> tuple[GraphEntity, list[Outcome]]:
    """An entity with upserts over it, one after the other, and what each of them did."""
    outcomes = []
    for upsert in upserts:
        entity, differs = merged(entity, upsert)
        outcomes.append(Outcome.UPDATED if differs else Outcome.UNCHANGED)
    return entity, outcomes


def _same(one: GraphEntity, other: GraphEntity) -> bool:
    if one is other:
        return True
    apart_from = {"updated_at"}
    return one.model_dump(exclude=apart_from) == other.model_dump(exclude=apart_from)


def merged(stored: GraphEntity, upsert: Upsert) -> tuple[GraphEntity, bool]:
    """A stored entity with an upsert's set fields over it, and whether that changed anything."""
    if upsert.only_if_absent:
        return stored, False
    candidate = upsert.candidate
    changes: dict[str, Any] = {
        name: getattr(candidate, name) for name in candidate.model_fields_set - _IDENTITY
    }
    if upsert.merge_attributes and "attributes" in changes:
        changes["attributes"] = stored.attributes | candidate.attributes
    if upsert.loaded and all(
        name in _PROVENANCE or getattr(stored, name) == value for name, value in changes.items()
    ):
        return stored, False
    changes = {name: value for name, value in changes.items() if getattr(stored, name) != value}
    if not changes:
        return stored, False
    values = stored.model_dump() | changes | {"updated_at": datetime.now(UTC)}
    entity = type(stored).model_validate(values).stored_as(stored.graph_id)
    return (stored, False) if _same(stored, entity) else (entity, True)


_PROVENANCE = frozenset({"source", "source_reference"})
_IDENTITY = frozenset({"id", "tenant_id", "created_at", "updated_at"})
