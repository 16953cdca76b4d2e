"""The life of a version: by the store, which says what is allowed, and by raw SQL, which is refused."""

import uuid
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import asyncpg
import pytest

from graph_api.core.database import Database, Session
from graph_api.core.journal import ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.rules.lifecycle import IllegalRuleMove, RuleConflict, UnknownRuleVersion
from graph_api.rules.models import RuleStatus, RuleType, RuleVersion
from graph_api.rules.store import (
    activate,
    create_version,
    publish_version,
    rule_timeline,
    rule_versions_by_ids,
    submit,
)
from tests.rules.drafts import SHARED, created, fresh_identifier, moved, published, spacing
from tests.viewers import member

DRAFT, PENDING_REVIEW, ACTIVE, SUPERSEDED = RuleStatus
DAY = date(2024, 1, 1)
ALLOWED = {
    DRAFT: [PENDING_REVIEW],
    PENDING_REVIEW: [ACTIVE, DRAFT],
    ACTIVE: [SUPERSEDED],
    SUPERSEDED: [],
}


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[Any]:
    """A connection that knows no rules of ours."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def version_in(database: Database, viewer: Viewer, status: RuleStatus) -> RuleVersion:
    """A version of the viewer's SWR_37 that is in a status."""
    version = await created(database, viewer, spacing("SWR_37", DAY))
    if status is not DRAFT:
        version = await moved(database, viewer, version, PENDING_REVIEW)
    if status in (ACTIVE, SUPERSEDED):
        version = await moved(database, viewer, version, ACTIVE)
    if status is SUPERSEDED:
        await published(database, viewer, spacing("SWR_37", DAY + timedelta(30)))
        version = (await rule_versions_by_ids(database, viewer, [version.id]))[version.id]
    assert version.status is status
    return version


@pytest.mark.parametrize("current", list(RuleStatus))
@pytest.mark.parametrize("wanted", [DRAFT, PENDING_REVIEW, ACTIVE])
async def test_every_step_is_allowed_or_refused_with_what_is_allowed(
    database: Database, viewer: Viewer, current: RuleStatus, wanted: RuleStatus
) -> None:
    version = await version_in(database, viewer, current)
    if wanted in ALLOWED[current]:
        assert (await moved(database, viewer, version, wanted)).status is wanted
        return
    with pytest.raises(IllegalRuleMove) as caught:
        await moved(database, viewer, version, wanted)
    assert (caught.value.current, caught.value.wanted) == (current, wanted)
    assert caught.value.allowed == ALLOWED[current]
    assert str(caught.value).startswith(f"a version that is {current} does not become {wanted}")
    assert (await rule_versions_by_ids(database, viewer, [version.id]))[version.id] == version


@pytest.mark.parametrize(("current", "wanted"), [*product(RuleStatus, RuleStatus)])
async def test_the_database_holds_everybody_to_the_transition_table(
    database: Database, viewer: Viewer, raw: Any, current: RuleStatus, wanted: RuleStatus
) -> None:
    version = await version_in(database, viewer, current)
    end = "effective_date + 1" if wanted is SUPERSEDED else "null"
    attempt = f"update rule_versions set status = $2, superseded_date = {end} where id = $1"  # noqa: S608
    transaction = raw.transaction()
    await transaction.start()
    try:
        if wanted in ALLOWED[current] or (wanted is current):
            assert await raw.execute(attempt, version.id, wanted.lower()) == "UPDATE 1"
        else:
            with pytest.raises(asyncpg.RestrictViolationError):
                await raw.execute(attempt, version.id, wanted.lower())
    finally:
        await transaction.rollback()


async def test_the_transition_table_is_the_one_that_is_documented(raw: Any) -> None:
    rows = await raw.fetch("select from_status, to_status from rule_status_transitions")
    assert {(row[0], row[1]) for row in rows} == {
        (start.lower(), end.lower()) for start, ends in ALLOWED.items() for end in ends
    }


@pytest.mark.parametrize("current", list(RuleStatus))
@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "tenant_id = tenant_id || 'x'",
        "rule_type = 'notice'",
        "rule_domain = 'density'",
        "rule_identifier = 'SWR_38'",
        "version = version + 10",
        "effective_date = effective_date - 1",
        "source = 'rrc_ingestion'",
        "source_reference = 'elsewhere'",
        "rule_data = rule_data || '{\"min_distance_to_lease_line_ft\": 1}'",
        "graph_node_id = 'SWR_1'",
        "change_summary = 'nothing'",
        "detected_at = detected_at - interval '1 day'",
        "detected_by = 'nobody'",
    ],
)
async def test_what_a_version_says_never_changes(
    database: Database, viewer: Viewer, raw: Any, current: RuleStatus, change: str
) -> None:
    version = await version_in(database, viewer, current)
    with pytest.raises(asyncpg.RestrictViolationError, match="is immutable"):
        await raw.execute(f"update rule_versions set {change} where id = $1", version.id)  # noqa: S608


@pytest.mark.parametrize("change", ["null, status = 'active'", "superseded_date + 1"])
async def test_an_end_never_moves_to_a_later_day(
    database: Database, viewer: Viewer, raw: Any, change: str
) -> None:
    version = await version_in(database, viewer, SUPERSEDED)
    with pytest.raises(asyncpg.RestrictViolationError):
        await raw.execute(
            f"update rule_versions set superseded_date = {change} where id = $1",  # noqa: S608
            version.id,
        )


@pytest.mark.parametrize("table", ["rule_versions", "rule_status_changes", "rule_supersessions"])
@pytest.mark.parametrize(
    "attempt", ["delete from {table} where tenant_id = $1", "truncate {table} cascade"]
)
async def test_nothing_is_ever_removed(
    database: Database, viewer: Viewer, raw: Any, table: str, attempt: str
) -> None:
    await version_in(database, viewer, SUPERSEDED)
    values = [viewer.tenant_id] if "$1" in attempt else []
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await raw.execute(attempt.format(table=table), *values)


@pytest.mark.parametrize("table", ["rule_status_changes", "rule_supersessions"])
async def test_what_was_recorded_is_not_rewritten(
    database: Database, viewer: Viewer, raw: Any, table: str
) -> None:
    await version_in(database, viewer, SUPERSEDED)
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await raw.execute(
            f"update {table} set recorded_at = now() where tenant_id = $1",  # noqa: S608
            viewer.tenant_id,
        )


async def test_a_version_begins_as_a_draft(viewer: Viewer, raw: Any) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="begins as a draft"):
        await raw.execute(
            "insert into rule_versions (tenant_id, rule_type, rule_domain, rule_identifier, "
            "version, effective_date, source, rule_data, status) values "
            "($1, 'statewide', 'spacing', 'SWR_37', 1, '2024-01-01', 'manual', '{}', 'active')",
            viewer.tenant_id,
        )


async def test_no_commit_leaves_a_day_with_none_or_two(
    database: Database, viewer: Viewer, raw: Any
) -> None:
    first = await version_in(database, viewer, ACTIVE)
    second = await created(database, viewer, spacing("SWR_37", DAY + timedelta(9)))
    await moved(database, viewer, second, PENDING_REVIEW)
    with pytest.raises(asyncpg.RestrictViolationError, match="none or two in force"):
        await raw.execute("update rule_versions set status = 'active' where id = $1", second.id)
    with pytest.raises(asyncpg.RestrictViolationError, match="none or two in force"):
        await raw.execute(
            "update rule_versions set status = 'superseded', superseded_date = $2 where id = $1",
            first.id,
            DAY + timedelta(9),
        )


async def test_two_versions_do_not_take_effect_on_one_day(
    database: Database, viewer: Viewer
) -> None:
    await published(database, viewer, spacing("SWR_37", DAY))
    second = await created(database, viewer, spacing("SWR_37", DAY, 330))
    await moved(database, viewer, second, PENDING_REVIEW)
    with pytest.raises(RuleConflict, match="version 1 of SWR_37 takes effect on the same day"):
        await moved(database, viewer, second, ACTIVE)


async def test_versions_of_one_identifier_are_of_one_rule(
    database: Database, viewer: Viewer
) -> None:
    identifier = fresh_identifier()
    await published(database, SHARED, spacing(identifier, DAY))
    data = {**spacing(identifier, DAY).rule_data, "field_number": "85280300"}
    of_field = spacing(identifier, DAY, rule_type=RuleType.FIELD_SPECIFIC, rule_data=data)
    density = spacing(identifier, DAY, rule_domain="DENSITY", rule_data={"acres_per_well": 40})
    for new, field in ((of_field, "rule_type"), (density, "rule_domain")):
        with pytest.raises(RuleConflict) as caught:
            await created(database, viewer, new)
        assert caught.value.field == field
    assert len(await rule_timeline(database, viewer, identifier)) == 1


async def test_another_tenants_version_is_not_there(database: Database, viewer: Viewer) -> None:
    other = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="other")
    version = await created(database, viewer, spacing("SWR_37", DAY))
    shared = await created(database, SHARED, spacing(fresh_identifier(), DAY))
    for one, writer in ((version, other), (shared, viewer)):
        with pytest.raises(UnknownRuleVersion):
            await moved(database, writer, one, PENDING_REVIEW)
    assert await rule_versions_by_ids(database, other, [version.id]) == {}
    assert set(await rule_versions_by_ids(database, other, [shared.id])) == {shared.id}


async def test_hooks_hear_of_each_version_that_loses_days(
    database: Database, viewer: Viewer
) -> None:
    identifier, heard = fresh_identifier(), []

    async def hear(session: Session, old: RuleVersion, new: RuleVersion) -> None:
        assert session.viewer.tenant_id == new.tenant_id
        heard.append((old.tenant_id, old.version, old.superseded_date, new.version))

    async def publish(writer: Viewer, days: int) -> None:
        async with database.transaction(writer, "test") as session:
            await publish_version(session, spacing(identifier, DAY + timedelta(days)), hear)

    for writer, days, expected in (
        (SHARED, 0, []),
        (SHARED, 10, [("*", 1, DAY + timedelta(10), 2)]),
        # the tenant's first own version overrides the shared ones from its day on
        (viewer, 5, [("*", 1, DAY + timedelta(10), 1), ("*", 2, None, 1)]),
        (viewer, 20, [(viewer.tenant_id, 1, DAY + timedelta(20), 2)]),
        # inserted between: only the one before loses days
        (viewer, 12, [(viewer.tenant_id, 1, DAY + timedelta(12), 3)]),
        # before the first of its own: the shared one loses the days up to that
        (viewer, 2, [("*", 1, DAY + timedelta(10), 4)]),
        (SHARED, 30, [("*", 2, DAY + timedelta(30), 3)]),
    ):
        heard.clear()
        await publish(writer, days)
        assert heard == expected, (writer.tenant_id, days)


async def test_a_hook_that_fails_leaves_nothing(
    database: Database, viewer: Viewer, raw: Any
) -> None:
    first = await version_in(database, viewer, ACTIVE)

    async def fail(session: Session, old: RuleVersion, new: RuleVersion) -> None:
        raise RuntimeError("after the supersession")

    counted = "select count(*) from {} where tenant_id = $1"
    tables = ("rule_versions", "rule_status_changes", "rule_supersessions", "change_log")
    tables = (*tables, "audit_logs")
    before = [await raw.fetchval(counted.format(table), viewer.tenant_id) for table in tables]
    with pytest.raises(RuntimeError, match="after the supersession"):
        async with database.transaction(viewer, "test") as session:
            await publish_version(session, spacing("SWR_37", DAY + timedelta(9)), fail)
    after = [await raw.fetchval(counted.format(table), viewer.tenant_id) for table in tables]
    assert after == before
    assert await rule_timeline(database, viewer, "SWR_37") == [first]


async def test_every_write_is_told_in_the_feed(
    database: Database, viewer: Viewer, raw: Any
) -> None:
    first = await version_in(database, viewer, ACTIVE)
    async with database.transaction(viewer, "test") as session:
        draft = await create_version(session, spacing("SWR_37", DAY + timedelta(9), 330))
        await submit(session, draft.id)
        await activate(session, draft.id)
    rows = await raw.fetch(
        "select kind, subject_id, domain, before->>'status' as old, after->>'status' as new, "
        "rule_version_id, after->>'superseded_date' as ended from change_log "
        "where tenant_id = $1 order by sequence",
        viewer.tenant_id,
    )
    told = [(row["subject_id"], row["old"], row["new"], row["ended"]) for row in rows]
    assert told == [
        (str(first.id), None, "DRAFT", None),
        (str(first.id), "DRAFT", "PENDING_REVIEW", None),
        (str(first.id), "PENDING_REVIEW", "ACTIVE", None),
        (str(draft.id), None, "DRAFT", None),
        (str(draft.id), "DRAFT", "PENDING_REVIEW", None),
        (str(first.id), "ACTIVE", "SUPERSEDED", "2024-01-10"),
        (str(draft.id), "PENDING_REVIEW", "ACTIVE", None),
    ]
    assert {row["kind"] for row in rows} == {ChangeKind.RULE_VERSION}
    assert {row["domain"] for row in rows} == {"spacing"}
    assert all(str(row["rule_version_id"]) == row["subject_id"] for row in rows)


async def test_a_rejection_keeps_its_reason(database: Database, viewer: Viewer, raw: Any) -> None:
    version = await version_in(database, viewer, PENDING_REVIEW)
    await moved(database, viewer, version, DRAFT)
    rows = await raw.fetch(
        "select status, reason, actor from rule_status_changes where rule_version_id = $1 "
        "order by id",
        version.id,
    )
    assert [tuple(row) for row in rows] == [
        ("draft", None, "test"),
        ("pending_review", None, "test"),
        ("draft", "not yet", "test"),
    ]


def test_the_lock_statements_name_their_tenant() -> None:
    for name in ("lock_rule", "hold_rule"):
        assert "$1" in statement(name).text
