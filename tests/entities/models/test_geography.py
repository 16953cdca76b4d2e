import csv
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from graph_api.entities.models.counties import COUNTIES, OFFSHORE_AREAS, ONSHORE_COUNTIES
from graph_api.models import (
    DISTRICTS,
    County,
    CountyCode,
    District,
    Latitude,
    Longitude,
    county_code_of,
    county_name,
    county_of_code,
    district_name,
    district_of_tape_code,
    in_texas,
    tape_code_of_district,
)

GENUINE = Path(__file__).parents[3] / "../shared/data/rrc/reference"


def test_the_districts_of_texas() -> None:
    assert (
        *("01", "02", "03", "04", "05", "06"),
        *("6E", "7B", "7C", "08", "8A", "8B", "09", "10"),
    ) == DISTRICTS
    assert [district_name(name) for name in DISTRICTS] == list(DISTRICTS)


@pytest.mark.parametrize(
    ("written", "kept"), [("8", "08"), ("8a", "8A"), ("08A", "8A"), (" 7c ", "7C"), ("9", "09")]
)
def test_a_district_as_people_write_it(written: str, kept: str) -> None:
    assert TypeAdapter[Any](District).validate_python(written) == kept


@pytest.mark.parametrize("written", ["", "7", "07", "11", "14", "8C", "###", "00", "8AA"])
def test_another_district_is_refused_with_those_there_are(written: str) -> None:
    with pytest.raises(ValidationError, match=r"one of 01, 02, .* 8B, 09, 10, for example 08"):
        TypeAdapter[Any](District).validate_python(written)


@pytest.mark.parametrize(
    ("code", "district"),
    [
        *((f"{n:02d}", f"{n:02d}") for n in range(1, 7)),
        *(("07", "6E"), ("08", "7B"), ("09", "7C"), ("10", "08")),
        *(("11", "8A"), ("12", "8B"), ("13", "09"), ("14", "10")),
    ],
)
def test_a_tape_code_is_not_the_district_it_looks_like(code: str, district: str) -> None:
    assert district_of_tape_code(code) == district
    assert district_of_tape_code(int(code)) == district
    assert tape_code_of_district(district) == code


@pytest.mark.parametrize("code", ["", "0", "00", "15", "20", "7C", 99])
def test_another_tape_code_is_refused(code: str | int) -> None:
    with pytest.raises(ValueError, match="from 01 to 14"):
        district_of_tape_code(code)


def test_there_are_254_counties_and_23_offshore_areas() -> None:
    assert len(ONSHORE_COUNTIES) == 254
    assert len(OFFSHORE_AREAS) == 23
    assert len(COUNTIES) == 277
    assert list(ONSHORE_COUNTIES) == [f"{code:03d}" for code in range(1, 508, 2)]
    assert len(set(COUNTIES.values())) == 277


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("001", "ANDERSON"),
        ("003", "ANDREWS"),
        ("123", "DE WITT"),
        ("219", "HOCKLEY"),
        ("227", "HOWARD"),
        ("253", "JONES"),
        ("301", "LOVING"),
        ("329", "MIDLAND"),
        ("461", "UPTON"),
        ("507", "ZAVALA"),
        ("711", "HIGH IS-E,S"),
    ],
)
def test_a_county_by_code_and_by_name(code: str, name: str) -> None:
    assert county_of_code(code) == county_of_code(int(code)) == name
    assert county_code_of(name) == code


def test_every_county_is_found_by_its_name_in_any_case_and_by_its_code() -> None:
    for code, name in COUNTIES.items():
        assert county_name(name) == county_name(name.title()) == county_name(code) == name
        assert TypeAdapter[Any](CountyCode).validate_python(code) == code
        assert county_code_of(name) == code


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Andrews County", "ANDREWS"),
        ("dewitt", "DE WITT"),
        ("La  Salle", "LA SALLE"),
        ("HOCKELY", "HOCKLEY"),
        (" 003 ", "ANDREWS"),
    ],
)
def test_a_county_as_people_write_it(written: str, kept: str) -> None:
    assert TypeAdapter[Any](County).validate_python(written) == kept


@pytest.mark.parametrize("written", ["", "COUNTY", "002", "3", "ORLEANS", "ANDREWZ"])
def test_an_unknown_county_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValidationError, match="for example ANDREWS or 003"):
        TypeAdapter[Any](County).validate_python(written)


@pytest.mark.parametrize("code", ["002", "508", "ABC", ""])
def test_an_unknown_county_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="003 for ANDREWS"):
        county_of_code(code)


def test_positions_beyond_the_globe_are_refused() -> None:
    latitude, longitude = TypeAdapter[Any](Latitude), TypeAdapter[Any](Longitude)
    assert latitude.validate_python(-90) == -90.0
    assert longitude.validate_python(180) == 180.0
    for adapter, value in ((latitude, 90.01), (latitude, -91), (longitude, -180.5)):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
    with pytest.raises(ValidationError):
        latitude.validate_python(float("nan"))


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside"),
    [
        (31.9, -102.1, True),
        (25.5, -107, True),
        (36.6, -93, True),
        (36.61, -100, False),
        (25.49, -100, False),
        (31, -107.01, False),
        (31, -92.99, False),
        (31.9, 102.1, False),
    ],
)
def test_the_box_around_texas(latitude: float, longitude: float, inside: bool) -> None:
    assert in_texas(latitude, longitude) is inside


@pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine RRC data are not here")
def test_the_county_table_agrees_with_the_commissions() -> None:
    with (GENUINE / "counties.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert county_name(row["county_name"]) == county_of_code(row["county_code"])
            assert (row["county_code"] in ONSHORE_COUNTIES) == (row["onshore"] == "Y")
