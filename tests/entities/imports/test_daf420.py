"""The drilling permit master: written lines, dirty ones, and the genuine daily files."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.daf420 import read_daf420
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import PermitStatus, PermitType, WellProfile, WellStatus, WellType
from tests.entities.imports.official_reading import GENUINE, Reading, columns

FILES = GENUINE / "w1_daf420"
with_genuine_data = pytest.mark.skipif(
    not FILES.is_dir(), reason=f"the genuine RRC files are not at {GENUINE}"
)


def root(**texts: tuple[int, str]) -> str:
    usual = {
        "id": (1, "01"),
        "status": (3, "091234599"),
        "county": (12, "227"),
        "lease": (15, "SAMPLE UNIT"),
        "district": (47, "10"),
        "operator": (49, "123450"),
        "received": (59, "20251103"),
        "name": (67, "SAMPLE OPERATING, LLC"),
        "flag": (101, "A"),
        "issued": (120, "20251105"),
        "well": (157, "   1H "),
    }
    return columns(212, **{**usual, **texts})


def permit(**texts: tuple[int, str]) -> str:
    usual = {
        "id": (1, "02"),
        "number": (3, "091234599"),
        "county": (12, "227"),
        "lease": (15, "SAMPLE UNIT"),
        "district": (47, "10"),
        "well": (49, "   1H "),
        "depth": (55, "09000"),
        "operator": (60, "123450"),
        "type": (66, "01"),
        "dates": (122, "2025110320251105" + "0" * 40),
        "status_date": (171, "0000000020271105" + "0" * 8),
        "flags": (225, "NNNN" + "0" * 14 + "N"),
        "acres": (326, "00064050"),
        "lease_1": (359, "00046700NORTH"),
        "lease_2": (380, "00033000EAST"),
        "nearest_well": (443, "807.0"),
        "more_flags": (471, "O00000000 NNNN"),
        "shape": (493, " YN"),
        "api": (503, "22742789"),
    }
    return columns(510, **{**usual, **texts})


def field(number: str = "85280300", rule37: str = "N", rule38: str = "N", code: str = "O") -> str:
    return f"03{number}{code}  N{'0' * 16}{rule37}{rule38}{'0' * 18}"


def free(text: str, code: str = "29", flag: str = "P") -> str:
    return f"0801{code}{text:<70}{flag}{'0' * 10}"


SURFACE = "14-101.2482900  32.4123487"
BOTTOM = "15-101.2380489  32.3723550"


def read(tmp_path: Path, *lines: str, end: str = "\n") -> Reading:
    path = tmp_path / "daf420.dat"
    path.write_bytes((end.join(lines) + end).encode("latin-1"))
    return Reading(read_daf420, path)


def test_an_application_becomes_permit_well_operator_and_field(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit(), field(rule37="Y"), SURFACE, BOTTOM)
    assert seen.rejections == seen.remarks == []
    found = seen.entity("Permit")
    assert (found["permit_number"], found["amendment_sequence"]) == ("0912345", 0)
    assert found["permit_type"] is PermitType.DRILL
    assert found["status"] is PermitStatus.APPROVED
    assert found["district"] == "08"
    assert found["county"] == "HOWARD"
    assert found["submitted_on"] == date(2025, 11, 3)
    assert found["approved_on"] == date(2025, 11, 5)
    assert found["expires_on"] == date(2027, 11, 5)
    assert "spud_on" not in found
    assert found["acres"] == 640.5
    assert found["nearest_well_ft"] == 807.0
    assert found["is_horizontal"] is True
    assert found["is_rule_37_exception"] is True
    assert found["is_rule_38_exception"] is False
    assert found["statewide_rules"] == ["37"]
    assert (found["surface_latitude"], found["surface_longitude"]) == (32.4123487, -101.24829)
    assert found["attributes"]["field_numbers"] == ["85280300"]
    operator = seen.entity("Operator", only_if_absent=True)
    assert (operator["p5_number"], operator["name"]) == ("123450", "SAMPLE OPERATING, LLC")
    reservoir = seen.entity("Field", only_if_absent=True)
    assert (reservoir["rrc_field_id"], reservoir["district"]) == ("85280300", "08")
    assert seen.ends("PERMITS") == [("0912345|0", "42-227-42789")]
    assert seen.ends("OPERATES") == [("P5|123450", "42-227-42789")]
    assert seen.ends("IN_FIELD") == [("42-227-42789", "85280300")]
    assert seen.ends("GOVERNED_BY") == [("0912345|0", "SWR_37")]
    assert seen.links("OPERATES")[0].properties["inferred"] is False


def test_what_a_permit_guesses_of_a_well_never_changes_a_known_one(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit(), field(), SURFACE, BOTTOM)
    guess = seen.entity("Well", only_if_absent=True)
    assert guess["status"] is WellStatus.PERMITTED
    assert guess["well_type"] is WellType.OIL
    known = seen.entity("Well", only_if_absent=False)
    assert "status" not in known
    assert "well_type" not in known
    assert known["profile"] is WellProfile.HORIZONTAL
    assert known["bottom_hole_longitude"] == -101.2380489


def test_a_sequence_number_counts_amendments_down_from_99(tmp_path: Path) -> None:
    amended = (122, "202511032025091220251103" + "0" * 32)
    seen = read(
        tmp_path,
        root(status=(3, "091234598")),
        permit(number=(3, "091234598"), dates=amended),
        SURFACE,
        BOTTOM,
    )
    found = seen.entity("Permit")
    assert found["amendment_sequence"] == 1
    assert found["approved_on"] == date(2025, 11, 3)
    assert found["attributes"]["original_issued_date"] == "2025-09-12"
    assert seen.rejections == []


def test_an_amendment_after_the_term_keeps_the_end_of_the_term_apart(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        root(),
        permit(
            dates=(122, "202511032023092920251105" + "0" * 32),
            status_date=(171, "0000000020250929" + "0" * 8),
        ),
        SURFACE,
        BOTTOM,
    )
    assert "expires_on" not in seen.entity("Permit")
    assert seen.entity("Permit")["attributes"]["expired_date"] == "2025-09-29"
    assert [found.field for found in seen.remarks] == ["expired_date"]


def test_status_is_derived_from_what_came_after_the_issue(tmp_path: Path) -> None:
    spudded = (122, "2025110320251105" + "0" * 16 + "20251110" + "0" * 16)
    seen = read(tmp_path, root(), permit(dates=spudded), SURFACE, BOTTOM)
    assert seen.entity("Permit")["status"] is PermitStatus.DRILLED
    assert seen.entity("Well", only_if_absent=True)["status"] is WellStatus.DRILLING
    older = (122, "2025110320251105" + "0" * 16 + "20111111" + "0" * 16)
    done = permit(type=(66, "14"), dates=older, status_date=(170, "W201201012027110500000000"))
    seen = read(tmp_path, root(), done, SURFACE, BOTTOM)
    assert seen.entity("Permit")["status"] is PermitStatus.APPROVED
    assert seen.entity("Permit")["permit_type"] is PermitType.RECOMPLETE
    well = seen.entity("Well", only_if_absent=True)
    assert well["status"] is WellStatus.COMPLETED
    assert well["completion_date"] == date(2012, 1, 1)
    cancelled = permit(status_date=(171, "000000002027110520260101"))
    assert read(tmp_path, root(), cancelled).entity("Permit")["status"] is PermitStatus.CANCELLED


@pytest.mark.parametrize(
    ("flag", "status"),
    [("P", "PENDING"), ("W", "CANCELLED"), ("E", "DENIED"), ("D", "CANCELLED")],
)
def test_an_application_that_is_not_approved_needs_no_permit_record(
    tmp_path: Path, flag: str, status: str
) -> None:
    seen = read(tmp_path, root(flag=(101, flag)))
    found = seen.entity("Permit")
    assert found["status"] == status
    assert found["permit_type"] is PermitType.OTHER
    assert seen.entities("Well") == []


def test_unknown_codes_become_other_with_the_code_kept(tmp_path: Path) -> None:
    seen = read(
        tmp_path, root(flag=(101, "?")), permit(type=(66, "77")), field(code="%"), SURFACE, BOTTOM
    )
    found = seen.entity("Permit")
    assert found["permit_type"] is PermitType.OTHER
    assert found["status"] is PermitStatus.SUBMITTED
    assert found["attributes"]["type_application"] == "77"
    assert seen.entity("Well", only_if_absent=True)["well_type"] is WellType.OTHER
    assert sorted(remark.field for remark in seen.remarks) == [
        "application_well_code",
        "status_of_app_flag",
        "type_application",
    ]


def test_rules_36_37_and_38_with_case_numbers(tmp_path: Path) -> None:
    flags = permit(flags=(225, "NNYN" + "0308609" + "0301234" + "N"))
    seen = read(tmp_path, root(), flags, field(), SURFACE, BOTTOM)
    found = seen.entity("Permit")
    assert found["rule_37_case_number"] == "0308609"
    assert found["rule_38_docket_number"] == "0301234"
    assert found["is_rule_37_exception"]
    assert found["is_rule_38_exception"]
    assert found["is_rule_36_sour"]
    assert [end for _, end in seen.ends("GOVERNED_BY")] == ["SWR_36", "SWR_37", "SWR_38"]


def test_several_fields_take_the_district_of_their_own_record(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        root(),
        permit(),
        field("85280300"),
        "0410SAMPLE",
        field("00020010"),
        "0409SAMPLE",
        SURFACE,
        BOTTOM,
    )
    districts = {each["rrc_field_id"]: each["district"] for each in seen.entities("Field")}
    assert districts == {"85280300": "08", "00020010": "7C"}
    assert len(seen.ends("IN_FIELD")) == 2


def test_restrictions_are_put_together_from_their_lines(tmp_path: Path) -> None:
    long = "THIS TEXT RUNS ON PAST THE END OF ITS LINE AND BREAKS IN THE MIDDLE OF A WORD " * 2
    seen = read(
        tmp_path,
        root(),
        permit(),
        f"060101{' ' * 35}P",
        f"060202{' ' * 35}F",
        "078528030000000",
        free(long[:70]),
        free(long[70:140]),
        free("LATERAL # TH1", "28", "F"),
        "098528030000000",
        free("TERMINUS LOCATION", "28", "F"),
        "098528030000000",
        SURFACE,
        BOTTOM,
    )
    standard, sour, joined, lateral = seen.entity("Permit")["restrictions"]
    assert standard["code"] == "01"
    assert sour["text"].startswith("For field 85280300: Hydrogen sulfide")
    assert joined == {"code": "29", "text": long[:140].strip()}
    assert lateral["text"] == "For field 85280300: LATERAL # TH1\nTERMINUS LOCATION"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_with_a_line_break_in_it_is_joined(tmp_path: Path, end: str) -> None:
    seen = read(
        tmp_path,
        root(),
        permit(),
        "080129WILL BE COMPLIANT WITH THE RULE.",
        "\x85THE WELLS NEED AMENDING".ljust(45) + "F0000000000",
        "098528030000000",
        SURFACE,
        BOTTOM,
        end=end,
    )
    (restriction,) = seen.entity("Permit")["restrictions"]
    assert "WILL BE COMPLIANT WITH THE RULE." in restriction["text"]
    assert "THE WELLS NEED AMENDING" in restriction["text"]
    (remark,) = seen.remarks
    assert remark.origin.line == 4
    assert seen.rejections == []


def test_crlf_and_lf_read_the_same(tmp_path: Path) -> None:
    lines = (root(), permit(), field(), free("A TEXT"), SURFACE, BOTTOM)
    assert read(tmp_path, *lines).records == read(tmp_path, *lines, end="\r\n").records


def test_bad_values_are_told_and_the_rest_stays(tmp_path: Path) -> None:
    bad = permit(
        county=(12, "998"),
        district=(47, "99"),
        depth=(55, "9A000"),
        dates=(122, "2025133120251105" + "0" * 40),
        acres=(326, "SOMETEXT"),
        nearest_well=(443, "None"),
    )
    seen = read(tmp_path, root(), bad, field("8528A300"), "14-101.2X829  32.41   ", BOTTOM)
    told = {found.field for found in seen.rejections}
    assert told == {
        "county_code",
        "district",
        "total_depth",
        "received_date",
        "surface_acres",
        "field_number",
        "surface_latitude",
    }
    assert all(found.origin.file == "daf420.dat" for found in seen.rejections)
    found = seen.entity("Permit")
    assert found["approved_on"] == date(2025, 11, 5)
    assert "nearest_well_ft" not in found
    assert found["attributes"]["nearest_well"] == "None"
    assert len(seen.ends("PERMITS")) == 1


def test_a_bad_api_number_costs_the_well_and_not_the_permit(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit(api=(503, "22700000")), field(), SURFACE, BOTTOM)
    assert seen.entities("Well") == []
    assert seen.entity("Permit")["permit_number"] == "0912345"
    assert [(found.field, found.value) for found in seen.rejections] == [("api_number", "22700000")]
    assert seen.ends("PERMITS") == seen.ends("IN_FIELD") == []


def test_a_short_permit_record_costs_the_permit(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit()[:300], field(), SURFACE)
    assert seen.entities("Permit") == []
    assert [line for line, _, _ in seen.rejected] == [2, 1]
    assert "300 characters long where at least 510" in seen.rejections[0].reason


def test_a_truncated_file_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "daf420.dat"
    whole = "\n".join([root(), permit(), field(), SURFACE, BOTTOM]) + "\n"
    path.write_bytes((whole + root(status=(3, "091234699")) + "\n" + permit()[:90]).encode())
    seen = Reading(read_daf420, path)
    assert len(seen.entities("Permit")) == 1
    assert [line for line, _, _ in seen.rejected] == [7, 6]


def test_lines_without_a_place_are_told(tmp_path: Path) -> None:
    path = tmp_path / "daf420.dat"
    lines = [root(), "078528030000000", "0410", permit(), permit(), "ZZ NOT A RECORD", SURFACE]
    path.write_text("\n".join(lines), encoding="latin-1")
    seen = Reading(read_daf420, path)
    assert [line for line, _, _ in seen.rejected] == [2, 3, 5, 6]
    (remark,) = seen.remarks
    assert remark.reason == "the application has no bottom-hole (15) record"


def test_positions_out_of_texas_are_kept_with_a_remark(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit(), "14 -80.0000000  10.0000000", BOTTOM)
    assert seen.entity("Permit")["surface_latitude"] == 10.0
    assert {remark.reason for remark in seen.remarks} == {"the position lies outside Texas"}


def test_positions_with_implied_decimals_lie_in_the_west(tmp_path: Path) -> None:
    seen = read(tmp_path, root(), permit(), "14" + "001012482900" + "000324123487", BOTTOM)
    assert seen.entity("Permit")["surface_longitude"] == -101.24829


@pytest.mark.parametrize(
    "content", [b"", b"API_NO}DISTRICT\n1}2\n", b"01\n02\n", b"PK\x03\x04 zip", b"\xff\xfe\x00\x00"]
)
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.dat"
    path.write_bytes(content)
    with pytest.raises(UnrecognisedFile, match=r"other\.dat.*drilling permit master"):
        Reading(read_daf420, path)
    with pytest.raises(UnrecognisedFile, match="no file of the directory"):
        Reading(read_daf420, tmp_path)
    with pytest.raises(UnrecognisedFile, match="no such file"):
        Reading(read_daf420, tmp_path / "absent.dat")


@with_genuine_data
def test_the_genuine_files() -> None:
    seen = Reading(read_daf420, FILES)
    assert seen.rejections == []
    kinds: Counter[str] = Counter()
    stray = 0
    for path in FILES.glob("*.dat"):
        for line in path.read_bytes().split(b"\n"):
            kinds[line[:2].decode("latin-1")] += 1
            stray += line.startswith(b"\x85")
    assert kinds["01"] == kinds["02"] == kinds["14"] == kinds["15"] == 428
    assert len(seen.entities("Permit")) == 428
    assert len([key for key in seen.keys if key.label == "Permit"]) == 285
    assert len({each["api_number"] for each in seen.entities("Well")}) == 284
    assert len(seen.entities("Field")) == 91
    assert len(seen.entities("Operator")) == 87
    assert len(seen.links("PERMITS")) == len(seen.links("OPERATES")) == 428
    assert len(seen.links("IN_FIELD")) == kinds["03"] == 473
    governed = Counter(end for _, end in seen.ends("GOVERNED_BY"))
    assert governed == {"SWR_36": 203, "SWR_37": 209, "SWR_38": 3}
    reasons = Counter(remark.reason.split(";")[0] for remark in seen.remarks)
    assert stray == 8
    assert reasons == {
        "a line break inside a text": stray,
        "the permit was amended after its term had ended": 35,
    }
    assert Counter(each["amendment_sequence"] for each in seen.entities("Permit")) == {
        0: 308,
        1: 107,
        2: 11,
        3: 2,
    }
    assert all("surface_latitude" in each for each in seen.entities("Permit"))
