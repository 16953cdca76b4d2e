"""The tables of the Production Data Query dump that are loaded, known by their header.

Of sixteen tables six are read. The others are code tables and sums by county, field, district
and operator; the sums by county and field are estimates that the Commission allots from leases.
"""

import re
from pathlib import Path

from graph_api.entities.imports.delimited import plain_header

OPERATORS = "OG_OPERATOR_DW"
FIELDS = "OG_FIELD_DW"
LEASES = "OG_REGULATORY_LEASE_DW"
COMPLETIONS = "OG_WELL_COMPLETION"
CYCLES = "OG_LEASE_CYCLE"
DISPOSITIONS = "OG_LEASE_CYCLE_DISP"

READING_ORDER = (OPERATORS, FIELDS, LEASES, COMPLETIONS, CYCLES, DISPOSITIONS)
"""The order in which tables are read, whatever order they are given in."""

_LEASE_KEY = frozenset({"OIL_GAS_CODE", "DISTRICT_NO", "LEASE_NO"})
_SIGNATURES: tuple[tuple[str, frozenset[str]], ...] = (
    (OPERATORS, frozenset({"OPERATOR_NO", "OPERATOR_NAME", "P5_STATUS_CODE"})),
    (FIELDS, frozenset({"FIELD_NO", "FIELD_NAME", "FIELD_CLASS", "WILDCAT_FLAG"})),
    (LEASES, _LEASE_KEY | {"LEASE_NAME", "LEASE_SEVERANCE_FLAG"}),
    (COMPLETIONS, _LEASE_KEY | {"WELL_NO", "API_COUNTY_CODE", "API_UNIQUE_NO"}),
    (CYCLES, _LEASE_KEY | {"CYCLE_YEAR_MONTH", "LEASE_OIL_PROD_VOL", "LEASE_GAS_PROD_VOL"}),
    (DISPOSITIONS, _LEASE_KEY | {"CYCLE_YEAR_MONTH", "LEASE_GAS_DISPCD04_VOL"}),
)

EXPECTED = (
    "a table of the Production Data Query dump that is loaded: a header of names with } between "
    f"them, of {', '.join(READING_ORDER)}"
)

_DISPOSED = re.compile(r"LEASE_(?:GAS|CSGD)_DISPCDE?(04|10|11)_VOL")


def table_of(path: Path) -> str | None:
    """Which table a file holds by its header; None if it is none that is loaded."""
    columns = set(plain_header(path))
    return next((table for table, needed in _SIGNATURES if needed <= columns), None)


def disposition_columns(header: list[str]) -> dict[str, list[int]]:
    """Positions of the columns that hold gas flared and gas vented.

    Code 04 was gas flared or vented until August 2021; since then 10 is flared and 11 vented. The
    dump is known with 04 only; the newer columns count where a file has them.
    """
    found: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        if match := _DISPOSED.fullmatch(name):
            column = "vented_mcf" if match[1] == "11" else "flared_mcf"
            found.setdefault(column, []).append(index)
    return found
