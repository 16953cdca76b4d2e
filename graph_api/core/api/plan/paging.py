"""How a page is written: its rows, its edges with their cursors, and where it stands."""

from collections.abc import Sequence
from typing import Any

from graph_api.core.api.plan.shapes import ConnectionPlan, RowsPlan
from graph_api.core.api.plan.values import UnforeseenError
from graph_api.core.graph.expressions import sorted_by
from graph_api.core.graph.fields import fields_of
from graph_api.core.graph.rows import decode_properties
from graph_api.core.pages import PageRequest, Position, encode_cursor

Written = dict[str, Any]


class RowPosition:
    """Where the rows of one page stand, worked out when asked for."""

    def __init__(
        self,
        plan: ConnectionPlan,
        request: PageRequest,
        rows: Sequence[Any],
        stored: Sequence[Any],
    ) -> None:
        self.request = request
        self.rows = rows
        self._stored = stored
        self._over_edge = plan.relationship is not None
        self._fields = fields_of(plan.model)

    def cursor(self, place: int) -> str:
        """The cursor of a row."""
        stored = self._stored[place]
        values = [
            sorted_by(self._fields[order.field], stored.get(order.field))
            for order in self.request.orders
        ]
        row_id = self.rows[place]["row_id"] if self._over_edge else stored["id"]
        return encode_cursor(self.request.orders, Position(tuple(values), row_id))


def plain_pages(
    plan: ConnectionPlan,
    pages: Sequence[Sequence[Any]],
    nodes: Sequence[Sequence[Sequence[Written]]],
    totals: Sequence[int | None],
) -> list[Written]:
    """Pages of which nothing is asked that depends on where their rows stand.

    `nodes` are, for each `RowsPlan`, those of all pages one after the other.
    """
    written: list[Written] = []
    start = 0
    if len(plan.shape) == 1 and nodes:
        # by far the most ask for nothing but the nodes
        ((name, _, _),), ((only,),) = plan.shape, nodes
        for rows in pages:
            end = start + len(rows)
            written.append({name: only[start:end]})
            start = end
        return written
    for rows, total in zip(pages, totals, strict=True):
        end = start + len(rows)
        own = iter([one[0][start:end] for one in nodes])
        made: Written = {}
        for name, kind, detail in plan.shape:
            match kind:
                case "rows":
                    made[name] = next(own)
                case "total":
                    made[name] = total
                case _:
                    made[name] = detail
        written.append(made)
        start = end
    return written


def pages_with_positions(
    plan: ConnectionPlan,
    request: PageRequest,
    pages: Sequence[Sequence[Any]],
    stored: Sequence[Any],
    nodes: Sequence[Sequence[Sequence[Written]]],
    totals: Sequence[int | None],
    more: Sequence[bool],
) -> list[Written]:
    """Pages with their edges, or with what is said of where they stand."""
    written: list[Written] = []
    start = 0
    for rows, total, has_more in zip(pages, totals, more, strict=True):
        end = start + len(rows)
        positions = RowPosition(plan, request, rows, stored[start:end])
        own = [[one[start:end] for one in shown] for shown in nodes]
        written.append(_page(plan, positions, own, total, has_more=has_more))
        start = end
    return written


def _page(
    plan: ConnectionPlan,
    positions: RowPosition,
    nodes: Sequence[Sequence[Sequence[Written]]],
    total: int | None,
    *,
    has_more: bool,
) -> Written:
    made: Written = {}
    rows = iter(nodes)
    for name, kind, detail in plan.shape:
        match kind:
            case "rows":
                own = next(rows)
                made[name] = own[0] if detail.of_edge is None else _edges(detail, positions, own)
            case "info":
                made[name] = _info(detail, positions, has_more=has_more)
            case "total":
                made[name] = total
            case _:
                made[name] = detail
    return made


def _edges(
    plan: RowsPlan, positions: RowPosition, nodes: Sequence[Sequence[Written]]
) -> list[Written]:
    made = []
    for place, row in enumerate(positions.rows):
        own: Written = {}
        if plan.project_edge is not None:
            if row["edge_properties"] is None:
                raise UnforeseenError
            own = plan.project_edge(decode_properties(row["edge_properties"]))
        one: Written = {}
        for name, kind, detail in plan.of_edge or ():
            match kind:
                case "node":
                    one[name] = nodes[detail][place]
                case "cursor":
                    one[name] = positions.cursor(place)
                case "property":
                    one[name] = own[name]
                case _:
                    one[name] = detail
        made.append(one)
    return made


def _info(
    names: Sequence[tuple[str, str]],
    positions: RowPosition,
    *,
    has_more: bool,
) -> Written:
    request, rows = positions.request, positions.rows
    made: Written = {}
    for name, field in names:
        match field:
            case "hasNextPage":
                made[name] = request.has_next_page(has_more=has_more)
            case "hasPreviousPage":
                made[name] = request.has_previous_page(has_more=has_more)
            case "startCursor":
                made[name] = positions.cursor(0) if rows else None
            case "endCursor":
                made[name] = positions.cursor(len(rows) - 1) if rows else None
            case _:
                made[name] = "PageInfo"
    return made
