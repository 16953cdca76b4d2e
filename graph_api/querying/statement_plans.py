"""PostgreSQL's own plan of a statement that an operation ran."""

from collections.abc import Sequence

from graph_api.core.operation_database import OperationDatabase
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer


async def postgres_plan(
    database: OperationDatabase,
    viewer: Viewer,
    asked: Statement,
    arguments: Sequence[object],
    number: int,
) -> list[str]:
    """The plan, line by line, of a statement that is run once more with the same values.

    It runs as the serving role for the viewer's tenant, and prepared like the service's own, so
    that it is the plan that was used, row-level security included. `number` tells it apart from
    others. Raises ApiError where the statement cannot be run again.
    """
    prepared = f"explained_{number}"
    async with database.held():
        # the slots of the statement are filled: what it holds now stands for itself
        prepare = statement("prepare_explained").fill(prepared=prepared, statement=asked.text)
        await database.fetch(viewer, prepare)
        quoted = [await _quoted(database, viewer, one) for one in arguments]
        values = f"({', '.join(quoted)})" if quoted else ""
        explain = statement("explain_prepared").fill(prepared=prepared, values=values)
        rows = await database.fetch(viewer, explain)
        await database.fetch(viewer, statement("forget_explained").fill(prepared=prepared))
    return [str(row["QUERY PLAN"]) for row in rows]


async def _quoted(database: OperationDatabase, viewer: Viewer, value: object) -> str:
    """A value as PostgreSQL itself writes it into a statement."""
    if isinstance(value, list | tuple):
        texts = [_text(one) for one in value]
        rows = await database.fetch(viewer, statement("quote_list"), texts)
    else:
        rows = await database.fetch(viewer, statement("quote_values"), [_text(value)])
    return str(rows[0]["quoted"])


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bytes():
            return f"\\x{value.hex()}"
        case _:
            return str(value)
