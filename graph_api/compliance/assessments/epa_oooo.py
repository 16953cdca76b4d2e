"""Storage tanks of one facility under 40 CFR Part 60 Subparts OOOO, OOOOa and OOOOb.

The day of construction or of the last modification decides which subpart applies. OOOO and OOOOa
look at each storage vessel, OOOOb at the tank battery as a whole (40 CFR 60.5365b(e)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph_api.compliance.assessments.findings import (
    Finding,
    not_applicable,
    quantity,
    several,
)
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import EnvironmentalRule

EnvironmentalVersions = Sequence[GoverningRule[EnvironmentalRule]]

_BY_BATTERY = "OOOOb"


@dataclass(frozen=True, slots=True)
class Tank:
    """A storage tank installed at the facility, with its potential emissions in short tons a year."""

    name: str
    voc_tons_per_year: float | None
    methane_tons_per_year: float | None


@dataclass(frozen=True, slots=True)
class FacilityEmissions:
    """What is on record of one facility."""

    constructed_on: date | None
    modified_on: date | None
    recorded_subpart: str | None = None
    tanks: Sequence[Tank] = ()
    controls: Sequence[str] = ()
    """Names of vapour recovery units, combustors and flare stacks installed there."""


@dataclass(frozen=True, slots=True)
class _Emission:
    """What one vessel or the battery emits, against what brings it under the subpart."""

    of: str
    gas: str
    known: float
    complete: bool
    limit: float

    @property
    def reaches(self) -> bool:
        return self.known >= self.limit

    @property
    def words(self) -> str:
        emitted = f"{self.of} {quantity(self.known)} tons of {self.gas} a year"
        return f"{emitted} (limit {quantity(self.limit)})"


def governing_subpart(
    versions: EnvironmentalVersions, day: date
) -> GoverningRule[EnvironmentalRule] | None:
    """The subpart whose period a day of construction or modification lies in."""
    fitting = [
        one
        for one in versions
        if one.parameters.applies_from <= day
        and (one.parameters.applies_to is None or day <= one.parameters.applies_to)
    ]
    return max(fitting, key=lambda one: (one.parameters.applies_from, one.version), default=None)


def assess(facility: FacilityEmissions, versions: EnvironmentalVersions) -> Finding:
    """Whether the facility's tanks come under a subpart, and whether a control is on record."""
    day = facility.modified_on or facility.constructed_on
    if day is None:
        return not_applicable(
            "Neither the day of construction nor that of a modification is on record.",
            ["constructed_on", "modified_on"],
        )
    rule = governing_subpart(versions, day)
    decisive = "modified" if facility.modified_on else "constructed"
    if rule is None:
        return not_applicable(
            f"The facility was {decisive} on {day:%Y-%m-%d}, when none of the subparts applied.",
            decisive_date=day.isoformat(),
        )
    if not facility.tanks:
        return not_applicable(
            f"{decisive.capitalize()} on {day:%Y-%m-%d}, the facility falls in the period of "
            f"Subpart {rule.parameters.subpart}; no storage tank is on record there.",
            ["storage tanks"],
            rule.version_id,
            decisive_date=day.isoformat(),
            subpart=rule.parameters.subpart,
        )
    return _by_emissions(facility, rule, day)


def _by_emissions(
    facility: FacilityEmissions, rule: GoverningRule[EnvironmentalRule], day: date
) -> Finding:
    emissions = _emissions(facility.tanks, rule.parameters)
    details = _details(facility, rule, day)
    subpart = rule.parameters.subpart
    reached = [one for one in emissions if one.reaches]
    note = _note(facility, subpart)
    if reached:
        found = several([one.words for one in reached])
        if facility.controls:
            words = (
                f"Subpart {subpart} applies: {found}. Controls are on record "
                f"({several(facility.controls)}); whether they meet the standard is for a person "
                f"to decide.{note}"
            )
            return Finding(
                ComplianceStatusCode.IN_REVIEW,
                words,
                None,
                details,
                rule_version_id=rule.version_id,
            )
        words = f"Subpart {subpart} applies: {found}. No control is on record.{note}"
        return Finding(
            ComplianceStatusCode.ACTION_NEEDED,
            words,
            None,
            details,
            rule_version_id=rule.version_id,
        )
    unknown = sorted({f"{one.gas} of {one.of}" for one in emissions if not one.complete})
    if unknown:
        return not_applicable(
            f"The emissions that Subpart {subpart} looks at are not on record: "
            f"{several(unknown)}.{note}",
            unknown,
            rule.version_id,
            **details,
        )
    kept = several([one.words for one in emissions])
    words = f"Below what brings tanks under Subpart {subpart}: {kept}.{note}"
    return Finding(ComplianceStatusCode.COMPLIANT, words, None, details, rule.version_id)


def _emissions(tanks: Sequence[Tank], rule: EnvironmentalRule) -> list[_Emission]:
    """What is held against the limits: the battery's sums under OOOOb, each vessel otherwise."""
    groups = (
        [("the tank battery", tanks)]
        if rule.subpart == _BY_BATTERY
        else [(f"tank {one.name}", [one]) for one in tanks]
    )
    found = []
    for name, group in groups:
        voc = [one.voc_tons_per_year for one in group]
        found.append(_emission(name, "VOC", voc, rule.tank_voc_tons_per_year))
        if rule.tank_methane_tons_per_year is not None:
            methane = [one.methane_tons_per_year for one in group]
            found.append(_emission(name, "methane", methane, rule.tank_methane_tons_per_year))
    return found


def _emission(of: str, gas: str, values: Sequence[float | None], limit: float) -> _Emission:
    known = [value for value in values if value is not None]
    return _Emission(of, gas, sum(known), len(known) == len(values), limit)


def _note(facility: FacilityEmissions, subpart: str) -> str:
    recorded = facility.recorded_subpart
    if recorded is None or recorded.lower().removeprefix("subpart ") == subpart.lower():
        return ""
    return f" The facility's record says {recorded}, and its dates say {subpart}."


def _details(
    facility: FacilityEmissions, rule: GoverningRule[EnvironmentalRule], day: date
) -> dict[str, Any]:
    return {
        "decisive_date": day.isoformat(),
        "subpart": rule.parameters.subpart,
        "recorded_subpart": facility.recorded_subpart,
        "voc_limit_tons_per_year": rule.parameters.tank_voc_tons_per_year,
        "methane_limit_tons_per_year": rule.parameters.tank_methane_tons_per_year,
        "tanks": [
            {
                "name": one.name,
                "voc_tons_per_year": one.voc_tons_per_year,
                "methane_tons_per_year": one.methane_tons_per_year,
            }
            for one in facility.tanks
        ],
        "controls": list(facility.controls),
    }
