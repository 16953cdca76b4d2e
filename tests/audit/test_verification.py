"""An audit chain: every kind of tampering is found, and the first entry that is wrong is named."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.audit.models import AuditProblemKind
from graph_api.audit.verification import canonical, verify_chain
from graph_api.core.database import Database
from graph_api.core.journal import AuditKeys, Change, ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach, Viewer
from graph_api.settings import Settings
from tests.conftest import Execute

Tamper = Callable[[Any, str], Awaitable[object]]
ENTRIES = 8
CHANGES = 3


@pytest.fixture
async def superuser(database_url: str) -> AsyncIterator[Any]:
    """A connection that no trigger and no foreign key stops."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("set session_replication_role = replica")
    yield connection
    await connection.close()


def change(place: int, **values: object) -> Change:
    return Change(
        ChangeKind.CHECKLIST, f"record-{place}", None, {"place": place, **values}, entity_id="e-1"
    )


async def write(database: Database, viewer: Viewer, number: int, **values: object) -> None:
    async with database.transaction(viewer, f"write{number}") as session:
        for place in range(CHANGES):
            session.journal.record(change(place, number=number, **values))


@pytest.fixture
async def chain(database: Database, viewer: Viewer) -> Viewer:
    """The viewer of a tenant with a chain of eight entries, of three changes each."""
    for number in range(1, ENTRIES + 1):
        await write(
            database, viewer, number, text="it's ünïcode\n", ratio=0.1, many=1e17, whole=5.0
        )
    return viewer


async def test_what_is_written_verifies(database: Database, chain: Viewer) -> None:
    found = await verify_chain(database, chain)
    assert found.is_intact
    assert found.is_complete
    assert (found.entry_count, found.change_count) == (ENTRIES, ENTRIES * CHANGES)
    assert found.last_chain_number == ENTRIES
    assert found.key_ids == [database.audit_keys.current]


async def test_a_tenant_without_entries_verifies(database: Database, viewer: Viewer) -> None:
    found = await verify_chain(database, viewer)
    assert (found.is_intact, found.is_complete, found.entry_count) == (True, True, 0)


def update(column: str, value: str, number: int = 5) -> Tamper:
    async def tamper(connection: Any, tenant: str) -> object:
        return await connection.execute(
            f"update audit_logs set {column} = {value} where tenant_id = $1 and chain_number = $2",  # noqa: S608
            tenant,
            number,
        )

    return tamper


def run_for(text: str) -> Tamper:
    async def tamper(connection: Any, tenant: str) -> object:
        return await connection.execute(text, tenant)

    return tamper


async def swap(connection: Any, tenant: str) -> object:
    text = "update audit_logs set chain_number = $3 where tenant_id = $1 and chain_number = $2"
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        await connection.execute(text, tenant, old, new)
    return None


async def close_ranks(connection: Any, tenant: str) -> object:
    await connection.execute(
        "delete from audit_logs where tenant_id = $1 and chain_number = 5", tenant
    )
    for number in (6, 7, 8):
        await update("chain_number", str(number - 1), number)(connection, tenant)
    return None


COPIED = (
    "insert into audit_logs select gen_random_uuid(), tenant_id, {number}, event_type, event_data, "
    "canonical_payload, actor_id, actor_type, entity_ids, created_at, previous_signature, "
    "signature, key_id from audit_logs where tenant_id = $1 and chain_number = 5"
)
REPLACED = (
    "update audit_logs set {column} = replace({column}::text, 'record-1', 'record-9')::{type} "
    "where tenant_id = $1 and chain_number = 5"
)
FEED = "update change_log set {} where tenant_id = $1 and sequence = 14"

TAMPERINGS: dict[str, tuple[Tamper, AuditProblemKind, int]] = {
    "payload": (
        run_for(REPLACED.format(column="canonical_payload", type="text")),
        AuditProblemKind.ALTERED,
        5,
    ),
    "payload that is no JSON": (
        update("canonical_payload", "'not json'"),
        AuditProblemKind.ALTERED,
        5,
    ),
    "event_data": (
        run_for(REPLACED.format(column="event_data", type="jsonb")),
        AuditProblemKind.ALTERED,
        5,
    ),
    "event_data's type": (
        run_for(
            "update audit_logs set event_data = jsonb_set(event_data, '{change_count}', '\"3\"') "
            "where tenant_id = $1 and chain_number = 5"
        ),
        AuditProblemKind.ALTERED,
        5,
    ),
    "id": (update("id", "gen_random_uuid()"), AuditProblemKind.ALTERED, 5),
    "event_type": (update("event_type", "'else'"), AuditProblemKind.ALTERED, 5),
    "actor_id": (update("actor_id", "'somebody'"), AuditProblemKind.ALTERED, 5),
    "actor_id gone": (update("actor_id", "null"), AuditProblemKind.ALTERED, 5),
    "actor_type": (update("actor_type", "'system'"), AuditProblemKind.ALTERED, 5),
    "entity_ids": (update("entity_ids", "'{}'"), AuditProblemKind.ALTERED, 5),
    "created_at": (
        update("created_at", "created_at + interval '1 microsecond'"),
        AuditProblemKind.ALTERED,
        5,
    ),
    "previous_signature": (update("previous_signature", "''"), AuditProblemKind.ALTERED, 5),
    "signature": (update("signature", "reverse(signature)"), AuditProblemKind.ALTERED, 5),
    "signature beyond ASCII": (update("signature", "'ü'"), AuditProblemKind.ALTERED, 5),
    "key_id": (update("key_id", "'forged'"), AuditProblemKind.UNKNOWN_KEY, 5),
    "first entry": (update("actor_id", "'somebody'", 1), AuditProblemKind.ALTERED, 1),
    "last entry": (update("actor_id", "'somebody'", ENTRIES), AuditProblemKind.ALTERED, ENTRIES),
    "another tenant's": (
        run_for(
            "update audit_logs set tenant_id = tenant_id || 'x' "
            "where tenant_id = $1 and chain_number = 5"
        ),
        AuditProblemKind.MISSING,
        5,
    ),
    "removed": (
        run_for("delete from audit_logs where tenant_id = $1 and chain_number = 5"),
        AuditProblemKind.MISSING,
        5,
    ),
    "first removed": (
        run_for("delete from audit_logs where tenant_id = $1 and chain_number = 1"),
        AuditProblemKind.MISSING,
        1,
    ),
    "removed and renumbered": (close_ranks, AuditProblemKind.ALTERED, 5),
    "reordered": (swap, AuditProblemKind.ALTERED, 5),
    "inserted before": (run_for(COPIED.format(number=0)), AuditProblemKind.INSERTED, 0),
    "inserted behind": (
        run_for(COPIED.format(number=ENTRIES + 1)),
        AuditProblemKind.INSERTED,
        ENTRIES + 1,
    ),
    "tail cut": (
        run_for("delete from audit_logs where tenant_id = $1 and chain_number >= 7"),
        AuditProblemKind.MISSING,
        7,
    ),
    "tail cut, and counted": (
        run_for(
            "with cut as (delete from audit_logs where tenant_id = $1 and chain_number >= 7) "
            "update tenant_journals set audit_count = 6 where tenant_id = $1"
        ),
        AuditProblemKind.JOURNAL,
        6,
    ),
    "tail cut, counted and signed": (
        run_for(
            "with cut as (delete from audit_logs where tenant_id = $1 and chain_number >= 7) "
            "update tenant_journals set audit_count = 6, audit_signature = (select signature "
            "from audit_logs where tenant_id = $1 and chain_number = 6) where tenant_id = $1"
        ),
        AuditProblemKind.JOURNAL,
        6,
    ),
    "all cut": (
        run_for("delete from audit_logs where tenant_id = $1"),
        AuditProblemKind.MISSING,
        1,
    ),
    "journal gone": (
        run_for("delete from tenant_journals where tenant_id = $1"),
        AuditProblemKind.JOURNAL,
        1,
    ),
    "feed: record": (
        run_for(FEED.format("after = '{}'::jsonb")),
        AuditProblemKind.FEED,
        5,
    ),
    "feed: actor": (run_for(FEED.format("actor = 'x'")), AuditProblemKind.FEED, 5),
    "feed: domain": (run_for(FEED.format("domain = 'x'")), AuditProblemKind.FEED, 5),
    "feed: moment": (
        run_for(FEED.format("occurred_at = occurred_at - interval '1 microsecond'")),
        AuditProblemKind.FEED,
        5,
    ),
    "feed: removed": (
        run_for("delete from change_log where tenant_id = $1 and sequence = 14"),
        AuditProblemKind.FEED,
        5,
    ),
    "feed: all removed": (
        run_for("delete from change_log where tenant_id = $1"),
        AuditProblemKind.FEED,
        1,
    ),
    "feed: inserted": (
        run_for(
            "insert into change_log select tenant_id, 25, kind, subject_id, entity_type, entity_id,"
            " domain, before, after, cause, actor, rule_version_id, occurred_at from change_log "
            "where tenant_id = $1 and sequence = 14"
        ),
        AuditProblemKind.FEED,
        ENTRIES + 1,
    ),
}


@pytest.mark.parametrize("name", sorted(TAMPERINGS))
async def test_tampering_is_found_and_the_first_wrong_entry_named(
    database: Database, chain: Viewer, superuser: Any, name: str
) -> None:
    tamper, kind, number = TAMPERINGS[name]
    await tamper(superuser, chain.tenant_id)
    found = await verify_chain(database, chain)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.chain_number) == (kind, number)
    assert not found.is_intact
    assert not found.is_complete
    before = {"journal gone": 0, "tail cut, and counted": 6, "tail cut, counted and signed": 6}
    assert found.entry_count == before.get(name, max(number - 1, 0))


async def test_the_first_of_several_is_named_whatever_its_kind(
    database: Database, chain: Viewer, superuser: Any
) -> None:
    await update("actor_id", "'somebody'", 7)(superuser, chain.tenant_id)
    await run_for(FEED.format("actor = 'x'"))(superuser, chain.tenant_id)
    found = await verify_chain(database, chain)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.chain_number) == (AuditProblemKind.FEED, 5)
    assert found.problem.entry_id is not None
    assert (found.entry_count, found.last_chain_number) == (4, 4)
    assert found.change_count == 4 * CHANGES


@pytest.mark.parametrize("table", ["audit_logs", "change_log"])
async def test_the_tables_refuse_to_be_tampered_with(
    database_url: str, chain: Viewer, table: str
) -> None:
    connection = await asyncpg.connect(database_url)
    tenant = chain.tenant_id
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(
                f"update {table} set tenant_id = tenant_id where tenant_id = $1",  # noqa: S608
                tenant,
            )
        if table == "audit_logs":
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute("delete from audit_logs where tenant_id = $1", tenant)
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute("truncate audit_logs")
    finally:
        await connection.close()


async def test_what_retention_has_cut_is_left_out(
    database: Database, chain: Viewer, superuser: Any
) -> None:
    await superuser.fetch(statement("cut_feed").text, chain.tenant_id, 8)
    found = await verify_chain(database, chain)
    assert found.is_intact
    # the cut runs through the third entry, whose rows can no longer be checked either
    assert (found.entry_count, found.change_count) == (ENTRIES, 5 * CHANGES)
    await run_for(FEED.format("actor = 'x'"))(superuser, chain.tenant_id)
    found = await verify_chain(database, chain)
    assert found.problem is not None
    assert found.problem.chain_number == 5


async def test_a_walk_that_has_no_more_time_can_be_gone_on_with(
    database: Database, chain: Viewer
) -> None:
    first = await verify_chain(database, chain, seconds=0)
    assert (first.is_intact, first.is_complete) == (True, False)
    assert 0 < first.entry_count < ENTRIES
    rest = await verify_chain(database, chain, first.last_chain_number, seconds=60)
    assert (rest.is_intact, rest.is_complete) == (True, True)
    assert first.entry_count + rest.entry_count == ENTRIES


async def test_a_walk_can_be_taken_in_stretches(
    database: Database, chain: Viewer, superuser: Any
) -> None:
    first = await verify_chain(database, chain, most=5)
    assert (first.is_intact, first.is_complete, first.entry_count) == (True, False, 5)
    rest = await verify_chain(database, chain, first.last_chain_number, most=5)
    assert (rest.is_intact, rest.is_complete, rest.entry_count) == (True, True, 3)
    await update("actor_id", "'somebody'", 7)(superuser, chain.tenant_id)
    rest = await verify_chain(database, chain, 5)
    assert rest.problem is not None
    assert (rest.problem.chain_number, rest.entry_count) == (7, 1)


async def test_changes_too_many_to_be_listed_are_vouched_for(
    database: Database, viewer: Viewer, superuser: Any
) -> None:
    async with database.transaction(viewer, "bulk") as session:
        for place in range(6001):
            session.journal.record(change(place))
    found = await verify_chain(database, viewer)
    assert (found.is_intact, found.entry_count, found.change_count) == (True, 1, 6001)
    await superuser.execute(
        "update change_log set after = '{}' where tenant_id = $1 and sequence = 5999",
        viewer.tenant_id,
    )
    found = await verify_chain(database, viewer)
    assert found.problem is not None
    assert found.problem.kind is AuditProblemKind.FEED


def keys(*names: str) -> AuditKeys:
    return AuditKeys({name: name.encode() * 32 for name in names}, names[0])


async def test_keys_rotate(
    database: Database, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "audit_keys", keys("old"))
    await write(database, viewer, 1)
    monkeypatch.setattr(database, "audit_keys", keys("new", "old"))
    await write(database, viewer, 2)
    found = await verify_chain(database, viewer)
    assert (found.is_intact, found.key_ids) == (True, ["new", "old"])
    monkeypatch.setattr(database, "audit_keys", keys("new"))
    found = await verify_chain(database, viewer)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.chain_number) == (AuditProblemKind.UNKNOWN_KEY, 1)
    other = AuditKeys({**keys("new").keys, "old": b"another" * 8}, "new")
    monkeypatch.setattr(database, "audit_keys", other)
    found = await verify_chain(database, viewer)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.chain_number) == (AuditProblemKind.ALTERED, 1)


async def test_keys_of_the_settings_sign_by_the_first(settings: Settings, viewer: Viewer) -> None:
    pair = [base64.b64encode(letter * 32).decode() for letter in (b"a", b"b")]
    text = f"two:{pair[1]}, one:{pair[0]}"
    assert settings.database_url is not None
    database = await Database.connect(
        settings.database_url, settings.model_copy(update={"audit_keys": text})
    )
    try:
        await write(database, viewer, 1)
        assert (await verify_chain(database, viewer)).key_ids == ["two"]
    finally:
        await database.close()


async def test_concurrent_writers_do_not_fork_the_chain(database: Database, viewer: Viewer) -> None:
    await asyncio.gather(*(write(database, viewer, number) for number in range(40)))
    found = await verify_chain(database, viewer)
    assert (found.is_intact, found.entry_count) == (True, 40)


async def test_verifying_while_others_write_finds_nothing_wrong(
    database: Database, viewer: Viewer
) -> None:
    await write(database, viewer, 0)

    async def write_many() -> None:
        for number in range(1, 60):
            await write(database, viewer, number)

    writing = asyncio.gather(write_many(), write_many())
    counts: list[int] = []
    while not writing.done():
        found = await verify_chain(database, viewer)
        assert found.problem is None
        counts.append(found.entry_count)
    await writing
    assert len(set(counts)) > 2, "the chain grew meanwhile"


async def test_writers_of_different_tenants_do_not_wait_for_one_another(
    database: Database, viewer: Viewer
) -> None:
    other = replace(viewer, tenant_id=f"{viewer.tenant_id}-other")
    held, release = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.transaction(viewer, "slow") as session:
            session.journal.record(change(1))
            await session.journal.write(session, database.audit_keys)
            session.journal.changes.clear()
            held.set()
            await release.wait()

    holding = asyncio.create_task(slow())
    await held.wait()
    await asyncio.wait_for(write(database, other, 1), 5)
    waiting = asyncio.create_task(write(database, viewer, 2))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done, "a writer of the same tenant does wait"
    release.set()
    await asyncio.gather(holding, waiting)
    for one in (viewer, other):
        assert (await verify_chain(database, one)).is_intact


async def test_records_of_other_tenants_go_to_their_own_audit_and_feed(
    database: Database, viewer: Viewer, superuser: Any
) -> None:
    other = replace(viewer, tenant_id=f"a-{viewer.tenant_id}")
    async with database.transaction(viewer, "shared", reach=Reach.ALL) as session:
        session.journal.record(change(1))
        session.journal.record(replace(change(2), tenant_id=other.tenant_id))
        session.journal.record(replace(change(3), tenant_id=other.tenant_id))
    mine, theirs = await verify_chain(database, viewer), await verify_chain(database, other)
    assert (mine.is_intact, mine.change_count) == (True, 1)
    assert (theirs.is_intact, theirs.change_count) == (True, 2)
    rows = await superuser.fetch(
        "select subject_id from change_log where tenant_id = $1", other.tenant_id
    )
    assert [row["subject_id"] for row in rows] == ["record-2", "record-3"]


NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abä€", max_size=3), inner),
    max_leaves=10,
)


@given(DOCUMENTS)
def test_the_canonical_form_does_not_depend_on_how_json_was_printed(document: Any) -> None:
    compact = json.dumps(document, ensure_ascii=False)
    spread = json.dumps(document, indent=2, sort_keys=True)
    assert canonical(compact) == canonical(spread) is not None


def test_what_has_no_canonical_form_is_told() -> None:
    assert canonical("{") is None
    assert canonical("[1e999]") is None


async def test_the_api_verifies_and_pages(
    data: Any, run: Execute, chain: Viewer, superuser: Any
) -> None:
    query = """{ auditVerification { isIntact isComplete entryCount changeCount lastChainNumber
      problem { chainNumber entryId kind message } } }"""
    found = (await data(query))["auditVerification"]
    assert found == {
        "isIntact": True,
        "isComplete": True,
        "entryCount": ENTRIES,
        "changeCount": ENTRIES * CHANGES,
        "lastChainNumber": ENTRIES,
        "problem": None,
    }
    await update("actor_id", "'somebody'")(superuser, chain.tenant_id)
    found = (await data(query))["auditVerification"]
    assert found["problem"]["chainNumber"] == 5
    assert found["problem"]["kind"] == "ALTERED"
    assert "actor_id" in found["problem"]["message"]
    refused = await run("{ auditVerification(first: 100000) { isIntact } }")
    assert refused.body["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


TRAIL = """query($id: ID, $after: String) { auditTrail(entityId: $id, first: 3, after: $after) {
  nodes { chainNumber eventType actorId entityIds } pageInfo { hasNextPage endCursor } totalCount
} }"""


async def test_the_trail_of_a_record_is_paged(database: Database, data: Any, chain: Viewer) -> None:
    async with database.transaction(chain, "other") as session:
        session.journal.record(Change(ChangeKind.CHECKLIST, "another", None, {}))
    numbers: list[int] = []
    after: str | None = None
    while True:
        trail = (await data(TRAIL, {"id": "record-2", "after": after}))["auditTrail"]
        assert trail["totalCount"] == ENTRIES
        numbers += [one["chainNumber"] for one in trail["nodes"]]
        after = trail["pageInfo"]["endCursor"]
        if not trail["pageInfo"]["hasNextPage"]:
            break
    assert numbers == list(range(ENTRIES, 0, -1))
    everything = (await data(TRAIL, {}))["auditTrail"]
    assert everything["totalCount"] == ENTRIES + 1
    assert everything["nodes"][0]["eventType"] == "other"
    assert (await data(TRAIL, {"id": "e-1"}))["auditTrail"]["totalCount"] == ENTRIES


async def test_the_trail_of_another_tenant_is_not_seen(
    run: Execute, chain: Viewer, viewer: Viewer
) -> None:
    stranger = replace(viewer, tenant_id=f"{viewer.tenant_id}-stranger")
    found = await run(TRAIL, {"id": "e-1"}, stranger)
    assert found.body["data"]["auditTrail"] == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "totalCount": 0,
    }
