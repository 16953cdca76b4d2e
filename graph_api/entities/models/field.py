"""Fields, the reservoirs that rules speak of, and the formations they produce from."""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field as Described
from pydantic import model_validator

from graph_api.core.model import GraphEntity, Lookup, Sortable
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.geography import County, District
from graph_api.entities.models.identifiers import FieldNumber
from graph_api.entities.models.quantities import Feet, Name, NotNegative, ShortText, WholeFeet


class FieldClass(DescribedEnum):
    """What wells of a field are classified as."""

    OIL = "OIL", "An oil field (class O)."
    GAS = "GAS", "A gas field (class G)."
    BOTH = "BOTH", "A field with oil wells and gas wells (class B)."


class Field(GraphEntity):
    """A field as the Commission designates it: the reservoir that field rules apply to."""

    plural: ClassVar[str] = "fields"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("rrc_field_id",)
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("rrc_field_id",)),
        Lookup(("name",), optional=("district",)),
    )
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "rrc_field_id")

    name: Annotated[Name, Sortable()] = Described(
        description="Field name as designated, for example SPRABERRY (TREND AREA)."
    )
    rrc_field_id: Annotated[FieldNumber, Sortable()] = Described(
        description="Field number of the Commission, 8 digits, for example 85280300."
    )
    district: Annotated[District | None, Sortable()] = Described(
        default=None, description="RRC district of the field."
    )
    county: Annotated[County | None, Sortable()] = Described(
        default=None, description="County of the field, or of its discovery well."
    )
    field_class: Annotated[FieldClass | None, Sortable()] = Described(
        default=None, description="Whether the field is classified for oil, gas or both."
    )
    discovery_date: Annotated[date | None, Sortable()] = Described(
        default=None, description="Day the field was discovered."
    )
    has_special_rules: bool = Described(
        default=False,
        description="Whether field rules replace statewide spacing or density (16 TAC §3.37, §3.38).",
    )
    lease_line_spacing_ft: Feet | None = Described(
        default=None,
        description="Least distance in feet to a lease line under field rules; statewide it is "
        "467 ft (16 TAC §3.37). Null where the statewide rule applies.",
    )
    between_well_spacing_ft: Feet | None = Described(
        default=None,
        description="Least distance in feet between wells under field rules; statewide it is "
        "1,200 ft (16 TAC §3.37). Null where the statewide rule applies.",
    )
    density_acres: NotNegative | None = Described(
        default=None,
        description="Acres of a standard drilling unit under field rules (16 TAC §3.38). "
        "Null where the statewide rule applies.",
    )
    is_wildcat: bool = Described(
        default=False, description="Whether this is a wildcat designation, not a known reservoir."
    )
    unconventional_tight_reservoir: bool = Described(
        default=False,
        description="Whether the field is an unconventional fracture treated field, which has "
        "rules of its own for horizontal wells (16 TAC §3.86).",
    )


class Formation(GraphEntity):
    """A geological formation that fields and wells produce from."""

    plural: ClassVar[str] = "formations"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("name",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("name",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("name",)

    name: Annotated[Name, Sortable()] = Described(
        description="Name of the formation, for example WOLFCAMP."
    )
    depth_top_ft: Annotated[WholeFeet | None, Sortable()] = Described(
        default=None, description="Typical depth of the top in feet below the surface."
    )
    depth_base_ft: Annotated[WholeFeet | None, Sortable()] = Described(
        default=None, description="Typical depth of the base in feet below the surface."
    )
    lithology: ShortText | None = Described(
        default=None, description="Main rock, for example shale or limestone."
    )
    geologic_age: ShortText | None = Described(
        default=None, description="Geological age, for example Permian."
    )
    basin: Annotated[ShortText | None, Sortable()] = Described(
        default=None, description="Sedimentary basin, for example Midland Basin."
    )

    @model_validator(mode="after")
    def _base_is_below_top(self) -> Self:
        refuse_reversed(self, "depth_top_ft", "depth_base_ft")
        return self
