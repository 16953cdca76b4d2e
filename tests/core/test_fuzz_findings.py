"""Defects that fuzzing has found, each with a request that showed it."""

import pytest
from graphql import GraphQLError

from graph_api.core.api.error_documents import error_document
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer
from tests.conftest import Execute

DELETE = 'mutation { deleteEntity(input: {id: "x"}) { __typename } }'


async def test_a_denied_field_is_told_from_one_that_failed(run: Execute, tenant: str) -> None:
    visitor = Viewer(tenant, "visitor", roles=frozenset({Role.VIEWER}))
    (error,) = (await run(DELETE, as_viewer=visitor)).body["errors"]
    assert error["path"] == ["deleteEntity"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["classification"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "document",
    [
        "{ wells(first: 2147483647) { nodes { id } } }",
        "{ wells(last: -1) { nodes { id } } }",
        '{ shortestPath(from: "x", to: "y", maxDepth: 391) { __typename } }',
        '{ wells(after: "x") { nodes { id } } }',
    ],
)
async def test_an_argument_that_cannot_be_served_is_told_from_a_failure(
    run: Execute, document: str
) -> None:
    (error,) = (await run(document)).body["errors"]
    assert error["path"]
    assert error["extensions"]["classification"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "failure",
    [
        KeyError("ours"),
        ApiError(ErrorCode.TIMEOUT, "too long"),
        ApiError(ErrorCode.UNAVAILABLE, "away"),
    ],
)
def test_a_failure_of_ours_is_not_hidden_among_refusals(failure: Exception) -> None:
    error = GraphQLError("", path=["wells"], original_error=failure)
    assert error_document(error)["extensions"]["classification"] == "INTERNAL_SERVER_ERROR"
