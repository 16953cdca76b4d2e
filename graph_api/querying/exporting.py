"""Writes whole lists, one object a line, in the memory that one page takes."""

from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import orjson

from graph_api.core.api.execution import run_operation
from graph_api.core.api.listing import PAGE, ListDocument
from graph_api.core.context import OperationContext
from graph_api.core.errors import ErrorCode
from graph_api.core.snapshot import SnapshotDatabase
from graph_api.querying.opening import Opened, QueryError

_MOST_A_PAGE = 500


async def export_list(asked: Opened, document: ListDocument, output: BinaryIO) -> int:
    """Write every object of a list as a line of JSON; returns how many.

    All of them are of one state of the database. Raises QueryError where any part of a page
    cannot be answered: what was written until then is not the list.
    """
    count = 0
    async for nodes in list_pages(asked, document):
        output.writelines(
            orjson.dumps(one, default=str, option=orjson.OPT_APPEND_NEWLINE) for one in nodes
        )
        count += len(nodes)
    return count


async def list_pages(asked: Opened, document: ListDocument) -> AsyncIterator[list[Any]]:
    """The objects of a list, in pages that are as large as one operation may cost.

    All pages are of one state of the database. Raises QueryError like `export_list`.
    """
    snapshot = SnapshotDatabase(asked.services.database, asked.viewer)
    size, after = _MOST_A_PAGE, None
    async with snapshot.kept():
        while True:
            context = OperationContext(asked.services, asked.viewer, snapshot)
            given = {**document.variables, "first": size, "after": after}
            result = await run_operation(
                asked.graph.schema, context, document.text, given, allow_mutations=False
            )
            if errors := result.body.get("errors"):
                if size > 1 and _cost_too_much(errors):
                    size //= 2
                    continue
                raise QueryError("; ".join(one["message"] for one in errors))
            page = result.body["data"][PAGE]
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def _cost_too_much(errors: list[dict[str, Any]]) -> bool:
    told = errors[0].get("extensions", {})
    return (told.get("code"), told.get("limit")) == (ErrorCode.LIMIT_EXCEEDED.value, "cost")
