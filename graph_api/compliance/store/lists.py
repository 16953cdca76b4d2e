"""Pages of compliance records and of the matrix, by keyset, and the counts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from graph_api.compliance.models import (
    ComplianceDomain,
    ComplianceMatrixRow,
    ComplianceStatus,
    ComplianceStatusCode,
    ComplianceSummary,
    DecidedBy,
)
from graph_api.compliance.store.statuses import status_of, statuses_of_entities
from graph_api.compliance.store.subjects import stored_domain
from graph_api.core.database import Database, Row
from graph_api.core.graph.expressions import Parameters
from graph_api.core.graph.keyset import SortKey, TieBreaker, page_segments
from graph_api.core.graph.rows import moment_text
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

SEVERITY = (
    ComplianceStatusCode.NOT_APPLICABLE,
    ComplianceStatusCode.COMPLIANT,
    ComplianceStatusCode.IN_REVIEW,
    ComplianceStatusCode.ACTION_NEEDED,
    ComplianceStatusCode.OVERDUE,
)
"""From the least to the most pressing; the place is what the matrix is ordered by."""


@dataclass(frozen=True, slots=True)
class ComplianceFilter:
    """Which records: every condition that is given holds."""

    domains: Sequence[ComplianceDomain] | None = None
    statuses: Sequence[ComplianceStatusCode] | None = None
    entity_types: Sequence[str] | None = None
    entity_ids: Sequence[str] | None = None
    districts: Sequence[str] | None = None
    fields: Sequence[str] | None = None
    deadline_from: datetime | None = None
    deadline_before: datetime | None = None
    name_contains: str | None = None
    decided_by: Sequence[DecidedBy] | None = None

    def values(self, viewer: Viewer) -> list[object]:
        """The tenant and the conditions as the statements take them, null where none is given."""
        return [
            viewer.tenant_id,
            _listed([stored_domain(one) for one in self.domains or ()], self.domains),
            _listed([one.value.lower() for one in self.statuses or ()], self.statuses),
            _listed(list(self.entity_types or ()), self.entity_types),
            _listed(list(self.entity_ids or ()), self.entity_ids),
            _listed(list(self.districts or ()), self.districts),
            _listed(list(self.fields or ()), self.fields),
            self.deadline_from,
            self.deadline_before,
            self.name_contains,
            _listed([one.value.lower() for one in self.decided_by or ()], self.decided_by),
        ]


def _listed(values: list[str], given: Sequence[Any] | None) -> list[str] | None:
    return None if given is None else values


def _text(column: str) -> str:
    return f"""(t.{column} collate "C")"""


def _moment(column: str) -> str:
    """A moment as text of fixed width in UTC, so that text order is time order."""
    form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    return f"""(to_char(t.{column} at time zone 'utc', '{form}') collate "C")"""


_STATUS_KEYS = {
    "entity_name": (_text("entity_name"), "text", True),
    "entity_type": (_text("entity_type"), "text", False),
    "entity_district": (_text("entity_district"), "text", True),
    "compliance_domain": (_text("compliance_domain"), "text", False),
    "status": (_text("status"), "text", False),
    "deadline": (_moment("deadline"), "text", True),
    "last_assessed_at": (_moment("last_assessed_at"), "text", False),
}
_MATRIX_KEYS = {
    "entity_name": (_text("entity_name"), "text", False),
    "entity_type": (_text("entity_type"), "text", False),
    "entity_field": (_text("entity_field"), "text", True),
    "entity_district": (_text("entity_district"), "text", True),
    "next_deadline": (_moment("next_deadline"), "text", True),
    "worst_status": ("(t.severity::float8)", "float8", False),
}


def _keys(table: dict[str, tuple[str, str, bool]], request: PageRequest) -> list[SortKey]:
    keys = []
    for order in request.orders:
        expression, cast, nullable = table[order.field]
        keys.append(SortKey(expression, cast, order.descending, nullable))
    return keys


async def status_page(
    database: Database, viewer: Viewer, where: ComplianceFilter, request: PageRequest
) -> Page[ComplianceStatus]:
    """A page of records."""
    parameters = Parameters(*where.values(viewer))
    limit = str(request.size + 1)
    tie = TieBreaker("(t.id::text)")
    segments = [
        statement("compliance_segment")
        .fill(predicate=one.predicate, order_by=one.order_by, limit=limit)
        .text
        for one in page_segments(_keys(_STATUS_KEYS, request), request, tie, parameters)
    ]
    if not segments or request.size == 0:
        return Page((), request, has_more=bool(segments))
    text = statement("compliance_page").fill(segments=" union all ".join(segments), limit=limit)
    rows = await database.fetch(viewer, text, *parameters.values)
    found = [status_of(row) for row in rows]
    return _page([PageRow(one, _place(one, request, str(one.id))) for one in found], request)


async def matrix_page(
    database: Database, viewer: Viewer, where: ComplianceFilter, request: PageRequest
) -> Page[ComplianceMatrixRow]:
    """A page of entities that have a record like this, each with its records in all domains."""
    parameters = Parameters(*where.values(viewer))
    limit = str(request.size + 1)
    tie = TieBreaker("(t.entity_id)")
    segments = [
        statement("compliance_matrix_segment")
        .fill(predicate=one.predicate, order_by=one.order_by, limit=limit)
        .text
        for one in page_segments(_keys(_MATRIX_KEYS, request), request, tie, parameters)
    ]
    if not segments or request.size == 0:
        return Page((), request, has_more=bool(segments))
    text = statement("compliance_matrix_page").fill(
        segments=" union all ".join(segments), limit=limit
    )
    rows = await database.fetch(viewer, text, *parameters.values)
    statuses = await statuses_of_entities(
        database, viewer, [row["entity_id"] for row in rows], where.domains
    )
    found = [_matrix_row(row, statuses[row["entity_id"]]) for row in rows]
    placed = [PageRow(one, _place(one, request, str(one.entity_id))) for one in found]
    return _page(placed, request)


def _matrix_row(row: Row, statuses: list[ComplianceStatus]) -> ComplianceMatrixRow:
    return ComplianceMatrixRow(
        entity_id=UUID(row["entity_id"]),
        entity_type=row["entity_type"],
        entity_name=row["entity_name"] or None,
        entity_field=row["entity_field"],
        entity_district=row["entity_district"],
        worst_status=SEVERITY[row["severity"]],
        next_deadline=row["next_deadline"],
        statuses=statuses,
    )


def _place(record: Any, request: PageRequest, row_id: str) -> Position:
    return Position(tuple(_key_value(record, order.field) for order in request.orders), row_id)


def _key_value(record: Any, name: str) -> str | float | None:
    value = getattr(record, name)
    if name == "worst_status":
        return float(SEVERITY.index(value))
    if name in ("status", "compliance_domain"):
        return str(value.value.lower())
    if isinstance(value, datetime):
        return moment_text(value)
    if value is None and isinstance(record, ComplianceMatrixRow) and name == "entity_name":
        return ""
    return None if value is None else str(value)


def _page(rows: list[PageRow[Any]], request: PageRequest) -> Page[Any]:
    kept = rows[: request.size]
    return Page(
        kept[::-1] if request.backward else kept, request, has_more=len(rows) > request.size
    )


async def count_entities(database: Database, viewer: Viewer, where: ComplianceFilter) -> int:
    """How many entities have a record like this: the rows of the matrix."""
    rows = await database.fetch(
        viewer, statement("count_compliance_entities"), *where.values(viewer)
    )
    return int(rows[0]["total"])


async def summary(
    database: Database,
    viewer: Viewer,
    where: ComplianceFilter,
    due_from: datetime,
    due_before: datetime,
) -> ComplianceSummary:
    """Counts of records by status, of deadlines between two moments, and of anomalies."""
    rows = await database.fetch(
        viewer, statement("count_compliance"), *where.values(viewer), due_from, due_before
    )
    names = ComplianceSummary.model_fields
    row = rows[0]
    return ComplianceSummary(**{name: row[name] for name in names})
