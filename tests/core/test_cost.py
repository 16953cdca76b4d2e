"""What operations cost: computed here from their size by hand, and reported in every answer."""

from contextlib import aclosing
from typing import Any

import pytest
from strawberry.types.graphql import OperationType

from graph_api.core.api.execution import OperationResult, run_operation, stream_operation
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.api.pricing import price_list
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.conftest import Execute

PAGE = 50
COUNT = 20


@pytest.fixture
def cost_of(schema: GraphSchema) -> Any:
    """The cost of a valid document's operation."""
    assert isinstance(schema.schema, OperationSchema)
    documents = schema.schema.documents

    def cost(document: str, name: str = "", **variables: Any) -> int:
        prepared = documents.prepared(document)
        assert prepared.errors == ()
        return prepared.costs[name].of(variables)

    return cost


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ __typename }", 1),
        ('{ well(id: "x") { apiNumber lease { name } } }', 2),
        ("{ wells { nodes { id } } }", PAGE),
        ("{ wells(first: 500) { nodes { id apiNumber } } }", 500),
        ("{ wells(last: 7) { nodes { id } } }", 7),
        ("{ wells(first: 0) { nodes { id } } }", 1),
        ("{ wells(first: 9) { edges { cursor node { id } } } }", 9),
        ("{ wells(first: 9) { edges { node { id } } nodes { id } } }", 9),
        ("{ wells(first: 9) { edges { node { lease { id } } } } }", 9 + 9),
        ("{ wells(first: 9) { pageInfo { endCursor } } }", 9 + 1),
        ("{ wells { totalCount } }", COUNT),
        ("{ wells(first: 3) { totalCount nodes { id } } }", 3 + COUNT),
        ("{ leases(first: 3) { nodes { wells { totalCount } } } }", 3 + 3 * COUNT),
        (
            "{ leases(first: 50) { nodes { wells(first: 10) { nodes {"
            " permits(first: 5) { nodes { id } } } } } } }",
            50 + 50 * 10 + 50 * 10 * 5,
        ),
        # what is asked for twice under one name is read once
        ("{ wells(first: 9) { nodes { id } } wells(first: 9) { nodes { apiNumber } } }", 9),
        ("{ a: wells(first: 9) { nodes { id } } b: wells(first: 9) { nodes { id } } }", 18),
        (
            "{ ...f ...g } fragment f on Query { wells(first: 4) { nodes { id lease { id } } } }"
            " fragment g on Query { wells(first: 4) { nodes { lease { name } } } }",
            4 + 4,
        ),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        # an entity is of one kind: the costliest that the document speaks of
        (
            '{ node(id: "x") { id ... on Well { lease { id } } ... on Lease { wells { nodes { id }'
            " } } ... on Node { displayName } } }",
            1 + PAGE,
        ),
        ('{ neighborhood(id: "x") { nodes { id } edges { type } } }', 100 + 100),
        ('{ neighborhood(id: "x", limit: 10) { nodes { ... on Well { lease { id } } } } }', 120),
        ('{ shortestPath(from: "x", to: "y") { nodes { id } } }', 200 + 6),
        ('{ shortestPath(from: "x", to: "y", maxDepth: 2) { nodes { id } } }', 200 + 2),
        ('{ search(text: "x", first: 5) { nodes { node { id } } } }', 50 + 5 + 5),
        ("{ changes { items { __typename } } }", 100),
        ("{ changes(first: 5) { items { __typename } } }", 5),
        ('{ lease(id: "x") { volumes { month } } }', 1 + 60),
        ("{ auditVerification { __typename } }", 5001),
        ('{ ruleImpact(identifier: "x", proposedRuleData: {}) { changes { __typename } } }', 5101),
        (
            'mutation { bulkUpsert(input: {operators: [{name: "A"}, {name: "B"}],'
            ' fields: [{name: "C", rrcFieldId: "1", district: "08"}]}) {'
            " ... on BulkUpsertPayload { nodes { id } } } }",
            3,
        ),
        ("mutation { assessCompliance(input: {}) { __typename } }", 5001),
        ('mutation { login(input: {email: "a", password: "b"}) { __typename } }', 101),
        ('mutation { refresh(input: {refreshToken: "a"}) { __typename } }', 101),
        (
            'mutation { changePassword(input: {currentPassword: "a", newPassword: "b"}) {'
            " __typename } }",
            101,
        ),
        # larger pages than there are: refused by the field, which says so
        ("{ wells(first: 100000) { nodes { id } } }", 500),
    ],
)
def test_costs(cost_of: Any, document: str, cost: int) -> None:
    assert cost_of(document) == cost


def test_variables_decide(cost_of: Any) -> None:
    document = """query q($first: Int = 7, $ids: [ID!] = [], $without: Boolean = false) {
      wells(first: $first) { nodes { id lease @skip(if: $without) { id } } }
      nodes(ids: $ids) @include(if: $without) { id } }"""
    assert cost_of(document, "q") == 14
    assert cost_of(document, "q", first=3) == 6
    assert cost_of(document, "q", first=None) == 100
    assert cost_of(document, "q", first=3, without=True) == 3
    assert cost_of(document, "q", first=3, without=True, ids=["a", "b"]) == 5
    assert cost_of(document, "q", first=3, without=False, ids=["a", "b"]) == 6
    assert cost_of(document, "q", first=3.0) == 6
    assert cost_of(document, "q", first=-3) == 1


def test_inputs_are_counted_in_variables(cost_of: Any) -> None:
    document = "mutation m($input: BulkUpsertInput!) { bulkUpsert(input: $input) { __typename } }"
    assert cost_of(document, "m", input={"wells": [{}] * 200, "links": [{}] * 100}) == 300
    parts = """mutation m($wells: [WellInput!]) {
      bulkUpsert(input: {wells: $wells}) { __typename } }"""
    assert cost_of(parts, "m", wells=[{}] * 200) == 200


def test_operations_of_a_document_cost_their_own(cost_of: Any) -> None:
    document = "query a { wells(first: 2) { nodes { id } } } query b { __typename }"
    assert (cost_of(document, "a"), cost_of(document, "b")) == (2, 1)


def test_many_variables_are_not_remembered_for_ever(schema: GraphSchema) -> None:
    assert isinstance(schema.schema, OperationSchema)
    document = "query Many($first: Int) { wells(first: $first) { nodes { id } } }"
    cost = schema.schema.documents.prepared(document).costs["Many"]
    assert [cost.of({"first": first}) for first in range(1, 400)] == list(range(1, 400))
    assert len(cost._known) <= 100


def test_every_list_has_a_size(schema: GraphSchema) -> None:
    settings = Settings()
    prices = price_list(schema.schema._schema, settings)
    assert len(prices) > 500
    for (kind, field), price in prices.items():
        assert price.size >= 0, f"{kind}.{field}"
        assert price.most >= price.size or not price.sized_by, f"{kind}.{field}"


async def test_every_answer_says_what_it_cost(run: Execute, services: Services) -> None:
    first = (await run("{ wells(first: 3) { nodes { id } } }")).body["extensions"]["cost"]
    assert first["requested"] == 3
    assert first["limit"] == 100_000
    budget = services.settings.cost_budget
    assert budget - 1_000 < first["remaining"] <= budget - 3
    wrong = await run('{ wells(first: 3, after: "x") { nodes { id } } }')
    assert wrong.body["errors"]
    assert wrong.body["extensions"]["cost"]["requested"] == 3
    written = await run(
        'mutation { upsertOperator(input: {operator: {name: "COSTLY"}}) { __typename } }'
    )
    assert written.body["extensions"]["cost"]["requested"] == 1
    assert written.cost == 1


async def test_too_costly_an_operation_is_refused(run: Execute) -> None:
    document = """{ leases(first: 500) { nodes { wells(first: 500) { nodes { id } } } } }"""
    result = await run(document)
    assert not result.executed
    assert result.statements.count == 0
    (error,) = result.body["errors"]
    assert error["message"] == "cost is limited to 100000, and this request has 250500"
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "cost",
        "allowed": 100_000,
        "actual": 250_500,
    }


async def test_the_limit_is_a_setting(services: Services, viewer: Viewer) -> None:
    settings = services.settings.model_copy(update={"operation_max_cost": 10})
    frugal = Services(settings, services.database, services.registry, services.feed)
    schema = graph_schema(settings).schema

    async def run(first: int) -> OperationResult:
        document = "query ($first: Int) { wells(first: $first) { nodes { id } } }"
        return await run_operation(schema, frugal.operation(viewer), document, {"first": first})

    assert (await run(10)).executed
    assert not (await run(11)).executed


async def test_a_stream_says_it_once(
    services: Services, viewer: Viewer, schema: GraphSchema, run: Execute
) -> None:
    upsert = 'mutation { upsertOperator(input: {operator: {name: "%s"}}) { __typename } }'
    for name in ("FIRST", "SECOND"):
        await run(upsert % name)
    document = 'subscription { entityChanged(after: "0") { ... on ChangeRecord { kind } } }'
    async with aclosing(
        stream_operation(schema.schema, services.operation(viewer), document)
    ) as results:
        first, second = await anext(results), await anext(results)
    assert first.body["extensions"]["cost"]["requested"] == 1
    assert "data" in second.body
    assert "extensions" not in second.body
    (only,) = [
        one
        async for one in stream_operation(
            schema.schema, services.operation(viewer), "{ wells(first: 2) { nodes { id } } }"
        )
    ]
    assert only.body["extensions"]["cost"]["requested"] == 2


async def test_a_result_names_its_operation(run: Execute) -> None:
    result = await run("query Named { __typename }")
    assert (result.operation_name, result.operation_type, result.cost) == (
        "Named",
        OperationType.QUERY,
        1,
    )
