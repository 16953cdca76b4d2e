"""Numbers by which the Railroad Commission knows things: validated, and written one way.

Each type accepts what people and files write and keeps one form, so that two records about one
thing have one key. The error of a bad value names the expected form with an example.
"""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field

from graph_api.entities.models.counties import COUNTIES
from graph_api.entities.models.geography import district_name

_API_AS_KEPT = re.compile(r"42-([0-9]{3})-([0-9]{5})")
_API_AS_WRITTEN = re.compile(
    r"42-?([0-9]{3})-?([0-9]{5})(?:-?([0-9]{2})(?:-?([0-9]{2}))?)?|([0-9]{3})-?([0-9]{5})"
)
_API_FORM = (
    "must be an API number of 8, 10, 12 or 14 digits, with state code 42 before all but the "
    "8-digit form, for example 42-003-12345"
)


def parse_api_number(text: str) -> tuple[str, str | None]:
    """The API number as `42-CCC-NNNNN`, and the sidetrack and event digits where given.

    Accepts 8 digits (county and unique part, as RRC files keep it) and 10, 12 or 14 digits that
    begin with the Texas state code 42; dashes are optional. The second value is the 2 digits of
    a 12-digit number or the 4 of a 14-digit one, zeros included, as written. ValueError names
    the expected form.
    """
    match = _API_AS_WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(_API_FORM)
    county, unique, sidetrack, event, bare_county, bare_unique = match.groups()
    county, unique = county or bare_county, unique or bare_unique
    if county not in COUNTIES:
        raise ValueError(
            f"must be an API number with a known county code; {county} is none, "
            "for example 42-003-12345 for ANDREWS"
        )
    if unique == "00000":
        raise ValueError(f"{_API_FORM}; 00000 is no well")
    return f"42-{county}-{unique}", (sidetrack + (event or "")) if sidetrack else None


def _api_number(text: str) -> str:
    kept = _API_AS_KEPT.fullmatch(text)
    if kept is not None and kept[1] in COUNTIES and kept[2] != "00000":
        return text
    return parse_api_number(text)[0]


ApiNumber = Annotated[str, AfterValidator(_api_number)]
"""A well's API number, kept as 42-CCC-NNNNN; sidetrack and event digits are dropped."""


def _number(
    pattern: str, expected: str, normalised: Callable[[str], str] = str.upper
) -> Callable[[str], str]:
    """A function that normalises a text and refuses what does not match the whole pattern."""
    compiled = re.compile(pattern)

    def validated(text: str) -> str:
        value = normalised(text.strip())
        if compiled.fullmatch(value) is None:
            raise ValueError(f"must be {expected}")
        return value

    return validated


def _matching(
    pattern: str, expected: str, normalised: Callable[[str], str] = str.upper
) -> AfterValidator:
    return AfterValidator(_number(pattern, expected, normalised))


def _padded(digits: int, expected: str) -> Callable[[str], str]:
    """As `_number`, for digits that files pad with zeros and people do not; zero is no number."""
    return _number(
        rf"(?!0+$)[0-9]{{{digits}}}", expected, lambda text: text.zfill(digits) if text else text
    )


ApiSuffix = Annotated[
    str,
    _matching(
        r"[0-9]{2}(?:[0-9]{2})?",
        "the 2 sidetrack digits, or those and the 2 event digits, for example 01 or 0100",
    ),
]
"""Sidetrack (2) or sidetrack and event (4) digits that follow an API number."""

p5_number = _padded(
    6, "a P-5 operator number of up to 6 digits, zeros in front, for example 036587"
)
"""A P-5 number as 6 digits; ValueError names the expected form."""

P5Number = Annotated[str, AfterValidator(p5_number)]
"""An organisation's number from Form P-5, kept with leading zeros as 6 digits."""

FieldNumber = Annotated[
    str, _matching(r"[0-9]{8}", "a field number of exactly 8 digits, for example 85280300")
]
"""The RRC number of a field, 8 digits."""

permit_number = _padded(
    7, "a drilling permit (status) number of up to 7 digits, for example 0911978"
)
"""A permit number as 7 digits; ValueError names the expected form."""

PermitNumber = Annotated[str, AfterValidator(permit_number)]
"""A drilling permit's status number, kept zero padded as 7 digits."""

ApplicationNumber = Annotated[
    str,
    _matching(r"[0-9]{9}", "a W-1 application number of exactly 9 digits, for example 497309123"),
]
"""The universal document number of a W-1 application, 9 digits."""

_DOCKET = r"[0-9][0-9A-E]-[0-9]{7}|[A-Z]{2}-[0-9]{2}-[0-9]{8}"

DocketNumber = Annotated[
    str,
    _matching(
        _DOCKET,
        "a docket number: district and 7 digits, for example 01-0308609, "
        "or since 2019 prefix, year and 8 digits, for example OG-20-00005136",
    ),
]
"""A hearing docket number, in the older form or in that of the CASES system."""

CaseNumber = Annotated[
    str,
    _matching(
        rf"[0-9]{{7}}|{_DOCKET}",
        "a case of 7 digits or a docket number, for example 0308609, 01-0308609 or OG-20-00005136",
    ),
]
"""A Rule 37 case or Rule 38 docket as drilling permits cite it."""


def r3_serial_number(text: str) -> str:
    """An R-3 serial number as `DD-NNNN`; ValueError names the expected form."""
    district, dash, serial = text.strip().upper().partition("-")
    if dash and re.fullmatch(r"[0-9]{4}", serial):
        try:
            return f"{district_name(district)}-{serial}"
        except ValueError:
            pass
    raise ValueError("must be an R-3 serial number: district and 4 digits, for example 01-0562")


R3SerialNumber = Annotated[str, AfterValidator(r3_serial_number)]
"""A gas plant's serial number on Form R-3: district and four digits."""


def oil_lease_number(text: str) -> str:
    """An oil lease number as 5 digits; 6 digits with a zero in front, as in the P-4 file, too.

    The number is unique only in its district. ValueError names the expected form.
    """
    number = text.strip()
    if re.fullmatch(r"0?[0-9]{1,5}", number) and int(number) > 0:
        return number.lstrip("0").zfill(5)
    raise ValueError("must be an oil lease number of up to 5 digits, for example 20882")


def gas_well_id(text: str) -> str:
    """A gas well id: exactly 6 digits, unique statewide.

    A shorter one is refused, because files are known that cut it. ValueError names the form.
    """
    number = text.strip()
    if re.fullmatch(r"[0-9]{6}", number) and int(number) > 0:
        return number
    raise ValueError("must be a gas well id of exactly 6 digits, for example 284512")


OilLeaseNumber = Annotated[str, AfterValidator(oil_lease_number)]
"""An oil lease number, 5 digits, unique in its district."""

GasWellId = Annotated[str, AfterValidator(gas_well_id)]
"""A gas well's RRC id, 6 digits, unique statewide."""

FormNumber = Annotated[
    str,
    _matching(
        r"(?=.{1,20}$)[A-Z0-9]+(?:[- /.][A-Z0-9]+)*", "a form's number, for example W-1, PR or R-32"
    ),
]
"""The number of a regulatory form as it is cited: W-1, P-4, PR, R-32, ST-1."""

RuleId = Annotated[
    str,
    _matching(
        r"(?=.{1,64}$)[A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)*",
        "a rule's id of letters, digits and underscores, for example SWR_37 or 40_CFR_60_OOOOb",
        str,
    ),
]
"""A rule's id: SWR_37 for 16 TAC §3.37, 40_CFR_60_OOOOb for the subpart."""

RecordNumber = Annotated[
    str,
    _matching(
        r"(?=.{1,64}$)[A-Za-z0-9](?:[A-Za-z0-9 ._/#:-]*[A-Za-z0-9])?",
        "a number of letters, digits and - . / _ # : up to 64 characters, for example 50123",
        str,
    ),
]
"""A number that an agency, a system or an operator gave a record, as written."""

WellNumber = Annotated[str, Field(min_length=1, max_length=20)]
"""A well's number on its lease: text, not a number (1R, 752WG, 1001HA)."""

FlaringDispositionCode = Annotated[
    str,
    _matching(
        r"04|10|11",
        "a gas disposition code of Form PR: 04 (to August 2021), 10 flared or 11 vented",
        lambda text: text.zfill(2),
    ),
]
"""Form PR gas disposition: 04 flared or vented to 31 August 2021; 10 flared, 11 vented since."""
