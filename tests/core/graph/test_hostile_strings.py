"""Whatever text, id, cursor or number a caller sends is data or a coded error, never ours."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_client_schema, get_introspection_query

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.viewer import Viewer
from graph_api.models import Formation, Lease
from tests.core.graph.graphs import LINK, Caller, id_of
from tests.core.graph.schema_walk import (
    TextPlace,
    document_of,
    entity_examples,
    in_parts,
    text_places,
    tried_at,
)
from tests.core.graph.worlds import write_entities
from tests.entities.models.samples import MINIMAL

HOSTILE = (
    "'; drop table x; --",
    "$$",
    "$cypher$",
    "$1",
    '"',
    "\\",
    '\\"',
    "{label}",
    "{0.__class__}",
    "%s",
    "%(name)s",
    "nul\x00nul",
    "half \ud800",
    "\u202eRTL \u05e9\u05dc\u05d5\u05dd",
    "a::vertex",
    "}) RETURN n //",
    "' OR 1=1 --",
    "\U0001f6e2\u0301",
    "x" * 100_000,
    " ",
    "",
)
_LEAKS = ("select ", "oilgas.", "match (", "syntax error", "traceback", "asyncpg", "agtype", "psql")
_PER_DOCUMENT = 20
_FAR_APART = 7


@pytest.fixture
def caller(services: Services, schema: GraphSchema, viewer: Viewer) -> Caller:
    return Caller(services, schema, viewer)


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    """Values for whatever is required, by the name of its type."""
    return entity_examples()


async def _declared(caller: Caller) -> GraphQLSchema:
    """The schema as a client learns it."""
    return build_client_schema(await caller.data(get_introspection_query()))


def assert_harmless(body: dict[str, Any], told: object) -> None:
    """That no error is ours, and none shows how the service works inside."""
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] != "INTERNAL", (told, error)
        shown = error["message"].lower()
        # what a caller wrote may stand in a message; what the service runs may not
        assert not any(leak in shown for leak in _LEAKS), (told, error)


async def _try_all(
    caller: Caller,
    root: GraphQLObjectType,
    tries: Sequence[tuple[TextPlace, str]],
    examples: dict[str, Any],
) -> dict[str, Any]:
    """Runs every try under an alias of its own; the answers by alias."""
    document, variables = document_of(root, tries, examples)
    result = await caller.result(document, variables)
    told = [(str(place), text[:40]) for place, text in tries]
    for error in result.body.get("errors", ()):
        number = tried_at(error)
        assert_harmless({"errors": [error]}, told if number is None else told[number])
    return result.body.get("data") or {}


async def test_every_text_that_a_query_takes(caller: Caller, examples: dict[str, Any]) -> None:
    schema = await _declared(caller)
    assert schema.query_type is not None
    places = list(text_places(schema, schema.query_type, "query"))
    assert len(places) > 1000, "filters, keys, ids and cursors of every kind"

    def tries() -> Iterator[tuple[TextPlace, str]]:
        for number, place in enumerate(places):
            # conditions of filters share their code: each meets some, all together every one
            shared = place.path[0] in ("where", "whereEdge")
            step = _FAR_APART if shared else 1
            for text in HOSTILE[number % step :: step]:
                yield place, text

    for part in in_parts(tries(), _PER_DOCUMENT):
        await _try_all(caller, schema.query_type, part, examples)


async def test_every_text_that_a_mutation_takes(caller: Caller, examples: dict[str, Any]) -> None:
    schema = await _declared(caller)
    assert schema.mutation_type is not None
    places = list(text_places(schema, schema.mutation_type, "mutation"))
    upserts = [one for one in places if one.field.startswith("upsert")]
    assert len(upserts) >= 150

    def tries() -> Iterator[tuple[TextPlace, str]]:
        for number, place in enumerate(places):
            # the bulk takes the same inputs as the upserts
            step = _FAR_APART if place.field == "bulkUpsert" or len(place.path) > 3 else 1
            for text in HOSTILE[number % step :: step]:
                yield place, text

    answers: set[str] = set()
    for part in in_parts(tries(), _PER_DOCUMENT):
        data = await _try_all(caller, schema.mutation_type, part, examples)
        answers |= {one["__typename"] for one in data.values() if one}
    assert "ValidationError" in answers
    assert any(one.startswith("Upsert") and one.endswith("Payload") for one in answers)


@pytest.mark.parametrize("text", [one for one in HOSTILE if 0 < len(one.strip()) < 200])
async def test_what_is_taken_comes_back_as_it_is(caller: Caller, text: str) -> None:
    answer = await caller.upsert(
        "Formation",
        "id name basin attributes displayName naturalKey",
        key=text if text.isprintable() else "",
        name=text,
        basin=text,
        attributes={text: text},
    )
    if "\x00" in text or "\ud800" in text:
        assert answer["__typename"] == "ValidationError"
        return
    kept = text.strip()
    node = answer["node"]
    assert (node["name"], node["basin"], node["displayName"]) == (kept, kept, kept)
    assert node["attributes"] == {text: text}
    found = await caller.data(
        """query ($text: String!) { formation(name: $text) { id }
          eq: formations(where: {name: {eq: $text}}) { nodes { id } }
          contains: formations(where: {basin: {contains: $text}}) { nodes { id } }
          startsWith: formations(where: {basin: {startsWith: $text}}) { nodes { id } } }""",
        text=kept,
    )
    assert found["formation"] == {"id": node["id"]}
    for how in ("eq", "contains", "startsWith"):
        assert found[how]["nodes"] == [{"id": node["id"]}]
    # the same text as a literal of the document
    literal = orjson.dumps(kept).decode()
    assert await caller.one(f"{{ formation(name: {literal}) {{ id }} }}") == {"id": node["id"]}
    end = {"kind": "FORMATION", "naturalKey": node["naturalKey"]}
    linked = await caller.one(LINK, input={"edgeType": "OFFSETS", "from": end, "to": end})
    assert linked["errors"][0]["path"] == "edgeType", "both ends were found by their keys"


MALFORMED_IDS = (
    "",
    "x",
    "====",
    "Well",
    "é",
    base64.urlsafe_b64encode(b"Well:").decode(),
    base64.urlsafe_b64encode(b"Nothing:00000000-0000-4000-8000-000000000000").decode(),
    base64.urlsafe_b64encode(b"Well:00000000-0000-4000-8000-00000000000g").decode(),
    base64.urlsafe_b64encode(b"\xff\xfe:x").decode(),
    base64.urlsafe_b64encode(b"Well\x00:00000000-0000-4000-8000-000000000000").decode(),
)


@pytest.mark.parametrize("text", MALFORMED_IDS)
async def test_malformed_ids(caller: Caller, text: str) -> None:
    for query in (
        "query ($id: ID!) { node(id: $id) { id } }",
        "query ($id: ID!) { nodes(ids: [$id]) { id } }",
        "query ($id: ID!) { well(id: $id) { id } }",
        "query ($id: ID!) { neighborhood(id: $id) { truncated } }",
        "query ($id: ID!) { shortestPath(from: $id, to: $id) { length } }",
    ):
        result = await caller.result(query, {"id": text})
        (error,) = result.body["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", (query, error)
    assert (await caller.delete(text))["__typename"] == "ValidationError"
    assert (await caller.link("HAS_WELL", text, text))["__typename"] == "ValidationError"


def _cursor(*document: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(document))).decode().rstrip("=")


ZERO = "00000000-0000-4000-8000-000000000000"
FORGED_CURSORS = (
    "",
    "x",
    "é",
    "W10",
    base64.urlsafe_b64encode(b"[" * 2000).decode(),
    base64.urlsafe_b64encode(b'["+depth_top_ft",1' + b"0" * 400 + b',"x"]').decode(),
    base64.urlsafe_b64encode(b'["+depth_top_ft",1e999,"x"]').decode(),
    base64.urlsafe_b64encode(b'["+depth_top_ft",NaN,"x"]').decode(),
    _cursor(),
    _cursor("+depth_top_ft"),
    _cursor("+depth_top_ft", "x"),
    _cursor("+depth_top_ft", "text", ZERO),
    _cursor("+depth_top_ft", True, ZERO),
    _cursor("+depth_top_ft", [1], ZERO),
    _cursor("+depth_top_ft", {"a": 1}, ZERO),
    _cursor("+depth_top_ft", 1, 5),
    _cursor("+depth_top_ft", 1, "a\x00b"),
    _cursor("-depth_top_ft", 1, ZERO),
    _cursor("+name", "x", ZERO),
    _cursor("+name; drop table x", "x", ZERO),
    _cursor("+depth_top_ft", 1.5, "'; drop table x --"),
    _cursor("+depth_top_ft", None, ZERO),
    _cursor("+depth_top_ft", 2**63, ZERO),
)


@pytest.mark.parametrize("cursor", FORGED_CURSORS)
async def test_forged_cursors(caller: Caller, cursor: str) -> None:
    for argument in ("after", "before"):
        query = f"""query ($cursor: String) {{ formations(
          orderBy: [{{field: DEPTH_TOP_FT}}], {argument}: $cursor) {{ nodes {{ id }} }} }}"""
        assert_harmless((await caller.result(query, {"cursor": cursor})).body, cursor)


async def test_a_cursor_of_one_list_in_another(caller: Caller) -> None:
    """Cursors of lists and of relationships hold ids of different kinds."""
    tenant = caller.viewer.tenant_id
    (lease,) = await write_entities(
        caller.services,
        caller.viewer,
        [
            Lease.model_validate(
                {
                    "tenant_id": tenant,
                    "oil_gas_code": "O",
                    "district": "08",
                    "rrc_lease_id": "1",
                }
            )
        ],
    )
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    await caller.link("HAS_WELL", id_of(lease), well)
    query = """query ($id: ID!, $list: String, $edges: String) {
      wells(after: $list) { edges { cursor } }
      node(id: $id) { ... on Lease { wells(after: $edges) { edges { cursor } } } } }"""
    found = await caller.data(query, id=id_of(lease))
    of_list = found["wells"]["edges"][0]["cursor"]
    of_edges = found["node"]["wells"]["edges"][0]["cursor"]
    swapped = await caller.result(query, {"id": id_of(lease), "list": of_edges, "edges": of_list})
    assert_harmless(swapped.body, "swapped")
    for row_id in ("x", "", "1.5", "-1", "9" * 40, "99999999999999999999", "1 or 1=1", "\u0661"):
        forged = await caller.result(query, {"id": id_of(lease), "edges": _cursor("", row_id)})
        assert_harmless(forged.body, row_id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: -1", "BAD_USER_INPUT"),
        ("last: -1", "BAD_USER_INPUT"),
        ("first: 501", "LIMIT_EXCEEDED"),
        ("last: 501", "LIMIT_EXCEEDED"),
        ("first: 2147483647", "LIMIT_EXCEEDED"),
        ("first: 2147483648", "BAD_USER_INPUT"),
        (f"first: {10**400}", "BAD_USER_INPUT"),
        ("first: 1.5", "BAD_USER_INPUT"),
        ('first: "1"', "BAD_USER_INPUT"),
        ("first: 1, last: 1", "BAD_USER_INPUT"),
        ("orderBy: [{field: NAME}, {field: NAME, direction: DESC}]", "BAD_USER_INPUT"),
        (f"where: {{depthTopFt: {{eq: {2**31}}}}}", "BAD_USER_INPUT"),
        (f"where: {{depthTopFt: {{gt: {10**400}}}}}", "BAD_USER_INPUT"),
        (f"where: {{depthTopFt: {{in: [{', '.join(['1'] * 1001)}]}}}}", "LIMIT_EXCEEDED"),
        ("where: {and: [" + '{name: {eq: "x"}} ' * 201 + "]}", "LIMIT_EXCEEDED"),
        ("where: {name: {eq: null}}", "BAD_USER_INPUT"),
        ("where: {name: null}", "BAD_USER_INPUT"),
        ("where: {wells: {}}", "BAD_USER_INPUT"),
        ('where: {createdAt: {gt: "yesterday"}}', "BAD_USER_INPUT"),
        ('where: {createdAt: {gt: "2024-01-01T00:00:00"}}', "BAD_USER_INPUT"),
        ('where: {createdAt: {gt: "0001-01-01T00:00:00+14:00"}}', "BAD_USER_INPUT"),
        ('where: {entityId: {eq: "x"}}', "BAD_USER_INPUT"),
    ],
)
async def test_arguments_that_cannot_be(caller: Caller, arguments: str, code: str) -> None:
    result = await caller.result(f"{{ formations({arguments}) {{ nodes {{ id }} }} }}", {})
    assert result.body["errors"][0]["extensions"]["code"] == code, result.body["errors"]
    assert_harmless(result.body, arguments[:80])


async def test_filters_nested_beyond_reason(caller: Caller) -> None:
    for name in ("not", "and"):
        for depth in (10, 5000):
            where: dict[str, Any] = {"name": {"eq": "x"}}
            for _ in range(depth):
                where = {name: [where] if name == "and" else where}
            result = await caller.result(
                "query ($where: FormationFilter) { formations(where: $where) { totalCount } }",
                {"where": where},
            )
            assert_harmless(result.body, (name, depth))
            assert ("errors" in result.body) == (depth == 5000)


async def test_extreme_floats(caller: Caller) -> None:
    for value in (1e308, -1e308, 5e-324, -0.0):
        found = await caller.one(
            "query ($v: Float) { facilities(where: {capacity: {gte: $v, ne: 1}}) { totalCount } }",
            v=value,
        )
        assert found == {"totalCount": 0}
    for literal in ("1e999", "-1e999"):
        query = f"{{ facilities(where: {{capacity: {{gt: {literal}}}}}) {{ totalCount }} }}"
        assert_harmless((await caller.result(query, {})).body, literal)


async def test_attributes_of_every_shape(caller: Caller) -> None:
    given: dict[str, Any] = {
        "": "",
        "a.b": {"c": [None, True, 1, -1.5, "x::vertex", {"": []}]},
        "huge": 2**63 - 1,
        "tiny": 5e-324,
        'quo"te\\': "\\u0000 is text",
    }
    answer = await caller.upsert("Formation", "attributes", name="DEAN", attributes=given)
    assert answer["node"]["attributes"] == given
    for wrong in ({"n": 2**64}, {"n": "\x00"}, {"\x00": 1}, {"n": ["\ud800"]}, {"\ud800": 1}):
        answer = await caller.upsert("Formation", name="DEAN", attributes=wrong)
        assert answer["__typename"] == "ValidationError", wrong
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    result = await caller.result(
        """mutation ($a: JSON) { upsertFormation(
          input: {formation: {name: "DEAN", attributes: $a}}) { __typename } }""",
        {"a": {"deep": deep}},
    )
    assert_harmless(result.body, "deep attributes")


def test_the_registry_is_the_one_walked(schema: GraphSchema) -> None:
    """Every kind of entity has an example here, so that none is left out of the walk."""
    registry: GraphRegistry = schema.registry
    assert {model.label() for model in MINIMAL} == set(registry.entities)
    assert Formation.label() in registry.entities
