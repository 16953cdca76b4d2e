"""What a mutation may answer with: its payload, or an error that is an expected result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import GraphQLClass


@strawberry.type(description="One thing that is wrong with an input.")
class FieldError:
    """Where an input is wrong, and how."""

    path: str = strawberry.field(
        description="Where in the input, for example `entities.3.apiNumber`."
    )
    message: str = strawberry.field(description="What is wrong and what was expected.")


@strawberry.type(description="The input breaks a rule of the model; nothing was written.")
class ValidationError:
    """Everything that is wrong with an input."""

    message: str = strawberry.field(description="A summary for a person.")
    errors: list[FieldError] = strawberry.field(description="Every field that is wrong.")


@strawberry.type(description="Something the input names is not there; nothing was written.")
class NotFound:
    """What is missing."""

    message: str = strawberry.field(description="A summary for a person.")
    path: str = strawberry.field(description="Where the input names it.")


@strawberry.type(description="What is stored stands against the change; nothing was written.")
class Conflict:
    """What stands in the way."""

    message: str = strawberry.field(description="A summary for a person.")
    path: str = strawberry.field(description="Where in the input the conflict lies.")


@strawberry.type(description="The viewer may not do this; nothing was written.")
class Forbidden:
    """What is not allowed."""

    message: str = strawberry.field(description="A summary for a person.")


@strawberry.type(description="The record's life has no such step; nothing was written.")
class IllegalTransition:
    """Where a record stands, and where it may go from there."""

    message: str = strawberry.field(description="A summary for a person.")
    current_state: str = strawberry.field(description="The state that the record is in.")
    allowed_next_states: list[str] = strawberry.field(
        description="The states that it may go to; none, where its life has ended."
    )


Refusal = ValidationError | NotFound | Conflict | Forbidden


@dataclass
class Refused(Exception):  # noqa: N818 - it is an outcome, not a fault
    """Ends a mutation's transaction without a write and answers with the refusal."""

    refusal: Any
    """A Refusal, or one that the mutation has declared besides."""


def result_union(
    name: str, payload: GraphQLClass, *, lifecycle: bool = False, also: GraphQLClass | None = None
) -> Any:
    """The union of a payload and every refusal.

    Of a step in a lifecycle IllegalTransition too, and `also`, a refusal that one mutation alone
    has.
    """
    union: Any = payload | Refusal
    if lifecycle:
        union |= IllegalTransition
    if also is not None:
        union |= also
    described = strawberry.union(name, description="The payload, or why nothing was written.")
    # nullable, so that a fault in one mutation leaves the answers of the others
    return Annotated[union, described] | None


def invalid(errors: list[FieldError]) -> Refused:
    """A refusal for an input that breaks the model's rules."""
    listed = "; ".join(f"{one.path}: {one.message}" for one in errors[:3])
    more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
    return Refused(ValidationError(message=f"{listed}{more}", errors=errors))


def field_errors(error: ModelError, prefix: str) -> list[FieldError]:
    """What a model found wrong, under the input's own names."""
    return [
        FieldError(path=_path(prefix, one["loc"]), message=_message(one["msg"]))
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _path(prefix: str, location: tuple[int | str, ...]) -> str:
    parts = [to_camel_case(part) if isinstance(part, str) else str(part) for part in location]
    return ".".join([prefix, *parts] if prefix else parts)


def _message(message: str) -> str:
    return message.removeprefix("Value error, ")


async def answered(run: Callable[[], Any]) -> Any:
    """The payload of a mutation, or its refusal."""
    try:
        return await run()
    except Refused as refused:
        return refused.refusal
