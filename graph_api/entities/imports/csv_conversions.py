"""The named conversions of CSV mappings: what the text of one or more columns means.

A conversion is told its options once, when the mapping is loaded, and is then called with the
stripped text of its columns. It returns a value, raises ValueError with the reason why there is
none, or returns `Doubtful`: a value with something a person should look at.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from graph_api.entities.models.geography import (
    LocationQuality,
    county_name,
    county_of_code,
    district_name,
    district_of_tape_code,
)
from graph_api.entities.models.identifiers import P5Number, parse_api_number
from graph_api.entities.models.lease import lease_number as lease_number_of_code
from graph_api.entities.models.operator import normalized_operator_name

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES_OR_NO = {"1": True, "Y": True, "YES": True, "TRUE": True, "T": True} | {
    "0": False,
    "N": False,
    "NO": False,
    "FALSE": False,
    "F": False,
}


class Doubtful(NamedTuple):
    """A value that was taken, and why someone should look at the text it was made from."""

    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a mapping may tell a conversion besides its columns."""

    separator: str | None = None
    """Between the items of a list, or between texts that are joined."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The value that each text of the source stands for; texts are compared without case."""
    other: str | None = None
    """The value for a text that `values` does not list; without it there is none."""
    blank: str | None = None
    """The value that a blank stands for, with a remark; without it a blank is no value."""


Convert = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A named conversion: how many columns it reads, which options it knows, how it is built."""

    build: Callable[[Options], Convert]
    columns: int | None = 1
    """How many columns it reads; None for one or more."""
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()


def whole_number(text: str) -> int:
    """A whole number of up to 15 digits; `12.0` is 12, `12.5` and `inf` are refused."""
    if _WHOLE_NUMBER.fullmatch(text) is None:
        raise ValueError("must be a whole number, for example 1250")
    return int(text.partition(".")[0])


def decimal_number(text: str) -> float:
    """A finite number in decimal notation; NaN, infinity and thousands separators are refused."""
    if _DECIMAL.fullmatch(text) is None or not math.isfinite(number := float(text)):
        raise ValueError("must be a number, for example 31.25")
    return number


def iso_date(text: str) -> date:
    """A calendar date written YYYY-MM-DD."""
    if _ISO_DATE.fullmatch(text) is not None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("must be a date, for example 2024-03-31")


def month_of_first_day(text: str) -> date:
    """A month, written as its first day."""
    month = iso_date(text)
    if month.day != 1:
        raise ValueError("must be the first day of a month, for example 2024-03-01")
    return month


def yes_or_no(text: str) -> bool:
    """1, Y, yes, true or their opposites."""
    try:
        return _YES_OR_NO[text.upper()]
    except KeyError:
        raise ValueError("must be 1 or 0, Y or N") from None


def oil_gas_code(text: str) -> str:
    """O for an oil lease, G for a gas well."""
    if text.upper() not in ("O", "G"):
        raise ValueError("must be O for an oil lease or G for a gas well")
    return text.upper()


def oil_gas_code_by_length(number: str) -> str:
    """The kind of lease whose number this is: 6 digits are a gas well's id, 5 an oil lease's.

    Only for files that give oil lease numbers in 5 digits and no oil/gas code.
    """
    if re.fullmatch(r"[0-9]{5,6}", number) is None:
        raise ValueError("must be an oil lease number of 5 digits or a gas well id of 6")
    return "G" if len(number) == 6 else "O"


def lease_number_by_length(number: str) -> str:
    """The lease number of a file that tells oil from gas by the length of the number only."""
    return lease_number_of_code(oil_gas_code_by_length(number), number)


def lease_number(code: str, number: str) -> str | None:
    """The lease number or gas well id, given the oil/gas code: 5 digits or 6."""
    if not code or not number:
        return None
    return lease_number_of_code(oil_gas_code(code), number)


def api_number(text: str) -> str:
    """An API number in the 8 digits of RRC files, county and unique part, as 42-CCC-NNNNN."""
    if re.fullmatch(r"[0-9]{8}", text) is None:
        raise ValueError("must be an API number of 8 digits, for example 00312345")
    return parse_api_number(text)[0]


def county_of_api_number(text: str) -> str:
    """The county whose code an 8-digit API number begins with."""
    api_number(text)
    return county_of_code(text[:3])


def operator_name(text: str) -> str:
    """An organisation's name; one without a letter or digit could not be matched."""
    if not normalized_operator_name(text):
        raise ValueError("must be a name with a letter or a digit")
    return text


def location_quality(latitude: str, longitude: str) -> LocationQuality:
    """WHOLE_DEGREE where both are whole numbers, which is no position at all; else UNKNOWN."""
    if not latitude or not longitude:
        return LocationQuality.UNKNOWN
    if decimal_number(latitude).is_integer() and decimal_number(longitude).is_integer():
        return LocationQuality.WHOLE_DEGREE
    return LocationQuality.UNKNOWN


def _plain(convert: Convert, columns: int = 1) -> Conversion:
    return Conversion(lambda _: convert, columns)


def _joined(options: Options) -> Convert:
    separator = " " if options.separator is None else options.separator
    return lambda *texts: separator.join(text for text in texts if text) or None


def _listed(options: Options) -> Convert:
    return lambda text: tuple(
        part.strip() for part in text.split(options.separator) if part.strip()
    )


def _enumerated(options: Options) -> Convert:
    listed = {text.casefold(): value for text, value in options.values.items()}

    def value_of(text: str) -> Any:
        if (value := listed.get(text.casefold())) is not None:
            return value
        return Doubtful(options.other, _unlisted([text], options.other))

    return value_of


def _enumerated_list(options: Options) -> Convert:
    listed = {text.casefold(): value for text, value in options.values.items()}
    parts_of = _listed(options)

    def values_of(text: str) -> Any:
        found: dict[str, None] = {}
        unlisted = []
        for part in parts_of(text):
            value = listed.get(part.casefold())
            if value is None:
                unlisted.append(part)
                value = options.other
            if value is not None:
                found[value] = None
        values = tuple(found)
        return Doubtful(values, _unlisted(unlisted, options.other)) if unlisted else values

    return values_of


def _unlisted(texts: list[str], other: str | None) -> str:
    taken = f"taken as {other}" if other else "left out"
    return f"no value is known for {', '.join(texts)}: {taken}, the text is kept in attributes"


_P5_NUMBER: TypeAdapter[str] = TypeAdapter(P5Number)

CONVERSIONS: Mapping[str, Conversion] = {
    "text": _plain(str),
    "upper": _plain(str.upper),
    "integer": _plain(whole_number),
    "decimal": _plain(decimal_number),
    "date": _plain(iso_date),
    "month": _plain(month_of_first_day),
    "yes_no": _plain(yes_or_no),
    "district": _plain(district_name),
    "tape_district": _plain(district_of_tape_code),
    "county": _plain(county_name),
    "api8": _plain(api_number),
    "county_of_api8": _plain(county_of_api_number),
    "operator_name": _plain(operator_name),
    "p5_number": _plain(_P5_NUMBER.validate_python),
    "oil_gas_code": _plain(oil_gas_code),
    "oil_gas_code_by_length": _plain(oil_gas_code_by_length),
    "lease_number": _plain(lease_number, columns=2),
    "lease_number_by_length": _plain(lease_number_by_length),
    "location_quality": _plain(location_quality, columns=2),
    "join": Conversion(_joined, columns=None, takes=frozenset({"separator"})),
    "list": Conversion(_listed, needs=frozenset({"separator"})),
    "enum": Conversion(
        _enumerated, needs=frozenset({"values"}), takes=frozenset({"other", "blank"})
    ),
    "enum_list": Conversion(
        _enumerated_list,
        needs=frozenset({"values", "separator"}),
        takes=frozenset({"other", "blank"}),
    ),
}
"""Every conversion a mapping can name."""
