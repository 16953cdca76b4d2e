"""What the dashboard's charts are drawn from."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from graph_api.compliance.models import (
    ComplianceDomain,
    ComplianceTrendEntry,
    DeadlineChartEntry,
    FilingStatusEntry,
)
from graph_api.compliance.store.subjects import stored_domain
from graph_api.core.database import Database
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

Domains = Sequence[ComplianceDomain] | None


def _stored(domains: Domains) -> list[str] | None:
    return None if domains is None else [stored_domain(one) for one in domains]


async def deadlines_by_month(
    database: Database, viewer: Viewer, start: datetime, end: datetime, domains: Domains
) -> list[DeadlineChartEntry]:
    """How many deadlines fall in each month, from a moment up to and not including another."""
    rows = await database.fetch(
        viewer,
        statement("compliance_deadlines"),
        viewer.tenant_id,
        start,
        end,
        _stored(domains),
    )
    return [
        DeadlineChartEntry(
            month=row["month"],
            compliance_domain=ComplianceDomain[row["compliance_domain"].upper()],
            open_count=row["open_count"],
            overdue_count=row["overdue_count"],
        )
        for row in rows
    ]


async def trend(
    database: Database, viewer: Viewer, moments: Sequence[datetime], domains: Domains
) -> list[ComplianceTrendEntry]:
    """How many records stood where at each of many moments, from the history."""
    rows = await database.fetch(
        viewer,
        statement("compliance_trend"),
        viewer.tenant_id,
        list(moments),
        _stored(domains),
    )
    return [
        ComplianceTrendEntry(
            at=row["at"],
            compliance_domain=ComplianceDomain[row["compliance_domain"].upper()],
            compliant=row["compliant"],
            action_needed=row["action_needed"],
            overdue=row["overdue"],
            not_applicable=row["not_applicable"],
            in_review=row["in_review"],
        )
        for row in rows
    ]


async def filings_by_status(
    database: Database, viewer: Viewer, filing_types: Sequence[str] | None
) -> list[FilingStatusEntry]:
    """How many filings stand at each status, the most first."""
    rows = await database.fetch(
        viewer,
        statement("filing_statuses"),
        viewer.tenant_id,
        None if filing_types is None else list(filing_types),
    )
    return [FilingStatusEntry(status=row["status"], count=row["total"]) for row in rows]


async def open_checklists_under(database: Database, viewer: Viewer, identifier: str) -> list[UUID]:
    """The checklists, not yet filed, that rest on the version of a rule now in force."""
    rows = await database.fetch(
        viewer, statement("open_checklists_under_rule"), viewer.tenant_id, identifier
    )
    return [UUID(row["checklist_id"]) for row in rows]
