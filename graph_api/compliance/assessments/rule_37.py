"""Spacing of one well (16 TAC §3.37): how near it lies to a lease line and to other wells.

The rule of the well's field governs where there is one, the statewide rule otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph_api.compliance.assessments.findings import Finding, feet, not_applicable, several
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import SpacingRule

SpacingVersion = GoverningRule[SpacingRule] | None

_PERMITTED = ("APPROVED", "DRILLED")
_ASKED = ("SUBMITTED", "PENDING")


@dataclass(frozen=True, slots=True)
class Offset:
    """A neighbouring well and how far it is."""

    api_number: str
    distance_ft: float
    same_horizon: bool | None


@dataclass(frozen=True, slots=True)
class SpacingException:
    """An exception to spacing on a drilling permit of the well (Form W-1)."""

    permit_number: str
    status: str
    lease_line_ft: float | None = None
    """Distance to the lease line that was asked for; None where the permit states none."""
    between_wells_ft: float | None = None
    protest_deadline: date | None = None

    def covers(self, kind: str, distance_ft: float) -> bool:
        """Whether the exception lets the well be as near as it is."""
        asked = self.lease_line_ft if kind == LEASE_LINE else self.between_wells_ft
        return asked is None or distance_ft >= asked


@dataclass(frozen=True, slots=True)
class WellSpacing:
    """What is on record of one well."""

    status: str
    lease_line_ft: float | None
    nearest_well_ft: float | None
    offsets: Sequence[Offset] = ()
    exceptions: Sequence[SpacingException] = ()


LEASE_LINE = "lease line"
WELL = "well"


@dataclass(frozen=True, slots=True)
class _Shortfall:
    """A distance less than the rule asks."""

    kind: str
    to: str
    distance_ft: float
    least_ft: float

    @property
    def words(self) -> str:
        return f"{feet(self.distance_ft)} to {self.to}, {feet(self.least_ft)} needed"


def assess(well: WellSpacing, rule: GoverningRule[SpacingRule] | None) -> Finding:
    """Whether a well keeps the distances of the rule, or holds an exception that covers it."""
    if rule is None:
        return not_applicable("No spacing rule is in force on the day.", ["spacing rule"])
    if well.status == "PLUGGED":
        return not_applicable("The well is plugged.", rule_version_id=rule.version_id)
    missing = _missing(well)
    numbers = _numbers(well, rule)
    if len(missing) == 2 and not _neighbours(well):
        return not_applicable(
            "Neither the distance to a lease line nor that to another well is on record.",
            missing,
            rule.version_id,
            **numbers,
        )
    shortfalls = _shortfalls(well, rule.parameters)
    if not shortfalls:
        status, words, deadline = ComplianceStatusCode.COMPLIANT, _words_kept(well, rule), None
    else:
        status, words, deadline = _with_exceptions(well, rule, shortfalls)
    numbers["shortfalls"] = [
        {"to": one.to, "distance_ft": one.distance_ft, "least_ft": one.least_ft}
        for one in shortfalls
    ]
    if missing:
        numbers["missing"] = missing
        words += f" Not on record: {' and '.join(missing)}."
    return Finding(status, words, deadline, numbers, rule.version_id)


def _missing(well: WellSpacing) -> list[str]:
    named = (
        ("distance to lease line", well.lease_line_ft),
        ("distance to nearest well", well.nearest_well_ft),
    )
    return [name for name, value in named if value is None]


def _neighbours(well: WellSpacing) -> list[Offset]:
    """Spacing is between wells of the same horizon; a neighbour whose horizon is unknown is not."""
    return [one for one in well.offsets if one.same_horizon]


def _shortfalls(well: WellSpacing, rule: SpacingRule) -> list[_Shortfall]:
    line, between = rule.min_distance_to_lease_line_ft, rule.min_distance_between_wells_ft
    measured = []
    if well.lease_line_ft is not None:
        measured.append(_Shortfall(LEASE_LINE, "the nearest lease line", well.lease_line_ft, line))
    if well.nearest_well_ft is not None:
        measured.append(_Shortfall(WELL, "the nearest well", well.nearest_well_ft, between))
    for one in sorted(_neighbours(well), key=lambda one: (one.distance_ft, one.api_number)):
        measured.append(_Shortfall(WELL, f"well {one.api_number}", one.distance_ft, between))
    return [one for one in measured if one.distance_ft < one.least_ft]


def _with_exceptions(
    well: WellSpacing, rule: GoverningRule[SpacingRule], shortfalls: Sequence[_Shortfall]
) -> tuple[ComplianceStatusCode, str, date | None]:
    short = several([one.words for one in shortfalls])
    granted = [one for one in well.exceptions if one.status in _PERMITTED]
    if _all_covered(granted, shortfalls):
        permits = several([one.permit_number for one in granted])
        words = f"Nearer than {rule.cited} allows ({short}), by the exception of permit {permits}."
        return ComplianceStatusCode.COMPLIANT, words, None
    asked = [one for one in well.exceptions if one.status in _ASKED]
    if _all_covered([*granted, *asked], shortfalls):
        permits = several([one.permit_number for one in asked])
        words = (
            f"Nearer than {rule.cited} allows ({short}); the exception asked for on permit "
            f"{permits} is not decided."
        )
        protests = [one.protest_deadline for one in asked if one.protest_deadline]
        return ComplianceStatusCode.IN_REVIEW, words, min(protests, default=None)
    words = f"Nearer than {rule.cited} allows, and no exception covers it: {short}."
    return ComplianceStatusCode.ACTION_NEEDED, words, None


def _all_covered(exceptions: Sequence[SpacingException], shortfalls: Sequence[_Shortfall]) -> bool:
    return all(
        any(one.covers(short.kind, short.distance_ft) for one in exceptions) for short in shortfalls
    )


def _words_kept(well: WellSpacing, rule: GoverningRule[SpacingRule]) -> str:
    parts = []
    if well.lease_line_ft is not None:
        least = feet(rule.parameters.min_distance_to_lease_line_ft)
        parts.append(f"{feet(well.lease_line_ft)} to the nearest lease line, {least} needed")
    distances = [one.distance_ft for one in _neighbours(well)]
    if well.nearest_well_ft is not None:
        distances.append(well.nearest_well_ft)
    if distances:
        least = feet(rule.parameters.min_distance_between_wells_ft)
        parts.append(f"{feet(min(distances))} to the nearest well, {least} needed")
    return f"The distances on record keep to {rule.cited}: {'; '.join(parts)}."


def _numbers(well: WellSpacing, rule: GoverningRule[SpacingRule]) -> dict[str, Any]:
    return {
        "rule": rule.identifier,
        "rule_version": rule.version,
        "field_number": rule.parameters.field_number,
        "least_to_lease_line_ft": rule.parameters.min_distance_to_lease_line_ft,
        "least_between_wells_ft": rule.parameters.min_distance_between_wells_ft,
        "lease_line_ft": well.lease_line_ft,
        "nearest_well_ft": well.nearest_well_ft,
        "offsets_same_horizon": len(_neighbours(well)),
        "offsets_horizon_unknown": sum(1 for one in well.offsets if one.same_horizon is None),
        "exceptions": [
            {"permit": one.permit_number, "status": one.status} for one in well.exceptions
        ],
    }
