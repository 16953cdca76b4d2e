"""Neighbourhoods, shortest paths and search, against breadth-first search in plain Python."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import Viewer
from graph_api.models import (
    GatheredBy,
    GatheringRole,
    HasWell,
    Lease,
    Offsets,
    Operates,
    Operator,
    Well,
)
from tests.core.graph.graphs import Caller, id_of
from tests.core.graph.worlds import Link, write_entities, write_links
from tests.viewers import member

Edge = tuple[str, str, str]
EDGE_TYPES = ("OPERATES", "HAS_WELL", "OFFSETS", "GATHERED_BY")


@dataclass(repr=False)
class Net:
    """A random graph in a tenant of its own: edges as (type, start, end) of global ids."""

    caller: Caller
    nodes: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def steps(self, edge_types: Iterable[str]) -> dict[str, set[str]]:
        """Which nodes are one relationship away, followed either way."""
        steps: dict[str, set[str]] = {one: set() for one in self.nodes}
        for edge_type, start, end in self.edges:
            if edge_type in edge_types:
                steps[start].add(end)
                steps[end].add(start)
        return steps

    def distances(self, origin: str, edge_types: Iterable[str]) -> dict[str, int]:
        """How many relationships away every node that can be reached is."""
        steps, found = self.steps(edge_types), {origin: 0}
        queue = [origin]
        for here in queue:
            for there in sorted(steps[here]):
                if there not in found:
                    found[there] = found[here] + 1
                    queue.append(there)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nets(services: Services, schema: GraphSchema) -> AsyncIterator[list[Net]]:
    yield [await _net(services, schema, seed) for seed in range(4)]


async def _net(services: Services, schema: GraphSchema, seed: int) -> Net:
    random = Random(seed)
    viewer = member(f"net-{uuid4().hex[:12]}", subject="test")
    tenant = viewer.tenant_id
    operators = await write_entities(
        services, viewer, [Operator(tenant_id=tenant, name=f"O {n}") for n in range(4)]
    )
    leases = await write_entities(
        services,
        viewer,
        [
            Lease.model_validate(
                {
                    "tenant_id": tenant,
                    "oil_gas_code": "O",
                    "district": "08",
                    "rrc_lease_id": str(n + 1),
                }
            )
            for n in range(10)
        ],
    )
    wells = await write_entities(
        services,
        viewer,
        [Well(tenant_id=tenant, api_number=f"42-003-{n + 1:05}") for n in range(16)],
    )
    links: dict[Edge, Link] = {}

    def add(edge_type: str, start: GraphEntity, end: GraphEntity, properties: Any) -> None:
        links[edge_type, id_of(start), id_of(end)] = (edge_type, start, end, properties)

    # sparser nets fall into parts that no path joins
    for _ in range(4 + 5 * seed):
        add("OPERATES", random.choice(operators), random.choice(leases), Operates())
        add("HAS_WELL", random.choice(leases), random.choice(wells), HasWell())
        one, other = random.sample(wells, 2)
        add("OFFSETS", one, other, Offsets(distance_ft=1))
        role = GatheredBy(role=GatheringRole.GATHERER)
        add("GATHERED_BY", random.choice(leases), random.choice(operators), role)
    await write_links(services, viewer, links.values())
    caller = Caller(services, schema, viewer)
    return Net(caller, [id_of(one) for one in (*operators, *leases, *wells)], list(links))


def _cases(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


_TYPES = st.lists(st.sampled_from(EDGE_TYPES), max_size=3, unique=True)


@_cases(80)
@given(data=st.data())
async def test_neighborhoods(nets: list[Net], data: st.DataObject) -> None:
    net = data.draw(st.sampled_from(nets))
    origin = data.draw(st.sampled_from(net.nodes))
    depth, limit = data.draw(st.integers(1, 4)), data.draw(st.sampled_from([1, 2, 5, 12, 1000]))
    edge_types = data.draw(_TYPES)
    found = await net.caller.one(
        """query ($id: ID!, $depth: Int, $types: [EdgeKind!], $limit: Int) {
          neighborhood(id: $id, depth: $depth, edgeTypes: $types, limit: $limit) {
            truncated nodes { id } edges { type start end properties } } }""",
        id=origin,
        depth=depth,
        types=edge_types or None,
        limit=limit,
    )
    allowed = edge_types or EDGE_TYPES
    distances = net.distances(origin, allowed)
    within = {one for one, distance in distances.items() if distance <= depth}
    nodes = [one["id"] for one in found["nodes"]]
    assert len(nodes) == len(set(nodes))
    assert nodes[0] == origin
    assert found["truncated"] == (len(within) > limit)
    assert len(nodes) == min(limit, len(within))
    shown = [distances[one] for one in nodes]
    assert shown == sorted(shown), "nearest first"
    # the nearest are never left out for ones that lie further away
    assert shown == sorted(distances[one] for one in within)[: len(nodes)]
    edges = [(one["type"], one["start"], one["end"]) for one in found["edges"]]
    assert sorted(edges) == sorted(
        edge for edge in net.edges if edge[0] in allowed and {edge[1], edge[2]} <= set(nodes)
    )
    assert all("tenantId" not in one["properties"] for one in found["edges"])


@_cases(120)
@given(data=st.data())
async def test_shortest_paths(nets: list[Net], data: st.DataObject) -> None:
    net = data.draw(st.sampled_from(nets))
    start, end = data.draw(st.sampled_from(net.nodes)), data.draw(st.sampled_from(net.nodes))
    most = data.draw(st.integers(1, 10))
    edge_types = data.draw(_TYPES)
    found = await net.caller.one(
        """query ($from: ID!, $to: ID!, $most: Int, $types: [EdgeKind!]) {
          shortestPath(from: $from, to: $to, maxDepth: $most, edgeTypes: $types) {
            length nodes { id } edges { type start end } } }""",
        **{"from": start, "to": end, "most": most, "types": edge_types or None},
    )
    allowed = edge_types or EDGE_TYPES
    distance = net.distances(start, allowed).get(end)
    if distance is None or distance > most:
        assert found is None
        return
    assert found["length"] == distance == len(found["edges"])
    nodes = [one["id"] for one in found["nodes"]]
    assert (nodes[0], nodes[-1], len(nodes)) == (start, end, distance + 1)
    for (here, there), edge in zip(pairwise(nodes), found["edges"], strict=True):
        assert {edge["start"], edge["end"]} == {here, there}
        assert (edge["type"], edge["start"], edge["end"]) in net.edges
        assert edge["type"] in allowed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("depth: 0", "BAD_USER_INPUT"),
        ("depth: 5", "LIMIT_EXCEEDED"),
        ("limit: 0", "BAD_USER_INPUT"),
        ("limit: 1001", "LIMIT_EXCEEDED"),
    ],
)
async def test_traversals_are_bounded(nets: list[Net], arguments: str, code: str) -> None:
    query = f"query ($id: ID!) {{ neighborhood(id: $id, {arguments}) {{ truncated }} }}"
    result = await nets[0].caller.result(query, {"id": nets[0].nodes[0]})
    assert result.body["errors"][0]["extensions"]["code"] == code


async def test_an_empty_list_of_edge_types_means_all(nets: list[Net]) -> None:
    query = """query ($id: ID!, $types: [EdgeKind!]) {
      neighborhood(id: $id, edgeTypes: $types) { nodes { id } } }"""
    net = nets[3]
    every = await net.caller.one(query, id=net.nodes[0])
    none_named = await net.caller.one(query, id=net.nodes[0], types=[])
    assert len(every["nodes"]) > 1
    assert none_named == every


@pytest.fixture
async def library(services: Services, schema: GraphSchema, viewer: Viewer) -> Caller:
    caller = Caller(services, schema, viewer)
    for number, name in enumerate(
        (
            "DIAMONDBACK E&P LLC",
            "DIAMONDBACK ENERGY PARTNERS HOLDINGS, INC.",
            "E & P DIAMONDBACK SERVICES",
            "BACK DIAMOND CO",
            "PETRO-HUNT, L.L.C.",
            "CAÑON OIL & GAS",
            "7 RIVERS",
        )
    ):
        await caller.id_of("Operator", name=name, p5Number=str(217_000 + number))
    lease = {"oilGasCode": "O", "district": "08", "rrcLeaseId": "20882"}
    await caller.id_of("Lease", **lease, name="DIAMONDBACK STATE 10-20")
    await caller.id_of("Well", apiNumber="42-003-00161", wellName="UNIVERSITY 1H")
    await caller.id_of("Well", apiNumber="42-003-00162", wellName="UNIVERSITY 2H")
    return caller


async def test_search_ranks_the_whole_name_before_its_words(library: Caller) -> None:
    found = await library.found("DIAMONDBACK E&P")
    assert found[0] == "DIAMONDBACK E&P LLC"
    assert set(found) >= {"DIAMONDBACK E&P LLC", "E & P DIAMONDBACK SERVICES"}
    assert "BACK DIAMOND CO" not in found
    for text in ("diamondback e&p llc", "Diamondback E & P, LLC", "DIAMONDBACK   EP LLC."):
        assert (await library.found(text))[0] == "DIAMONDBACK E&P LLC"
    assert (await library.found("petrohunt"))[0] == "PETRO-HUNT, L.L.C."
    assert (await library.found("Petro Hunt LLC"))[0] == "PETRO-HUNT, L.L.C."
    assert (await library.found("canon oil"))[0] == "CAÑON OIL & GAS"


async def test_search_finds_words_in_any_order_and_by_their_beginnings(library: Caller) -> None:
    assert await library.found("llc e&p diamondback") == ["DIAMONDBACK E&P LLC"]
    assert await library.found("hold part diam") == ["DIAMONDBACK ENERGY PARTNERS HOLDINGS, INC."]
    assert await library.found("iamondback") == []
    assert await library.found("&") == []
    assert await library.found("") == []


async def test_search_finds_numbers_with_or_without_dashes_and_by_prefix(library: Caller) -> None:
    for text in ("42-003-00161", "4200300161", "42 003 00161", "42-00300161"):
        assert await library.found(text) == ["UNIVERSITY 1H"]
    assert sorted(await library.found("42-003-0016")) == ["UNIVERSITY 1H", "UNIVERSITY 2H"]
    assert await library.found("217004") == ["PETRO-HUNT, L.L.C."]
    assert len(await library.found("2170")) == 7
    assert await library.found("20882") == ["DIAMONDBACK STATE 10-20"]


async def test_search_goes_across_kinds_or_keeps_to_some(library: Caller) -> None:
    found = await library.found("diamondback")
    assert {"DIAMONDBACK STATE 10-20", "DIAMONDBACK E&P LLC"} <= set(found)
    assert await library.found("diamondback", ["LEASE"]) == ["DIAMONDBACK STATE 10-20"]
    assert await library.found("diamondback", ["WELL"]) == []
    query = 'query { search(text: "diamondback", first: 2) { nodes { title score } } }'
    best = (await library.one(query))["nodes"]
    assert [one["title"] for one in best] == found[:2]
    assert best[0]["score"] >= best[1]["score"]


async def test_search_follows_a_change_of_name(library: Caller) -> None:
    await library.id_of("Operator", name="RENAMED OIL", p5Number="217000")
    assert await library.found("renamed oil") == ["RENAMED OIL"]
    assert "DIAMONDBACK E&P LLC" not in await library.found("diamondback")
