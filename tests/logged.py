"""What is logged while a test runs, and nothing of it afterwards."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from graph_api.core.observing import logs
from graph_api.settings import Settings


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Whatever `configure_logging` does within is undone at the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    names = ("graph_api", "uvicorn", "uvicorn.error", "uvicorn.access")
    levels = {name: logging.getLogger(name).level for name in names}
    stream = logs._Output.stream
    try:
        yield
    finally:
        logs._Output.stream = stream
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
            logging.getLogger(name).propagate = True


@contextmanager
def logged(settings: Settings, logger: str) -> Iterator[list[dict[str, Any]]]:
    """The lines of one logger, filled in at the end."""
    stream, lines = io.StringIO(), []
    with logging_as_before():
        logs.configure_logging(settings.model_copy(update={"log_format": "json"}), stream)
        yield lines
    for text in stream.getvalue().splitlines():
        line: dict[str, Any] = orjson.loads(text)
        if line["logger"] == logger:
            lines.append(line)
