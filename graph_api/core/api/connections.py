"""Connections of records that are kept in tables: pages of them, with a count when asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry

from graph_api.core.api.building import GraphQLClass, add_field, list_of, object_type
from graph_api.core.api.pricing import FieldCost
from graph_api.core.pages import Page, PageInfo, encode_cursor


@dataclass(slots=True)
class RecordConnection:
    """A page and a count of records, read when, and only when, a field asks for them."""

    page: Callable[[], Awaitable[Page[Any]]]
    count: Callable[[], Awaitable[int]]


def record_connection(
    name: str, node: GraphQLClass, page_info: GraphQLClass, words: str
) -> GraphQLClass:
    """The connection type `<name>Connection` of a node type; `words` is what its nodes are called.

    Its fields read a `RecordConnection`. `page_info` is the schema's own PageInfo.
    """
    return connection_type(name, node, row_type(name, node, words), page_info, words)


def row_type(name: str, node: GraphQLClass, words: str) -> GraphQLClass:
    """The type `<name>Edge` of one node in its place in a list; it reads a row and its page."""
    made = object_type(f"{name}Edge", f"One of {words}, in its place in a list.")
    add_field(
        made,
        "cursor",
        str,
        lambda root, info: encode_cursor(root[1].request.orders, root[0].position),
        "Where it stands in the list: for `after` and `before`.",
    )
    add_field(made, "node", node, lambda root, info: root[0].node, "What stands there.")
    return made


def connection_type(
    name: str, node: GraphQLClass, row: GraphQLClass, page_info: GraphQLClass, words: str
) -> GraphQLClass:
    """The type `<name>Connection` over rows of a type."""
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

    add_field(made, "nodes", list_of(node), nodes, f"The {words} of the page.")
    add_field(
        made,
        "edges",
        list_of(row),
        edges,
        "The same with their cursors and, in a relationship, its own data.",
    )
    add_field(made, "page_info", page_info, shown_info, "Where the page stands.")
    add_field(
        made,
        "total_count",
        int,
        total,
        "How many there are on all pages; counted only when asked for.",
        cost=FieldCost(weight=20),
    )
    return made
