"""Rules through GraphQL: reading on both axes, the lifecycle, what is refused, and who may do what."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from graph_api.core.api.execution import run_operation
from graph_api.core.api.schema import build_schema
from graph_api.core.context import Services
from graph_api.core.database import Database, Session
from graph_api.core.viewer import Viewer
from graph_api.entities.models import enum_value_description
from graph_api.rules.models import RuleType, RuleVersion
from graph_api.rules.queries import add_rules
from graph_api.settings import Settings
from tests.conftest import Execute
from tests.rules.drafts import SHARED, created, fresh_identifier, published, spacing
from tests.viewers import member

DAY = date(2024, 1, 1)

FIELDS = "id version status effectiveDate supersededDate isShared"
REFUSALS = """
  __typename
  ... on ValidationError { message errors { path message } }
  ... on NotFound { message path }
  ... on Conflict { message path }
  ... on Forbidden { message }
"""
CREATE = f"""
mutation ($input: CreateRuleVersionInput!) {{
  createRuleVersion(input: $input) {{ {REFUSALS}
    ... on RuleVersionPayload {{ ruleVersion {{ {FIELDS} ruleData detectedBy }} }}
  }}
}}"""


def step(name: str, given: str = "RuleVersionStepInput") -> str:
    return f"""
mutation ($input: {given}!) {{
  {name}(input: $input) {{ {REFUSALS}
    ... on IllegalTransition {{ message currentState allowedNextStates }}
    ... on RuleVersionPayload {{ ruleVersion {{ {FIELDS} }} }}
  }}
}}"""


SUBMIT, ACTIVATE = step("submitRuleVersion"), step("activateRuleVersion")
REJECT = step("rejectRuleVersion", "RejectRuleVersionInput")


def given(identifier: str = "SWR_37", **changed: Any) -> dict[str, Any]:
    return {
        "ruleIdentifier": identifier,
        "ruleType": "STATEWIDE",
        "ruleDomain": "SPACING",
        "effectiveDate": "2024-01-01",
        "source": "MANUAL",
        "ruleData": {"min_distance_to_lease_line_ft": 467, "min_distance_between_wells_ft": 1200},
        **changed,
    }


async def wrote(data: Execute, document: str, **values: Any) -> Any:
    answer = await data(document, {"input": values})
    (outcome,) = answer.values()
    return outcome


async def regulation(data: Execute) -> str:
    """The rule id of a regulation of the test's own; all tenants see it."""
    rule_id = fresh_identifier()
    document = """
    mutation ($input: UpsertRegulationInput!) { upsertRegulation(input: $input) { __typename } }
    """
    entity = {
        "ruleId": rule_id,
        "title": "Spacing",
        "citation": "16 TAC §3.37",
        "summary": "Wells keep their distance.",
        "jurisdiction": "RRC",
    }
    await data(document, {"input": {"regulation": entity}})
    return rule_id


async def test_a_version_goes_through_its_life(data: Execute) -> None:
    one = (await wrote(data, CREATE, **given()))["ruleVersion"]
    assert (one["version"], one["status"], one["detectedBy"]) == (1, "DRAFT", "test")
    assert one["ruleData"]["min_distance_to_lease_line_ft"] == 467
    assert one["isShared"] is False
    assert (await wrote(data, SUBMIT, id=one["id"]))["ruleVersion"]["status"] == "PENDING_REVIEW"
    back = await wrote(data, REJECT, id=one["id"], reason="no plat")
    assert back["ruleVersion"]["status"] == "DRAFT"
    await wrote(data, SUBMIT, id=one["id"])
    assert (await wrote(data, ACTIVATE, id=one["id"]))["ruleVersion"]["status"] == "ACTIVE"
    two = (await wrote(data, CREATE, **given(effectiveDate="2025-01-01")))["ruleVersion"]
    await wrote(data, SUBMIT, id=two["id"])
    await wrote(data, ACTIVATE, id=two["id"])
    found = await data(
        """query ($id: UUID!) { ruleVersion(id: $id) {
             status supersededDate supersededBy { version status } } }""",
        {"id": one["id"]},
    )
    assert found["ruleVersion"] == {
        "status": "SUPERSEDED",
        "supersededDate": "2025-01-01",
        "supersededBy": {"version": 2, "status": "ACTIVE"},
    }


async def test_a_step_that_is_not_allowed_names_those_that_are(data: Execute) -> None:
    one = (await wrote(data, CREATE, **given()))["ruleVersion"]
    refused = await wrote(data, ACTIVATE, id=one["id"])
    assert refused["__typename"] == "IllegalTransition"
    assert refused["currentState"] == "DRAFT"
    assert refused["allowedNextStates"] == ["PENDING_REVIEW"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"ruleData": {"min_distance_to_lease_line_ft": 467}},
         "ruleData.min_distance_between_wells_ft"),
        ({"ruleData": {"acres_per_well": 40}, "ruleDomain": "DENSITY", "sourceReference": ""},
         "sourceReference"),
        ({"ruleData": []}, "ruleData"),
        ({"ruleIdentifier": "Rule 37"}, "ruleIdentifier"),
        ({"changeSummary": "a\0b"}, "changeSummary"),
        ({"ruleType": "FIELD_SPECIFIC"}, "ruleData"),
    ],
)  # fmt: skip
async def test_wrong_versions_are_refused_where_they_are_wrong(
    data: Execute, changed: dict[str, Any], path: str
) -> None:
    refused = await wrote(data, CREATE, **given(**changed))
    assert refused["__typename"] == "ValidationError"
    assert path in {one["path"] for one in refused["errors"]}
    assert (await data('{ ruleHistory(identifier: "SWR_37") { isShared } }'))["ruleHistory"].count(
        {"isShared": False}
    ) == 0


@pytest.mark.parametrize("left_out", [True, False])
async def test_a_version_without_parameters_is_refused(data: Execute, left_out: bool) -> None:
    # of this domain every parameter has a default
    version = given(ruleDomain="FLARING", ruleData=None)
    if left_out:
        del version["ruleData"]
    refused = await wrote(data, CREATE, **version)
    assert refused["errors"] == [{"path": "ruleData", "message": "Field required"}]


async def test_refusals_name_what_stands_in_the_way(data: Execute) -> None:
    missing = await wrote(data, SUBMIT, id=str(uuid.uuid4()))
    assert (missing["__typename"], missing["path"]) == ("NotFound", "id")
    one = (await wrote(data, CREATE, **given()))["ruleVersion"]
    other = given(ruleDomain="DENSITY", ruleData={"acres_per_well": 40})
    conflict = await wrote(data, CREATE, **other)
    assert (conflict["__typename"], conflict["path"]) == ("Conflict", "ruleDomain")
    two = (await wrote(data, CREATE, **given()))["ruleVersion"]
    for version in (one, two):
        await wrote(data, SUBMIT, id=version["id"])
    await wrote(data, ACTIVATE, id=one["id"])
    same_day = await wrote(data, ACTIVATE, id=two["id"])
    assert (same_day["__typename"], same_day["path"]) == ("Conflict", "id")
    assert "takes effect on the same day" in same_day["message"]
    unreasoned = await wrote(data, REJECT, id=two["id"], reason="  ")
    assert unreasoned["errors"][0]["path"] == "reason"


async def test_a_key_creates_once(data: Execute) -> None:
    first = await wrote(data, CREATE, **given(idempotencyKey="one"))
    assert await wrote(data, CREATE, **given(idempotencyKey="one")) == first
    other = given(idempotencyKey="one", effectiveDate="2025-01-01")
    conflict = await wrote(data, CREATE, **other)
    assert (conflict["__typename"], conflict["path"]) == ("Conflict", "idempotencyKey")
    history = await data('{ ruleHistory(identifier: "SWR_37") { version isShared } }')
    assert [one for one in history["ruleHistory"] if not one["isShared"]] == [
        {"version": 1, "isShared": False}
    ]


async def test_only_administrators_write_shared_rules(data: Execute, run: Execute) -> None:
    identifier = fresh_identifier()
    nobody = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="nobody")
    values = {"input": given(identifier, shared=True, idempotencyKey="k")}
    refused = (await run(CREATE, values, nobody)).body["data"]["createRuleVersion"]
    assert refused["__typename"] == "Forbidden"
    one = (await data(CREATE, values))["createRuleVersion"]["ruleVersion"]
    assert one["isShared"] is True
    step_of = {"input": {"id": one["id"]}}
    refused = (await run(SUBMIT, step_of, nobody)).body["data"]["submitRuleVersion"]
    assert refused["__typename"] == "Forbidden"
    assert (await data(SUBMIT, step_of))["submitRuleVersion"]["ruleVersion"]["version"] == 1
    # an administrator of another tenant may use the same key
    other = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="other", administers_shared=True)
    second = (await run(CREATE, values, other)).body["data"]["createRuleVersion"]
    assert second["ruleVersion"]["version"] == 2


async def test_a_tenants_own_rule_stands_before_the_shared_one(
    database: Database, viewer: Viewer, data: Execute, run: Execute
) -> None:
    identifier = fresh_identifier()
    await published(database, SHARED, spacing(identifier, DAY))
    await published(database, viewer, spacing(identifier, DAY + timedelta(31), 330))
    document = """query ($rule: String!) {
      january: rule(identifier: $rule, validOn: "2024-01-31") { isShared }
      february: rule(identifier: $rule, validOn: "2024-02-01") { isShared }
      before: rule(identifier: $rule, validOn: "2023-12-31") { isShared }
      ruleHistory(identifier: $rule) { isShared version }
    }"""
    other = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="other")
    assert await data(document, {"rule": identifier}) == {
        "january": {"isShared": True},
        "february": {"isShared": False},
        "before": None,
        "ruleHistory": [{"isShared": True, "version": 1}, {"isShared": False, "version": 1}],
    }
    assert (await run(document, {"rule": identifier}, other)).body["data"] == {
        "january": {"isShared": True},
        "february": {"isShared": True},
        "before": None,
        "ruleHistory": [{"isShared": True, "version": 1}],
    }


async def test_tenants_do_not_see_one_anothers_rules(
    database: Database, viewer: Viewer, run: Execute
) -> None:
    identifier = fresh_identifier()
    one = await published(database, viewer, spacing(identifier, DAY))
    other = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="other", administers_shared=True)
    result = await run(
        """query ($rule: String!, $id: UUID!) {
             rule(identifier: $rule) { id } ruleVersion(id: $id) { id }
             ruleHistory(identifier: $rule) { id }
             rules(where: {identifierPrefix: $rule}) { totalCount nodes { id } }
           }""",
        {"rule": identifier, "id": str(one.id)},
        other,
    )
    assert result.body["data"] == {
        "rule": None,
        "ruleVersion": None,
        "ruleHistory": [],
        "rules": {"totalCount": 0, "nodes": []},
    }
    refused = await run(SUBMIT, {"input": {"id": str(one.id)}}, other)
    assert refused.body["data"]["submitRuleVersion"]["__typename"] == "NotFound"


async def test_as_of_holds_through_nested_fields(
    database: Database, viewer: Viewer, data: Execute
) -> None:
    rule_id = await regulation(data)
    await published(database, viewer, spacing(rule_id, DAY, 467))
    known_at = datetime.now(UTC).isoformat()
    await published(database, viewer, spacing(rule_id, DAY + timedelta(31), 330))
    nested = """regulation { rule { version supersededDate regulation { rules {
        version supersededDate parameters { ... on SpacingRule { minDistanceToLeaseLineFt } } } } }
        }"""

    def expected(version: int, ended: str | None, feet: float) -> dict[str, Any]:
        return {
            "version": version,
            "supersededDate": ended,
            "regulation": {
                "rules": [
                    {
                        "version": version,
                        "supersededDate": ended,
                        "parameters": {"minDistanceToLeaseLineFt": feet},
                    }
                ]
            },
        }

    first, second = expected(1, "2024-02-01", 467), expected(2, None, 330)
    for moment, found in (
        ('validOn: "2024-01-31"', first),
        ('validOn: "2024-02-01"', second),
        (f'validOn: "2024-02-01", knownAt: "{known_at}"', expected(1, None, 467)),
        (f'knownAt: "{known_at}"', expected(1, None, 467)),
        ('validOn: "2023-12-31"', None),
    ):
        # by the operation, however the way leads
        document = f'query @asOf({moment}) {{ regulation(ruleId: "{rule_id}") {{ rule {{ version '
        document += "supersededDate regulation { rules { version supersededDate parameters "
        document += "{ ... on SpacingRule { minDistanceToLeaseLineFt } } } } } } }"
        assert (await data(document))["regulation"]["rule"] == found
        # by a root field's arguments, and beside it a field that looks from elsewhere
        document = f'{{ a: rule(identifier: "{rule_id}", {moment}) {{ {nested} }} '
        document += f'b: rule(identifier: "{rule_id}") {{ {nested} }} }}'
        answer = await data(document)
        assert (answer["a"] and answer["a"]["regulation"]["rule"]) == found
        assert answer["b"]["regulation"]["rule"] == second


async def test_as_of_takes_variables_and_arguments_go_before_it(
    database: Database, viewer: Viewer, data: Execute
) -> None:
    await published(database, viewer, spacing("SWR_37", DAY))
    await published(database, viewer, spacing("SWR_37", DAY + timedelta(31)))
    document = """query ($day: Date) @asOf(validOn: $day) {
      rule(identifier: "SWR_37") { version }
      later: rule(identifier: "SWR_37", validOn: "2024-03-01") { version }
    }"""
    for day, version in (("2024-01-01", 1), ("2024-02-01", 2), (None, 2)):
        found = await data(document, {"day": day})
        assert found == {"rule": {"version": version}, "later": {"version": 2}}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{ rule(identifier: "SWR_37", knownAt: "2024-01-01T00:00:00") { id } }', "knownAt"),
        ('{ rule(identifier: "SWR_37", knownAt: "0001-01-01T00:00:00+14:00") { id } }', "knownAt"),
        ('query @asOf(knownAt: "2024-01-01T00:00:00") { rule(identifier: "X") { id } }', "knownAt"),
        ('{ ruleDiff(identifier: "SWR_37", from: 71, to: 72) { path } }', "from"),
        ('{ rules(after: "nonsense") { nodes { id } } }', "after"),
        ('{ rules(first: 501) { nodes { id } } }', "first"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_said(run: Execute, document: str, code: str) -> None:
    result = await run(document)
    (error,) = result.body["errors"]
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "LIMIT_EXCEEDED")
    assert code in error["message"]


async def test_a_diff_tells_field_by_field_what_differs(
    database: Database, viewer: Viewer, data: Execute
) -> None:
    await published(database, viewer, spacing("SWR_37", DAY))
    await created(database, viewer, spacing("SWR_37", DAY + timedelta(31), 330))
    document = """{
      ruleDiff(identifier: "SWR_37", from: 1, to: 2) { path before after }
      rule(identifier: "SWR_37") { diff(to: 2) { path before after } }
    }"""
    changes = [
        {"path": "effectiveDate", "before": "2024-01-01", "after": "2024-02-01"},
        {"path": "ruleData.min_distance_to_lease_line_ft", "before": 467, "after": 330},
    ]
    assert await data(document) == {"ruleDiff": changes, "rule": {"diff": changes}}


async def test_a_list_is_filtered_and_paged(
    database: Database, viewer: Viewer, data: Execute
) -> None:
    prefix = fresh_identifier()
    await published(database, viewer, spacing(f"{prefix}.1", DAY))
    await created(database, viewer, spacing(f"{prefix}.2", DAY))
    field_data = {**spacing(prefix, DAY).rule_data, "field_number": "85280300"}
    await published(
        database,
        viewer,
        spacing(f"{prefix}.85280300", DAY, rule_type=RuleType.FIELD_SPECIFIC, rule_data=field_data),
    )
    document = """query ($where: RuleFilter, $after: String) {
      rules(where: $where, first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { ruleIdentifier }
      }
    }"""

    async def listed(**where: Any) -> list[str]:
        found, after = [], None
        while True:
            answer = await data(
                document, {"where": {"identifierPrefix": prefix, **where}, "after": after}
            )
            page = answer["rules"]
            found += [one["ruleIdentifier"].removeprefix(f"{prefix}.") for one in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(found)
                return found
            after = page["pageInfo"]["endCursor"]

    assert await listed() == ["1", "2", "85280300"]
    assert await listed(types=["FIELD_SPECIFIC"]) == ["85280300"]
    assert await listed(statuses=["DRAFT"]) == ["2"]
    assert await listed(domains=["DENSITY", "FLARING"]) == []
    assert await listed(domains=["SPACING"], statuses=["ACTIVE"]) == ["1", "85280300"]


async def test_rules_of_many_regulations_are_read_at_once(
    database: Database, viewer: Viewer, data: Execute, run: Execute
) -> None:
    rule_ids = [await regulation(data) for _ in range(4)]
    for rule_id in rule_ids:
        await published(database, viewer, spacing(rule_id, DAY))
    document = """query ($ids: [String!]) {
      regulations(where: {ruleId: {in: $ids}}) { nodes { rule { version regulation { ruleId } } } }
    }"""
    counts = []
    for some in (rule_ids[:1], rule_ids):
        result = await run(document, {"ids": some})
        nodes = result.body["data"]["regulations"]["nodes"]
        assert {one["rule"]["regulation"]["ruleId"] for one in nodes} == set(some)
        counts.append(result.statements.count)
    assert counts == [3, 3], "one for the list, one for the rules, one for their regulations"


async def test_a_schemas_hooks_run_in_the_activations_transaction(
    settings: Settings, services: Services, viewer: Viewer, data: Execute
) -> None:
    heard: list[tuple[int, int, str]] = []

    async def hear(session: Session, old: RuleVersion, new: RuleVersion) -> None:
        heard.append((old.version, new.version, session.journal.action))

    schema = build_schema(
        services.registry, enum_value_description, settings, domains=[add_rules([hear])]
    )
    for day in ("2024-01-01", "2024-02-01"):
        one = (await wrote(data, CREATE, **given(effectiveDate=day)))["ruleVersion"]
        await wrote(data, SUBMIT, id=one["id"])
        values = {"input": {"id": one["id"]}}
        result = await run_operation(schema.schema, services.operation(viewer), ACTIVATE, values)
        assert "errors" not in result.body
    assert heard == [(1, 2, "activateRuleVersion")]
