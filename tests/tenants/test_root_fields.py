"""Every root field of the schema, asked for what another tenant has, with each lock alone."""

import pytest

from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.tenants.locks import SHUT, Intruder, Locks
from tests.tenants.probes import (
    OF_THE_VIEWER_ITSELF,
    Probe,
    list_fields,
    query_probes,
    text_of,
)
from tests.tenants.world import Known

SCHEMA = graph_schema(Settings())
PROBES = list(query_probes(SCHEMA))
SHARED_ONLY = {"regulation": "regulations", "regulations": "regulations"}
"""Fields whose rows all tenants share."""


def test_no_root_field_is_left_out() -> None:
    query = SCHEMA.schema._schema.query_type
    assert query is not None
    asked = {one.field for one in PROBES}
    assert set(query.fields) - asked - set(OF_THE_VIEWER_ITSELF) - set(SHARED_ONLY) == set()


@pytest.mark.parametrize("probe", [p for p in PROBES if p.field not in SHARED_ONLY], ids=str)
async def test_a_root_field_tells_nothing_of_another_tenant(
    probe: Probe, intruder: Intruder, known: Known
) -> None:
    """The answer is the one for what never was; without either lock it is not."""
    ghost, swaps = known.ghost()
    nothing = text_of(await intruder.ask(Locks.BOTH, probe.document, probe.variables(ghost)), {})
    for locks in SHUT:
        answer = await intruder.ask(locks, probe.document, probe.variables(known))
        text = text_of(answer, swaps)
        assert text == nothing, locks
    seen = await intruder.ask(Locks.NEITHER, probe.document, probe.variables(known))
    assert "errors" not in seen, seen
    assert text_of(seen, swaps) != nothing


ONE_ROW = {
    *("operators", "formations", "permits", "hearings", "filings", "equipments"),
    *("flaringEvents", "wellpads", "pipelineRoutes", "infrastructureProjects"),
    *("ruleChangeAlerts", "users", "sessions", "apiKeys"),
}
"""Lists of which the other tenant has no second page."""


@pytest.mark.parametrize("field", [f for f in list_fields(SCHEMA) if f not in SHARED_ONLY])
async def test_a_cursor_of_another_tenant_opens_nothing(field: str, intruder: Intruder) -> None:
    every = "all: true" if field == "sessions" else ""
    first = f"{{ page: {field}(first: 1 {every}) {{ pageInfo {{ endCursor hasNextPage }} }} }}"
    page = (await intruder.ask(Locks.NEITHER, first, {}))["data"]["page"]["pageInfo"]
    assert page["endCursor"] and page["hasNextPage"] == (field not in ONE_ROW)
    after = f"""query ($after: String!) {{ page: {field}(after: $after first: 5 {every}) {{
      nodes {{ __typename }} pageInfo {{ endCursor hasNextPage hasPreviousPage }} }} }}"""
    for locks in SHUT:
        answer = await intruder.ask(locks, after, {"after": page["endCursor"]})
        shown = [one["__typename"] for one in answer["data"]["page"]["nodes"]]
        # rules that all tenants share may come after
        assert shown == [] or field == "rules", locks
    seen = await intruder.ask(Locks.NEITHER, after, {"after": page["endCursor"]})
    assert bool(seen["data"]["page"]["nodes"]) == (field not in ONE_ROW)
