"""How a measurement goes on and ends, as whoever runs it is told on standard error."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.bulk import OtherDatasetError
from bench.load import WrongLoadError
from bench.server import ServerFailedError
from graph_api.core.embedded import EmbeddedPostgresError
from graph_api.core.migrations import MigrationError


@contextmanager
def failures_told() -> Iterator[None]:
    """Tell what we know can go wrong in a sentence, and end with exit status 1."""
    try:
        yield
    except (
        EmbeddedPostgresError,
        MigrationError,
        OtherDatasetError,
        ServerFailedError,
        WrongLoadError,
        ValueError,
        subprocess.SubprocessError,
    ) as error:
        say(str(error))
        raise SystemExit(1) from None


def say(text: str) -> None:
    """Write a line to standard error; what was measured goes to standard output."""
    print(text, file=sys.stderr, flush=True)
