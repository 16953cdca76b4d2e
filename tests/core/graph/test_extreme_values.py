"""Whatever day, moment or number a caller sends is data or a coded error, never ours."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from tests.core.graph.graphs import Caller
from tests.core.graph.schema_walk import (
    SCALAR_EXAMPLES,
    TextPlace,
    aliased,
    example,
    is_required,
    text_places,
    with_text,
)
from tests.entities.models.samples import MINIMAL

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
    examples = dict(SCALAR_EXAMPLES)
    for model, values in MINIMAL.items():
        examples[f"{model.label()}Input"] = {to_camel_case(k): v for k, v in values.items()}

    def tries() -> Iterator[tuple[TextPlace, Any]]:
        for number, place in enumerate(text_places(declared, root, operation, (scalar,))):
            values = EXTREMES[scalar]
            if place.path[0] in ("where", "whereEdge") or place.field == "bulkUpsert":
                # their code is shared: each place meets one value, all together every one
                values = values[number % len(values) :][:1]
            for value in values:
                yield place, value

    remaining = tries()
    while part := list(islice(remaining, _PER_DOCUMENT)):
        fields, variables, types = [], {}, []
        for number, (place, value) in enumerate(part):
            one = root.fields[place.field]
            first, *rest = place.path
            arguments = {
                name: example(argument.type, examples)
                for name, argument in one.args.items()
                if is_required(argument)
            }
            arguments[first] = with_text(one.args[first].type, tuple(rest), value, examples)
            fields.append(aliased(number, place.field, one, arguments))
            for name, given in arguments.items():
                types.append(f"$v{number}_{name}: {one.args[name].type}")
                variables[f"v{number}_{name}"] = given
        document = f"{operation} ({', '.join(types)}) {{ {' '.join(fields)} }}"
        result = await caller.result(document, variables)
        for error in result.body.get("errors", ()):
            where = error.get("path")
            culprit = str(part[int(where[0][1:])]) if where else document
            assert error["extensions"]["code"] in (
                "BAD_USER_INPUT",
                "LIMIT_EXCEEDED",
                "NOT_FOUND",
                "FORBIDDEN",
            ), (culprit, error)
