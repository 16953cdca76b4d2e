"""The only code that reads the audit; the journal alone writes it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from graph_api.audit.models import AuditEntry
from graph_api.core.database import Database, Row
from graph_api.core.errors import bad_input
from graph_api.core.graph.expressions import Parameters
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach, Viewer

_FEED_PAGE = 5000
_NO_ID = UUID(int=0)
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a tenant's journal says that its chain and its feed end.

    All of it is from one snapshot, so what lies beyond was not written by a concurrent mutation.
    """

    has_journal: bool
    audit_count: int
    audit_signature: str
    first_sequence: int
    last_sequence: int
    entry_beyond: int | None
    change_outside: int | None


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One entry of a chain exactly as it is stored."""

    id: str
    tenant_id: str
    chain_number: int
    event_type: str
    event_data: str
    canonical_payload: str
    actor_id: str | None
    actor_type: str
    entity_ids: list[str]
    created_at: datetime
    previous_signature: str
    signature: str
    key_id: str


async def audit_trail(
    database: Database, viewer: Viewer, record_id: str | None, request: PageRequest
) -> Page[AuditEntry]:
    """A page of the entries that name a record, the newest first; of all, without one."""
    parameters, conditions = _trail(viewer, record_id)
    for position, newer in (
        (request.origin, request.backward),
        (request.limit_position, not request.backward),
    ):
        if position is not None:
            place = parameters.add(_place(position), "bigint")
            conditions.append(f"t.chain_number {'>' if newer else '<'} {place}")
    text = statement("audit_trail_page").fill(
        predicate=" and ".join(conditions),
        order_by=f"t.chain_number {'asc' if request.backward else 'desc'}",
        limit=str(request.size + 1),
    )
    rows = await database.fetch(viewer, text, *parameters.values)
    found = [
        PageRow(entry, Position((), str(entry.chain_number)))
        for entry in (_shown(viewer, row) for row in rows[: request.size])
    ]
    return Page(found[::-1] if request.backward else found, request, len(rows) > request.size)


async def audit_trail_count(database: Database, viewer: Viewer, record_id: str | None) -> int:
    """How many entries name a record, or there are."""
    parameters, conditions = _trail(viewer, record_id)
    text = statement("audit_trail_count").fill(predicate=" and ".join(conditions))
    rows = await database.fetch(viewer, text, *parameters.values)
    return int(rows[0]["total"])


def _trail(viewer: Viewer, record_id: str | None) -> tuple[Parameters, list[str]]:
    parameters = Parameters(viewer.tenant_id)
    conditions = ["t.tenant_id = $1::text"]
    if record_id is not None:
        conditions.append(f"t.entity_ids @> array[{parameters.add(record_id)}]")
    return parameters, conditions


def _place(position: Position) -> int:
    if not position.row_id.isascii() or not position.row_id.isdigit() or len(position.row_id) > 18:
        raise bad_input("is not a cursor of this list", argument="cursor")
    return int(position.row_id)


def _shown(viewer: Viewer, row: Row) -> AuditEntry:
    return AuditEntry(
        id=UUID(row["id"]),
        tenant_id=viewer.tenant_id,
        chain_number=row["chain_number"],
        event_type=row["event_type"],
        actor_id=row["actor_id"],
        actor_type=row["actor_type"],
        entity_ids=list(row["entity_ids"]),
        created_at=row["created_at"],
        event_data=orjson.loads(row["event_data"]),
        previous_signature=row["previous_signature"],
        signature=row["signature"],
        key_id=row["key_id"],
    )


async def chain_head(database: Database, viewer: Viewer) -> ChainHead:
    """Where the viewer's tenant's chain and feed end."""
    rows = await database.fetch(viewer, statement("audit_head"), viewer.tenant_id)
    row = rows[0]
    outside = [one for one in (row["change_before"], row["change_beyond"]) if one is not None]
    return ChainHead(
        has_journal=row["audit_count"] is not None,
        audit_count=row["audit_count"] or 0,
        audit_signature=row["audit_signature"] or "",
        first_sequence=row["first_sequence"] or 1,
        last_sequence=row["last_sequence"] or 0,
        entry_beyond=row["entry_beyond"],
        change_outside=min(outside, default=None),
    )


async def chain_entries(
    database: Database, viewer: Viewer, after: ChainEntry | int | None, last: int, most: int
) -> Sequence[ChainEntry]:
    """Entries after one, or from a place on, up to a place; from the very first after None."""
    match after:
        case ChainEntry():
            number, entry_id = after.chain_number, after.id
        case int():
            number, entry_id = after - 1, str(UUID(int=2**128 - 1))
        case None:
            number, entry_id = _BEFORE_ALL, str(_NO_ID)
    rows = await database.fetch(
        viewer, statement("audit_chain"), viewer.tenant_id, number, entry_id, last, most
    )
    return [_entry(row) for row in rows]


def _entry(row: Row) -> ChainEntry:
    return ChainEntry(
        id=row["id"],
        tenant_id=row["tenant_id"],
        chain_number=row["chain_number"],
        event_type=row["event_type"],
        event_data=row["event_data"],
        canonical_payload=row["canonical_payload"],
        actor_id=row["actor_id"],
        actor_type=row["actor_type"],
        entity_ids=list(row["entity_ids"]),
        created_at=row["created_at"],
        previous_signature=row["previous_signature"],
        signature=row["signature"],
        key_id=row["key_id"],
    )


async def change_digests(
    database: Database, viewer: Viewer, first: int, last: int
) -> AsyncIterator[tuple[int, bytes]]:
    """The number and the digest of each row of the feed between two numbers, in pages."""
    while first <= last:
        rows: Sequence[Any] = await database.fetch(
            viewer, statement("changes_of_entries"), viewer.tenant_id, first, last, _FEED_PAGE
        )
        for row in rows:
            yield row["sequence"], row["digest"]
        if len(rows) < _FEED_PAGE:
            return
        first = rows[-1]["sequence"] + 1


async def audited_tenants(database: Database, viewer: Viewer) -> list[str]:
    """Every tenant with an audit."""
    rows = await database.fetch(viewer, statement("audited_tenants"), reach=Reach.ALL)
    return [row["tenant_id"] for row in rows]
