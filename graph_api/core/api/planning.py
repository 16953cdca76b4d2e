"""Decides whether an operation may run, before anything of it does."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.graphql import OperationType

from graph_api.core.api.documents import Documents, NamedOperation, PreparedDocument
from graph_api.core.api.limits import check_variables
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.api.permitting import require
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode, bad_input, limit_exceeded
from graph_api.core.observing.operations import note_execution
from graph_api.core.permissions import Permission

_CALLED = {
    OperationType.QUERY: "queries",
    OperationType.MUTATION: "mutations",
    OperationType.SUBSCRIPTION: "subscriptions",
}


class DocumentRefused(Exception):  # noqa: N818 - it is no fault of ours
    """A document that is no GraphQL, or not GraphQL of this schema."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("the document is not valid")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class OperationCharge:
    """What an operation was charged."""

    requested: int
    """Its cost."""
    limit: int
    """What one operation may cost."""
    remaining: int | None
    """What is left of the viewer's budget; None where there is none."""

    def shown(self) -> dict[str, int | None]:
        """As the client sees it."""
        return {"requested": self.requested, "limit": self.limit, "remaining": self.remaining}


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation that may run, and has been paid for."""

    named: NamedOperation
    charge: OperationCharge
    document: PreparedDocument


async def plan_operation(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    allowed: Collection[OperationType],
    method: str = "POST",
) -> PlannedOperation:
    """Check a document and its operation against every limit, and charge the viewer for it.

    Raises DocumentRefused for an invalid document, ApiError for all else that is against it.
    """
    check_variables(variables, context.settings)
    try:
        prepared = _documents_of(schema).prepared(query)
    except GraphQLError as error:
        raise DocumentRefused([error]) from error
    named = prepared.named_operation(operation_name)
    note_execution(named)
    if named.operation_type not in allowed:
        raise bad_input(f"{_CALLED[named.operation_type]} are not allowed when using {method}")
    if prepared.facts.introspects:
        _check_introspection(context)
    if prepared.errors:
        raise DocumentRefused(prepared.errors)
    cost = prepared.costs[named.operation_name or ""].of(variables)
    limit = context.settings.operation_max_cost
    if cost > limit:
        raise limit_exceeded("cost", limit, cost)
    remaining = await context.services.budget.spend(context.viewer, cost)
    return PlannedOperation(named, OperationCharge(cost, limit, remaining), prepared)


def may_introspect(context: OperationContext) -> bool:
    """Whether the viewer may learn from the API what it offers."""
    return context.settings.introspection and context.viewer.may(Permission.INTROSPECT)


def _check_introspection(context: OperationContext) -> None:
    require(context, Permission.INTROSPECT)
    if not context.settings.introspection:
        raise ApiError(ErrorCode.FORBIDDEN, "this server does not tell what its schema offers")


def type_of_operation(
    schema: strawberry.Schema, query: str, operation_name: str | None
) -> OperationType | None:
    """What kind of operation would run; None where the document is refused or does not tell.

    What was prepared for it is kept for when it runs.
    """
    try:
        prepared = _documents_of(schema).prepared(query)
        return prepared.named_operation(operation_name).operation_type
    except (ApiError, GraphQLError):
        return None


def _documents_of(schema: strawberry.Schema) -> Documents:
    if not isinstance(schema, OperationSchema):
        raise TypeError("the schema prepares no documents")
    return schema.documents
