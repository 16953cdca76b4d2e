"""Makes a backup: one snapshot of the whole database, while the service goes on writing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

from graph_api.backup.archive import appearing_whole, write_archive
from graph_api.backup.connecting import connected, rows_of_tables
from graph_api.backup.manifest import AppliedMigration, DefaultPrivilege, Manifest, NamedRole
from graph_api.backup.programs import BackupError, Target, client_program, output_of
from graph_api.core.statements import statement

EXTENSIONS = ["age", "vector"]


async def back_up(target: Target, path: Path) -> Manifest:
    """Write a backup of the database to a file that appears when it is whole, and not before.

    Raises BackupError where it cannot be made whole; no file is left then.
    """
    async with connected(target) as connection:
        source = await connection.fetchrow(statement("backup_source").text)
        program = client_program("pg_dump", source["version_number"] // 10_000)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval(statement("export_snapshot").text)
            facts = await _facts(connection)
            facts |= {
                "created_at": datetime.now(UTC),
                "graph_api_version": version("graph-api"),
                "database": source["database"],
                "owner": source["owner"],
                "server_version": source["version"],
                "pg_dump_version": program.version,
            }
            dump = output_of(
                program,
                target,
                "--format=custom",
                f"--snapshot={snapshot}",
                "--lock-wait-timeout=60s",
            )
            with appearing_whole(path) as file:
                return await write_archive(
                    file,
                    dump,
                    lambda size, digest: _manifest(facts, size, digest),
                )


async def _facts(connection: Any) -> dict[str, Any]:
    """What the manifest says of the snapshot's contents."""
    try:
        applied = await connection.fetch(statement("applied_migrations").text)
    except asyncpg.UndefinedTableError as error:
        raise BackupError(
            "the database was never migrated, so there is nothing to back up"
        ) from error
    extensions = await connection.fetch(statement("extension_facts").text, EXTENSIONS)
    roles = await connection.fetch(statement("named_roles").text)
    privileges = await connection.fetch(statement("default_privileges").text)
    rows, labels = await rows_of_tables(connection)
    return {
        "extensions": {row["name"]: row["installed"] for row in extensions if row["installed"]},
        "migrations": [AppliedMigration(**dict(row)) for row in applied],
        "roles": [NamedRole(**dict(row)) for row in roles],
        "default_privileges": [DefaultPrivilege(**dict(row)) for row in privileges],
        "rows": rows,
        "labels": labels,
    }


def _manifest(facts: Mapping[str, Any], size: int, digest: str) -> Manifest:
    return Manifest(**facts, dump_bytes=size, dump_sha256=digest)
