"""The Production Data Query dump: tables in the official format, as no genuine dump is at hand."""

from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.pdq import read_pdq
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import FieldClass, LeaseStatus, P5Status
from tests.entities.imports.official_reading import GENUINE, Reading

REFERENCE = GENUINE / "reference" / "pdq_headers_measured.csv"

OPERATOR = {
    "OPERATOR_NO": "036587",
    "OPERATOR_NAME": "SAMPLE OIL CO.",
    "P5_STATUS_CODE": "A",
    "P5_LAST_FILED_DT": "20250115",
    "OPERATOR_TAX_CERT_FLAG": "N",
    "FA_OPTION_CODE": "3",
    "CREATE_BY": "A CLERK",
    "CREATE_DT": "01-JAN-20",
}
FIELD = {
    "FIELD_NO": "85280300",
    "FIELD_NAME": "SPRABERRY (TREND AREA)",
    "DISTRICT_NO": "10",
    "DISTRICT_NAME": "08",
    "FIELD_CLASS": "B",
    "FIELD_H2S_FLAG": "N",
    "WILDCAT_FLAG": "N",
    "O_DERIVED_RULE_TYPE_CODE": "SP",
    "G_DERIVED_RULE_TYPE_CODE": "SW",
    "O_COUNTY_NO": "000",
    "G_COUNTY_NO": "317",
    "O_DISCOVERY_DT": "03-FEB-52",
    "G_DISCOVERY_DT": "01/22/1949",
    "CREATE_BY": "A CLERK",
}
LEASE = {
    "OIL_GAS_CODE": "O",
    "DISTRICT_NO": "10",
    "LEASE_NO": "020882",
    "DISTRICT_NAME": "08",
    "LEASE_NAME": "UNIVERSITY 10-20",
    "OPERATOR_NO": "036587",
    "OPERATOR_NAME": "SAMPLE OIL CO.",
    "FIELD_NO": "85280300",
    "FIELD_NAME": "SPRABERRY (TREND AREA)",
    "WELL_NO": "",
    "LEASE_OFF_SCHED_FLAG": "N",
    "LEASE_SEVERANCE_FLAG": "N",
}
COMPLETION = {
    "OIL_GAS_CODE": "O",
    "DISTRICT_NO": "10",
    "LEASE_NO": "20882",
    "WELL_NO": "   1R ",
    "API_COUNTY_CODE": "003",
    "API_UNIQUE_NO": "01234",
    "ONSHORE_ASSC_CNTY": "000",
    "DISTRICT_NAME": "08",
    "COUNTY_NAME": "ANDREWS",
    "OIL_WELL_UNIT_NO": "",
    "WELL_ROOT_NO": "1234",
    "WELLBORE_SHUTIN_DT": "202401",
    "WELL_SHUTIN_DT": "000000",
    "WELL_14B2_STATUS_CODE": "",
    "WELL_SUBJECT_14B2_FLAG": "N",
    "WELLBORE_LOCATION_CODE": "L",
}
CYCLE = {
    "OIL_GAS_CODE": "O",
    "DISTRICT_NO": "10",
    "LEASE_NO": "20882",
    "CYCLE_YEAR_MONTH": "202403",
    "PROD_REPORT_FILED_FLAG": "Y",
    "LEASE_OIL_PROD_VOL": "1250",
    "LEASE_GAS_PROD_VOL": "0",
    "LEASE_COND_PROD_VOL": "0",
    "LEASE_CSGD_PROD_VOL": "3400",
}
DISPOSITION = {
    "OIL_GAS_CODE": "O",
    "DISTRICT_NO": "10",
    "LEASE_NO": "20882",
    "CYCLE_YEAR_MONTH": "202403",
    "LEASE_OIL_DISPCD04_VOL": "9",
    "LEASE_GAS_DISPCD04_VOL": "5",
    "LEASE_GAS_DISPCD99_VOL": "70",
    "LEASE_CSGD_DISPCDE04_VOL": "120",
}


def write(path: Path, *rows: dict[str, str], end: str = "\n") -> Path:
    lines = ["}".join(rows[0]), *("}".join(row.values()) for row in rows)]
    path.write_bytes((end.join(lines) + end).encode("latin-1"))
    return path


def read(tmp_path: Path, *tables: dict[str, str]) -> Reading:
    """The tables, written under names that say nothing and in the wrong order."""
    for index, row in enumerate(reversed(tables)):
        write(tmp_path / f"{index}.dsv", row)
    return Reading(read_pdq, tmp_path)


def test_the_tables_of_a_dump(tmp_path: Path) -> None:
    seen = read(tmp_path, OPERATOR, FIELD, LEASE, COMPLETION, CYCLE, DISPOSITION)
    assert seen.rejections == seen.remarks == []
    operator = seen.entity("Operator", only_if_absent=False)
    assert operator["p5_status"] is P5Status.ACTIVE
    assert operator["p5_last_filed_on"] == date(2025, 1, 15)
    assert "A CLERK" not in str(seen.records)
    field = seen.entity("Field", only_if_absent=False)
    assert field["district"] == "08"
    assert field["county"] == "MARTIN"
    assert field["field_class"] is FieldClass.BOTH
    assert field["discovery_date"] == date(1949, 1, 22)
    assert field["has_special_rules"] is True
    lease = seen.entity("Lease", only_if_absent=False)
    assert (lease["oil_gas_code"], lease["district"], lease["rrc_lease_id"]) == ("O", "08", "20882")
    assert lease["status"] is LeaseStatus.ACTIVE
    well = seen.entity("Well")
    assert (well["api_number"], well["well_number"]) == ("42-003-01234", "1R")
    assert well["attributes"]["WELLBORE_SHUTIN_DT"] == "202401"
    assert "WELL_SHUTIN_DT" not in well["attributes"]
    assert seen.ends("OPERATES") == [("P5|036587", "O|08|20882")]
    assert seen.ends("IN_FIELD") == [("O|08|20882", "85280300")]
    assert seen.ends("HAS_WELL") == [("O|08|20882", "42-003-01234")]
    assert seen.links("HAS_WELL")[0].properties["well_number"] == "1R"
    produced, disposed = seen.volumes
    assert produced.lease.natural_key == disposed.lease.natural_key == "O|08|20882"
    assert produced.month == date(2024, 3, 1)
    assert produced.volumes == {"oil_bbl": 1250, "casinghead_mcf": 3400}
    assert disposed.volumes == {"flared_mcf": 125}


def test_codes_10_and_11_tell_flared_from_vented_where_a_dump_has_them(tmp_path: Path) -> None:
    newer = {
        **DISPOSITION,
        "LEASE_GAS_DISPCD10_VOL": "1",
        "LEASE_CSGD_DISPCDE10_VOL": "2",
        "LEASE_GAS_DISPCD11_VOL": "",
        "LEASE_CSGD_DISPCDE11_VOL": "30",
    }
    assert read(tmp_path, newer).volumes[0].volumes == {"flared_mcf": 128, "vented_mcf": 30}


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [("08", "7B", "7B"), ("10", "08", "08"), ("", "8A", "8A"), ("07", "", "6E")],
)
def test_the_tape_code_is_the_district(
    tmp_path: Path, number: str, name: str, expected: str
) -> None:
    seen = read(tmp_path, {**LEASE, "DISTRICT_NO": number, "DISTRICT_NAME": name})
    assert seen.entity("Lease")["district"] == expected


@pytest.mark.parametrize(
    ("flags", "status", "severed"),
    [("NY", LeaseStatus.SEVERED, True), ("YN", LeaseStatus.INACTIVE, False)],
)
def test_severed_and_off_schedule(
    tmp_path: Path, flags: str, status: LeaseStatus, severed: bool
) -> None:
    row = {**LEASE, "LEASE_OFF_SCHED_FLAG": flags[0], "LEASE_SEVERANCE_FLAG": flags[1]}
    lease = read(tmp_path, row).entity("Lease")
    assert (lease["status"], lease["is_severed"]) == (status, severed)


def test_a_gas_well_reports_gas_and_condensate(tmp_path: Path) -> None:
    gas = {
        **CYCLE,
        "OIL_GAS_CODE": "G",
        "LEASE_NO": "284512",
        "LEASE_OIL_PROD_VOL": "0",
        "LEASE_GAS_PROD_VOL": "900",
        "LEASE_COND_PROD_VOL": "",
        "LEASE_CSGD_PROD_VOL": "0",
    }
    (found,) = read(tmp_path, gas).volumes
    assert found.lease.natural_key == "G|08|284512"
    assert found.volumes == {"gas_mcf": 900}


def test_zero_is_a_report_and_no_report_is_none(tmp_path: Path) -> None:
    zero = {**CYCLE, "LEASE_OIL_PROD_VOL": "0", "LEASE_CSGD_PROD_VOL": "0"}
    path = write(tmp_path / "cycle.dsv", zero, {**zero, "PROD_REPORT_FILED_FLAG": "N"})
    (found,) = Reading(read_pdq, path).volumes
    assert found.volumes == {"oil_bbl": 0, "casinghead_mcf": 0}
    assert found.origin.line == 2


def test_bad_months_leases_and_volumes_are_told(tmp_path: Path) -> None:
    path = write(
        tmp_path / "cycle.dsv",
        {**CYCLE, "LEASE_NO": "ABC"},
        {**CYCLE, "CYCLE_YEAR_MONTH": "202413"},
        {**CYCLE, "CYCLE_YEAR_MONTH": "000000"},
        {**CYCLE, "DISTRICT_NO": "99"},
        {**CYCLE, "OIL_GAS_CODE": "X"},
        {**CYCLE, "LEASE_OIL_PROD_VOL": "-7"},
        {**CYCLE, "LEASE_OIL_PROD_VOL": "99999999999"},
        {**CYCLE, "LEASE_OIL_PROD_VOL": "many"},
    )
    seen = Reading(read_pdq, path)
    assert [(line, name) for line, name, _ in seen.rejected] == [
        (2, "LEASE_NO"),
        (3, "CYCLE_YEAR_MONTH"),
        (4, "CYCLE_YEAR_MONTH"),
        (5, "LEASE_NO"),
        (6, "LEASE_NO"),
        (7, "LEASE_OIL_PROD_VOL"),
        (8, "LEASE_OIL_PROD_VOL"),
        (9, "LEASE_OIL_PROD_VOL"),
    ]
    assert [found.volumes for found in seen.volumes] == [{"casinghead_mcf": 3400}] * 3


def test_a_bad_identifier_costs_its_entity_only(tmp_path: Path) -> None:
    seen = read(tmp_path, {**LEASE, "OPERATOR_NO": "X1", "FIELD_NO": "123"})
    assert {found.field for found in seen.rejections} == {"OPERATOR_NO", "FIELD_NO"}
    assert seen.entity("Lease")["name"] == "UNIVERSITY 10-20"
    assert seen.ends("OPERATES") == seen.ends("IN_FIELD") == []
    other = tmp_path / "wells"
    other.mkdir()
    seen = read(other, {**COMPLETION, "LEASE_NO": "1234567", "API_UNIQUE_NO": "00000"})
    assert sorted(name for _, name, _ in seen.rejected) == ["API_UNIQUE_NO", "LEASE_NO"]


def test_unknown_codes_are_kept_and_told(tmp_path: Path) -> None:
    seen = read(tmp_path, {**OPERATOR, "P5_STATUS_CODE": "Z"}, {**FIELD, "FIELD_CLASS": "Q"})
    assert "p5_status" not in seen.entity("Operator")
    assert seen.entity("Operator")["attributes"]["P5_STATUS_CODE"] == "Z"
    assert seen.entity("Field")["attributes"]["FIELD_CLASS"] == "Q"
    assert {remark.field for remark in seen.remarks} == {"P5_STATUS_CODE", "FIELD_CLASS"}


def test_dirty_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "leases.dsv", {**LEASE, "LEASE_NAME": "CA\xd1ON\x00 \x85X"}, end="\r\n")
    path.write_bytes(path.read_bytes() + b"O}10}2088\r\n\r\n" + b"G}10")
    seen = Reading(read_pdq, path)
    assert seen.entity("Lease")["name"] == "CA\xd1ON X"
    assert [line for line, _, _ in seen.rejected] == [3, 5]
    assert seen.rejections[0].reason == "the row has 3 fields where the header has 12"


@pytest.mark.parametrize("header", ["COUNTY_NO}COUNTY_NAME}DISTRICT_NO", "", '"a"} "b"}'])
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, header: str) -> None:
    path = tmp_path / "other.dsv"
    path.write_text(f"{header}\n1}}2}}3\n", encoding="utf-8")
    with pytest.raises(UnrecognisedFile, match=r"other\.dsv.*Production Data Query"):
        Reading(read_pdq, path)


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the reference is not at {REFERENCE}")
def test_the_headers_measured_in_the_live_dump_are_recognised(tmp_path: Path) -> None:
    headers: dict[str, dict[str, str]] = {}
    for line in REFERENCE.read_text(encoding="utf-8").splitlines()[1:]:
        table, _, column = line.split(",")
        headers.setdefault(table, {})[column] = ""
    samples = {
        "OG_LEASE_CYCLE": CYCLE,
        "OG_WELL_COMPLETION": COMPLETION,
        "OG_REGULATORY_LEASE_DW": LEASE,
    }
    for table, row in samples.items():
        write(tmp_path / f"{table}.dsv", {**headers[table], **row})
    seen = Reading(read_pdq, tmp_path)
    assert seen.rejections == []
    assert len(seen.volumes) == len(seen.ends("HAS_WELL")) == len(seen.ends("OPERATES")) == 1
