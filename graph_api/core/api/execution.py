"""Runs one GraphQL operation and says what happened without saying too much."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from graph_api.core.api.error_documents import error_document
from graph_api.core.api.explaining import (
    Execution,
    Executor,
    explained,
    may_be_explained,
    traced,
)
from graph_api.core.api.operation_schema import PREPARED, OperationSchema
from graph_api.core.api.plan.tracing import Trace
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
    execution: Execution | None = None
    """By what it was carried out; None where it was not, or was cut short."""
    trace: Trace | None = None
    """What ran for each level, where that was asked for by who may know."""


@observed
async def run_operation(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    allow_mutations: bool = True,
    explain: bool = False,
) -> OperationResult:
    """Execute a document for a viewer; never raises for what the caller did wrong.

    With `explain`, who may know is told how it was carried out.
    """
    log = new_statement_log()
    token = statement_log.set(log)
    allowed = {OperationType.QUERY} | ({OperationType.MUTATION} if allow_mutations else set())
    method = "POST" if allow_mutations else "GET"
    try:
        planned = await plan_operation(
            schema, context, query, variables, operation_name, allowed, method
        )
        return await _carried_out(schema, context, planned, query, variables, log, explain=explain)
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
    *,
    explain: bool = False,
) -> AsyncGenerator[OperationResult, None]:
    """Execute a document of any type, with one result for each event of a subscription."""
    log = statement_log.get() or StatementLog()
    try:
        planned = await plan_operation(
            schema, context, query, variables, operation_name, tuple(OperationType)
        )
        if planned.named.operation_type is not OperationType.SUBSCRIPTION:
            yield await _carried_out(
                schema, context, planned, query, variables, log, explain=explain
            )
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
    *,
    explain: bool,
) -> OperationResult:
    """The result of a query or a mutation, told of in full where that was asked for."""
    if not explain or not may_be_explained(context):
        return await _in_time(schema, context, planned, query, variables, log, None)
    started = time.perf_counter()
    with traced(log) as trace:
        made = await _in_time(schema, context, planned, query, variables, log, trace)
    took = time.perf_counter() - started
    cost = planned.charge.requested
    made.body["extensions"]["plan"] = explained(trace, made.execution, cost, took)
    return replace(made, trace=trace)


async def _in_time(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    query: str,
    variables: dict[str, Any] | None,
    log: StatementLog,
    trace: Trace | None,
) -> OperationResult:
    """The result of a query or a mutation, in its turn and in its time."""
    seconds = context.settings.operation_timeout_seconds
    execution = None
    try:
        async with asyncio.timeout(seconds), context.services.admission.turn():
            result, execution = await _executed(schema, context, planned, query, variables, trace)
        executed = not _is_request_error(result)
    except TimeoutError:
        result, executed = _timed_out(context, seconds), True
    return _result(context, planned, result, log, execution, executed=executed)


def _timed_out(context: OperationContext, seconds: float) -> ExecutionResult:
    text = f"the operation took longer than {seconds:g} seconds and was ended"
    error = ApiError(ErrorCode.TIMEOUT, text)
    if context.database.has_written:
        wrote = "what it had written by then stays; read it, or ask again with idempotencyKey"
        error = ApiError(ErrorCode.UNKNOWN_OUTCOME, f"{text}; {wrote}")
    return ExecutionResult(data=None, errors=[_as_graphql(error)])


async def _executed(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    query: str,
    variables: dict[str, Any] | None,
    trace: Trace | None,
) -> tuple[ExecutionResult, Execution]:
    async with context.database.held():
        try:
            answered, execution = await _planned(schema, context, planned, variables, trace)
            if answered is None:
                answered = await schema.execute(
                    query,
                    variable_values=variables,
                    operation_name=planned.named.operation_name,
                    context_value=context,
                    operation_extensions={PREPARED: planned.named.document},
                )
            return answered, execution
        finally:
            # what the loaders still read would go on in Postgres after a timeout
            context.end_loaders()


async def _planned(
    schema: strawberry.Schema,
    context: OperationContext,
    planned: PlannedOperation,
    variables: dict[str, Any] | None,
    trace: Trace | None,
) -> tuple[ExecutionResult | None, Execution]:
    """The answer of a plan; None where the standard executor must give it."""
    planner = schema.planner if isinstance(schema, OperationSchema) else None
    kind = planned.named.operation_type
    if kind is not OperationType.QUERY:
        return None, Execution(Executor.STANDARD, kind.value)
    if planner is None or not context.settings.plans:
        return None, Execution(Executor.STANDARD, "plans are switched off")
    name = planned.named.operation_name
    answered = await planner.answer(context, planned.document, name, variables, trace)
    if answered.not_covered is not None:
        return None, Execution(Executor.STANDARD, answered.not_covered)
    result = ExecutionResult(data=answered.data, errors=None)
    if not answered.left_to_resolvers:
        return result, _BY_PLAN
    left = ", ".join(answered.left_to_resolvers)
    return result, Execution(Executor.MIXED, f"left to resolvers: {left}")


_BY_PLAN = Execution(Executor.PLAN)


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
    execution: Execution | None = None,
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
        execution=execution,
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
