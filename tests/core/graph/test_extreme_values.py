"""Whatever day, moment or number a caller sends is data or a coded error, never ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from tests.core.graph.graphs import Caller
from tests.core.graph.schema_walk import (
    TextPlace,
    document_of,
    entity_examples,
    in_parts,
    text_places,
    tried_at,
)

EXTREMES: dict[str, tuple[Any, ...]] = {
    "Date": ("0001-01-01", "9999-12-31", "1900-02-28", "2000-02-29"),
    "DateTime": (
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00",
        "2024-01-01T00:00:00",
    ),
    "Int": (0, -1, 2**31 - 1, -(2**31)),
    "Float": (1.7976931348623157e308, -1.7976931348623157e308, 5e-324, -0.0, 1e15),
}
_PER_DOCUMENT = 10


@pytest.mark.parametrize("scalar", EXTREMES)
@pytest.mark.parametrize("operation", ["query", "mutation"])
async def test_every_place_for_a_scalar(
    services: Services, schema: GraphSchema, viewer: Viewer, operation: str, scalar: str
) -> None:
    caller = Caller(services, schema, viewer)
    declared = build_client_schema(await caller.data(get_introspection_query()))
    root = declared.query_type if operation == "query" else declared.mutation_type
    assert root is not None
    examples = entity_examples()

    def tries() -> Iterator[tuple[TextPlace, Any]]:
        for number, place in enumerate(text_places(declared, root, operation, (scalar,))):
            values = EXTREMES[scalar]
            if place.path[0] in ("where", "whereEdge") or place.field == "bulkUpsert":
                # their code is shared: each place meets one value, all together every one
                values = values[number % len(values) :][:1]
            for value in values:
                yield place, value

    for part in in_parts(tries(), _PER_DOCUMENT):
        document, variables = document_of(root, part, examples)
        result = await caller.result(document, variables)
        for error in result.body.get("errors", ()):
            number = tried_at(error)
            culprit = document if number is None else str(part[number])
            assert error["extensions"]["code"] in (
                "BAD_USER_INPUT",
                "LIMIT_EXCEEDED",
                "NOT_FOUND",
                "FORBIDDEN",
            ), (culprit, error)
