"""Writes the sample's permits as a drilling permit master with positions (daf420)."""

from datetime import date

from graph_api.entities.imports.daf420_layout import (
    CANNED_RESTRICTION,
    FIELD,
    FIELD_SPECIFIC,
    FREE_RESTRICTION,
    LOCATION,
    PERMIT,
    ROOT,
)
from graph_api.entities.models import county_code_of, tape_code_of_district
from graph_api.sample.drilling import PERMITS, PermitOfSample
from graph_api.sample.fixed import record

_SURVEYS = {
    "MARTIN": "T&P RR CO", "GLASSCOCK": "T&P RR CO", "REEVES": "H&GN RR CO",
    "WARD": "H&TC RR CO", "LOVING": "PSL", "REAGAN": "GC&SF RR CO", "YOAKUM": "J H GIBSON",
}  # fmt: skip
_CASING = (
    "SET AND CEMENT SURFACE CASING THROUGH USABLE WATER AS THE GROUNDWATER LETTER FOR THIS "
    "LOCATION SAYS, AND TELL THE DISTRICT OFFICE EIGHT HOURS BEFORE IT IS RUN."
)
_SPACING = (
    "GRANTED AS AN EXCEPTION TO SPACING WITHOUT A PROTEST. NO OTHER WELL OF THE SAME RESERVOIR "
    "MAY BE COMPLETED NEARER ON THIS LEASE."
)

_WIDTH = 70
"""Characters of free text in one record; a text runs on inside a word."""


def daf420_file() -> str:
    """The file: each application's records 01, 02, 03, 04, 06, 08, 14 and 15."""
    return "".join(f"{line}\n" for permit in PERMITS for line in _application(permit))


def _application(permit: PermitOfSample) -> list[str]:
    lines = [_root(permit), _permit(permit), _field(permit), _field_specific(permit)]
    lines.append(_canned("01", "01"))
    if permit.is_sour:
        lines.append(_canned("02", "02"))
    lines += _free("29", _CASING)
    if permit.is_rule_37:
        lines += _free("30", _SPACING)
    well = permit.well
    for kind, (latitude, longitude) in (("14", well.surface), ("15", well.bottom_hole)):
        texts = {"longitude": f"{longitude:.7f}".rjust(12), "latitude": f"{latitude:.7f}".rjust(12)}
        lines.append(record(LOCATION, texts, {1: kind}))
    return lines


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day is not None else "0" * 8


def _number_of_well(permit: PermitOfSample) -> str:
    return f"{permit.well.number:>5} "


def _root(permit: PermitOfSample) -> str:
    texts = {
        "status_number": permit.number,
        "status_sequence_number": f"{99 - permit.amendment}",
        "county_code": county_code_of(permit.lease.county),
        "lease_name": permit.lease.name,
        "district": tape_code_of_district(permit.lease.district),
        "operator_number": permit.lease.operator.number,
        "date_app_received": _day(permit.received),
        "operator_name": permit.lease.operator.name,
        "status_of_app_flag": "A",
        "issue_date": _day(permit.issued),
        "withdrawn_date": _day(None),
        "well_number": _number_of_well(permit),
        "application_returned_flag": " ",
        "ecap_filing_flag": "E",
    }
    fillers = {1: "01", 99: "00", 102: "N" * 11, 113: permit.number, 136: "N", 163: "N"}
    return record(ROOT, texts, {**fillers, 164: "0" * 18, 184: "0" * 29})


def _permit(permit: PermitOfSample) -> str:
    well, of = permit.well, permit.lease
    horizontal = "Y" if well.is_horizontal else "N"
    texts = {
        "permit_number": permit.number,
        "sequence_number": f"{99 - permit.amendment}",
        "county_code": county_code_of(of.county),
        "lease_name": of.name,
        "district": tape_code_of_district(of.district),
        "well_number": _number_of_well(permit),
        "total_depth": f"{well.true_vertical_depth_ft + 150:05d}",
        "operator_number": of.operator.number,
        "type_application": "01",
        "onshore_county": "000",
        "received_date": _day(permit.received),
        "issued_date": _day(permit.issued),
        "amended_date": _day(permit.amended),
        "extended_date": _day(None),
        "spud_date": _day(permit.spudded),
        "surface_casing_date": _day(None),
        "well_status": "W" if permit.completed else " ",
        "well_status_date": _day(permit.completed),
        "expired_date": _day(permit.expires),
        "cancelled_date": _day(None),
        "p12_filed_flag": "Y" if "UNIT" in of.name else "N",
        "substandard_acreage_flag": "Y" if permit.is_rule_38 else "N",
        "rule_36_flag": "Y" if permit.is_sour else "N",
        "h9_flag": "Y" if permit.is_sour else "N",
        "rule_37_case_number": permit.rule_37_case or "0" * 7,
        "rule_38_docket_number": permit.rule_37_case if permit.is_rule_38 else "0" * 7,
        "location_format_flag": "N",
        "surface_section": str(1 + int(of.number) % 47),
        "surface_block": f"{31 + int(of.number) % 8} T{1 + int(of.number) % 4}N",
        "surface_survey": _SURVEYS.get(of.county, "T&P RR CO"),
        "surface_abstract": str(200 + int(of.number) % 900),
        "surface_acres": f"{(320 if well.is_horizontal else 40) * 100:08d}",
        "surface_lease_feet_1": f"{int(permit.nearest_line_ft * 100):08d}",
        "surface_lease_direction_1": "NORTH",
        "surface_lease_feet_2": f"{int(permit.nearest_line_ft * 240):08d}",
        "surface_lease_direction_2": "WEST",
        "nearest_well": f"{permit.nearest_well_ft:.1f}",
        "nearest_well_format_flag": "O",
        "cancelled_flag": " ",
        "spud_in_flag": "Y" if permit.spudded else "N",
        "directional_well_flag": "N",
        "sidetrack_well_flag": "N",
        "rule_37_granted_code": "A" if permit.is_rule_37 else " ",
        "horizontal_well_flag": horizontal,
        "nearest_lease_line": f"{permit.nearest_line_ft:.1f}",
        "api_number": well.api8,
    }
    return record(PERMIT, texts, {1: "02", 98: "0" * 21, 472: "0" * 8, 495: "N"})


def _field(permit: PermitOfSample) -> str:
    texts = {
        "field_number": permit.lease.field.number,
        "application_well_code": permit.lease.code,
        "completion_well_code": permit.lease.code if permit.completed else " ",
        "validation_date": _day(None),
        "completion_date": _day(permit.completed),
        "rule37_flag": "Y" if permit.is_rule_37 else "N",
        "rule38_flag": "Y" if permit.is_rule_38 else "N",
    }
    return record(FIELD, texts, {1: "03", 14: "N", 33: "0" * 18})


def _field_specific(permit: PermitOfSample) -> str:
    texts = {
        "district": tape_code_of_district(permit.lease.district),
        "lease_name": permit.lease.name,
        "total_depth": f"{permit.well.true_vertical_depth_ft + 150:05d}",
        "well_number": _number_of_well(permit),
        "acres": f"{(320 if permit.well.is_horizontal else 40) * 100:08d}",
    }
    return record(FIELD_SPECIFIC, texts, {1: "04", 56: "0" * 17})


def _canned(key: str, code: str) -> str:
    texts = {"key": key, "type": code, "flag": "P"}
    return record(CANNED_RESTRICTION, texts, {1: "06", 43: "0" * 10})


def _free(code: str, text: str) -> list[str]:
    return [
        record(
            FREE_RESTRICTION,
            {
                "key": f"{line + 1:02d}",
                "type": code,
                "remark": text[_WIDTH * line : _WIDTH * (line + 1)],
                "flag": "P",
            },
            {1: "08", 78: "0" * 10},
        )
        for line in range(-(-len(text) // _WIDTH))
    ]
