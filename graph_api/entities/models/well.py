"""Wells: wellbores with an API number."""

from datetime import date
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import Derived, GraphEntity, Lookup, References, Sortable, field_error
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.geography import (
    County,
    CountyCode,
    Datum,
    District,
    Latitude,
    LocationQuality,
    Longitude,
    county_code_of,
)
from graph_api.entities.models.identifiers import (
    ApiNumber,
    ApiSuffix,
    WellNumber,
    parse_api_number,
)
from graph_api.entities.models.quantities import (
    Feet,
    Month,
    Name,
    NotNegative,
    WholeBarrels,
    WholeFeet,
    WholeMcf,
)

_KEPT_API_LENGTH = len("42-003-12345")


class WellType(DescribedEnum):
    """What a well is for."""

    OIL = "OIL", "Produces oil."
    GAS = "GAS", "Produces gas; a well above 100,000 cubic feet of gas per barrel is a gas well."
    INJECTION = "INJECTION", "Injects fluid into a productive reservoir (16 TAC §3.46)."
    DISPOSAL = "DISPOSAL", "Disposes of fluid outside productive reservoirs (16 TAC §3.9)."
    WATER_SUPPLY = "WATER_SUPPLY", "Supplies water to operations."
    OBSERVATION = "OBSERVATION", "Watches pressure or fluids."
    SERVICE = "SERVICE", "Serves other wells in another way."
    OTHER = "OTHER", "A purpose not listed; the source's word is kept in the attributes."
    UNKNOWN = "UNKNOWN", "No source states the purpose."


class WellStatus(DescribedEnum):
    """Where a well stands in its life."""

    PERMITTED = "PERMITTED", "A drilling permit is issued and drilling has not begun."
    DRILLING = "DRILLING", "Drilling has begun and no completion is reported."
    COMPLETED = "COMPLETED", "A completion report is filed (Form W-2 or G-1)."
    PRODUCING = "PRODUCING", "Production is reported (Form PR)."
    SHUT_IN = "SHUT_IN", "Able to produce and closed."
    INACTIVE = "INACTIVE", "Has not produced for long enough to count as inactive (16 TAC §3.15)."
    TEMPORARILY_ABANDONED = "TEMPORARILY_ABANDONED", "Set aside for later use and not plugged."
    PLUGGED = "PLUGGED", "Plugged and reported on Form W-3 (16 TAC §3.14)."
    UNKNOWN = "UNKNOWN", "No source states the status."


class WellProfile(DescribedEnum):
    """The shape of a wellbore."""

    VERTICAL = "VERTICAL", "Drilled straight down."
    DIRECTIONAL = "DIRECTIONAL", "Deviated on purpose to a place away from the surface location."
    HORIZONTAL = "HORIZONTAL", "Has a horizontal drainhole (16 TAC §3.86)."
    SIDETRACK = "SIDETRACK", "Drilled out of an earlier bore."


def _county_code(county: str | None, api_number: str) -> str:
    return county_code_of(county) if county else api_number[3:6]


class Well(GraphEntity):
    """A wellbore, known by its API number; one may stand on several leases.

    An API number of 12 or 14 digits is split: its last 2 or 4 digits go to `api_suffix`.
    """

    plural: ClassVar[str] = "wells"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("api_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("api_number",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("well_name", "api_number", "well_number")

    api_number: Annotated[ApiNumber, Sortable()] = Field(
        description="API number as 42-CCC-NNNNN: Texas, county and unique part."
    )
    api_suffix: ApiSuffix | None = Field(
        default=None,
        description="Sidetrack (2) or sidetrack and event (4) digits that follow the API number, "
        "zeros included, as the source gives them.",
    )
    well_name: Annotated[Name | None, Sortable()] = Field(
        default=None, description="Name of the well, often its lease's name and its number."
    )
    well_number: WellNumber | None = Field(
        default=None, description="Number of the well on its lease: text such as 1R or 752WG."
    )
    well_type: WellType = Field(default=WellType.UNKNOWN, description="What the well is for.")
    status: Annotated[WellStatus, Sortable()] = Field(
        default=WellStatus.UNKNOWN, description="Where the well stands in its life."
    )
    profile: WellProfile | None = Field(default=None, description="Shape of the wellbore.")
    district: Annotated[District | None, Sortable()] = Field(
        default=None, description="RRC district of the well."
    )
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County or offshore area of the surface location."
    )
    county_code: Annotated[CountyCode | None, Derived(("county", "api_number"), _county_code)] = (
        Field(
            default=None,
            description="Three-digit code of the county; of the API number's county where no source "
            "names one.",
        )
    )
    latitude: Latitude | None = Field(
        default=None, description="Latitude of the surface location, degrees north."
    )
    longitude: Longitude | None = Field(
        default=None, description="Longitude of the surface location, degrees east (negative)."
    )
    bottom_hole_latitude: Latitude | None = Field(
        default=None, description="Latitude of the bottom hole, degrees north."
    )
    bottom_hole_longitude: Longitude | None = Field(
        default=None, description="Longitude of the bottom hole, degrees east (negative)."
    )
    datum: Datum | None = Field(
        default=None, description="Geodetic datum of the positions; RRC files give NAD27."
    )
    location_quality: LocationQuality | None = Field(
        default=None, description="How far the surface position can be trusted."
    )
    total_depth_ft: Annotated[WholeFeet | None, Sortable()] = Field(
        default=None, description="Total measured depth in feet."
    )
    true_vertical_depth_ft: WholeFeet | None = Field(
        default=None, description="True vertical depth in feet."
    )
    distance_to_lease_line_ft: Feet | None = Field(
        default=None,
        description="Distance to the nearest lease line in feet; less than 467 ft statewide needs "
        "an exception (16 TAC §3.37).",
    )
    distance_to_nearest_well_ft: Feet | None = Field(
        default=None,
        description="Distance in feet to the nearest well of the same horizon on the tract; less "
        "than 1,200 ft statewide needs an exception (16 TAC §3.37).",
    )
    distance_to_unit_line_ft: Feet | None = Field(
        default=None, description="Distance to the nearest line of the pooled unit in feet."
    )
    acres_assigned: NotNegative | None = Field(
        default=None, description="Acres assigned to the well for density (16 TAC §3.38)."
    )
    spud_date: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day drilling began."
    )
    completion_date: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day of completion (Form W-2 or G-1)."
    )
    plugged_date: date | None = Field(default=None, description="Day of plugging (Form W-3).")
    first_production_month: Month | None = Field(
        default=None, description="First month with reported production, as its first day."
    )
    last_production_month: Month | None = Field(
        default=None, description="Last month with reported production, as its first day."
    )
    last_month_oil_bbl: WholeBarrels | None = Field(
        default=None, description="Oil or condensate of the last month in barrels."
    )
    last_month_gas_mcf: WholeMcf | None = Field(
        default=None, description="Gas of the last month in mcf."
    )
    last_month_water_bbl: WholeBarrels | None = Field(
        default=None, description="Water of the last month in barrels."
    )
    is_h2s: bool | None = Field(
        default=None, description="Whether the well is sour: hydrogen sulfide, 16 TAC §3.36."
    )
    lease_id: Annotated[UUID | None, References("Lease", "lease")] = Field(
        default=None, description="The lease the well is mainly reported on."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator of record."
    )
    field_id: Annotated[UUID | None, References("Field", "field")] = Field(
        default=None, description="The field the well is mainly completed in."
    )

    @model_validator(mode="before")
    @classmethod
    def _split_api_number(cls, data: Any) -> Any:
        written = data.get("api_number") if isinstance(data, dict) else None
        if not isinstance(written, str) or (
            written[2:3] == "-" and len(written) == _KEPT_API_LENGTH
        ):
            return data
        return _with_suffix(data, written)

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "spud_date", "completion_date")
        refuse_reversed(self, "spud_date", "plugged_date")
        refuse_reversed(self, "first_production_month", "last_production_month")
        return self

    @classmethod
    def key(cls, api_number: str) -> str:
        """The natural key of a well by its API number in any accepted form."""
        return parse_api_number(api_number)[0]


def _with_suffix(data: dict[str, Any], written: str) -> dict[str, Any]:
    """The data with the sidetrack and event digits of the API number in `api_suffix`."""
    try:
        number, suffix = parse_api_number(written)
    except ValueError:
        return data
    if suffix is None:
        return data
    if data.get("api_suffix") not in (None, suffix):
        message = f"api_suffix must be {suffix}, as the last digits of the API number say"
        raise field_error("api_suffix", message, data["api_suffix"])
    return {**data, "api_number": number, "api_suffix": suffix}
