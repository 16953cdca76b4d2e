"""The SQL of a keyset page: its order, and where it starts and stops.

Rows without a value come last whichever way a key runs, which no single index range expresses.
So a page is read in segments that are each one index range: first the rows whose leading key has
a value, then those where it has none (backward, the other way round).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph_api.core.errors import bad_input
from graph_api.core.graph.expressions import Parameters, cast_of, comparable
from graph_api.core.graph.fields import FieldDeclaration
from graph_api.core.pages import Order, PageRequest, Position

_GREATEST_GRAPH_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order, as SQL."""

    expression: str
    cast: str
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class TieBreaker:
    """What orders rows that are equal in every key: unique, and never null."""

    expression: str
    cast: str = "text"


@dataclass(frozen=True, slots=True)
class Segment:
    """One index range of a page: its predicate, and the order its rows come in."""

    predicate: str
    order_by: str


def sort_keys(
    fields: dict[str, FieldDeclaration], orders: Sequence[Order], alias: str
) -> list[SortKey]:
    """The keys of an order over an alias."""
    return [
        SortKey(
            comparable(alias, fields[order.field]),
            cast_of(fields[order.field]),
            order.descending,
            fields[order.field].nullable,
        )
        for order in orders
    ]


def page_segments(
    keys: Sequence[SortKey], request: PageRequest, tie: TieBreaker, parameters: Parameters
) -> list[Segment]:
    """The segments of a page that can hold rows, in the order they are to be read."""
    order_by = order_of(keys, tie, backward=request.backward)
    if not keys:
        kinds = ["true"]
    elif keys[0].nullable:
        kinds = [f"{keys[0].expression} is not null", f"{keys[0].expression} is null"]
    else:
        kinds = [f"{keys[0].expression} is not null"]
    positions = [
        (position, backward)
        for position, backward in (
            (request.origin, request.backward),
            (request.limit_position, not request.backward),
        )
        if position is not None
    ]
    segments = []
    for place, kind in enumerate(kinds):
        nulls = place == 1
        # a parameter that no segment uses would have no type, so this is settled before any is added
        if any(_excludes(keys, one, backward, nulls=nulls) for one, backward in positions):
            continue
        bounds = [
            _segment_bound(keys, one, tie, parameters, backward)
            for one, backward in positions
            if not keys or nulls == (one.values[0] is None)
        ]
        segments.append(Segment(" and ".join([kind, *bounds]), order_by))
    return segments[::-1] if request.backward else segments


def _excludes(keys: Sequence[SortKey], position: Position, backward: bool, *, nulls: bool) -> bool:
    """Whether no row of a segment lies beyond a position.

    Rows without a value all come after those that have one.
    """
    if not keys or nulls == (position.values[0] is None):
        return False
    return nulls == backward


def _segment_bound(
    keys: Sequence[SortKey],
    position: Position,
    tie: TieBreaker,
    parameters: Parameters,
    backward: bool,
) -> str:
    """That a row of the position's own segment lies beyond the position."""
    ties_descend = bool(keys and keys[0].descending) != backward
    row = parameters.add(_checked_row_id(position, tie), tie.cast)
    rest = f"{tie.expression} {'<' if ties_descend else '>'} {row}"
    for key, value in reversed(list(zip(keys[1:], position.values[1:], strict=True))):
        rest = _key_beyond(key, value, rest, parameters, backward)
    if not keys or position.values[0] is None:
        return rest
    leading, value = keys[0], position.values[0]
    place = _place(leading, value, parameters)
    operator = "<" if leading.descending != backward else ">"
    # the first comparison is the index range; the second settles ties at its edge
    return (
        f"{leading.expression} {operator}= {place}"
        f" and ({leading.expression} {operator} {place} or {rest})"
    )


def _checked_row_id(position: Position, tie: TieBreaker) -> str:
    """A position's row id; a list's cursor names an entity, a relationship's names an edge."""
    row_id = position.row_id
    if tie.cast != "text" and not (
        re.fullmatch("[0-9]{1,19}", row_id) and int(row_id) <= _GREATEST_GRAPH_ID
    ):
        raise bad_input("is a cursor of another list", argument="cursor")
    return row_id


def order_of(keys: Sequence[SortKey], tie: TieBreaker, *, backward: bool) -> str:
    """What a segment is ordered by."""
    parts = []
    for place, key in enumerate(keys):
        descending = key.descending != backward
        # within a segment the leading key is never mixed with nulls, and saying so would
        # keep the index from serving a descending order
        nulls = "" if place == 0 else f" nulls {'first' if backward else 'last'}"
        parts.append(f"{key.expression} {'desc' if descending else 'asc'}{nulls}")
    ties_descend = bool(keys and keys[0].descending) != backward
    parts.append(f"{tie.expression} {'desc' if ties_descend else 'asc'}")
    return ", ".join(parts)


def _key_beyond(
    key: SortKey,
    value: str | float | None,
    rest: str,
    parameters: Parameters,
    backward: bool,
) -> str:
    if value is None:
        tied = f"({key.expression} is null and {rest})"
        return f"({key.expression} is not null or {tied})" if backward else tied
    place = _place(key, value, parameters)
    operator = "<" if key.descending != backward else ">"
    parts = [
        f"{key.expression} {operator} {place}",
        f"({key.expression} = {place} and {rest})",
    ]
    if key.nullable and not backward:
        parts.append(f"{key.expression} is null")
    return f"({' or '.join(parts)})"


def _place(key: SortKey, value: str | float, parameters: Parameters) -> str:
    if key.cast == "float8":
        if isinstance(value, str):
            raise bad_input("is not a cursor of this list", argument="cursor")
        return parameters.add(float(value), "float8")
    if not isinstance(value, str):
        raise bad_input("is not a cursor of this list", argument="cursor")
    return parameters.add(value)
