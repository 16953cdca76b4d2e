"""A rule changes under filings: marked, alerted and told in the activation's own transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from graph_api.audit.verification import verify_chain
from graph_api.core.api.as_of import texas_day
from graph_api.core.database import Database, Row, Session
from graph_api.core.statements import Statement
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.store import activate, create_version, submit
from tests.conftest import Execute
from tests.filings.filing_world import CHECKLIST, FilingWorld, filing_world
from tests.viewers import member

YESTERDAY = texas_day() - timedelta(days=1)
NEXT_YEAR = texas_day() + timedelta(days=365)
SHARED = member(SHARED_TENANT, subject="registrar", administers_shared=True)
ALERTS = """query($acknowledged: Boolean, $checklist: UUID, $first: Int, $after: String) {
  ruleChangeAlerts(acknowledged: $acknowledged, checklistId: $checklist, first: $first,
                   after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id ruleIdentifier acknowledged acknowledgedBy note oldVersion { version }
      newVersion { version } diff { path before after } checklist { id isStale } } } }"""


async def shown(world: FilingWorld, checklist: Any, extra: str = "") -> Any:
    document = f"query($id: UUID!) {extra} {{ checklist(id: $id) {{ {CHECKLIST} }} }}"
    return (await world.ask(document, id=checklist["id"]))["checklist"]


async def alerts(world: FilingWorld, **given: Any) -> Any:
    return (await world.ask(ALERTS, **given))["ruleChangeAlerts"]


async def test_an_activation_marks_alerts_and_tells(world: FilingWorld, sql: Any) -> None:
    checklist = await world.at("IN_PROGRESS")
    before = await sql.fetchval(
        "select last_sequence from tenant_journals where tenant_id = $1", world.viewer.tenant_id
    )
    await world.publish(40, YESTERDAY)
    stale = await shown(world, checklist)
    assert stale["isStale"]
    assert stale["snapshots"][0] == {
        **checklist["snapshots"][0],
        "isCurrent": False,
        "supersededBy": {"version": 2},
        "rule": {"version": 2},
    }
    (because,) = stale["staleBecause"]
    assert because["rule"] == world.identifier
    assert (because["from"], because["to"]) == ({"version": 1}, {"version": 2})
    assert {"path": "ruleData.small_volume_mcf_per_day", "before": 50.0, "after": 40.0} in because[
        "diff"
    ]
    (alert,) = (await alerts(world, acknowledged=False))["nodes"]
    assert (alert["oldVersion"], alert["newVersion"]) == ({"version": 1}, {"version": 2})
    assert alert["checklist"] == {"id": checklist["id"], "isStale": True}
    assert because["diff"] == alert["diff"]
    rows = await sql.fetch(
        "select kind, domain, entity_type, before ->> 'is_current' as was, "
        "after ->> 'is_current' as now, after ->> 'is_stale' as stale "
        "from change_log where tenant_id = $1 and sequence > $2 and kind <> 'RULE_VERSION' "
        "order by sequence",
        world.viewer.tenant_id,
        before,
    )
    assert [tuple(row) for row in rows] == [
        ("RULE_SNAPSHOT", "rule_32", "Lease", "true", "false", None),
        ("RULE_CHANGE_ALERT", "rule_32", "Lease", None, None, None),
        ("CHECKLIST", "rule_32", "Lease", None, None, "true"),
    ]
    actions = await sql.fetch(
        "select event_type from audit_logs where tenant_id = $1 order by chain_number desc limit 1",
        world.viewer.tenant_id,
    )
    assert actions[0]["event_type"] == "publish"


async def test_the_mutation_that_activates_does_so(world: FilingWorld) -> None:
    checklist = await world.checklist()
    async with world.database.transaction(world.viewer, "draft") as session:
        draft = await create_version(session, world.rule(30, YESTERDAY))
        await submit(session, draft.id)
    answer = await world.ask(
        """mutation($id: UUID!) { activateRuleVersion(input: {id: $id}) {
             ... on RuleVersionPayload { ruleVersion { status } } } }""",
        id=str(draft.id),
    )
    assert answer["activateRuleVersion"]["ruleVersion"]["status"] == "ACTIVE"
    assert (await shown(world, checklist))["isStale"]


async def test_nothing_is_marked_where_the_activation_fails(
    world: FilingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    checklist = await world.checklist()

    async def fail_after(session: Session, old: Any, new: Any) -> None:
        await mark_snapshots_stale(session, old, new)
        raise RuntimeError("after marking")

    async with world.database.transaction(world.viewer, "draft") as session:
        draft = await create_version(session, world.rule(30, YESTERDAY))
        await submit(session, draft.id)
    with pytest.raises(RuntimeError):
        async with world.database.transaction(world.viewer, "activate") as session:
            await activate(session, draft.id, fail_after)
    assert not (await shown(world, checklist))["isStale"]
    assert (await alerts(world))["totalCount"] == 0


async def test_a_filed_checklist_stays_as_it_was(world: FilingWorld) -> None:
    filed, approved = await world.at("FILED"), await world.at("APPROVED")
    await world.publish(40, YESTERDAY)
    assert not (await shown(world, filed))["isStale"]
    assert (await shown(world, approved))["isStale"]
    assert (await alerts(world))["totalCount"] == 1


async def test_a_stale_filing_is_filed_only_once_the_change_is_acknowledged(
    world: FilingWorld,
) -> None:
    checklist = await world.at("APPROVED")
    await world.publish(40, YESTERDAY)
    answer = await world.do("fileChecklist", id=checklist["id"])
    assert answer["__typename"] == "Conflict"
    assert world.identifier in answer["message"]
    (alert,) = (await alerts(world))["nodes"]
    answer = await world.do("acknowledgeRuleChange", id=alert["id"], note="volume is lower")
    assert answer["alert"]["acknowledged"]
    assert answer["alert"]["acknowledgedBy"] == "test"
    assert answer["alert"]["acknowledgedAt"] is not None
    assert answer["alert"]["note"] == "volume is lower"
    snapshot = (await shown(world, checklist))["snapshots"][0]
    assert (snapshot["acknowledged"], snapshot["acknowledgedBy"]) == (True, "test")
    again = await world.do("acknowledgeRuleChange", id=alert["id"])
    assert again["__typename"] == "Conflict"
    assert "test" in again["message"]
    filed = await world.do("fileChecklist", id=checklist["id"])
    assert filed["checklist"]["status"] == "FILED"
    assert (await alerts(world, acknowledged=False))["totalCount"] == 0
    assert (await alerts(world, acknowledged=True))["totalCount"] == 1


async def test_a_later_version_has_to_be_acknowledged_anew(world: FilingWorld) -> None:
    checklist = await world.checklist()
    await world.publish(40, YESTERDAY - timedelta(days=10))
    (first,) = (await alerts(world))["nodes"]
    await world.do("acknowledgeRuleChange", id=first["id"])
    await world.publish(30, YESTERDAY)
    second, _ = (await alerts(world))["nodes"]
    assert (second["oldVersion"], second["newVersion"]) == ({"version": 2}, {"version": 3})
    stale = await shown(world, checklist)
    assert not stale["snapshots"][0]["acknowledged"]
    (because,) = stale["staleBecause"]
    assert (because["from"], because["to"]) == ({"version": 1}, {"version": 3})


async def test_an_alert_that_was_overtaken_does_not_settle_the_later_one(
    world: FilingWorld,
) -> None:
    checklist = await world.checklist()
    await world.publish(40, YESTERDAY - timedelta(days=10))
    await world.publish(30, YESTERDAY)
    later, earlier = (await alerts(world))["nodes"]
    await world.do("acknowledgeRuleChange", id=earlier["id"])
    assert not (await shown(world, checklist))["snapshots"][0]["acknowledged"]
    await world.do("acknowledgeRuleChange", id=later["id"])
    assert (await shown(world, checklist))["snapshots"][0]["acknowledged"]


async def test_a_filing_begun_under_a_version_that_is_to_be_replaced_is_stale_at_once(
    world: FilingWorld,
) -> None:
    await world.publish(40, NEXT_YEAR)
    checklist = await world.checklist()
    assert checklist["isStale"]
    assert checklist["snapshots"][0]["ruleVersion"] == {"version": 1}
    assert checklist["snapshots"][0]["supersededBy"] == {"version": 2}
    (alert,) = (await alerts(world, checklist=checklist["id"]))["nodes"]
    assert alert["newVersion"] == {"version": 2}


async def test_a_shared_rule_reaches_the_filings_of_every_tenant(
    run: Execute, database: Database, viewer: Viewer, seeded: None, sql: Any
) -> None:
    mine = await filing_world(run, database, viewer)
    other = replace(viewer, tenant_id=f"{viewer.tenant_id}-b")
    theirs = await filing_world(run, database, other, mine.field_number)
    await mine.publish(50, date(2020, 1, 1), SHARED)
    first, second = await mine.checklist(), await theirs.checklist()
    await mine.publish(40, YESTERDAY, SHARED)
    for world, checklist in ((mine, first), (theirs, second)):
        stale = await shown(world, checklist)
        assert stale["isStale"]
        found = await alerts(world)
        assert [one["checklist"]["id"] for one in found["nodes"]] == [checklist["id"]]
        kinds = await sql.fetch(
            "select kind, actor from change_log where tenant_id = $1 order by sequence desc limit 3",
            world.viewer.tenant_id,
        )
        assert {row["kind"] for row in kinds} == {
            *("RULE_SNAPSHOT", "RULE_CHANGE_ALERT", "CHECKLIST")
        }
        assert {row["actor"] for row in kinds} == {"registrar"}
        assert (await verify_chain(database, world.viewer)).is_intact
    assert (await verify_chain(database, SHARED)).is_intact


async def test_a_tenant_that_begins_a_rule_of_its_own_leaves_the_shared_one(
    run: Execute, database: Database, viewer: Viewer, seeded: None
) -> None:
    mine = await filing_world(run, database, viewer)
    theirs = await filing_world(
        run, database, replace(viewer, tenant_id=f"{viewer.tenant_id}-b"), mine.field_number
    )
    await mine.publish(50, date(2020, 1, 1), SHARED)
    first, second = await mine.checklist(), await theirs.checklist()
    await mine.publish(40, YESTERDAY)
    assert (await shown(mine, first))["isStale"]
    assert not (await shown(theirs, second))["isStale"]
    third = await mine.checklist()
    assert not third["isStale"]
    assert third["snapshots"][0]["ruleDataAtSnapshot"]["small_volume_mcf_per_day"] == 40
    await theirs.publish(30, NEXT_YEAR)
    assert (await shown(theirs, second))["isStale"]
    fourth = await theirs.checklist()
    assert fourth["isStale"], "the tenant's own rule is to replace the shared one"


@pytest.mark.parametrize("attempt", range(3))
async def test_no_snapshot_of_a_superseded_version_is_left_current(
    world: FilingWorld, sql: Any, attempt: int
) -> None:
    async with world.database.transaction(world.viewer, "draft") as session:
        draft = await create_version(session, world.rule(30, YESTERDAY))
        await submit(session, draft.id)

    async def activated() -> None:
        await asyncio.sleep(0.01 * attempt)
        async with world.database.transaction(world.viewer, "activate") as session:
            await activate(session, draft.id, mark_snapshots_stale)

    async def create_two() -> None:
        for _ in range(2):
            await world.checklist()

    await asyncio.gather(activated(), *(create_two() for _ in range(8)))
    rows = await sql.fetch(
        "select s.is_current, v.status, count(*) as n from filing_rule_snapshots s "
        "join rule_versions v on v.id = s.rule_version_id where s.tenant_id = $1 group by 1, 2",
        world.viewer.tenant_id,
    )
    assert {(row["is_current"], row["status"]) for row in rows} <= {
        *((True, "active"), (False, "superseded"))
    }
    assert sum(row["n"] for row in rows) == 16
    stale = sum(row["n"] for row in rows if not row["is_current"])
    assert (await alerts(world))["totalCount"] == stale


async def test_an_activation_waits_for_a_filing_that_is_being_begun(
    world: FilingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without holding the rule, the activation would pass by and leave the snapshot current."""
    reached, release = asyncio.Event(), asyncio.Event()
    fetch = Session.fetch

    async def paused(self: Session, given: Statement, *values: object) -> Sequence[Row]:
        if given.name == "insert_snapshots":
            reached.set()
            await release.wait()
        return await fetch(self, given, *values)

    monkeypatch.setattr(Session, "fetch", paused)
    creating = asyncio.create_task(world.checklist())
    await reached.wait()
    activating = asyncio.create_task(world.publish(30, YESTERDAY))
    done, _ = await asyncio.wait({activating}, timeout=0.3)
    assert not done
    release.set()
    checklist = await creating
    await activating
    assert (await shown(world, checklist))["isStale"]


async def test_rules_below_a_checklist_are_as_of_the_operation(world: FilingWorld) -> None:
    checklist = await world.checklist()
    await world.publish(40, YESTERDAY)
    today = await shown(world, checklist)
    assert today["snapshots"][0]["rule"] == {"version": 2}
    earlier = await shown(world, checklist, '@asOf(validOn: "2021-01-01")')
    assert earlier["snapshots"][0]["rule"] == {"version": 1}
    before_all = await shown(world, checklist, '@asOf(validOn: "2019-01-01")')
    assert before_all["snapshots"][0]["rule"] is None
    unknown = await shown(world, checklist, '@asOf(knownAt: "2020-01-01T00:00:00Z")')
    assert unknown["snapshots"][0]["ruleVersion"] is None


async def test_alerts_are_paged_newest_first(world: FilingWorld) -> None:
    checklists = [await world.checklist() for _ in range(5)]
    await world.publish(40, YESTERDAY)
    seen: list[str] = []
    after = None
    while True:
        page = await alerts(world, first=2, after=after)
        assert page["totalCount"] == 5
        seen += [one["checklist"]["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(one["id"] for one in checklists)


async def test_what_is_frozen_cannot_be_changed_by_hand(world: FilingWorld, sql: Any) -> None:
    await world.checklist()
    for change in ("rule_data_at_snapshot = '{}'", "rule_version_id = gen_random_uuid()"):
        with pytest.raises(Exception, match="does not change"):
            await sql.execute(
                f"update filing_rule_snapshots set {change} where tenant_id = $1",  # noqa: S608
                world.viewer.tenant_id,
            )


async def test_a_stranger_neither_sees_nor_acknowledges(world: FilingWorld) -> None:
    await world.checklist()
    await world.publish(40, YESTERDAY)
    (alert,) = (await alerts(world))["nodes"]
    stranger = replace(world.viewer, tenant_id=f"other-{uuid4().hex}")
    found = await world.ask(ALERTS, stranger)
    assert found["ruleChangeAlerts"]["totalCount"] == 0
    answer = await world.do("acknowledgeRuleChange", stranger, id=alert["id"])
    assert answer["__typename"] == "NotFound"
    assert not (await alerts(world))["nodes"][0]["acknowledged"]
