"""Drilling permits: Form W-1 applications and what became of them."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import AegisBase, GraphEntity, Lookup, References, Sortable, key_text
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.geography import County, Datum, District, Latitude, Longitude
from graph_api.entities.models.identifiers import (
    ApplicationNumber,
    CaseNumber,
    PermitNumber,
    WellNumber,
    permit_number,
)
from graph_api.entities.models.quantities import (
    Feet,
    Name,
    NotNegative,
    ShortText,
    Text,
    WholeFeet,
)


class PermitType(DescribedEnum):
    """What a permit allows to be done."""

    DRILL = "DRILL", "Drill a new well."
    RECOMPLETE = "RECOMPLETE", "Complete an existing well in another reservoir."
    REENTER = "REENTER", "Enter a plugged well again."
    DEEPEN = "DEEPEN", "Drill an existing well deeper."
    PLUG_BACK = "PLUG_BACK", "Plug back an existing well to a shallower reservoir."
    SIDETRACK = "SIDETRACK", "Drill a new bore out of an existing well."
    FIELD_TRANSFER = "FIELD_TRANSFER", "Move a well to another field designation."
    INJECTION = "INJECTION", "Drill or convert a well for injection."
    OTHER = "OTHER", "Another purpose; the source's word is kept in the attributes."


class PermitStatus(DescribedEnum):
    """Where a permit stands, from draft to its use or end."""

    DRAFT = "DRAFT", "Being prepared; nothing is filed."
    SUBMITTED = "SUBMITTED", "Filed and not yet taken up."
    PENDING = "PENDING", "Under review by the Commission."
    APPROVED = "APPROVED", "Issued; good for two years and not extended."
    RETURNED = "RETURNED", "Sent back to the applicant to be completed."
    DENIED = "DENIED", "Refused."
    CANCELLED = "CANCELLED", "Withdrawn or cancelled."
    EXPIRED = "EXPIRED", "Not used within its time."
    DRILLED = "DRILLED", "Used: the well was drilled."


class Rule37Reason(DescribedEnum):
    """The only grounds for an exception to spacing (16 TAC §3.37)."""

    PREVENT_WASTE = "PREVENT_WASTE", "Oil or gas would otherwise never be recovered."
    PREVENT_CONFISCATION = (
        "PREVENT_CONFISCATION",
        "The owner would otherwise lose a fair chance to recover what lies under the tract.",
    )


class PermitRestriction(AegisBase):
    """A condition printed on a permit."""

    code: Annotated[str, Field(min_length=1, max_length=10)] | None = Field(
        default=None, description="Code of a standard restriction; null for free text."
    )
    text: Text = Field(description="The restriction in words.")


class Permit(GraphEntity):
    """A drilling permit, one record for the original and one for each amendment (Form W-1).

    Exceptions to spacing (Rule 37) and density (Rule 38) are stated here as applied for.
    """

    plural: ClassVar[str] = "permits"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("permit_number", "amendment_sequence")
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(
            ("permit_number",), optional=("amendment_sequence",), latest_by="amendment_sequence"
        ),
        Lookup(
            ("application_number",),
            optional=("amendment_sequence",),
            latest_by="amendment_sequence",
        ),
    )
    searched_fields: ClassVar[tuple[str, ...]] = (
        "permit_number",
        "lease_name",
        "application_number",
    )

    permit_number: Annotated[PermitNumber, Sortable()] = Field(
        description="Status number of the permit, zero padded to 7 digits: 0911978."
    )
    application_number: ApplicationNumber | None = Field(
        default=None, description="Universal document number of the W-1 application, 9 digits."
    )
    amendment_sequence: Annotated[int, Sortable()] = Field(
        default=0, ge=0, le=99, description="0 for the original permit, then one per amendment."
    )
    permit_type: PermitType = Field(description="What the permit allows.")
    status: Annotated[PermitStatus, Sortable()] = Field(
        default=PermitStatus.DRAFT, description="Where the permit stands."
    )
    filing_purpose_code: ShortText | None = Field(
        default=None, description="Purpose of filing, by the code of the source."
    )
    submitted_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the application was filed."
    )
    approved_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the permit was issued."
    )
    expires_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the permit ends if unused: two years after issue."
    )
    spud_on: date | None = Field(default=None, description="Day drilling began.")
    lease_name: Name | None = Field(default=None, description="Lease name on the application.")
    well_number: WellNumber | None = Field(
        default=None, description="Well number on the application."
    )
    district: Annotated[District | None, Sortable()] = Field(
        default=None, description="RRC district."
    )
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County of the surface location."
    )
    total_depth_ft: WholeFeet | None = Field(
        default=None, description="Total depth applied for, in feet."
    )
    is_horizontal: bool | None = Field(
        default=None, description="Whether a horizontal bore is permitted (Form W-1H, §3.86)."
    )
    is_directional: bool | None = Field(
        default=None, description="Whether a directional bore is permitted (Form W-1D)."
    )
    is_sidetrack: bool | None = Field(
        default=None, description="Whether the bore is a sidetrack of an existing well."
    )
    is_rule_37_exception: bool = Field(
        default=False, description="Whether an exception to spacing is asked (16 TAC §3.37)."
    )
    rule_37_case_number: CaseNumber | None = Field(
        default=None, description="Case or docket of the Rule 37 exception."
    )
    rule_37_exception_reason: Rule37Reason | None = Field(
        default=None, description="Ground of the Rule 37 exception."
    )
    rule_37_requested_lease_line_ft: Feet | None = Field(
        default=None, description="Distance to the lease line that is asked for, in feet."
    )
    rule_37_requested_between_wells_ft: Feet | None = Field(
        default=None, description="Distance between wells that is asked for, in feet."
    )
    is_rule_38_exception: bool = Field(
        default=False, description="Whether an exception to density is asked (16 TAC §3.38)."
    )
    rule_38_docket_number: CaseNumber | None = Field(
        default=None, description="Docket of the Rule 38 exception."
    )
    is_rule_36_sour: bool | None = Field(
        default=None, description="Whether the well may meet hydrogen sulfide (16 TAC §3.36)."
    )
    nearest_lease_line_ft: Feet | None = Field(
        default=None, description="Distance to the nearest lease line as filed, in feet."
    )
    nearest_well_ft: Feet | None = Field(
        default=None,
        description="Distance to the nearest well on the lease in the same reservoir as filed, "
        "in feet.",
    )
    acres: NotNegative | None = Field(
        default=None, description="Acres of the lease, pooled unit or unitized tract as filed."
    )
    statewide_rules: list[ShortText] = Field(
        default_factory=list,
        description="Statewide rules under which an exception is asked, for example 37, 38.",
    )
    restrictions: list[PermitRestriction] = Field(
        default_factory=list, description="Conditions printed on the permit."
    )
    protest_deadline: date | None = Field(
        default=None, description="Last day for affected persons to protest an exception."
    )
    surface_latitude: Latitude | None = Field(
        default=None, description="Latitude of the surface location, degrees north."
    )
    surface_longitude: Longitude | None = Field(
        default=None, description="Longitude of the surface location, degrees east (negative)."
    )
    bottom_hole_latitude: Latitude | None = Field(
        default=None, description="Latitude of the bottom hole, degrees north."
    )
    bottom_hole_longitude: Longitude | None = Field(
        default=None, description="Longitude of the bottom hole, degrees east (negative)."
    )
    datum: Datum | None = Field(
        default=None, description="Geodetic datum of the positions; the W-1 file gives NAD27."
    )
    well_id: Annotated[UUID | None, References("Well", "well")] = Field(
        default=None, description="The well that the permit is for."
    )
    lease_id: Annotated[UUID | None, References("Lease", "lease")] = Field(
        default=None, description="The lease that the permit is for."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator that applied."
    )
    field_ids: list[UUID] = Field(
        default_factory=list, description="Fields in which completion is permitted."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "submitted_on", "approved_on")
        refuse_reversed(self, "approved_on", "expires_on")
        refuse_reversed(self, "submitted_on", "protest_deadline")
        return self

    @classmethod
    def key(cls, number: str, amendment_sequence: int = 0) -> str:
        """The natural key, `0911978|0`, by number with or without zeros; ValueError if malformed."""
        return key_text(permit_number(number), amendment_sequence)
