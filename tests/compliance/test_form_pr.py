"""Form PR against an oracle that looks at every day of the calendar."""

from datetime import date, timedelta
from uuid import UUID

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.compliance.assessments.form_pr import LeaseReporting, assess
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.assessments.working_days import last_working_day
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import ReportingRule

CODE = ComplianceStatusCode
TEXAS = holidays.country_holidays("US", subdiv="TX", years=range(2023, 2027))
FEBRUARY = date(2005, 2, 1)


def rule(
    effective: date = FEBRUARY, superseded: date | None = None, **data: object
) -> GoverningRule[ReportingRule]:
    parameters = ReportingRule.model_validate({"form_number": "PR", **data})
    return GoverningRule("FORM_PR", 1, UUID(int=3), effective, superseded, parameters)


def working_days(year: int, month: int) -> list[date]:
    day, found = date(year, month, 1), []
    while day.month == month:
        if day.weekday() not in (5, 6) and day not in TEXAS:
            found.append(day)
        day += timedelta(days=1)
    return found


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize("month", [date(2023 + m // 12, m % 12 + 1, 17) for m in range(48)])
def test_the_last_working_day_is_found(month: date) -> None:
    assert last_working_day(month) == working_days(month.year, month.month)[-1]


@pytest.mark.parametrize(
    ("month", "due"),
    [
        (date(2024, 11, 1), date(2024, 12, 31)),
        (date(2025, 4, 1), date(2025, 5, 30)),  # the 31st is a Saturday
        (date(2024, 10, 1), date(2024, 11, 27)),  # Thanksgiving and the day after, then Saturday
    ],
)
def test_deadlines_known_by_hand(month: date, due: date) -> None:
    lease = LeaseReporting(None, {month}, None)
    before = assess(LeaseReporting(None, {date(2024, 1, 1)}, None), [rule()], due)
    missing = {one["month"]: one["due_on"] for one in before.details["missing_months"]}
    assert f"{month:%Y-%m}" not in missing
    after = assess(
        LeaseReporting(None, {date(2024, 1, 1)}, None), [rule()], due + timedelta(days=1)
    )
    missing = {one["month"]: one["due_on"] for one in after.details["missing_months"]}
    assert missing[f"{month:%Y-%m}"] == due.isoformat()
    assert assess(lease, [rule()], due).status is CODE.COMPLIANT


months = st.integers(0, 30).map(lambda n: date(2023 + n // 12, n % 12 + 1, 1))


@given(
    reported=st.sets(months, max_size=30),
    effective=st.one_of(st.none(), st.dates(date(2023, 1, 1), date(2025, 7, 1))),
    as_of=st.dates(date(2023, 1, 1), date(2025, 12, 31)),
)
def test_months_missing_are_those_the_oracle_misses(
    reported: set[date], effective: date | None, as_of: date
) -> None:
    reported = {one for one in reported if one <= as_of}
    finding = assess(LeaseReporting("ACTIVE", reported, effective), [rule()], as_of)
    start = min(reported) if reported else effective
    if start is None or start.replace(day=1) > as_of:
        assert finding.status is CODE.NOT_APPLICABLE
        return
    month = start.replace(day=1)
    missing: list[tuple[date, date]] = []
    upcoming: list[tuple[date, date]] = []
    while month <= as_of:
        later = next_month(month)
        due = working_days(later.year, later.month)[-1]
        if month not in reported:
            (missing if as_of > due else upcoming).append((month, due))
        month = later
    assert finding.details["months_missing"] == len(missing)
    if missing:
        assert (finding.status, finding.deadline) == (CODE.OVERDUE, missing[0][1])
        assert f"{missing[0][0]:%Y-%m}" in finding.explanation
    elif upcoming:
        soon = upcoming[0][1] - as_of <= timedelta(days=7)
        assert finding.status is (CODE.ACTION_NEEDED if soon else CODE.COMPLIANT)
        assert finding.deadline == upcoming[0][1]
    else:
        assert (finding.status, finding.deadline) == (CODE.COMPLIANT, None)


def test_each_month_is_due_by_the_rule_in_force_in_it() -> None:
    """Two months to report up to the end of 2024, one from January 2025 on."""
    turn = date(2025, 1, 1)
    versions = [rule(superseded=turn, months_after=2), rule(effective=turn)]
    reported = {date(2024, 10, 1)}
    finding = assess(LeaseReporting(None, reported, None), versions, date(2025, 3, 15))
    due = {one["month"]: one["due_on"] for one in finding.details["missing_months"]}
    assert due == {"2024-11": "2025-01-31", "2024-12": "2025-02-28", "2025-01": "2025-02-28"}


def test_the_first_working_day_where_a_rule_says_so() -> None:
    finding = assess(
        LeaseReporting(None, {date(2024, 11, 1)}, None),
        [rule(due_working_day="first")],
        date(2025, 1, 3),
    )
    due = {one["month"]: one["due_on"] for one in finding.details["missing_months"]}
    assert due == {"2024-12": "2025-01-02"}


def test_a_lease_that_no_longer_reports_is_left_alone() -> None:
    finding = assess(LeaseReporting("INACTIVE", {date(2024, 1, 1)}), [rule()], date(2025, 1, 1))
    assert finding.status is CODE.NOT_APPLICABLE
    nothing = assess(LeaseReporting(None, set()), [rule()], date(2025, 1, 1))
    assert nothing.details["missing"] == ["volumes", "effective date"]
