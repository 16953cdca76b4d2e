"""Databases with the same rows of the same tenants, of which only the first has row-level security."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.viewer import Viewer
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.rules.seeding import load_rule_seeds
from graph_api.settings import Settings
from tests.core.graph.plans import connect
from tests.databases import migrated_database, url_of_database
from tests.tenants.locks import Intruder
from tests.tenants.world import Known, fill
from tests.viewers import member

UNGUARD = """
do $$
declare relation regclass;
begin
    for relation in select distinct polrelid from pg_policy loop
        execute format('alter table %s disable row level security', relation);
    end loop;
end
$$"""


@dataclass(frozen=True)
class Twins:
    """The URLs of the databases, and what the tenant has in each."""

    guarded: str
    unguarded: str
    scratch: str
    """Without row-level security as well, and for tests that spoil it."""
    theirs: Viewer
    known: Known


@pytest.fixture(scope="session")
async def twins(database_url: str, settings: Settings, schema: GraphSchema) -> AsyncIterator[Twins]:
    async with migrated_database(database_url) as guarded:
        theirs = member(f"theirs-{uuid4().hex[:12]}", subject="zebra")
        known = await _filled(guarded, settings, schema, theirs)
        async with unguarded_copy(guarded) as unguarded, unguarded_copy(guarded) as scratch:
            yield Twins(guarded, unguarded, scratch, theirs, known)


@asynccontextmanager
async def unguarded_copy(guarded: str) -> AsyncIterator[str]:
    """The URL of a copy of a database that nobody is connected to, without row-level security."""
    name, original = f"unguarded_{uuid4().hex[:12]}", guarded.partition("?")[0].rpartition("/")[2]
    server = await asyncpg.connect(url_of_database(guarded, "postgres"))
    await server.execute(f'create database "{name}" template "{original}"')
    copy = url_of_database(guarded, name)
    try:
        admin = await asyncpg.connect(copy)
        await admin.execute(UNGUARD)
        await admin.close()
        yield copy
    finally:
        await server.execute(f'drop database "{name}" with (force)')
        await server.close()


async def _filled(url: str, settings: Settings, schema: GraphSchema, theirs: Viewer) -> Known:
    database, admin = await Database.connect(url, settings), await asyncpg.connect(url)
    try:
        await load_reference_data(database)
        await load_rule_seeds(database)
        await load_template_seeds(database)
        services = Services(settings, database, schema.registry, ChangeFeed(url, database))
        return await fill(services, schema, theirs, admin)
    finally:
        await admin.close()
        await database.close()


@pytest.fixture(scope="session")
async def pools(
    twins: Twins, settings: Settings, schema: GraphSchema
) -> AsyncIterator[dict[str, Services]]:
    opened: dict[str, Services] = {}
    for name, url in (
        ("guarded", twins.guarded),
        ("unguarded", twins.unguarded),
        ("scratch", twins.scratch),
    ):
        database = await Database.connect(url, settings)
        feed = ChangeFeed(url, database)
        await feed.start()
        opened[name] = Services(settings, database, schema.registry, feed)
    yield opened
    for services in opened.values():
        await services.feed.stop()
        await services.database.close()


@pytest.fixture
def known(twins: Twins) -> Known:
    """What the other tenant has."""
    return twins.known


@pytest.fixture
def intruder(pools: dict[str, Services], schema: GraphSchema, twins: Twins) -> Intruder:
    """Somebody of a tenant that has nothing."""
    own = member(f"own-{uuid4().hex[:12]}", subject="test")
    return Intruder(pools["guarded"], pools["unguarded"], schema, own, twins.theirs)


@pytest.fixture
def scratch(pools: dict[str, Services], intruder: Intruder) -> Intruder:
    """The same, where what is done without locks spoils nothing."""
    return replace(intruder, unguarded=pools["scratch"])


@pytest.fixture
async def admin(twins: Twins) -> AsyncIterator[Any]:
    """A superuser of the database with row-level security."""
    connection = await connect(twins.guarded)
    yield connection
    await connection.close()


@pytest.fixture
async def unguarded_admin(twins: Twins) -> AsyncIterator[Any]:
    """A superuser of the database without row-level security."""
    connection = await connect(twins.unguarded)
    yield connection
    await connection.close()


@pytest.fixture
async def scratch_admin(twins: Twins) -> AsyncIterator[Any]:
    """A superuser of the database that tests spoil."""
    connection = await connect(twins.scratch)
    yield connection
    await connection.close()
