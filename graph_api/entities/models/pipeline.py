"""Pipelines and the projects that bring gas to market instead of to the flare."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import GraphEntity, Lookup, References, Sortable
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import RecordNumber
from graph_api.entities.models.quantities import Mcf, Name, NotNegative, ShortText, Text


class Commodity(DescribedEnum):
    """What a pipeline carries."""

    CRUDE = "CRUDE", "Crude oil or condensate."
    GAS = "GAS", "Natural gas."
    NGL = "NGL", "Natural gas liquids."
    WATER = "WATER", "Produced or fresh water."
    CO2 = "CO2", "Carbon dioxide."
    OTHER = "OTHER", "Another commodity."


class PipelineRoute(GraphEntity):
    """A pipeline or a part of one, operated under a T-4 permit."""

    plural: ClassVar[str] = "pipeline_routes"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("name",)
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("name",)),
        Lookup(("t4_permit_number",), optional=("name",)),
    )
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "t4_permit_number")

    name: Annotated[Name, Sortable()] = Field(description="Name of the route.")
    t4_permit_number: Annotated[RecordNumber | None, Sortable()] = Field(
        default=None, description="Number of the permit to operate a pipeline, Form T-4."
    )
    diameter_inches: NotNegative | None = Field(default=None, description="Diameter in inches.")
    length_miles: Annotated[NotNegative | None, Sortable()] = Field(
        default=None, description="Length in miles."
    )
    commodity: Annotated[Commodity | None, Sortable()] = Field(
        default=None, description="What it carries."
    )
    status: Annotated[ShortText | None, Sortable()] = Field(
        default=None, description="Status in the words of the source."
    )
    max_pressure_psig: NotNegative | None = Field(
        default=None, description="Greatest operating pressure in psig."
    )
    from_facility_id: Annotated[UUID | None, References("Facility", "from_facility")] = Field(
        default=None, description="The facility it starts at."
    )
    to_facility_id: Annotated[UUID | None, References("Facility", "to_facility")] = Field(
        default=None, description="The facility it leads to."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator of the pipeline."
    )


class ProjectType(DescribedEnum):
    """What an infrastructure project builds."""

    PIPELINE_CONNECTION = "PIPELINE_CONNECTION", "A connection to a gathering system or pipeline."
    COMPRESSION = "COMPRESSION", "More compression."
    PROCESSING = "PROCESSING", "More gas processing."
    GAS_CAPTURE = "GAS_CAPTURE", "Capture of gas that is flared or vented."
    REINJECTION = "REINJECTION", "Return of gas to a reservoir."
    POWER_GENERATION = "POWER_GENERATION", "Use of gas to make power on site."
    OTHER = "OTHER", "Another project."


class ProjectStatus(DescribedEnum):
    """Where an infrastructure project stands."""

    PROPOSED = "PROPOSED", "Proposed and not yet approved."
    APPROVED = "APPROVED", "Approved and not yet begun."
    UNDER_CONSTRUCTION = "UNDER_CONSTRUCTION", "Being built."
    IN_SERVICE = "IN_SERVICE", "Built and in use."
    CANCELLED = "CANCELLED", "Given up."


class InfrastructureProject(GraphEntity):
    """A plan to build an outlet for gas, which flaring exceptions are weighed against."""

    plural: ClassVar[str] = "infrastructure_projects"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("name",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("name",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "description")

    name: Annotated[Name, Sortable()] = Field(description="Name of the project.")
    project_type: Annotated[ProjectType, Sortable()] = Field(description="What it builds.")
    status: Annotated[ProjectStatus, Sortable()] = Field(
        default=ProjectStatus.PROPOSED, description="Where it stands."
    )
    planned_start_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day construction is to begin."
    )
    planned_in_service_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day it is to be in service."
    )
    actual_in_service_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day it went into service."
    )
    gas_capture_mcf_per_day: Annotated[Mcf | None, Sortable()] = Field(
        default=None, description="Gas it is expected to keep from the flare, in mcf a day."
    )
    capital_usd: NotNegative | None = Field(default=None, description="Capital in US dollars.")
    description: Text | None = Field(default=None, description="The project in words.")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "planned_start_on", "planned_in_service_on")
        return self
