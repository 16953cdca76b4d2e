"""What projections make of single values, called by the code that they are."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_LARGEST_INT = 2**31 - 1
_STORED_MOMENT = 27


class UnforeseenError(Exception):
    """Something stored is not as the plan expects; the standard executor says what is wrong."""


def whole(value: int) -> int:
    """A whole number as GraphQL has it; raises UnforeseenError for none, or one of more bits."""
    if type(value) is not int or not -_LARGEST_INT - 1 <= value <= _LARGEST_INT:
        raise UnforeseenError
    return value


def moment(text: str) -> str:
    """A moment as the API shows it, from the fixed width in which it is stored."""
    if len(text) != _STORED_MOMENT or text[-1] != "Z":
        return _read_moment(text).isoformat()
    return f"{text[:19]}+00:00" if text[19:26] == ".000000" else f"{text[:26]}+00:00"


def when(text: str | None) -> datetime | None:
    """A stored moment as the model has it."""
    return None if text is None else _read_moment(text)


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise UnforeseenError
    return moment.astimezone(UTC)


def shown_id(prefix: str, entity_id: str) -> str:
    """The global id of an entity, whose label is the prefix."""
    return base64.urlsafe_b64encode(f"{prefix}{entity_id}".encode()).decode().rstrip("=")


def there(value: Any) -> Any:
    """A value that every stored object has, be it empty; raises UnforeseenError for none."""
    if value is None:
        raise UnforeseenError
    return value


def first_text(properties: Any, names: Sequence[str]) -> str:
    """The first of some stored texts that is not empty, or else the natural key."""
    for name in names:
        if value := properties.get(name):
            return str(value)
    return str(there(properties["natural_key"]))
