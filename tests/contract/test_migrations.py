"""Migrations: once each, by one process at a time, never changed, never undone by an older version."""

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from graph_api.core.age import (
    LEAKPROOF_FUNCTIONS,
    SERVING_ROLE,
    SESSION_SETTINGS,
    UNNEST,
    AgeNotice,
    AgeUnavailableError,
    assert_server_settings,
)
from graph_api.core.database import Database
from graph_api.core.migrations import (
    Migration,
    MigrationError,
    migrate,
    migrations,
    set_service_password,
)
from graph_api.core.statements import statement
from graph_api.settings import Settings
from tests.databases import empty_database, url_of_role

PROCESS = """
import asyncio, sys
from graph_api.core.migrations import migrate
applied, _ = asyncio.run(migrate(sys.argv[1]))
print(len(applied))
"""


@pytest.fixture
async def own_url(database_url: str) -> AsyncIterator[str]:
    """An empty database of the test's own."""
    async with empty_database(database_url) as url:
        yield url


async def ask(url: str, query: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(url, server_settings=SESSION_SETTINGS)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def catalogue(url: str) -> Sequence[Any]:
    """Everything that migrations make, down to definitions and when each was applied."""
    tables = await ask(
        url,
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_schema in ('public', 'oilgas') order by 1, 2, 3",
    )
    indexes = await ask(
        url, "select indexname, indexdef from pg_indexes where schemaname = 'oilgas' order by 1"
    )
    functions = await ask(
        url,
        "select oid::regprocedure::text, prosrc, prorows, proleakproof, xmin::text from pg_proc "
        "where pronamespace in ('graph_admin'::regnamespace, 'ag_catalog'::regnamespace) order by 1",
    )
    applied = await ask(url, "select * from public.schema_migrations order by number")
    return [tuple(row) for row in (*tables, *indexes, *functions, *applied)]


async def test_migrating_twice_changes_nothing(own_url: str) -> None:
    applied, notices = await migrate(own_url)
    assert [one.number for one in applied] == [one.number for one in migrations()]
    assert notices == []
    before = await catalogue(own_url)
    assert len(before) > 500
    assert await migrate(own_url) == ([], [])
    assert await catalogue(own_url) == before


async def test_processes_that_migrate_at_once_apply_each_migration_once(own_url: str) -> None:
    def another() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROCESS, own_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ},
        )

    processes = [another(), another()]
    answers = [await asyncio.to_thread(one.communicate) for one in processes]
    assert [one.returncode for one in processes] == [0, 0], answers
    assert sorted(int(out) for out, _ in answers) == [0, len(migrations())]
    rows = await ask(own_url, statement("applied_migrations").text)
    assert [row["number"] for row in rows] == [one.number for one in migrations()]


async def test_a_migration_changed_after_it_was_applied_is_refused(own_url: str) -> None:
    await migrate(own_url)
    first, *rest = migrations()
    edited = [replace(first, text=first.text + "\n-- changed"), *rest]
    with pytest.raises(MigrationError, match=r"0001 was changed .* add a new migration"):
        await migrate(own_url, edited)


async def test_a_database_of_a_newer_version_is_refused(own_url: str, settings: Settings) -> None:
    known = migrations()
    newer = Migration(len(known) + 1, "from_the_future", "create table public.future (a int)")
    await migrate(own_url, [*known, newer])
    with pytest.raises(MigrationError, match=rf"has migration {newer.number:04}, which this"):
        await migrate(own_url)
    database = await Database.connect(own_url, settings)
    try:
        with pytest.raises(MigrationError, match="does not know"):
            await database.pending_migrations()
    finally:
        await database.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(own_url: str) -> None:
    known = migrations()
    broken = Migration(
        len(known) + 1, "broken", "create table public.half_done (a int); select no_such_function()"
    )
    with pytest.raises(
        MigrationError, match=rf"{broken.number:04}_broken failed: .*no_such_function"
    ):
        await migrate(own_url, [*known, broken])
    rows = await ask(own_url, statement("applied_migrations").text)
    assert [row["number"] for row in rows] == [one.number for one in known]
    left = await ask(own_url, "select to_regclass('public.half_done') as name")
    assert left[0]["name"] is None


async def test_migrations_are_numbered_without_gaps(tmp_path: Any) -> None:
    (tmp_path / "0001_one.sql").write_text("select 1", "utf-8")
    (tmp_path / "0003_three.sql").write_text("select 3", "utf-8")
    with pytest.raises(MigrationError, match="without gaps"):
        migrations(tmp_path)


async def function_facts(url: str) -> dict[str, tuple[float, bool]]:
    functions = [UNNEST, *LEAKPROOF_FUNCTIONS]
    rows = await ask(url, statement("age_function_facts").text, functions)
    return {row["signature"]: (row["rows_estimated"], row["is_leakproof"]) for row in rows}


async def test_what_age_relies_on_is_set_again(own_url: str) -> None:
    await migrate(own_url)
    right = await function_facts(own_url)
    assert right[UNNEST][0] == 10
    assert all(right[one][1] for one in LEAKPROOF_FUNCTIONS)
    await ask(own_url, f"alter function {UNNEST} rows 1000")
    for one in LEAKPROOF_FUNCTIONS:
        await ask(own_url, f"alter function {one} not leakproof")
    assert await function_facts(own_url) != right
    assert await migrate(own_url) == ([], [])
    assert await function_facts(own_url) == right


@pytest.fixture
async def plain_url(own_url: str) -> AsyncIterator[str]:
    """The migrated database for a role that may use AGE, and set nothing."""
    await migrate(own_url)
    name, password = f"plain_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    await ask(own_url, f"create role {name} login password '{password}'")
    await ask(own_url, f"grant usage on schema ag_catalog to {name}")
    yield url_of_role(own_url, name, password)
    await ask(own_url, f"drop owned by {name}")
    await ask(own_url, f"drop role {name}")


async def test_a_plain_role_is_told_what_it_may_not_set(own_url: str, plain_url: str) -> None:
    await ask(own_url, f"alter function {UNNEST} rows 1000")
    await ask(own_url, f"alter function {LEAKPROOF_FUNCTIONS[0]} not leakproof")
    notices = await notices_of(plain_url)
    assert [one.remedy for one in notices] == [
        f"as a superuser: alter function {UNNEST} rows 10",
        f"as a superuser: alter function {LEAKPROOF_FUNCTIONS[0]} leakproof",
    ]
    assert "1000 rows" in notices[0].problem


async def test_a_plain_role_is_told_nothing_when_all_is_set(plain_url: str) -> None:
    assert await notices_of(plain_url) == []


async def notices_of(url: str) -> list[AgeNotice]:
    connection = await asyncpg.connect(url)
    try:
        return await assert_server_settings(connection)
    finally:
        await connection.close()


async def test_a_role_that_may_not_use_age_gets_a_clear_error(
    own_url: str, plain_url: str, settings: Settings
) -> None:
    role = (await ask(plain_url, "select current_user::text as name"))[0]["name"]
    await ask(own_url, f"revoke usage on schema ag_catalog from {role}")
    with pytest.raises(AgeUnavailableError, match="grant usage on schema ag_catalog"):
        await Database.connect(plain_url, settings)


async def test_the_serving_role_may_be_given_a_password(own_url: str) -> None:
    await migrate(own_url)
    password = 'it\'s \\ 100% "secret"'
    try:
        await set_service_password(own_url, password)
        stored = await ask(
            own_url, "select rolpassword from pg_catalog.pg_authid where rolname = $1", SERVING_ROLE
        )
        assert stored[0]["rolpassword"].startswith("SCRAM-SHA-256$")
    finally:
        await ask(own_url, f"alter role {SERVING_ROLE} password null")
