"""Reader of `pdq`, the Production Data Query dump: plain tables with `}` between the fields.

DISTRICT_NO is the tape code (10 is district 08) and DISTRICT_NAME the district as people write
it; the code decides and the name stands in where it is blank. Columns that name Commission staff
are not read. The lease tables run to a hundred million rows, so months are read without models.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

from graph_api.entities.imports.delimited import (
    Row,
    cells_of,
    plain_header,
    plain_rows,
)
from graph_api.entities.imports.entity_drafts import Mentions
from graph_api.entities.imports.official_texts import compact_month, whole_number
from graph_api.entities.imports.pdq_entities import (
    completion_records,
    field_records,
    lease_records,
    operator_records,
)
from graph_api.entities.imports.pdq_tables import (
    COMPLETIONS,
    CYCLES,
    DISPOSITIONS,
    EXPECTED,
    FIELDS,
    LEASES,
    OPERATORS,
    READING_ORDER,
    disposition_columns,
    table_of,
)
from graph_api.entities.imports.records import (
    EntityKey,
    Origin,
    Progress,
    Record,
    Rejection,
    VolumeRecord,
)
from graph_api.entities.imports.source_files import announce, files_of
from graph_api.entities.models import LARGEST_INT32, Lease, district_of_tape_code

_ENTITY_READERS = {
    OPERATORS: operator_records,
    FIELDS: field_records,
    LEASES: lease_records,
    COMPLETIONS: completion_records,
}
_PRODUCED = {
    "oil_bbl": "LEASE_OIL_PROD_VOL",
    "casinghead_mcf": "LEASE_CSGD_PROD_VOL",
    "gas_mcf": "LEASE_GAS_PROD_VOL",
    "condensate_bbl": "LEASE_COND_PROD_VOL",
}
_OF_CODE = {"O": ("oil_bbl", "casinghead_mcf"), "G": ("gas_mcf", "condensate_bbl")}
_KEYS_REMEMBERED = 100_000


def read_pdq(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Operators, fields, leases, wells and monthly volumes, in constant memory.

    Give the tables of one dump together: they are read in the order that links need.
    UnrecognisedFile if a path is not of the format; whatever is wrong inside a file is told by
    a rejection or a remark.
    """
    files = files_of(paths, table_of, EXPECTED)
    announce(files, progress)
    mentions = Mentions()
    for path, table in sorted(files, key=lambda file: READING_ORDER.index(file[1])):
        if table in (CYCLES, DISPOSITIONS):
            yield from _months(path, table, progress)
            continue
        records_of = _ENTITY_READERS[table]
        for row in cells_of(path, plain_header(path), plain_rows, progress):
            if isinstance(row, Rejection):
                yield row
            else:
                yield from records_of(row, mentions)


def _months(path: Path, table: str, progress: Progress) -> Iterator[Record]:
    """The lease-months of a table."""
    header = plain_header(path)
    columns = {name: index for index, name in enumerate(header)}
    lease_at = tuple(columns[name] for name in ("OIL_GAS_CODE", "DISTRICT_NO", "LEASE_NO"))
    month_at = columns["CYCLE_YEAR_MONTH"]
    volumes_of = _produced(columns) if table == CYCLES else _disposed(header)
    for row in plain_rows(path, progress):
        if isinstance(row, Rejection):
            yield row
            continue
        line, fields = row
        origin = Origin(path.name, line)
        code, district, number = (fields[index].strip() for index in lease_at)
        lease = _lease_key(code, district, number)
        month = _month(fields[month_at].strip())
        if isinstance(lease, str):
            yield Rejection(origin, "LEASE_NO", f"{code} {district} {number}", lease)
        elif isinstance(month, str):
            yield Rejection(origin, "CYCLE_YEAR_MONTH", fields[month_at].strip(), month)
        else:
            volumes, refused = volumes_of(row)
            for column, text, reason in refused:
                yield Rejection(origin, column, text, reason)
            if volumes:
                yield VolumeRecord(lease, month, volumes, origin)


@lru_cache(maxsize=_KEYS_REMEMBERED)
def _lease_key(code: str, district: str, number: str) -> EntityKey | str:
    """The key of a lease, or why there is none."""
    try:
        return EntityKey("Lease", Lease.key(code, district_of_tape_code(district), number))
    except ValueError as error:
        return str(error)


@lru_cache(maxsize=_KEYS_REMEMBERED)
def _month(text: str) -> date | str:
    try:
        return compact_month(text) or "must be a month as CCYYMM, for example 202511"
    except ValueError as error:
        return str(error)


_Refused = list[tuple[str, str, str]]
_VolumesOf = Callable[[Row], tuple[dict[str, int], _Refused]]


def _produced(columns: dict[str, int]) -> _VolumesOf:
    """What was produced, by a lease of either kind.

    Columns of the other kind count only if they are not zero. A month for which no report was
    filed (PROD_REPORT_FILED_FLAG N) is no volume, although the dump gives it zeros.
    """
    wanted = [(name, columns[column]) for name, column in _PRODUCED.items() if column in columns]
    code_at, filed_at = columns["OIL_GAS_CODE"], columns.get("PROD_REPORT_FILED_FLAG")

    def volumes_of(row: Row) -> tuple[dict[str, int], _Refused]:
        fields, refused = row[1], []
        own = _OF_CODE.get(fields[code_at].strip(), ())
        volumes = {}
        for name, index in wanted:
            volume, reason = _volume(fields[index])
            if reason is not None:
                refused.append((_PRODUCED[name], fields[index].strip(), reason))
            elif volume or (volume is not None and name in own):
                volumes[name] = volume
        unfiled = filed_at is not None and fields[filed_at].strip().upper() == "N"
        if unfiled and not any(volumes.values()):
            volumes = {}
        return volumes, refused

    return volumes_of


def _disposed(header: list[str]) -> _VolumesOf:
    """What was flared and vented, of gas-well gas and casinghead gas together."""
    wanted = disposition_columns(header)

    def volumes_of(row: Row) -> tuple[dict[str, int], _Refused]:
        fields, refused = row[1], []
        volumes = {}
        for name, indexes in wanted.items():
            parts = []
            for index in indexes:
                volume, reason = _volume(fields[index])
                if reason is not None:
                    refused.append((header[index], fields[index].strip(), reason))
                elif volume is not None:
                    parts.append(volume)
            if parts:
                volumes[name] = sum(parts)
        return volumes, refused

    return volumes_of


def _volume(text: str) -> tuple[int | None, str | None]:
    """A volume in whole bbl or mcf, or None and why; a blank is neither."""
    stripped = text.strip()
    if not stripped:
        return None, None
    if stripped.isascii() and stripped.isdigit() and len(stripped) < 10:  # the usual case, cheaply
        return int(stripped), None
    try:
        volume = whole_number(stripped)
    except ValueError as error:
        return None, str(error)
    if not 0 <= volume <= LARGEST_INT32:
        return None, f"must be from 0 to {LARGEST_INT32}"
    return volume, None
