"""Enumerations whose members carry the sentence that the API shows for them."""

from enum import Enum, StrEnum
from typing import Self


class DescribedEnum(StrEnum):
    """A StrEnum whose members are written `NAME = "NAME", "what it means"`."""

    description: str

    def __new__(cls, value: str, description: str) -> Self:
        """A member whose value is its name and that keeps its description."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member


def enum_value_description(member: Enum) -> str | None:
    """What an enum member means, for readers of the API; None where nothing is recorded."""
    return member.description if isinstance(member, DescribedEnum) else None
