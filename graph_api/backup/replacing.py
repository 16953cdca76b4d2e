"""Puts a database that was filled beside another into its place, at one stroke."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from graph_api.backup.connecting import connected
from graph_api.backup.programs import BackupError, Target
from graph_api.core.statements import statement

_MAINTENANCE = "postgres"
_LONGEST_NAME = 63
_PATIENCE_SECONDS = 15.0
_POLL_SECONDS = 0.1


@dataclass(slots=True)
class Place:
    """The new database, until it has the old one's name."""

    target: Target
    settings_lost: list[str] = field(default_factory=list)


@asynccontextmanager
async def replaced_database(
    target: Target, connection: Any, database: str, tell: Callable[[str], None]
) -> AsyncIterator[Place]:
    """An empty database like another; it takes the other's place when the context ends well.

    `connection` is one to the database to be replaced, and is closed. The old one is as it was
    when the context fails. Raises BackupError where sessions of the old one do not end.
    """
    mark = secrets.token_hex(4)
    new = f"{database[: _LONGEST_NAME - 19]}_restoring_{mark}"
    old = f"{database[: _LONGEST_NAME - 18]}_replaced_{mark}"
    making = await connection.fetchval(statement("scratch_database_command").text, new)
    rows = await connection.fetch(statement("database_grant_commands").text, new)
    await connection.close()
    settings = [row["setting"] for row in rows if row["setting"] is not None]
    async with connected(target.database(_MAINTENANCE)) as session:
        swap = await session.fetchrow(statement("swap_commands").text, database, old, new)
        await session.execute(making)
        try:
            for row in rows:
                if row["command"] is not None:
                    await session.execute(row["command"])
            yield Place(target.database(new), settings)
            await _swap(session, swap, [database, new])
        except BaseException:
            await session.execute(swap["discard_command"])
            raise
        await session.execute(swap["remove_command"])
    tell(f"the restored database has taken the place of {database}, whose sessions were ended")


async def _swap(session: Any, swap: Any, names: list[str]) -> None:
    await session.execute(swap["close_command"])
    try:
        await _end_sessions(session, names)
        async with session.transaction():
            await session.execute(swap["away_command"])
            await session.execute(swap["into_place_command"])
    except BaseException:
        await session.execute(swap["open_command"])
        raise


async def _end_sessions(session: Any, names: list[str]) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while rows := await session.fetch(statement("end_sessions").text, names):
        if asyncio.get_running_loop().time() > deadline:
            raise BackupError(
                f"{len(rows)} sessions of the database to be replaced do not end; stop the service"
            )
        await asyncio.sleep(_POLL_SECONDS)
