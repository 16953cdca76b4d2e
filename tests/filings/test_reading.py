"""Lists of checklists against an oracle, their relations in few statements, and their tenants."""

import random
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from graph_api.core.context import Services
from tests.conftest import Execute
from tests.filings.filing_world import DOCUMENTS, FilingWorld

LIST = """query($where: ChecklistFilter, $orderBy: [ChecklistOrder!], $first: Int, $after: String,
               $last: Int, $before: String) {
  checklists(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last,
             before: $before) {
    totalCount nodes { id status deadline entityName createdAt updatedAt }
    edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
COLUMNS = {
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
    "DEADLINE": "deadline",
    "STATUS": "status",
    "ENTITY_NAME": "entityName",
}


@pytest.fixture
async def many(world: FilingWorld, sql: Any) -> list[Any]:
    """Checklists with ties and without values, as the list shows them."""
    chance = random.Random(7)
    for _ in range(23):
        deadline = chance.choice(["2030-01-31T00:00:00Z", "2031-01-31T00:00:00.000001Z", None])
        checklist = await world.checklist(deadline=deadline)
        if chance.random() < 0.4:
            await world.do(
                "markChecklistException", id=checklist["id"], reason="a protest was filed"
            )
        if chance.random() < 0.3:
            await sql.execute(
                "update filing_checklists set entity_name = null where id = $1", checklist["id"]
            )
    found = await world.ask(LIST, first=100)
    assert found["checklists"]["totalCount"] == 23
    nodes: list[Any] = found["checklists"]["nodes"]
    return nodes


def ordered(rows: list[Any], keys: list[tuple[str, bool]]) -> list[str]:
    """The ids in order; what has no value last, ties by id in the leading key's direction."""
    result = sorted(rows, key=lambda one: one["id"], reverse=bool(keys and keys[0][1]))
    for name, descending in reversed(keys):
        column = COLUMNS[name]
        known = [one for one in result if one[column] is not None]
        known.sort(key=lambda one: one[column], reverse=descending)
        result = known + [one for one in result if one[column] is None]
    return [one["id"] for one in result]


ORDERS = [
    [],
    *([(name, down)] for name in COLUMNS for down in (False, True)),
    [("STATUS", True), ("DEADLINE", False)],
    [("DEADLINE", True), ("ENTITY_NAME", False), ("CREATED_AT", True)],
]


@pytest.mark.parametrize("keys", ORDERS)
async def test_pages_come_in_order_either_way(
    world: FilingWorld, many: list[Any], keys: list[tuple[str, bool]]
) -> None:
    order = [{"field": name, "direction": "DESC" if down else "ASC"} for name, down in keys]
    expected = ordered(many, keys)
    forward: list[str] = []
    after = None
    while True:
        page = (await world.ask(LIST, orderBy=order, first=5, after=after))["checklists"]
        forward += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    backward: list[str] = []
    before = None
    while True:
        page = (await world.ask(LIST, orderBy=order, last=5, before=before))["checklists"]
        backward = [one["id"] for one in page["nodes"]] + backward
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert forward == expected
    assert backward == expected


async def test_filters(world: FilingWorld, many: list[Any]) -> None:
    async def count(**where: Any) -> int:
        found = await world.ask(LIST, where=where, first=100)
        assert len(found["checklists"]["nodes"]) == found["checklists"]["totalCount"]
        return int(found["checklists"]["totalCount"])

    drafts = sum(one["status"] == "DRAFT" for one in many)
    early = sum((one["deadline"] or "9").startswith("2030") for one in many)
    assert 0 < drafts < 23
    assert 0 < early < 23
    assert await count(statuses=["DRAFT"]) == drafts
    assert await count(statuses=["DRAFT", "EXCEPTION"]) == 23
    assert await count(statuses=[]) == 0
    assert await count(dueBefore="2030-06-01T00:00:00+02:00") == early
    assert await count(domains=["FORM_PR"]) == 0
    assert await count(domains=["RULE_32"], entityIds=[world.lease_id], entityTypes=["Lease"]) == 23
    assert await count(entityTypes=["Well"]) == 0
    assert await count(createdBy="test") == 23
    assert await count(createdBy="somebody") == 0
    assert await count(isStale=False) == 23
    assert await count(isStale=True) == 0


@pytest.mark.parametrize(
    ("where", "argument"),
    [
        ({"entityIds": ["nonsense"]}, "entityIds"),
        ({"entityTypes": ["Lizard"]}, "entityTypes"),
        ({"dueBefore": "2030-06-01T00:00:00"}, "dueBefore"),
        ({"createdBy": "a\0b"}, "createdBy"),
    ],
)
async def test_wrong_filters_are_named(
    world: FilingWorld, where: dict[str, Any], argument: str
) -> None:
    result = await world.run(LIST, {"where": where})
    (error,) = result.body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert argument in error["message"]


async def test_relations_of_many_take_one_statement_each(world: FilingWorld) -> None:
    for _ in range(6):
        checklist = await world.checklist()
        await world.do(
            "attachArtifact",
            **{"name": "n", "id": checklist["id"]},
            itemIndex=0,
            artifactType="DOCUMENT",
            text="t",
        )
    document = """{ checklists { nodes { id
        entity { displayName ... on Lease { checklists(domain: RULE_32) { id } } }
        template { version isShared } artifacts { content }
        snapshots { ruleVersion { version } rule { version } supersededBy { version } }
        staleBecause { rule } complianceStatus { status } } } }"""
    result = await world.run(document)
    nodes = result.body["data"]["checklists"]["nodes"]
    assert len(nodes) == 6
    for one in nodes:
        assert one["entity"]["displayName"] == "UNIVERSITY 1"
        assert {other["id"] for other in one["entity"]["checklists"]} == {
            other["id"] for other in nodes
        }
        assert one["template"]["isShared"]
        assert one["artifacts"] == [{"content": "t"}]
        assert one["snapshots"][0]["rule"] == {"version": 1}
        assert one["complianceStatus"] is None
    assert result.statements.count <= 10, result.statements.names
    assert len(set(result.statements.names)) == result.statements.count


async def test_an_entity_leads_to_its_checklists(world: FilingWorld) -> None:
    first = await world.checklist()
    second = await world.checklist(complianceDomain="FLARING_MONITOR")
    await world.do("markChecklistException", id=second["id"], reason="r")
    document = """query($id: ID!) { node(id: $id) { ... on Lease {
        all: checklists { id } some: checklists(domain: RULE_32) { id }
        drafts: checklists(status: DRAFT) { id } none: checklists(status: FILED) { id } } } }"""
    found = (await world.ask(document, id=world.lease_id))["node"]
    assert [one["id"] for one in found["all"]] == [second["id"], first["id"]]
    assert [one["id"] for one in found["some"]] == [first["id"]]
    assert [one["id"] for one in found["drafts"]] == [first["id"]]
    assert found["none"] == []


async def test_tenants_neither_see_nor_change_one_anothers(
    world: FilingWorld, services: Services, run: Execute, sql: Any
) -> None:
    checklist = await world.at("READY_FOR_REVIEW")
    stranger = replace(world.viewer, tenant_id=f"other-{uuid4().hex}")
    found = await world.ask(LIST, stranger)
    assert found["checklists"]["totalCount"] == 0
    one = await world.ask(
        "query($id: UUID!) { checklist(id: $id) { id } }", stranger, id=checklist["id"]
    )
    assert one["checklist"] is None
    given: dict[str, dict[str, Any]] = {
        "updateChecklistItem": {"itemIndex": 0, "status": "PENDING"},
        "attachArtifact": {"itemIndex": 0, "artifactType": "PDF", "name": "n", "text": "t"},
        "submitForReview": {},
        "approveChecklist": {},
        "rejectChecklist": {"reason": "r"},
        "fileChecklist": {},
        "markChecklistException": {"reason": "r"},
    }
    before = await sql.fetchval(
        "select to_jsonb(c) from filing_checklists c where id = $1", checklist["id"]
    )
    for name, values in given.items():
        answer = await world.ask(DOCUMENTS[name], stranger, input={"id": checklist["id"], **values})
        assert answer[name]["__typename"] == "NotFound", name
    answer = await world.do(
        "createChecklist", stranger, entityId=world.lease_id, complianceDomain="RULE_32"
    )
    assert (answer["__typename"], answer["path"]) == ("NotFound", "entityId")
    after = await sql.fetchval(
        "select to_jsonb(c) from filing_checklists c where id = $1", checklist["id"]
    )
    assert after == before
    rows = "select count(*) from {} where tenant_id = $1"
    for table in ("audit_logs", "change_log", "filing_checklists"):
        assert await sql.fetchval(rows.format(table), stranger.tenant_id) == 0
