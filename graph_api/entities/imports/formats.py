"""The source formats that can be loaded, by name."""

from dataclasses import dataclass

from graph_api.entities.imports.daf420 import read_daf420
from graph_api.entities.imports.ewa import read_ewa
from graph_api.entities.imports.p5 import read_p5
from graph_api.entities.imports.pdq import read_pdq
from graph_api.entities.imports.permian import read_permian
from graph_api.entities.imports.records import Reader
from graph_api.entities.imports.records_csv import read_records
from graph_api.entities.imports.w1_pending import read_w1_pending


@dataclass(frozen=True, slots=True)
class Format:
    """A source format: its name, what it is in one line, and its reader."""

    name: str
    description: str
    read: Reader


FORMATS: dict[str, Format] = {
    source.name: source
    for source in (
        Format(
            "permian",
            "Linked CSV tables of leases, wells, flaring exceptions, gatherers and volumes",
            read_permian,
        ),
        Format(
            "daf420",
            "Drilling permit master and trailer with latitudes and longitudes (daf420.dat)",
            read_daf420,
        ),
        Format(
            "w1-pending",
            "W-1 applications pending approval: the tables of one export",
            read_w1_pending,
        ),
        Format(
            "pdq",
            "Production Data Query dump: operators, fields, leases, wells, monthly volumes",
            read_pdq,
        ),
        Format("p5", "Organisation file of Form P-5 (orf850)", read_p5),
        Format("ewa", "Wellbore export, one row per completion (OG_WELLBORE_EWA_Report)", read_ewa),
        Format(
            "records",
            "The project's own CSV files: one for each kind, and links.csv",
            read_records,
        ),
    )
}
"""Every source format by its name."""
