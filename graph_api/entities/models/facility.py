"""Places: well pads, plants, batteries, stations and flare points."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import GraphEntity, Lookup, References, Sortable, key_text
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.geography import (
    County,
    District,
    Latitude,
    LocationQuality,
    Longitude,
)
from graph_api.entities.models.identifiers import R3SerialNumber, RecordNumber, r3_serial_number
from graph_api.entities.models.quantities import Count, Name, NotNegative, ShortText


class Wellpad(GraphEntity):
    """A surface site from which one or more wells are drilled."""

    plural: ClassVar[str] = "wellpads"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("pad_id",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("pad_id",)), Lookup(("name",)))
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "pad_id")

    name: Annotated[Name, Sortable()] = Field(description="Name of the pad.")
    pad_id: Annotated[RecordNumber, Sortable()] = Field(description="The operator's id of the pad.")
    latitude: Latitude | None = Field(default=None, description="Latitude, degrees north.")
    longitude: Longitude | None = Field(
        default=None, description="Longitude, degrees east (negative)."
    )
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County of the pad."
    )
    well_slots: Annotated[Count | None, Sortable()] = Field(
        default=None, description="Number of wells the pad has room for."
    )
    surface_acres: NotNegative | None = Field(default=None, description="Area in acres.")


class FacilityType(DescribedEnum):
    """What a facility does."""

    TANK_BATTERY = "TANK_BATTERY", "Gathers and stores the liquids of leases."
    GAS_PLANT = "GAS_PLANT", "Processes gas and reports monthly on Form R-3."
    COMPRESSOR_STATION = "COMPRESSOR_STATION", "Raises the pressure of gas in a pipeline."
    FLARE = "FLARE", "A flare or vent point named in an exception (16 TAC §3.32)."
    SALTWATER_DISPOSAL = "SALTWATER_DISPOSAL", "Disposes of produced water (16 TAC §3.9)."
    CENTRAL_PROCESSING = "CENTRAL_PROCESSING", "Treats the production of several leases."
    METERING_STATION = "METERING_STATION", "Measures volumes at a change of hands."
    TERMINAL = "TERMINAL", "Stores and loads liquids for transport."
    OTHER = "OTHER", "Another kind; the source's word is kept in the attributes."


class Facility(GraphEntity):
    """A place where oil, gas or water is gathered, treated, measured, flared or stored."""

    plural: ClassVar[str] = "facilities"
    natural_key_fields: ClassVar[tuple[str, ...]] = (
        "facility_type",
        "rrc_serial_number",
        "name",
        "latitude",
        "longitude",
    )
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("rrc_serial_number",), optional=("facility_type",)),
        Lookup(("name",), optional=("facility_type",)),
    )
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "rrc_serial_number")

    name: Annotated[Name, Sortable()] = Field(description="Name of the facility.")
    facility_type: Annotated[FacilityType, Sortable()] = Field(description="What it does.")
    rrc_serial_number: Annotated[R3SerialNumber | None, Sortable()] = Field(
        default=None, description="Serial number of a gas plant on Form R-3: 01-0562."
    )
    plant_type: ShortText | None = Field(
        default=None, description="Kind of plant in the words of Form R-3."
    )
    capacity: NotNegative | None = Field(
        default=None, description="Capacity, in the unit of `capacity_unit`."
    )
    capacity_unit: ShortText | None = Field(
        default=None, description="Unit of the capacity: bbl, mcf per day, horsepower."
    )
    district: Annotated[District | None, Sortable()] = Field(
        default=None, description="RRC district of the facility."
    )
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County of the facility."
    )
    latitude: Annotated[Latitude | None, Sortable()] = Field(
        default=None, description="Latitude, degrees north."
    )
    longitude: Annotated[Longitude | None, Sortable()] = Field(
        default=None, description="Longitude, degrees east (negative)."
    )
    location_quality: LocationQuality = Field(
        default=LocationQuality.UNKNOWN, description="How far the position can be trusted."
    )
    constructed_on: Annotated[date | None, Sortable()] = Field(
        default=None,
        description="Day of construction; decides between 40 CFR 60 OOOO, OOOOa and OOOOb.",
    )
    modified_on: date | None = Field(
        default=None, description="Day of the last modification under 40 CFR Part 60."
    )
    epa_subpart: ShortText | None = Field(
        default=None, description="Subpart that applies: OOOO, OOOOa or OOOOb."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator of the facility."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "constructed_on", "modified_on")
        return self

    @classmethod
    def key(cls, facility_type: str, rrc_serial_number: str) -> str:
        """The natural key, `GAS_PLANT|01-0562`, by R-3 serial number; ValueError if malformed."""
        return key_text(facility_type, r3_serial_number(rrc_serial_number))

    @classmethod
    def key_of_place(
        cls, facility_type: str, name: str, latitude: float | None, longitude: float | None
    ) -> str:
        """The natural key of a facility known by name and position: `FLARE|NAME|lat|lon`.

        Degrees stand with six decimals, about 0.1 m, so that equal positions have equal keys.
        """
        return key_text(facility_type, name, _degrees(latitude), _degrees(longitude))

    @classmethod
    def natural_key_of(cls, values: Mapping[str, Any]) -> str:
        """Type and R-3 serial number, or else type, name and position."""
        if serial := values.get("rrc_serial_number"):
            return key_text(values["facility_type"], serial)
        return cls.key_of_place(
            values["facility_type"], values["name"], values.get("latitude"), values.get("longitude")
        )


def _degrees(value: float | None) -> str:
    if value is None:
        return ""
    return f"{round(float(value), 6) + 0.0:.6f}"  # adding zero turns -0.0 into 0.0
