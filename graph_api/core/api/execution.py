"""Runs one GraphQL operation and says what happened without saying too much."""

import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError
from graphql.execution.executor import Executor
from strawberry.extensions import (
    AddValidationRules,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)
from strawberry.extensions.directives import DirectivesExtension, DirectivesExtensionSync
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from graph_api.core.context import OperationContext
from graph_api.core.database import StatementLog, statement_log
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.observing.operations import (
    new_statement_log,
    note_execution,
    observed,
    observed_stream,
)
from graph_api.settings import Settings

_log = logging.getLogger("graph_api")

_CACHED_DOCUMENTS = 500


class OperationSchema(strawberry.Schema):
    """A Strawberry schema whose errors are reported by `run_operation`, not logged twice."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave errors to `run_operation`."""

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """As ever; the operation's name and type can be told from here on."""
        note_execution(execution_context)
        return super().create_extensions_runner(execution_context, extensions)

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:
        """The schema's own; not Strawberry's for directives on fields, which slows every field."""
        return [
            one
            for one in super().get_extensions(sync)
            if not isinstance(one, DirectivesExtension | DirectivesExtensionSync)
        ]


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with a subscription's events kept apart.

    graphql-core 3.3.2 remembers the fields of every event for as long as the subscription lasts,
    about a kilobyte each.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """An executor for one event, with a memory of its own."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What one operation came to."""

    body: dict[str, Any]
    executed: bool
    """False where the document was refused before anything ran."""
    statements: StatementLog


def operation_extensions(settings: Settings) -> list[Callable[[], SchemaExtension]]:
    """The limits and caches that every operation passes through."""
    # made once: a limiter makes new rules each time, and validations are cached by their rules
    limits = [
        *QueryDepthLimiter(max_depth=settings.document_max_depth).validation_rules,
        *MaxAliasesLimiter(max_alias_count=settings.document_max_aliases).validation_rules,
    ]
    return [
        partial(ParserCache, maxsize=_CACHED_DOCUMENTS),
        partial(ValidationCache, maxsize=_CACHED_DOCUMENTS),
        partial(MaxTokensLimiter, max_token_count=settings.document_max_tokens),
        partial(AddValidationRules, limits),
    ]


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
    try:
        async with context.database.held():
            result = await schema.execute(
                query,
                variable_values=variables,
                operation_name=operation_name,
                context_value=context,
                allowed_operation_types=allowed,
            )
    except InvalidOperationTypeError as error:
        message = error.as_http_error_reason("POST" if allow_mutations else "GET")
        return OperationResult(_refused(message), executed=False, statements=log)
    except CannotGetOperationTypeError:
        message = "the document has several operations, or none of that name; give operationName"
        return OperationResult(_refused(message), executed=False, statements=log)
    finally:
        statement_log.reset(token)
    return _operation_result(result, log)


def _operation_result(result: ExecutionResult, log: StatementLog) -> OperationResult:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error_document(error) for error in result.errors]
    executed = not isinstance(result, PreExecutionError)
    if executed:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return OperationResult(body, executed=executed, statements=log)


@observed_stream
async def stream_operation(
    schema: strawberry.Schema,
    context: OperationContext,
    query: str,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
) -> AsyncGenerator[OperationResult, None]:
    """Execute a document of any type, with one result for each event of a subscription."""
    try:
        results = await schema.stream(
            query,
            variable_values=variables,
            operation_name=operation_name,
            context_value=context,
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, ExecutionResult):
                    yield _operation_result(result, StatementLog())
    except CannotGetOperationTypeError:
        message = "the document has several operations, or none of that name; give operationName"
        yield OperationResult(_refused(message), executed=False, statements=StatementLog())


def _refused(message: str) -> dict[str, Any]:
    code = ErrorCode.BAD_USER_INPUT.value
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def error_document(error: GraphQLError) -> dict[str, Any]:
    """An error as the client sees it: coded, and masked where the cause is ours.

    What is masked is logged in full under the error id that the client is given.
    """
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    document: dict[str, Any] = {"message": error.message}
    if error.locations:
        document["locations"] = [
            {"line": one.line, "column": one.column} for one in error.locations
        ]
    if error.path:
        document["path"] = error.path
    if isinstance(original, ApiError):
        document["message"] = original.message
        document["extensions"] = original.extensions
    elif original is None or isinstance(original, GraphQLError):
        document["extensions"] = {"code": ErrorCode.BAD_USER_INPUT.value}
    else:
        error_id = str(uuid.uuid4())
        _log.error("internal error %s", error_id, exc_info=original)
        document["message"] = "something went wrong on our side; quote the error id to us"
        document["extensions"] = {"code": ErrorCode.INTERNAL.value, "errorId": error_id}
    return document
