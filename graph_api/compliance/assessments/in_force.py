"""Which version of a rule governs a day, statewide or in a field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from graph_api.rules.models import RuleParameters

ParametersT = TypeVar("ParametersT", bound=RuleParameters)


@dataclass(frozen=True, slots=True)
class GoverningRule(Generic[ParametersT]):
    """A version of a rule with its parameters, in force from its first day until another's."""

    identifier: str
    version: int
    version_id: UUID
    effective_on: date
    superseded_on: date | None
    """The first day on which it is no longer in force."""
    parameters: ParametersT

    def governs(self, day: date) -> bool:
        """Whether the version is in force on a day."""
        return self.effective_on <= day and (self.superseded_on is None or day < self.superseded_on)

    @property
    def field_number(self) -> str | None:
        """The field that the rule is for; None for a statewide rule."""
        return getattr(self.parameters, "field_number", None)

    @property
    def cited(self) -> str:
        """The version as an explanation names it."""
        return f"{self.identifier} version {self.version}"


def in_force(
    versions: Iterable[GoverningRule[ParametersT]], day: date, field_number: str | None = None
) -> GoverningRule[ParametersT] | None:
    """The version that governs a day: the field's own before the statewide one.

    The latest where several would; None where there is none.
    """
    governing = [one for one in versions if one.governs(day)]
    own = [one for one in governing if field_number and one.field_number == field_number]
    chosen = own or [one for one in governing if one.field_number is None]
    return max(chosen, key=lambda one: (one.effective_on, one.identifier), default=None)
