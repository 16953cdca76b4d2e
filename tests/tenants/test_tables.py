"""Row-level security by itself: each table, read and written without naming a tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from tests.tenants.conftest import Twins
from tests.tenants.rows import TABLES, tenant_of_row
from tests.tenants.world import Known

OF_NO_TENANT = {
    "schema_migrations": "which migrations the database has had",
    "trusted_documents": "operations that the operator has registered",
    "rule_status_transitions": "the life of a rule version, the same for all",
    "checklist_status_transitions": "the life of a checklist, the same for all",
}
"""Tables whose rows are no tenant's, by what they hold."""
PARENTS = ("oilgas._ag_label_vertex", "oilgas._ag_label_edge")
FORCED = """
select c.relrowsecurity and c.relforcerowsecurity and
       array['a', 'd', 'r', 'w'] = (select array_agg(p.polcmd::text order by p.polcmd::text)
                                    from pg_policy p where p.polrelid = c.oid and p.polpermissive)
from pg_class c where c.oid = $1::text::regclass
"""


@asynccontextmanager
async def serving(admin: Any, tenant_id: str | None, *before: str) -> AsyncIterator[Any]:
    """A transaction as the role that serves, for a tenant or for none; nothing of it stays.

    What comes before is done by the owner.
    """
    transaction = admin.transaction()
    await transaction.start()
    try:
        for statement in before:
            await admin.execute(statement)
        await admin.execute("set local role graph_api_service")
        if tenant_id is not None:
            await admin.execute("select set_config('app.tenant_id', $1, true)", tenant_id)
        yield admin
    finally:
        await transaction.rollback()


async def _tables(admin: Any) -> list[tuple[str, str]]:
    """Every table of tenants' rows, and the expression of a row's tenant."""
    found = await admin.fetch(TABLES)
    assert len(found) > 50
    return [(one["name"], tenant_of_row(one["is_label"])) for one in found]


def _dropped(table: str) -> str:
    return f"alter table {table} disable row level security"


async def test_every_table_of_tenants_rows_is_guarded(admin: Any) -> None:
    for table, _ in await _tables(admin):
        assert await admin.fetchval(FORCED, table), table


async def test_every_other_table_holds_no_tenants_rows(admin: Any) -> None:
    rows = await admin.fetch(
        """select c.relname from pg_class c where c.relkind in ('r', 'p', 'm', 'v', 'f')
        and c.relnamespace in ('public'::regnamespace, 'oilgas'::regnamespace)"""
    )
    known = {table.rpartition(".")[2].strip('"') for table, _ in await _tables(admin)}
    assert {one["relname"] for one in rows} - known == set(OF_NO_TENANT)


@pytest.mark.parametrize(
    "making",
    [
        "create table public.new_table (tenant_id text not null)",
        "select graph_admin.make_vertex_label('NewLabel')",
        "select graph_admin.make_edge_label('NEW_EDGE')",
        "create table public.new_table (owner text)",
    ],
)
async def test_a_new_table_without_a_policy_is_noticed(making: str, admin: Any) -> None:
    transaction = admin.transaction()
    await transaction.start()
    try:
        await admin.execute(making)
        with pytest.raises(AssertionError):
            await test_every_table_of_tenants_rows_is_guarded(admin)
            await test_every_other_table_holds_no_tenants_rows(admin)
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("disarming", ["disable", "no force"])
async def test_a_policy_that_is_not_forced_is_noticed(disarming: str, admin: Any) -> None:
    transaction = admin.transaction()
    await transaction.start()
    try:
        await admin.execute(f'alter table oilgas."Well" {disarming} row level security')
        with pytest.raises(AssertionError, match="Well"):
            await test_every_table_of_tenants_rows_is_guarded(admin)
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("acts_for", [None, "", "another", "*"])
async def test_no_row_is_read_by_others(acts_for: str | None, admin: Any, known: Known) -> None:
    """Not without a tenant, nor for another one; whatever the table, and its policy alone."""
    for table, own in await _tables(admin):
        count = f"select count(*) from {table} where {own} = '{known.tenant_id}'"  # noqa: S608
        async with serving(admin, acts_for) as role:
            assert await role.fetchval(count) == 0, table
            if not acts_for:
                assert await role.fetchval(f"select count(*) from {table}") == 0, table  # noqa: S608
        async with serving(admin, acts_for, _dropped(table)) as role:
            assert await role.fetchval(count) > 0, f"{table}: nothing to be seen proves nothing"
        async with serving(admin, known.tenant_id) as role:
            assert await role.fetchval(count) > 0, table


@pytest.mark.parametrize("acts_for", [None, "another"])
async def test_no_row_is_changed_or_removed_by_others(
    acts_for: str | None, admin: Any, known: Known
) -> None:
    for table, own in await _tables(admin):
        column = "properties" if table.startswith("oilgas.") else "tenant_id"
        theirs = f"where {own} = '{known.tenant_id}'"
        update = f"update {table} set {column} = {column} {theirs}"  # noqa: S608
        for write in (update, f"delete from {table} {theirs}"):  # noqa: S608
            assert await _reached(admin, acts_for, write) == 0, write
            assert await _reached(admin, acts_for, write, _dropped(table)) > 0, write


async def _reached(admin: Any, acts_for: str | None, write: str, *before: str) -> int:
    """How many rows a write reached; 1 where something else than the policy stood in its way."""
    table = write.split()[2 if write.startswith("delete") else 1]
    granted = f"grant update, delete on {table} to graph_api_service"
    async with serving(admin, acts_for, granted, *before) as role:
        try:
            return int((await role.execute(write)).split()[-1])
        except (asyncpg.RestrictViolationError, asyncpg.ForeignKeyViolationError):
            return 1


async def test_no_row_is_added_for_others(admin: Any, known: Known) -> None:
    for table, own in await _tables(admin):
        names = ", ".join(await _columns(admin, table))
        copied = f"""create temp table copied on commit drop as
            select {names} from {table} where {own} = '{known.tenant_id}' limit 1"""  # noqa: S608
        before = (copied, "grant select on copied to graph_api_service", *_unwatched(table))
        add = f"insert into {table} ({names}) overriding system value select {names} from copied"  # noqa: S608
        for acts_for in (None, "another"):
            async with serving(admin, acts_for, *before) as role:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await role.execute(add)
            async with serving(admin, acts_for, *before, _dropped(table)) as role:
                # as far as the row that it is a copy of
                with suppress(asyncpg.UniqueViolationError):
                    await role.execute(add)


def _unwatched(table: str) -> tuple[str, ...]:
    # triggers look before policies do
    return (f"alter table {table} disable trigger user",)


async def _columns(admin: Any, table: str) -> list[str]:
    rows = await admin.fetch(
        """select quote_ident(attname) as name from pg_attribute
        where attrelid = $1::text::regclass and attnum > 0 and attgenerated = ''
          and not attisdropped""",
        table,
    )
    return [one["name"] for one in rows]


@pytest.mark.parametrize(
    "cypher",
    [
        "MATCH (n) RETURN n.tenant_id",
        "MATCH ()-[e]->() RETURN e.tenant_id",
        "MATCH (a)-[e:HAS_WELL]->(b) RETURN b.tenant_id",
    ],
)
async def test_a_pattern_without_labels_shows_nothing_of_others(
    cypher: str, admin: Any, known: Known
) -> None:
    """It reads through the parents, whose policies are all that stands before their children."""
    ask = f"""select count(*) from ag_catalog.cypher('oilgas', $$ {cypher} $$)
        as (tenant ag_catalog.agtype) where tenant = '"{known.tenant_id}"'"""  # noqa: S608
    async with serving(admin, "another") as role:
        assert await role.fetchval(ask) == 0
    parents = [_dropped(one) for one in PARENTS]
    async with serving(admin, "another", *parents, _dropped('oilgas."HAS_WELL"')) as role:
        assert await role.fetchval(ask) > 0


TAKEN = """update {table} set {column} = {value}
    where {own} = '*' and ctid = (select min(ctid) from {table} where {own} = '*')"""
SHARED_TABLES = ('oilgas."Regulation"', "public.entity_search", "public.checklist_templates")


@pytest.mark.parametrize("table", SHARED_TABLES)
async def test_what_all_share_is_not_taken_away_by_one(table: str, admin: Any) -> None:
    """A row that its tenant may not write is not its tenant's by saying so."""
    is_label = table.startswith("oilgas.")
    mine = """properties || '{"tenant_id": "mine"}'::ag_catalog.agtype""" if is_label else "'mine'"
    take = TAKEN.format(
        table=table,
        column="properties" if is_label else "tenant_id",
        value=mine,
        own=tenant_of_row(is_label),
    )
    immutable = f"alter table {table} disable trigger user"
    keep = f"alter table {table} enable trigger keep_tenant"
    async with serving(admin, "mine", immutable, keep) as role:
        with pytest.raises(asyncpg.RestrictViolationError, match="stays with its tenant"):
            await role.execute(take)
    async with serving(admin, "mine", immutable) as role:
        assert await role.execute(take) == "UPDATE 1", "the trigger is what stops it"
    for write in (take.replace(mine, "properties" if is_label else "tenant_id"), None):
        remove = f"delete from {table} where {tenant_of_row(is_label)} = '*'"  # noqa: S608
        async with serving(admin, "mine", immutable) as role:
            if write is None:
                assert await role.execute(remove) == "DELETE 0"
                continue
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await role.execute(write)


async def test_the_copies_without_guard_differ_in_nothing_else(twins: Twins, admin: Any) -> None:
    copy = await asyncpg.connect(twins.unguarded)
    try:
        grants = "select relname, relacl::text from pg_class where relacl is not null order by 1, 2"
        assert await copy.fetch(grants) == await admin.fetch(grants)
    finally:
        await copy.close()
