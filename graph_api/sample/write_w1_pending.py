"""Writes the sample's pending W-1 applications as the tables of the twice-daily export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from graph_api.entities.models import county_code_of
from graph_api.sample.chance import moved
from graph_api.sample.drilling import PERMITS
from graph_api.sample.properties import WELLS, LeaseOfSample, Position, lease

_OPERATOR = "OPERATOR_NAME OPERATOR_NUMBER OPERATOR_PHONE DISTRICT"
PERMIT_COLUMNS = (
    "SWR38_ABBR_NOTICE IS_REAPPLIED UNIVERSAL_DOC_NO STATUS_NUMBER EFFECTIVE_DT RETURN_DT "
    "TOTAL_DEPTH IS_AMENDMENT SWR_36_FLAG DEVELOP_MINERALS_FLAG CASE_DOCKET_NO FINAL_PROTEST_DT "
    "STATUS_SEQ_NO SPUD_DT EXPEDITE_FLAG EXPEDITE_DATE_TIME FILING_PURPOSE_CODE "
    "SURFACE_CASING_DT DEFAULT_LEASE_NAME DEFAULT_WELL_NUMBER DEFAULT_VERTICAL DEFAULT_HORIZANTAL "
    "DEFAULT_SIDETRACK LOCKED_BY DEFAULT_DIRECTIONAL STATUS_CODE EXPIRATION_DATE "
    "WALKIN_CONTACT_NAME WALKIN_CONTACT_PHONE COMPLETION_CODE SWR_SUBSECT_CODE STAT_DT "
    "CURRENT_STATE_CODE BRIDGE_FLAG SWR_LIST BRIDGE_PRINT_FLAG HAS_DISCREPANCY SUBMIT_DATE "
    "CREATE_DATE UNIQUE_ADDRESS_NUMBER DKT_SUFFIX_CODE DKT_EXAMINER_CODE REAPPLIED_STATUS_NO "
    "OVERRIDE_FA_OP_CONSULT_YN OVERRIDE_P5_DELINQUENT_YN CASES_NO CASES_EXCEP_APPROVAL_CODE "
    f"APPROVED_BY {_OPERATOR}"
).split()
WELLBORE_COLUMNS = (
    "LATLONG_TYPE_CODE LAT_DEGREES LAT_MINUTES LAT_SECONDS LONG_DEGREES LONG_MINUTES LONG_SECONDS "
    "STATE_PLANE_ZONE_CODE STATE_PLANE_X GW1_FLAG LAT_DEGREES_S LAT_MINUTES_S LAT_SECONDS_S "
    "LONG_DEGREES_S LONG_MINUTES_S LONG_SECONDS_S API_SEQUENCE_NUMBER DIRECTIONS MODIFIED_BY "
    "NEAREST_TOWN_DISTANCE NEAREST_TOWN MODIFIED_DT API_LINKED_FLAG LOCATION_DESCRIPTION "
    "COUNTY_CODE SURFACE_LOCATION_CODE WELLBORE_ID OFFSHORE_COUNTY_CODE UNIVERSAL_DOC_NO "
    "HORIZ_WELLBORE_TYPE_CODE STACKED_LAT_STATUS_NO PSA_FLAG ALLOCATION_FLAG "
    f"STACKED_LATERAL_FLAG STATE_PLANE_Y {_OPERATOR}"
).split()
FIELD_COLUMNS = (
    "OFF_LEASE_PNTRN_PT_FLAG OFF_LEASE_SURF_LOC_FLAG REX_OLPP_OWN_OFFSET_YN REX_OLPP_WAVIER_YN "
    "REX_OLPP_NOTICE_YN REX_OLPP_PUBLICATION_YN REX_OLPP_HEARING_REQUEST_YN "
    "REX_OLPP_LAST_NOTICE_DT REX_OLPP_DOCKET_NO WELL_NUMBER UNIVERSAL_DOC_NO FIELD_ID "
    "WELL_TYPE_CODE MODIFIED_BY COMPLETION_DEPTH MODIFIED_DT PRIMARY_FIELD_FLAG "
    "NEAREST_WELL_DISTANCE NEAREST_LEASE_DISTANCE TOTAL_ACRES NON_CONCURRENT_37WELLS "
    "NON_CONCURRENT_38WELLS POOLED_UNIT_FLAG UNITIZED_DOCKET_NO SWR39_RESOLUTION "
    "REPORTED_LEASE_NAME WELL_COUNT ENTITY_DENSITY_DOCKET_NO FIELD_VALIDATED_DT W1A_TRACT_DT "
    "COMPLETION_DT COMPLETION_WELL_CODE PERMITTED_FIELD_ID TEXT_FOR_85279201 "
    "REX_OLPP_HEARING_OUTCOME_CODE SWR40_MULTI_ASSIGN_DOCKET_NO SWR40_APP_OWNS_ALL_WELLS_YN "
    "SWR40_OWNERSHIP_DIV_HORIZ_YN SWR40_WELL_CMPLT_UFT_FIELD_YN SWR40_MULTI_ASSIGN_ACRE_YN "
    "NRST_LEASE_DIST_SURF_LOC HORIZ_DEPTH_SEVERANCE_LOWER SWR40_OVERRIDE_DOCKET_NO_YN CASES_NO "
    f"{_OPERATOR}"
).split()
PROFILE_COLUMNS = (
    "PROFILE_NAME WELLBORE_PROFILE_ID PROFILE_CODE MODIFIED_BY PERMITTED_FIELD_ID MODIFIED_DT "
    f"NRST_LEASE_DIST_BOTM_LOC NRST_LEASE_DIST_FST_LST_TK_PT NRST_LEASE_DIST_PRP_ANY_TK_PT "
    f"{_OPERATOR}"
).split()
RESTRICTION_COLUMNS = (
    "PERMIT_RESTRICTION_ID RESTRICTION_CODE UNIVERSAL_DOC_NO RESTRICTION_TEXT MODIFIED_BY "
    f"MODIFIED_DT {_OPERATOR}"
).split()
RESOLUTION_COLUMNS = (
    f"UNIVERSAL_DOC_NO SWR_RESLTN_CODE MODIFIED_BY MODIFIED_DT SWR_RESOLUTION_ID {_OPERATOR}"
).split()
POSITION_COLUMNS = ("API_SEQUENCE_NUMBER", "LATITUDE", "LONGITUDE", "LOCATION_TYPE")
_HEADER_WIDTH = 750
"""The export breaks a long header after so many characters, even inside a name."""


@dataclass(frozen=True, slots=True)
class PendingApplication:
    """One application for a permit that the Commission has not decided on."""

    document: str
    permit_number: str
    sequence: int
    """99 for an original, 98 for the first amendment."""
    lease: LeaseOfSample
    well_number: str
    api8: str
    surface: Position
    rules: str
    submitted: date
    protest_by: date | None
    nearest_well_ft: int
    nearest_line_ft: int


def _new(
    order: int, key: str, well_number: str, rules: str, submitted: str, near: tuple[int, int]
) -> PendingApplication:
    of = lease(key)
    day = date.fromisoformat(submitted)
    protest_by = date(2026, 1, 12 + order) if rules else None
    place = moved(of.place, 410.0, 90.0 * order)
    return PendingApplication(
        f"5988446{order:02d}", f"9879{60 + 3 * order}", 99, of, well_number, "", place, rules, day,
        protest_by, *near,
    )  # fmt: skip


def _amended() -> PendingApplication:
    """An application to amend the newest permit of the planned lease."""
    permit = PERMITS[-1]
    return PendingApplication(
        "598844690", permit.number.lstrip("0"), 98, permit.lease, permit.well.number,
        permit.well.api8, permit.well.surface, "37", date(2025, 12, 11), date(2026, 1, 20), 380, 240,
    )  # fmt: skip


APPLICATIONS = (
    _new(1, "O|08|68470", "4H", "37", "2025-12-08", (440, 150)),
    _new(2, "O|08|68479", "3H", "", "2025-12-09", (1020, 470)),
    _new(3, "O|7C|27690", "3H", "37", "2025-12-09", (560, 200)),
    _new(4, "O|8A|78093", "9", "37,38", "2025-12-10", (610, 330)),
    _amended(),
)


def w1_pending_files() -> dict[str, str]:
    """The tables of one export, by file name."""
    return {
        "dp_drilling_permit_pending.txt": _table(PERMIT_COLUMNS, map(_permit, APPLICATIONS)),
        "dp_wellbore_pending.txt": _table(WELLBORE_COLUMNS, map(_wellbore, APPLICATIONS)),
        "dp_permitted_field_pending.txt": _table(FIELD_COLUMNS, map(_field, APPLICATIONS)),
        "dp_wellbore_profile_pending.txt": _table(PROFILE_COLUMNS, map(_profile, APPLICATIONS)),
        "dp_permit_restriction_pending.txt": _table(
            RESTRICTION_COLUMNS, map(_restriction, APPLICATIONS)
        ),
        "dp_swr_resolution_pending.txt": _table(
            RESOLUTION_COLUMNS, (_resolution(one) for one in APPLICATIONS if one.rules)
        ),
        "dp_latlongs_pending.txt": _table(list(POSITION_COLUMNS), _positions()),
    }


def _table(columns: list[str], rows: Iterable[Mapping[str, object]]) -> str:
    header = "}".join(columns)
    lines = [header[at : at + _HEADER_WIDTH] for at in range(0, len(header), _HEADER_WIDTH)]
    if len(lines) > 1:
        lines.append("")
    for row in rows:
        if strange := row.keys() - set(columns):
            raise ValueError(f"no column {', '.join(sorted(strange))}")
        lines.append("} ".join(f'"{row.get(column, "")}"' for column in columns) + "}")
    return "".join(f"{line}\n" for line in lines) + "\n"


def _day(day: date) -> str:
    return f"{day:%d-%b-%y}".upper()


def _operator(one: PendingApplication) -> dict[str, object]:
    return {
        "OPERATOR_NAME": one.lease.operator.name,
        "OPERATOR_NUMBER": one.lease.operator.number,
        "OPERATOR_PHONE": one.lease.operator.phone,
        "DISTRICT": one.lease.district,
    }


def _yes(condition: bool) -> str:
    return "Y" if condition else "N"


def _permit(one: PendingApplication) -> Mapping[str, object]:
    horizontal = one.lease.is_horizontal
    return {
        "UNIVERSAL_DOC_NO": one.document,
        "STATUS_NUMBER": one.permit_number,
        "TOTAL_DEPTH": one.lease.field.depth_ft + 300,
        "IS_AMENDMENT": _yes(one.sequence < 99),
        "SWR_36_FLAG": _yes(one.lease.district == "8A"),
        "DEVELOP_MINERALS_FLAG": "Y",
        "FINAL_PROTEST_DT": _day(one.protest_by) if one.protest_by else "",
        "STATUS_SEQ_NO": one.sequence,
        "EXPEDITE_FLAG": "N",
        "FILING_PURPOSE_CODE": "01",
        "DEFAULT_LEASE_NAME": one.lease.name,
        "DEFAULT_WELL_NUMBER": f"{one.well_number:>5} ",
        "DEFAULT_VERTICAL": _yes(not horizontal),
        "DEFAULT_HORIZANTAL": _yes(horizontal),
        "DEFAULT_SIDETRACK": "N",
        "DEFAULT_DIRECTIONAL": "N",
        "STATUS_CODE": "P",
        "CURRENT_STATE_CODE": "MAP",
        "SWR_LIST": one.rules,
        "HAS_DISCREPANCY": "N",
        "SUBMIT_DATE": f"{_day(one.submitted)} 09.14.22.500000 AM",
        "CREATE_DATE": f"{_day(one.submitted)} 08.47.03.120000 AM",
        "CASES_NO": f"OG-25-0009{one.document[-4:]}" if one.rules else "",
        **_operator(one),
    }


def _wellbore(one: PendingApplication) -> Mapping[str, object]:
    latitude, longitude = one.surface
    return {
        "LATLONG_TYPE_CODE": "1",
        **_sexagesimal("LAT", latitude),
        **_sexagesimal("LONG", longitude),
        "GW1_FLAG": "N",
        "API_SEQUENCE_NUMBER": one.api8,
        "DIRECTIONS": "NW",
        "NEAREST_TOWN_DISTANCE": 11 + int(one.document) % 9,
        "MODIFIED_DT": _day(one.submitted),
        "API_LINKED_FLAG": "Y" if one.api8 else "",
        "COUNTY_CODE": county_code_of(one.lease.county),
        "SURFACE_LOCATION_CODE": "L",
        "WELLBORE_ID": f"19{one.document[-5:]}",
        "UNIVERSAL_DOC_NO": one.document,
        **_operator(one),
    }


def _sexagesimal(axis: str, degrees: float) -> dict[str, object]:
    hundredths = round(abs(degrees) * 360_000)
    minutes, rest = divmod(hundredths, 6_000)
    whole, minutes = divmod(minutes, 60)
    return {
        f"{axis}_DEGREES": f"-{whole}" if degrees < 0 else whole,
        f"{axis}_MINUTES": minutes,
        f"{axis}_SECONDS": f"{rest / 100:.2f}",
    }


def _field(one: PendingApplication) -> Mapping[str, object]:
    return {
        "OFF_LEASE_PNTRN_PT_FLAG": "N",
        "OFF_LEASE_SURF_LOC_FLAG": "N",
        "WELL_NUMBER": f"{one.well_number:>5} ",
        "UNIVERSAL_DOC_NO": one.document,
        "FIELD_ID": one.lease.field.number,
        "WELL_TYPE_CODE": "O",
        "COMPLETION_DEPTH": one.lease.field.depth_ft,
        "MODIFIED_DT": _day(one.submitted),
        "PRIMARY_FIELD_FLAG": "Y",
        "NEAREST_WELL_DISTANCE": one.nearest_well_ft,
        "NEAREST_LEASE_DISTANCE": "" if one.lease.is_horizontal else one.nearest_line_ft,
        "TOTAL_ACRES": "640.00" if one.lease.is_horizontal else "160.00",
        "POOLED_UNIT_FLAG": _yes("UNIT" in one.lease.name),
        "REPORTED_LEASE_NAME": one.lease.name,
        "WELL_COUNT": len(WELLS[one.lease.key]),
        "PERMITTED_FIELD_ID": f"18{one.document[-5:]}",
        **_operator(one),
    }


def _profile(one: PendingApplication) -> Mapping[str, object]:
    horizontal = one.lease.is_horizontal
    return {
        "PROFILE_NAME": "TH1" if horizontal else "VR1",
        "WELLBORE_PROFILE_ID": f"17{one.document[-5:]}",
        "PROFILE_CODE": "HR" if horizontal else "VR",
        "PERMITTED_FIELD_ID": f"18{one.document[-5:]}",
        "MODIFIED_DT": _day(one.submitted),
        "NRST_LEASE_DIST_FST_LST_TK_PT": one.nearest_line_ft if horizontal else "",
        "NRST_LEASE_DIST_PRP_ANY_TK_PT": one.nearest_line_ft + 130 if horizontal else "",
        **_operator(one),
    }


def _restriction(one: PendingApplication) -> Mapping[str, object]:
    return {
        "PERMIT_RESTRICTION_ID": f"16{one.document[-5:]}",
        "RESTRICTION_CODE": "29",
        "UNIVERSAL_DOC_NO": one.document,
        "RESTRICTION_TEXT": "Tell the district office eight hours before surface casing is run.",
        "MODIFIED_DT": _day(one.submitted),
        **_operator(one),
    }


def _resolution(one: PendingApplication) -> Mapping[str, object]:
    return {
        "UNIVERSAL_DOC_NO": one.document,
        "SWR_RESLTN_CODE": "PUB",
        "MODIFIED_DT": _day(one.submitted),
        "SWR_RESOLUTION_ID": f"4{one.document[-5:]}",
        **_operator(one),
    }


def _positions() -> Iterable[Mapping[str, object]]:
    for one in APPLICATIONS:
        well = next((well for well in WELLS[one.lease.key] if well.api8 == one.api8), None)
        if well is None:
            continue
        for kind, (latitude, longitude) in (
            ("BOTTOM", well.bottom_hole),
            ("SURFACE", well.surface),
        ):
            yield {
                "API_SEQUENCE_NUMBER": one.api8,
                "LATITUDE": f"{latitude:.7f}",
                "LONGITUDE": f"{longitude:.7f}",
                "LOCATION_TYPE": kind,
            }
