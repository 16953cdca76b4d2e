"""Writes the graph inside one transaction, by SQL on the label tables.

Upserts go by natural key and take the vertices' locks in the order of their keys, so concurrent
writers of the same keys queue up instead of losing one another's changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graph_api.core.database import Session
from graph_api.core.graph.changes import edge_change, entity_change, stored_entity_change
from graph_api.core.graph.linking import EdgeWriter, Outcome
from graph_api.core.graph.rows import encode_entity, hydrate
from graph_api.core.graph.search import search_lexemes, search_names
from graph_api.core.model import GraphEntity
from graph_api.core.statements import statement

# a writer that finds a key neither there nor insertable has met a deletion; it tries again
_MOST_ROUNDS = 5


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


class GraphWriter(EdgeWriter):
    """Writes the declared graph; every method runs in the session's transaction."""

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
            session.journal.record(entity_change(None, stored))
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
                session.journal.record(entity_change(before, after))
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
        removed: dict[str, list[tuple[str, str]]] = {}
        for edge_type in sorted(self._edge_types_at(label)):
            removed[edge_type] = await self._delete_edges(session, edge_type, entity)
        for edge in self.registry.edges:
            # what followed an edge to this entity follows the next one from now on
            others = [
                ends
                for ends in removed.get(edge.edge_type.name, ())
                if ends[0 if edge.current_on == "start" else 1] != entity.graph_id
            ]
            await self._refresh_current(session, edge, others)
        for other in self.registry.entities:
            for reference in self.registry.references(other).values():
                if reference.references is not None and reference.references.label == label:
                    await self._forget(session, other, reference.name, entity)
        await session.fetch(
            statement("delete_search_entry"),
            self.registry.tenant_of(label, session.viewer),
            label,
            str(entity.id),
        )
        await session.fetch(statement("delete_vertex").fill(label=label), entity.graph_id)
        session.journal.record(entity_change(entity, None))
        return sum(len(ends) for ends in removed.values())

    async def _delete_edges(
        self, session: Session, edge_type: str, entity: GraphEntity
    ) -> list[tuple[str, str]]:
        """Remove an entity's edges of a type; returns the ends of each."""
        rows = await session.fetch(
            statement("delete_edges_of_vertex").fill(edge_type=edge_type), entity.graph_id
        )
        graph_ids = {one for row in rows for one in (row["start_id"], row["end_id"])}
        named = await session.fetch(statement("entity_ids_by_graph_id"), sorted(graph_ids))
        ids = {row["graph_id"]: row["entity_id"] for row in named}
        for row in rows:
            ends = ids.get(row["start_id"], ""), ids.get(row["end_id"], "")
            session.journal.record(
                edge_change(edge_type, row["edge_id"], *ends, row["before"], None)
            )
        return [(row["start_id"], row["end_id"]) for row in rows]

    async def _forget(
        self, session: Session, label: str, reference: str, entity: GraphEntity
    ) -> None:
        rows = await session.fetch(
            statement("forget_reference").fill(label=label, reference=reference),
            str(entity.id),
            session.viewer.tenant_id,
        )
        for row in rows:
            session.journal.record(stored_entity_change(label, row["before"], row["after"]))

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
