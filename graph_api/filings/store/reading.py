"""Reads checklists and what hangs on them, for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database, Row
from graph_api.core.graph.expressions import Parameters
from graph_api.core.graph.keyset import SortKey, TieBreaker, page_segments
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistStatus,
    FilingChecklist,
    FilingRuleSnapshot,
    RuleChangeAlert,
)
from graph_api.filings.store.rows import alert_of, artifact_of, checklist_of, snapshot_of

RecordT = TypeVar("RecordT", ChecklistArtifact, FilingRuleSnapshot)

MOST_OF_ENTITY = 100
"""How many checklists of one entity are shown with it, the newest first."""

# as text, so that a cursor of another list is beyond or before all rows, and no fault
_ROW_ID = '(t.id::text collate "C")'

_STALE = (
    "exists (select from public.filing_rule_snapshots s where s.tenant_id = t.tenant_id"
    " and s.checklist_id = t.id and not s.is_current)"
)


def _moment(column: str) -> str:
    """A moment as microseconds since 1970: a number, so that a cursor holds it exactly."""
    return f"(extract(epoch from {column}) * 1000000)::float8"


CHECKLIST_ORDERS = {
    "CREATED_AT": (_moment("t.created_at"), "float8", False),
    "UPDATED_AT": (_moment("t.updated_at"), "float8", False),
    "DEADLINE": (_moment("t.deadline"), "float8", True),
    "STATUS": ('(t.status collate "C")', "text", False),
    "ENTITY_NAME": ('(t.entity_name collate "C")', "text", True),
}
"""What checklists may be ordered by: the SQL, its type, and whether it may be null."""


@dataclass(frozen=True, slots=True)
class ChecklistSelection:
    """Which checklists a list has; what is None does not matter."""

    domains: Sequence[ComplianceDomain] | None = None
    statuses: Sequence[ChecklistStatus] | None = None
    entity_ids: Sequence[UUID] | None = None
    entity_types: Sequence[str] | None = None
    due_before: datetime | None = None
    is_stale: bool | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class AlertSelection:
    """Which alerts a list has."""

    acknowledged: bool | None = None
    checklist_id: UUID | None = None


async def checklist_page(
    database: Database, viewer: Viewer, wanted: ChecklistSelection, request: PageRequest
) -> Page[FilingChecklist]:
    """A page of the checklists that are wanted."""
    keys = [
        SortKey(sql, cast, order.descending, nullable)
        for order in request.orders
        for sql, cast, nullable in [CHECKLIST_ORDERS[order.field]]
    ]
    parameters, matching = _checklists(viewer, wanted)
    rows = await _rows(
        database, viewer, statement("checklist_segment"), keys, parameters, matching, request
    )
    found = [checklist_of(row) for row in rows]
    return _page(
        [
            PageRow(one, Position(tuple(_key(one, o.field) for o in request.orders), str(one.id)))
            for one in found
        ],
        request,
    )


async def count_checklists(database: Database, viewer: Viewer, wanted: ChecklistSelection) -> int:
    """How many checklists are wanted."""
    parameters, matching = _checklists(viewer, wanted)
    text = statement("checklist_count").fill(predicate=matching)
    rows = await database.fetch(viewer, text, *parameters.values)
    return int(rows[0]["total"])


def _checklists(viewer: Viewer, wanted: ChecklistSelection) -> tuple[Parameters, str]:
    parameters = Parameters(viewer.tenant_id)
    conditions = ["t.tenant_id = $1::text"]
    for column, values in (
        ("compliance_domain", wanted.domains),
        ("status", wanted.statuses),
        ("entity_id", wanted.entity_ids),
        ("entity_type", wanted.entity_types),
    ):
        if values is not None:
            plain = [
                one.lower() if isinstance(one, ComplianceDomain | ChecklistStatus) else str(one)
                for one in values
            ]
            conditions.append(f"t.{column} = any({parameters.add(plain, 'text[]')})")
    if wanted.due_before is not None:
        moment = wanted.due_before.astimezone(UTC)
        conditions.append(f"t.deadline < {parameters.add(moment, 'timestamptz')}")
    if wanted.is_stale is not None:
        conditions.append(_STALE if wanted.is_stale else f"not {_STALE}")
    if wanted.created_by is not None:
        conditions.append(f"t.created_by = {parameters.add(wanted.created_by)}")
    return parameters, " and ".join(conditions)


def _key(checklist: FilingChecklist, field: str) -> str | float | None:
    value: Any = getattr(checklist, field.lower())
    if isinstance(value, datetime):
        # whole microseconds up to the year 2255 are whole numbers to a double
        return float(round((value - _EPOCH).total_seconds() * 1_000_000))
    return value.lower() if isinstance(value, ChecklistStatus) else value


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def alert_page(
    database: Database, viewer: Viewer, wanted: AlertSelection, request: PageRequest
) -> Page[RuleChangeAlert]:
    """A page of the alerts that are wanted, the newest first."""
    keys = [SortKey(_moment("t.raised_at"), "float8", True, nullable=False)]
    parameters, matching = _alerts(viewer, wanted)
    rows = await _rows(
        database, viewer, statement("alert_segment"), keys, parameters, matching, request
    )
    found = [alert_of(row) for row in rows]
    return _page(
        [
            PageRow(
                one,
                Position(
                    (float(round((one.raised_at - _EPOCH).total_seconds() * 1_000_000)),),
                    str(one.id),
                ),
            )
            for one in found
        ],
        request,
    )


async def count_alerts(database: Database, viewer: Viewer, wanted: AlertSelection) -> int:
    """How many alerts are wanted."""
    parameters, matching = _alerts(viewer, wanted)
    text = statement("alert_count").fill(predicate=matching)
    rows = await database.fetch(viewer, text, *parameters.values)
    return int(rows[0]["total"])


def _alerts(viewer: Viewer, wanted: AlertSelection) -> tuple[Parameters, str]:
    parameters = Parameters(viewer.tenant_id)
    conditions = ["t.tenant_id = $1::text"]
    if wanted.acknowledged is not None:
        conditions.append(f"t.acknowledged = {parameters.add(wanted.acknowledged, 'boolean')}")
    if wanted.checklist_id is not None:
        conditions.append(f"t.checklist_id = {parameters.add(wanted.checklist_id, 'uuid')}")
    return parameters, " and ".join(conditions)


async def _rows(
    database: Database,
    viewer: Viewer,
    segment: Statement,
    keys: Sequence[SortKey],
    parameters: Parameters,
    matching: str,
    request: PageRequest,
) -> Sequence[Row]:
    """The rows of a page, and one more if there is one."""
    limit = str(request.size + 1)
    segments = [
        segment.fill(
            predicate=f"{matching} and {one.predicate}", order_by=one.order_by, limit=limit
        ).text
        for one in page_segments(keys, request, TieBreaker(_ROW_ID), parameters)
    ]
    if not segments:
        return []
    text = statement("filings_page").fill(segments=" union all ".join(segments), limit=limit)
    return await database.fetch(viewer, text, *parameters.values)


def _page(rows: list[PageRow[Any]], request: PageRequest) -> Page[Any]:
    has_more = len(rows) > request.size
    kept = rows[: request.size]
    return Page(kept[::-1] if request.backward else kept, request, has_more)


async def checklists_by_ids(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, FilingChecklist]:
    """Checklists by id; unknown ids are left out."""
    rows = await database.fetch(viewer, statement("checklists_by_ids"), viewer.tenant_id, list(ids))
    return {checklist.id: checklist for checklist in map(checklist_of, rows)}


async def checklists_of_entities(
    database: Database,
    viewer: Viewer,
    entity_ids: Sequence[UUID],
    domain: ComplianceDomain | None,
    status: ChecklistStatus | None,
) -> dict[UUID, list[FilingChecklist]]:
    """The newest checklists of each entity."""
    rows = await database.fetch(
        viewer,
        statement("checklists_of_entities"),
        viewer.tenant_id,
        [str(one) for one in entity_ids],
        None if domain is None else domain.lower(),
        None if status is None else status.lower(),
        MOST_OF_ENTITY,
    )
    found: dict[UUID, list[FilingChecklist]] = {one: [] for one in entity_ids}
    for checklist in map(checklist_of, rows):
        found[checklist.entity_id].append(checklist)
    return found


async def artifacts_of_checklists(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, list[ChecklistArtifact]]:
    """What is attached to each checklist, without its content, in the order of the items."""
    rows = await database.fetch(
        viewer, statement("artifacts_of_checklists"), viewer.tenant_id, list(ids)
    )
    return _by_checklist(ids, [artifact_of(row) for row in rows])


async def artifact_contents(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, str | None]:
    """The contents of artifacts."""
    rows = await database.fetch(viewer, statement("artifact_contents"), viewer.tenant_id, list(ids))
    return {row["id"]: row["content"] for row in rows}


async def snapshots_of_checklists(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, list[FilingRuleSnapshot]]:
    """The rules that each checklist was begun under."""
    rows = await database.fetch(
        viewer, statement("snapshots_of_checklists"), viewer.tenant_id, list(ids)
    )
    return _by_checklist(ids, [snapshot_of(row) for row in rows])


def _by_checklist(ids: Sequence[UUID], records: Sequence[RecordT]) -> dict[UUID, list[RecordT]]:
    found: dict[UUID, list[RecordT]] = {one: [] for one in ids}
    for one in records:
        found[one.checklist_id].append(one)
    return found
