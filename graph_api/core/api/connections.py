"""Connections of records that are kept in tables: pages of them, with a count when asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry

from graph_api.core.api.building import GraphQLClass, add_field, list_of, object_type
from graph_api.core.pages import Page, PageInfo, encode_cursor


@dataclass(slots=True)
class RecordConnection:
    """A page and a count of records, read when, and only when, a field asks for them."""

    page: Callable[[], Awaitable[Page[Any]]]
    count: Callable[[], Awaitable[int]]


def record_connection(
    name: str, node: GraphQLClass, page_info: GraphQLClass, words: str
) -> GraphQLClass:
    """The connection type `<name>Connection` of a node type; `words` is what its records are called.

    Its fields read a `RecordConnection`. `page_info` is the schema's own PageInfo.
    """
    row = object_type(f"{name}Edge", f"One of {words}, in its place in a list.")
    add_field(
        row,
        "cursor",
        str,
        lambda root, info: encode_cursor(root[1].request.orders, root[0].position),
        "Where the record stands: for `after` and `before`.",
    )
    add_field(row, "node", node, lambda root, info: root[0].node, "The record.")
    made = object_type(f"{name}Connection", f"A page of {words}.")

    async def nodes(root: RecordConnection, info: strawberry.Info) -> list[Any]:
        return [one.node for one in (await root.page()).rows]

    async def edges(root: RecordConnection, info: strawberry.Info) -> list[Any]:
        page = await root.page()
        return [(one, page) for one in page.rows]

    async def shown_info(root: RecordConnection, info: strawberry.Info) -> PageInfo:
        return (await root.page()).info

    async def total(root: RecordConnection, info: strawberry.Info) -> int:
        return await root.count()

    add_field(made, "nodes", list_of(node), nodes, "The records of the page.")
    add_field(made, "edges", list_of(row), edges, "The records with their cursors.")
    add_field(made, "page_info", page_info, shown_info, "Where the page stands.")
    add_field(
        made, "total_count", int, total, "How many there are on all pages; counted when asked for."
    )
    return made
