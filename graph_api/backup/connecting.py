"""Connections that back up, restore and check: as the owner, without time limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from graph_api.backup.programs import BackupError, Target
from graph_api.core.age import SESSION_SETTINGS
from graph_api.core.statements import statement

_CONNECT_SECONDS = 30
_SESSION = {
    **SESSION_SETTINGS,
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "application_name": "graph-api backup",
}


@asynccontextmanager
async def connected(target: Target) -> AsyncIterator[Any]:
    """A connection. Raises BackupError where there is none to be had, or where it is lost."""
    try:
        connection = await asyncpg.connect(
            target.dsn, timeout=_CONNECT_SECONDS, server_settings=_SESSION
        )
    except asyncpg.InvalidCatalogNameError as error:
        raise BackupError(f"{error}; create it first, owned by the role that migrates") from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BackupError(f"the database cannot be reached: {error or 'no answer'}") from error
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BackupError(f"the database refused or went away: {error}") from error
    finally:
        await connection.close()


async def rows_of_tables(connection: Any) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows every table has, by its quoted name, and every label of the graph.

    Raises BackupError where row-level security or a missing privilege hides some from this role.
    """
    tables = await connection.fetch(statement("tables_to_back_up").text)
    hidden = [row["name"] for row in tables if not row["is_readable"]]
    if hidden:
        raise BackupError(
            f"this role does not see every row of {len(hidden)} tables, such as {hidden[0]}; give "
            "GRAPH_API_OWNER_DATABASE_URL a superuser, or a role made for it. As a superuser: "
            "create role graph_api_backup login bypassrls; "
            "grant pg_read_all_data to graph_api_backup"
        )
    counts, labels = {}, {}
    for row in tables:
        named = statement("count_rows").fill(table=row["name"])
        counts[row["name"]] = await connection.fetchval(named.text)
        if row["label"] is not None:
            labels[row["label"]] = counts[row["name"]]
    return counts, labels
