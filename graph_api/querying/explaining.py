"""Shows how a query is carried out, from its levels down to PostgreSQL's own plans."""

from typing import Any

from rich.console import Console
from rich.table import Table

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.plan.tracing import StatementRun, Trace
from graph_api.core.api.planning import type_of_operation
from graph_api.core.errors import ApiError
from graph_api.querying.opening import Opened, QueryError
from graph_api.querying.statement_plans import postgres_plan


async def explain_query(
    asked: Opened,
    query: str,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    output: Console,
) -> None:
    """Run a query and print its levels, then each statement with PostgreSQL's plan of it.

    Raises QueryError for a document that holds no such query, or that is refused.
    """
    kind = type_of_operation(asked.graph.schema, query, operation_name)
    if kind is not None and kind.value != "query":
        raise QueryError(f"only queries are explained, for they run twice; this is a {kind.value}")
    context = asked.services.operation(asked.viewer)
    result = await run_operation(
        asked.graph.schema,
        context,
        query,
        variables,
        operation_name,
        allow_mutations=False,
        explain=True,
    )
    if result.trace is None:
        raise QueryError("; ".join(one["message"] for one in result.body["errors"]))
    _show_levels(result, output)
    for error in result.body.get("errors", ()):
        output.print(f"error: {error['message']} at {error.get('path')}")
    await _show_plans(asked, result.trace, output)


def _show_levels(result: OperationResult, output: Console) -> None:
    plan = result.body["extensions"]["plan"]
    because = f" ({plan['because']})" if plan["because"] else ""
    output.print(
        f"executor {plan['executor'] or 'unknown'}{because}; cost {plan['cost']:,}; "
        f"{plan['microseconds'] / 1000:.2f} ms, of them {plan['databaseMicroseconds'] / 1000:.2f} "
        f"in {result.statements.count} statements"
    )
    table = Table("level", "read by", "statement", box=None, pad_edge=False)
    for heading in ("parents", "rows", "ms"):
        table.add_column(heading, justify="right")
    for level in plan["levels"]:
        shown = (", ".join(level["paths"]) or "(no level)", level["by"])
        parents = f"{level['parents']:,}"
        if not level["statements"]:
            table.add_row(*shown, "(nothing left to read)", parents)
        for one in level["statements"]:
            also = f", also for {', '.join(one['alsoFor'])}" if one["alsoFor"] else ""
            rows = "failed" if one["rows"] is None else f"{one['rows']:,}"
            took = f"{one['microseconds'] / 1000:.2f}"
            table.add_row(*shown, f"{one['name']}{also}", parents, rows, took)
            shown, parents = ("", ""), ""
    output.print(table)


async def _show_plans(asked: Opened, trace: Trace, output: Console) -> None:
    number = 0
    for level in trace.levels.values():
        for run in level.statements:
            number += 1
            output.print()
            output.print(f"{run.name}, for {', '.join(level.paths) or 'no level'}:")
            for line in await _plan_of(asked, run, number):
                output.print(f"  {line}")


async def _plan_of(asked: Opened, run: StatementRun, number: int) -> list[str]:
    if run.asked is None:
        return ["its text is not known"]
    database = asked.services.operation(asked.viewer).database
    try:
        return await postgres_plan(database, asked.viewer, *run.asked, number)
    except ApiError as error:
        return [f"cannot be run again: {error.message}"]
