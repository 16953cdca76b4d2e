"""The commands `graph-api backup` and `graph-api restore`."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graph_api.backup.checking import verified_audits, with_keys_kept
from graph_api.backup.dumping import back_up
from graph_api.backup.programs import BackupError, Target
from graph_api.backup.restoring import Restored, restore
from graph_api.core.doctor import Verdict, examine
from graph_api.core.server import owned_database
from graph_api.entities.graph import graph_registry
from graph_api.settings import Settings

backup_app = typer.Typer()
_console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@backup_app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
) -> None:
    """Back up the whole database to one file, while the service goes on."""
    try:
        asyncio.run(_backup(Settings(), file))
    except BackupError as error:
        _console.print(str(error))
        raise typer.Exit(1) from None


async def _backup(settings: Settings, file: Path) -> None:
    async with owned_database(settings) as dsn:
        manifest = await back_up(Target(dsn), file)
    _console.print(
        f"backed up {sum(manifest.rows.values()):,} rows, of them "
        f"{manifest.vertices_and_edges:,} vertices and edges, to {file} "
        f"({manifest.dump_bytes:,} bytes)"
    )
    _console.print(
        "The keys of the audit and of sign-in are not in it: keep audit.key and the other keys of "
        "GRAPH_API_DATA_DIR, or GRAPH_API_AUDIT_KEYS and GRAPH_API_AUTH_SECRET, somewhere else"
    )


@backup_app.command(name="restore")
def restore_command(
    file: Annotated[Path, typer.Argument(help="A file that `graph-api backup` has made.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a database that is not empty.")
    ] = False,
) -> None:
    """Restore a backup into an empty database, bring it to this version, and check it."""
    try:
        problems = asyncio.run(_restore(Settings(), file, force))
    except BackupError as error:
        _console.print(str(error))
        raise typer.Exit(1) from None
    if problems:
        raise typer.Exit(1)


async def _restore(settings: Settings, file: Path, force: bool) -> int:
    """Restore, and say what was done; how many problems remain."""
    async with owned_database(settings) as dsn:
        target = Target(dsn)
        done = await restore(target, file, force=force, tell=_console.print)
        _tell_of(done)
        with tempfile.TemporaryDirectory(prefix="graph-api-keys-") as elsewhere:
            checking = with_keys_kept(settings, Path(elsewhere))
            if checking.audit_keys is None:
                _console.print(
                    "the key of the audit is not here: put it in place before the service starts, "
                    "then run graph-api audit verify"
                )
            findings = await examine(target.dsn, checking, graph_registry())
            failed = [one for one in findings if one.verdict is Verdict.FAIL]
            for one in failed:
                _console.print(f"{one.check}: {one.found}; {' '.join(one.remedies)}")
            if not failed:
                _console.print("graph-api doctor finds nothing wrong")
            if checking.audit_keys is None:
                return len(failed)
            return len(failed) + await _tell_of_audits(checking, target)


def _tell_of(done: Restored) -> None:
    for migration in done.applied:
        _console.print(f"applied {migration.number:04} {migration.name}")
    if done.applied or done.roles_made:
        _console.print(
            "run graph-api migrate before the service starts: it sets the password of the "
            "service's role, and writes the rules and templates that this version brings"
        )
    for notice in done.notices:
        _console.print(f"warning: {notice.problem}; {notice.remedy}")
    for setting in done.settings_lost:
        _console.print(f"warning: set again for the database, which had it before: {setting}")
    if done.replaced:
        _console.print(
            "restart every process of the service; whoever follows the change feed begins anew "
            "from the restored data, for cursors given after the backup now mean other changes"
        )


async def _tell_of_audits(settings: Settings, target: Target) -> int:
    """Verify every audit chain, and say what was found; how many are not intact."""
    found = await verified_audits(settings, target)
    for tenant, result in found:
        if result.problem is None:
            _console.print(f"audit of {tenant}: intact, {result.entry_count:,} entries")
        else:
            _console.print(
                f"audit of {tenant}: NOT INTACT at entry {result.problem.chain_number}: "
                f"{result.problem.message}; is the key here the one that signed it?"
            )
    return sum(result.problem is not None for _, result in found)
