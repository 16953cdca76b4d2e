"""The two moments that an operation may look from: a day on which rules hold, and what was known.

`@asOf` on an operation, or the arguments `validOn` and `knownAt` of a root field, hold for all that
is reached below, however deep.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry
from graphql import get_directive_values
from graphql.execution.values import VariableValues
from strawberry.directive import DirectiveLocation

from graph_api.core.api.building import Argument
from graph_api.core.api.entities import context_of
from graph_api.core.errors import bad_input

TEXAS = ZoneInfo("America/Chicago")
"""The zone of the Commission's offices, by whose calendar a rule takes effect."""

_VALID_ON = "The day on which rules must be in force; today in Texas, when left out."
_KNOWN_AT = "The moment by whose knowledge; what is known now, when left out."

AS_OF_ARGUMENTS = (
    Argument("valid_on", date, f"{_VALID_ON} It holds for all that is reached below."),
    Argument("known_at", datetime, f"{_KNOWN_AT} It holds for all that is reached below."),
)
"""The arguments of a root field that stand for `@asOf`; its resolver calls `hold_as_of`."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """From when an operation looks."""

    valid_on: date
    known_at: datetime | None
    """None: with what is known now."""
    is_given: bool
    """Whether the operation says either of them."""


@strawberry.directive(
    locations=[
        DirectiveLocation.QUERY,
        DirectiveLocation.MUTATION,
        DirectiveLocation.SUBSCRIPTION,
    ],
    name="asOf",
    description="Shows every rule that the operation reaches as it was on a day, by what was "
    "known at a moment.",
)
def as_of_directive(
    valid_on: Annotated[date | None, strawberry.argument(description=_VALID_ON)] = None,
    known_at: Annotated[datetime | None, strawberry.argument(description=_KNOWN_AT)] = None,
) -> None:
    """Change nothing by itself: resolvers ask `as_of`."""


def as_of(info: strawberry.Info) -> AsOf:
    """From when the field at hand looks; raises ApiError for a moment without a time zone."""
    held: AsOf | None = context_of(info).held.get(_root_of(info))
    return held or _made(*_of_operation(info))


def hold_as_of(info: strawberry.Info, valid_on: date | None, known_at: datetime | None) -> AsOf:
    """Look, from a root field down, from what its arguments say before what the operation says."""
    operation_day, operation_moment = _of_operation(info)
    made = _made(valid_on or operation_day, known_at or operation_moment)
    context_of(info).held[_root_of(info)] = made
    return made


def texas_day(moment: datetime | None = None) -> date:
    """The calendar day in Texas at a moment, or now."""
    return (moment or datetime.now(UTC)).astimezone(TEXAS).date()


def _of_operation(info: strawberry.Info) -> tuple[date | None, datetime | None]:
    raw = info._raw_info
    directive = raw.schema.get_directive("asOf")
    if directive is None or not raw.operation.directives:
        return None, None
    variables = raw.variable_values
    if isinstance(variables, dict):
        # Strawberry hands the plain values on, and graphql-core takes them in a container
        variables = VariableValues({}, variables)
    given = get_directive_values(directive, raw.operation, variables) or {}
    return given.get("validOn"), given.get("knownAt")


def _made(valid_on: date | None, known_at: datetime | None) -> AsOf:
    if known_at is not None:
        if known_at.tzinfo is None:
            raise bad_input("must have a time zone, for example a Z at the end", argument="knownAt")
        try:
            known_at = known_at.astimezone(UTC)
        except OverflowError:
            raise bad_input("must lie in the years 1 to 9999", argument="knownAt") from None
    is_given = valid_on is not None or known_at is not None
    return AsOf(valid_on or texas_day(), known_at, is_given)


def _root_of(info: strawberry.Info) -> str | int:
    path = info.path
    while path.prev is not None:
        path = path.prev
    return path.key
