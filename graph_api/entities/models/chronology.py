"""The order in which dates, times and depths of one record may stand."""

from typing import Any

from graph_api.core.model import AegisBase, field_error


def refuse_reversed(record: AegisBase, first: str, last: str) -> None:
    """Raise an error on field `last` if both fields are known and `last` is before `first`."""
    start: Any = getattr(record, first)
    end: Any = getattr(record, last)
    if start is not None and end is not None and end < start:
        raise field_error(last, f"{last} must not be before {first} ({start})", end)
