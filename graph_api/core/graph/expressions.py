"""How a stored field is written in SQL, and the parameters that values travel in.

Index definitions in the migrations use the same forms; a statement that used another one would
scan. Fields are compared as text in code point order or as double precision, never as agtype,
whose `>` and `>=` are swapped in AGE's own operator family.
"""

from typing import Any

from graph_api.core.errors import bad_input
from graph_api.core.graph.fields import FieldDeclaration, FieldKind
from graph_api.core.graph.rows import moment_text


class Parameters:
    """Collects the values of one statement and hands out their places."""

    def __init__(self, *first: object) -> None:
        self.values: list[object] = list(first)

    def add(self, value: object, cast: str = "text") -> str:
        """The place of a value, with the type PostgreSQL is to read it as."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"


def text_of(alias: str, field: str) -> str:
    """A field as text, in code point order."""
    return f"""(({alias}.properties ->> '{field}'::text) collate "C")"""


def number_of(alias: str, field: str) -> str:
    """A field as double precision."""
    return f"(({alias}.properties ->> '{field}'::text)::float8)"


def comparable(alias: str, field: FieldDeclaration) -> str:
    """A field in the form that it is ordered and compared in."""
    return number_of(alias, field.name) if field.kind.is_numeric else text_of(alias, field.name)


def cast_of(field: FieldDeclaration) -> str:
    """The SQL type of values that a field is compared with."""
    return "float8" if field.kind.is_numeric else "text"


def checked_text(value: str, argument: str) -> str:
    """Text that PostgreSQL can take.

    Raises ApiError BAD_USER_INPUT for a NUL character or half of a surrogate pair.
    """
    if "\x00" in value:
        raise bad_input("text must not contain a NUL character", argument=argument)
    if not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
        raise bad_input("text must be valid Unicode without lone surrogates", argument=argument)
    return value


def after_prefix(prefix: str) -> str | None:
    """The least text greater than every text that starts with the prefix; None if there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return None


BOOLEAN_TEXT = {True: "true", False: "false"}


def stored_form(field: FieldDeclaration, value: object) -> object:
    """A validated value as the stored field compares with it."""
    match field.kind:
        case FieldKind.INTEGER | FieldKind.NUMBER:
            return float(value)  # type: ignore[arg-type]
        case FieldKind.BOOLEAN:
            return BOOLEAN_TEXT[bool(value)]
        case FieldKind.MOMENT:
            return moment_text(value)  # type: ignore[arg-type]
        case FieldKind.DATE:
            return value.isoformat()  # type: ignore[attr-defined]
        case _:
            return str(value)


def sorted_by(field: FieldDeclaration, stored: Any) -> Any:
    """What a list that is ordered by a field compares of a value, as JSON stores it or as text."""
    if stored is None:
        return None
    if type(stored) is bool:
        return BOOLEAN_TEXT[stored]
    return float(stored) if field.kind.is_numeric else stored
