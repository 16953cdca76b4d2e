"""The recipe of CONTRIBUTING.md for adding an entity, followed to the end and queried."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from pydantic import Field

from graph_api.core.api.execution import run_operation
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.doctor import Examination, Verdict
from graph_api.core.feed import ChangeFeed
from graph_api.core.graph.registry import Direction, Edge, EdgeType, GraphRegistry, Relationship
from graph_api.core.migrations import Migration, migrate, migrations
from graph_api.core.model import EdgeProperties, GraphEntity, Lookup, References, Sortable
from graph_api.entities.graph import EDGES, REVERSE_REFERENCES
from graph_api.entities.models import ENTITY_MODELS, Facility
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.databases import empty_database
from tests.viewers import member


# 1. The model: its fields, its key, how it is found.
class CavernStatus(StrEnum):
    """What a cavern is doing."""

    LEACHING = "LEACHING"
    IN_SERVICE = "IN_SERVICE"


class SaltCavern(GraphEntity):
    """A cavern leached in a salt dome to store hydrocarbons (16 TAC §3.95 and §3.97)."""

    plural: ClassVar[str] = "salt_caverns"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("cavern_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("cavern_number",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "cavern_number")

    cavern_number: Annotated[str, Sortable()] = Field(
        pattern=r"^SC-\d{3}$", description="Number of the cavern: SC and three digits."
    )
    name: Annotated[str, Sortable()] = Field(description="Name of the cavern.")
    status: CavernStatus | None = Field(default=None, description="What the cavern is doing.")
    capacity_bbl: Annotated[float | None, Sortable()] = Field(
        default=None, gt=0, description="What it holds, in barrels."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="Operator of the cavern."
    )


# 2. Its edges: the data they carry, and their names in both directions.
class ConnectedTo(EdgeProperties):
    """A cavern's connection to a surface facility."""

    diameter_in: float | None = Field(
        default=None, gt=0, description="Inner diameter of the pipe, in inches."
    )


CONNECTED_TO = EdgeType("CONNECTED_TO", ConnectedTo)
CONNECTION = Edge(
    CONNECTED_TO,
    SaltCavern,
    Facility,
    "facilities",
    "Facilities the cavern is connected to.",
    "salt_caverns",
    "Caverns that are connected to the facility.",
)
HELD = Relationship(
    "Operator",
    "salt_caverns",
    "SaltCavern",
    "Caverns the operator runs.",
    None,
    Direction.IN,
    "operator_id",
)
REGISTRY = GraphRegistry(
    [*ENTITY_MODELS, SaltCavern], [*EDGES, CONNECTION], [*REVERSE_REFERENCES, HELD]
)

# 3. The migration: one line for each label.
MIGRATION = """
select graph_admin.ensure_vertex_label(
    'SaltCavern',
    order_texts => array['cavern_number', 'name'],
    order_numbers => array['capacity_bbl'],
    lookups => array['cavern_number'],
    reference_fields => array['operator_id']);
select graph_admin.ensure_edge_label('CONNECTED_TO');
"""


@pytest.fixture(scope="module")
async def extended(database_url: str) -> AsyncIterator[Services]:
    """A service over the extended graph, on a database of its own."""
    async with empty_database(database_url) as url:
        known = migrations()
        await migrate(url, [*known, Migration(len(known) + 1, "salt_caverns", MIGRATION)])
        settings = Settings(database_url=url)
        database = await Database.connect(url, settings)
        try:
            yield Services(
                settings, database, REGISTRY, ChangeFeed(settings.database_url or "", database)
            )
        finally:
            await database.close()


@pytest.fixture(scope="module")
async def caverns(extended: Services) -> Any:
    """Runs documents against the extended graph, with three caverns written through it."""
    graph = graph_schema(extended.settings, REGISTRY)

    async def run(query: str, **variables: Any) -> Any:
        context = extended.operation(member("tenant", "test", administers_shared=True))
        result = await run_operation(graph.schema, context, query, variables)
        assert "errors" not in result.body, result.body["errors"]
        return result.body["data"]

    written = await run(
        """mutation {
          upsertOperator(input: {operator: {name: "GULF STORAGE LLC", p5Number: "337720"}}) {
            ... on UpsertOperatorPayload { operator { id } } }
          upsertFacility(input: {facility: {
            name: "MARKHAM STATION", facilityType: COMPRESSOR_STATION}}) {
            ... on UpsertFacilityPayload { facility { id } }
            ... on ValidationError { message } }
        }"""
    )
    run.operator = written["upsertOperator"]["operator"]["id"]
    run.facility = written["upsertFacility"]["facility"]["id"]
    run.ids = {}
    for number, name, capacity in (
        ("SC-001", "Markham 1", 5_600_000.0),
        ("SC-002", "Markham 2", None),
        ("SC-003", "Boling", 3_100_000.5),
    ):
        answer = await run(
            """mutation ($cavern: SaltCavernInput!) { upsertSaltCavern(input: {saltCavern: $cavern}) {
              ... on UpsertSaltCavernPayload { outcome saltCavern { id } } } }""",
            cavern={
                "cavernNumber": number,
                "name": name,
                "capacityBbl": capacity,
                "status": "IN_SERVICE",
                "operatorId": run.operator if name.startswith("Markham") else None,
            },
        )
        assert answer["upsertSaltCavern"]["outcome"] == "CREATED"
        run.ids[number] = answer["upsertSaltCavern"]["saltCavern"]["id"]
    linked = await run(
        """mutation ($from: ID!, $to: ID!) { link(input: {edgeType: CONNECTED_TO,
          from: {id: $from}, to: {id: $to}, properties: {diameterIn: 16}}) {
            ... on LinkPayload { outcome } ... on ValidationError { message } } }""",
        **{"from": run.ids["SC-001"], "to": run.facility},
    )
    assert linked == {"link": {"outcome": "CREATED"}}
    return run


async def test_it_is_looked_up(caverns: Any) -> None:
    found = await caverns(
        '{ saltCavern(cavernNumber: "SC-003") { name capacityBbl status operator { name } } }'
    )
    assert found["saltCavern"] == {
        "name": "Boling",
        "capacityBbl": 3_100_000.5,
        "status": "IN_SERVICE",
        "operator": None,
    }


async def test_it_is_listed_filtered_and_ordered(caverns: Any) -> None:
    found = await caverns(
        """{
          largest: saltCaverns(orderBy: [{field: CAPACITY_BBL, direction: DESC}]) {
            totalCount nodes { cavernNumber } }
          named: saltCaverns(where: {name: {startsWith: "Markham"}, capacityBbl: {isNull: true}}) {
            nodes { cavernNumber } }
          connected: saltCaverns(where: {facilities: {some: {name: {eq: "MARKHAM STATION"}}}}) {
            nodes { cavernNumber } }
          held: saltCaverns(where: {operator: {p5Number: {eq: "337720"}}}, first: 1) {
            totalCount pageInfo { hasNextPage } }
        }"""
    )
    assert [one["cavernNumber"] for one in found["largest"]["nodes"]] == [
        "SC-001",
        "SC-003",
        "SC-002",
    ]
    assert found["largest"]["totalCount"] == 3
    assert found["named"]["nodes"] == [{"cavernNumber": "SC-002"}]
    assert found["connected"]["nodes"] == [{"cavernNumber": "SC-001"}]
    assert found["held"] == {"totalCount": 2, "pageInfo": {"hasNextPage": True}}


async def test_it_is_reached_from_both_ends_of_its_edge(caverns: Any) -> None:
    found = await caverns(
        """{
          saltCavern(cavernNumber: "SC-001") {
            facilities { edges { diameterIn inferred node { name } } } }
          facilities(where: {name: {eq: "MARKHAM STATION"}}) {
            nodes { saltCaverns { totalCount nodes { cavernNumber } } } }
          operator(p5Number: "337720") {
            saltCaverns(orderBy: [{field: NAME, direction: DESC}]) { nodes { name } } }
        }"""
    )
    assert found["saltCavern"]["facilities"]["edges"] == [
        {"diameterIn": 16, "inferred": False, "node": {"name": "MARKHAM STATION"}}
    ]
    assert found["facilities"]["nodes"] == [
        {"saltCaverns": {"totalCount": 1, "nodes": [{"cavernNumber": "SC-001"}]}}
    ]
    assert [one["name"] for one in found["operator"]["saltCaverns"]["nodes"]] == [
        "Markham 2",
        "Markham 1",
    ]


async def test_it_is_searched_for(caverns: Any) -> None:
    found = await caverns(
        '{ search(text: "markham", kinds: [SALT_CAVERN]) { nodes { kind title node { id } } } }'
    )
    assert {one["title"] for one in found["search"]["nodes"]} == {"Markham 1", "Markham 2"}
    assert {one["kind"] for one in found["search"]["nodes"]} == {"SALT_CAVERN"}


async def test_it_is_traversed(caverns: Any) -> None:
    found = await caverns(
        """query ($from: ID!, $to: ID!) {
          neighborhood(id: $from, depth: 1, edgeTypes: [CONNECTED_TO]) {
            nodes { displayName } edges { type properties } }
          shortestPath(from: $to, to: $from) { length nodes { __typename } }
          node(id: $from) { ... on SaltCavern { cavernNumber } }
        }""",
        **{"from": caverns.ids["SC-001"], "to": caverns.facility},
    )
    assert [one["displayName"] for one in found["neighborhood"]["nodes"]] == [
        "Markham 1",
        "MARKHAM STATION",
    ]
    (edge,) = found["neighborhood"]["edges"]
    assert edge["type"] == "CONNECTED_TO"
    assert edge["properties"]["diameterIn"] == 16
    assert found["shortestPath"] == {
        "length": 1,
        "nodes": [{"__typename": "Facility"}, {"__typename": "SaltCavern"}],
    }
    assert found["node"] == {"cavernNumber": "SC-001"}


async def test_its_rules_are_kept(caverns: Any) -> None:
    answer = await caverns(
        """mutation { upsertSaltCavern(input: {saltCavern: {cavernNumber: "1", name: "x"}}) {
          ... on ValidationError { errors { path } } } }"""
    )
    assert answer["upsertSaltCavern"] == {"errors": [{"path": "saltCavern.cavernNumber"}]}


async def test_writing_it_again_changes_nothing(caverns: Any) -> None:
    answer = await caverns(
        """mutation { upsertSaltCavern(input: {saltCavern: {
          cavernNumber: "SC-003", name: "Boling"}}) {
            ... on UpsertSaltCavernPayload { outcome } } }"""
    )
    assert answer["upsertSaltCavern"] == {"outcome": "UNCHANGED"}


async def test_the_database_is_whole_for_the_extended_graph(extended: Services) -> None:
    examination = Examination("", extended.settings, REGISTRY, extended.database)
    for found in (
        await examination.labels(),
        await examination.unique_keys(),
        await examination.reading_indexes(),
    ):
        assert found.verdict is Verdict.OK, found


async def test_a_forgotten_migration_is_noticed(settings: Settings, database: Database) -> None:
    examination = Examination("", settings, REGISTRY, database)
    found = await examination.labels()
    assert found.found == "missing: SaltCavern, CONNECTED_TO"


async def test_it_can_be_deleted(caverns: Any) -> None:
    answer = await caverns(
        """mutation { upsertSaltCavern(input: {saltCavern: {cavernNumber: "SC-009", name: "y"}}) {
          ... on UpsertSaltCavernPayload { saltCavern { id } } } }"""
    )
    removed = await caverns(
        """mutation ($id: ID!) { deleteEntity(input: {id: $id}) {
          ... on DeleteEntityPayload { deletedId } } }""",
        id=answer["upsertSaltCavern"]["saltCavern"]["id"],
    )
    assert "deletedId" in removed["deleteEntity"]
    left = await caverns('{ saltCavern(cavernNumber: "SC-009") { id } }')
    assert left == {"saltCavern": None}
