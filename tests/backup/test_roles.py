"""Who may back up and restore on a server of one's own, where the owner is no superuser."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from graph_api.backup.dumping import back_up
from graph_api.backup.programs import BackupError, Target
from graph_api.backup.restoring import restore
from graph_api.core.api.schema import GraphSchema
from graph_api.core.migrations import migrate
from graph_api.settings import Settings
from tests.backup.conftest import add_well
from tests.backup.places import owned_database, place, settings_in
from tests.backup.test_restored import definitions, quiet

OWNERS = """select distinct pg_get_userbyid(c.relowner)::text as owner from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'oilgas'::regnamespace)
      and c.relkind in ('r', 'S')"""


@dataclass
class Server:
    """A cluster with a database of `plain`, who is no superuser and does not pass policies by."""

    root: Target

    def as_role(self, role: str, database: str = "own") -> Target:
        return Target(self.root.database(database).dsn.replace("//graph_api@", f"//{role}@"))

    async def execute(self, *statements: str, database: str = "own") -> None:
        connection = await asyncpg.connect(self.root.database(database).dsn)
        try:
            for one in statements:
                await connection.execute(one)
        finally:
            await connection.close()

    async def owners(self, database: str) -> set[str]:
        connection = await asyncpg.connect(self.root.database(database).dsn)
        try:
            return {row["owner"] for row in await connection.fetch(OWNERS)}
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def server(
    tmp_path_factory: pytest.TempPathFactory, schema: GraphSchema
) -> AsyncIterator[Server]:
    """Set up as docs/server.md says, with a well of one tenant."""
    directory = tmp_path_factory.mktemp("server")
    async with owned_database(settings_in(directory)) as root:
        server = Server(root)
        await server.execute(
            "create role plain login",
            "create role graph_api_service login",
            "grant graph_api_service to plain",
            "create database own owner plain",
            "create role graph_api_backup login bypassrls",
            "grant pg_read_all_data to graph_api_backup",
            database="postgres",
        )
        await server.execute(
            "create extension age",
            "create extension vector schema public",
            "grant usage on schema ag_catalog to plain, graph_api_service",
        )
        plain = server.as_role("plain")
        await migrate(plain.dsn)
        settings = Settings(data_dir=directory, database_url=plain.dsn)
        async with place(settings, schema) as own:
            await add_well(own, 1)
        yield server


@pytest.fixture(scope="module")
async def own_backup(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the database of `plain`, by the role that docs/backup.md makes for it."""
    path = tmp_path_factory.mktemp("own") / "own.tar"
    manifest = await back_up(server.as_role("graph_api_backup"), path)
    assert manifest.labels["Well"] == 1
    assert manifest.owner == "plain"
    return path


@pytest.mark.parametrize("role", ["plain", "graph_api_service"])
async def test_a_role_that_policies_hold_makes_no_backup(
    server: Server, tmp_path: Path, role: str
) -> None:
    """It would be one without rows."""
    with pytest.raises(BackupError, match=r"does not see every row of .* bypassrls"):
        await back_up(server.as_role(role), tmp_path / "none.tar")
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


async def test_what_a_superuser_restores_is_the_owner_s(
    server: Server, own_backup: Path, schema: GraphSchema, tmp_path: Path
) -> None:
    await server.execute("create database again owner plain", database="postgres")
    await restore(server.root.database("again"), own_backup, force=False, tell=quiet)
    assert await server.owners("again") == {"plain"}
    assert definitions(server.root.database("again")) == definitions(server.root.database("own"))
    settings = Settings(data_dir=tmp_path, database_url=server.as_role("plain", "again").dsn)
    async with place(settings, schema) as again:
        await add_well(again, 2)
        assert (await again.data("{ wells { totalCount } }"))["wells"]["totalCount"] == 2


async def test_another_owner_gets_what_it_restores(server: Server, own_backup: Path) -> None:
    await server.execute(
        "create role stranger login", "create database other owner stranger", database="postgres"
    )
    await restore(server.root.database("other"), own_backup, force=False, tell=quiet)
    assert await server.owners("other") == {"stranger"}
    await server.execute("create table public.later (id int)", database="other")
    stranger = await asyncpg.connect(server.as_role("stranger", "other").dsn)
    try:
        await stranger.execute("create table public.hers (id int)")
        granted = "select has_table_privilege('graph_api_service', 'public.hers', 'insert')"
        assert await stranger.fetchval(granted), "what is made later is granted as well"
    finally:
        await stranger.close()


async def test_a_plain_owner_restores_what_a_superuser_has_prepared(
    server: Server, own_backup: Path, schema: GraphSchema, tmp_path: Path
) -> None:
    await server.execute("create database mine owner plain", database="postgres")
    mine = server.as_role("plain", "mine")
    with pytest.raises(BackupError) as refused:
        await restore(mine, own_backup, force=False, tell=quiet)
    advice = str(refused.value).partition("to restore into: ")[2]
    assert "bypassrls" in advice
    await server.execute(*advice.split(";"), database="mine")
    await restore(mine, own_backup, force=False, tell=quiet)
    with pytest.raises(BackupError, match="replacing a database takes a superuser"):
        await restore(mine, own_backup, force=True, tell=quiet)
    assert _of_the_owner(server.root.database("mine")) == _of_the_owner(server.root.database("own"))
    settings = Settings(data_dir=tmp_path, database_url=mine.dsn)
    async with place(settings, schema) as again:
        assert (await again.data("{ wells { totalCount } }"))["wells"]["totalCount"] == 1


def _of_the_owner(target: Target) -> list[str]:
    """Definitions without the grants on AGE's own catalog, which a superuser gives."""
    lines = (one for one in definitions(target) if not one.startswith("--") and one)
    foreign = re.compile("GRANT .* ag_catalog|.* SESSION AUTHORIZATION")
    return [one for one in lines if not foreign.match(one)]


async def test_a_role_that_the_server_lacks_is_made_or_named(
    own_backup: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    async with owned_database(settings_in(tmp_path)) as root:
        server = Server(root)
        await server.execute(
            "create role plain login bypassrls",
            "create database own owner plain",
            database="postgres",
        )
        await server.execute(
            "create extension age",
            "create extension vector schema public",
            "grant usage on schema ag_catalog to plain with grant option",
            "grant select, insert, update on ag_catalog.ag_graph, ag_catalog.ag_label to plain",
        )
        with pytest.raises(BackupError, match=r"create role graph_api_service login$"):
            await restore(server.as_role("plain"), own_backup, force=False, tell=quiet)
        await restore(server.root.database("own"), own_backup, force=False, tell=told.append)
        assert any("made the role graph_api_service" in one for one in told)
        # and the service works as that role
        connection = await asyncpg.connect(server.as_role("graph_api_service").dsn)
        try:
            await connection.execute("set app.tenant_id = 'demo'")
            assert await connection.fetchval('select count(*) from oilgas."Well"') == 1
        finally:
            await connection.close()
