"""Pages, orders and charts of compliance against a brute-force reading of all records."""

from itertools import product
from typing import Any

import pytest

from tests.compliance.test_api import assessed
from tests.compliance.worlds import Ask, World, lease_above
from tests.conftest import Execute

ALL = """{ complianceStatuses(first: 500) { nodes {
  id entityId entityName entityType entityDistrict complianceDomain status deadline } } }"""
SEVERITY = ("NOT_APPLICABLE", "COMPLIANT", "IN_REVIEW", "ACTION_NEEDED", "OVERDUE")


@pytest.fixture
async def records(world: World, data: Ask) -> list[dict[str, Any]]:
    """Records of leases, wells, facilities and exceptions at many statuses, with ties and nulls."""
    for number in (1, 2, 3):
        await lease_above(world, number)
    for number in (4, 5):
        lease = await world.lease(number, district="7C", name=None)
        await world.volumes(lease, {"2025-04": (0, 0), "2025-05": (0, 0)})
    for number, distance in enumerate((100, 500, 900, None), 1):
        await world.entity(
            "Well", api_number=f"42-003-0000{number}", distance_to_lease_line_ft=distance
        )
    await world.exception("70001", 100, "2025-06-01", "2025-06-30")
    await world.exception("70002", 100, "2025-06-01", "2025-08-30", status="PENDING")
    await assessed(data)
    found: list[dict[str, Any]] = (await data(ALL))["complianceStatuses"]["nodes"]
    assert len(found) > 20
    return found


KEYS = {
    "ENTITY_NAME": lambda one: one["entityName"],
    "ENTITY_DISTRICT": lambda one: one["entityDistrict"],
    "COMPLIANCE_DOMAIN": lambda one: one["complianceDomain"].lower(),
    "STATUS": lambda one: one["status"].lower(),
    "DEADLINE": lambda one: one["deadline"],
}


def ordered(rows: list[dict[str, Any]], key: Any, tie: str, *, descending: bool) -> list[Any]:
    valued = [one for one in rows if key(one) is not None]
    without = [one for one in rows if key(one) is None]

    def sort(part: list[dict[str, Any]], by: Any) -> list[dict[str, Any]]:
        return sorted(part, key=by, reverse=descending)

    rows = sort(valued, lambda one: (key(one), one[tie])) + sort(without, lambda one: one[tie])
    return [one[tie] for one in rows]


async def test_pages_in_every_order_are_those_of_the_whole_list(
    records: list[dict[str, Any]], data: Ask
) -> None:
    document = """query($order: [ComplianceStatusOrder!], $after: String, $before: String,
        $first: Int, $last: Int) {
      complianceStatuses(orderBy: $order, first: $first, after: $after, last: $last,
        before: $before) { nodes { id } pageInfo { endCursor startCursor hasNextPage
        hasPreviousPage } } }"""
    for (field, key), direction in product(KEYS.items(), ("ASC", "DESC")):
        expected = ordered(records, key, "id", descending=direction == "DESC")
        order = [{"field": field, "direction": direction}]
        for size, cursor, turn, more in (
            ("first", "after", "endCursor", "hasNextPage"),
            ("last", "before", "startCursor", "hasPreviousPage"),
        ):
            seen: list[str] = []
            given: dict[str, Any] = {"order": order, size: 7}
            while True:
                page = (await data(document, given))["complianceStatuses"]
                ids = [one["id"] for one in page["nodes"]]
                seen = seen + ids if size == "first" else ids + seen
                if not page["pageInfo"][more]:
                    break
                given[cursor] = page["pageInfo"][turn]
            assert seen == expected, (field, direction, size)


async def test_the_matrix_has_a_row_for_each_entity(
    records: list[dict[str, Any]], data: Ask
) -> None:
    document = """query($after: String) { complianceMatrix(first: 4, after: $after) { totalCount
      nodes { entityId worstStatus nextDeadline statuses { complianceDomain status }
              entity { id } }
      pageInfo { endCursor hasNextPage } } }"""
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await data(document, {"after": cursor}))["complianceMatrix"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
    by_entity: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        by_entity.setdefault(one["entityId"], []).append(one)
    assert page["totalCount"] == len(by_entity)
    worst = {
        entity: max(SEVERITY.index(one["status"]) for one in own)
        for entity, own in by_entity.items()
    }
    expected = sorted(by_entity, key=lambda one: (worst[one], one), reverse=True)
    assert [one["entityId"] for one in rows] == expected
    for row in rows:
        own = by_entity[row["entityId"]]
        assert row["worstStatus"] == SEVERITY[worst[row["entityId"]]]
        deadlines = [one["deadline"] for one in own if one["deadline"]]
        assert row["nextDeadline"] == min(deadlines, default=None)
        assert {(one["complianceDomain"], one["status"]) for one in row["statuses"]} == {
            (one["complianceDomain"], one["status"]) for one in own
        }
        assert row["entity"] is not None


@pytest.mark.parametrize(
    "field", ["ENTITY_NAME", "ENTITY_DISTRICT", "NEXT_DEADLINE", "ENTITY_FIELD"]
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_the_matrix_is_paged_without_loss_in_every_order(
    records: list[dict[str, Any]], data: Ask, field: str, direction: str
) -> None:
    document = """query($order: [ComplianceMatrixOrder!], $after: String) {
      complianceMatrix(orderBy: $order, first: 3, after: $after) {
        nodes { entityId } pageInfo { endCursor hasNextPage } } }"""
    given: dict[str, Any] = {"order": [{"field": field, "direction": direction}]}
    seen: list[str] = []
    while True:
        page = (await data(document, given))["complianceMatrix"]
        seen += [one["entityId"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        given["after"] = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen))
    assert set(seen) == {one["entityId"] for one in records}


FILTERS: list[tuple[str, Any]] = [
    ("domains: [FORM_PR]", lambda one: one["complianceDomain"] == "FORM_PR"),
    ("statuses: [OVERDUE, IN_REVIEW]", lambda one: one["status"] in ("OVERDUE", "IN_REVIEW")),
    ("entityTypes: [WELL]", lambda one: one["entityType"] == "Well"),
    (
        "entityTypes: [FLARING_AUTHORIZATION]",
        lambda one: one["entityType"] == "FlaringAuthorization",
    ),
    ('districts: ["7C"]', lambda one: one["entityDistrict"] == "7C"),
    ('nameContains: "lease"', lambda one: "lease" in (one["entityName"] or "").lower()),
    ("decidedBy: [PERSON]", lambda one: False),
    (
        'deadlineFrom: "2025-06-01T00:00:00Z", deadlineBefore: "2025-07-02T00:00:00Z"',
        lambda one: "2025-06-01" <= (one["deadline"] or "") < "2025-07-02",
    ),
    ("domains: []", lambda one: False),
]


@pytest.mark.parametrize(("where", "matches"), FILTERS, ids=[one[0] for one in FILTERS])
async def test_filters_and_counts_agree_with_the_whole_list(
    records: list[dict[str, Any]], data: Ask, where: str, matches: Any
) -> None:
    found = await data(
        f"{{ complianceStatuses(first: 500, where: {{ {where} }}) {{ totalCount nodes {{ id }} }}"
        f" complianceSummary(where: {{ {where} }}) {{ total compliant actionNeeded overdue"
        " notApplicable inReview anomalies } }"
    )
    expected = [one for one in records if matches(one)]
    page = found["complianceStatuses"]
    assert {one["id"] for one in page["nodes"]} == {one["id"] for one in expected}
    assert page["totalCount"] == found["complianceSummary"]["total"] == len(expected)
    for field, status in (
        ("compliant", "COMPLIANT"),
        ("actionNeeded", "ACTION_NEEDED"),
        ("overdue", "OVERDUE"),
        ("notApplicable", "NOT_APPLICABLE"),
        ("inReview", "IN_REVIEW"),
    ):
        count = sum(1 for one in expected if one["status"] == status)
        assert found["complianceSummary"][field] == count
    anomalies = [
        one
        for one in expected
        if (one["complianceDomain"], one["status"]) == ("FLARING_MONITOR", "ACTION_NEEDED")
    ]
    assert found["complianceSummary"]["anomalies"] == len(anomalies)


async def test_deadlines_by_month(records: list[dict[str, Any]], data: Ask) -> None:
    found = await data(
        """{ deadlineChart(from: "2025-01-01", to: "2025-12-31") {
             month complianceDomain openCount overdueCount } }"""
    )
    expected: dict[tuple[str, str], list[int]] = {}
    for one in records:
        if one["deadline"]:
            # the last second of a day in Texas is in the early morning of the next in UTC
            day = one["deadline"][:10]
            month = day[:7] if day[8:] != "01" else f"2025-{int(day[5:7]) - 1:02}"
            counts = expected.setdefault((f"{month}-01", one["complianceDomain"]), [0, 0])
            counts[one["status"] == "OVERDUE"] += 1
    assert {
        (one["month"], one["complianceDomain"]): [one["openCount"], one["overdueCount"]]
        for one in found["deadlineChart"]
    } == expected
    assert ("2025-06-01", "RULE_32") in expected


async def test_filings_by_status(world: World, data: Ask) -> None:
    for number, (kind, form, status) in enumerate(
        (
            ("PRODUCTION_REPORT", "PR", "ACCEPTED"),
            ("PRODUCTION_REPORT", "PR", "ACCEPTED"),
            ("PRODUCTION_REPORT", "PR", "RETURNED"),
            ("FLARE_EXCEPTION", "R-32", "DRAFT"),
        )
    ):
        await world.entity(
            "Filing", filing_number=f"F-{number}", filing_type=kind, form_number=form, status=status
        )
    found = await data(
        """{ all: filingStatusChart { status count }
             some: filingStatusChart(filingTypes: [FLARE_EXCEPTION]) { status count } }"""
    )
    assert found["all"] == [
        {"status": "ACCEPTED", "count": 2},
        {"status": "DRAFT", "count": 1},
        {"status": "RETURNED", "count": 1},
    ]
    assert found["some"] == [{"status": "DRAFT", "count": 1}]


@pytest.mark.parametrize(
    ("document", "argument"),
    [
        (
            '{ complianceStatuses(where: {districts: ["a\\u0000"]}) { totalCount } }',
            "where.districts",
        ),
        ('{ complianceStatuses(where: {entityIds: ["x"]}) { totalCount } }', "where.entityIds"),
        ("{ complianceStatuses(first: 501) { nodes { id } } }", None),
        ('{ complianceStatuses(after: "x") { nodes { id } } }', "after"),
        ('{ complianceTrend(from: "2025-01-02T00:00:00") { at } }', "from"),
        ("{ complianceTrend(points: 1000) { at } }", None),
        ('{ deadlineChart(from: "2025-02-01", to: "2025-01-01") { month } }', "to"),
        ("{ complianceSummary(dueWithinDays: -1) { total } }", "dueWithinDays"),
    ],
)
async def test_what_cannot_be_is_refused(run: Execute, document: str, argument: str | None) -> None:
    result = await run(document)
    (error,) = result.body["errors"]
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "LIMIT_EXCEEDED"), error
    if argument is not None:
        assert error["extensions"]["argument"] == argument
