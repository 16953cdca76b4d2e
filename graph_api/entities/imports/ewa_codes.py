"""What the wellbore export (EWA) says of a well in WELL_TYPE_NAME: its status and its type."""

from collections.abc import Mapping
from typing import NamedTuple

from graph_api.entities.models import WellStatus, WellType

COLUMNS = [
    "DISTRICT_CODE",
    "COUNTY_CODE",
    "API_NO",
    "COUNTY_NAME",
    "OIL_GAS_CODE",
    "LEASE_NAME",
    "FIELD_NUMBER",
    "FIELD_NAME",
    "LEASE_NUMBER",
    "WELL_NO_DISPLAY",
    "OIL_UNIT_NUMBER",
    "OPERATOR_NAME",
    "OPERATOR_NUMBER",
    "WB_WATER_LAND_CODE",
    "MULTI_COMP_FLAG",
    "API_DEPTH",
    "WB_SHUT_IN_DATE",
    "WB_14B2_FLAG",
    "WELL_TYPE_NAME",
    "WL_SHUT_IN_DATE",
    "PLUG_DATE",
    "PLUG_LEASE_NAME",
    "PLUG_OPERATOR_NAME",
    "RECENT_PERMIT",
    "RECENT_PERMIT_LEASE_NAME",
    "RECENT_PERMIT_OPERATOR_NO",
    "ON_SCHEDULE",
    "OG_WELLBORE_EWA_ID",
    "W2_G1_FILED_DATE",
    "W2_G1_DATE",
    "COMPLETION_DATE",
    "W3_FILE_DATE",
    "CREATED_BY",
    "CREATED_DT",
    "MODIFIED_BY",
    "MODIFIED_DT",
    "WELL_NO",
    "P5_RENEWAL_MONTH",
    "P5_RENEWAL_YEAR",
    "P5_ORG_STATUS",
    "CURR_INACT_YRS",
    "CURR_INACT_MOS",
    "WL_14B2_EXT_STATUS",
    "WL_14B2_MECH_INTEG",
    "WL_14B2_PLG_ORD_SF",
    "WL_14B2_POLLUTION",
    "WL_14B2_FLDOPS_HOLD",
    "WL_14B2_H15_PROB",
    "WL_14B2_H15_DELQ",
    "WL_14B2_OPER_DELQ",
    "WL_14B2_DIST_SFP",
    "WL_14B2_DIST_SF_CLNUP",
    "WL_14B2_DIST_ST_PLG",
    "WL_14B2_GOOD_FAITH",
    "WL_14B2_WELL_OTHER",
    "SURF_EQP_VIOL",
    "W3X_VIOL",
    "H15_STATUS_CODE",
    "ORIG_COMPLETION_DATE",
]
"""The 59 columns, which the file itself does not name."""


class WellTypeName(NamedTuple):
    """The status and type that a WELL_TYPE_NAME stands for; no type means oil or gas."""

    status: WellStatus
    well_type: WellType | None = None
    of_completion_only: bool = False
    """Whether it speaks of one completion of a wellbore that may well produce from another."""


WELL_TYPE_NAMES: Mapping[str, WellTypeName] = {
    "PRODUCING": WellTypeName(WellStatus.PRODUCING),
    "PROD FACTOR WELL": WellTypeName(WellStatus.PRODUCING),
    "DOMESTIC USE WELL": WellTypeName(WellStatus.PRODUCING),
    "SHUT IN": WellTypeName(WellStatus.SHUT_IN),
    "SEALED": WellTypeName(WellStatus.SHUT_IN),
    "SHUT IN-MULTI-COMPL": WellTypeName(WellStatus.SHUT_IN, of_completion_only=True),
    "SWR-10-WELL": WellTypeName(WellStatus.COMPLETED, of_completion_only=True),
    "PARTIAL PLUG": WellTypeName(WellStatus.INACTIVE, of_completion_only=True),
    "NO PRODUCTION": WellTypeName(WellStatus.INACTIVE),
    "NOT ELIGIBLE FOR ALLOWABLE": WellTypeName(WellStatus.INACTIVE),
    "TEMP ABANDONED": WellTypeName(WellStatus.TEMPORARILY_ABANDONED),
    "ABANDONED": WellTypeName(WellStatus.UNKNOWN),
    "DELINQUENT": WellTypeName(WellStatus.UNKNOWN),
    "TRAINING": WellTypeName(WellStatus.UNKNOWN, WellType.OTHER),
    "INJECTION": WellTypeName(WellStatus.COMPLETED, WellType.INJECTION),
    "WATER SUPPLY": WellTypeName(WellStatus.COMPLETED, WellType.WATER_SUPPLY),
    "OBSERVATION": WellTypeName(WellStatus.COMPLETED, WellType.OBSERVATION),
    "OTHER TYPE SERVICE": WellTypeName(WellStatus.COMPLETED, WellType.SERVICE),
    "LPG STORAGE": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
    "GAS STRG-INJECTION": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
    "GAS STRG-WITHDRAWAL": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
    "GAS STRG-SALT FORMATION": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
    "BRINE MINING": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
    "GEOTHERMAL WELL": WellTypeName(WellStatus.COMPLETED, WellType.OTHER),
}
"""Names of the oil and gas well types. A well that serves, and so has no production, is COMPLETED."""
