"""Districts, counties and positions as regulated records of Texas give them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from graph_api.entities.models.counties import COUNTIES, OTHER_SPELLINGS
from graph_api.entities.models.described import DescribedEnum

DISTRICTS = ("01", "02", "03", "04", "05", "06", "6E", "7B", "7C", "08", "8A", "8B", "09", "10")
"""The Railroad Commission's oil and gas districts as people write them; 8B is reserved."""

_DISTRICT_OF_TAPE_CODE = {f"{code:02d}": name for code, name in enumerate(DISTRICTS, start=1)}
_TAPE_CODE_OF_DISTRICT = {name: code for code, name in _DISTRICT_OF_TAPE_CODE.items()}
_DISTRICT_OF_SPELLING = (
    {name: name for name in DISTRICTS}
    | {name.lstrip("0"): name for name in DISTRICTS}
    | {f"0{name}": name for name in DISTRICTS if name[1].isalpha()}
)


def district_name(text: str) -> str:
    """The district a person means by `8`, `08`, `8a` or `08A`; ValueError for anything else.

    Numeric tape codes are another thing: see `district_of_tape_code`.
    """
    if text in _TAPE_CODE_OF_DISTRICT:
        return text
    if name := _DISTRICT_OF_SPELLING.get(text.strip().upper()):
        return name
    raise ValueError(f"must be an RRC district, one of {', '.join(DISTRICTS)}, for example 08")


def district_of_tape_code(code: str | int) -> str:
    """The district that the numeric code of RRC tapes means: 07 is 6E, 08 is 7B, 10 is 08.

    Files keep this code in columns such as DISTRICT_NO; DISTRICT_NAME holds the district itself
    (RRC wellbore manual WBA091; P-4 manual). ValueError for a code that names no district.
    """
    text = str(code).strip().zfill(2)
    if name := _DISTRICT_OF_TAPE_CODE.get(text):
        return name
    raise ValueError("must be a district's tape code from 01 to 14, for example 10 for district 08")


def tape_code_of_district(district: str) -> str:
    """The two-digit tape code of a district: 10 for `08`."""
    return _TAPE_CODE_OF_DISTRICT[district_name(district)]


District = Annotated[str, AfterValidator(district_name)]
"""An RRC district as people write it: 01 to 06, 6E, 7B, 7C, 08, 8A, 8B, 09, 10."""


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


_CODE_OF_COUNTY = {name: code for code, name in COUNTIES.items()}
_COUNTY_OF_SPELLING = {_letters(name): name for name in (*OTHER_SPELLINGS, *_CODE_OF_COUNTY)} | {
    _letters(spelling): name for spelling, name in OTHER_SPELLINGS.items()
}


def county_name(text: str) -> str:
    """The county meant by a name in any case and spacing, or by a three-digit code.

    `Andrews`, `ANDREWS COUNTY` and `003` are ANDREWS; offshore areas keep RRC's abbreviations.
    ValueError for anything else.
    """
    if text in _CODE_OF_COUNTY:
        return text
    stripped = text.strip()
    if name := COUNTIES.get(stripped):
        return name
    letters = _letters(stripped)
    if name := _COUNTY_OF_SPELLING.get(letters):
        return name
    if name := _COUNTY_OF_SPELLING.get(letters.removesuffix("COUNTY")):
        return name
    raise ValueError(
        "must be a Texas county or offshore area by name or three-digit code, "
        "for example ANDREWS or 003"
    )


def county_of_code(code: str | int) -> str:
    """The county of a code as in API numbers: `003` or 3 is ANDREWS; ValueError if unknown."""
    text = str(code).strip().zfill(3)
    if name := COUNTIES.get(text):
        return name
    raise ValueError(
        "must be a county code: odd from 001 to 507, or offshore 600-606 and 700-715, "
        "for example 003 for ANDREWS"
    )


def county_code_of(name: str) -> str:
    """The three-digit code of a county: `003` for ANDREWS; ValueError if unknown."""
    return _CODE_OF_COUNTY.get(name) or _CODE_OF_COUNTY[county_name(name)]


County = Annotated[str, AfterValidator(county_name)]
"""A Texas county or offshore area, kept as the upper-case name of RRC's county table."""

CountyCode = Annotated[str, AfterValidator(lambda code: _CODE_OF_COUNTY[county_of_code(code)])]
"""A county's three-digit code, the first part of an API number."""

Latitude = Annotated[float, Field(ge=-90, le=90)]
"""Degrees north, -90 to 90."""

Longitude = Annotated[float, Field(ge=-180, le=180)]
"""Degrees east; Texas lies at about -107 to -93."""


def in_texas(latitude: float, longitude: float) -> bool:
    """Whether a position lies in the box around Texas: 25.5 to 36.6 north, 107 to 93 west.

    A position outside is kept, and a loader remarks on it.
    """
    return 25.5 <= latitude <= 36.6 and -107 <= longitude <= -93


class LocationQuality(DescribedEnum):
    """How far a position can be trusted."""

    SURVEYED = "SURVEYED", "Taken from a survey or plat, or to that precision."
    APPROXIMATE = "APPROXIMATE", "Near the place, such as a centre of a tract or a map reading."
    WHOLE_DEGREE = (
        "WHOLE_DEGREE",
        "Only whole degrees were given, as for most gas plants of Form R-3: useless for distances.",
    )
    UNKNOWN = "UNKNOWN", "Nothing is known of how the position was taken."


class Datum(DescribedEnum):
    """The geodetic datum a position refers to; positions are kept in the datum they came in."""

    NAD27 = "NAD27", "North American Datum of 1927, as RRC's permit and wellbore files give it."
    NAD83 = "NAD83", "North American Datum of 1983."
    WGS84 = "WGS84", "World Geodetic System of 1984, as satellite receivers give it."
