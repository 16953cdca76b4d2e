"""A tenant with a lease in a field that has a rule of its own, and the steps of a filing."""

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph_api.core.database import Database
from graph_api.core.viewer import Reach, Viewer
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.models import (
    NewRuleVersion,
    RuleDomain,
    RuleSource,
    RuleType,
    RuleVersion,
)
from graph_api.rules.store import publish_version
from tests.conftest import Execute

CHECKLIST = """id status statusReason isStale missingItems entityName reviewedBy filingReference
  filedAt items { name status summary data required updatedBy }
  snapshots { id ruleIdentifier isCurrent acknowledged acknowledgedBy ruleDataAtSnapshot
    ruleVersion { version } supersededBy { version } rule { version } }
  staleBecause { rule from { version } to { version } diff { path before after } }"""
REFUSALS = """... on ValidationError { message errors { path message } }
  ... on NotFound { message path } ... on Conflict { message path }
  ... on Forbidden { message }"""
ILLEGAL = "... on IllegalTransition { message currentState allowedNextStates }"
DONE = {"status": "COMPLETE"}


def mutation(name: str, payload: str, *, lifecycle: bool = True) -> str:
    """The document of a mutation by the name of its input, `Input` left out."""
    inputs = {
        "submitForReview": "ChecklistStep",
        "approveChecklist": "ChecklistStep",
        "rejectChecklist": "ChecklistReason",
        "markChecklistException": "ChecklistReason",
    }
    given = inputs.get(name, name[0].upper() + name[1:])
    illegal = ILLEGAL if lifecycle else ""
    return (
        f"mutation($input: {given}Input!) {{ {name}(input: $input) "
        f"{{ __typename {payload} {REFUSALS} {illegal} }} }}"
    )


_CHECKLIST_PAYLOAD = f"... on ChecklistPayload {{ checklist {{ {CHECKLIST} }} }}"
DOCUMENTS = {
    "createChecklist": mutation("createChecklist", _CHECKLIST_PAYLOAD, lifecycle=False),
    "createChecklistTemplate": mutation(
        "createChecklistTemplate",
        "... on ChecklistTemplatePayload { template { id version isShared minRequiredItems"
        " items { name required } } }",
        lifecycle=False,
    ),
    "acknowledgeRuleChange": mutation(
        "acknowledgeRuleChange",
        "... on RuleChangeAlertPayload { alert { id acknowledged acknowledgedBy acknowledgedAt"
        " note checklist { isStale } } }",
        lifecycle=False,
    ),
    "attachArtifact": mutation(
        "attachArtifact",
        "... on ChecklistArtifactPayload { checklist { id status } artifact { id itemIndex"
        " contentType content filePath sizeBytes sha256 generatedBy metadata } }",
    ),
    **{
        name: mutation(name, _CHECKLIST_PAYLOAD)
        for name in (
            "updateChecklistItem",
            "submitForReview",
            "approveChecklist",
            "rejectChecklist",
            "fileChecklist",
            "markChecklistException",
        )
    },
}


@dataclass
class FilingWorld:
    """What the tests of one tenant act in."""

    run: Execute
    database: Database
    viewer: Viewer
    lease_id: str
    field_number: str

    @property
    def identifier(self) -> str:
        """The rule of the lease's field."""
        return f"SWR_32.{self.field_number}"

    async def ask(self, document: str, as_viewer: Viewer | None = None, **variables: Any) -> Any:
        result = await self.run(document, variables, as_viewer or self.viewer)
        assert "errors" not in result.body, result.body["errors"]
        return result.body["data"]

    async def do(self, name: str, as_viewer: Viewer | None = None, /, **given: Any) -> Any:
        """Run a mutation and give its answer, whatever it is."""
        return (await self.ask(DOCUMENTS[name], as_viewer, input=given))[name]

    async def checklist(self, **given: Any) -> Any:
        """A new checklist of the lease."""
        wanted = {"entityId": self.lease_id, "complianceDomain": "RULE_32", **given}
        answer = await self.do("createChecklist", **wanted)
        assert answer["__typename"] == "ChecklistPayload", answer
        return answer["checklist"]

    async def completed(self, checklist: Any, count: int | None = None) -> Any:
        """The checklist once its items, or so many of them, are complete."""
        for place, _ in list(enumerate(checklist["items"]))[:count]:
            answer = await self.do(
                "updateChecklistItem", id=checklist["id"], itemIndex=place, **DONE
            )
            checklist = answer["checklist"]
        return checklist

    async def at(self, status: str) -> Any:
        """A checklist of a status, brought there by its mutations."""
        checklist = await self.checklist()
        known = {"id": checklist["id"]}
        ways: dict[str, list[tuple[str, dict[str, Any]]]] = {
            "IN_REVIEW": [("submitForReview", {})],
            "APPROVED": [("submitForReview", {}), ("approveChecklist", {})],
            "REJECTED": [("submitForReview", {}), ("rejectChecklist", {"reason": "no"})],
            "FILED": [("submitForReview", {}), ("approveChecklist", {}), ("fileChecklist", {})],
        }
        if status in ways or status == "READY_FOR_REVIEW":
            checklist = await self.completed(checklist)
        elif status == "IN_PROGRESS":
            checklist = await self.completed(checklist, 1)
        elif status == "EXCEPTION":
            answer = await self.do("markChecklistException", **known, reason="protest")
            checklist = answer["checklist"]
        for name, given in ways.get(status, ()):
            checklist = (await self.do(name, **known, **given))["checklist"]
        assert checklist["status"] == status
        return checklist

    def rule(self, small_volume: float, effective: date) -> NewRuleVersion:
        """A version of the rule of the lease's field."""
        return NewRuleVersion(
            rule_type=RuleType.FIELD_SPECIFIC,
            rule_domain=RuleDomain.FLARING,
            rule_identifier=self.identifier,
            effective_date=effective,
            source=RuleSource.MANUAL,
            rule_data={
                "field_number": self.field_number,
                "small_volume_mcf_per_day": small_volume,
            },
        )

    async def publish(
        self, small_volume: float, effective: date, viewer: Viewer | None = None
    ) -> RuleVersion:
        """Activate a version, as the API does."""
        async with self.database.transaction(
            viewer or self.viewer, "publish", reach=Reach.ALL
        ) as session:
            return await publish_version(
                session, self.rule(small_volume, effective), mark_snapshots_stale
            )


async def filing_world(
    run: Execute, database: Database, viewer: Viewer, field_number: str | None = None
) -> FilingWorld:
    """A tenant's own lease, in a field."""
    number = field_number or f"{random.randrange(10**8):08}"
    world = FilingWorld(run, database, viewer, "", number)
    answer = await world.ask(
        """mutation($number: String!) { upsertField(input: {field: {
             name: "SPRABERRY", rrcFieldId: $number}}) {
             ... on UpsertFieldPayload { field { id } } } }""",
        number=number,
    )
    field_id = answer["upsertField"]["field"]["id"]
    answer = await world.ask(
        """mutation { upsertLease(input: {lease: {
             name: "UNIVERSITY 1", rrcLeaseId: "20882", district: "08", oilGasCode: O}}) {
             ... on UpsertLeasePayload { lease { id } } } }"""
    )
    world.lease_id = answer["upsertLease"]["lease"]["id"]
    answer = await world.ask(
        """mutation($from: ID!, $to: ID!) { link(input: {
             edgeType: IN_FIELD, from: {id: $from}, to: {id: $to}}) { __typename } }""",
        **{"from": world.lease_id, "to": field_id},
    )
    assert answer["link"]["__typename"] == "LinkPayload"
    return world
