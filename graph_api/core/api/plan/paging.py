"""How a page is written: its rows, its edges with their cursors, and where it stands."""

from collections.abc import Sequence
from typing import Any

from graph_api.core.api.plan.projecting import UnforeseenError
from graph_api.core.api.plan.shapes import ConnectionPlan, RowsPlan
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
        properties: Sequence[dict[str, Any]],
    ) -> None:
        self.request = request
        self.rows = rows
        self._properties = properties
        self._over_edge = plan.relationship is not None

    def cursor(self, place: int, numeric: Sequence[bool]) -> str:
        """The cursor of a row."""
        stored = self._properties[place]
        values = [
            _sort_value(stored.get(order.field), is_number=is_number)
            for order, is_number in zip(self.request.orders, numeric, strict=True)
        ]
        row_id = self.rows[place]["row_id"] if self._over_edge else stored["id"]
        return encode_cursor(self.request.orders, Position(tuple(values), row_id))


def _sort_value(value: Any, *, is_number: bool) -> Any:
    if value is None:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return float(value) if is_number else value


def written_page(
    plan: ConnectionPlan,
    positions: RowPosition,
    nodes: Sequence[Sequence[Written]],
    total: int | None,
    *,
    has_more: bool,
) -> Written:
    """A page, as its selection wants it; `nodes` are the nodes of each `RowsPlan` of it."""
    numeric = _numeric(plan, positions.request)
    made: Written = {}
    for name, kind, detail in plan.shape:
        match kind:
            case "rows":
                of = nodes[_place(plan, detail)]
                made[name] = (
                    of if detail.of_edge is None else _edges(detail, positions, of, numeric)
                )
            case "info":
                made[name] = _info(detail, positions, numeric, has_more=has_more)
            case "total":
                made[name] = total
            case _:
                made[name] = detail
    return made


def _place(plan: ConnectionPlan, wanted: RowsPlan) -> int:
    return next(place for place, one in enumerate(plan.rows) if one is wanted)


def _numeric(plan: ConnectionPlan, request: PageRequest) -> list[bool]:
    if not request.orders:
        return []
    fields = fields_of(plan.model)
    return [fields[order.field].kind.is_numeric for order in request.orders]


def _edges(
    plan: RowsPlan, positions: RowPosition, nodes: Sequence[Written], numeric: Sequence[bool]
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
                    one[name] = nodes[place]
                case "cursor":
                    one[name] = positions.cursor(place, numeric)
                case "property":
                    one[name] = own[name]
                case _:
                    one[name] = detail
        made.append(one)
    return made


def _info(
    names: Sequence[tuple[str, str]],
    positions: RowPosition,
    numeric: Sequence[bool],
    *,
    has_more: bool,
) -> Written:
    request, rows = positions.request, positions.rows
    made: Written = {}
    for name, field in names:
        match field:
            case "hasNextPage":
                made[name] = request.before is not None if request.backward else has_more
            case "hasPreviousPage":
                made[name] = has_more if request.backward else request.after is not None
            case "startCursor":
                made[name] = positions.cursor(0, numeric) if rows else None
            case "endCursor":
                made[name] = positions.cursor(len(rows) - 1, numeric) if rows else None
            case _:
                made[name] = "PageInfo"
    return made
