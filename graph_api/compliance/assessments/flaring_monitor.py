"""Gas that a lease released each month, against what its flaring exceptions allow.

Form PR reports by lease and month, Form R-32 allows by flare point and day. A month is therefore
held against the sum, over its days, of the rates of the exceptions in force on each day. Of
exceptions in force on one day that name the same flare point only the one of the greatest rate
counts, as the gas passes that point once. An exception that names several flare points or is linked
to several leases counts for each of these leases in full: what is authorised is an upper bound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from graph_api.compliance.assessments.findings import (
    Finding,
    month_name,
    not_applicable,
    quantity,
    several,
)
from graph_api.compliance.assessments.in_force import GoverningRule, in_force
from graph_api.compliance.assessments.working_days import days_in_month, months_later
from graph_api.compliance.models import (
    ComplianceStatusCode,
    FlaringChartEntry,
    FlaringMonthOutcome,
)
from graph_api.rules.models import FlaringRule

FlaringVersions = Sequence[GoverningRule[FlaringRule]]

_ONE_DAY = timedelta(days=1)
_TOLERANCE_MCF = 0.5  # volumes are reported in whole mcf


@dataclass(frozen=True, slots=True)
class LinkedAuthorization:
    """A granted exception that is linked to a lease."""

    authorization_id: UUID
    number: str
    rate_mcf_per_day: float
    effective_on: date
    expires_on: date | None
    """The last day; None where it has no end."""
    flare_points: frozenset[str]
    inferred: bool
    """Whether the link to the lease was concluded from position and operator."""


@dataclass(frozen=True, slots=True)
class ReportedMonth:
    """What one lease reported flared and vented for one month, in mcf."""

    month: date
    flared_mcf: int
    vented_mcf: int

    @property
    def released_mcf(self) -> int:
        """Gas flared and vented, in mcf."""
        return self.flared_mcf + self.vented_mcf


@dataclass(frozen=True, slots=True)
class LeaseFlaring:
    """What is on record of one lease."""

    months: Sequence[ReportedMonth]
    authorizations: Sequence[LinkedAuthorization]
    completions: Sequence[date] = ()
    """Completion days of the lease's wells."""
    field_number: str | None = None
    is_gas_well: bool = False
    records_begin_on: date | None = None
    """First day of the earliest exception on record of any lease: before it nothing is known."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What exceptions allow in one month."""

    authorized_mcf: float
    days_in_force: int
    authorizations: tuple[LinkedAuthorization, ...]


def daily_rate(in_force_today: Iterable[LinkedAuthorization]) -> float:
    """What may be released on one day, in mcf: each flare point counts once, at its greatest rate."""
    total, taken = 0.0, set[str]()
    for one in sorted(in_force_today, key=lambda one: (-one.rate_mcf_per_day, one.number)):
        if taken.isdisjoint(one.flare_points):
            total += one.rate_mcf_per_day
            taken |= one.flare_points
    return total


def allowance(month: date, authorizations: Iterable[LinkedAuthorization]) -> Allowance:
    """The sum of rate times days in force over a month, in mcf."""
    first, after = month, months_later(month, 1)
    spans = [
        (max(first, one.effective_on), _day_after(one, after), one)
        for one in authorizations
        if one.effective_on < after and _day_after(one, after) > first
    ]
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    total, days = 0.0, 0
    for start, end in pairwise(edges):
        active = [one for opens, closes, one in spans if opens <= start and end <= closes]
        if active:
            total += daily_rate(active) * (end - start).days
            days += (end - start).days
    listed = sorted((one for _, _, one in spans), key=lambda one: one.number)
    return Allowance(total, days, tuple(listed))


def _day_after(one: LinkedAuthorization, horizon: date) -> date:
    """The first day on which an exception is over, or the horizon where that comes first."""
    if one.expires_on is None or one.expires_on >= horizon:
        return horizon
    return one.expires_on + _ONE_DAY


def judged_months(lease: LeaseFlaring, versions: FlaringVersions) -> list[FlaringChartEntry]:
    """Every reported month, each under the version of the rule in force on its first day."""
    return [
        _judged(lease, one, in_force(versions, one.month, lease.field_number))
        for one in lease.months
    ]


def _judged(
    lease: LeaseFlaring, reported: ReportedMonth, rule: GoverningRule[FlaringRule] | None
) -> FlaringChartEntry:
    allowed = allowance(reported.month, lease.authorizations)
    excess = max(0.0, reported.released_mcf - allowed.authorized_mcf)
    return FlaringChartEntry(
        month=reported.month,
        flared_mcf=reported.flared_mcf,
        vented_mcf=reported.vented_mcf,
        authorized_mcf=round(allowed.authorized_mcf, 1),
        excess_mcf=round(excess, 1),
        days_in_force=allowed.days_in_force,
        authorizations=[one.number for one in allowed.authorizations],
        inferred=any(one.inferred for one in allowed.authorizations),
        outcome=_outcome(lease, reported, allowed, excess, rule),
    )


def _outcome(
    lease: LeaseFlaring,
    reported: ReportedMonth,
    allowed: Allowance,
    excess: float,
    rule: GoverningRule[FlaringRule] | None,
) -> FlaringMonthOutcome:
    month = reported.month
    if reported.released_mcf == 0:
        return FlaringMonthOutcome.NONE_RELEASED
    if excess < _TOLERANCE_MCF:
        return FlaringMonthOutcome.WITHIN
    if rule is None or lease.records_begin_on is None:
        return FlaringMonthOutcome.NOT_COVERED
    if allowed.days_in_force:
        tested = _has_test_days(month, lease.completions, rule.parameters)
        return FlaringMonthOutcome.TEST_PERIOD if tested else FlaringMonthOutcome.ABOVE
    if month < lease.records_begin_on:
        return FlaringMonthOutcome.NOT_COVERED
    if reported.released_mcf <= _small_mcf_per_day(lease, rule) * days_in_month(month):
        return FlaringMonthOutcome.SMALL_VOLUME
    return FlaringMonthOutcome.NOT_LINKED


def _small_mcf_per_day(lease: LeaseFlaring, rule: GoverningRule[FlaringRule]) -> float:
    if lease.is_gas_well:
        return rule.parameters.small_volume_gas_well_mcf_per_day
    return rule.parameters.small_volume_mcf_per_day


def _has_test_days(month: date, completions: Iterable[date], rule: FlaringRule) -> bool:
    """Whether a day of the month lies from a completion on to the last day of testing after it."""
    testing = timedelta(days=rule.test_days_after_completion)
    after = months_later(month, 1)
    return any(day < after and month - day <= testing for day in completions)


def assess(lease: LeaseFlaring, versions: FlaringVersions) -> Finding:
    """Where a lease stands: its months above what was authorised, and those that need a look."""
    if not lease.months:
        return not_applicable("No monthly volumes are on record for the lease.", ["volumes"])
    months = judged_months(lease, versions)
    latest = in_force(versions, lease.months[-1].month, lease.field_number)
    version_id = None if latest is None else latest.version_id
    details = _details(months)
    above = _of(months, FlaringMonthOutcome.ABOVE)
    open_questions = _of(months, FlaringMonthOutcome.TEST_PERIOD, FlaringMonthOutcome.NOT_LINKED)
    if above:
        status, words = ComplianceStatusCode.ACTION_NEEDED, _words_above(above)
    elif open_questions:
        status, words = ComplianceStatusCode.IN_REVIEW, _words_open(open_questions)
    elif {one.outcome for one in months} <= {FlaringMonthOutcome.NOT_COVERED}:
        return not_applicable(
            "The exceptions on record do not reach back to the months reported.",
            ["flaring authorizations"],
            version_id,
            **details,
        )
    else:
        status, words = ComplianceStatusCode.COMPLIANT, _words_within(months)
    return Finding(status, words, details=details, rule_version_id=version_id)


def _of(
    months: Iterable[FlaringChartEntry], *outcomes: FlaringMonthOutcome
) -> list[FlaringChartEntry]:
    return [one for one in months if one.outcome in outcomes]


def _worst(months: Iterable[FlaringChartEntry]) -> FlaringChartEntry:
    return max(months, key=lambda one: (one.excess_mcf, one.month))


def _words_above(above: Sequence[FlaringChartEntry]) -> str:
    worst = _worst(above)
    released = worst.flared_mcf + worst.vented_mcf
    by = several(worst.authorizations)
    inferred = (
        " The link from the exceptions to the lease is inferred from position and operator."
        if any(one.inferred for one in above)
        else ""
    )
    return (
        f"More gas was released than linked exceptions allow in {len(above)} "
        f"{'month' if len(above) == 1 else 'months'}. The greatest excess is of "
        f"{month_name(worst.month)}: {quantity(released)} mcf reported (flared "
        f"{quantity(worst.flared_mcf)}, vented {quantity(worst.vented_mcf)}), "
        f"{quantity(worst.authorized_mcf)} mcf authorised by {by} on {worst.days_in_force} of "
        f"{days_in_month(worst.month)} days, {quantity(worst.excess_mcf)} mcf beyond.{inferred}"
    )


def _words_open(months: Sequence[FlaringChartEntry]) -> str:
    worst = _worst(months)
    unlinked = len(_of(months, FlaringMonthOutcome.NOT_LINKED))
    tested = len(months) - unlinked
    parts = []
    if unlinked:
        parts.append(f"gas was released in {unlinked} months with no linked exception in force")
    if tested:
        parts.append(f"more than authorised was released in {tested} months with days of testing")
    return (
        f"A person has to look: {' and '.join(parts)}. The greatest volume beyond exceptions is "
        f"{quantity(worst.excess_mcf)} mcf in {month_name(worst.month)}. The release may be "
        "exempt under 16 TAC §3.32, or an exception may not be linked to the lease."
    )


def _words_within(months: Sequence[FlaringChartEntry]) -> str:
    small = len(_of(months, FlaringMonthOutcome.SMALL_VOLUME))
    within = len(_of(months, FlaringMonthOutcome.WITHIN))
    none = len(_of(months, FlaringMonthOutcome.NONE_RELEASED))
    uncovered = len(_of(months, FlaringMonthOutcome.NOT_COVERED))
    unjudged = (
        f"; {uncovered} months before the exceptions on record begin are not judged"
        if uncovered
        else ""
    )
    return (
        f"Of {len(months)} months reported, {none} released no gas, {within} no more than linked "
        f"exceptions allow, and {small} no more than the small volume that needs only an "
        f"administrative exception without end date{unjudged}."
    )


def _details(months: Sequence[FlaringChartEntry]) -> dict[str, Any]:
    """The counts by outcome, and the months that raise a question, with their numbers."""
    raised = _of(
        months,
        FlaringMonthOutcome.ABOVE,
        FlaringMonthOutcome.TEST_PERIOD,
        FlaringMonthOutcome.NOT_LINKED,
    )
    outcomes = [one.outcome for one in months]
    return {
        "months_reported": len(months),
        "first_month": month_name(months[0].month),
        "last_month": month_name(months[-1].month),
        "months_by_outcome": {
            outcome.value: outcomes.count(outcome)
            for outcome in FlaringMonthOutcome
            if outcome in outcomes
        },
        "excess_mcf": round(
            sum(one.excess_mcf for one in _of(months, FlaringMonthOutcome.ABOVE)), 1
        ),
        "inferred_links": any(one.inferred for one in months),
        "months": [
            {
                "month": month_name(one.month),
                "outcome": one.outcome.value,
                "flared_mcf": one.flared_mcf,
                "vented_mcf": one.vented_mcf,
                "authorized_mcf": one.authorized_mcf,
                "excess_mcf": one.excess_mcf,
                "days_in_force": one.days_in_force,
                "authorizations": one.authorizations,
                "inferred": one.inferred,
            }
            for one in raised
        ],
    }
