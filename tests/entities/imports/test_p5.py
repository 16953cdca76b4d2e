"""The organisation file of Form P-5: records written to the layout of manual ORA001."""

from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.p5 import read_p5
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import OrganizationType, P5Status
from tests.entities.imports.official_reading import Reading, columns

TABLE = columns(350, id=(1, "1T"), code=(3, "PIPE-L"), type=(9, "SR"), name=(11, "OPERATORS"))


def organisation(**texts: tuple[int, str]) -> str:
    usual = {
        "id": (1, "A "),
        "number": (3, "036587"),
        "name": (9, "SAMPLE OIL CO."),
        "codes": (41, "YANPB"),
        "address": (71, "P O BOX 1"),
        "city": (133, "MIDLAND"),
        "state": (146, "TX"),
        "zip": (148, "797010001"),
        "dates": (243, "1985031500000000"),
        "phone": (259, "4325550100"),
        "month": (269, "06"),
        "received": (295, "20250520"),
        "emergency": (325, "4325559999"),
    }
    return columns(350, **{**usual, **texts})


def record(kind: str, code: str, number: str = "036587") -> str:
    return columns(
        350, id=(1, kind), number=(3, number), name=(9, "SAMPLE OIL CO."), code=(41, code)
    )


def read(tmp_path: Path, *lines: str, end: str = "\n") -> Reading:
    path = tmp_path / "orf850.txt"
    path.write_bytes(end.join([TABLE, *lines, ""]).encode("latin-1"))
    return Reading(read_p5, path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_organisation_becomes_an_operator(tmp_path: Path, end: str) -> None:
    seen = read(tmp_path, organisation(), record("U ", "OPRS/O"), record("R ", "GTHS/G"), end=end)
    assert seen.rejections == seen.remarks == []
    found = seen.entity("Operator", only_if_absent=False)
    assert (found["p5_number"], found["name"]) == ("036587", "SAMPLE OIL CO.")
    assert found["p5_status"] is P5Status.ACTIVE
    assert found["organization_type"] is OrganizationType.LIMITED_PARTNERSHIP
    assert found["p5_last_filed_on"] == date(2025, 5, 20)
    assert found["phone"] == "4325550100"
    assert found["mailing_address"] == "P O BOX 1, MIDLAND, TX 79701-0001"
    assert found["attributes"]["activities"] == ["OPRS/O"]
    assert found["attributes"]["activity_restrictions"] == ["GTHS/G"]
    assert found["attributes"]["refile_notice_month"] == "06"
    assert found["source_reference"] == "orf850.txt:2"


def test_officers_remarks_and_the_emergency_telephone_are_not_read(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        organisation(),
        record("K ", "JANE EXAMPLE"),
        record("P ", "CALLED JANE EXAMPLE"),
        record("F ", "PIPE-L"),
    )
    assert len(seen.records) == 1
    assert "JANE" not in str(seen.records)
    assert "4325559999" not in str(seen.records)


@pytest.mark.parametrize(
    ("code", "status"),
    [("I", P5Status.INACTIVE), ("D", P5Status.DELINQUENT), ("S", P5Status.SEE_REMARKS)],
)
def test_statuses(tmp_path: Path, code: str, status: P5Status) -> None:
    found = read(tmp_path, organisation(codes=(41, f"N{code}NPG"))).entity("Operator")
    assert found["p5_status"] is status
    assert found["organization_type"] is OrganizationType.OTHER


def test_unknown_codes_and_bad_values_are_told(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        organisation(codes=(41, "YXHPZ"), received=(295, "20251350")),
        organisation(number=(3, "ABCDEF")),
        organisation(number=(3, "      ")),
        organisation(number=(3, "000000")),
        organisation(number=(3, "111111"), name=(9, " " * 32)),
    )
    found = seen.entity("Operator")
    assert "p5_status" not in found
    assert found["organization_type"] is OrganizationType.OTHER
    assert found["attributes"]["p5_status"] == "X"
    assert {remark.field for remark in seen.remarks} == {"p5_status", "organization_code"}
    assert [(line, name) for line, name, _ in seen.rejected] == [
        (2, "last_p5_received_date"),
        (3, "operator_number"),
        (4, "operator_number"),
        (5, "operator_number"),
        (6, "name"),
    ]


def test_zeros_are_no_dates_and_no_telephone(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        organisation(phone=(259, "0" * 10), month=(269, "00"), received=(295, "0" * 8)),
    ).entity("Operator")
    assert "phone" not in found
    assert "p5_last_filed_on" not in found
    assert "date_inactive" not in found["attributes"]


def test_short_stray_and_foreign_lines_are_told(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        organisation()[:200],
        record("U ", "OPRS/O"),
        "ZZ STRAY",
        "",
        organisation(name=(9, "CA\xd1ON \x85 OIL")),
        record("U ", "OPRS/O", "999999"),
    )
    assert [line for line, _, _ in seen.rejected] == [2, 3, 4, 7]
    assert seen.entity("Operator")["name"] == "CA\xd1ON OIL"


@pytest.mark.parametrize("content", ["", "A}B\n", "01091234599\n", "A BADNUM\n"])
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnrecognisedFile, match=r"other\.txt.*orf850"):
        Reading(read_p5, path)
