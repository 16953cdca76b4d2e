"""Parameters by domain, the governing rule, and what differs between two versions."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from graph_api.rules.models import (
    DensityRule,
    EnvironmentalRule,
    FlaringRule,
    NewRuleVersion,
    ReportingRule,
    RuleDomain,
    RuleSource,
    RuleStatus,
    RuleType,
    RuleVersion,
    SpacingRule,
    governing_rule,
    rule_changes,
    rule_parameters,
)

DATA: dict[RuleDomain, dict[str, Any]] = {
    RuleDomain.SPACING: {
        "min_distance_to_lease_line_ft": 467,
        "min_distance_between_wells_ft": 1200,
    },
    RuleDomain.DENSITY: {"acres_per_well": 40},
    RuleDomain.FLARING: {},
    RuleDomain.REPORTING: {"form_number": "PR"},
    RuleDomain.ENVIRONMENTAL: {
        "subpart": "OOOOb",
        "applies_from": "2022-12-07",
        "tank_voc_tons_per_year": 6,
    },
}


def new_version(domain: RuleDomain, data: dict[str, Any], **changed: Any) -> NewRuleVersion:
    content = {
        "rule_type": RuleType.STATEWIDE,
        "rule_domain": domain,
        "rule_identifier": "SWR_37",
        "effective_date": date(2020, 1, 1),
        "source": RuleSource.MANUAL,
        "rule_data": data,
    }
    return NewRuleVersion.model_validate({**content, **changed})


def version(domain: RuleDomain = RuleDomain.SPACING, **changed: Any) -> RuleVersion:
    content: dict[str, Any] = {
        **new_version(domain, DATA[domain]).model_dump(exclude={"detected_by"}),
        "id": uuid4(),
        "tenant_id": "t",
        "version": 1,
        "detected_at": datetime(2020, 1, 1, tzinfo=UTC),
        "status": RuleStatus.ACTIVE,
    }
    return RuleVersion.model_validate({**content, **changed})


def locations(error: ValidationError) -> set[tuple[int | str, ...]]:
    return {one["loc"] for one in error.errors()}


def test_each_domain_has_its_parameters() -> None:
    found = {domain: type(rule_parameters(new_version(domain, DATA[domain]))) for domain in DATA}
    assert found == {
        RuleDomain.SPACING: SpacingRule,
        RuleDomain.DENSITY: DensityRule,
        RuleDomain.FLARING: FlaringRule,
        RuleDomain.REPORTING: ReportingRule,
        RuleDomain.ENVIRONMENTAL: EnvironmentalRule,
    }


def test_parameters_are_kept_whole_with_their_defaults() -> None:
    assert new_version(RuleDomain.FLARING, {"step_days": 30}).rule_data == {
        "test_days_after_completion": 10,
        "step_days": 30,
        "administrative_max_days": 180,
        "small_volume_mcf_per_day": 50,
        "small_volume_gas_well_mcf_per_day": 15,
    }
    assert new_version(RuleDomain.REPORTING, {"form_number": "pr"}).rule_data == {
        "form_number": "PR",
        "due_working_day": "last",
        "months_after": 1,
    }


@pytest.mark.parametrize(
    ("domain", "data", "where"),
    [
        (RuleDomain.SPACING, {}, {"min_distance_to_lease_line_ft", "min_distance_between_wells_ft"}),
        (RuleDomain.SPACING, DATA[RuleDomain.SPACING] | {"colour": "red"}, {"colour"}),
        (RuleDomain.DENSITY, {"acres_per_well": 0}, {"acres_per_well"}),
        (RuleDomain.DENSITY, {"acres_per_well": "many"}, {"acres_per_well"}),
        (RuleDomain.FLARING, {"step_days": 200}, {"administrative_max_days"}),
        (RuleDomain.REPORTING, DATA[RuleDomain.REPORTING] | {"due_working_day": "15th"},
         {"due_working_day"}),
        (RuleDomain.ENVIRONMENTAL, DATA[RuleDomain.ENVIRONMENTAL] | {"applies_to": "2020-01-01"},
         {"applies_to"}),
        (RuleDomain.ENVIRONMENTAL, DATA[RuleDomain.ENVIRONMENTAL] | {"field_number": "85280300"},
         {"field_number"}),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_where_they_are(
    domain: RuleDomain, data: dict[str, Any], where: set[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        new_version(domain, data)
    assert locations(caught.value) == {("rule_data", name) for name in where}


def test_a_field_rule_and_only_it_names_its_field() -> None:
    data = DATA[RuleDomain.SPACING]
    with pytest.raises(ValidationError, match="needs field_number"):
        new_version(RuleDomain.SPACING, data, rule_type=RuleType.FIELD_SPECIFIC)
    with pytest.raises(ValidationError, match="has no field_number"):
        new_version(RuleDomain.SPACING, data | {"field_number": "85280300"})
    field_rule = new_version(
        RuleDomain.SPACING,
        data | {"field_number": "85280300"},
        rule_type=RuleType.FIELD_SPECIFIC,
    )
    assert field_rule.field_number == "85280300"


def test_the_field_rule_governs_its_field_only() -> None:
    statewide = version()
    of_field = version(
        rule_type=RuleType.FIELD_SPECIFIC,
        rule_identifier="SWR_37.85280300",
        rule_data=DATA[RuleDomain.SPACING] | {"field_number": "85280300"},
    )
    density = version(RuleDomain.DENSITY)
    versions = [density, of_field, statewide]
    assert governing_rule(versions, RuleDomain.SPACING, "85280300") is of_field
    assert governing_rule(versions, RuleDomain.SPACING, "55592600") is statewide
    assert governing_rule(versions, RuleDomain.SPACING) is statewide
    assert governing_rule(versions, RuleDomain.DENSITY, "85280300") is density
    assert governing_rule(versions, RuleDomain.FLARING) is None


def test_a_version_knows_its_regulation() -> None:
    assert version().regulation_rule_id == "SWR_37"
    assert version(rule_identifier="SWR_37.85280300").regulation_rule_id == "SWR_37"
    assert version(rule_identifier="FORM_PR", graph_node_id="SWR_58").regulation_rule_id == "SWR_58"


@pytest.mark.parametrize(
    ("status", "in_force"),
    [
        (RuleStatus.DRAFT, []),
        (RuleStatus.PENDING_REVIEW, []),
        (RuleStatus.ACTIVE, [1, 2, 3]),
    ],
)
def test_only_what_was_activated_is_in_force(status: RuleStatus, in_force: list[int]) -> None:
    one = version(status=status, effective_date=date(2020, 1, 1))
    days = {0: date(2019, 12, 31), 1: date(2020, 1, 1), 2: date(2020, 1, 2), 3: date(9999, 1, 1)}
    assert [name for name, day in days.items() if one.is_in_force(day)] == in_force


def test_a_superseded_version_is_in_force_up_to_and_not_on_its_end() -> None:
    one = version(status=RuleStatus.SUPERSEDED, superseded_date=date(2021, 1, 1))
    assert one.is_in_force(date(2020, 12, 31))
    assert not one.is_in_force(date(2021, 1, 1))


def test_versions_are_compared_field_by_field() -> None:
    before = version(source_reference="16 TAC §3.37", change_summary="first")
    after = version(
        version=2,
        status=RuleStatus.DRAFT,
        effective_date=date(2024, 1, 1),
        change_summary="first",
        rule_data=DATA[RuleDomain.SPACING] | {"min_distance_to_lease_line_ft": 330},
    )
    assert [(one.path, one.before, one.after) for one in rule_changes(before, after)] == [
        ("effectiveDate", "2020-01-01", "2024-01-01"),
        ("sourceReference", "16 TAC §3.37", None),
        ("ruleData.min_distance_to_lease_line_ft", 467, 330),
    ]
    assert rule_changes(before, before) == []


def test_a_parameter_that_only_one_version_has_is_a_change() -> None:
    data = DATA[RuleDomain.ENVIRONMENTAL]
    before = version(RuleDomain.ENVIRONMENTAL)
    after = version(RuleDomain.ENVIRONMENTAL, rule_data=data | {"tank_methane_tons_per_year": 20})
    there = [(one.path, one.before, one.after) for one in rule_changes(before, after)]
    back = [(one.path, one.before, one.after) for one in rule_changes(after, before)]
    assert there == [("ruleData.tank_methane_tons_per_year", None, 20)]
    assert back == [("ruleData.tank_methane_tons_per_year", 20, None)]
