"""The role that serves: what it is, and what the database refuses it."""

import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.tenants.test_tables import serving

ATTEMPTS = {
    "become the owner": "set role {owner}",
    "switch row-level security off": 'alter table oilgas."Well" disable row level security',
    "not be forced": "alter table public.users no force row level security",
    "drop a policy": "drop policy tenant_reads on public.users",
    "change a policy": "alter policy tenant_reads on public.users using (true)",
    "add a policy": "create policy mine on public.users using (true)",
    "leave a trigger out": "alter table public.audit_logs disable trigger all",
    "leave all triggers out": "set session_replication_role = replica",
    "record a migration": "insert into public.schema_migrations select * from schema_migrations",
    "forget a migration": "delete from public.schema_migrations",
    "allow a step to rules": "insert into public.rule_status_transitions values ('draft', 'active')",
    "allow a step to filings": "delete from public.checklist_status_transitions",
    "trust an operation": "insert into public.trusted_documents (id) values ('x')",
    "change the audit": "update public.audit_logs set event_type = 'x'",
    "remove from the audit": "delete from public.audit_logs",
    "empty the audit": "truncate public.audit_logs",
    "change the feed": "update public.change_log set actor = 'x'",
    "empty a table": 'truncate oilgas."Well"',
    "make a table": "create table public.mine (x int)",
    "make a function": "create function public.mine() returns int language sql as 'select 1'",
    "make a schema": "create schema mine",
    "make a role": "create role mine",
    "raise itself": "alter role graph_api_service bypassrls",
    "give what it has": "grant pg_read_all_data to graph_api_service",
    "call what migrations call": "select graph_admin.protect_label('Well')",
    "drop the graph": "select ag_catalog.drop_graph('oilgas', true)",
    "drop a label": "select ag_catalog.drop_label('oilgas', 'Well')",
    "make a label": "select ag_catalog.create_vlabel('oilgas', 'Mine')",
    "make a graph": "select ag_catalog.create_graph('mine')",
    "change a function": "alter function ag_catalog.agtype_eq(agtype, agtype) not leakproof",
    "read a file": "select pg_read_file('/etc/passwd')",
    "run a program": "copy (select 1) to program 'true'",
    "read passwords": "select * from pg_catalog.pg_authid",
}

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    # AGE stumbles over the message that a label is not the role's to drop
    asyncpg.InternalServerError,
)


async def test_it_is_nobody(admin: Any) -> None:
    row = await admin.fetchrow(
        """select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin,
               exists (select from pg_auth_members where member = r.oid) as is_member
        from pg_roles r where rolname = 'graph_api_service'"""
    )
    assert {name for name, held in row.items() if held} == {"rolcanlogin"}


async def test_it_owns_nothing(admin: Any) -> None:
    owned = await admin.fetchval(
        """select count(*) from pg_shdepend where refclassid = 'pg_authid'::regclass
        and refobjid = 'graph_api_service'::regrole and deptype = 'o'"""
    )
    assert owned == 0


@pytest.mark.parametrize("statement", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_it_may_not(statement: str, admin: Any, pools: Any) -> None:
    owner = await admin.fetchval("select quote_ident(current_user)")
    async with pools["guarded"].database._pool.connection() as connection:
        assert await connection.fetchval("select session_user") == "graph_api_service"
        with pytest.raises(REFUSED):
            await connection.execute(statement.replace("{owner}", owner))


async def test_switching_row_security_off_is_refused_where_it_would_matter(pools: Any) -> None:
    async with pools["guarded"].database._pool.connection() as connection:
        await connection.execute("set row_security = off")
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch('select count(*) from oilgas."Well"')
        finally:
            await connection.execute("set row_security = on")


async def test_nothing_runs_with_the_rights_of_who_made_it(admin: Any) -> None:
    """A function or view of the owner's would read past the policies."""
    rows = await admin.fetch(
        """select p.oid::regprocedure::text from pg_proc p
        where p.prosecdef and p.pronamespace::regnamespace::text !~ '^pg_'
        union all
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('v', 'm') and c.relnamespace::regnamespace::text in ('public', 'oilgas')"""
    )
    assert [one[0] for one in rows] == []


async def test_what_is_statistics_shows_no_values_of_others(admin: Any) -> None:
    """Histograms hold rows of every tenant."""
    await admin.execute("analyze public.users")
    stats = "select count(*) from pg_stats where schemaname in ('public', 'oilgas')"
    assert await admin.fetchval(stats) > 0
    async with serving(admin, "another") as role:
        seen = await role.fetch(
            "select tablename from pg_stats where schemaname in ('public', 'oilgas')"
        )
    assert {one["tablename"] for one in seen} <= {
        *("schema_migrations", "rule_status_transitions", "checklist_status_transitions")
    }


def test_no_statement_follows_paths_of_any_length() -> None:
    """They load the whole graph past every policy."""
    paths = sorted((Path(__file__).parents[2] / "cypher").glob("*.cypher"))
    assert paths
    for path in paths:
        text = path.read_text("utf-8")
        assert not re.search(r"\[[^\]]*\*[^\]]*\]|shortestPath|vle", text), path
