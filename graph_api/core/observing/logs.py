"""Structured logs: one line per event, from whatever library it comes, without a secret.

Nothing but names, numbers, codes and ids is ever passed to the log by this service; what libraries
write is cut down to that as well as text can be.
"""

import logging
import re
import sys
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.types import EventDict, Processor

from graph_api.core.observing.failures import described, in_a_word
from graph_api.core.observing.in_hand import request_in_hand
from graph_api.settings import Settings

_SERVERS: Final = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.asgi",
    "hypercorn.error",
    "granian",
    "_granian",
)
_ACCESS_LOGS: Final = ("uvicorn.access", "hypercorn.access", "granian.access")
_OURS: Final = "graph_api"
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_URL_PASSWORD: Final = re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@")
_CREDENTIALS: Final = re.compile(r"(?i)\b(bearer|basic|cookie:|password\s*[=:])\s*\S+")
_POSTGRES_DETAIL: Final = re.compile(r"(?is)\b(detail|context|query|statement):.*")
_IN_CALLBACK: Final = re.compile(r"^(Exception in callback).*")


def event_log(name: str) -> structlog.stdlib.BoundLogger:
    """A log of events with fields; says nothing until `configure_logging` has been called.

    It does without the records of the standard library, which cost a short query a tenth of its
    time; its level is that of the standard library's logger of the same name.
    """
    log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        _Lines(name),
        processors=[
            _if_heard,
            _where_and_when,
            _TIME,
            _with_request,
            _with_failure,
            _rendered,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    return log


class _Output:
    """Where the lines of event logs go: nowhere, until `configure_logging` has said."""

    stream: TextIO | None = None
    render: Processor


class _Lines:
    """What an event log writes to, one line for each event."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.isEnabledFor = logging.getLogger(name).isEnabledFor

    def line(self, text: str) -> None:
        """Write a line."""
        if _Output.stream is not None:
            _Output.stream.write(f"{text}\n")

    debug = info = warning = error = line


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to standard error, in one form.

    Libraries are heard from `warning` on and servers from `info` on, whatever the setting says:
    below that they write headers and messages as they came.
    """
    output = stream or sys.stderr
    handler = _Handler(output)
    handler.setFormatter(_Formatter(_renderer(settings, output)))
    root = logging.getLogger()
    for one in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(one)
    root.addHandler(handler)
    _Output.stream, _Output.render = output, _renderer(settings, output)
    root.setLevel(logging.WARNING)
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    logging.getLogger(_OURS).setLevel(level)
    for name in _SERVERS:
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True
        server.setLevel(max(level, logging.INFO))
    for name in _ACCESS_LOGS:
        # they write the query string; requests have lines of our own
        access = logging.getLogger(name)
        access.handlers.clear()
        access.propagate = False
        access.setLevel(logging.CRITICAL)


class _Handler(logging.StreamHandler[TextIO]):
    """The handler that `configure_logging` has put up, and may replace."""


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, renderer: Processor) -> None:
        super().__init__(
            foreign_pre_chain=[_without_secrets],
            processors=[
                _where_and_when_of_record,
                _TIME,
                _with_request,
                _with_failure,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        arguments = record.args
        if isinstance(arguments, tuple) and any(
            isinstance(one, BaseException) for one in arguments
        ):
            record = logging.makeLogRecord(record.__dict__)
            record.args = tuple(
                in_a_word(one) if isinstance(one, BaseException) else one for one in arguments
            )
        return super().format(record)


def _renderer(settings: Settings, output: TextIO) -> Processor:
    console = settings.log_format == "console"
    if settings.log_format == "auto":
        console = output.isatty()
    if console:
        return structlog.dev.ConsoleRenderer(
            colors=output.isatty(), timestamp_key="time", sort_keys=False
        )
    return _as_json


def _as_json(_logger: object, _method: str, event: EventDict) -> str:
    # what has no JSON is named by its type: its text might hold anything
    return orjson.dumps(event, default=lambda one: type(one).__name__).decode()


_TIME: Final = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")


def _if_heard(logger: Any, method: str, event: EventDict) -> EventDict:
    if not logger.isEnabledFor(_LEVELS[method]):
        raise structlog.DropEvent
    return event


def _rendered(logger: object, method: str, event: EventDict) -> Any:
    return _Output.render(logger, method, event) if _Output.stream is not None else ""


def _where_and_when(logger: Any, method: str, event: EventDict) -> EventDict:
    name = event.pop("event")
    return {"time": None, "level": method, "event": name, "logger": logger.name, **event}


def _where_and_when_of_record(_logger: object, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    first = {"time": None, "level": record.levelname.lower(), "event": event["event"]}
    return {**first, "logger": record.name, **event}


def _with_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    request = request_in_hand.get()
    if request is not None:
        event["request_id"] = request.request_id
    return event


def _with_failure(_logger: object, _method: str, event: EventDict) -> EventDict:
    failure: Any = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(failure, tuple):
        failure = failure[1]
    elif failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, BaseException):
        event["exception"] = described(failure)
    return event


def _without_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    text = str(event["event"])
    record: logging.LogRecord = event["_record"]
    if record.name == "asyncio":
        # what follows the first line is the repr of tasks, callbacks and exceptions
        text = _IN_CALLBACK.sub(r"\1", text.partition("\n")[0])
    text = _URL_PASSWORD.sub(r"\1***@", text)
    text = _CREDENTIALS.sub(r"\1 ***", text)
    event["event"] = _POSTGRES_DETAIL.sub(r"\1: ***", text)
    return event
