"""Copies the benchmark's world into tables, in a database of its own on the same server."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.dataset import Dataset
from graph_api.core.model import GraphEntity

DATABASE = "bench_relational"
TABLES = Path(__file__).with_name("postgraphile") / "tables.sql"

_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Operator": ("operators", ("id", "name", "p5_number", "p5_status")),
    "Lease": ("leases", ("id", "operator_id", "name", "rrc_lease_id", "district")),
    "Well": (
        "wells",
        (
            *("id", "lease_id", "operator_id", "api_number", "well_name", "well_number"),
            *("well_type", "status", "district", "county"),
            *("latitude", "longitude", "total_depth_ft"),
        ),
    ),
    "Permit": ("permits", ("id", "well_id", "permit_number", "status", "approved_on")),
}


async def prepare_tables(dsn: str, dataset: Dataset, fingerprint: str) -> tuple[str, float | None]:
    """The DSN of the database of tables, and how long it took to write; None where it was there.

    What it holds is known by the database's comment, written last: another world is replaced.
    """
    wanted = json.dumps({"wells": dataset.wells, "world": fingerprint, "tables": _tables_text()})
    own = _of_database(dsn, DATABASE)
    administering = await asyncpg.connect(dsn)
    try:
        found = await administering.fetchval(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = $1",
            DATABASE,
        )
        if found == wanted:
            return own, None
        started = time.perf_counter()
        await administering.execute(f"drop database if exists {DATABASE} with (force)")
        await administering.execute(f"create database {DATABASE}")
        await _write(own, dataset)
        quoted = await administering.fetchval("select quote_literal($1::text)", wanted)
        await administering.execute(f"comment on database {DATABASE} is {quoted}")
        await administering.execute("checkpoint")
        return own, time.perf_counter() - started
    finally:
        await administering.close()


async def _write(dsn: str, dataset: Dataset) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_tables_text())
        vertices = dataset.vertices()
        for label, (table, columns) in _COLUMNS.items():
            await connection.copy_records_to_table(
                table, columns=["place", *columns], records=_records(vertices[label], columns)
            )
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def _records(
    entities: Iterator[GraphEntity], columns: tuple[str, ...]
) -> Iterator[tuple[object, ...]]:
    for place, entity in enumerate(entities, 1):
        yield place, *(_plain(getattr(entity, column)) for column in columns)


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _tables_text() -> str:
    return TABLES.read_text("utf-8")


def _of_database(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))
