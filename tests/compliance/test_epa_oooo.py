"""Tanks under 40 CFR Part 60 against an oracle of sums, and what is said of missing data."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.compliance.assessments.epa_oooo import FacilityEmissions, Tank, assess
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import EnvironmentalRule
from graph_api.rules.seeding import rule_seeds

CODE = ComplianceStatusCode
SUBPARTS = [
    GoverningRule(
        seed.rule_identifier,
        1,
        UUID(int=place),
        seed.effective_date,
        None,
        EnvironmentalRule.model_validate(seed.rule_data),
    )
    for place, seed in enumerate(rule_seeds())
    if seed.rule_identifier.startswith("40_CFR_60")
]
amounts = st.sampled_from([None, 0.0, 2.0, 3.0, 5.9, 6.0, 11.0, 19.9, 20.0])
tanks = st.lists(st.builds(Tank, st.sampled_from(["T-1", "T-2"]), amounts, amounts), max_size=3)
dates = st.one_of(st.none(), st.dates(date(2011, 1, 1), date(2025, 1, 1)))


@given(constructed=dates, modified=dates, installed=tanks, controlled=st.booleans())
def test_the_status_is_what_the_oracle_says(
    constructed: date | None, modified: date | None, installed: list[Tank], controlled: bool
) -> None:
    controls = ["VRU 1"] if controlled else []
    facility = FacilityEmissions(constructed, modified, None, installed, controls)
    finding = assess(facility, SUBPARTS)
    assert finding.status is expected(modified or constructed, installed, controlled)
    if finding.status is CODE.NOT_APPLICABLE and (modified or constructed or date.min).year > 2012:
        assert finding.details["missing"], "it says which data is missing"


def expected(day: date | None, installed: Sequence[Tank], controlled: bool) -> ComplianceStatusCode:
    if day is None or day <= date(2011, 8, 23) or not installed:
        return CODE.NOT_APPLICABLE
    if day <= date(2022, 12, 6):
        voc = [one.voc_tons_per_year for one in installed]
        reached = any(value is not None and value >= 6 for value in voc)
        known = None not in voc
    else:
        sums = [
            (
                sum(getattr(one, gas) or 0 for one in installed),
                None not in [getattr(one, gas) for one in installed],
                limit,
            )
            for gas, limit in (("voc_tons_per_year", 6), ("methane_tons_per_year", 20))
        ]
        reached = any(total >= limit for total, _, limit in sums)
        known = all(complete for _, complete, _ in sums)
    if reached:
        return CODE.IN_REVIEW if controlled else CODE.ACTION_NEEDED
    return CODE.COMPLIANT if known else CODE.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("day", "subpart"),
    [
        (date(2011, 8, 23), None),
        (date(2011, 8, 24), "OOOO"),
        (date(2015, 9, 18), "OOOO"),
        (date(2015, 9, 19), "OOOOa"),
        (date(2022, 12, 6), "OOOOa"),
        (date(2022, 12, 7), "OOOOb"),
    ],
)
def test_the_day_decides_the_subpart(day: date, subpart: str | None) -> None:
    facility = FacilityEmissions(day, None, None, [Tank("T-1", 1, 1)])
    assert assess(facility, SUBPARTS).details.get("subpart") == subpart


def test_a_battery_is_summed_and_a_vessel_is_not() -> None:
    pair = [Tank("T-1", 4, 1), Tank("T-2", 4, 1)]
    older = assess(FacilityEmissions(date(2016, 1, 1), None, None, pair), SUBPARTS)
    newer = assess(FacilityEmissions(date(2016, 1, 1), date(2023, 1, 1), "OOOOa", pair), SUBPARTS)
    assert (older.status, newer.status) == (CODE.COMPLIANT, CODE.ACTION_NEEDED)
    assert newer.explanation == (
        "Subpart OOOOb applies: the tank battery 8 tons of VOC a year (limit 6). No control is on "
        "record. The facility's record says OOOOa, and its dates say OOOOb."
    )


def test_what_is_missing_is_named() -> None:
    undated = assess(FacilityEmissions(None, None), SUBPARTS)
    assert undated.details["missing"] == ["constructed_on", "modified_on"]
    empty = assess(FacilityEmissions(date(2020, 1, 1), None), SUBPARTS)
    assert empty.details["missing"] == ["storage tanks"]
    unmeasured = assess(
        FacilityEmissions(date(2020, 1, 1), None, None, [Tank("T-1", None, None)]), SUBPARTS
    )
    assert unmeasured.details["missing"] == ["VOC of tank T-1"]
