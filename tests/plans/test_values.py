"""Every stored value is shown as the model would have it shown, read whole or by its column."""

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from graphql import get_named_type, is_leaf_type
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.global_ids import global_id
from graph_api.core.api.reads import StoredField, reads_of
from graph_api.core.graph.registry import GraphRegistry
from graph_api.entities.graph import graph_registry
from tests.core.graph.plans import connect
from tests.core.graph.worlds import World
from tests.plans.both_ways import BothWays
from tests.plans.documents import Document
from tests.plans.odd_rows import BARE
from tests.plans.vocabulary import Vocabulary
from tests.viewers import member

pytestmark = pytest.mark.asyncio(loop_scope="session")

Worlds = list[tuple[World, Vocabulary]]
REGISTRY: GraphRegistry = graph_registry()
_AT_ONCE = 6
"""So few that a page is read by columns."""


def _leaves(vocabulary: Vocabulary, type_name: str) -> list[str]:
    """What is asked for to have every value of a type, those of the records in it included."""
    fields = vocabulary.schema.type_map[type_name].fields  # type: ignore[attr-defined]
    leaves = [name for name, one in fields.items() if is_leaf_type(get_named_type(one.type))]
    for name, one in fields.items():
        kind = get_named_type(one.type)
        stored = reads_of(one.extensions.get("strawberry-definition"))
        if isinstance(stored, StoredField) and not is_leaf_type(kind):
            leaves.append(f"{name} {{ __typename {' '.join(_leaves(vocabulary, kind.name))} }}")
    return leaves


@pytest.mark.parametrize("label", REGISTRY.entities)
async def test_every_field_of_every_entity(
    label: str, both_ways: BothWays, vocabularies: Worlds
) -> None:
    plural = to_camel_case(REGISTRY.entity(label).plural)
    for world, vocabulary in vocabularies:
        leaves = _leaves(vocabulary, label)
        whole = Document(f"{{ {plural}(first: 500) {{ nodes {{ {' '.join(leaves)} }} }} }}")
        await both_ways.by_plan_alone(world.viewer, whole)
        for start in range(0, len(leaves), _AT_ONCE):
            some = " ".join(leaves[start : start + _AT_ONCE])
            few = Document(f"{{ {plural}(first: 500) {{ edges {{ cursor node {{ {some} }} }} }} }}")
            await both_ways.by_plan_alone(world.viewer, few)


@pytest.mark.parametrize("label", REGISTRY.entities)
async def test_every_field_of_every_edge(
    label: str, both_ways: BothWays, vocabularies: Worlds
) -> None:
    plural = to_camel_case(REGISTRY.entity(label).plural)
    for relationship in REGISTRY.relationships(label).values():
        if relationship.edge is None:
            continue
        name = to_camel_case(relationship.field)
        for world, vocabulary in vocabularies:
            kind: Any = vocabulary.schema.type_map[label]
            connection: Any = get_named_type(kind.fields[name].type)
            edge = get_named_type(connection.fields["edges"].type)
            text = " ".join(_leaves(vocabulary, edge.name))
            asked = (
                f"{plural}(first: 50) {{ nodes {{ {name}(first: 9) {{ edges {{ {text} }} }} }} }}"
            )
            await both_ways.by_plan_alone(world.viewer, Document(f"{{ {asked} }}"))


@pytest.mark.parametrize("field", ["CREATED_AT", "TOTAL_DEPTH_FT", "COUNTY"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_go_on_after_rows_that_say_little(
    field: str, direction: str, both_ways: BothWays, vocabularies: Worlds
) -> None:
    text = f"""query ($after: String) {{
      wells(first: 7, after: $after, orderBy: [{{field: {field}, direction: {direction}}}]) {{
        nodes {{ apiNumber }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    for world, _ in vocabularies[1:]:
        found: list[str] = []
        info: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while info["hasNextPage"]:
            document = Document(text, {"after": info["endCursor"]})
            page = (await both_ways.planned(world.viewer, document)).body["data"]["wells"]
            found += [one["apiNumber"] for one in page["nodes"]]
            info = page["pageInfo"]
            assert len(found) <= len(world.oracle.entities["Well"])
        assert len(set(found)) == len(found) == len(world.oracle.entities["Well"])


@pytest.mark.parametrize(
    ("label", "wrong"),
    [
        ("Well", {"total_depth_ft": 2**31}),
        ("Well", {"total_depth_ft": 2**53 + 1}),
        ("Well", {"status": "NO SUCH STATUS"}),
        ("Well", {"created_at": "no moment"}),
        ("Well", {"api_number": None}),
        ("Permit", {"amendment_sequence": 1.5}),
    ],
)
async def test_what_cannot_be_shown_is_the_executors_error(
    label: str, wrong: dict[str, Any], both_ways: BothWays
) -> None:
    viewer = member(f"wrong-{uuid4().hex[:12]}")
    moment = "2024-01-01T00:00:00.000000Z"
    ids = {"id": str(uuid4()), "tenant_id": viewer.tenant_id, "natural_key": "x"}
    stored = {**ids, "created_at": moment, "updated_at": moment, **BARE[label], **wrong}
    url = both_ways.services.settings.database_url
    assert url is not None
    admin: asyncpg.Connection = await connect(url)
    await admin.execute(
        f'insert into oilgas."{label}" (properties) values ($1::text::ag_catalog.agtype)',  # noqa: S608
        json.dumps({name: value for name, value in stored.items() if value is not None}),
    )
    await admin.close()
    (field,) = wrong
    plural, shown = to_camel_case(REGISTRY.entity(label).plural), to_camel_case(field)
    for text in (
        f"{{ {plural} {{ nodes {{ id {shown} }} totalCount }} }}",
        f"{{ {plural} {{ edges {{ cursor node {{ {shown} }} }} }} }}",
        f'{{ node(id: "{global_id(label, stored["id"])}") {{ ... on {label} {{ {shown} }} }} }}',
    ):
        result = await both_ways.same(viewer, Document(text))
        assert result.body["errors"]


async def test_what_all_share_is_the_same_for_two_tenants(
    both_ways: BothWays, vocabularies: Worlds
) -> None:
    text = "{ regulations(first: 500) { totalCount nodes { id ruleId requirements attributes } } }"
    answers = [
        (await both_ways.planned(world.viewer, Document(text))).body["data"]
        for world, _ in vocabularies
    ]
    assert answers[0]["regulations"]["totalCount"] > 3
    assert answers[0] == answers[1] == answers[2]


async def test_what_others_have_is_nothing(both_ways: BothWays, vocabularies: Worlds) -> None:
    (one, _), (other, _) = vocabularies[1:]
    own, theirs = one.oracle.entities["Well"][0], other.oracle.entities["Well"][0]
    ids = [global_id("Well", entity.id) for entity in (own, theirs, own)]
    text = """query ($ids: [ID!]!, $other: ID!) {
      nodes(ids: $ids) { id } node(id: $other) { id } well(id: $other) { id } }"""
    asked = Document(text, {"ids": ids, "other": ids[1]})
    data = (await both_ways.planned(one.viewer, asked)).body["data"]
    assert data == {"nodes": [{"id": ids[0]}, None, {"id": ids[0]}], "node": None, "well": None}
