"""Spacing against a brute-force oracle, and the words that explain it."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.compliance.assessments.in_force import GoverningRule, in_force
from graph_api.compliance.assessments.rule_37 import (
    Offset,
    SpacingException,
    WellSpacing,
    assess,
)
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import SpacingRule

CODE = ComplianceStatusCode


def spacing(
    line: float = 467, between: float = 1200, field: str | None = None, number: int = 1
) -> GoverningRule[SpacingRule]:
    data = SpacingRule(
        min_distance_to_lease_line_ft=line,
        min_distance_between_wells_ft=between,
        field_number=field,
    )
    identifier = "SWR_37" if field is None else f"SWR_37.{field}"
    return GoverningRule(identifier, 1, UUID(int=number), date(1976, 1, 1), None, data)


distances = st.sampled_from([None, 0.0, 100.0, 466.9, 467.0, 500.0, 1199.0, 1200.0, 3000.0])
exceptions = st.builds(
    SpacingException,
    st.sampled_from(["0900001", "0900002"]),
    st.sampled_from(["APPROVED", "DRILLED", "PENDING", "SUBMITTED", "DENIED", "EXPIRED", "DRAFT"]),
    st.sampled_from([None, 50.0, 100.0, 467.0]),
    st.sampled_from([None, 100.0, 1199.0]),
    st.sampled_from([None, date(2025, 7, 1), date(2025, 8, 1)]),
)
wells = st.builds(
    WellSpacing,
    st.sampled_from(["PRODUCING", "PERMITTED", "PLUGGED"]),
    distances,
    distances,
    st.lists(
        st.builds(
            Offset,
            st.sampled_from(["42-003-00001", "42-003-00002", "42-003-00003"]),
            st.sampled_from([10.0, 800.0, 1199.9, 1200.0, 5000.0]),
            st.sampled_from([True, False, None]),
        ),
        max_size=3,
    ),
    st.lists(exceptions, max_size=3),
)


@given(well=wells)
def test_the_status_is_what_the_oracle_says(well: WellSpacing) -> None:
    finding = assess(well, spacing())
    assert finding.status is expected(well)
    assert finding.rule_version_id == UUID(int=1)
    if finding.status is CODE.ACTION_NEEDED:
        for short in finding.details["shortfalls"]:
            assert short["distance_ft"] < short["least_ft"]
            assert short["to"] in finding.explanation or "more" in finding.explanation


def expected(well: WellSpacing) -> ComplianceStatusCode:
    if well.status == "PLUGGED":
        return CODE.NOT_APPLICABLE
    wells_near = [one.distance_ft for one in well.offsets if one.same_horizon is True]
    if well.nearest_well_ft is not None:
        wells_near.append(well.nearest_well_ft)
    if not wells_near and well.lease_line_ft is None:
        return CODE.NOT_APPLICABLE
    too_near = [(distance, "well") for distance in wells_near if distance < 1200]
    if well.lease_line_ft is not None and well.lease_line_ft < 467:
        too_near.append((well.lease_line_ft, "line"))
    granted, hoped = True, True
    for distance, kind in too_near:
        by: set[str] = set()
        for one in well.exceptions:
            asked = one.lease_line_ft if kind == "line" else one.between_wells_ft
            if asked is None or asked <= distance:
                by.add(one.status)
        granted &= bool(by & {"APPROVED", "DRILLED"})
        hoped &= bool(by & {"APPROVED", "DRILLED", "PENDING", "SUBMITTED"})
    if granted:
        return CODE.COMPLIANT
    return CODE.IN_REVIEW if hoped else CODE.ACTION_NEEDED


def test_a_distance_that_is_not_on_record_is_named() -> None:
    finding = assess(WellSpacing("PRODUCING", 500, None), spacing())
    assert finding.status is CODE.COMPLIANT
    assert finding.details["missing"] == ["distance to nearest well"]
    assert finding.explanation == (
        "The distances on record keep to SWR_37 version 1: 500 ft to the nearest lease line, "
        "467 ft needed. Not on record: distance to nearest well."
    )
    nothing = assess(WellSpacing("PRODUCING", None, None), spacing())
    assert nothing.status is CODE.NOT_APPLICABLE
    assert nothing.details["missing"] == ["distance to lease line", "distance to nearest well"]


def test_a_pending_exception_has_its_last_day_of_protest_as_deadline() -> None:
    asked = SpacingException("0900001", "PENDING", protest_deadline=date(2025, 7, 1))
    finding = assess(WellSpacing("PERMITTED", 330, None, (), [asked]), spacing())
    assert (finding.status, finding.deadline) == (CODE.IN_REVIEW, date(2025, 7, 1))


@pytest.mark.parametrize(
    ("field_number", "status"),
    [(None, CODE.ACTION_NEEDED), ("85280300", CODE.COMPLIANT), ("55592600", CODE.ACTION_NEEDED)],
)
def test_the_field_rule_governs_wells_of_its_field(
    field_number: str | None, status: ComplianceStatusCode
) -> None:
    versions = [spacing(), spacing(330, 660, "85280300", 2)]
    rule = in_force(versions, date(2025, 1, 1), field_number)
    assert assess(WellSpacing("PRODUCING", 400, 700), rule).status is status
