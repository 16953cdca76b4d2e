"""Bounded numbers and texts: every whole number that the API shows fits in 32 bits."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

LARGEST_INT32 = 2**31 - 1

Count = Annotated[int, Field(ge=0, le=LARGEST_INT32)]
"""A count, not negative."""

WholeBarrels = Annotated[int, Field(ge=0, le=LARGEST_INT32)]
"""Whole barrels (42 US gallons) of liquid, as Form PR reports them."""

WholeMcf = Annotated[int, Field(ge=0, le=LARGEST_INT32)]
"""Whole thousand cubic feet of gas, as Form PR reports them."""

WholeFeet = Annotated[int, Field(ge=0, le=LARGEST_INT32)]
"""A depth in whole feet."""

Feet = Annotated[float, Field(ge=0)]
"""A distance in feet."""

Mcf = Annotated[float, Field(ge=0)]
"""Thousand cubic feet of gas, measured or estimated to fractions."""

NotNegative = Annotated[float, Field(ge=0)]
"""A quantity in the unit its field names, not negative."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""A name, 1 to 200 characters."""

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
"""A short text, 1 to 200 characters."""

Text = Annotated[str, Field(min_length=1, max_length=10_000)]
"""A text, 1 to 10,000 characters."""


def _first_of_month(value: date) -> date:
    if value.day != 1:
        raise ValueError("must be a month, given as its first day, for example 2024-03-01")
    return value


Month = Annotated[date, AfterValidator(_first_of_month)]
"""A calendar month, given as its first day."""
