"""The command `graph-api documents`: what clients may ask, registered before they do."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console

from graph_api.core.server import owned_database
from graph_api.core.statements import Statement, statement
from graph_api.documents.manifest import ManifestError, read_manifest
from graph_api.schema import graph_schema
from graph_api.settings import Settings

documents_app = typer.Typer(
    help="Documents that clients may send by id, and the only ones with TRUSTED_DOCUMENTS_ONLY.",
    no_args_is_help=True,
)
_console = Console(highlight=False, markup=False, soft_wrap=True)


@documents_app.command()
def register(
    manifests: Annotated[
        list[Path], typer.Argument(help="Manifests of a frontend's build, or .graphql files.")
    ],
) -> None:
    """Register the documents of manifests; none of them unless all are valid."""
    settings = Settings()
    schema = graph_schema(settings).schema._schema
    try:
        documents = [one for path in manifests for one in read_manifest(path, schema)]
    except ManifestError as error:
        _console.print(str(error))
        raise typer.Exit(1) from None
    rows = [(one.id, one.sha256, one.operation_name, one.text) for one in documents]
    written = asyncio.run(_on_database(settings, statement("register_trusted_document"), rows))
    _console.print(f"registered {len(written)} documents, {len(rows) - len(written)} were there")


@documents_app.command(name="list")
def list_documents() -> None:
    """List what is registered."""
    for row in asyncio.run(_on_database(Settings(), statement("trusted_documents"), [()])):
        name = row["operation_name"] or "(unnamed)"
        _console.print(f"{row['id']}  {name}  {row['characters']:,} characters")


@documents_app.command()
def forget(
    ids: Annotated[list[str], typer.Argument(help="Ids of documents, as `list` shows them.")],
) -> None:
    """Take documents out; servers that have just read one accept it half a minute longer."""
    gone = asyncio.run(
        _on_database(Settings(), statement("forget_trusted_document"), [(one,) for one in ids])
    )
    _console.print(f"took out {len(gone)} of {len(ids)}")


async def _on_database(
    settings: Settings, run: Statement, arguments: Sequence[Sequence[object]]
) -> list[Any]:
    """Run a statement with each list of arguments, all in one transaction, as the owner."""
    async with owned_database(settings) as dsn:
        connection = await asyncpg.connect(dsn, timeout=settings.connect_timeout_seconds)
        try:
            async with connection.transaction():
                found = [await connection.fetch(run.text, *one) for one in arguments]
        finally:
            await connection.close()
    return [row for rows in found for row in rows]
