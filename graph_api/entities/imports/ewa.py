"""Reader of `ewa`, the wellbore export OG_WELLBORE_EWA_Report: one CSV row per completion.

The file has 59 columns and no header. DISTRICT_CODE is the district as people write it, not the
tape code: Andrews County stands under 08 and other rows say 7C and 8A. A file that holds tape
codes (11 to 14 and 07, no letters) is recognised before it is read and translated.

A wellbore has a row for each completion. A row off schedule (ON_SCHEDULE N) is history if its
wellbore has another on schedule: then it never changes what is known of the well. Each file is
looked through once before it is read. Commas in names were made blanks by the export.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from graph_api.entities.imports.csv_conversions import oil_gas_code
from graph_api.entities.imports.delimited import Cells, decoded
from graph_api.entities.imports.entity_drafts import Draft, Mentions, link
from graph_api.entities.imports.ewa_codes import COLUMNS, WELL_TYPE_NAMES
from graph_api.entities.imports.ewa_rows import FirstLook, export_rows, fields_of, is_on_schedule
from graph_api.entities.imports.official_texts import (
    compact_date,
    depth,
)
from graph_api.entities.imports.records import (
    EntityKey,
    Origin,
    Progress,
    Record,
    Rejection,
    Remark,
)
from graph_api.entities.imports.source_files import (
    announce,
    files_of,
    opening_lines,
)
from graph_api.entities.models import (
    Field,
    Lease,
    OperatesRole,
    Operator,
    Well,
    WellStatus,
    WellType,
    county_name,
    lease_number,
    parse_api_number,
)

SOURCE = "ewa"
EXPECTED = (
    "the wellbore export OG_WELLBORE_EWA_Report: a CSV file of 59 columns without a header, a "
    "district first and an 8-digit API number third"
)
_KEPT = (
    "OIL_UNIT_NUMBER",
    "WB_WATER_LAND_CODE",
    "WB_SHUT_IN_DATE",
    "WL_SHUT_IN_DATE",
    "WB_14B2_FLAG",
    "WL_14B2_EXT_STATUS",
    "CURR_INACT_YRS",
    "CURR_INACT_MOS",
    "RECENT_PERMIT",
    "W2_G1_FILED_DATE",
    "W3_FILE_DATE",
    "H15_STATUS_CODE",
)
_OF_DISTRICT = Callable[[str], str]


def read_ewa(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Wells, leases, operators, fields and their links, in constant memory.

    UnrecognisedFile if a path is not of the format; whatever is wrong inside a file is told by
    a rejection or a remark.
    """
    files = files_of(paths, _recognised, EXPECTED)
    announce(files, progress)
    mentions = Mentions()
    for path, _ in files:
        look = FirstLook(path)
        if look.has_tape_codes:
            reason = "the file holds districts as tape codes; they were translated"
            yield Remark(Origin(path.name, 1), "DISTRICT_CODE", "", reason)
        for row in export_rows(path, progress):
            if isinstance(row, Rejection):
                yield row
            else:
                yield from _row_records(row, look, mentions)


def _recognised(path: Path) -> bool | None:
    fields = fields_of(decoded(opening_lines(path, 1)[0]))
    if [name.strip().upper() for name in fields] == list(COLUMNS):
        return True
    api_number = fields[2].strip() if len(fields) == len(COLUMNS) else ""
    return True if len(api_number) == 8 and api_number.isdigit() else None


def _row_records(row: Cells, look: FirstLook, mentions: Mentions) -> Iterator[Record]:
    on_schedule, told = is_on_schedule(row), set[tuple[str, str]]()
    well = _well(row, look.district)
    well.tell_once(told)
    operator, field = _operator(row), _field(row, look.district)
    lease = _lease(row, look.district)
    for draft, only_if_absent in ((operator, True), (field, True), (lease, not on_schedule)):
        if draft is None:
            continue
        draft.tell_once(told)
        if draft.findings or draft.key is None or mentions.is_new((draft.key, only_if_absent)):
            yield from draft.records(only_if_absent=only_if_absent)
    named = WELL_TYPE_NAMES.get(row["WELL_TYPE_NAME"].upper())
    if named is not None and named.of_completion_only and well.key is not None:
        yield well.record(only_if_absent=True)
        well.values.pop("status", None)
    yield from well.records(only_if_absent=look.is_history(row))
    yield from _links(row, well.key, _key(lease), _key(operator), _key(field))


def _key(draft: Draft | None) -> EntityKey | None:
    return None if draft is None else draft.key


def _operator(row: Cells) -> Draft | None:
    if not row["OPERATOR_NUMBER"].strip("0"):
        return None
    draft = Draft(Operator, row.origin, SOURCE)
    if draft.read("p5_number", row["OPERATOR_NUMBER"], column="OPERATOR_NUMBER") is not None:
        draft.read("name", row["OPERATOR_NAME"] or f"OPERATOR {row['OPERATOR_NUMBER']}")
    return draft


def _field(row: Cells, of_district: _OF_DISTRICT) -> Draft | None:
    if not row["FIELD_NUMBER"].strip("0"):
        return None
    draft = Draft(Field, row.origin, SOURCE)
    if draft.read("rrc_field_id", row["FIELD_NUMBER"], column="FIELD_NUMBER") is not None:
        draft.read("name", row["FIELD_NAME"] or f"FIELD {row['FIELD_NUMBER']}")
        draft.read("district", row["DISTRICT_CODE"], of_district, "DISTRICT_CODE")
    return draft


def _lease(row: Cells, of_district: _OF_DISTRICT) -> Draft | None:
    if not row["LEASE_NUMBER"].strip("0"):
        return None
    draft = Draft(Lease, row.origin, SOURCE)
    code = draft.read("oil_gas_code", row["OIL_GAS_CODE"], oil_gas_code, "OIL_GAS_CODE")
    if code is None:
        return draft
    draft.read("district", row["DISTRICT_CODE"], of_district, "DISTRICT_CODE")
    draft.read(
        "rrc_lease_id",
        row["LEASE_NUMBER"],
        lambda text: lease_number(code, text),
        "LEASE_NUMBER",
    )
    draft.read("name", row["LEASE_NAME"], column="LEASE_NAME")
    draft.read("county", row["COUNTY_NAME"], county_name, "COUNTY_NAME")
    return draft


def _well(row: Cells, of_district: _OF_DISTRICT) -> Draft:
    draft = Draft(Well, row.origin, SOURCE)
    draft.read("api_number", row["API_NO"], lambda text: parse_api_number(text)[0], "API_NO")
    if "api_number" not in draft.values:
        return draft
    well_number = row["WELL_NO"] or row["WELL_NO_DISPLAY"]
    draft.read("well_number", well_number, column="WELL_NO")
    draft.read("well_name", f"{row['LEASE_NAME']} {well_number}")
    draft.read("district", row["DISTRICT_CODE"], of_district, "DISTRICT_CODE")
    draft.read("county", row["COUNTY_NAME"], county_name, "COUNTY_NAME")
    draft.read("total_depth_ft", row["API_DEPTH"], depth, "API_DEPTH")
    draft.read("completion_date", row["COMPLETION_DATE"], compact_date, "COMPLETION_DATE")
    draft.read("plugged_date", row["PLUG_DATE"], compact_date, "PLUG_DATE")
    _status_and_type(draft, row)
    for column in _KEPT:
        draft.attribute(column, row[column].strip("0") and row[column])
    return draft


def _status_and_type(draft: Draft, row: Cells) -> None:
    """A plugging date that no later completion follows makes the well PLUGGED."""
    name = row["WELL_TYPE_NAME"].upper()
    named = WELL_TYPE_NAMES.get(name)
    draft.attribute("WELL_TYPE_NAME", name)
    if named is not None:
        draft.put("status", named.status)
        of_lease = {"O": WellType.OIL, "G": WellType.GAS}.get(row["OIL_GAS_CODE"].upper())
        draft.put("well_type", named.well_type or of_lease)
    elif name:
        draft.put("status", WellStatus.UNKNOWN)
        draft.remark("WELL_TYPE_NAME", name, "the well type is not known; the status is UNKNOWN")
    plugged, completed = draft.values.get("plugged_date"), draft.values.get("completion_date")
    if plugged is not None and (completed is None or completed <= plugged):
        draft.put("status", WellStatus.PLUGGED)


def _links(
    row: Cells,
    well: EntityKey | None,
    lease: EntityKey | None,
    operator: EntityKey | None,
    field: EntityKey | None,
) -> Iterator[Record]:
    origin = row.origin
    code = row["OIL_GAS_CODE"].upper()
    on_schedule = is_on_schedule(row)
    ended = None if on_schedule else _plugged_on(row)
    number = " ".join((row["WELL_NO"] or row["WELL_NO_DISPLAY"]).split()) or None
    yield from link(
        "HAS_WELL",
        lease,
        well,
        origin,
        SOURCE,
        well_number=number,
        oil_gas_code=code,
        valid_to=ended,
    )
    yield from link("IN_FIELD", well, field, origin, SOURCE)
    if not on_schedule:
        return
    role = OperatesRole.OPERATOR_OF_RECORD
    yield from link("OPERATES", operator, lease, origin, SOURCE, role=role)
    yield from link("OPERATES", operator, well, origin, SOURCE, role=role)
    yield from link("IN_FIELD", lease, field, origin, SOURCE)


def _plugged_on(row: Cells) -> object:
    try:
        return compact_date(row["PLUG_DATE"]) if row["PLUG_DATE"] else None
    except ValueError:
        return None
