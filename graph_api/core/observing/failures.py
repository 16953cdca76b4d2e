"""An exception told without the values it carries.

The message of an exception, its arguments and the locals of its frames may hold what a client sent
or what a row holds: PostgreSQL says `DETAIL: Key (email)=(…) already exists`, Pydantic quotes its
input. What is told is what a programmer wrote: types, names of constraints, lines of code.
"""

import traceback
from typing import Any, Final

from graph_api.core.errors import ApiError

_MOST_FRAMES: Final = 40
_MOST_CAUSES: Final = 6
_OF_THE_DATABASE: Final = {
    "sqlstate": "sqlstate",
    "schema_name": "schema",
    "table_name": "table",
    "column_name": "column",
    "constraint_name": "constraint",
}


def described(error: BaseException, causes: int = _MOST_CAUSES) -> dict[str, Any]:
    """An exception and what caused it: types, database names and lines of code."""
    found: dict[str, Any] = {"type": _type_name(error)}
    if isinstance(error, ApiError):
        found["code"] = error.code.value
    if isinstance(error, OSError) and error.errno is not None:
        found["errno"] = error.errno
    for attribute, name in _OF_THE_DATABASE.items():
        if isinstance(value := getattr(error, attribute, None), str):
            found[name] = value
    found["frames"] = _frames(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if causes > 1:
        if isinstance(error, BaseExceptionGroup):
            found["group"] = [described(one, causes - 1) for one in error.exceptions[:3]]
        if cause is not None:
            found["cause"] = described(cause, causes - 1)
    return found


def in_a_word(error: BaseException) -> str:
    """An exception within a sentence of the log: its type, and what kind of failure it was.

    Our own exceptions but ApiError are sentences for the operator, and are told as they are.
    """
    if type(error).__module__.startswith("graph_api.") and not isinstance(error, ApiError):
        return str(error)
    details = described(error, causes=1)
    known = [str(details[key]) for key in ("code", "sqlstate", "errno") if key in details]
    return f"{details['type']} ({', '.join(known)})" if known else str(details["type"])


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _frames(error: BaseException) -> list[str]:
    frames = [
        f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return frames[-_MOST_FRAMES:]
