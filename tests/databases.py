"""Databases of a test's own, for what must not be seen by other tests."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from graph_api.core.migrations import migrate


async def make_databases(server_url: str, database_url: str) -> None:
    """Make a run's database, migrated, and the template that `migrated_database` copies."""
    name = _name_of(database_url)
    template = _template_of(database_url)
    await _execute(server_url, f'create database "{template}"')
    # nobody may be connected to what is copied
    await migrate(url_of_database(database_url, template))
    await _execute(server_url, f'create database "{name}" template "{template}"')


async def drop_databases(server_url: str, database_url: str) -> None:
    """Drop what `make_databases` made."""
    for name in (_name_of(database_url), _template_of(database_url)):
        await _execute(server_url, f'drop database if exists "{name}" with (force)')


@asynccontextmanager
async def empty_database(database_url: str) -> AsyncIterator[str]:
    """The URL of a new, empty database on the server of another; dropped afterwards."""
    async with _own_database(database_url) as url:
        yield url


@asynccontextmanager
async def migrated_database(database_url: str) -> AsyncIterator[str]:
    """The URL of a new database as migrations leave it, beside a run's; dropped afterwards."""
    async with _own_database(database_url, f'template "{_template_of(database_url)}"') as url:
        yield url


@asynccontextmanager
async def _own_database(database_url: str, source: str = "") -> AsyncIterator[str]:
    name = f"graph_api_own_{uuid.uuid4().hex[:12]}"
    await _execute(database_url, f'create database "{name}" {source}')
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


def _name_of(database_url: str) -> str:
    return database_url.partition("?")[0].rpartition("/")[2]


def _template_of(database_url: str) -> str:
    return f"{_name_of(database_url)}_template"


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
