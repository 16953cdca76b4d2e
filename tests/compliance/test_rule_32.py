"""Exceptions to flare against an oracle that counts days one by one."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.assessments.rule_32 import FlaringException, assess
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import FlaringRule

CODE = ComplianceStatusCode
START = date(2025, 1, 1)
RULE = GoverningRule("SWR_32", 1, UUID(int=9), date(1990, 1, 1), None, FlaringRule())
HALF = GoverningRule(
    "SWR_32",
    2,
    UUID(int=10),
    date(1990, 1, 1),
    None,
    FlaringRule(administrative_max_days=60, step_days=30),
)


def exception(
    number: str, first: int, length: int | None, points: str = "A", **changed: Any
) -> FlaringException:
    begin = START + timedelta(days=first)
    last = None if length is None else begin + timedelta(days=length - 1)
    values = {
        "number": number,
        "status": "APPROVED",
        "rate_mcf_per_day": 500.0,
        "effective_on": begin,
        "expires_on": last,
        "flare_points": frozenset(points),
        **changed,
    }
    return FlaringException(**values)


some = st.builds(
    exception,
    st.sampled_from(["1", "2", "3"]),
    st.integers(0, 200),
    st.one_of(st.none(), st.integers(1, 150)),
    st.sampled_from(["", "A", "AB", "B"]),
    status=st.sampled_from(
        ["APPROVED", "APPROVED", "EXPIRED", "PENDING", "HEARING_PENDING", "RETURNED", "DENIED"]
    ),
    rate_mcf_per_day=st.sampled_from([50.0, 51.0, 900.0]),
    final_order_number=st.sampled_from([None, None, "OG-20-00005136"]),
)
days = st.integers(0, 400).map(lambda n: START + timedelta(days=n))


@given(one=some, others=st.lists(some, max_size=4), as_of=days)
def test_the_status_is_what_the_oracle_says(
    one: FlaringException, others: list[FlaringException], as_of: date
) -> None:
    near = [other for other in others if other.flare_points & one.flare_points]
    finding = assess(one, near, HALF, as_of)
    assert finding.status is expected(one, near, 60, as_of)
    assert one.number in finding.explanation


def expected(
    one: FlaringException, near: Sequence[FlaringException], most: int, as_of: date
) -> ComplianceStatusCode:
    if one.status in ("PENDING", "HEARING_PENDING"):
        return CODE.IN_REVIEW
    last = one.expires_on
    over = last is not None and last < as_of
    if one.status == "RETURNED":
        return CODE.NOT_APPLICABLE if over else CODE.ACTION_NEEDED
    if one.status == "DENIED":
        return CODE.NOT_APPLICABLE
    if not over and beyond(one, near, most):
        return CODE.ACTION_NEEDED
    if last is None:
        return CODE.COMPLIANT
    following = last + timedelta(days=1)
    for other in near:
        if other.status in ("APPROVED", "EXPIRED") and runs_on(other, following):
            return CODE.COMPLIANT
    if (as_of - last).days > 30:
        return CODE.NOT_APPLICABLE
    if over:
        return CODE.OVERDUE
    return CODE.ACTION_NEEDED if (last - as_of).days <= 30 else CODE.COMPLIANT


def runs_on(one: FlaringException, day: date) -> bool:
    assert one.effective_on is not None
    return one.effective_on <= day and (one.expires_on is None or day <= one.expires_on)


def counts(one: FlaringException) -> bool:
    return (
        one.status in ("APPROVED", "EXPIRED")
        and one.final_order_number is None
        and one.expires_on is not None
        and one.rate_mcf_per_day > 50
    )


def beyond(one: FlaringException, near: Sequence[FlaringException], most: int) -> bool:
    """Whether on some day of its own, at some point of its own, more days than allowed were had."""
    if not counts(one):
        return False
    assert one.expires_on is not None
    for point in sorted(one.flare_points) or [""]:
        had, day = 0, START
        while day <= one.expires_on:
            here = [n for n in near if point in n.flare_points and counts(n)]
            had += any(runs_on(each, day) for each in [one, *here])
            if had > most and runs_on(one, day):
                return True
            day += timedelta(days=1)
    return False


def test_beyond_180_days_a_final_order_is_needed() -> None:
    chain = [exception(str(n), 45 * n, 45) for n in range(5)]
    fourth = assess(chain[3], chain[:3] + chain[4:], RULE, START + timedelta(days=140))
    fifth = assess(chain[4], chain[:4], RULE, START + timedelta(days=185))
    assert fourth.status is CODE.COMPLIANT
    assert fourth.details["administrative_days"] == 180
    assert fifth.status is CODE.ACTION_NEEDED
    assert fifth.details["administrative_days"] == 225
    assert fifth.deadline == START + timedelta(days=180)
    assert "a final order of the Commission is needed" in fifth.explanation


def test_overlapping_days_count_once() -> None:
    one, twin = exception("1", 0, 100), exception("2", 50, 100)
    finding = assess(twin, [one], RULE, START + timedelta(days=60))
    assert finding.details["administrative_days"] == 150


@pytest.mark.parametrize("changed", [{"rate_mcf_per_day": 50.0}, {"final_order_number": "08-03"}])
def test_small_volumes_and_final_orders_do_not_count(changed: dict[str, Any]) -> None:
    finding = assess(exception("1", 0, 400, **changed), [], RULE, START + timedelta(days=200))
    assert finding.status is CODE.COMPLIANT
    assert finding.details["administrative_days"] == 0


def test_words_do_not_depend_on_the_day_of_the_assessment() -> None:
    """So that assessing again tomorrow changes a record only where the status has changed."""
    one = exception("1", 0, 60)
    today, tomorrow = (assess(one, [], RULE, START + timedelta(days=day)) for day in (40, 41))
    assert today == tomorrow


def test_an_exception_without_first_day_is_not_judged() -> None:
    finding = assess(exception("1", 0, 60, effective_on=None), [], RULE, START)
    assert finding.details["missing"] == ["effective date"]


@pytest.mark.parametrize(
    "changed",
    [
        {"rate_mcf_per_day": 50.0},
        {"final_order_number": "08-0300001"},
        {"status": "DENIED"},
        {"points": "B"},
    ],
)
def test_neighbours_that_do_not_count_are_not_counted(changed: dict[str, Any]) -> None:
    last = exception("2", 150, 60)
    counted = assess(last, [exception("1", 0, 150)], RULE, START + timedelta(days=170))
    assert counted.details["administrative_days"] == 210
    finding = assess(last, [exception("1", 0, 150, **changed)], RULE, START + timedelta(days=170))
    assert finding.details["administrative_days"] == 60
