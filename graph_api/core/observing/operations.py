"""One line, a few counts and a span for each operation, made around whatever runs it."""

import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from graph_api.core.database import StatementLog, statement_log
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.observing.in_hand import RequestInHand, request_in_hand
from graph_api.core.observing.logs import event_log
from graph_api.core.viewer import Viewer

_log = event_log("graph_api.operations")

_MOST_ERROR_IDS = 20

OK = "ok"
CANCELLED = "CANCELLED"
"""The client went away before there was an answer."""
CLOSED = "CLOSED"
"""A subscription that its client, or the end of its connection, ended."""


class _Execution(Protocol):
    """What the GraphQL library knows of an operation once it has parsed the document."""

    @property
    def operation_name(self) -> str | None: ...

    @property
    def operation_type(self) -> Any: ...


class _Executed(Protocol):
    @property
    def executor(self) -> Any: ...


class _Context(Protocol):
    viewer: Viewer


class _Result(Protocol):
    @property
    def body(self) -> dict[str, Any]: ...

    @property
    def statements(self) -> StatementLog: ...

    @property
    def cost(self) -> int | None: ...

    @property
    def execution(self) -> _Executed | None: ...


_S = TypeVar("_S")
_C = TypeVar("_C", bound=_Context)
_R = TypeVar("_R", bound=_Result)
_P = ParamSpec("_P")


class _Operation:
    """What is known of an operation under way."""

    def __init__(self, request: RequestInHand, viewer: Viewer, document: str) -> None:
        self.request = request
        self.execution: _Execution | None = None
        self.results = 0
        self.statements = 0
        self.database_seconds = 0.0
        self._viewer = viewer
        self._document = document
        self._codes: dict[str, int] = {}
        self._error_ids: list[str] = []
        self._cost: int | None = None
        self._executor: str | None = None
        self._started = time.perf_counter()
        tracing = request.observer.tracing
        self._span = None if tracing is None else tracing.begin(request.trace, "operation")
        request.operations += 1

    def new_log(self) -> StatementLog:
        """A log for its statements, which makes spans of them where they are traced."""
        tracing = self.request.observer.tracing
        if tracing is None or self._span is None:
            return StatementLog()
        return tracing.statements(self._span)

    def note_statements(self, log: StatementLog) -> None:
        """Add up what ran."""
        self.statements += log.count
        self.database_seconds += log.seconds

    def note_result(self, result: _Result) -> None:
        """Add up the errors of an answer, and keep what it cost and by what it was made."""
        self.results += 1
        if result.execution is not None:
            self._executor = result.execution.executor.value
        self._cost = result.cost if result.cost is not None else self._cost
        for error in result.body.get("errors", ()):
            extensions = error.get("extensions") or {}
            self.note_failure(str(extensions.get("code", ErrorCode.INTERNAL)))
            if "errorId" in extensions and len(self._error_ids) < _MOST_ERROR_IDS:
                self._error_ids.append(extensions["errorId"])

    def note_failure(self, code: str) -> None:
        """Count an error."""
        self._codes[code] = self._codes.get(code, 0) + 1

    def end(self, ended: str = OK) -> None:
        """Tell what it came to; `ended` is why, where no error says so."""
        seconds = time.perf_counter() - self._started
        name, kind = self._name_and_kind()
        outcome = next(iter(self._codes), ended)
        metrics = self.request.observer.metrics
        if kind != "subscription":
            outcome = CANCELLED if outcome == CLOSED else outcome
            metrics.executed(kind, seconds, self.statements, self.database_seconds)
            if self._executor is not None:
                metrics.carried_out(self._executor)
        metrics.operation(kind, outcome, self._codes)
        self._end_span(name, kind, outcome)
        if _log.isEnabledFor(logging.INFO):
            _log.info("operation", **self._fields(name, kind, outcome, seconds))

    def _fields(self, name: str | None, kind: str, outcome: str, seconds: float) -> dict[str, Any]:
        viewer = self._viewer
        fields: dict[str, Any] = {
            "operation": name,
            "type": kind,
            "outcome": outcome,
            "tenant": viewer.tenant_id,
            "subject": viewer.subject,
            "method": viewer.auth_method.value,
            "transport": self.request.transport,
            "client": self.request.client,
            "elapsed_ms": round(seconds * 1000, 2),
            "statements": self.statements,
            "database_ms": round(self.database_seconds * 1000, 2),
            "cost": self._cost,
            "executor": self._executor,
            "results": self.results,
            # the document itself may have values in it
            "document": hashlib.sha256(self._document.encode(errors="replace")).hexdigest(),
        }
        if self._codes:
            fields["errors"] = self._codes
        if self._error_ids:
            fields["error_ids"] = self._error_ids
        return fields

    def _end_span(self, name: str | None, kind: str, outcome: str) -> None:
        tracing = self.request.observer.tracing
        if tracing is None or self._span is None:
            return
        tracing.end(
            self._span,
            {
                "graphql.operation.type": kind,
                "graphql.operation.name": name or "",
                "graph_api.tenant": self._viewer.tenant_id,
                "graph_api.outcome": outcome,
                "graph_api.statements": self.statements,
            },
            name=f"{kind} {name}" if name else kind,
            failed="" if outcome in (OK, CLOSED) else outcome,
        )

    def _name_and_kind(self) -> tuple[str | None, str]:
        """As the document has them: a name that it does not have is anybody's text."""
        try:
            if self.execution is not None:
                return self.execution.operation_name, str(self.execution.operation_type.value)
        except RuntimeError:
            # the document could not be parsed, or has no such operation
            pass
        return None, "unknown"


_operation: ContextVar[_Operation | None] = ContextVar("operation", default=None)


def note_execution(execution: _Execution) -> None:
    """Make the operation in hand known as the GraphQL library sees it."""
    operation = _operation.get()
    if operation is not None:
        operation.execution = execution


def new_statement_log() -> StatementLog:
    """A log for the statements of the operation in hand."""
    operation = _operation.get()
    return StatementLog() if operation is None else operation.new_log()


def observed(
    run: Callable[Concatenate[_S, _C, str, _P], Coroutine[Any, Any, _R]],
) -> Callable[Concatenate[_S, _C, str, _P], Coroutine[Any, Any, _R]]:
    """What runs an operation, with a line in the log for each; free outside a request."""

    @wraps(run)
    async def observing(
        schema: _S, context: _C, query: str, /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        request = request_in_hand.get()
        if request is None:
            return await run(schema, context, query, *args, **kwargs)
        operation = _Operation(request, context.viewer, query)
        token = _operation.set(operation)
        ended = CANCELLED
        try:
            result = await run(schema, context, query, *args, **kwargs)
            operation.note_statements(result.statements)
            operation.note_result(result)
            ended = OK
        except Exception as error:
            operation.note_failure(_code_of(error))
            raise
        finally:
            _operation.reset(token)
            operation.end(ended)
        return result

    return observing


def observed_stream(
    run: Callable[Concatenate[_S, _C, str, _P], AsyncGenerator[_R, None]],
) -> Callable[Concatenate[_S, _C, str, _P], AsyncGenerator[_R, None]]:
    """What runs an operation that may have many results, with a line in the log when it ends."""

    @wraps(run)
    async def observing(
        schema: _S, context: _C, query: str, /, *args: _P.args, **kwargs: _P.kwargs
    ) -> AsyncGenerator[_R, None]:
        results = run(schema, context, query, *args, **kwargs)
        request = request_in_hand.get()
        if request is None:
            async with aclosing(results):
                async for result in results:
                    yield result
            return
        operation = _Operation(request, context.viewer, query)
        ended = CLOSED
        try:
            async with aclosing(results):
                while (next_one := await _next(results, operation)) is not None:
                    yield next_one
            ended = OK
        except Exception as error:
            operation.note_failure(_code_of(error))
            raise
        finally:
            operation.end(ended)

    return observing


async def _next(results: AsyncGenerator[_R, None], operation: _Operation) -> _R | None:
    """The next result, its statements and its errors counted; None after the last.

    The variables are set for this one step: the next may run in another task.
    """
    log = operation.new_log()
    tokens = _operation.set(operation), statement_log.set(log)
    try:
        result = await anext(results)
    except StopAsyncIteration:
        return None
    finally:
        statement_log.reset(tokens[1])
        _operation.reset(tokens[0])
        operation.note_statements(log)
    operation.note_result(result)
    operation.request.observer.metrics.streamed()
    return result


def _code_of(error: Exception) -> str:
    return error.code.value if isinstance(error, ApiError) else ErrorCode.INTERNAL.value
