"""What is stored for a tenant, seen from above row-level security."""

from typing import Any

TABLES = """
select c.oid::regclass::text as name, n.nspname = 'oilgas' as is_label
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and (n.nspname = 'oilgas'
    or n.nspname = 'public' and exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
order by 1
"""
"""Every table that holds rows of tenants: those with a tenant's column, and the labels."""


def tenant_of_row(is_label: bool) -> str:
    """The expression of the tenant that a row belongs to."""
    return "(properties ->> 'tenant_id'::text)" if is_label else "tenant_id"


async def stored_rows(admin: Any, tenant_id: str) -> dict[str, Any]:
    """A digest of all rows of a tenant, by table."""
    found = {}
    for table in await admin.fetch(TABLES):
        own = tenant_of_row(table["is_label"])
        found[table["name"]] = await admin.fetchval(
            f"select count(*) || ' ' || md5(coalesce(string_agg(t::text, '' order by t::text), ''))"  # noqa: S608
            f" from only {table['name']} t where {own} = $1",
            tenant_id,
        )
    return found
