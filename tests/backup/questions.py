"""What a restored database is asked: something of every kind that the API answers."""

from typing import Any

from tests.backup.places import VIEWER, Place

LISTS = {
    "operators": "P5_NUMBER",
    "fields": "NAME",
    "formations": "NAME",
    "leases": "NAME",
    "wells": "API_NUMBER",
    "permits": "PERMIT_NUMBER",
    "regulations": "RULE_ID",
    "hearings": "DOCKET_NUMBER",
    "filings": "FILING_NUMBER",
    "equipments": "NAME",
    "flaringAuthorizations": "AUTHORIZATION_NUMBER",
    "flaringEvents": "CREATED_AT",
    "wellpads": "CREATED_AT",
    "facilities": "NAME",
    "pipelineRoutes": "CREATED_AT",
    "infrastructureProjects": "CREATED_AT",
}
LIST = """query($after: String) { found: %s(orderBy: [{field: %s}], first: 7, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { cursor node { id entityId displayName createdAt updatedAt } } } }"""
NESTED = """{ leases(first: 20, where: {wells: {some: {status: {eq: PRODUCING}}}}) { nodes {
  rrcLeaseId district oilGasCode operator { name p5Number }
  wells(first: 3, orderBy: [{field: API_NUMBER}]) { totalCount edges { cursor node {
    apiNumber wellName status permits(first: 2) { nodes { permitNumber status } } } } }
  volumes(from: "2024-01-01", to: "2025-12-01") { month oilBbl casingheadMcf flaredMcf }
  flaringAuthorizations(first: 5, orderBy: [{field: AUTHORIZATION_NUMBER}]) { edges {
    inferred distanceFt node { authorizationNumber maxVolumeMcfPerDay } } }
  compliance(domain: FLARING_MONITOR) { status explanation details deadline }
  checklists { status isStale missingItems } } } }"""
AROUND = """query($id: ID!) { neighborhood(id: $id, depth: 2, limit: 200) {
  truncated nodes { id displayName } edges { type start end properties } } }"""
PATH = """query($from: ID!, $to: ID!) { shortestPath(from: $from, to: $to, maxDepth: 4) {
  nodes { id displayName } } }"""
SEARCH = """query($text: String!) { search(text: $text, first: 20) {
  nodes { score kind title node { id } } } }"""
CHANGES = """query($after: String) { changes(after: $after, first: 100) { cursor hasMore items {
  __typename ... on ChangeRecord { cursor kind subjectId entityType entityId domain before after
    cause actor ruleVersionId occurredAt } ... on ChangeGap { cursor } } } }"""
RULE = """query($on: Date, $known: DateTime, $rule: String!) {
  rule(identifier: $rule, validOn: $on, knownAt: $known) {
    id version status effectiveDate supersededDate ruleData isShared } }"""
OTHERS = {
    "rules": """{ rules(first: 100) { totalCount edges { cursor node {
        id ruleIdentifier version status ruleData detectedAt effectiveDate isShared } } } }""",
    "rule history": """{ ruleHistory(identifier: "SWR_32") {
        id version status diff(to: 1) { path before after } } }""",
    "compliance": """{ complianceStatuses(first: 100, orderBy: [{field: ENTITY_NAME}]) {
        totalCount edges { cursor node { id entityId status decidedBy deadline explanation details
          reason actor ruleVersion { id } } } } }""",
    "checklists": """{ checklists(first: 50) { totalCount edges { cursor node { id status isStale
        items { name status } artifacts { id name sha256 content } missingItems createdBy deadline
        snapshots { ruleIdentifier ruleDataAtSnapshot isCurrent } } } } }""",
    "templates": "{ checklistTemplates(everyVersion: true) { id version isShared } }",
    "audit": """{ auditVerification { isIntact isComplete entryCount changeCount lastChainNumber
        lastSignature keyIds problem { kind } } }""",
    "audit trail": """{ auditTrail(first: 100) { totalCount edges { cursor node { id chainNumber
        eventType actorId entityIds createdAt eventData signature keyId } } } }""",
}


async def answers(place: Place, asked: dict[str, Any]) -> dict[str, bytes]:
    """Each question with the bytes of its answer; `asked` is what `remembered` found."""
    found: dict[str, bytes] = {}
    for field, order in LISTS.items():
        for after in asked["cursors"][field]:
            found[f"{field} after {after}"] = await place.answer(
                LIST % (field, order), {"after": after}
            )
    found["nested"] = await place.answer(NESTED)
    for one in asked["ids"]:
        found[f"node {one}"] = await place.answer(
            "query($id: ID!) { node(id: $id) { id __typename } }", {"id": one}
        )
        found[f"around {one}"] = await place.answer(AROUND, {"id": one})
        ends = {"from": asked["ids"][0], "to": one}
        found[f"path to {one}"] = await place.answer(PATH, ends)
    for api_number in asked["api_numbers"]:
        found[api_number] = await place.answer(
            "query($api: String) { well(apiNumber: $api) { id wellName operator { name } } }",
            {"api": api_number},
        )
    for text in ("WINDROW", "caliche", "68219", "42-317"):
        found[f"search {text}"] = await place.answer(SEARCH, {"text": text})
    for cursor in asked["changes"]:
        found[f"changes after {cursor}"] = await place.answer(CHANGES, {"after": cursor})
    for on in ("2020-01-01", "2024-06-01", "2026-06-01"):
        for known in (asked["known_at"], None):
            found[f"rule on {on} known {known}"] = await place.answer(
                RULE, {"on": on, "known": known, "rule": "SWR_32"}
            )
    for name, query in OTHERS.items():
        found[name] = await place.answer(query)
    return found


async def remembered(place: Place) -> dict[str, Any]:
    """What a client keeps between its questions: cursors, ids, keys, times."""
    cursors: dict[str, list[str | None]] = {}
    for field, order in LISTS.items():
        after: str | None = None
        cursors[field] = [None]
        for _ in range(2):
            page = (await place.data(LIST % (field, order), {"after": after}))["found"]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
            cursors[field].append(after)
    wells = (await place.data("{ wells(first: 5) { nodes { id apiNumber } } }"))["wells"]["nodes"]
    leases = (await place.data("{ leases(first: 3) { nodes { id } } }"))["leases"]["nodes"]
    rules = (await place.data("{ rules(first: 1) { nodes { detectedAt } } }"))["rules"]["nodes"]
    head = await place.services.feed.head(VIEWER)
    return {
        "cursors": cursors,
        "ids": [one["id"] for one in (*leases, *wells)],
        "api_numbers": [one["apiNumber"] for one in wells],
        "known_at": rules[0]["detectedAt"],
        "changes": ["0", "17", str(head - 3), str(head)],
    }


def without_errors(found: dict[str, bytes]) -> None:
    """Fail for an answer that says nothing, which would equal any other like it."""
    wrong = {name: body[:300] for name, body in found.items() if b'"errors"' in body}
    assert not wrong, repr(wrong)
