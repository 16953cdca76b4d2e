"""Brings a database to the schema of this version: numbered SQL files, each run once, in order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from graph_api.core.age import (
    PRIVILEGES_NEEDED,
    SERVING_ROLE,
    SESSION_SETTINGS,
    AgeNotice,
    assert_server_settings,
)
from graph_api.core.resources import resource_directory
from graph_api.core.statements import statement

# any constant will do; it is what concurrent migrations agree on
_ADVISORY_LOCK = 4_203_701


class MigrationError(Exception):
    """The database cannot be migrated; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations`."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, by which an edited migration is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(directory: Path | None = None) -> list[Migration]:
    """Every migration, in order of number."""
    directory = directory or resource_directory("sql") / "migrations"
    found = [
        Migration(int(path.stem[:4]), path.stem[5:], path.read_text("utf-8"))
        for path in sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError("migrations must be numbered 0001, 0002, … without gaps")
    return found


async def pending_migrations(connection: Any) -> list[Migration]:
    """The migrations the database lacks; raises MigrationError where it has other ones."""
    try:
        rows = await connection.fetch(statement("applied_migrations").text)
    except asyncpg.UndefinedTableError:
        return migrations()
    return _pending(migrations(), {row["number"]: row["checksum"] for row in rows})


async def migrate(
    dsn: str, wanted: Sequence[Migration] | None = None
) -> tuple[list[Migration], list[AgeNotice]]:
    """Apply what is missing, each migration in a transaction of its own.

    Returns what was applied and what the server's privileges did not allow to be set. Safe to run
    from several processes at once. Raises MigrationError with the migration that failed.
    """
    # another process that migrates is waited for, however long it takes
    patient = SESSION_SETTINGS | {"lock_timeout": "0"}
    connection = await asyncpg.connect(dsn, server_settings=patient)
    try:
        await connection.execute(statement("lock_migrations").text, _ADVISORY_LOCK)
        await connection.execute(statement("create_migrations_table").text)
        rows = await connection.fetch(statement("applied_migrations").text)
        applied = {row["number"]: row["checksum"] for row in rows}
        todo = _pending(list(wanted if wanted is not None else migrations()), applied)
        for migration in todo:
            await _apply(connection, migration)
        return todo, await assert_server_settings(connection)
    finally:
        await connection.close()


async def set_service_password(dsn: str, password: str) -> None:
    """Let the role that serves log in with a password; as the owner, who may make roles."""
    connection = await asyncpg.connect(dsn, server_settings=SESSION_SETTINGS)
    try:
        # no parameter may stand in ALTER ROLE, so the server itself quotes the value
        command = await connection.fetchval(
            statement("password_command").text, SERVING_ROLE, password
        )
        await connection.execute(command)
    finally:
        await connection.close()


def _pending(known: list[Migration], applied: dict[int, str]) -> list[Migration]:
    for migration in known:
        checksum = applied.get(migration.number, migration.checksum)
        if checksum != migration.checksum:
            raise MigrationError(
                f"migration {migration.number:04} was changed after it was applied; "
                "restore the file and add a new migration instead"
            )
    if newer := sorted(set(applied) - {migration.number for migration in known}):
        raise MigrationError(
            f"the database has migration {newer[-1]:04}, which this version does not know; "
            "run the version that applied it, or a newer one"
        )
    return [migration for migration in known if migration.number not in applied]


async def _apply(connection: Any, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            await connection.execute(
                statement("record_migration").text,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        remedy = ""
        if isinstance(error, asyncpg.InsufficientPrivilegeError):
            remedy = f"\n{PRIVILEGES_NEEDED}"
        raise MigrationError(
            f"migration {migration.number:04}_{migration.name} failed: {error}{remedy}"
        ) from error
