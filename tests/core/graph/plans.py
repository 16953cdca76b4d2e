"""What PostgreSQL plans to do for the very statements that the reader and the traversal send."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson

from graph_api.core.age import SERVING_ROLE, SESSION_SETTINGS, prepare_connection
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer


@dataclass
class Recorder:
    """Stands where the database would and keeps what it is asked."""

    asked: list[tuple[Statement, tuple[object, ...]]] = field(default_factory=list)

    async def fetch(
        self, viewer: Viewer, statement: Statement, *arguments: object
    ) -> Sequence[Any]:
        self.asked.append((statement, arguments))
        return []


@dataclass(frozen=True)
class PlanNode:
    """One node of a plan."""

    kind: str
    relation: str | None
    index: str | None


@dataclass(frozen=True)
class Plan:
    """The nodes of a plan."""

    nodes: tuple[PlanNode, ...]

    @property
    def scanned(self) -> set[str]:
        """The graph's tables that are read from one end to the other."""
        return {one.relation for one in self.nodes if one.kind == "Seq Scan" and one.relation} - {
            "pg_class"
        }

    @property
    def indexes(self) -> set[str]:
        """The indexes that are used."""
        return {one.index for one in self.nodes if one.index}

    @property
    def sorts(self) -> bool:
        """Whether anything is sorted that an index did not give in order."""
        return any(one.kind == "Sort" for one in self.nodes)


async def connect(dsn: str, tenant_id: str | None = None) -> Any:
    """A connection with the settings of the pool's own.

    For a tenant, it acts as the role that row-level security holds.
    """
    acting = {} if tenant_id is None else {"role": SERVING_ROLE, "app.tenant_id": tenant_id}
    connection = await asyncpg.connect(dsn, server_settings={**SESSION_SETTINGS, **acting})
    await prepare_connection(connection)
    return connection


async def plan_of(connection: Any, statement: Statement, arguments: Sequence[object]) -> Plan:
    """The generic plan of a statement, as a pooled connection would make it."""
    return Plan(tuple(_nodes(await _explained(connection, statement, arguments, "format json"))))


async def blocks_touched(connection: Any, statement: Statement, arguments: Sequence[object]) -> int:
    """How many blocks of tables and indexes a statement looks at, once it is carried out."""
    plan = await _explained(connection, statement, arguments, "format json, analyze, buffers")
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def _explained(
    connection: Any, statement: Statement, arguments: Sequence[object], options: str
) -> dict[str, Any]:
    await connection.execute(f"prepare planned as {statement.text}")
    try:
        given = ", ".join(_literal(one) for one in arguments)
        text = f"explain ({options}) execute planned{f'({given})' if given else ''}"
        rows = await connection.fetch(text)
    finally:
        await connection.execute("deallocate planned")
    (document,) = orjson.loads(rows[0][0])
    plan: dict[str, Any] = document["Plan"]
    return plan


def _nodes(node: dict[str, Any]) -> Iterator[PlanNode]:
    yield PlanNode(node["Node Type"], node.get("Relation Name"), node.get("Index Name"))
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _literal(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool() | int() | float():
            return f"'{value}'"
        case list():
            return f"array[{', '.join(_literal(one) for one in value)}]::text[]"
        case _:
            return "'" + str(value).replace("'", "''") + "'"
