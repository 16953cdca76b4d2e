"""Keyset pages: what a page asks for, what it holds, and the cursor that says where it stands.

A cursor is the sort values and the id of one row, so it stays true while rows come and go around
it, and also when its own row goes.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

import orjson

from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.settings import Settings

NodeT = TypeVar("NodeT")

_MOST_ORDERS = 5


class OrderDirection(Enum):
    """Which way a list is ordered; rows without a value come last either way."""

    ASC = "ASC"
    DESC = "DESC"


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order: a field's name, and which way."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A place between rows: the values of the order's keys, and the row's id, which breaks ties."""

    values: tuple[str | float | None, ...]
    row_id: str


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of a list, forward from `after` or backward from `before`."""

    size: int
    backward: bool
    after: Position | None
    before: Position | None
    orders: tuple[Order, ...]

    @property
    def origin(self) -> Position | None:
        """Where the page starts, looking the way it runs."""
        return self.before if self.backward else self.after

    @property
    def limit_position(self) -> Position | None:
        """Where the page must stop at the latest, looking the way it runs."""
        return self.after if self.backward else self.before

    def has_next_page(self, *, has_more: bool) -> bool:
        """Whether rows follow the page, as far as known; `has_more`: rows beyond, as it runs."""
        return self.before is not None if self.backward else has_more

    def has_previous_page(self, *, has_more: bool) -> bool:
        """Whether rows come before the page, as far as known."""
        return has_more if self.backward else self.after is not None


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRow(Generic[NodeT]):
    """One node of a page, with its place in the list and, in a relationship, its edge."""

    node: NodeT
    position: Position
    edge: Any = None


@dataclass(frozen=True, slots=True)
class Page(Generic[NodeT]):
    """The rows of one page, in the list's order."""

    rows: Sequence[PageRow[NodeT]]
    request: PageRequest
    has_more: bool

    @property
    def info(self) -> PageInfo:
        """What the client needs to turn the page."""
        request = self.request
        rows = self.rows
        return PageInfo(
            has_next_page=request.has_next_page(has_more=self.has_more),
            has_previous_page=request.has_previous_page(has_more=self.has_more),
            start_cursor=encode_cursor(request.orders, rows[0].position) if rows else None,
            end_cursor=encode_cursor(request.orders, rows[-1].position) if rows else None,
        )


def page_request(
    settings: Settings,
    orders: Sequence[Order] = (),
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """Check the arguments of a list.

    Raises ApiError BAD_USER_INPUT for arguments that contradict one another or a cursor of another
    list, LIMIT_EXCEEDED for too large a page.
    """
    if first is not None and last is not None:
        raise bad_input("give first or last, not both", argument="last")
    if len(orders) > _MOST_ORDERS:
        raise limit_exceeded("keys in orderBy", _MOST_ORDERS, len(orders))
    if len({order.field for order in orders}) != len(orders):
        raise bad_input("names a field twice", argument="orderBy")
    for name, size in (("first", first), ("last", last)):
        if size is not None and size < 0:
            raise bad_input("must not be negative", argument=name)
        if size is not None and size > settings.page_max_size:
            raise limit_exceeded(name, settings.page_max_size, size)
    size = first if first is not None else last
    return PageRequest(
        size=settings.page_default_size if size is None else size,
        backward=last is not None or (before is not None and first is None),
        after=_decode("after", after, orders),
        before=_decode("before", before, orders),
        orders=tuple(orders),
    )


def encode_cursor(orders: Sequence[Order], position: Position) -> str:
    """An opaque cursor for a position in a list of that order."""
    document = [_signature(orders), *position.values, position.row_id]
    return base64.urlsafe_b64encode(orjson.dumps(document)).decode().rstrip("=")


def _signature(orders: Sequence[Order]) -> str:
    return ",".join(f"{'-' if order.descending else '+'}{order.field}" for order in orders)


def _decode(argument: str, cursor: str | None, orders: Sequence[Order]) -> Position | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        document = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        raise bad_input("is not a cursor of this API", argument=argument) from None
    if not _is_cursor(document, len(orders)):
        raise bad_input("is not a cursor of this list", argument=argument)
    signature, *values, row_id = document
    if signature != _signature(orders):
        raise bad_input("is a cursor of a list in another order", argument=argument)
    return Position(tuple(values), row_id)


def _is_cursor(document: object, keys: int) -> bool:
    return (
        isinstance(document, list)
        and len(document) == keys + 2
        and isinstance(document[0], str)
        and isinstance(document[-1], str)
        and all(_is_key_value(value) for value in document[1:-1])
        and "\x00" not in document[-1]
    )


def _is_key_value(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
