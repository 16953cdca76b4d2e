"""What an operation costs in statements depends on its depth, never on its rows."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest_asyncio

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.graph.linking import VertexEnd
from graph_api.core.graph.writing import GraphWriter
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.models import HasWell, Lease, Operates, Operator, Permit, Permits, Well
from tests.core.graph.worlds import write_entities
from tests.viewers import member

LEASES = 500

THREE_LEVELS = """query ($first: Int!) {
  leases(first: $first) { COUNT nodes {
    name operators(first: 5) { COUNT nodes { name } }
    wells(first: 10) { COUNT nodes { apiNumber permits(first: 5) { COUNT nodes { permitNumber } } } } } } }"""


class Holdings:
    """A tenant of 500 leases, each with a well and a permit, under three operators."""

    def __init__(self, services: Services, schema: GraphSchema) -> None:
        costly = services.settings.model_copy(update={"operation_max_cost": 1_000_000})
        self._services = replace(services, settings=costly)
        self._schema = schema
        self.viewer = member(f"holdings-{uuid4().hex[:12]}", subject="test")
        self.leases: list[GraphEntity] = []
        self.wells: list[GraphEntity] = []

    async def write(self) -> None:
        tenant = self.viewer.tenant_id
        operators = await self._entities(
            [Operator(tenant_id=tenant, name=f"OPERATOR {place}") for place in range(3)]
        )
        self.leases = await self._entities(
            [
                Lease.model_validate(
                    {
                        "tenant_id": tenant,
                        "oil_gas_code": "O",
                        "district": "08",
                        "rrc_lease_id": f"{place + 1:05}",
                        "name": f"LEASE {place}",
                    }
                )
                for place in range(LEASES)
            ]
        )
        self.wells = await self._entities(
            [Well(tenant_id=tenant, api_number=f"42-003-{n + 1:05}") for n in range(LEASES)]
        )
        permits = await self._entities(
            [
                Permit.model_validate(
                    {"tenant_id": tenant, "permit_number": f"{n + 1:07}", "permit_type": "DRILL"}
                )
                for n in range(LEASES)
            ]
        )
        spread = [operators[place % 3] for place in range(LEASES)]
        await self._link("OPERATES", spread, self.leases, Operates())
        await self._link("HAS_WELL", self.leases, self.wells, HasWell())
        await self._link("PERMITS", permits, self.wells, Permits())

    async def _entities(self, entities: list[Any]) -> list[GraphEntity]:
        return await write_entities(self._services, self.viewer, entities)

    async def _link(
        self,
        edge_type: str,
        starts: list[GraphEntity],
        ends: list[GraphEntity],
        properties: EdgeProperties,
    ) -> None:
        registry = self._services.registry
        (edge,) = registry.edges_between(edge_type, starts[0].label(), ends[0].label())
        links = [
            (
                VertexEnd(start.graph_id, str(start.id)),
                VertexEnd(end.graph_id, str(end.id)),
                properties,
            )
            for start, end in zip(starts, ends, strict=True)
        ]
        async with self._services.database.transaction(self.viewer, "test") as session:
            await GraphWriter(registry).link(session, edge, links)

    async def run(self, query: str, **variables: Any) -> OperationResult:
        result = await run_operation(
            self._schema.schema, self._services.operation(self.viewer), query, variables
        )
        assert "errors" not in result.body, result.body["errors"]
        return result


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def holdings(services: Services, schema: GraphSchema) -> Holdings:
    made = Holdings(services, schema)
    await made.write()
    return made


async def test_three_levels_cost_the_same_for_1_10_and_500_parents(holdings: Holdings) -> None:
    for first in (1, 10, 500):
        result = await holdings.run(THREE_LEVELS.replace("COUNT", ""), first=first)
        nodes = result.body["data"]["leases"]["nodes"]
        assert len(nodes) == first
        assert all(len(one["operators"]["nodes"]) == 1 for one in nodes)
        assert all(len(one["wells"]["nodes"][0]["permits"]["nodes"]) == 1 for one in nodes)
        assert Counter(result.statements.names) == {"list_vertices": 1, "related_vertices": 3}


async def test_total_counts_add_one_statement_per_level(holdings: Holdings) -> None:
    for first in (1, 10, 500):
        result = await holdings.run(THREE_LEVELS.replace("COUNT", "totalCount"), first=first)
        assert result.body["data"]["leases"]["totalCount"] == LEASES
        assert Counter(result.statements.names) == {
            "list_vertices": 1,
            "count_vertices": 1,
            "related_vertices": 3,
            "count_related_vertices": 3,
        }


async def test_count_alone_reads_no_page(holdings: Holdings) -> None:
    result = await holdings.run("{ leases { totalCount } }")
    assert result.statements.names == ["count_vertices"]
    result = await holdings.run("{ leases(first: 500) { nodes { wells { totalCount } } } }")
    assert Counter(result.statements.names) == {"list_vertices": 1, "count_related_vertices": 1}


async def test_to_one_references_are_read_once_for_all(holdings: Holdings) -> None:
    query = "query ($first: Int!) { leases(first: $first) { nodes { operator { name } } } }"
    for first in (1, 10, 500):
        result = await holdings.run(query, first=first)
        assert all(one["operator"] for one in result.body["data"]["leases"]["nodes"])
        assert result.statements.names == ["list_vertices", "vertices_by_field"]
    up_and_down = """query ($first: Int!) { wells(first: $first) { nodes {
      lease { operator { name } operators { nodes { name } } } } } }"""
    for first in (1, 10, 500):
        result = await holdings.run(up_and_down, first=first)
        assert Counter(result.statements.names) == {
            "list_vertices": 1,
            "vertices_by_field": 2,
            "related_vertices": 1,
        }


async def test_the_same_relationship_twice_is_read_once_per_shape(holdings: Holdings) -> None:
    result = await holdings.run(
        """{ leases(first: 10) { nodes {
          a: wells { nodes { apiNumber } } b: wells { edges { cursor } pageInfo { hasNextPage } }
          c: wells(first: 1) { nodes { apiNumber } } } } }"""
    )
    assert Counter(result.statements.names) == {"list_vertices": 1, "related_vertices": 2}


async def test_volumes_of_many_leases_are_one_statement(holdings: Holdings) -> None:
    result = await holdings.run("{ leases(first: 500) { nodes { volumes { month } } } }")
    assert Counter(result.statements.names) == {"list_vertices": 1, "volumes_of_leases": 1}


async def test_node_and_nodes_are_one_statement_per_kind(holdings: Holdings) -> None:
    ids = [global_id(one.label(), one.id) for one in (*holdings.leases[:50], *holdings.wells[:50])]
    result = await holdings.run("query ($id: ID!) { node(id: $id) { id } }", id=ids[0])
    assert result.statements.names == ["vertices_by_field"]
    result = await holdings.run("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [one["id"] for one in result.body["data"]["nodes"]] == ids
    assert result.statements.names == ["vertices_by_field"] * 2


async def test_lookups_of_one_kind_are_one_statement(holdings: Holdings) -> None:
    fields = " ".join(
        f'w{place}: well(apiNumber: "42-003-{place + 1:05}") {{ id }}' for place in range(50)
    )
    result = await holdings.run(f"{{ {fields} }}")
    assert all(result.body["data"].values())
    assert result.statements.names == ["vertices_by_field"]


async def test_search_is_one_statement_and_one_per_kind_of_node(holdings: Holdings) -> None:
    result = await holdings.run('{ search(text: "LEASE", first: 100) { nodes { title } } }')
    assert len(result.body["data"]["search"]["nodes"]) == 100
    assert result.statements.names == ["search_entities"]
    query = """{ search(text: "0000", first: 100) { nodes { node { id } } }
                 again: search(text: "OPERATOR 1") { nodes { node { id } } } }"""
    names = Counter((await holdings.run(query)).statements.names)
    assert names["search_entities"] == 2
    assert names["vertices_by_field"] <= 4
    assert set(names) == {"search_entities", "vertices_by_field"}


async def test_traversals_cost_one_statement_per_hop(holdings: Holdings) -> None:
    query = """query ($id: ID!, $depth: Int!) { neighborhood(id: $id, depth: $depth, limit: 1000) {
      truncated nodes { id } edges { type } } }"""
    start = global_id("Lease", holdings.leases[0].id)
    for depth in (1, 2, 3, 4):
        result = await holdings.run(query, id=start, depth=depth)
        names = Counter(result.statements.names)
        assert len(result.body["data"]["neighborhood"]["nodes"]) > depth
        assert names["edges_at_vertices"] <= depth
        assert result.statements.count <= depth + 3
    path = """query ($a: ID!, $b: ID!) {
      shortestPath(from: $a, to: $b, maxDepth: 6) { length nodes { id } } }"""
    result = await holdings.run(
        path,
        a=global_id("Well", holdings.wells[0].id),
        b=global_id("Well", holdings.wells[3].id),
    )
    assert result.body["data"]["shortestPath"]["length"] == 4
    # both ends, four hops at most, the vertices of the path
    assert result.statements.count <= 2 + 4 + 1
