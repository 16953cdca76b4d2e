"""The tables of the W-1 applications pending approval, and one application put together.

Tables are known by their header, not by the file's name. Three of them (perpendiculars of the
wellbore, of the field and of the profile) have one header and say nothing that the graph holds;
the mailing addresses are not read at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph_api.entities.imports.delimited import Cells, cells_of, quoted_header, quoted_rows
from graph_api.entities.imports.records import Progress, Rejection

PERMITS = "drilling permits"
WELLBORES = "wellbores"
FIELDS = "permitted fields"
PROFILES = "wellbore profiles"
RESTRICTIONS = "permit restrictions"
RESOLUTIONS = "rule resolutions"
POSITIONS = "latitudes and longitudes"
PERPENDICULARS = "perpendiculars"
ADDRESSES = "mailing addresses"

_SIGNATURES: tuple[tuple[str, frozenset[str]], ...] = (
    (PERMITS, frozenset({"UNIVERSAL_DOC_NO", "STATUS_NUMBER", "STATUS_SEQ_NO", "STATUS_CODE"})),
    (WELLBORES, frozenset({"UNIVERSAL_DOC_NO", "WELLBORE_ID", "API_SEQUENCE_NUMBER"})),
    (FIELDS, frozenset({"UNIVERSAL_DOC_NO", "PERMITTED_FIELD_ID", "FIELD_ID"})),
    (PROFILES, frozenset({"WELLBORE_PROFILE_ID", "PERMITTED_FIELD_ID", "PROFILE_CODE"})),
    (RESTRICTIONS, frozenset({"UNIVERSAL_DOC_NO", "RESTRICTION_CODE", "RESTRICTION_TEXT"})),
    (RESOLUTIONS, frozenset({"UNIVERSAL_DOC_NO", "SWR_RESLTN_CODE"})),
    (POSITIONS, frozenset({"API_SEQUENCE_NUMBER", "LATITUDE", "LONGITUDE", "LOCATION_TYPE"})),
    (PERPENDICULARS, frozenset({"PERP_ID", "PERP_TYPE_CODE"})),
    (ADDRESSES, frozenset({"MAILING_ADDRESS_ID", "ADDRESS_LINE1"})),
)

_BY_APPLICATION = {WELLBORES, FIELDS, RESTRICTIONS, RESOLUTIONS}
_PASSED_OVER = {PERPENDICULARS, ADDRESSES}


def table_of(path: Path) -> str | None:
    """Which table a file holds by its header; None if it is none of them."""
    columns = set(quoted_header(path))
    return next((table for table, needed in _SIGNATURES if needed <= columns), None)


@dataclass(slots=True)
class PendingApplication:
    """One application with its rows from all tables."""

    permit: Cells
    rows: dict[str, list[Cells]] = field(default_factory=dict)
    positions: list[Cells] = field(default_factory=list)

    def of(self, table: str) -> list[Cells]:
        """The application's rows of one table."""
        return self.rows.get(table, [])


@dataclass(slots=True)
class PendingTables:
    """All rows of the export, joined by application. It is small: some hundred a day."""

    applications: dict[str, PendingApplication] = field(default_factory=dict)
    _rows: dict[str, list[Cells]] = field(default_factory=dict)

    def read(self, path: Path, table: str, progress: Progress) -> Iterator[Rejection]:
        """Take the rows of one file; those that are no rows are told."""
        for row in cells_of(path, quoted_header(path), quoted_rows, progress):
            if isinstance(row, Rejection):
                yield row
            elif table not in _PASSED_OVER:
                self._rows.setdefault(table, []).append(row)

    def join(self) -> Iterator[Rejection]:
        """Give every row to its application; a row of none is told."""
        for row in self._rows.get(PERMITS, []):
            number = row["UNIVERSAL_DOC_NO"]
            if number in self.applications:
                reason = "a second row of the permits table for one application"
                yield Rejection(row.origin, "UNIVERSAL_DOC_NO", number, reason)
            else:
                self.applications[number] = PendingApplication(row)
        for table in sorted(_BY_APPLICATION):
            for row in self._rows.get(table, []):
                yield from self._give(row, table, row["UNIVERSAL_DOC_NO"])
        yield from self._join_profiles()
        yield from self._join_positions()

    def _give(self, row: Cells, table: str, application_number: str) -> Iterator[Rejection]:
        application = self.applications.get(application_number)
        if application is None:
            reason = f"a row of the {table} for an application that no permits table lists"
            yield Rejection(row.origin, "UNIVERSAL_DOC_NO", application_number, reason)
        else:
            application.rows.setdefault(table, []).append(row)

    def _join_profiles(self) -> Iterator[Rejection]:
        application_of = {
            row["PERMITTED_FIELD_ID"]: row["UNIVERSAL_DOC_NO"] for row in self._rows.get(FIELDS, [])
        }
        for row in self._rows.get(PROFILES, []):
            yield from self._give(row, PROFILES, application_of.get(row["PERMITTED_FIELD_ID"], ""))

    def _join_positions(self) -> Iterator[Rejection]:
        of_api: dict[str, list[PendingApplication]] = {}
        for application in self.applications.values():
            for wellbore in application.of(WELLBORES):
                if api_number := wellbore["API_SEQUENCE_NUMBER"]:
                    of_api.setdefault(api_number, []).append(application)
        for row in self._rows.get(POSITIONS, []):
            found = of_api.get(row["API_SEQUENCE_NUMBER"], [])
            for application in found:
                application.positions.append(row)
            if not found:
                reason = "a position for an API number that no wellbore of the export has"
                number = row["API_SEQUENCE_NUMBER"]
                yield Rejection(row.origin, "API_SEQUENCE_NUMBER", number, reason)
