"""Monthly production reports of one lease (Form PR): due by the last working day of a later month.

A month counts as reported where volumes or a filed Form PR are on record. A source that holds only
some months, such as only those with gas flared, leaves others looking unreported.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from graph_api.compliance.assessments.findings import (
    Finding,
    month_name,
    not_applicable,
    several,
)
from graph_api.compliance.assessments.in_force import GoverningRule, in_force
from graph_api.compliance.assessments.working_days import (
    first_working_day,
    last_working_day,
    months_later,
)
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import ReportingRule

ReportingVersions = Sequence[GoverningRule[ReportingRule]]

DUE_SOON = timedelta(days=7)
"""How long before a deadline an unreported month needs action; a convention."""

_MOST_MONTHS_LISTED = 24


@dataclass(frozen=True, slots=True)
class LeaseReporting:
    """What is on record of one lease."""

    status: str | None
    reported_months: Collection[date]
    """Months, as their first days, with volumes or a filed Form PR."""
    effective_on: date | None = None
    """Day from which the current Form P-4 is effective."""
    field_number: str | None = None


def due_on(month: date, rule: ReportingRule) -> date:
    """The last day to report a month: a working day of the month so many months after it."""
    later = months_later(month, rule.months_after)
    return first_working_day(later) if rule.due_working_day == "first" else last_working_day(later)


def assess(lease: LeaseReporting, versions: ReportingVersions, as_of: date) -> Finding:
    """Which months were not reported by their deadline, and when the next one falls due."""
    if lease.status == "INACTIVE":
        return not_applicable("The lease no longer reports.")
    first = _first_month(lease)
    if first is None:
        return not_applicable(
            "Neither a report nor the day the lease began is on record.",
            ["volumes", "effective date"],
        )
    due = list(_due_months(first, lease.field_number, versions, as_of))
    if not due:
        return not_applicable("No reporting rule is in force on the day.", ["reporting rule"])
    missing = [
        (month, deadline)
        for month, deadline, _ in due
        if deadline < as_of and month not in lease.reported_months
    ]
    version_id = due[-1][2].version_id
    details = _details(lease, first, missing)
    if missing:
        words = _words_missing(missing)
        return Finding(
            ComplianceStatusCode.OVERDUE, words, missing[0][1], details, rule_version_id=version_id
        )
    upcoming = next(
        (
            (month, deadline)
            for month, deadline, _ in due
            if deadline >= as_of and month not in lease.reported_months
        ),
        None,
    )
    return _on_time(first, upcoming, as_of, details, due[-1][2])


def _first_month(lease: LeaseReporting) -> date | None:
    """The month from which reports are expected: that of the first report or of the lease."""
    first = min(lease.reported_months, default=lease.effective_on)
    return None if first is None else first.replace(day=1)


def _due_months(
    first: date, field_number: str | None, versions: ReportingVersions, as_of: date
) -> Iterator[tuple[date, date, GoverningRule[ReportingRule]]]:
    """Months that have ended by the day or have its next deadline, each with rule and deadline."""
    if not versions:
        return
    # before the first of the rules nothing is due, however long ago the lease is said to begin
    month = max(first, min(one.effective_on for one in versions).replace(day=1))
    while month <= as_of:
        rule = in_force(versions, month, field_number)
        if rule is not None:
            yield month, due_on(month, rule.parameters), rule
        month = months_later(month, 1)


def _on_time(
    first: date,
    upcoming: tuple[date, date] | None,
    as_of: date,
    details: dict[str, Any],
    rule: GoverningRule[ReportingRule],
) -> Finding:
    kept = f"Every month from {month_name(first)} whose deadline has passed is on record."
    if upcoming is None:
        return Finding(ComplianceStatusCode.COMPLIANT, kept, None, details, rule.version_id)
    month, deadline = upcoming
    words = f"{kept} {month_name(month)} is due on {deadline:%Y-%m-%d}."
    soon = deadline - as_of <= DUE_SOON
    status = ComplianceStatusCode.ACTION_NEEDED if soon else ComplianceStatusCode.COMPLIANT
    return Finding(status, words, deadline, details, rule.version_id)


def _words_missing(missing: Sequence[tuple[date, date]]) -> str:
    months = several([month_name(month) for month, _ in missing])
    month, deadline = missing[0]
    return (
        f"No report is on record for {len(missing)} "
        f"{'month' if len(missing) == 1 else 'months'} past the deadline: {months}. "
        f"{month_name(month)} was due on {deadline:%Y-%m-%d}."
    )


def _details(
    lease: LeaseReporting, first: date, missing: Sequence[tuple[date, date]]
) -> dict[str, Any]:
    return {
        "first_month": month_name(first),
        "last_reported_month": (
            month_name(max(lease.reported_months)) if lease.reported_months else None
        ),
        "months_reported": len(lease.reported_months),
        "months_missing": len(missing),
        "missing_months": [
            {"month": month_name(month), "due_on": deadline.isoformat()}
            for month, deadline in missing[-_MOST_MONTHS_LISTED:]
        ],
    }
