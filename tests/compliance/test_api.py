"""Compliance through GraphQL: assessed, decided, followed through time, listed and charted."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.context import OperationContext
from graph_api.core.database import Database
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import Viewer
from graph_api.rules.models import RuleDomain
from tests.compliance.worlds import TODAY, Ask, World, lease_above
from tests.conftest import Execute
from tests.viewers import member

ASSESS = """mutation($input: AssessComplianceInput!) { assessCompliance(input: $input) {
  ... on AssessCompliancePayload {
    assessedCount changedCount unchangedCount keptCount
    counts { domain status count }
    changed(first: 10) { entityId status explanation deadline details ruleVersion { ruleIdentifier } }
  }
  ... on ValidationError { message errors { path message } }
} }"""
DECIDE = """mutation($input: UpsertComplianceStatusInput!) { upsertComplianceStatus(input: $input) {
  __typename
  ... on UpsertComplianceStatusPayload { complianceStatus {
    id status reason actor decidedBy deadline explanation details entityName } }
  ... on ValidationError { errors { path message } }
  ... on NotFound { path } ... on Conflict { path }
} }"""
FLARING = ComplianceDomain.FLARING_MONITOR


async def assessed(data: Ask, **given: Any) -> Any:
    given.setdefault("asOf", TODAY.isoformat())
    return (await data(ASSESS, {"input": given}))["assessCompliance"]


async def decided(data: Ask, lease: GraphEntity, **given: Any) -> Any:
    values = {
        "entityId": str(lease.id),
        "domain": "FLARING_MONITOR",
        "status": "COMPLIANT",
        "reason": "Meter error, corrected report filed",
        **given,
    }
    return (await data(DECIDE, {"input": values}))["upsertComplianceStatus"]


async def test_the_analyst_s_question(world: World, data: Ask) -> None:
    """Assess, then ask: which of my leases flared above their authorised rate?"""
    above = await lease_above(world, 1)
    await world.lease(2)
    result = await assessed(data, domains=["FLARING_MONITOR"])
    assert (result["assessedCount"], result["changedCount"]) == (2, 2)
    assert result["counts"] == [
        {"domain": "FLARING_MONITOR", "status": "ACTION_NEEDED", "count": 1},
        {"domain": "FLARING_MONITOR", "status": "NOT_APPLICABLE", "count": 1},
    ]
    found = await data(
        """{ complianceStatuses(where: {domains: [FLARING_MONITOR], statuses: [ACTION_NEEDED]},
               orderBy: [{field: ENTITY_NAME}]) {
          totalCount
          nodes { entityName entityDistrict explanation details
            ruleVersion { ruleIdentifier version }
            entity { displayName ... on Lease { rrcLeaseId
              compliance(domain: FLARING_MONITOR) { status }
              complianceStatuses { complianceDomain } } } } } }"""
    )
    (node,) = found["complianceStatuses"]["nodes"]
    assert found["complianceStatuses"]["totalCount"] == 1
    assert node["ruleVersion"] == {"ruleIdentifier": "SWR_32", "version": 1}
    assert node["details"]["months"] == [
        {
            "month": "2025-03",
            "outcome": "ABOVE",
            "flared_mcf": 900,
            "vented_mcf": 100,
            "authorized_mcf": 100,
            "excess_mcf": 900,
            "days_in_force": 10,
            "authorizations": ["50001"],
            "inferred": True,
        }
    ]
    assert node["entity"] == {
        "displayName": above.display_name,
        "rrcLeaseId": "00001",
        "compliance": {"status": "ACTION_NEEDED"},
        "complianceStatuses": [{"complianceDomain": "FLARING_MONITOR"}],
    }
    chart = await data(
        """query($id: ID!) { flaringChart(leaseId: $id) { month flaredMcf ventedMcf authorizedMcf
          excessMcf daysInForce authorizations inferred outcome } }""",
        {"id": str(above.id)},
    )
    assert [one["outcome"] for one in chart["flaringChart"]] == ["NONE_RELEASED", "ABOVE"]
    assert chart["flaringChart"][1] == {
        "month": "2025-03-01",
        "flaredMcf": 900,
        "ventedMcf": 100,
        "authorizedMcf": 100,
        "excessMcf": 900,
        "daysInForce": 10,
        "authorizations": ["50001"],
        "inferred": True,
        "outcome": "ABOVE",
    }


async def test_only_what_is_asked_for_is_assessed(world: World, data: Ask) -> None:
    one, two = await lease_above(world, 1), await lease_above(world, 2)
    by_id = await assessed(data, entityIds=[str(one.id)])
    assert by_id["assessedCount"] == 2, "a lease is assessed for two duties"
    by_filter = await assessed(
        data, leases={"rrcLeaseId": {"eq": "00002"}}, domains=["FLARING_MONITOR", "RULE_37"]
    )
    assert [one["entityId"] for one in by_filter["changed"]] == [str(two.id)]
    both = await assessed(data, entityIds=[str(one.id)], leases={})
    assert both["errors"] == [
        {"path": "entityIds", "message": "give entityIds or filters, not both"}
    ]
    malformed = await assessed(data, entityIds=["nonsense"])
    assert malformed["errors"][0]["path"] == "entityIds"


async def test_every_domain_is_assessed_where_none_is_named(world: World, data: Ask) -> None:
    await lease_above(world, 1)
    await world.entity("Well", api_number="42-003-00001", distance_to_lease_line_ft=100)
    result = await assessed(data)
    assert {(one["domain"], one["status"]) for one in result["counts"]} == {
        ("RULE_37", "ACTION_NEEDED"),
        ("RULE_32", "NOT_APPLICABLE"),
        ("FORM_PR", "OVERDUE"),
        ("FLARING_MONITOR", "ACTION_NEEDED"),
        ("EPA_OOOO", "NOT_APPLICABLE"),
    }
    overdue = next(one for one in result["changed"] if one["status"] == "OVERDUE")
    # May 30th 2025 in Texas: the 31st is a Saturday
    assert overdue["deadline"] == "2025-05-31T04:59:59+00:00"


async def test_history_tells_what_was_recorded_when(
    world: World, data: Ask, context: OperationContext
) -> None:
    lease = await lease_above(world, 1)
    before = datetime.now(UTC)
    await assessed(data, domains=["FLARING_MONITOR"])
    between = datetime.now(UTC)
    await world.volumes(lease, {"2025-03": (50, 0)})
    await assessed(data, domains=["FLARING_MONITOR"])
    document = """query($id: ID!, $at: DateTime) {
      complianceStatus(entityId: $id, domain: FLARING_MONITOR, asOf: $at) {
        status explanation history { status recordedAt ruleVersion { version } } } }"""

    async def status_at(moment: datetime | None) -> Any:
        at = moment and moment.isoformat()
        return (await data(document, {"id": str(lease.id), "at": at}))["complianceStatus"]

    assert await status_at(before) is None
    assert (await status_at(between))["status"] == "ACTION_NEEDED"
    now = await status_at(None)
    assert now["status"] == "COMPLIANT"
    assert [one["status"] for one in now["history"]] == ["COMPLIANT", "ACTION_NEEDED"]
    moments = [before, between, datetime.now(UTC)]
    trend = await data(
        """query($from: DateTime!, $to: DateTime!) {
          complianceTrend(from: $from, to: $to, points: 2) { at actionNeeded compliant } }""",
        {"from": moments[1].isoformat(), "to": moments[2].isoformat()},
    )
    assert [(one["actionNeeded"], one["compliant"]) for one in trend["complianceTrend"]] == [
        (1, 0),
        (0, 1),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "update compliance_status_history set status = 'compliant'",
        "delete from compliance_status_history",
        "truncate compliance_status_history",
    ],
)
async def test_history_only_grows(world: World, data: Ask, own_url: str, change: str) -> None:
    await lease_above(world, 1)
    await assessed(data, domains=["FLARING_MONITOR"])
    connection = await asyncpg.connect(own_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(change)
    finally:
        await connection.close()


async def test_a_person_s_decision_stays_until_it_is_overridden(world: World, data: Ask) -> None:
    lease = await lease_above(world, 1)
    await assessed(data, domains=["FLARING_MONITOR"])
    answer = await decided(data, lease, deadline="2025-07-01", details={"corrected_mcf": 90})
    record = answer["complianceStatus"]
    assert (record["status"], record["decidedBy"], record["actor"]) == (
        "COMPLIANT",
        "PERSON",
        "test",
    )
    assert record["explanation"] == "Decided by test: Meter error, corrected report filed"
    assert record["details"] == {"corrected_mcf": 90}
    assert record["deadline"] == "2025-07-02T04:59:59+00:00"
    kept = await assessed(data, domains=["FLARING_MONITOR"])
    assert (kept["keptCount"], kept["changedCount"]) == (1, 0)
    overridden = await assessed(data, domains=["FLARING_MONITOR"], overrideDecisions=True)
    assert [one["status"] for one in overridden["changed"]] == ["ACTION_NEEDED"]


async def test_a_decision_is_refused_with_what_is_wrong(world: World, data: Ask) -> None:
    lease = await lease_above(world, 1)
    blank = await decided(data, lease, reason="  ", details=[1])
    assert {one["path"] for one in blank["errors"]} == {"reason", "details"}
    well = await decided(data, lease, domain="RULE_37")
    assert well["errors"] == [
        {"path": "domain", "message": "RULE_37 is assessed for a Well, and this is a Lease"}
    ]
    unknown = await decided(data, lease, entityId="11111111-1111-4111-8111-111111111111")
    assert unknown == {"__typename": "NotFound", "path": "entityId"}
    count = await data("{ complianceSummary { total } }")
    assert count["complianceSummary"]["total"] == 0, "a refusal writes nothing"


async def test_an_idempotency_key_decides_once(world: World, data: Ask) -> None:
    lease = await lease_above(world, 1)
    first = await decided(data, lease, idempotencyKey="one")
    again = await decided(data, lease, idempotencyKey="one")
    assert again == first
    other = await decided(data, lease, idempotencyKey="one", status="IN_REVIEW")
    assert other == {"__typename": "Conflict", "path": "idempotencyKey"}
    found = await data("{ complianceStatuses { nodes { history { status } } } }")
    assert found["complianceStatuses"]["nodes"] == [{"history": [{"status": "COMPLIANT"}]}]


async def test_changes_are_in_the_feed_and_in_the_audit(
    world: World, data: Ask, database: Database, viewer: Viewer, own_url: str
) -> None:
    lease = await lease_above(world, 1)
    await assessed(data, domains=["FLARING_MONITOR"])
    await assessed(data, domains=["FLARING_MONITOR"])
    await decided(data, lease)
    connection = await asyncpg.connect(own_url)
    try:
        feed = await connection.fetch(
            """select entity_type, entity_id, domain, before ->> 'status' as before,
                      after ->> 'status' as after, cause, actor, rule_version_id
               from change_log where tenant_id = $1 and kind = 'COMPLIANCE_STATUS'
               order by sequence""",
            viewer.tenant_id,
        )
        audit = await connection.fetch(
            "select event_type from audit_logs where tenant_id = $1 order by chain_number",
            viewer.tenant_id,
        )
    finally:
        await connection.close()
    told = [(one["before"], one["after"], one["cause"]) for one in feed]
    assert told == [
        (None, "action_needed", "assessment"),
        ("action_needed", "compliant", "mutation"),
    ]
    assert {(one["entity_type"], one["entity_id"], one["domain"]) for one in feed} == {
        ("Lease", str(lease.id), "flaring_monitor")
    }
    assert feed[0]["rule_version_id"] is not None
    assert [one["event_type"] for one in audit][-2:] == [
        "assessCompliance",
        "upsertComplianceStatus",
    ]


async def test_concurrent_assessments_write_each_change_once(
    world: World, data: Ask, context: OperationContext
) -> None:
    for number in range(1, 6):
        await lease_above(world, number)
    results = await asyncio.gather(*(world.assess(FLARING) for _ in range(6)))
    assert sum(len(one.changed_ids) for one in results) == 5
    assert sum(one.unchanged for one in results) == 25


async def test_the_outcome_is_that_of_the_rule_in_force_in_the_month(
    world: World, data: Ask
) -> None:
    """A tenant's own rule from March on lets 10 mcf a day go, where the shared one lets 50."""
    lease = await world.lease(1)
    await lease_above(world, 9)
    await world.exception("60000", 1, "2024-12-01", "2024-12-02")
    await world.volumes(lease, {"2025-02": (1000, 0), "2025-03": (0, 0)})
    selection = {"leases": {"rrcLeaseId": {"eq": "00001"}}, "domains": ["FLARING_MONITOR"]}
    (first,) = (await assessed(data, **selection))["changed"]
    await world.rule("SWR_32", RuleDomain.FLARING, "2025-03-01", small_volume_mcf_per_day=10)
    (second,) = (await assessed(data, **selection))["changed"]
    assert (first["status"], second["status"]) == ("COMPLIANT", "COMPLIANT"), (
        "February is as before"
    )
    await world.volumes(lease, {"2025-03": (1000, 0)})
    (third,) = (await assessed(data, **selection))["changed"]
    assert third["status"] == "IN_REVIEW"
    assert [one["month"] for one in third["details"]["months"]] == ["2025-03"]


async def test_what_a_proposed_rule_would_change(world: World, data: Ask, viewer: Viewer) -> None:
    near = await world.entity("Well", api_number="42-003-00001", distance_to_lease_line_ft=400)
    await world.entity("Well", api_number="42-003-00002", distance_to_lease_line_ft=600)
    await world.entity("Well", api_number="42-003-00003", distance_to_lease_line_ft=100)
    document = """query($data: JSON!, $identifier: String!) {
      ruleImpact(identifier: $identifier, proposedRuleData: $data) {
        assessedCount changedCount effectiveDate staleChecklistIds
        counts { complianceDomain statusNow statusProposed count }
        changes { entityId statusNow statusProposed explanationNow explanationProposed
                  entity { naturalKey } } } }"""
    loosened = {"min_distance_to_lease_line_ft": 330, "min_distance_between_wells_ft": 1200}
    found = (await data(document, {"data": loosened, "identifier": "SWR_37"}))["ruleImpact"]
    assert (found["assessedCount"], found["changedCount"]) == (3, 1)
    assert found["counts"] == [
        {
            "complianceDomain": "RULE_37",
            "statusNow": "ACTION_NEEDED",
            "statusProposed": "COMPLIANT",
            "count": 1,
        }
    ]
    assert found["changes"][0]["entityId"] == str(near.id)
    assert found["changes"][0]["entity"] == {"naturalKey": "42-003-00001"}
    assert "467 ft needed" in found["changes"][0]["explanationNow"]
    assert "330 ft needed" in found["changes"][0]["explanationProposed"]
    assert found["staleChecklistIds"] == []
    nothing = await data("{ complianceSummary { total } rules { totalCount } }")
    assert nothing["complianceSummary"]["total"] == 0, "nothing was written"


async def test_a_proposal_that_breaks_the_schema_is_refused(run: Execute) -> None:
    document = "query($id: String!, $data: JSON!) { ruleImpact(identifier: $id, proposedRuleData: $data) { changedCount } }"
    wrong = await run(document, {"id": "SWR_37", "data": {"min_distance_to_lease_line_ft": -1}})
    (error,) = wrong.body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"].startswith("proposedRuleData.min_distance")
    missing = await run('{ ruleImpact(identifier: "SWR_37") { changedCount } }')
    null = await run(document.replace("JSON!", "JSON"), {"id": "SWR_37", "data": None})
    for refused in (missing, null):
        (error,) = refused.body["errors"]
        assert error["message"] == "proposedRuleData: the parameters of the proposal are missing"
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["argument"] == "proposedRuleData"
    unknown = await run(document, {"id": "SWR_9999", "data": {}})
    assert unknown.body["errors"][0]["extensions"]["argument"] == "identifier"


async def test_entities_lead_to_their_records_in_one_statement(
    world: World, data: Ask, run: Execute
) -> None:
    for number in range(1, 7):
        await lease_above(world, number)
    await assessed(data)
    result = await run(
        """{ leases { nodes { complianceStatuses { entity { id } ruleVersion { version } }
               compliance(domain: FORM_PR) { status history { status } } } } }"""
    )
    assert all(
        len(one["complianceStatuses"]) == 2 for one in result.body["data"]["leases"]["nodes"]
    )
    names = result.statements.names
    assert names.count("compliance_of_entities") == 1
    assert names.count("rule_versions_by_ids") == 1
    assert names.count("compliance_histories") == 1
    assert len(names) <= 6


async def test_another_tenant_sees_nothing(world: World, data: Ask, run: Execute) -> None:
    lease = await lease_above(world, 1)
    await assessed(data)
    stranger = member("a-stranger", "test")
    result = await run(
        """query($id: ID!) { complianceStatus(entityId: $id, domain: FLARING_MONITOR) { id }
          complianceStatuses { totalCount nodes { id } } complianceMatrix { totalCount }
          complianceSummary { total } deadlineChart { month } complianceTrend { at }
          flaringChart(leaseId: $id) { month } }""",
        {"id": str(lease.id)},
        as_viewer=stranger,
    )
    assert result.body["data"] == {
        "complianceStatus": None,
        "complianceStatuses": {"totalCount": 0, "nodes": []},
        "complianceMatrix": {"totalCount": 0},
        "complianceSummary": {"total": 0},
        "deadlineChart": [],
        "complianceTrend": [],
        "flaringChart": [],
    }
