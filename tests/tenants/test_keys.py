"""Keys of two tenants never meet: both may have the same, and neither learns of the other's."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tests.tenants.attempts import SPACING
from tests.tenants.locks import Intruder, Locks
from tests.tenants.rows import TABLES
from tests.tenants.world import IDEMPOTENCY_KEY, Known
from tests.viewers import member

WITHOUT_TENANT = {
    # random, or given out by the database: none is a client's to choose
    "primary keys": r"_pkey \(id\)$",
    "AGE's own ids": r'^"?\w+_(graphid|pkey)"? \(id\)$',
    "ids of entities": r'^"?\w+_id"? \(agtype_access_operator',
    # of something that has a tenant already
    "two vertices": r"_identity\"? \(start_id, end_id",
    "a checklist": r"\(checklist_id, rule_version_id\)$",
    "a snapshot": r"\(snapshot_id, new_version_id\)$",
    # who signs in says no tenant
    "emails": r"^idx_users_email_lower \(lower",
    "secrets": r"\((token_hash|key_hash)\)$",
}
"""Unique keys that do not begin with the tenant, by what they are of."""
UNIQUE = """
select i.relname::text || ' ' || split_part(pg_get_indexdef(x.indexrelid), ' USING btree ', 2)
from pg_index x join pg_class i on i.oid = x.indexrelid
where x.indisunique and x.indrelid = $1::text::regclass
"""
LINKS = """
select conrelid::regclass::text || ' (' || (
           select string_agg(a.attname, ', ' order by k.place)
           from unnest(c.conkey) with ordinality k (number, place)
           join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number) || ')' as key,
       conrelid::regclass::text as from_table, confrelid::regclass::text as to_table
from pg_constraint c
where contype = 'f' and connamespace in ('public'::regnamespace, 'oilgas'::regnamespace)
"""


async def test_uniqueness_includes_the_tenant(admin: Any) -> None:
    left = set(WITHOUT_TENANT)
    for table in await admin.fetch(TABLES):
        for (key,) in await admin.fetch(UNIQUE, table["name"]):
            if "tenant_id" in key:
                continue
            why = [name for name, form in WITHOUT_TENANT.items() if re.search(form, key)]
            assert why, f"{table['name']}: {key}"
            left -= set(why)
    assert left == set()


async def test_links_include_the_tenant_or_are_watched(admin: Any) -> None:
    tables = {one["name"] for one in await admin.fetch(TABLES)}
    watched = 0
    for link in await admin.fetch(LINKS):
        assert {link["from_table"], link["to_table"]} <= tables, link
        if "(tenant_id, " in link["key"]:
            continue
        # a record may rest on a shared rule, which no key can say
        column = link["key"].rpartition("(")[2].rstrip(")")
        triggers = await admin.fetch(
            """select pg_get_triggerdef(oid) from pg_trigger
            where tgrelid = $1::text::regclass and tgname = 'check_referenced_tenant'""",
            link["from_table"],
        )
        assert f"'{column}'" in triggers[0][0], link
        watched += 1
    assert watched == 6


def stranger(intruder: Intruder) -> Intruder:
    return replace(intruder, own=member(f"own-{uuid4().hex[:12]}", subject="test"))


UPSERT = """mutation ($input: UpsertLeaseInput!) { answer: upsertLease(input: $input) {
  __typename ... on UpsertLeasePayload { outcome lease { id name } }
  ... on Conflict { message path } ... on ValidationError { message } } }"""
RULE = """mutation ($input: CreateRuleVersionInput!) { answer: createRuleVersion(input: $input) {
  __typename ... on RuleVersionPayload { ruleVersion { version isShared } }
  ... on Conflict { message path } ... on ValidationError { message errors { path message } } } }"""


def _lease(known: Known) -> dict[str, Any]:
    lease: Any = known.entities["Lease"]
    return {
        "rrcLeaseId": lease.rrc_lease_id,
        "district": lease.district,
        "oilGasCode": lease.oil_gas_code.name,
    }


def _rule(known: Known) -> dict[str, Any]:
    return {
        "ruleIdentifier": known.rule_identifier,
        "ruleType": "STATEWIDE",
        "ruleDomain": "SPACING",
        "effectiveDate": "2021-01-01",
        "source": "MANUAL",
        "ruleData": SPACING,
    }


async def _answer(
    intruder: Intruder, locks: Locks, document: str, given: dict[str, Any]
) -> dict[str, Any]:
    answer = await intruder.ask(locks, document, {"input": given})
    found: dict[str, Any] = answer["data"] and answer["data"]["answer"]
    return found or answer


async def _by_natural_key(intruder: Intruder, locks: Locks, known: Known) -> bool:
    """Whether one's own lease is made under a key that the other has."""
    made = await _answer(intruder, locks, UPSERT, {"lease": {**_lease(known), "name": "MINE"}})
    return made.get("outcome") == "CREATED"


async def _by_rule_version(intruder: Intruder, locks: Locks, known: Known) -> bool:
    """Whether one's own rule of the other's identifier begins with version 1."""
    made = await _answer(intruder, locks, RULE, _rule(known))
    return bool(made.get("ruleVersion", {}).get("version") == 1)


async def _by_idempotency_key(intruder: Intruder, locks: Locks, known: Known) -> bool:
    """Whether a key that the other has used is free."""
    given = {"lease": {**_lease(known), "name": "MINE"}, "idempotencyKey": IDEMPOTENCY_KEY}
    made = await _answer(intruder, locks, UPSERT, given)
    return made.get("outcome") == "CREATED"


TENANTLESS = {
    "natural key": (
        _by_natural_key,
        """delete from oilgas."Lease" where properties ->> 'tenant_id'::text not like 'theirs-%';
        drop index oilgas."Lease_natural_key"; create unique index spoiling on oilgas."Lease"
        ((properties ->> 'natural_key'::text))""",
    ),
    "rule version": (
        _by_rule_version,
        """alter table public.rule_versions
           drop constraint rule_versions_tenant_id_rule_identifier_version_key;
        create unique index spoiling on public.rule_versions (rule_identifier, version)""",
    ),
    "idempotency key": (
        _by_idempotency_key,
        """alter table public.idempotency_keys drop constraint idempotency_keys_pkey;
        create unique index spoiling on public.idempotency_keys (key);
        create unique index idempotency_keys_pkey on public.idempotency_keys (tenant_id, key)""",
    ),
}


@pytest.mark.parametrize("kind", TENANTLESS)
async def test_both_may_have_the_same_key(kind: str, intruder: Intruder, known: Known) -> None:
    probe, _ = TENANTLESS[kind]
    assert await probe(stranger(intruder), Locks.BOTH, known)
    assert await probe(stranger(intruder), Locks.STATEMENTS, known)


@pytest.mark.parametrize("kind", TENANTLESS)
async def test_a_key_without_the_tenant_would_be_noticed(
    kind: str, scratch: Intruder, known: Known, scratch_admin: Any
) -> None:
    probe, spoiling = TENANTLESS[kind]
    await scratch_admin.execute(spoiling)
    try:
        assert not await probe(stranger(scratch), Locks.STATEMENTS, known)
    finally:
        await scratch_admin.execute("drop index if exists oilgas.spoiling, public.spoiling")


async def test_a_constraint_that_fails_says_nothing_of_what_is_there(
    scratch: Intruder, known: Known, scratch_admin: Any
) -> None:
    """Not even where the database compares with what its caller may not see."""
    await scratch_admin.execute(
        """create unique index spoiling on oilgas."Operator" ((properties ->> 'name'::text))"""
    )
    document = """mutation ($input: UpsertOperatorInput!) { answer: upsertOperator(input: $input) {
        __typename ... on Conflict { message } } }"""
    given = {"operator": {"name": "ZEBRA", "p5Number": "111111"}}
    try:
        answer = await stranger(scratch).ask(Locks.STATEMENTS, document, {"input": given})
    finally:
        await scratch_admin.execute("drop index oilgas.spoiling")
    text = str(answer)
    for mark in (known.tenant_id, known.ids["Operator"], "properties", "duplicate", "index"):
        assert mark not in text
