"""The commands `graph-api explain` and `graph-api export`."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer
from rich.console import Console

from graph_api.core.api.listing import list_document, ordered_by
from graph_api.core.errors import ApiError
from graph_api.querying.explaining import explain_query
from graph_api.querying.exporting import export_list
from graph_api.querying.opening import QueryError, opened
from graph_api.settings import Settings

querying_app = typer.Typer()
_console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
_Tenant = Annotated[
    str | None, typer.Option(help="Whose graph; GRAPH_API_DEV_TENANT when left out.")
]


@querying_app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A file with a query; - for standard input.")],
    variables: Annotated[
        str | None, typer.Option(help="Its variables, as JSON or as @FILE.")
    ] = None,
    tenant: _Tenant = None,
    operation: Annotated[
        str | None, typer.Option(help="Which of the document's operations, where it has several.")
    ] = None,
) -> None:
    """Run a query and show how: its levels, its statements, and PostgreSQL's plan of each.

    Every statement runs twice, the second time under EXPLAIN (ANALYZE, BUFFERS).
    """
    settings = Settings()
    query = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    given = None if variables is None else _json_object("--variables", variables)
    with _told():
        asyncio.run(_explain(settings, _owner(settings, tenant), query, given, operation))


async def _explain(
    settings: Settings,
    tenant: str,
    query: str,
    variables: dict[str, Any] | None,
    operation: str | None,
) -> None:
    # the lines of a plan are as long as they are, and a table keeps its columns
    output = Console(highlight=False, markup=False, soft_wrap=True, width=500)
    async with opened(settings, tenant, "explain") as asked:
        await explain_query(asked, query, variables, operation, output)


@querying_app.command()
def export(
    list_name: Annotated[str, typer.Argument(metavar="LIST", help="A list, such as wells.")],
    where: Annotated[
        str | None, typer.Option(help="The list's filter, as JSON or as @FILE.")
    ] = None,
    order_by: Annotated[
        str | None,
        typer.Option(help="The list's order, such as API_NUMBER or COUNTY:DESC,API_NUMBER."),
    ] = None,
    argument: Annotated[
        list[str] | None, typer.Option(help="Any other argument of the list, as NAME=JSON.")
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            help="What to write of each object: a selection without its braces, such as "
            "'apiNumber operator { name }'; all values of its own when left out."
        ),
    ] = None,
    tenant: _Tenant = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, there once it is whole; standard output if left out."
        ),
    ] = None,
) -> None:
    """Write a whole list, an object of JSON a line, as it is at one moment."""
    settings = Settings()
    owner = _owner(settings, tenant)
    given = dict(_named_json(one) for one in argument or ())
    if where is not None:
        given["where"] = _json_object("--where", where)
    with _told():
        asyncio.run(_export(settings, owner, list_name, given, order_by, fields, out))


async def _export(
    settings: Settings,
    tenant: str,
    list_name: str,
    given: dict[str, Any],
    order_by: str | None,
    fields: str | None,
    out: Path | None,
) -> None:
    async with opened(settings, tenant, "export") as asked:
        if order_by is not None:
            given["orderBy"] = ordered_by(asked.graph, list_name, order_by)
        document = list_document(asked.graph, list_name, given, fields)
        started = time.perf_counter()
        with _output(out) as output:
            count = await export_list(asked, document, output)
        seconds = time.perf_counter() - started
    rate = count / seconds if seconds else 0
    _console.print(f"exported {count:,} {list_name} in {seconds:.1f} s, {rate:,.0f} rows/s")


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """Where to write; a file takes its name once all of it is written."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _told() -> Iterator[None]:
    """What the caller asked wrongly, or no longer reads, ends the command without a trace."""
    try:
        yield
    except BrokenPipeError:
        # nobody reads: what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except ApiError as error:
        _console.print(error.message)
        raise typer.Exit(1) from None
    except QueryError as error:
        _console.print(str(error))
        raise typer.Exit(1) from None


def _owner(settings: Settings, tenant: str | None) -> str:
    owner = tenant or settings.dev_tenant
    if owner is None:
        raise typer.BadParameter("give --tenant, or set GRAPH_API_DEV_TENANT")
    return owner


def _named_json(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"--argument must be NAME=JSON, not {text}")
    return name, _json("--argument", value)


def _json_object(option: str, text: str) -> dict[str, Any]:
    found = _json(option, text)
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{option} must be a JSON object")
    return found


def _json(option: str, text: str) -> Any:
    if text.startswith("@"):
        text = Path(text[1:]).read_text("utf-8")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise typer.BadParameter(f"{option} must be JSON, or @FILE") from None
