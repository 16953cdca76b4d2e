"""Writes what a reader yields: in batches, one transaction each, so that it can be run again."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from itertools import islice
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from graph_api.core.database import Database, Session
from graph_api.core.graph.linking import VertexEnd
from graph_api.core.graph.registry import Edge, GraphRegistry
from graph_api.core.graph.writing import GraphWriter, Upsert
from graph_api.core.journal import Cause
from graph_api.core.model import GraphEntity
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Record,
    Rejection,
    Remark,
    VolumeRecord,
)
from graph_api.entities.imports.summary import LoadReport, LoadSummary
from graph_api.entities.store import write_volumes

BATCH_SIZE = 10_000
LEASE_MONTH = "lease-month"
_UNMATCHED = "UNMATCHED"


class ImportRunner:
    """Writes records for a viewer's tenant.

    A batch is committed whole or not at all. Whoever interrupts a load and runs it again finds
    what was committed unchanged.
    """

    def __init__(
        self, database: Database, registry: GraphRegistry, viewer: Viewer, report: LoadReport
    ) -> None:
        self._database = database
        self._registry = registry
        self._viewer = viewer
        self._writer = GraphWriter(registry)
        self._report = report
        self._labels = _referenced_first(registry)
        self._touched: set[str] = set()
        self.summary = LoadSummary()

    async def run(self, records: Iterator[Record], batch_size: int = BATCH_SIZE) -> LoadSummary:
        """Write everything; the next batch is read while one is being written."""
        batch = await asyncio.to_thread(_next_batch, records, batch_size)
        while batch:
            following = asyncio.create_task(asyncio.to_thread(_next_batch, records, batch_size))
            try:
                await self._write(batch)
            except BaseException:
                # the reader's thread must be done before its generator is closed
                await asyncio.wait([following])
                raise
            batch = await following
        for label in sorted(self._touched):
            await self._database.fetch(self._viewer, statement("analyze_label").fill(label=label))
        await self._database.fetch(self._viewer, statement("analyze_search"))
        await self._database.fetch(self._viewer, statement("analyze_volumes"))
        self._report.unmatched(self.summary.unmatched.items())
        return self.summary

    async def _write(self, batch: Sequence[Record]) -> None:
        self.summary.read += len(batch)
        entities: dict[str, list[EntityRecord]] = defaultdict(list)
        links: dict[tuple[str, str, str], list[LinkRecord]] = defaultdict(list)
        volumes: list[VolumeRecord] = []
        for record in batch:
            match record:
                case EntityRecord():
                    entities[record.label].append(record)
                case LinkRecord():
                    key = (record.edge_type, record.start.label, record.end.label)
                    links[key].append(record)
                case VolumeRecord():
                    volumes.append(record)
                case Rejection() | Remark():
                    self._note(record)
        async with self._database.transaction(self._viewer, "load", Cause.IMPORT) as session:
            for label in self._labels:
                if label in entities:
                    await self._write_entities(session, label, entities[label])
            for key, records in links.items():
                await self._write_links(session, key, records)
            if volumes:
                await self._write_volumes(session, volumes)

    def _note(self, found: Rejection | Remark) -> None:
        if isinstance(found, Rejection):
            self.summary.rejected += 1
        else:
            self.summary.remarks += 1
        self._report.note(found)

    async def _write_entities(
        self, session: Session, label: str, records: Sequence[EntityRecord]
    ) -> None:
        named = await self._ends(session, (key for record in records for key in _named_by(record)))
        upserts = []
        for record in records:
            candidate = self._candidate(label, record, named)
            if candidate is not None:
                upserts.append(
                    Upsert(candidate, record.only_if_absent, merge_attributes=True, loaded=True)
                )
        written = await self._writer.upsert(session, label, upserts)
        self._touched.add(label)
        for one in written:
            self.summary.count(label, one.outcome)

    def _candidate(
        self, label: str, record: EntityRecord, named: dict[EntityKey, VertexEnd]
    ) -> GraphEntity | None:
        values: dict[str, Any] = {
            "tenant_id": self._registry.tenant_of(label, self._viewer),
            **record.values,
        }
        for name, key in record.references.items():
            if key in named:
                values[name] = UUID(named[key].entity_id)
            else:
                self._unmatched(label, key)
        for name, keys in record.reference_lists.items():
            values[name] = [UUID(named[key].entity_id) for key in keys if key in named]
        try:
            return self._registry.entity(label).model_validate(values)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                name = ".".join(str(part) for part in one["loc"])
                reason = one["msg"].removeprefix("Value error, ")
                self._report.line("rejected", record.origin, name, str(one["input"]), reason)
            self.summary.rejected += 1
            return None

    async def _write_links(
        self, session: Session, key: tuple[str, str, str], records: Sequence[LinkRecord]
    ) -> None:
        edge = self._edge(key)
        ends = await self._ends(
            session, (end for record in records for end in (record.start, record.end))
        )
        links = []
        for record in records:
            missing = [end for end in (record.start, record.end) if end not in ends]
            if missing:
                self._unmatched(record.edge_type, missing[0])
                continue
            try:
                properties = edge.edge_type.properties.model_validate(record.properties)
            except ValidationError as error:
                self.summary.rejected += 1
                reason = error.errors()[0]["msg"]
                self._report.line("rejected", record.origin, record.edge_type, "", reason)
                continue
            links.append((ends[record.start], ends[record.end], properties))
        if not links:
            return
        for outcome in await self._writer.link(session, edge, links, loaded=True):
            self.summary.count(record.edge_type, outcome)
        self._touched.add(edge.edge_type.name)

    def _edge(self, key: tuple[str, str, str]) -> Edge:
        found = self._registry.edges_between(*key)
        if not found:
            raise ValueError(f"no edge {key[0]} runs from {key[1]} to {key[2]}")
        return found[0]

    async def _write_volumes(self, session: Session, records: Sequence[VolumeRecord]) -> None:
        ends = await self._ends(session, (record.lease for record in records))
        months: dict[tuple[str, Any], dict[str, int]] = {}
        repeated = 0
        for record in records:
            if record.lease not in ends:
                self._unmatched(LEASE_MONTH, record.lease)
                continue
            key = (ends[record.lease].entity_id, record.month)
            repeated += key in months
            months[key] = {**months.get(key, {}), **record.volumes}
        rows = [(lease_id, month, volumes) for (lease_id, month), volumes in months.items()]
        created, updated = await write_volumes(session, rows) if rows else (0, 0)
        self.summary.count(LEASE_MONTH, "CREATED", created)
        self.summary.count(LEASE_MONTH, "UPDATED", updated)
        self.summary.count(LEASE_MONTH, "UNCHANGED", len(rows) - created - updated + repeated)

    def _unmatched(self, kind: str, key: EntityKey) -> None:
        self.summary.count(kind, _UNMATCHED)
        self.summary.unmatched[f"{key.label} {key.natural_key}"] += 1

    async def _ends(
        self, session: Session, keys: Iterable[EntityKey]
    ) -> dict[EntityKey, VertexEnd]:
        by_label: dict[str, set[str]] = defaultdict(set)
        for key in keys:
            by_label[key.label].add(key.natural_key)
        found: dict[EntityKey, VertexEnd] = {}
        for label, natural_keys in sorted(by_label.items()):
            ends = await self._writer.ends_by_natural_key(session, label, natural_keys)
            found.update((EntityKey(label, key), end) for key, end in ends.items())
        return found


def _named_by(record: EntityRecord) -> Iterator[EntityKey]:
    yield from record.references.values()
    for keys in record.reference_lists.values():
        yield from keys


def _next_batch(records: Iterator[Record], size: int) -> list[Record]:
    return list(islice(records, size))


def _referenced_first(registry: GraphRegistry) -> list[str]:
    """The labels in an order in which what an entity names is written before it."""
    graph = {
        label: {
            field.references.label
            for field in registry.references(label).values()
            if field.references is not None and field.references.label != label
        }
        for label in registry.entities
    }
    return list(TopologicalSorter(graph).static_order())
