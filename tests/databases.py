"""Databases of a test's own, for what must not be seen by other tests."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def empty_database(database_url: str) -> AsyncIterator[str]:
    """The URL of a new, empty database on the server of another; dropped afterwards."""
    name = f"graph_api_own_{uuid.uuid4().hex[:12]}"
    await _execute(database_url, f'create database "{name}"')
    try:
        yield url_of_database(database_url, name)
    finally:
        await _execute(database_url, f'drop database "{name}" with (force)')


def url_of_database(database_url: str, name: str) -> str:
    """The same server's URL with another database."""
    base, mark, query = database_url.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}{mark}{query}"


def url_of_role(database_url: str, role: str, password: str) -> str:
    """The same database's URL for another role."""
    return re.sub(r"//([^@/]*)@", f"//{role}:{password}@", database_url, count=1)


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
