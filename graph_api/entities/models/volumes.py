"""Monthly volumes of leases, kept as rows beside the graph."""

from uuid import UUID

from pydantic import Field

from graph_api.core.model import AegisBase
from graph_api.entities.models.quantities import Month, WholeBarrels, WholeMcf


class LeaseVolume(AegisBase):
    """What one lease reported for one month on Form PR; null where nothing was reported."""

    lease_id: UUID = Field(description="The lease.")
    month: Month = Field(description="The month, as its first day.")
    oil_bbl: WholeBarrels | None = Field(default=None, description="Oil in barrels.")
    gas_mcf: WholeMcf | None = Field(
        default=None,
        description="Gas in mcf: gas-well gas or, where the source does not tell it apart, all gas.",
    )
    casinghead_mcf: WholeMcf | None = Field(
        default=None, description="Casinghead gas, produced with oil, in mcf."
    )
    condensate_bbl: WholeBarrels | None = Field(
        default=None, description="Condensate, produced with gas, in barrels."
    )
    flared_mcf: WholeMcf | None = Field(
        default=None,
        description="Gas flared in mcf: disposition code 10 since September 2021; before, code 04, "
        "which does not tell flared from vented.",
    )
    vented_mcf: WholeMcf | None = Field(
        default=None, description="Gas vented in mcf: disposition code 11 since September 2021."
    )
