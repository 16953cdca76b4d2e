"""Documents that would take long are refused at once; what clients usually send is not."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_introspection_query, validate

from bench.refusals import Hostile, hostile_requests
from graph_api.core.api.execution import OperationResult, run_operation, stream_operation
from graph_api.core.api.limits import check_text, check_variables
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.errors import ApiError
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod, Viewer
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.conftest import Execute

# of the processor: far above what they take, and far below what would be in anybody's way
_AT_ONCE_SECONDS = 1.0


def refusal_of(result: OperationResult) -> dict[str, Any]:
    """The one error of an operation that was refused."""
    assert not result.executed
    assert "data" not in result.body
    (error,) = result.body["errors"]
    return error


@pytest.mark.parametrize("request_", hostile_requests(), ids=lambda one: one.name)
async def test_what_would_hurt_is_refused_at_once(run: Execute, request_: Hostile) -> None:
    started = time.thread_time()
    error = refusal_of(await run(request_.document, request_.variables))
    taken = time.thread_time() - started
    extensions = error["extensions"]
    assert extensions["code"] == "LIMIT_EXCEEDED"
    assert extensions["limit"] == request_.limit
    assert f"{request_.limit} is limited to {extensions['allowed']}" in error["message"]
    assert extensions.get("actual", extensions["allowed"] + 1) > extensions["allowed"]
    assert taken < _AT_ONCE_SECONDS


@pytest.mark.parametrize(
    ("setting", "allowed", "limit", "at_limit", "above"),
    [
        ("document_max_characters", 1000, "characters", "{a}" + " " * 997, "{a}" + " " * 998),
        ("document_max_tokens", 100, "tokens", "{" + "a " * 98 + "}", "{" + "a " * 99 + "}"),
        ("document_max_nesting", 10, "nesting", "{a" * 10 + "}" * 10, "{a" * 11 + "}" * 11),
        ("document_max_directives", 2, "directives", "{a @b @c}", "{a @b @c @d}"),
    ],
)
def test_texts_at_and_above_a_limit(
    setting: str, allowed: int, limit: str, at_limit: str, above: str
) -> None:
    settings = Settings(**{setting: allowed})  # type: ignore[arg-type]
    check_text(at_limit, settings)
    with pytest.raises(ApiError) as caught:
        check_text(above, settings)
    assert caught.value.extensions == {
        "code": "LIMIT_EXCEEDED",
        "limit": limit,
        "allowed": allowed,
        "actual": allowed + 1,
    }


@pytest.mark.parametrize(
    ("setting", "allowed", "limit", "at_limit", "above"),
    [
        (
            "document_max_depth",
            5,
            "depth",
            "{ wells { nodes { lease { operator { name } } } } }",
            "{ wells { nodes { lease { operator { leases { totalCount } } } } } }",
        ),
        (
            "document_max_depth",
            4,
            "depth",
            "{ wells { nodes { ...f } } } fragment f on Well { lease { name } }",
            "{ wells { nodes { lease { ...f } } } } fragment f on Lease { operator { name } }",
        ),
        (
            "document_max_fields",
            10,
            "fields",
            "{" + "__typename " * 10 + "}",
            "{" + "__typename " * 11 + "}",
        ),
        (
            "document_max_fields",
            10,
            "fields",
            "{ ...f a: __typename } fragment f on Query { x: __typename ...g }"
            " fragment g on Query { y: __typename z: __typename }",
            "{ ...f a: well { ...w } b: well { ...w } } fragment w on Well { id apiNumber }"
            " fragment f on Query { x: well { ...w } }",
        ),
        (
            "document_max_root_fields",
            2,
            "root fields",
            "{ a: __typename ...f } fragment f on Query { a: __typename b: __typename }",
            "{ a: __typename ...f } fragment f on Query { c: __typename b: __typename }",
        ),
        (
            "document_max_overlaps",
            3,
            "overlaps of fields",
            "{ __typename __typename __typename }",
            "{ wells { nodes { id } } wells { nodes { id id } } }",
        ),
        (
            "document_max_overlaps",
            1,
            "overlaps of fields",
            "{ wells { totalCount } ...f } fragment f on Query { wells { pageInfo { endCursor } } }",
            "{ wells { totalCount } ...f } fragment f on Query { wells { totalCount } }",
        ),
        ("document_max_aliases", 1, "aliases", "{ a: __typename }", "{ a: well { b: id } }"),
        (
            "document_max_fragments",
            1,
            "fragments",
            "{ ...f } fragment f on Query { __typename }",
            "{ ...f ...g } fragment f on Query { __typename } fragment g on Query { __typename }",
        ),
        (
            "document_max_spreads",
            1,
            "fragment spreads",
            "{ ...f } fragment f on Query { __typename }",
            "{ ...f ...f } fragment f on Query { __typename }",
        ),
        (
            "document_max_operations",
            1,
            "operations",
            "query a { __typename }",
            "query a { __typename } query b { __typename }",
        ),
        (
            "document_max_variables",
            1,
            "variables",
            "query ($a: ID) { well(id: $a) { id } }",
            "query ($a: ID, $b: ID) { well(id: $a) { id } w: well(id: $b) { id } }",
        ),
        (
            "value_max_depth",
            2,
            "depth of values",
            '{ wells(where: {apiNumber: {eq: "x"}}) { totalCount } }',
            '{ wells(where: {and: [{apiNumber: {eq: "x"}}]}) { totalCount } }',
        ),
    ],
)
def test_documents_at_and_above_a_limit(
    setting: str, allowed: int, limit: str, at_limit: str, above: str, lean: "Lean"
) -> None:
    documents = lean(**{setting: allowed})
    assert documents.prepared(at_limit).errors == ()
    with pytest.raises(ApiError) as caught:
        documents.prepared(above)
    assert caught.value.extensions["limit"] == limit
    assert caught.value.extensions["allowed"] == allowed


Lean = Callable[..., Any]


@pytest.fixture
def lean(schema: GraphSchema) -> Lean:
    """The documents of the service's schema, under other limits."""
    made = schema.schema.documents  # type: ignore[attr-defined]

    def with_limits(**limits: int) -> Any:
        return type(made)(schema.schema._schema, Settings(**limits))  # type: ignore[arg-type]

    return with_limits


@pytest.mark.parametrize(
    "text",
    [
        '{ a(b: "' + "{" * 500 + '") }',
        '{ a(b: """' + "[" * 500 + ' \\""" " "" ' + "{" * 500 + '""") }',
        '{ a(b: "\\"' + "{" * 500 + '") }',
        "# " + "{" * 500 + "\n{ a }",
    ],
)
def test_brackets_in_strings_and_comments_nest_nothing(text: str) -> None:
    check_text(text, Settings())


@pytest.mark.parametrize(
    "text",
    ['{ a(b: """ \\""" c """ ' + "{" * 200, '"' + "\n" + "{" * 200, '""' + "{" * 200],
)
def test_brackets_after_a_string_do(text: str) -> None:
    with pytest.raises(ApiError):
        check_text(text, Settings())


def test_variables_as_deep_as_may_be() -> None:
    settings = Settings(value_max_depth=3)
    check_variables({"a": [{"b": [1]}], "c": 1}, settings)
    check_variables(None, settings)
    with pytest.raises(ApiError) as caught:
        check_variables({"a": [{"b": [[]]}]}, settings)
    assert caught.value.extensions["limit"] == "depth of values"


@pytest.mark.parametrize(
    "document",
    [
        "{ ...f } fragment f on Query { ...f }",
        "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }",
        "{ well { ...f } } fragment f on Well { lease { wells { nodes { ...f } } } }",
    ],
)
async def test_a_fragment_in_itself_is_refused(run: Execute, document: str) -> None:
    error = refusal_of(await run(document))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "spreads itself" in error["message"]


def test_fragments_of_one_name_hide_nothing(lean: Lean) -> None:
    flat = " fragment f on Query { __typename }"
    deep = " fragment f on Query { wells { nodes { lease { name } } } }"
    for fragments in (deep + flat, flat + deep, flat + deep + flat, flat + flat + deep):
        with pytest.raises(ApiError) as caught:
            lean(document_max_depth=3).prepared("{ ...f }" + fragments)
        assert caught.value.extensions["limit"] == "depth"


async def test_the_stack_ends_in_a_coded_error(
    services: Services, viewer: Viewer, schema: GraphSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a limit is set too high, or something else is deep, nothing else is said of it."""

    def overflow(*_: Any, **__: Any) -> Any:
        raise RecursionError

    document = "query Deep { wells { totalCount } }"
    monkeypatch.setattr("graph_api.core.api.documents.validate", overflow)
    result = await run_operation(schema.schema, services.operation(viewer), document)
    assert refusal_of(result)["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_values_deeper_than_graphql_can_coerce(
    services: Services, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: dict[str, Any] = {"apiNumber": {"eq": "x"}}
    for _ in range(300):
        deep = {"not": deep}
    monkeypatch.setattr("graph_api.core.api.planning.check_variables", lambda *_: None)
    schema = graph_schema(services.settings).schema
    result = await run_operation(
        schema,
        services.operation(viewer),
        "query ($where: WellFilter) { wells(where: $where) { totalCount } }",
        {"where": deep},
    )
    assert refusal_of(result)["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_streams_keep_to_the_limits_too(
    services: Services, viewer: Viewer, schema: GraphSchema
) -> None:
    document = "{" + "__typename " * 3000 + "}"
    (result,) = [
        one async for one in stream_operation(schema.schema, services.operation(viewer), document)
    ]
    assert refusal_of(result)["extensions"]["limit"] == "overlaps of fields"


async def test_a_known_document_is_not_validated_again(
    run: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated: list[Any] = []

    def counted(*arguments: Any, **named: Any) -> Any:
        validated.append(arguments)
        return validate(*arguments, **named)

    monkeypatch.setattr("graph_api.core.api.documents.validate", counted)
    document = "query KnownDocument { wells(first: 1) { nodes { apiNumber } } }"
    for _ in range(3):
        assert "errors" not in (await run(document)).body
    assert len(validated) == 1


def test_known_documents_take_a_bounded_room(lean: Lean) -> None:
    documents = lean()
    for number in range(600):
        documents.prepared(f"query Number{number} {{ __typename }}")
    assert len(documents._kept) == 500
    for number in range(20):
        documents.prepared(f"query Long{number} {{ __typename }} #" + "x" * 100_000)
    assert sum(len(text) for text in documents._kept) <= 1_000_000
    assert documents._characters == sum(len(text) for text in documents._kept)


async def test_clients_may_ask_for_the_whole_schema(run: Execute, services: Services) -> None:
    for query in (
        get_introspection_query(),
        get_introspection_query(
            descriptions=True,
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
        ),
    ):
        result = await run(query)
        assert "errors" not in result.body
        assert result.body["data"]["__schema"]["types"]


async def test_they_may_where_other_documents_must_be_flat(
    services: Services, viewer: Viewer
) -> None:
    flat = services.settings.model_copy(update={"document_max_depth": 3})
    schema = graph_schema(flat).schema
    result = await run_operation(schema, services.operation(viewer), get_introspection_query())
    assert "errors" not in result.body
    refused = await run_operation(
        schema, services.operation(viewer), "{ wells { nodes { lease { name } } } }"
    )
    assert refusal_of(refused)["extensions"]["limit"] == "depth"


UNKNOWN = (
    "{ wels { totalCount } }",
    "{ wells { nodes { apiNumbr } } }",
    "{ wells(frst: 1) { totalCount } }",
    '{ wells(where: {apiNumbr: {eq: "x"}}) { totalCount } }',
    "{ wells(orderBy: [{field: API_NUMBR, direction: ASC}]) { totalCount } }",
    "fragment f on Wel { id } { ...f }",
)


@pytest.mark.parametrize("document", UNKNOWN)
async def test_suggestions_are_for_those_who_may_ask(
    run: Execute, tenant: str, document: str
) -> None:
    stranger = Viewer(tenant, "nobody", auth_method=AuthMethod.ANONYMOUS)
    told = (await run(document)).body["errors"][0]["message"]
    untold = (await run(document, as_viewer=stranger)).body["errors"][0]["message"]
    assert "Did you mean" in told
    assert untold == told.partition(" Did you mean")[0]


async def test_suggestions_for_variables_too(run: Execute, tenant: str) -> None:
    stranger = Viewer(tenant, "nobody", auth_method=AuthMethod.ANONYMOUS)
    document = "query ($by: [WellOrder!]) { wells(orderBy: $by) { totalCount } }"
    variables = {"by": [{"field": "API_NUMBR"}]}
    assert "Did you mean" in (await run(document, variables)).body["errors"][0]["message"]
    untold = await run(document, variables, as_viewer=stranger)
    assert "Did you mean" not in untold.body["errors"][0]["message"]


@pytest.mark.parametrize(
    "document", ["{ __schema { queryType { name } } }", '{ __type(name: "Well") { name } }']
)
async def test_introspection_asks_for_its_permission(
    run: Execute, tenant: str, document: str
) -> None:
    allowed = Viewer(tenant, "somebody", roles=frozenset({Role.VIEWER}))
    assert "errors" not in (await run(document, as_viewer=allowed)).body
    stranger = Viewer(tenant, "nobody", auth_method=AuthMethod.ANONYMOUS)
    error = refusal_of(await run(document, as_viewer=stranger))
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    confined = Viewer(
        tenant, "key", roles=frozenset({Role.ADMIN}), scopes=frozenset({Permission.READ_GRAPH})
    )
    error = refusal_of(await run(document, as_viewer=confined))
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "errors" not in (await run("{ __typename }", as_viewer=stranger)).body


async def test_introspection_may_be_switched_off(
    services: Services, viewer: Viewer, schema: GraphSchema
) -> None:
    settings = services.settings.model_copy(update={"introspection": False})
    silent = Services(settings, services.database, services.registry, services.feed)
    for document in ("{ __schema { queryType { name } } }", "{ wels { totalCount } }"):
        result = await run_operation(schema.schema, silent.operation(viewer), document)
        error = refusal_of(result)
        assert "Did you mean" not in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_variables_of_a_wrong_type_are_a_request_error(run: Execute) -> None:
    document = "query ($first: Int) { wells(first: $first) { totalCount } }"
    error = refusal_of(await run(document, {"first": "many"}))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
