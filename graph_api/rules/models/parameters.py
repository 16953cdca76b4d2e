"""What a rule sets, by the domain it belongs to: the schemas of `rule_data`."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from graph_api.core.model import AegisBase, field_error
from graph_api.entities.models.identifiers import FieldNumber, FormNumber

Positive = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(ge=1, le=3660)]
_OF_FIELD = "Number of the field that a field rule is for; null in a statewide rule."


class SpacingRule(AegisBase):
    """Least distances of a well, as statewide rule 37 (16 TAC §3.37) or a field rule sets them."""

    min_distance_to_lease_line_ft: Positive = Field(
        description="Least distance to a property, lease or subdivision line, in feet."
    )
    min_distance_between_wells_ft: Positive = Field(
        description="Least distance to a well in the same horizon on the same tract, in feet."
    )
    field_number: FieldNumber | None = Field(default=None, description=_OF_FIELD)


class DensityRule(AegisBase):
    """Land that a well needs, as statewide rule 38 (16 TAC §3.38) or a field rule sets it."""

    acres_per_well: Positive = Field(description="Standard drilling unit, in acres.")
    tolerance_acres: Annotated[float, Field(ge=0)] = Field(
        default=0, description="Acres by which a unit may fall short or exceed the standard."
    )
    field_number: FieldNumber | None = Field(default=None, description=_OF_FIELD)


class FlaringRule(AegisBase):
    """When gas may be flared or vented, as statewide rule 32 (16 TAC §3.32) sets it."""

    test_days_after_completion: Days = Field(
        default=10, description="Days after completion in which testing needs no exception."
    )
    step_days: Days = Field(
        default=45, description="Longest single administrative exception, days."
    )
    administrative_max_days: Days = Field(
        default=180,
        description="Days of administrative exceptions in all; beyond them a final order is needed.",
    )
    small_volume_mcf_per_day: Annotated[float, Field(ge=0)] = Field(
        default=50,
        description="Casinghead gas, in mcf a day, up to which an exception may have no end.",
    )
    small_volume_gas_well_mcf_per_day: Annotated[float, Field(ge=0)] = Field(
        default=15, description="The same for gas of a gas well, in mcf a day."
    )
    field_number: FieldNumber | None = Field(default=None, description=_OF_FIELD)

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        if self.administrative_max_days < self.step_days:
            message = "must be at least step_days, the length of one exception"
            raise field_error("administrative_max_days", message, self.administrative_max_days)
        return self


class ReportingRule(AegisBase):
    """When a periodic report is due, as §§3.27, 3.54 and 3.58 set it for Form PR."""

    form_number: FormNumber = Field(description="Form that is filed, for example PR.")
    due_working_day: Annotated[str, Field(pattern="^(first|last)$")] = Field(
        default="last", description="Which working day of the month it is due on: first or last."
    )
    months_after: Annotated[int, Field(ge=0, le=24)] = Field(
        default=1, description="How many months after the reported month it is due."
    )
    field_number: FieldNumber | None = Field(default=None, description=_OF_FIELD)


class EnvironmentalRule(AegisBase):
    """To which sources a subpart of 40 CFR 60 applies, and from which emissions of a tank."""

    subpart: Annotated[str, Field(pattern=r"^[A-Z]{2,5}[a-z]?$")] = Field(
        description="Subpart of 40 CFR 60, for example OOOOb."
    )
    applies_from: date = Field(
        description="First day of construction or modification that the subpart applies to."
    )
    applies_to: date | None = Field(
        default=None, description="Last such day, included; null while the subpart is open."
    )
    tank_voc_tons_per_year: Positive = Field(
        description="Potential VOC from which a storage vessel or tank battery is affected, "
        "in short tons a year."
    )
    tank_methane_tons_per_year: Positive | None = Field(
        default=None,
        description="Potential methane from which a tank battery is affected as well, in short "
        "tons a year; null where methane does not count.",
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.applies_to is not None and self.applies_to < self.applies_from:
            raise field_error("applies_to", "must not be before applies_from", self.applies_to)
        return self


RuleParameters = SpacingRule | DensityRule | FlaringRule | ReportingRule | EnvironmentalRule
