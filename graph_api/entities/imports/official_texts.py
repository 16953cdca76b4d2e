"""What the texts of official files mean: dates, months, numbers, positions, flags.

Each function takes stripped text that is not blank. It returns the value, None where the text
stands for no value (zeros in a date, "None" as a distance), or raises ValueError with the reason.
"""

import re
from datetime import date

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
        start=1,
    )
}
_DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})-([A-Z]{3})-([0-9]{4}|[0-9]{2})(?: .*)?", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: .*)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)")
_NO_DISTANCE = {"NONE", "NA", "N/A", "NO", "UNKNOWN", "-"}


def plain_text(text: str) -> str:
    """The text without control characters, runs of blanks made one."""
    return " ".join(_CONTROL.sub(" ", text).split())


def compact_date(text: str) -> date | None:
    """A date written CCYYMMDD; zeros are no date."""
    if not text.strip("0"):
        return None
    if re.fullmatch(r"[0-9]{8}", text):
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            pass
    raise ValueError("must be a date as CCYYMMDD, for example 20251104")


def compact_month(text: str) -> date | None:
    """A month written CCYYMM, as its first day; zeros are no month."""
    if not text.strip("0"):
        return None
    if re.fullmatch(r"[0-9]{6}", text):
        try:
            return date(int(text[:4]), int(text[4:]), 1)
        except ValueError:
            pass
    raise ValueError("must be a month as CCYYMM, for example 202511")


def export_date(text: str) -> date | None:
    """A date as database exports write it: 24-NOV-25 with or without a time, 20251124, 2025-11-24.

    Years of two digits are 2000 to 2049 and 1950 to 1999, as the database that wrote them has it.
    """
    if match := _DAY_MONTH_YEAR.fullmatch(text):
        day, name, year_text = match.groups()
        year = int(year_text)
        if len(year_text) == 2:
            year += 2000 if year < 50 else 1900
        parts = (year, _MONTHS.get(name.upper(), 0), int(day))
    elif match := _YEAR_FIRST.fullmatch(text):
        parts = (int(match[1]), int(match[2]), int(match[3]))
    elif match := _MONTH_FIRST.fullmatch(text):
        parts = (int(match[3]), int(match[1]), int(match[2]))
    else:
        return compact_date(text)
    try:
        return date(*parts)
    except ValueError as error:
        raise ValueError("must be a date, for example 24-NOV-25") from error


def number(text: str) -> float:
    """A number in decimal notation."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("must be a number, for example 467.0")
    return float(text)


def whole_number(text: str) -> int:
    """A whole number, with or without zeros in front or a fraction of zeros."""
    value = number(text)
    if value != int(value):
        raise ValueError("must be a whole number, for example 12500")
    return int(value)


def depth(text: str) -> int | None:
    """A depth in whole feet; zero is no depth."""
    return whole_number(text) or None


def distance(text: str) -> float | None:
    """A distance in feet; `None` and the like are no distance."""
    return None if text.upper() in _NO_DISTANCE else number(text)


def positive_distance(text: str) -> float | None:
    """A distance in feet where zero means that there is nothing to measure to."""
    return distance(text) or None


def hundredths(text: str) -> float | None:
    """A number whose last two digits are hundredths, `01186030` for 11,860.30; zero is none.

    A number with a decimal point is taken as written, `None` is no value.
    """
    if text.upper() in _NO_DISTANCE:
        return None
    if re.fullmatch(r"[0-9]+", text):
        return int(text) / 100 or None
    return number(text) or None


def degrees(text: str) -> float | None:
    """Degrees with a decimal point, or 12 digits of which the last 7 are decimals; zero is none."""
    if re.fullmatch(r"[0-9]{12}", text):
        return int(text) / 10_000_000 or None
    return number(text) or None


def west(longitude: float) -> float:
    """A longitude in degrees east; Texas lies west, whatever the sign the file gives."""
    return -abs(longitude)


def sexagesimal(degrees_text: str, minutes_text: str, seconds_text: str) -> float | None:
    """Degrees from degrees, minutes and seconds; the degrees may hold decimals instead."""
    whole = number(degrees_text)
    minutes = number(minutes_text) if minutes_text else 0.0
    seconds = number(seconds_text) if seconds_text else 0.0
    if not (0 <= minutes < 60 and 0 <= seconds < 60):
        raise ValueError("minutes and seconds must be from 0 to below 60")
    size = abs(whole) + minutes / 60 + seconds / 3600
    return round(-size if whole < 0 else size, 8) or None


def is_yes(text: str) -> bool:
    """Whether a flag is set: Y; anything else is not."""
    return text.strip().upper() == "Y"
