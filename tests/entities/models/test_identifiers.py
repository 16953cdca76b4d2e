from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from graph_api.models import (
    ApiNumber,
    ApiSuffix,
    ApplicationNumber,
    CaseNumber,
    DocketNumber,
    FieldNumber,
    FlaringDispositionCode,
    FormNumber,
    GasWellId,
    OilLeaseNumber,
    P5Number,
    PermitNumber,
    R3SerialNumber,
    RecordNumber,
    RuleId,
    parse_api_number,
)


def accepted(kind: Any, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return str(refused.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("written", "number", "suffix"),
    [
        ("00312345", "42-003-12345", None),
        ("003-12345", "42-003-12345", None),
        ("4200312345", "42-003-12345", None),
        ("42-003-12345", "42-003-12345", None),
        ("420031234501", "42-003-12345", "01"),
        ("42-003-12345-01", "42-003-12345", "01"),
        ("42003123450100", "42-003-12345", "0100"),
        ("42-003-12345-00-00", "42-003-12345", "0000"),
        (" 42-700-30001 ", "42-700-30001", None),
    ],
)
def test_an_api_number_of_8_10_12_or_14_digits(
    written: str, number: str, suffix: str | None
) -> None:
    assert parse_api_number(written) == (number, suffix)
    assert accepted(ApiNumber, written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0031234",
        "003123456",
        "35-003-12345",
        "42-003-1234",
        "42-003-123456",
        "42-003-12345-0",
        "42-003-12345-01-0",
        "42_003_12345",
        "42-003-1234A",
        "42-003-١٢٣٤٥",
        "42-003-12345\n42-003-12345",
        "42-003-00000",
    ],
)
def test_another_api_number_is_refused_with_the_form_expected(written: str) -> None:
    message = refusal(ApiNumber, written)
    assert "8, 10, 12 or 14 digits" in message
    assert "42-003-12345" in message


@pytest.mark.parametrize("county", ["000", "002", "508", "509", "607", "716", "999"])
def test_an_api_number_of_an_unknown_county_is_refused(county: str) -> None:
    for written in (f"42-{county}-12345", f"{county}12345"):
        message = refusal(ApiNumber, written)
        assert "known county code" in message
        assert county in message


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        (ApiSuffix, "01", "01"),
        (ApiSuffix, "0100", "0100"),
        (P5Number, "036587", "036587"),
        (P5Number, "36587", "036587"),
        (FieldNumber, "85280300", "85280300"),
        (PermitNumber, "911978", "0911978"),
        (PermitNumber, "0911978", "0911978"),
        (ApplicationNumber, "497309123", "497309123"),
        (DocketNumber, "01-0308609", "01-0308609"),
        (DocketNumber, "7c-0308609", "7C-0308609"),
        (DocketNumber, "OG-20-00005136", "OG-20-00005136"),
        (DocketNumber, " og-20-00005136 ", "OG-20-00005136"),
        (CaseNumber, "0308609", "0308609"),
        (CaseNumber, "OG-20-00005136", "OG-20-00005136"),
        (R3SerialNumber, "01-0562", "01-0562"),
        (R3SerialNumber, "1-0562", "01-0562"),
        (R3SerialNumber, "7b-0012", "7B-0012"),
        (OilLeaseNumber, "20882", "20882"),
        (OilLeaseNumber, "882", "00882"),
        (OilLeaseNumber, "020882", "20882"),
        (OilLeaseNumber, "000882", "00882"),
        (GasWellId, "284512", "284512"),
        (GasWellId, "012345", "012345"),
        (FormNumber, "w-1", "W-1"),
        (FormNumber, "PR", "PR"),
        (FormNumber, "P-17A", "P-17A"),
        (RuleId, "40_CFR_60_OOOOb", "40_CFR_60_OOOOb"),
        (RecordNumber, "50123", "50123"),
        (RecordNumber, "PR 2024/03", "PR 2024/03"),
        (FlaringDispositionCode, "4", "04"),
        (FlaringDispositionCode, "10", "10"),
    ],
)
def test_a_number_is_kept_in_one_form(kind: Any, written: str, kept: str) -> None:
    assert accepted(kind, written) == kept
    assert accepted(kind, kept) == kept


@pytest.mark.parametrize(
    ("kind", "written", "example"),
    [
        (ApiSuffix, "1", "01 or 0100"),
        (ApiSuffix, "010", "01 or 0100"),
        (P5Number, "", "036587"),
        (P5Number, "000000", "036587"),
        (P5Number, "1234567", "036587"),
        (P5Number, "12A456", "036587"),
        (FieldNumber, "8528030", "85280300"),
        (FieldNumber, "852803000", "85280300"),
        (PermitNumber, "", "0911978"),
        (PermitNumber, "00911978", "0911978"),
        (PermitNumber, "0", "0911978"),
        (PermitNumber, "-911978", "0911978"),
        (ApplicationNumber, "49730912", "9 digits"),
        (DocketNumber, "0308609", "OG-20-00005136"),
        (DocketNumber, "OG-2020-00005136", "OG-20-00005136"),
        (DocketNumber, "01-030860", "01-0308609"),
        (CaseNumber, "308609", "0308609"),
        (R3SerialNumber, "0562", "01-0562"),
        (R3SerialNumber, "11-0562", "01-0562"),
        (R3SerialNumber, "01-562", "01-0562"),
        (OilLeaseNumber, "120882", "20882"),
        (OilLeaseNumber, "0020882", "20882"),
        (OilLeaseNumber, "00000", "20882"),
        (OilLeaseNumber, "2088A", "20882"),
        (GasWellId, "2845", "exactly 6 digits"),
        (GasWellId, "000000", "284512"),
        (GasWellId, "0284512", "284512"),
        (FormNumber, "", "R-32"),
        (FormNumber, "W--1", "R-32"),
        (FormNumber, "W" * 21, "R-32"),
        (RuleId, "SWR 37", "SWR_37"),
        (RecordNumber, "", "50123"),
        (RecordNumber, "a|b", "50123"),
        (RecordNumber, "1" * 65, "50123"),
        (FlaringDispositionCode, "99", "10 flared"),
    ],
)
def test_a_malformed_number_is_refused_with_an_example(
    kind: Any, written: str, example: str
) -> None:
    assert example in refusal(kind, written)


def test_a_number_is_text() -> None:
    assert "string" in refusal(ApiNumber, 4200312345)
