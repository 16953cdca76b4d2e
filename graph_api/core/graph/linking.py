"""Writes edges, and keeps the references that follow them true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from graph_api.core.database import Session
from graph_api.core.graph.changes import edge_change, stored_entity_change
from graph_api.core.graph.registry import Edge, GraphRegistry
from graph_api.core.graph.rows import encode_edge, encode_given, moment_text
from graph_api.core.model import EdgeProperties
from graph_api.core.statements import statement


class Outcome(StrEnum):
    """What a write did."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class VertexEnd:
    """One end of an edge: where AGE keeps it, and its entity id."""

    graph_id: str
    entity_id: str


class EdgeWriter:
    """Writes the edges of the declared graph, in the session's transaction."""

    def __init__(self, registry: GraphRegistry) -> None:
        self.registry = registry

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
        *,
        loaded: bool = False,
    ) -> list[Outcome]:
        """Add edges of one declaration, or merge their properties into those that are there.

        What a caller leaves at its default stays as it is in an edge that is there. A load states
        all it knows; to it, an edge that another file stated in the same words is unchanged: its
        source stays, or two files would change it back and forth for ever.
        """
        tenant = session.viewer.tenant_id
        unique = {
            (start.graph_id, end.graph_id, properties.edge_key): (start, end, properties)
            for start, end, properties in links
        }
        # in one order, so that writers of the same edges queue up
        unique = dict(sorted(unique.items()))
        rows = await session.fetch(
            statement("link_vertices").fill(edge_type=edge.edge_type.name),
            [start for start, _, _ in unique],
            [end for _, end, _ in unique],
            [encode_edge(properties, tenant) for _, _, properties in unique.values()],
            [edge_key for _, _, edge_key in unique],
            loaded,
            [None if loaded else encode_given(one) for _, _, one in unique.values()],
        )
        changed: dict[tuple[str, str, str], Outcome] = {}
        for row in rows:
            key = (row["start_id"], row["end_id"], row["edge_key"])
            changed[key] = Outcome.CREATED if row["created"] else Outcome.UPDATED
            start, end, _ = unique[key]
            session.journal.record(
                edge_change(
                    edge.edge_type.name,
                    row["edge_id"],
                    start.entity_id,
                    end.entity_id,
                    row["before"],
                    row["after"],
                )
            )
        await self._refresh_current(session, edge, [(start, end) for start, end, _ in changed])
        return [
            changed.get((start.graph_id, end.graph_id, properties.edge_key), Outcome.UNCHANGED)
            for start, end, properties in links
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
        for row in rows:
            session.journal.record(
                edge_change(
                    edge.edge_type.name,
                    row["edge_id"],
                    start.entity_id,
                    end.entity_id,
                    row["before"],
                    None,
                )
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
        # a writer of another edge of the same vertex has either committed, and is seen, or waits
        await session.fetch(
            statement("lock_vertices_by_graph_id").fill(label=own.label()), graph_ids
        )
        rows = await session.fetch(
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
        for row in rows:
            session.journal.record(stored_entity_change(own.label(), row["before"], row["after"]))
