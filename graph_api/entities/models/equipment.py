"""Equipment on wells, leases and facilities, as emission rules look at it."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import GraphEntity, Lookup, References, Sortable
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.quantities import Name, NotNegative, ShortText


class EquipmentType(DescribedEnum):
    """What a piece of equipment does."""

    FLARE_STACK = "FLARE_STACK", "Burns gas in the open."
    COMBUSTOR = "COMBUSTOR", "Burns gas in an enclosure."
    COMPRESSOR = "COMPRESSOR", "Raises the pressure of gas."
    SEPARATOR = "SEPARATOR", "Parts gas, oil and water."
    HEATER_TREATER = "HEATER_TREATER", "Breaks emulsions by heat."
    STORAGE_TANK = "STORAGE_TANK", "Holds liquids."
    VAPOR_RECOVERY_UNIT = "VAPOR_RECOVERY_UNIT", "Collects tank vapours for use or sale."
    METER = "METER", "Measures volumes."
    PUMP = "PUMP", "Moves liquids."
    DEHYDRATOR = "DEHYDRATOR", "Removes water from gas."
    PNEUMATIC_CONTROLLER = "PNEUMATIC_CONTROLLER", "Controls a process by gas or air pressure."
    OTHER = "OTHER", "Another kind."


class Equipment(GraphEntity):
    """A piece of equipment, with the emissions that decide whether federal rules apply."""

    plural: ClassVar[str] = "equipments"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("name", "serial_number")
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("name",), optional=("serial_number",)),
        Lookup(("serial_number",), optional=("name",)),
    )
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "serial_number", "manufacturer")

    equipment_type: Annotated[EquipmentType, Sortable()] = Field(description="What it does.")
    name: Annotated[Name, Sortable()] = Field(description="Name or tag of the equipment.")
    serial_number: Annotated[ShortText | None, Sortable()] = Field(
        default=None, description="Serial number the manufacturer gave it."
    )
    manufacturer: Name | None = Field(default=None, description="Who made it.")
    capacity: NotNegative | None = Field(
        default=None, description="Capacity, in the unit of `capacity_unit`."
    )
    capacity_unit: ShortText | None = Field(
        default=None, description="Unit of the capacity: bbl, mcf per day, horsepower."
    )
    status: Annotated[ShortText | None, Sortable()] = Field(
        default=None, description="Status in the words of the source."
    )
    installed_on: Annotated[date | None, Sortable()] = Field(
        default=None,
        description="Day of installation; decides between 40 CFR 60 OOOO, OOOOa and OOOOb.",
    )
    last_inspected_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day of the last inspection."
    )
    voc_tons_per_year: NotNegative | None = Field(
        default=None,
        description="Potential VOC emissions in short tons a year; 6 brings a tank battery under "
        "40 CFR 60.5365b(e).",
    )
    methane_tons_per_year: NotNegative | None = Field(
        default=None,
        description="Potential methane emissions in short tons a year; 20 brings a tank battery "
        "under 40 CFR 60.5365b(e).",
    )
    well_id: Annotated[UUID | None, References("Well", "well")] = Field(
        default=None, description="The well it serves."
    )
    lease_id: Annotated[UUID | None, References("Lease", "lease")] = Field(
        default=None, description="The lease it stands on."
    )
    facility_id: Annotated[UUID | None, References("Facility", "facility")] = Field(
        default=None, description="The facility it belongs to."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "installed_on", "last_inspected_on")
        return self
