"""Puts the benchmark's world into a database by COPY, straight into the label tables.

This bypasses everything the service does on a write (search entries, change feed, audit): the
benchmark's world is there to be read.
"""

import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench.dataset import TENANT, Dataset, EdgeRow, End, fingerprint
from graph_api.core.age import SESSION_SETTINGS
from graph_api.core.graph.rows import encode_edge, encode_entity
from graph_api.core.migrations import migrate
from graph_api.core.viewer import SHARED_TENANT

MARK = "bench-dataset.json"
"""The file in the data directory that says which world its database holds."""

_CHUNK_BYTES = 256 * 1024
_GRAPH_ID_BITS = 48


class OtherDatasetError(Exception):
    """The data directory holds something else; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the world came to be in the database."""

    vertices: int
    edges: int
    seconds: float | None
    """How long it took to write it; None where it was there."""


async def prepare(dsn: str, data_dir: Path, dataset: Dataset) -> Prepared:
    """Migrate, and write the world unless the data directory's mark says that it is there.

    Raises OtherDatasetError where the database holds another world.
    """
    await migrate(dsn)
    mark = data_dir / MARK
    wanted = {"wells": dataset.wells, "fingerprint": fingerprint()}
    found = json.loads(mark.read_text("utf-8")) if mark.exists() else None
    if found is not None:
        if {name: found[name] for name in wanted} != wanted:
            raise OtherDatasetError(
                f"{data_dir} holds a world of {found['wells']:,} wells, or of another version of "
                "the project; remove it, or give another --data-dir"
            )
        return Prepared(found["vertices"], found["edges"], None)
    connection = await asyncpg.connect(dsn, server_settings=SESSION_SETTINGS)
    try:
        prepared = await _write(connection, data_dir, dataset)
    finally:
        await connection.close()
    mark.write_text(
        json.dumps({**wanted, "vertices": prepared.vertices, "edges": prepared.edges}), "utf-8"
    )
    return prepared


async def _write(connection: Any, data_dir: Path, dataset: Dataset) -> Prepared:
    started = time.perf_counter()
    labels = await _label_ids(connection)
    async with connection.transaction():
        occupied = await connection.fetchval(
            "select exists (select from oilgas._ag_label_vertex"
            " where (properties ->> 'tenant_id'::text) <> $1)",
            SHARED_TENANT,
        )
        if occupied:
            raise OtherDatasetError(
                f"{data_dir} holds a graph that no finished preparation left; "
                "remove it, or give another --data-dir"
            )
        vertices = 0
        for label, entities in dataset.vertices().items():
            lines = (encode_entity(entity) for entity in entities)
            vertices += await _copy(connection, labels, label, ("properties",), lines)
        edges = 0
        columns = ("start_id", "end_id", "properties")
        for edge_type, rows in dataset.edges().items():
            edges += await _copy(connection, labels, edge_type, columns, _edge_lines(rows, labels))
    # hint bits and statistics as they are once a database has settled, and no checkpoint to come
    for label in (*dataset.vertices(), *dataset.edges()):
        await connection.execute(f'vacuum (analyze) oilgas."{label}"')
    await connection.execute("analyze oilgas._ag_label_vertex; analyze oilgas._ag_label_edge")
    await connection.execute("checkpoint")
    return Prepared(vertices, edges, time.perf_counter() - started)


def _edge_lines(rows: Iterable[EdgeRow], labels: dict[str, int]) -> Iterator[str]:
    for row in rows:
        properties = encode_edge(row.properties, TENANT)
        yield f"{_graph_id(labels, row.start)}\t{_graph_id(labels, row.end)}\t{properties}"


def _graph_id(labels: dict[str, int], end: End) -> int:
    return labels[end.label] << _GRAPH_ID_BITS | end.place + 1


async def _label_ids(connection: Any) -> dict[str, int]:
    rows = await connection.fetch(
        "select l.name::text as name, l.id from ag_catalog.ag_label l"
        " join ag_catalog.ag_graph g on g.graphid = l.graph where g.name::text = 'oilgas'"
    )
    return {row["name"]: row["id"] for row in rows}


async def _copy(
    connection: Any,
    labels: dict[str, int],
    label: str,
    columns: tuple[str, ...],
    lines: Iterable[str],
) -> int:
    """COPY lines of columns behind ids that count from 1; returns how many there were."""
    written = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal written
        chunk = bytearray()
        for line in lines:
            graph_id = _graph_id(labels, End(label, written))
            written += 1
            escaped = line.replace("\\", "\\\\")
            chunk += f"{graph_id}\t{escaped}\n".encode()
            if len(chunk) >= _CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        yield bytes(chunk)

    await connection.copy_to_table(
        label, schema_name="oilgas", columns=["id", *columns], source=chunks(), format="text"
    )
    sequence = await connection.fetchval(
        "select l.seq_name::text from ag_catalog.ag_label l"
        " join ag_catalog.ag_graph g on g.graphid = l.graph"
        " where g.name::text = 'oilgas' and l.name::text = $1",
        label,
    )
    await connection.fetchval(
        "select setval(format('oilgas.%I', $1::text)::regclass, $2)", sequence, max(written, 1)
    )
    return written
