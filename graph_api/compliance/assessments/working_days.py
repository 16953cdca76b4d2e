"""Working days in Texas, by which reports to the Commission fall due."""

import calendar
from datetime import date, timedelta
from functools import lru_cache

import holidays

_SATURDAY = 5


@lru_cache(maxsize=256)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("US", subdiv="TX", years=year))


def is_working_day(day: date) -> bool:
    """Whether a day is neither a Saturday or Sunday nor a holiday in Texas."""
    return day.weekday() < _SATURDAY and day not in _holidays_of(day.year)


@lru_cache(maxsize=4096)
def last_working_day(month: date) -> date:
    """The last working day of the month that a day lies in."""
    day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


@lru_cache(maxsize=4096)
def first_working_day(month: date) -> date:
    """The first working day of the month that a day lies in."""
    day = month.replace(day=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=4096)
def months_later(month: date, count: int) -> date:
    """The first day of the month that lies so many months after another."""
    years, place = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, place + 1, 1)


def days_in_month(month: date) -> int:
    """How many days a month has."""
    return calendar.monthrange(month.year, month.month)[1]
