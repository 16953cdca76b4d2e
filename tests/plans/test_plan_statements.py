"""What a plan asks of the database is one statement for each of its levels, whatever there is."""

from collections import Counter
from collections.abc import Iterator

import pytest

from graph_api.core.api.plan.compiling import Compiler
from graph_api.core.api.plan.shapes import OperationPlan
from tests.core.graph.worlds import World
from tests.plans.both_ways import BothWays
from tests.plans.documents import Document
from tests.plans.vocabulary import Vocabulary

pytestmark = pytest.mark.asyncio(loop_scope="session")

Worlds = list[tuple[World, Vocabulary]]

LOOKUP, BY_ID = "entity_by_key", "vertices_by_field"
LIST, COUNT = "list_vertices", "count_vertices"
ALONE = "acting_alone"
"""A list that is all of its operation."""
RELATED, RELATED_COUNT = "related_vertices", "count_related_vertices"
RELATED_AND_TOTAL = "related_vertices_and_total"

EXPECTED: dict[str, tuple[str, list[str]]] = {
    "a list": ("{ leases { nodes { name } } }", [ALONE]),
    "a list of nothing": ("{ leases(first: 0) { nodes { wells { nodes { id } } } } }", [LIST]),
    "a count alone": ("{ leases { totalCount } }", [COUNT]),
    "a list and its count": ("{ leases { nodes { name } totalCount } }", [LIST, COUNT]),
    "edges and nodes of one page": (
        "{ leases { nodes { name } edges { cursor node { district } } pageInfo { endCursor } } }",
        [ALONE],
    ),
    "a node of an edge under two names": (
        "{ leases { edges { a: node { name wells { nodes { id } } }"
        " b: node { district wells { nodes { apiNumber } } } } } }",
        [LIST, RELATED],
    ),
    "nothing but a type": ("{ leases { __typename } }", []),
    "two levels": ("{ leases { nodes { wells { nodes { id } } } } }", [LIST, RELATED]),
    "three levels": (
        "{ leases { nodes { wells { nodes { permits { nodes { id } } } } } } }",
        [LIST, RELATED, RELATED],
    ),
    "three levels with counts": (
        "{ leases { totalCount nodes { wells { totalCount nodes { permits { totalCount } } } } } }",
        [LIST, COUNT, RELATED, RELATED_COUNT, RELATED_COUNT],
    ),
    "an ordered page with its count": (
        "{ leases { nodes { wells(first: 2, orderBy: {field: API_NUMBER}) { totalCount nodes"
        " { apiNumber } } } } }",
        [LIST, RELATED_AND_TOTAL],
    ),
    "an ordered page of references with its count": (
        "{ operators { nodes { permits(orderBy: {field: STATUS, direction: DESC}) { totalCount"
        " edges { cursor node { permitNumber } } } } } }",
        [LIST, RELATED_AND_TOTAL],
    ),
    "two relationships of one level": (
        "{ leases { nodes { wells { nodes { id } } operators { nodes { id } } } } }",
        [LIST, RELATED, RELATED],
    ),
    "a lookup": ('{ well(apiNumber: "42-003-99990") { id } }', [LOOKUP]),
    "a lookup of nothing, and what would hang on it": (
        '{ well(apiNumber: "42-005-00001") { permits { nodes { id } } } }',
        [BY_ID],
    ),
    "a lookup and what it names": (
        '{ permit(permitNumber: "0999999") { operator { name } lease { operator { name } } } }',
        [LOOKUP],
    ),
    "what many of a level name": (
        "{ permits { nodes { operator { name } } } }",
        [LIST, BY_ID],
    ),
    "no variable makes it more": (
        "query ($no: Boolean = false) { leases { nodes { name wells @include(if: $no)"
        " { nodes { permits { nodes { id } } } } } } }",
        [ALONE],
    ),
}


@pytest.mark.parametrize(("text", "expected"), EXPECTED.values(), ids=EXPECTED)
async def test_one_statement_a_level(
    text: str, expected: list[str], both_ways: BothWays, vocabularies: Worlds
) -> None:
    for world, _ in vocabularies[1:]:
        result = await both_ways.planned(world.viewer, Document(text))
        assert Counter(result.statements.names) == Counter(expected)


_ORDERED = [
    "wells(first: {n}, orderBy: {{field: TOTAL_DEPTH_FT, direction: {d}}}) {{ {asked} }}",
    "wells(first: {n}, orderBy: [{{field: COUNTY}}, {{field: API_NUMBER, direction: {d}}}])"
    " {{ {asked} }}",
    "operators(first: {n}, orderBy: {{field: NAME, direction: {d}}}) {{ {asked} }}",
]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("size", [0, 1, 3, 100])
@pytest.mark.parametrize("page", _ORDERED)
@pytest.mark.parametrize(
    "asked",
    [
        "totalCount nodes { id }",
        "totalCount edges { cursor node { id } } pageInfo { hasNextPage endCursor }",
    ],
)
async def test_a_page_with_its_count_is_that_page(
    direction: str, size: int, page: str, asked: str, both_ways: BothWays, vocabularies: Worlds
) -> None:
    """Missing values come last, ties go by the edge, and all are counted."""
    text = page.format(n=size, d=direction, asked=asked)
    document = Document(f"{{ leases {{ nodes {{ {text} }} }} }}")
    for world, _ in vocabularies[1:]:
        result = await both_ways.planned(world.viewer, document)
        assert result.statements.names == [LIST, RELATED_AND_TOTAL]


async def test_no_row_asks_for_more(both_ways: BothWays, vocabularies: Worlds) -> None:
    """The same statements for one lease as for all."""
    text = "query ($n: Int) { leases(first: $n) { nodes { wells { nodes { operators { nodes { id } } } } } } }"
    counts = set()
    for size in (25, 500):
        result = await both_ways.planned(vocabularies[1][0].viewer, Document(text, {"n": size}))
        counts.add(tuple(result.statements.names))
    assert counts == {(LIST, RELATED, RELATED)}


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[OperationPlan]]:
    """The plans that are made in a test."""
    made: list[OperationPlan] = []
    compile_one = Compiler.compile

    def noted(compiler: Compiler) -> OperationPlan:
        made.append(compile_one(compiler))
        return made[-1]

    monkeypatch.setattr(Compiler, "compile", noted)
    yield made


async def test_a_document_is_compiled_once_for_its_conditions(
    both_ways: BothWays, vocabularies: Worlds, compilations: list[OperationPlan]
) -> None:
    text = """query Once($n: Int, $with: Boolean!, $without: Boolean = false) {
      once: leases(first: $n) { nodes { name @include(if: $with) district @skip(if: $without) } } }
    """
    for expected, given in enumerate(({"with": True}, {"with": False}), start=1):
        for size in (1, 2, 3):
            for world, _ in vocabularies:
                asked = Document(text, {**given, "n": size}, "Once")
                await both_ways.planned(world.viewer, asked)
                assert len(compilations) == expected
    asked = Document(text, {"with": True, "without": False, "n": 1}, "Once")
    await both_ways.planned(vocabularies[0][0].viewer, asked)
    assert len(compilations) == 2, "a default is what is given"
