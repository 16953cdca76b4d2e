"""W-1 applications pending approval: written tables, dirty ones, and the genuine export."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.delimited import quoted_header
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.imports.w1_pending import read_w1_pending
from graph_api.entities.imports.w1_tables import table_of
from graph_api.entities.models import Datum, PermitStatus, PermitType, WellProfile
from tests.entities.imports.official_reading import GENUINE, Reading

FILES = GENUINE / "w1_pending"
with_genuine_data = pytest.mark.skipif(
    not FILES.is_dir(), reason=f"the genuine RRC files are not at {GENUINE}"
)

PERMIT = {
    "UNIVERSAL_DOC_NO": "498800001",
    "STATUS_NUMBER": "912345",
    "RETURN_DT": "",
    "TOTAL_DEPTH": "7500",
    "SWR_36_FLAG": "Y",
    "CASE_DOCKET_NO": "OG-25-00001234",
    "FINAL_PROTEST_DT": "02-JAN-26",
    "STATUS_SEQ_NO": "98",
    "SPUD_DT": "",
    "FILING_PURPOSE_CODE": "01",
    "DEFAULT_LEASE_NAME": "SAMPLE UNIT ",
    "DEFAULT_WELL_NUMBER": "A  2H ",
    "DEFAULT_HORIZANTAL": "Y",
    "DEFAULT_SIDETRACK": "N",
    "DEFAULT_DIRECTIONAL": "N",
    "STATUS_CODE": "P",
    "EXPIRATION_DATE": "17-NOV-27",
    "SWR_LIST": "37, 38",
    "SUBMIT_DATE": "09-DEC-25 08.54.53.814000 PM",
    "OPERATOR_NAME": "SAMPLE OPERATING, LLC",
    "OPERATOR_NUMBER": "012345",
    "OPERATOR_PHONE": "5125550100",
    "DISTRICT": "8A",
}
WELLBORE = {
    "UNIVERSAL_DOC_NO": "498800001",
    "WELLBORE_ID": "1097050",
    "API_SEQUENCE_NUMBER": "22742789",
    "COUNTY_CODE": "227",
    "LATLONG_TYPE_CODE": "2",
    "LAT_DEGREES": "31",
    "LAT_MINUTES": "4",
    "LAT_SECONDS": "49.26",
    "LONG_DEGREES": "-101",
    "LONG_MINUTES": "7",
    "LONG_SECONDS": "21.77",
}
FIELD = {
    "UNIVERSAL_DOC_NO": "498800001",
    "PERMITTED_FIELD_ID": "1814418",
    "FIELD_ID": "85280300",
    "WELL_TYPE_CODE": "O",
    "PRIMARY_FIELD_FLAG": "Y",
    "NEAREST_WELL_DISTANCE": "434",
    "NEAREST_LEASE_DISTANCE": "",
    "NRST_LEASE_DIST_SURF_LOC": "686",
    "TOTAL_ACRES": "978.03",
}
PROFILE = {
    "WELLBORE_PROFILE_ID": "1883309",
    "PERMITTED_FIELD_ID": "1814418",
    "PROFILE_CODE": "HR",
    "NRST_LEASE_DIST_BOTM_LOC": "",
    "NRST_LEASE_DIST_FST_LST_TK_PT": "100",
    "NRST_LEASE_DIST_PRP_ANY_TK_PT": "1208",
}
RESTRICTION = {
    "UNIVERSAL_DOC_NO": "498800001",
    "RESTRICTION_CODE": "29",
    "RESTRICTION_TEXT": 'Set "surface" casing {deep} enough} or not.',
}
RESOLUTION = {"UNIVERSAL_DOC_NO": "498800001", "SWR_RESLTN_CODE": "PUB"}


def write(path: Path, *rows: dict[str, str], end: str = "\n", broken_at: int = 0) -> Path:
    """A table as the export writes it, its header broken over two lines if asked."""
    header = "}".join(rows[0])
    if broken_at:
        header = f"{header[:broken_at]}{end}{header[broken_at:]}{end}"
    lines = ["} ".join(f'"{text}"' for text in row.values()) + "}" for row in rows]
    path.write_bytes((header + end + end.join(lines) + end).encode("latin-1"))
    return path


def read(tmp_path: Path, **tables: dict[str, str]) -> Reading:
    usual = {
        "permit": PERMIT,
        "wellbore": WELLBORE,
        "field": FIELD,
        "profile": PROFILE,
        "restriction": RESTRICTION,
        "resolution": RESOLUTION,
    }
    for name, row in {**usual, **tables}.items():
        if row:
            write(tmp_path / f"{name}.txt", row)
    return Reading(read_w1_pending, tmp_path)


def test_an_application_is_joined_from_its_tables(tmp_path: Path) -> None:
    seen = read(tmp_path)
    assert seen.rejections == seen.remarks == []
    found = seen.entity("Permit")
    assert (found["permit_number"], found["amendment_sequence"]) == ("0912345", 1)
    assert found["application_number"] == "498800001"
    assert found["status"] is PermitStatus.PENDING
    assert found["permit_type"] is PermitType.DRILL
    assert found["submitted_on"] == date(2025, 12, 9)
    assert found["expires_on"] == date(2027, 11, 17)
    assert found["protest_deadline"] == date(2026, 1, 2)
    assert found["district"] == "8A"
    assert found["county"] == "HOWARD"
    assert found["statewide_rules"] == ["37", "38"]
    assert found["rule_37_case_number"] == found["rule_38_docket_number"] == "OG-25-00001234"
    assert found["is_rule_36_sour"] is True
    assert found["nearest_well_ft"] == 434
    assert found["nearest_lease_line_ft"] == 100
    assert found["acres"] == 978.03
    assert found["restrictions"] == [
        {"code": "29", "text": 'Set "surface" casing {deep} enough} or not.'}
    ]
    assert found["datum"] is Datum.NAD83
    assert found["surface_latitude"] == pytest.approx(31.0803500)
    assert found["surface_longitude"] == pytest.approx(-101.1227139)
    assert found["attributes"]["rule_resolutions"] == ["PUB"]
    operator = seen.entity("Operator", only_if_absent=True)
    assert (operator["p5_number"], operator["phone"]) == ("012345", "5125550100")
    well = seen.entity("Well", only_if_absent=True)
    assert well["profile"] is WellProfile.HORIZONTAL
    assert "status" not in well
    assert seen.ends("PERMITS") == [("0912345|1", "42-227-42789")]
    assert seen.ends("IN_FIELD") == [("42-227-42789", "85280300")]
    assert [end for _, end in seen.ends("GOVERNED_BY")] == ["SWR_36", "SWR_37", "SWR_38"]


def test_a_new_well_has_no_api_number_and_so_no_well(tmp_path: Path) -> None:
    seen = read(tmp_path, wellbore={**WELLBORE, "API_SEQUENCE_NUMBER": ""})
    assert seen.entities("Well") == []
    assert seen.ends("PERMITS") == []
    assert seen.entity("Permit")["county"] == "HOWARD"
    assert seen.rejections == []


def test_decimal_degrees_and_the_table_of_positions(tmp_path: Path) -> None:
    decimal = {
        **WELLBORE,
        "LATLONG_TYPE_CODE": "1",
        "LAT_DEGREES": "32.5",
        "LAT_MINUTES": "",
        "LAT_SECONDS": "",
        "LONG_DEGREES": "101.25",
        "LONG_MINUTES": "",
        "LONG_SECONDS": "",
    }
    found = read(tmp_path, wellbore=decimal).entity("Permit")
    assert (found["surface_latitude"], found["surface_longitude"]) == (32.5, -101.25)
    assert found["datum"] is Datum.NAD27
    place = {"API_SEQUENCE_NUMBER": "22742789", "LATITUDE": "32.41", "LONGITUDE": "-101.24"}
    write(
        tmp_path / "positions.txt",
        {**place, "LOCATION_TYPE": "SURFACE"},
        {**place, "LATITUDE": "32.37", "LOCATION_TYPE": "BOTTOM"},
        {**place, "API_SEQUENCE_NUMBER": "22700001", "LOCATION_TYPE": "SURFACE"},
    )
    seen = Reading(read_w1_pending, tmp_path)
    found = seen.entity("Permit")
    assert (found["surface_latitude"], found["bottom_hole_latitude"]) == (32.41, 32.37)
    assert seen.rejected == [(4, "API_SEQUENCE_NUMBER", "22700001")]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"RETURN_DT": "10-DEC-25"}, "status", PermitStatus.RETURNED),
        ({"STATUS_CODE": "A"}, "status", PermitStatus.APPROVED),
        ({"STATUS_CODE": ""}, "status", PermitStatus.SUBMITTED),
        ({"FILING_PURPOSE_CODE": "07"}, "permit_type", PermitType.REENTER),
        ({"STATUS_SEQ_NO": "99"}, "amendment_sequence", 0),
    ],
)
def test_codes(tmp_path: Path, changes: dict[str, str], field: str, expected: object) -> None:
    seen = read(tmp_path, permit={**PERMIT, **changes})
    assert seen.entity("Permit")[field] == expected
    assert seen.rejections == seen.remarks == []


def test_unknown_codes_are_kept_and_told(tmp_path: Path) -> None:
    seen = read(tmp_path, permit={**PERMIT, "STATUS_CODE": "Q", "FILING_PURPOSE_CODE": "99"})
    found = seen.entity("Permit")
    assert found["status"] is PermitStatus.SUBMITTED
    assert found["permit_type"] is PermitType.OTHER
    assert found["attributes"]["STATUS_CODE"] == "Q"
    assert {remark.field for remark in seen.remarks} == {"STATUS_CODE", "FILING_PURPOSE_CODE"}


def test_bad_values_are_told_and_the_rest_stays(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        permit={
            **PERMIT,
            "UNIVERSAL_DOC_NO": "498800001",
            "TOTAL_DEPTH": "deep",
            "SUBMIT_DATE": "39-XXX-25",
            "OPERATOR_NUMBER": "ABC",
            "DISTRICT": "77",
        },
        wellbore={**WELLBORE, "API_SEQUENCE_NUMBER": "99999999", "LAT_MINUTES": "75"},
        field={**FIELD, "FIELD_ID": "85X"},
    )
    assert {found.field for found in seen.rejections} == {
        "TOTAL_DEPTH",
        "SUBMIT_DATE",
        "OPERATOR_NUMBER",
        "DISTRICT",
        "API_SEQUENCE_NUMBER",
        "LAT_DEGREES",
        "FIELD_ID",
    }
    assert seen.entity("Permit")["lease_name"] == "SAMPLE UNIT"
    assert seen.entities("Operator") == seen.entities("Well") == []


@pytest.mark.parametrize("sequence", ["", "xx", "123"])
def test_a_permit_without_a_sequence_number_is_rejected(tmp_path: Path, sequence: str) -> None:
    seen = read(tmp_path, permit={**PERMIT, "STATUS_SEQ_NO": sequence})
    assert seen.entities("Permit") == []
    assert "STATUS_SEQ_NO" in {found.field for found in seen.rejections}


def test_rows_of_no_application_are_told(tmp_path: Path) -> None:
    seen = read(tmp_path, restriction={**RESTRICTION, "UNIVERSAL_DOC_NO": "498899999"})
    assert seen.rejected == [(2, "UNIVERSAL_DOC_NO", "498899999")]
    write(tmp_path / "permit.txt", PERMIT, PERMIT)
    assert (3, "UNIVERSAL_DOC_NO", "498800001") in Reading(read_w1_pending, tmp_path).rejected


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_broken_inside_a_name_and_a_value_broken_over_lines(
    tmp_path: Path, end: str
) -> None:
    path = tmp_path / "anything.txt"
    write(path, RESTRICTION, end=end, broken_at=25)
    assert quoted_header(path) == list(RESTRICTION)
    text = {**RESTRICTION, "RESTRICTION_TEXT": f"first{end}second"}
    write(path, text, RESTRICTION, end=end, broken_at=25)
    write(tmp_path / "permit.txt", PERMIT)
    seen = Reading(read_w1_pending, tmp_path)
    first, second = seen.entity("Permit")["restrictions"]
    assert first["text"] == "first second"
    assert second["text"] == RESTRICTION["RESTRICTION_TEXT"]


def test_damaged_rows_are_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "restrictions.txt", RESTRICTION)
    good = path.read_bytes().splitlines()[1]
    path.write_bytes(path.read_bytes() + b'"498800001"} "29"}\n' + good + b'\n"4988')
    write(tmp_path / "permit.txt", {**PERMIT, "DEFAULT_LEASE_NAME": "CA\xd1ON"})
    seen = Reading(read_w1_pending, tmp_path)
    assert [line for line, _, _ in seen.rejected] == [3, 5]
    assert len(seen.entity("Permit")["restrictions"]) == 2
    assert seen.entity("Permit")["lease_name"] == "CA\xd1ON"


@pytest.mark.parametrize("content", ["", "A}B}C\n1}2}3\n", "01SOMETHING\n"])
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnrecognisedFile, match=r"other\.txt.*pending approval"):
        Reading(read_w1_pending, path)


@with_genuine_data
def test_the_genuine_export() -> None:
    tables = Counter(table_of(path) for path in FILES.iterdir())
    assert tables.pop("perpendiculars") == 3
    assert set(tables.values()) == {1}
    assert len(tables) == 7
    seen = Reading(read_w1_pending, FILES)
    assert seen.rejections == seen.remarks == []
    permits = seen.entities("Permit")
    assert len(permits) == 14
    assert {each["status"] for each in permits} == {PermitStatus.PENDING}
    assert sum(each["is_rule_37_exception"] for each in permits) == 8
    assert Counter(each["amendment_sequence"] for each in permits) == {0: 10, 1: 4}
    assert sum("surface_latitude" in each for each in permits) == 12
    assert sum(len(each["restrictions"]) for each in permits) == 11
    assert len(seen.entities("Operator")) == 7
    assert {each["rrc_field_id"] for each in seen.entities("Field")} == {
        "53613750",
        "85280300",
        "28899040",
        "00002001",
    }
    assert len(seen.ends("PERMITS")) == len(seen.ends("OPERATES")) == 4
    assert len(seen.ends("GOVERNED_BY")) == 8
