"""How long it takes to refuse documents that are made to hurt: `python -m bench.refusals`.

Each is put before a schema in this process as a request would put it; nothing reaches a database.
For comparison, the time that graphql-core by itself takes to parse and validate the same. Times
are of the processor: what else runs on the machine does not count.
"""

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, parse, validate

from graph_api.core.api.limits import check_variables
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.errors import ApiError
from graph_api.schema import graph_schema
from graph_api.settings import Settings

_REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request that is made to hurt, and the limit that refuses it by default."""

    name: str
    document: str
    limit: str
    variables: dict[str, Any] = field(default_factory=dict)


def _nested(levels: int, around: str = "lease { wells { nodes { ", inside: str = "id") -> str:
    steps = around.split("{ ")[:-1]
    opened = "".join(f"{steps[place % len(steps)]}{{ " for place in range(levels))
    return f'{{ well(id: "x") {{ {opened}{inside}{" }" * levels} }} }}'


def _lists(depth: int) -> str:
    return f"{{ wells(where: {'[' * depth}{']' * depth}) {{ totalCount }} }}"


def _bomb() -> str:
    """Ten million fields in a few hundred words."""
    fragments = [
        f"fragment f{step} on Lease {{ "
        + " ".join(
            f"n{one}: wells {{ nodes {{ lease {{ ...f{step + 1} }} }} }}" for one in range(9)
        )
        + " }"
        for step in range(6)
    ]
    return " ".join(
        ['{ lease(id: "x") { ...f0 } }', *fragments, "fragment f6 on Lease { __typename }"]
    )


def _deep_json(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def hostile_requests() -> list[Hostile]:
    """The requests, those of the issue first."""
    chain = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(10_000))
    introspection = "fields { type { " * 5 + "name" + " } }" * 5
    return [
        Hostile("30 nested levels", _nested(30), "depth"),
        Hostile("500 nested levels", _nested(500), "nesting"),
        Hostile("5,000 lists in one another", _lists(5000), "nesting"),
        Hostile(
            "100,000 aliases",
            f"{{ {' '.join(f'a{n}: __typename' for n in range(100_000))} }}",
            "characters",
        ),
        Hostile(
            "2,000 aliases",
            f"{{ {' '.join(f'a{n}: __typename' for n in range(2000))} }}",
            "aliases",
        ),
        Hostile("3,000 overlapping fields", f"{{ {'__typename ' * 3000}}}", "overlaps of fields"),
        Hostile(
            "2,000 overlapping lists",
            f"{{ {'wells { nodes { id } } ' * 2000}}}",
            "overlaps of fields",
        ),
        Hostile("10,000 directives", f"{{ __typename {'@skip(if: false) ' * 10_000}}}", "tokens"),
        Hostile("2,500 directives", f"{{ __typename {'@skip(if: false) ' * 2500}}}", "directives"),
        Hostile("10,000 fragments", f"{{ ...f0 }} {chain}", "characters"),
        Hostile(
            "2,000 fragments", f"{{ ...f0 }} {chain[: chain.index('fragment f2000 ')]}", "fragments"
        ),
        Hostile("a fragment bomb", _bomb(), "fields"),
        Hostile(
            "introspection in circles",
            f"{{ __schema {{ types {{ {introspection} }} }} }}",
            "lists in lists of introspection",
        ),
        Hostile("40 lists in a value", _lists(40), "depth of values"),
        Hostile(
            "a type of 5,000 lists",
            f"query ($a: {'[' * 5000}Int{']' * 5000}) {{ __typename }}",
            "nesting",
        ),
        Hostile(
            "variables 1,000 deep", "{ __typename }", "depth of values", {"deep": _deep_json(1000)}
        ),
        Hostile(
            "a string of 1,000,000 characters",
            f'{{ well(apiNumber: "{"x" * 1_000_000}") {{ id }} }}',
            "characters",
        ),
        Hostile("100,000 comments", "#\n" * 99_000 + "{ __typename }", "tokens"),
    ]


def refuse(schema: OperationSchema, settings: Settings, request: Hostile) -> ApiError:
    """The refusal of a request; raises AssertionError where it is let through."""
    try:
        check_variables(request.variables, settings)
        schema.documents.prepared(request.document)
    except ApiError as error:
        return error
    raise AssertionError(f"{request.name} was let through")


def _milliseconds(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(_REPETITIONS):
        started = time.process_time()
        run()
        taken.append((time.process_time() - started) * 1000)
        if taken[0] > 1000:
            break
    return sorted(taken)[len(taken) // 2]


def _unprotected(schema: OperationSchema, document: str) -> None:
    with suppress(GraphQLError):
        validate(schema._schema, parse(document))


def main() -> None:
    """Print a table in Markdown."""
    settings = Settings()
    schema = graph_schema(settings).schema
    if not isinstance(schema, OperationSchema):
        raise TypeError("the schema prepares no documents")
    # as the application does: a collection that walks the schema takes longer than any refusal
    gc.collect()
    gc.freeze()
    print("| request | characters | refused for | ms | parsed and validated all the same, ms |")
    print("|---|---:|---|---:|---:|")
    for request in hostile_requests():
        refusal = refuse(schema, settings, request)
        ours = _milliseconds(lambda: refuse(schema, settings, request))  # noqa: B023
        theirs = _milliseconds(lambda: _unprotected(schema, request.document))  # noqa: B023
        limit = refusal.extensions["limit"]
        print(
            f"| {request.name} | {len(request.document):,} | {limit} | {ours:.2f} | {theirs:,.1f} |"
        )


if __name__ == "__main__":
    main()
