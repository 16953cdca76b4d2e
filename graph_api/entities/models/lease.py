"""Leases: what the Commission counts production by."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from graph_api.core.model import GraphEntity, Lookup, References, Sortable, key_text
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.geography import County, District, district_name
from graph_api.entities.models.identifiers import gas_well_id, oil_lease_number
from graph_api.entities.models.quantities import Month, Name, NotNegative


class OilGasCode(DescribedEnum):
    """Whether a number is an oil lease's or a gas well's."""

    O = "O", "An oil lease: 5-digit number, unique in its district, many wells."  # noqa: E741
    G = "G", "A gas well: 6-digit id, unique statewide, one well."


class LeaseStatus(DescribedEnum):
    """The standing of a lease."""

    ACTIVE = "ACTIVE", "The lease reports production or may."
    INACTIVE = "INACTIVE", "The lease no longer reports."
    SEVERED = (
        "SEVERED",
        "Its certificate of compliance is cancelled: nothing may be produced or moved (16 TAC §3.73).",
    )
    UNKNOWN = "UNKNOWN", "No source states the standing."


def lease_number(oil_gas_code: str, number: str) -> str:
    """A lease number as kept for its code: 5 digits for O, 6 for G; ValueError names the form."""
    return gas_well_id(number) if oil_gas_code == OilGasCode.G else oil_lease_number(number)


class Lease(GraphEntity):
    """An oil lease or a gas well id: the unit that Form PR reports and Form P-4 assigns."""

    plural: ClassVar[str] = "leases"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("oil_gas_code", "district", "rrc_lease_id")
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("rrc_lease_id",), optional=("district", "oil_gas_code")),
    )
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "rrc_lease_id")

    name: Annotated[Name | None, Sortable()] = Field(
        default=None, description="Lease name, for example UNIVERSITY 10-20."
    )
    oil_gas_code: Annotated[OilGasCode, Sortable()] = Field(
        description="O for an oil lease, G for a gas well."
    )
    rrc_lease_id: Annotated[str, Sortable()] = Field(
        description="The bare number: 5 digits for oil, unique with the district; 6 digits for "
        "gas, unique statewide."
    )
    district: Annotated[District, Sortable()] = Field(description="RRC district of the lease.")
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County of the lease."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator of record (Form P-4)."
    )
    field_id: Annotated[UUID | None, References("Field", "field")] = Field(
        default=None, description="The field the lease produces from."
    )
    status: Annotated[LeaseStatus | None, Sortable()] = Field(
        default=None, description="Standing of the lease."
    )
    acreage_acres: NotNegative | None = Field(default=None, description="Area in acres.")
    effective_date: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day from which the current Form P-4 is effective."
    )
    is_severed: bool | None = Field(
        default=None,
        description="Whether the certificate of compliance is cancelled (16 TAC §3.73).",
    )
    last_reported_month: Annotated[Month | None, Sortable()] = Field(
        default=None, description="Last month for which Form PR was filed, as its first day."
    )

    @field_validator("rrc_lease_id", mode="after")
    @classmethod
    def _number_fits_the_code(cls, value: str, info: ValidationInfo) -> str:
        code = info.data.get("oil_gas_code")
        return value if code is None else lease_number(code, value)

    @classmethod
    def key(cls, oil_gas_code: str, district: str, rrc_lease_id: str) -> str:
        """The natural key, `O|08|20882`, of a lease from parts as written.

        ValueError says what is malformed.
        """
        if oil_gas_code not in OilGasCode.__members__:
            raise ValueError("must be O for an oil lease or G for a gas well")
        number = lease_number(oil_gas_code, rrc_lease_id)
        return key_text(oil_gas_code, district_name(district), number)
