"""A checklist's life from its draft to the agency, and every step that it does not have."""

import asyncio
from typing import Any

import pytest

from graph_api.audit.verification import verify_chain
from graph_api.core.database import Database
from graph_api.core.viewer import Viewer
from graph_api.filings.models import ChecklistStatus
from tests.filings.filing_world import FilingWorld

STATUSES = [status.value for status in ChecklistStatus]
TARGETS = {
    "submitForReview": ("IN_REVIEW", {}),
    "approveChecklist": ("APPROVED", {}),
    "rejectChecklist": ("REJECTED", {"reason": "the plat is not certified"}),
    "fileChecklist": ("FILED", {"filingReference": "R-32 12345"}),
    "markChecklistException": ("EXCEPTION", {"reason": "a protest was filed"}),
}


async def transitions(sql: Any) -> set[tuple[str, str]]:
    rows = await sql.fetch("select * from checklist_status_transitions")
    return {(row["from_status"].upper(), row["to_status"].upper()) for row in rows}


async def test_the_way_of_a_filing(world: FilingWorld) -> None:
    checklist = await world.checklist(deadline="2030-05-31T22:00:00Z")
    known = {"id": checklist["id"]}
    assert checklist["status"] == "DRAFT"
    assert checklist["entityName"] == "UNIVERSITY 1"
    assert len(checklist["missingItems"]) == 4
    (snapshot,) = checklist["snapshots"]
    assert snapshot["ruleIdentifier"] == world.identifier
    assert snapshot["ruleVersion"] == {"version": 1}
    assert snapshot["ruleDataAtSnapshot"]["small_volume_mcf_per_day"] == 50
    assert snapshot["isCurrent"]
    working = await world.completed(checklist, 3)
    assert working["status"] == "IN_PROGRESS"
    assert working["items"][0]["updatedBy"] == "test"
    ready = await world.completed(working, 4)
    assert (ready["status"], ready["missingItems"]) == ("READY_FOR_REVIEW", [])
    undone = await world.do("updateChecklistItem", **known, itemIndex=0, status="IN_PROGRESS")
    assert undone["checklist"]["status"] == "IN_PROGRESS"
    await world.completed(working, 1)
    in_review = (await world.do("submitForReview", **known))["checklist"]
    assert in_review["status"] == "IN_REVIEW"
    rejected = (await world.do("rejectChecklist", **known, reason=" no plat "))["checklist"]
    assert (rejected["status"], rejected["statusReason"]) == ("REJECTED", "no plat")
    again = await world.completed(rejected, 1)
    assert (again["status"], again["statusReason"]) == ("READY_FOR_REVIEW", None)
    await world.do("submitForReview", **known)
    approved = (await world.do("approveChecklist", **known))["checklist"]
    assert (approved["status"], approved["reviewedBy"]) == ("APPROVED", "test")
    filed = (await world.do("fileChecklist", **known, filingReference="12345"))["checklist"]
    assert (filed["status"], filed["filingReference"]) == ("FILED", "12345")
    assert filed["filedAt"] is not None


@pytest.mark.parametrize("name", sorted(TARGETS))
@pytest.mark.parametrize("status", STATUSES)
async def test_a_step_is_taken_where_the_table_has_it_and_nowhere_else(
    world: FilingWorld, sql: Any, status: str, name: str
) -> None:
    allowed = await transitions(sql)
    checklist = await world.at(status)
    target, given = TARGETS[name]
    answer = await world.do(name, id=checklist["id"], **given)
    stored = await sql.fetchval(
        "select upper(status) from filing_checklists where id = $1", checklist["id"]
    )
    if name == "submitForReview" and status in ("DRAFT", "IN_PROGRESS"):
        assert answer["__typename"] == "ValidationError"
        assert stored == status
    elif (status, target) in allowed:
        assert answer["checklist"]["status"] == target == stored
    else:
        assert answer["__typename"] == "IllegalTransition", answer
        assert answer["currentState"] == status == stored
        assert set(answer["allowedNextStates"]) == {new for old, new in allowed if old == status}


@pytest.mark.parametrize("name", ["updateChecklistItem", "attachArtifact"])
@pytest.mark.parametrize("status", STATUSES)
async def test_work_is_taken_up_where_the_table_has_it_and_nowhere_else(
    world: FilingWorld, sql: Any, status: str, name: str
) -> None:
    allowed = await transitions(sql)
    checklist = await world.at(status)
    given = (
        {"summary": "checked"}
        if name == "updateChecklistItem"
        else {"artifactType": "DOCUMENT", "name": "note", "text": "checked"}
    )
    answer = await world.do(name, id=checklist["id"], itemIndex=4, **given)
    done = status in ("READY_FOR_REVIEW", "IN_REVIEW", "APPROVED", "REJECTED", "FILED")
    target = "READY_FOR_REVIEW" if done else "IN_PROGRESS"
    if target == status or (status, target) in allowed:
        assert answer["checklist"]["status"] == target
    else:
        assert answer["__typename"] == "IllegalTransition", answer
        assert (
            await sql.fetchval(
                "select count(*) from checklist_artifacts where checklist_id=$1", checklist["id"]
            )
            == 0
        )


@pytest.mark.parametrize("old", STATUSES)
async def test_the_table_itself_refuses_steps_that_life_has_not(
    world: FilingWorld, sql: Any, old: str
) -> None:
    allowed = await transitions(sql)
    checklist = await world.at(old)
    for new in STATUSES:
        change = sql.execute(
            "update filing_checklists set status = $2, status_reason = 'r', filed_at = "
            "case when $2 = 'filed' then now() end where id = $1",
            checklist["id"],
            new.lower(),
        )
        transaction = sql.transaction()
        await transaction.start()
        try:
            if (old, new) in allowed or (old == new != "FILED"):
                await change
            else:
                with pytest.raises(Exception, match=r"does not (go|change)"):
                    await change
        finally:
            await transaction.rollback()


async def test_a_filed_checklist_ends_its_life(world: FilingWorld, sql: Any) -> None:
    assert not {new for old, new in await transitions(sql) if old == "FILED"}
    assert {old for old, _ in await transitions(sql)} == set(STATUSES) - {"FILED"}


async def test_missing_items_are_named(world: FilingWorld) -> None:
    checklist = await world.completed(await world.checklist(), 1)
    answer = await world.do("submitForReview", id=checklist["id"])
    assert answer["__typename"] == "ValidationError"
    assert [one["path"] for one in answer["errors"]] == ["items.1", "items.2", "items.3"]
    names = [checklist["items"][place]["name"] for place in (1, 2, 3)]
    assert all(name in one["message"] for name, one in zip(names, answer["errors"], strict=True))


async def test_a_template_that_requires_nothing_is_submitted_as_it_is(world: FilingWorld) -> None:
    items = [{"name": "A", "itemType": "DATA", "completionMethod": "USER", "required": False}]
    await world.do("createChecklistTemplate", complianceDomain="RULE_32", items=items)
    checklist = await world.checklist()
    answer = await world.do("submitForReview", id=checklist["id"])
    assert answer["checklist"]["status"] == "IN_REVIEW"


async def test_an_item_says_why_it_is_not_needed(world: FilingWorld) -> None:
    checklist = await world.checklist()
    known = {"id": checklist["id"], "itemIndex": 0}
    for status in ("NOT_APPLICABLE", "BLOCKED"):
        answer = await world.do("updateChecklistItem", **known, status=status)
        assert [one["path"] for one in answer["errors"]] == ["summary"]
    answer = await world.do(
        "updateChecklistItem", **known, status="NOT_APPLICABLE", summary="no gas", data={"a": [1]}
    )
    item = answer["checklist"]["items"][0]
    assert (item["summary"], item["data"]) == ("no gas", {"a": [1]})
    assert len(answer["checklist"]["missingItems"]) == 3
    kept = await world.do("updateChecklistItem", **known, summary="no gas at all")
    assert kept["checklist"]["items"][0]["data"] == {"a": [1]}
    cleared = await world.do("updateChecklistItem", **known, data=None, status=None, summary=None)
    assert cleared["checklist"]["items"][0]["data"] is None
    assert cleared["checklist"]["items"][0]["status"] == "PENDING"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"itemIndex": 99, "status": "COMPLETE"}, "itemIndex"),
        ({"itemIndex": -1, "status": "COMPLETE"}, "itemIndex"),
        ({"itemIndex": 0}, "input"),
        ({"itemIndex": 0, "data": {"a": "x" * 70_000}}, "data"),
        ({"itemIndex": 0, "data": [1]}, "data"),
        ({"itemIndex": 0, "summary": "x" * 5000}, "summary"),
    ],
)
async def test_wrong_items_are_refused_and_named(
    world: FilingWorld, given: dict[str, Any], path: str
) -> None:
    checklist = await world.checklist()
    answer = await world.do("updateChecklistItem", id=checklist["id"], **given)
    assert [one["path"] for one in answer["errors"]] == [path]


async def test_a_reason_is_needed_to_reject(world: FilingWorld) -> None:
    checklist = await world.at("IN_REVIEW")
    for reason in ("", "  ", "x" * 4001, "a\0b"):
        answer = await world.do("rejectChecklist", id=checklist["id"], reason=reason)
        assert [one["path"] for one in answer["errors"]] == ["reason"]


async def test_what_is_not_there_is_told(world: FilingWorld) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    for name in ("submitForReview", "approveChecklist", "fileChecklist", "acknowledgeRuleChange"):
        answer = await world.do(name, id=missing)
        assert (answer["__typename"], answer["path"]) == ("NotFound", "id")
    answer = await world.do(
        "createChecklist", entityId=world.lease_id, complianceDomain="RULE_32", templateId=missing
    )
    assert (answer["__typename"], answer["path"]) == ("NotFound", "templateId")


async def test_what_cannot_be_begun_is_told(
    world: FilingWorld, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await world.do("createChecklist", entityId="nonsense", complianceDomain="RULE_32")
    assert [one["path"] for one in answer["errors"]] == ["entityId"]
    template = await world.ask("{ checklistTemplates(domain: FORM_PR) { id } }")
    answer = await world.do(
        "createChecklist",
        entityId=world.lease_id,
        complianceDomain="RULE_32",
        templateId=template["checklistTemplates"][0]["id"],
    )
    assert (answer["__typename"], answer["path"]) == ("Conflict", "templateId")
    monkeypatch.setattr("graph_api.filings.store.freezing.governing_versions", lambda *_: [])
    answer = await world.do("createChecklist", entityId=world.lease_id, complianceDomain="RULE_32")
    assert (answer["__typename"], answer["path"]) == ("Conflict", "complianceDomain")
    assert (
        await sql.fetchval(
            "select count(*) from filing_checklists where tenant_id = $1", world.viewer.tenant_id
        )
        == 0
    )


async def test_a_key_begins_one_checklist(world: FilingWorld, sql: Any) -> None:
    given = {"idempotencyKey": "k1"}
    first, second = await asyncio.gather(world.checklist(**given), world.checklist(**given))
    assert first == second
    answer = await world.do(
        "createChecklist",
        entityId=world.lease_id,
        complianceDomain="FLARING_MONITOR",
        idempotencyKey="k1",
    )
    assert (answer["__typename"], answer["path"]) == ("Conflict", "idempotencyKey")
    count = "select count(*) from filing_checklists where tenant_id = $1"
    assert await sql.fetchval(count, world.viewer.tenant_id) == 1


async def test_concurrent_reviewers_do_not_both_decide(world: FilingWorld) -> None:
    checklist = await world.at("IN_REVIEW")
    known = {"id": checklist["id"]}
    answers = await asyncio.gather(
        *(world.do("rejectChecklist", **known, reason=f"reason {one}") for one in range(4))
    )
    names = sorted(one["__typename"] for one in answers)
    assert names == ["ChecklistPayload", *["IllegalTransition"] * 3]


async def test_every_mutation_leaves_its_feed_rows_and_one_audit_entry(
    world: FilingWorld, sql: Any, database: Database, viewer: Viewer
) -> None:
    async def rows() -> tuple[list[str], list[str]]:
        changes = await sql.fetch(
            "select kind, domain, entity_type, after ->> 'status' as status from change_log "
            "where tenant_id = $1 order by sequence",
            viewer.tenant_id,
        )
        audit = await sql.fetch(
            "select event_type from audit_logs where tenant_id = $1 order by chain_number",
            viewer.tenant_id,
        )
        return [f"{one['kind']} {one['status']}" for one in changes], [one[0] for one in audit]

    feed_before, audit_before = await rows()
    checklist = await world.at("APPROVED")
    known = {"id": checklist["id"]}
    await world.do("markChecklistException", **known, reason="protest")
    await world.do(
        "attachArtifact", **known, itemIndex=0, artifactType="WAIVER", name="n", text="t"
    )
    items = [{"name": "A", "itemType": "DATA", "completionMethod": "USER"}]
    await world.do("createChecklistTemplate", complianceDomain="RULE_32", items=items)
    feed, audit = await rows()
    assert feed[len(feed_before) :] == [
        *("CHECKLIST draft", "RULE_SNAPSHOT None"),
        *["CHECKLIST in_progress"] * 3,
        *["CHECKLIST ready_for_review"] * 2,
        *("CHECKLIST in_review", "CHECKLIST approved", "CHECKLIST exception"),
        *("CHECKLIST ready_for_review", "CHECKLIST_TEMPLATE None"),
    ]
    assert audit[len(audit_before) :] == [
        "createChecklist",
        *["updateChecklistItem"] * 5,
        *("submitForReview", "approveChecklist", "markChecklistException", "attachArtifact"),
        "createChecklistTemplate",
    ]
    assert (await verify_chain(database, viewer)).is_intact
