"""Flaring against an oracle that goes day by day and knows nothing of intervals."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.compliance.assessments.flaring_monitor import (
    LeaseFlaring,
    LinkedAuthorization,
    ReportedMonth,
    allowance,
    assess,
    judged_months,
)
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceStatusCode, FlaringMonthOutcome
from graph_api.rules.models import FlaringRule

START = date(2024, 1, 1)
OUTCOME = FlaringMonthOutcome
days = st.integers(0, 150).map(lambda count: START + timedelta(days=count))


def version(
    effective: date = date(1990, 1, 1), superseded: date | None = None, **data: float | str
) -> GoverningRule[FlaringRule]:
    parameters = FlaringRule.model_validate(data)
    return GoverningRule("SWR_32", 1, UUID(int=7), effective, superseded, parameters)


@st.composite
def authorization(draw: st.DrawFn, number: int) -> LinkedAuthorization:
    first = draw(days)
    length = draw(st.one_of(st.none(), st.integers(0, 70)))
    return LinkedAuthorization(
        UUID(int=number),
        f"{number:05}",
        draw(st.sampled_from([0, 5, 10, 10, 12.5, 100])),
        first,
        None if length is None else first + timedelta(days=length),
        frozenset(draw(st.sets(st.sampled_from("ABC"), max_size=2))),
        draw(st.booleans()),
    )


@st.composite
def authorizations(draw: st.DrawFn) -> list[LinkedAuthorization]:
    return [draw(authorization(number)) for number in range(draw(st.integers(0, 6)))]


months = st.integers(1, 6).map(lambda month: date(2024, month, 1))


def days_of(month: date) -> list[date]:
    found, day = [], month
    while day.month == month.month:
        found.append(day)
        day += timedelta(days=1)
    return found


def runs_on(one: LinkedAuthorization, day: date) -> bool:
    return one.effective_on <= day and (one.expires_on is None or day <= one.expires_on)


def rate_on(day: date, all_of_them: Sequence[LinkedAuthorization]) -> float:
    """Take the greatest, strike out what shares a flare point with it, and so on."""
    left, total = [one for one in all_of_them if runs_on(one, day)], 0.0
    while left:
        greatest = left[0]
        for one in left:
            if one.rate_mcf_per_day > greatest.rate_mcf_per_day:
                greatest = one
        total += greatest.rate_mcf_per_day
        left = [
            one
            for one in left
            if one is not greatest and not (one.flare_points & greatest.flare_points)
        ]
    return total


@given(month=months, linked=authorizations())
def test_what_is_authorised_is_the_sum_over_the_days(
    month: date, linked: list[LinkedAuthorization]
) -> None:
    found = allowance(month, linked)
    assert found.authorized_mcf == pytest.approx(
        sum(rate_on(day, linked) for day in days_of(month))
    )
    active = [[one for one in linked if runs_on(one, day)] for day in days_of(month)]
    assert found.days_in_force == sum(1 for each in active if each)
    assert {one.number for one in found.authorizations} == {
        one.number for each in active for one in each
    }


@given(month=months, linked=authorizations())
def test_of_filings_on_one_flare_point_the_greatest_rate_counts(
    month: date, linked: list[LinkedAuthorization]
) -> None:
    """Where each names one flare point, a day's rate is the sum of each point's greatest."""
    single = [one for one in linked if len(one.flare_points) == 1]
    expected = 0.0
    for day in days_of(month):
        for point in "ABC":
            rates = [
                one.rate_mcf_per_day
                for one in single
                if point in one.flare_points and runs_on(one, day)
            ]
            expected += max(rates, default=0)
    assert allowance(month, single).authorized_mcf == pytest.approx(expected)


volumes = st.sampled_from([0, 1, 49 * 30, 1400, 1500, 1501, 1550, 5000])
reported = st.lists(
    st.tuples(months, volumes, st.sampled_from([0, 0, 400])), unique_by=lambda one: one[0]
).map(lambda rows: [ReportedMonth(*row) for row in sorted(rows)])


@given(
    months_reported=reported,
    linked=authorizations(),
    completions=st.lists(days, max_size=2),
    begin=st.one_of(st.none(), days, months),
    is_gas_well=st.booleans(),
)
def test_every_month_comes_to_what_the_oracle_says(
    months_reported: list[ReportedMonth],
    linked: list[LinkedAuthorization],
    completions: list[date],
    begin: date | None,
    is_gas_well: bool,
) -> None:
    lease = LeaseFlaring(months_reported, linked, completions, None, is_gas_well, begin)
    found = judged_months(lease, [version()])
    assert [one.month for one in found] == [one.month for one in months_reported]
    for given_month, judged in zip(months_reported, found, strict=True):
        assert judged.outcome is expected_outcome(given_month, lease)
    finding = assess(lease, [version()])
    outcomes = {one.outcome for one in found}
    assert finding.status is expected_status(outcomes)
    listed = {one["month"] for one in finding.details.get("months", ())}
    questioned = {OUTCOME.ABOVE, OUTCOME.TEST_PERIOD, OUTCOME.NOT_LINKED}
    assert listed == {f"{one.month:%Y-%m}" for one in found if one.outcome in questioned}


def expected_outcome(reported_month: ReportedMonth, lease: LeaseFlaring) -> FlaringMonthOutcome:
    month = days_of(reported_month.month)
    released = reported_month.flared_mcf + reported_month.vented_mcf
    authorised = sum(rate_on(day, lease.authorizations) for day in month)
    some = any(runs_on(one, day) for one in lease.authorizations for day in month)
    if released == 0:
        return OUTCOME.NONE_RELEASED
    if released - authorised < 0.5:
        return OUTCOME.WITHIN
    if lease.records_begin_on is None or (not some and month[0] < lease.records_begin_on):
        return OUTCOME.NOT_COVERED
    if some:
        test_days = {day + timedelta(days=step) for day in lease.completions for step in range(11)}
        return OUTCOME.TEST_PERIOD if test_days & set(month) else OUTCOME.ABOVE
    small = released <= (15 if lease.is_gas_well else 50) * len(month)
    return OUTCOME.SMALL_VOLUME if small else OUTCOME.NOT_LINKED


def expected_status(outcomes: set[FlaringMonthOutcome]) -> ComplianceStatusCode:
    if OUTCOME.ABOVE in outcomes:
        return ComplianceStatusCode.ACTION_NEEDED
    if outcomes & {OUTCOME.TEST_PERIOD, OUTCOME.NOT_LINKED}:
        return ComplianceStatusCode.IN_REVIEW
    if outcomes <= {OUTCOME.NOT_COVERED}:
        return ComplianceStatusCode.NOT_APPLICABLE
    return ComplianceStatusCode.COMPLIANT


def test_each_month_is_under_the_rule_in_force_in_it() -> None:
    """50 mcf a day up to the end of February, 10 from March on."""
    march = date(2024, 3, 1)
    versions = [
        version(superseded=march),
        version(effective=march, small_volume_mcf_per_day=10),
    ]
    months_reported = [ReportedMonth(date(2024, month, 1), 1000, 0) for month in (2, 3)]
    lease = LeaseFlaring(months_reported, (), records_begin_on=START)
    outcomes = [one.outcome for one in judged_months(lease, versions)]
    assert outcomes == [OUTCOME.SMALL_VOLUME, OUTCOME.NOT_LINKED]
    assert assess(lease, versions[:1]).status is ComplianceStatusCode.COMPLIANT


def test_the_rule_of_the_field_stands_before_the_statewide_one() -> None:
    versions = [
        version(),
        version(effective=date(1980, 1, 1), small_volume_mcf_per_day=0, field_number="85280300"),
    ]
    month = [ReportedMonth(date(2024, 2, 1), 1000, 0)]
    for field_number, outcome in (
        (None, OUTCOME.SMALL_VOLUME),
        ("85280300", OUTCOME.NOT_LINKED),
        ("55592600", OUTCOME.SMALL_VOLUME),
    ):
        lease = LeaseFlaring(month, (), (), field_number, False, START)
        assert judged_months(lease, versions)[0].outcome is outcome


def test_the_words_give_the_numbers_and_say_what_is_inferred() -> None:
    one = LinkedAuthorization(
        UUID(int=1), "24210", 10, date(2024, 5, 1), date(2024, 5, 10), frozenset("A"), True
    )
    lease = LeaseFlaring([ReportedMonth(date(2024, 5, 1), 900, 100)], [one], records_begin_on=START)
    finding = assess(lease, [version()])
    assert finding.explanation == (
        "More gas was released than linked exceptions allow in 1 month. The greatest excess is of "
        "2024-05: 1,000 mcf reported (flared 900, vented 100), 100 mcf authorised by 24210 on 10 "
        "of 31 days, 900 mcf beyond. The link from the exceptions to the lease is inferred from "
        "position and operator."
    )
    assert finding.details["excess_mcf"] == 900
    assert finding.details["months"][0]["inferred"] is True
    assert finding.rule_version_id == UUID(int=7)


def test_without_volumes_nothing_is_judged_and_it_says_so() -> None:
    finding = assess(LeaseFlaring((), ()), [version()])
    assert finding.status is ComplianceStatusCode.NOT_APPLICABLE
    assert finding.details == {"missing": ["volumes"]}
