"""Runs one GraphQL operation and says what happened without saying too much."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from graph_api.core.api.error_documents import error_document
from graph_api.core.api.operation_schema import PREPARED, OperationSchema
from graph_api.core.api.planning import (
    DocumentRefused,
    PlannedOperation,
    may_introspect,
    plan_operation,
)
from graph_api.core.context import OperationContext
from graph_api.core.database import StatementLog, statement_log
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.observing.operations import new_statement_log, observed, observed_stream


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What one operation came to."""

    body: dict[str, Any]
    executed: bool
    """False where the document was refused before anything ran."""
    statements: StatementLog
    operation_name: str | None = None
    operation_type: OperationType | None = None
    """None where the document does not tell."""
    cost: int | None = None
    """What the viewer was charged."""
    refusal: ErrorCode | None = None
    """Why it was refused, where that is known before the document is looked into, or as a whole."""
    retry_after_seconds: float | None = None
    """When the same operation may be let in; None where waiting does not help."""


@observed
async def run_operation(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    allow_mutations: bool = True,
) -> OperationResult:
    """Execute a document for a viewer; never raises for what the caller did wrong."""
    log = new_statement_log()
    token = statement_log.set(log)
    allowed = {OperationType.QUERY} | ({OperationType.MUTATION} if allow_mutations else set())
    method = "POST" if allow_mutations else "GET"
    try:
        planned = await plan_operation(
            schema, context, query, variables, operation_name, allowed, method
        )
        return await _carried_out(schema, context, planned, query, variables, log)
    except (ApiError, DocumentRefused) as refusal:
        return _refused(context, refusal, log)
    finally:
        statement_log.reset(token)


@observed_stream
async def stream_operation(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
) -> AsyncGenerator[OperationResult, None]:
    """Execute a document of any type, with one result for each event of a subscription."""
    log = statement_log.get() or StatementLog()
    try:
        planned = await plan_operation(
            schema, context, query, variables, operation_name, tuple(OperationType)
        )
        if planned.named.operation_type is not OperationType.SUBSCRIPTION:
            yield await _carried_out(schema, context, planned, query, variables, log)
            return
    except (ApiError, DocumentRefused) as refusal:
        yield _refused(context, refusal, log)
        return
    results = await schema.stream(
        query,
        variable_values=variables,
        operation_name=planned.named.operation_name,
        context_value=context,
        operation_extensions={PREPARED: planned.named.document},
    )
    is_first = True
    async with aclosing(results):
        async for result in results:
            if isinstance(result, ExecutionResult):
                executed = not isinstance(result, PreExecutionError)
                made = _result(context, planned, result, StatementLog(), executed=executed)
                if not is_first:
                    made.body.pop("extensions", None)
                is_first = False
                yield made


async def _carried_out(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    query: str,
    variables: dict[str, Any] | None,
    log: StatementLog,
) -> OperationResult:
    """The result of a query or a mutation, in its turn and in its time."""
    seconds = context.settings.operation_timeout_seconds
    try:
        async with asyncio.timeout(seconds), context.services.admission.turn():
            result = await _executed(schema, context, planned, query, variables)
    except TimeoutError:
        text = f"the operation took longer than {seconds:g} seconds and was ended"
        error = ApiError(ErrorCode.TIMEOUT, text)
        if context.database.has_written:
            wrote = "what it had written by then stays; read it, or ask again with idempotencyKey"
            error = ApiError(ErrorCode.UNKNOWN_OUTCOME, f"{text}; {wrote}")
        result = ExecutionResult(data=None, errors=[_as_graphql(error)])
        return _result(context, planned, result, log, executed=True)
    return _result(context, planned, result, log, executed=not _is_request_error(result))


async def _executed(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    query: str,
    variables: dict[str, Any] | None,
) -> ExecutionResult:
    async with context.database.held():
        try:
            answered = await _planned(schema, context, planned, variables)
            if answered is not None:
                return answered
            return await schema.execute(
                query,
                variable_values=variables,
                operation_name=planned.named.operation_name,
                context_value=context,
                operation_extensions={PREPARED: planned.named.document},
            )
        finally:
            # what the loaders still read would go on in Postgres after a timeout
            context.loaders.cancel()
            context.renew_loaders()


async def _planned(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    variables: dict[str, Any] | None,
) -> ExecutionResult | None:
    """The answer of a plan; None where the standard executor must give it."""
    planner = schema.planner if isinstance(schema, OperationSchema) else None
    is_query = planned.named.operation_type is OperationType.QUERY
    if planner is None or not is_query or not context.settings.plans:
        return None
    name = planned.named.operation_name
    answered = await planner.answer(context, planned.document, name, variables)
    if answered.not_covered is not None:
        return None
    return ExecutionResult(data=answered.data, errors=None)


def _is_request_error(result: ExecutionResult) -> bool:
    """Whether nothing ran, such as for variables of a wrong type."""
    if isinstance(result, PreExecutionError):
        return True
    errors = result.errors or ()
    return result.data is None and bool(errors) and all(one.path is None for one in errors)


def _result(
    context: OperationContext,
    planned: PlannedOperation,
    result: ExecutionResult,
    log: StatementLog,
    *,
    executed: bool,
) -> OperationResult:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = _error_documents(context, result.errors)
    if executed:
        body["data"] = result.data
    body["extensions"] = {**(result.extensions or {}), "cost": planned.charge.shown()}
    return OperationResult(
        body,
        executed=executed,
        statements=log,
        operation_name=planned.named.operation_name,
        operation_type=planned.named.operation_type,
        cost=planned.charge.requested,
    )


def _refused(
    context: OperationContext, refusal: ApiError | DocumentRefused, log: StatementLog
) -> OperationResult:
    if isinstance(refusal, DocumentRefused):
        body = {"errors": _error_documents(context, refusal.errors)}
        return OperationResult(body, executed=False, statements=log)
    return OperationResult(
        {"errors": _error_documents(context, [_as_graphql(refusal)])},
        executed=False,
        statements=log,
        refusal=refusal.code,
        retry_after_seconds=refusal.extensions.get("retryAfterSeconds"),
    )


def _as_graphql(error: ApiError) -> GraphQLError:
    return GraphQLError(error.message, original_error=error)


def _error_documents(
    context: OperationContext, errors: Sequence[GraphQLError]
) -> list[dict[str, Any]]:
    with_suggestions = may_introspect(context)
    return [error_document(one, with_suggestions=with_suggestions) for one in errors]


__all__ = ["OperationResult", "error_document", "run_operation", "stream_operation"]
