"""Documents that plans once answered otherwise than the standard executor."""

import pytest

from graph_api.core.api.global_ids import global_id
from tests.core.graph.worlds import World
from tests.plans.both_ways import BothWays
from tests.plans.documents import Document
from tests.plans.vocabulary import Vocabulary

pytestmark = pytest.mark.asyncio(loop_scope="session")

Worlds = list[tuple[World, Vocabulary]]

ANSWERED = {
    "a number among the keys": Document(
        '{ permit(permitNumber: "0999999", amendmentSequence: 0) { id } }'
    ),
    "a key that is not stored and has a default": Document(
        "query ($n: Int) { permit(permitNumber: $v, amendmentSequence: $n) { id } }".replace(
            "$v", '"0999999"'
        ),
        {"n": 0},
    ),
    "a cursor of a default": Document(
        "{ wells(first: 500, orderBy: [{field: STATUS}]) { edges { cursor } } }"
    ),
    "a moment of another time zone": Document(
        '{ a: well(apiNumber: "42-003-99983") { createdAt }'
        ' b: wells(where: {apiNumber: {eq: "42-003-99983"}}) { nodes { createdAt } } }'
    ),
    "a derived field that is younger than its row": Document(
        '{ a: well(apiNumber: "42-003-99990") { countyCode }'
        ' b: wells(where: {apiNumber: {eq: "42-003-99990"}}) { nodes { countyCode } }'
        ' operator(name: "BARE OPERATOR") { normalizedName rrcOperatorId } }'
    ),
    "a derived field that has not followed what it is made of": Document(
        """{ a: well(apiNumber: "42-003-99970") { countyCode }
          b: wells(where: {apiNumber: {eq: "42-003-99970"}}) { nodes { countyCode } }
          operator(p5Number: "654321") { normalizedName rrcOperatorId }
          flaringEvents(where: {eventNumber: {startsWith: "ODD"}}) { nodes { durationHours } } }"""
    ),
    "a node of an edge under two names": Document(
        """{ leases { edges { a: node { name wells(first: 2) { nodes { id } } } cursor
            b: node { district wells(first: 2) { edges { x: node { id } y: node { apiNumber } } } } } } }"""
    ),
    "nothing but the type": Document("{ __typename a: __typename }"),
    "what the schema has, and what the graph has": Document(
        '{ __schema { queryType { name } } __type(name: "Well") { name } leases { totalCount } }'
    ),
}


@pytest.mark.parametrize("document", ANSWERED.values(), ids=ANSWERED)
async def test_answered_by_plans(
    document: Document, both_ways: BothWays, vocabularies: Worlds
) -> None:
    result = await both_ways.planned(vocabularies[1][0].viewer, document)
    assert "errors" not in result.body
    assert None not in result.body["data"].values()


NOT_ANSWERED = {
    "a condition that is null": Document(
        "query ($keep: Boolean = true) { wells { nodes { id @include(if: $keep) } } }",
        {"keep": None},
    ),
    "a condition of a fragment that is null": Document(
        "query ($keep: Boolean = true) { wells { ...F @skip(if: $keep) } }"
        " fragment F on WellConnection { totalCount }",
        {"keep": None},
    ),
}


@pytest.mark.parametrize("document", NOT_ANSWERED.values(), ids=NOT_ANSWERED)
async def test_errors_that_are_the_executors(
    document: Document, both_ways: BothWays, vocabularies: Worlds
) -> None:
    result = await both_ways.same(vocabularies[1][0].viewer, document)
    assert result.body["errors"]
    assert both_ways.fell_back


async def test_resolvers_that_were_given_up_do_not_end_the_executors(
    both_ways: BothWays, vocabularies: Worlds
) -> None:
    """One root field fails and ends what the others wait for; the executor asks for that again."""
    world, _ = vocabularies[0]
    lease = global_id("Lease", world.oracle.entities["Lease"][0].id)
    document = Document(
        """query ($id: ID!) {
          wells { totalCount }
          a: ruleDiff(identifier: "none", from: 1, to: 2) { __typename }
          b: complianceStatus(entityId: $id, domain: FORM_PR) { id entity { __typename } }
          lease(id: $id) { complianceStatuses { id } checklists { id } } }""",
        {"id": lease},
    )
    for _ in range(5):
        result = await both_ways.same(world.viewer, document)
        assert result.body["data"] is None
        assert [one["path"] for one in result.body["errors"]] == [["a"]]
