"""The `graph-api audit` commands."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from graph_api.audit.models import AuditVerification
from graph_api.audit.store import audited_tenants
from graph_api.audit.verification import verify_chain
from graph_api.core.database import Database
from graph_api.core.server import running_database
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.settings import Settings

audit_app = typer.Typer(help="The signed audit of every write.", no_args_is_help=True)
_SUBJECT = "audit-verify"


@audit_app.callback()
def audit() -> None:
    """The signed audit of every write."""


@audit_app.command()
def verify(
    tenant: Annotated[
        str | None, typer.Option(help="Whose audit; every tenant's, when left out.")
    ] = None,
) -> None:
    """Verify audit chains from the first entry to the last; fails where one is not intact."""
    found = asyncio.run(_verify(Settings(), tenant))
    output = Console(highlight=False, soft_wrap=True)
    for name, result in found:
        output.print(_told(name, result), markup=False)
    if not all(result.is_intact for _, result in found):
        raise typer.Exit(1)


async def _verify(settings: Settings, tenant: str | None) -> list[tuple[str, AuditVerification]]:
    async with running_database(settings) as dsn:
        database = await Database.connect(dsn, settings)
        try:
            operator = Viewer(tenant or SHARED_TENANT, _SUBJECT, "system")
            tenants = [tenant] if tenant else await audited_tenants(database, operator)
            return [
                (one, await verify_chain(database, Viewer(one, _SUBJECT, "system")))
                for one in tenants
            ]
        finally:
            await database.close()


def _told(tenant: str, result: AuditVerification) -> str:
    checked = f"{result.entry_count} entries and {result.change_count} changes"
    if result.problem is None:
        end = f", ends with {result.last_signature}" if result.last_signature else ""
        return f"{tenant}: intact, {checked}{end}"
    problem = result.problem
    entry = f" ({problem.entry_id})" if problem.entry_id else ""
    return (
        f"{tenant}: NOT INTACT at entry {problem.chain_number}{entry}, {problem.kind.value}: "
        f"{problem.message}; {checked} before it are intact"
    )
