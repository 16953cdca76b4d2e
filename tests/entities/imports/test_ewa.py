"""The wellbore export: rows in the official format, as no genuine export is at hand."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.ewa import read_ewa
from graph_api.entities.imports.ewa_codes import COLUMNS
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import WellStatus, WellType
from tests.entities.imports.official_reading import GENUINE, Reading

REFERENCE = GENUINE / "reference" / "ewa_columns.csv"

ROW = {
    "DISTRICT_CODE": "08",
    "COUNTY_CODE": "003",
    "API_NO": "00301234",
    "COUNTY_NAME": "ANDREWS",
    "OIL_GAS_CODE": "O",
    "LEASE_NAME": "SAMPLE  A. B.",
    "FIELD_NUMBER": "33176001",
    "FIELD_NAME": "SAMPLE (DEAN)",
    "LEASE_NUMBER": "22356",
    "WELL_NO_DISPLAY": "\t 2R ",
    "OPERATOR_NAME": "SAMPLE OIL  INC.",
    "OPERATOR_NUMBER": "036587",
    "API_DEPTH": "12523",
    "WELL_TYPE_NAME": "PRODUCING",
    "WL_SHUT_IN_DATE": "0",
    "ON_SCHEDULE": "Y",
    "COMPLETION_DATE": "19720228",
    "CREATED_BY": "A LOADER",
    "WELL_NO": "2R",
    "ORIG_COMPLETION_DATE": "0",
}


def line(**changes: str) -> str:
    row = {**ROW, **changes}
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="").writerow(
        [row.get(name, "") for name in COLUMNS]
    )
    return text.getvalue()


def read(tmp_path: Path, *lines: str, end: str = "\n") -> Reading:
    path = tmp_path / "OG_WELLBORE_EWA_Report.csv"
    path.write_bytes(end.join([*lines, ""]).encode("latin-1"))
    return Reading(read_ewa, path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_becomes_well_lease_operator_and_field(tmp_path: Path, end: str) -> None:
    seen = read(tmp_path, line(), end=end)
    assert seen.rejections == seen.remarks == []
    well = seen.entity("Well", only_if_absent=False)
    assert well["api_number"] == "42-003-01234"
    assert well["well_number"] == "2R"
    assert well["well_name"] == "SAMPLE A. B. 2R"
    assert well["status"] is WellStatus.PRODUCING
    assert well["well_type"] is WellType.OIL
    assert well["total_depth_ft"] == 12523
    assert well["completion_date"] == date(1972, 2, 28)
    assert (well["district"], well["county"]) == ("08", "ANDREWS")
    lease = seen.entity("Lease", only_if_absent=False)
    assert (lease["oil_gas_code"], lease["district"], lease["rrc_lease_id"]) == ("O", "08", "22356")
    assert seen.entity("Operator", only_if_absent=True)["name"] == "SAMPLE OIL INC."
    assert seen.entity("Field", only_if_absent=True)["rrc_field_id"] == "33176001"
    assert seen.ends("HAS_WELL") == [("O|08|22356", "42-003-01234")]
    assert sorted(seen.ends("OPERATES")) == [
        ("P5|036587", "42-003-01234"),
        ("P5|036587", "O|08|22356"),
    ]
    assert len(seen.ends("IN_FIELD")) == 2
    assert "A LOADER" not in str(seen.records)


@pytest.mark.parametrize(
    ("name", "status", "well_type"),
    [
        ("SHUT IN", WellStatus.SHUT_IN, WellType.GAS),
        ("INJECTION", WellStatus.COMPLETED, WellType.INJECTION),
        ("TEMP ABANDONED", WellStatus.TEMPORARILY_ABANDONED, WellType.GAS),
        ("WATER SUPPLY", WellStatus.COMPLETED, WellType.WATER_SUPPLY),
        ("NO PRODUCTION", WellStatus.INACTIVE, WellType.GAS),
    ],
)
def test_well_type_names(
    tmp_path: Path, name: str, status: WellStatus, well_type: WellType
) -> None:
    gas = line(WELL_TYPE_NAME=name, OIL_GAS_CODE="G", LEASE_NUMBER="015896")
    seen = read(tmp_path, gas)
    assert seen.entity("Well")["status"] is status
    assert seen.entity("Well")["well_type"] is well_type
    assert seen.ends("HAS_WELL") == [("G|08|015896", "42-003-01234")]


def test_an_unknown_well_type_is_kept_and_told(tmp_path: Path) -> None:
    seen = read(tmp_path, line(WELL_TYPE_NAME="GHOST"))
    assert seen.entity("Well")["status"] is WellStatus.UNKNOWN
    assert seen.entity("Well")["attributes"]["WELL_TYPE_NAME"] == "GHOST"
    assert [(found.field, found.value) for found in seen.remarks] == [("WELL_TYPE_NAME", "GHOST")]


def test_a_row_off_schedule_is_history_beside_one_on_schedule(tmp_path: Path) -> None:
    plugged = line(
        ON_SCHEDULE="N",
        WELL_TYPE_NAME="",
        PLUG_DATE="19710715",
        COMPLETION_DATE="",
        LEASE_NUMBER="09015",
        WELL_NO="2",
    )
    seen = read(tmp_path, plugged, line())
    assert seen.entity("Well", only_if_absent=False)["status"] is WellStatus.PRODUCING
    assert seen.entity("Well", only_if_absent=True)["status"] is WellStatus.PLUGGED
    old, new = seen.links("HAS_WELL")
    assert old.properties["valid_to"] == date(1971, 7, 15)
    assert "valid_to" not in new.properties
    assert ("P5|036587", "O|08|09015") not in seen.ends("OPERATES")


def test_a_row_off_schedule_alone_says_what_the_well_is_now(tmp_path: Path) -> None:
    seen = read(tmp_path, line(ON_SCHEDULE="N", WELL_TYPE_NAME="", PLUG_DATE="20240715"))
    well = seen.entity("Well", only_if_absent=False)
    assert well["status"] is WellStatus.PLUGGED
    assert well["plugged_date"] == date(2024, 7, 15)


def test_a_completion_after_the_plugging_means_the_well_was_entered_again(tmp_path: Path) -> None:
    seen = read(tmp_path, line(PLUG_DATE="19860715", COMPLETION_DATE="19900306"))
    assert seen.entity("Well")["status"] is WellStatus.PRODUCING


def test_what_is_said_of_one_completion_does_not_change_the_well(tmp_path: Path) -> None:
    seen = read(tmp_path, line(), line(WELL_TYPE_NAME="SHUT IN-MULTI-COMPL", WELL_NO="2L"))
    known = seen.entities("Well", only_if_absent=False)
    assert known[0]["status"] is WellStatus.PRODUCING
    assert "status" not in known[1]


def test_districts_as_people_write_them_and_as_tape_codes(tmp_path: Path) -> None:
    seen = read(tmp_path, line(DISTRICT_CODE="7C"), line(DISTRICT_CODE="08", API_NO="00300002"))
    assert [each["district"] for each in seen.entities("Well")] == ["7C", "08"]
    seen = read(tmp_path, line(DISTRICT_CODE="11"), line(DISTRICT_CODE="10", API_NO="00300002"))
    assert [each["district"] for each in seen.entities("Well")] == ["8A", "08"]
    assert [found.field for found in seen.remarks] == ["DISTRICT_CODE"]
    seen = read(tmp_path, line(DISTRICT_CODE="8A"), line(DISTRICT_CODE="11", API_NO="00300002"))
    assert seen.rejected == [(2, "DISTRICT_CODE", "11")]


def test_bad_values_are_told_once_and_the_rest_stays(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        line(
            DISTRICT_CODE="99",
            COUNTY_NAME="ATLANTIS",
            API_DEPTH="deep",
            COMPLETION_DATE="19721399",
            OPERATOR_NUMBER="X",
            FIELD_NUMBER="1",
        ),
        line(API_NO="99900001"),
    )
    assert seen.rejected == [
        (1, "OPERATOR_NUMBER", "X"),
        (1, "FIELD_NUMBER", "1"),
        (1, "DISTRICT_CODE", "99"),
        (1, "COUNTY_NAME", "ATLANTIS"),
        (1, "API_DEPTH", "deep"),
        (1, "COMPLETION_DATE", "19721399"),
        (2, "API_NO", "99900001"),
    ]
    assert seen.entity("Well")["api_number"] == "42-003-01234"
    assert seen.entity("Lease")["rrc_lease_id"] == "22356"


def test_dirty_lines(tmp_path: Path) -> None:
    path = tmp_path / "ewa.csv"
    good = line(LEASE_NAME="CA\xd1ON")
    path.write_bytes(f'{good}\n"08","003"\n\n{good}\n{good[:50]}'.encode("latin-1"))
    seen = Reading(read_ewa, path)
    assert [number for number, _, _ in seen.rejected] == [2, 5]
    assert seen.entity("Lease")["name"] == "CA\xd1ON"


def test_a_header_line_is_passed_over(tmp_path: Path) -> None:
    seen = read(tmp_path, ",".join(COLUMNS), line())
    assert seen.rejections == []
    assert len(seen.entities("Well")) == 1


@pytest.mark.parametrize("content", ["", "a,b,c\n", "01091234599\n", '"08","003","x"\n'])
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnrecognisedFile, match=r"other\.csv.*59 columns"):
        Reading(read_ewa, path)


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the reference is not at {REFERENCE}")
def test_the_columns_are_those_of_the_reference() -> None:
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()[1:]
    assert [each.split(",")[1] for each in lines] == COLUMNS
