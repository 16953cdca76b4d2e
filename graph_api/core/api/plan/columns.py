"""Which stored fields a page is read with: those that are asked for, where that is cheaper than all."""

from collections.abc import Iterable, Sequence

from graphql import print_ast

from graph_api.core.api.plan.projecting import Leaf, columns_of
from graph_api.core.api.plan.shapes import ConnectionPlan, ObjectPlan, RowsPlan

# to read a field apart costs about a twentieth of reading and decoding all properties
_MOST_COLUMNS = 16
_COLUMNS_OF_STATEMENTS = frozenset(
    {"graph_id", "place", "row_id", "edge_properties", "properties", "total"}
)


def columns_of_object(leaves: Iterable[Leaf], plan: ObjectPlan) -> frozenset[str] | None:
    """The stored fields that objects are made of; None where to read them all is cheaper."""
    names = {name for leaf in leaves for name in columns_of(leaf)}
    names |= {one.attribute for one in plan.references} | {"id"}
    if len(names) > _MOST_COLUMNS or names & _COLUMNS_OF_STATEMENTS:
        return None
    return frozenset(names)


def columns_of_rows(rows: Iterable[RowsPlan]) -> frozenset[str] | None:
    """The same of all that is shown of a page's rows."""
    names = {"id"}
    for node in (node for one in rows for node in one.nodes):
        if node.columns is None:
            return None
        names |= node.columns
    return frozenset(names) if len(names) <= _MOST_COLUMNS else None


def share_columns(connections: Sequence[ConnectionPlan]) -> None:
    """Let pages that are the same but for what is shown of them be read as one."""
    alike: dict[tuple[str, str], list[ConnectionPlan]] = {}
    for one in connections:
        arguments = ", ".join(sorted(print_ast(given) for given in one.call.node.arguments or ()))
        key = (one.relationship.key if one.relationship else "", arguments)
        alike.setdefault(key, []).append(one)
    for same in alike.values():
        shared = columns_of_rows([rows for one in same for rows in one.rows])
        edges = any(one.reads_edges for one in same)
        for one in same:
            one.columns, one.reads_edges = shared, edges
