"""Days at either end of the calendar, in what is asked for and in what is on record."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.compliance.worlds import Ask, World
from tests.conftest import Execute

ASSESS = """mutation($day: Date) { assessCompliance(input: {asOf: $day}) {
  __typename ... on ValidationError { errors { path message } }
  ... on AssessCompliancePayload { assessedCount } } }"""


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
async def test_a_day_far_away_is_refused(run: Execute, data: Ask, day: str) -> None:
    refused = (await data(ASSESS, {"day": day}))["assessCompliance"]
    assert refused["__typename"] == "ValidationError"
    assert [one["path"] for one in refused["errors"]] == ["asOf"]
    impact = f"""query @asOf(validOn: "{day}") {{
      ruleImpact(identifier: "SWR_32", proposedRuleData: {{}}) {{ assessedCount }} }}"""
    (error,) = (await run(impact)).body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == "validOn"


@pytest.mark.parametrize("years", [-100, 9])
async def test_a_day_some_years_away_is_not(data: Ask, world: World, years: int) -> None:
    await world.lease(effective_date="1990-01-01")
    day = datetime.now(UTC).date() + timedelta(days=365 * years)
    assessed = (await data(ASSESS, {"day": day.isoformat()}))["assessCompliance"]
    assert assessed["assessedCount"] == 2


async def test_records_for_all_time_are_assessed(data: Ask, world: World) -> None:
    """An exception in force for ever would be millions of days, and a lease thousands of months."""
    flare = await world.flare()
    for number in range(20):
        lease = await world.lease(effective_date="0001-01-01")
        one = await world.exception(f"9{number:04}", 900, "0001-01-01", "9999-12-31")
        await world.link("AUTHORIZES", one, flare)
        await world.link("AUTHORIZES", one, lease, inferred=True)
        await world.volumes(lease, {"2025-02": (5, 0), "2025-03": (90_000, 100)})
    began = time.monotonic()
    assessed = (await data(ASSESS, {"day": "2025-06-15"}))["assessCompliance"]
    assert assessed["assessedCount"] == 20 + 2 * 20 + 1
    assert time.monotonic() - began < 10
    found = await data(
        """{ complianceStatuses(where: {domains: [RULE_32]}, first: 1) {
          nodes { status details } } }"""
    )
    (node,) = found["complianceStatuses"]["nodes"]
    assert node["status"] == "ACTION_NEEDED"
    assert node["details"]["administrative_days"] == (date.max - date.min).days + 1


async def test_a_decision_until_the_last_of_all_days_is_kept(
    run: Execute, data: Ask, world: World
) -> None:
    lease = await world.lease()
    written = await data(
        """mutation($id: ID!) { upsertComplianceStatus(input: {entityId: $id, domain: FORM_PR,
             status: IN_REVIEW, reason: "for ever", deadline: "9999-12-31"}) {
             ... on UpsertComplianceStatusPayload { complianceStatus { deadline } } } }""",
        {"id": str(lease.id)},
    )
    deadline = written["upsertComplianceStatus"]["complianceStatus"]["deadline"]
    assert deadline.startswith("9999-12-31T23:59:59")
    chart = '{ deadlineChart(from: "0001-01-01", to: "9999-12-31") { openCount } }'
    assert "deadlineChart" in await data(chart)
    trend = '{ complianceTrend(to: "0001-01-01T00:00:00Z") { __typename } }'
    assert await data(trend) == {"complianceTrend": []}
    before = '{complianceStatuses(where: {deadlineFrom: "0001-01-01T00:00:00+14:00"}) {totalCount}}'
    (error,) = (await run(before)).body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
