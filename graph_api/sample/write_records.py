"""Writes what no official format covers, as files of the `records` format."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from graph_api.sample.drilling import PERMITS
from graph_api.sample.flaring import EXCEPTIONS
from graph_api.sample.links import Links, Row
from graph_api.sample.records_assets import (
    equipment,
    fields,
    formations,
    leases,
    operators,
    wellpads,
    wells,
)
from graph_api.sample.records_network import (
    facilities,
    infrastructure_projects,
    pipeline_routes,
)
from graph_api.sample.records_proceedings import filings, flaring_events, governed, hearings


def records_files() -> dict[str, str]:
    """One file for each kind, then the links, by file name."""
    links = Links()
    files = {
        "operators.csv": _text(operators()),
        "fields.csv": _text(fields(links)),
        "formations.csv": _text(formations()),
        "leases.csv": _text(leases()),
        "wells.csv": _text(wells(links)),
        "wellpads.csv": _text(wellpads(links)),
        "facilities.csv": _text(facilities(links)),
        "permits.csv": _text(_permits()),
        "flaring_authorizations.csv": _text(_flaring_authorizations()),
        "hearings.csv": _text(hearings(links)),
        "filings.csv": _text(filings(links)),
        "equipments.csv": _text(equipment(links)),
        "flaring_events.csv": _text(flaring_events(links)),
        "pipeline_routes.csv": _text(pipeline_routes()),
        "infrastructure_projects.csv": _text(infrastructure_projects(links)),
    }
    governed(links)
    return {**files, "links.csv": _text(links.rows)}


def _text(rows: Iterable[Row]) -> str:
    """A CSV file whose columns are those of all rows, in the order in which they come up."""
    kept = list(rows)
    columns = list(dict.fromkeys(name for row in kept for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in kept)
    return out.getvalue()


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _permits() -> Iterable[Row]:
    """Grounds of the spacing exceptions, which the permit master does not give."""
    for permit in PERMITS:
        if permit.is_rule_37:
            yield {
                "permit_number": permit.number,
                "amendment_sequence": permit.amendment,
                "permit_type": "DRILL",
                "rule_37_exception_reason": "PREVENT_WASTE"
                if permit.lease.is_horizontal
                else "PREVENT_CONFISCATION",
                "rule_37_requested_lease_line_ft": permit.nearest_line_ft,
                "rule_37_requested_between_wells_ft": permit.nearest_well_ft,
                "lease_id": "" if permit.lease.status == "PLANNED" else permit.lease.key,
            }


def _flaring_authorizations() -> Iterable[Row]:
    """Whether the exceptions of 2025 were granted without a hearing."""
    for one in EXCEPTIONS:
        if one.effective >= date(2025, 1, 1):
            yield {
                "authorization_number": one.number,
                "max_volume_mcf_per_day": one.rate_mcf_per_day,
                "submitted_on": date.fromordinal(one.effective.toordinal() - 12),
                "is_administrative": "N" if one.status == "Hearing Pending" else "Y",
            }
