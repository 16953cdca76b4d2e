"""The properties of each type of edge; a class is named like its edge type."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from graph_api.core.model import EdgeProperties
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import WellNumber
from graph_api.entities.models.lease import OilGasCode
from graph_api.entities.models.quantities import Feet


class OperatesRole(DescribedEnum):
    """In what capacity an organisation operates something."""

    OPERATOR_OF_RECORD = (
        "OPERATOR_OF_RECORD",
        "Answers to the Commission for it, as Form P-4 or the permit states.",
    )
    CONTRACT_OPERATOR = "CONTRACT_OPERATOR", "Runs it for the operator of record."
    OTHER = "OTHER", "Another capacity."


class GatheringRole(DescribedEnum):
    """What an organisation does with the production of a lease (Form P-4)."""

    GATHERER = "GATHERER", "Gathers it from the lease."
    PURCHASER = "PURCHASER", "Buys it."
    NOMINATOR = "NOMINATOR", "Nominates the volumes that it will take."


class Operates(EdgeProperties):
    """Operator to Lease, Well, Facility, Wellpad or PipelineRoute; Form P-4 states it for leases."""

    identity_fields: ClassVar[tuple[str, ...]] = ("role", "valid_from")
    role: OperatesRole = Field(
        default=OperatesRole.OPERATOR_OF_RECORD, description="In what capacity."
    )


class HasWell(EdgeProperties):
    """Lease to Well: a completion on the lease, as the wellbore file states it.

    One wellbore can stand on several leases, under a number of its own on each.
    """

    well_number: WellNumber | None = Field(
        default=None, description="Number of the well on this lease."
    )
    oil_gas_code: OilGasCode | None = Field(
        default=None, description="Whether it is completed here for oil or for gas."
    )


class InField(EdgeProperties):
    """Lease or Well to Field: the reservoir designation, from completions and permits."""


class ProducesFrom(EdgeProperties):
    """Field or Well to Formation, from completion reports (Forms W-2, G-1) or field rules."""


class OnPad(EdgeProperties):
    """Well to Wellpad, from the operator's records or concluded from positions."""


class Offsets(EdgeProperties):
    """Well to a neighbouring Well; spacing (16 TAC §3.37) is about these distances."""

    distance_ft: Feet = Field(description="Distance between the two wells in feet.")
    same_horizon: bool | None = Field(
        default=None, description="Whether both are completed in the same horizon."
    )


class Permits(EdgeProperties):
    """Permit to Well: the wellbore that a W-1 permit allows."""


class SubjectOf(EdgeProperties):
    """Permit, Well, Lease or FlaringAuthorization to the Hearing that decides on it, by docket."""


class FiledFor(EdgeProperties):
    """Filing to the Well, Lease or Facility that the form reports on."""


class FiledBy(EdgeProperties):
    """Filing to the Operator that the form names as filer."""


class GovernedBy(EdgeProperties):
    """Permit, Filing or FlaringAuthorization to the Regulation it answers to."""


class InstalledAt(EdgeProperties):
    """Equipment to the Well, Lease or Facility it stands at, from the operator's records."""

    installed_on: date | None = Field(default=None, description="Day it was installed there.")


class Authorizes(EdgeProperties):
    """FlaringAuthorization to the Lease, Well or Facility whose gas it lets be released.

    Form R-32 exports name a flare point but no lease: such a link is concluded from position and
    operator, and `inferred` says so.
    """

    distance_ft: Feet | None = Field(
        default=None,
        description="Distance in feet from the flare point, where concluded from positions.",
    )


class OccurredAt(EdgeProperties):
    """FlaringEvent to the Well, Lease or Facility where gas was released."""


class UnderAuthorization(EdgeProperties):
    """FlaringEvent to the FlaringAuthorization that covers it."""


class GatheredBy(EdgeProperties):
    """Lease to the Operator that gathers, purchases or nominates its production (Form P-4)."""

    identity_fields: ClassVar[tuple[str, ...]] = ("role", "valid_from")
    role: GatheringRole = Field(description="What the organisation does with the production.")
    percentage: float | None = Field(
        default=None, ge=0, le=100, description="Share of the production in percent."
    )
    is_current: bool = Field(default=True, description="Whether this is so today.")


class Serves(EdgeProperties):
    """Facility to the Lease or Wellpad whose production it handles."""


class FromFacility(EdgeProperties):
    """PipelineRoute to the Facility it starts at (Form T-4)."""


class ToFacility(EdgeProperties):
    """PipelineRoute to the Facility it leads to (Form T-4)."""


class Involves(EdgeProperties):
    """InfrastructureProject to the Facility, PipelineRoute or Wellpad it builds or changes."""
