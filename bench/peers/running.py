"""Starts what the service is compared with, each as one process on a port of its own."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from bench.peers.install import HERE, installation, node_22
from bench.peers.questions import POSTGRAPHILE, STRAWBERRY, GraphQLSpeaker, PathSpeaker
from bench.server import free_port, running_process

STRAWBERRY_NAME = "plain Strawberry + DataLoaders"
POSTGRAPHILE_NAME = "PostGraphile 5, tables"
BY_HAND_NAME = "by hand, JSON by orjson"
BY_HAND_SQL_NAME = "by hand, JSON by PostgreSQL"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that answers the questions."""

    name: str
    url: str
    pid: int
    speaker: GraphQLSpeaker | PathSpeaker


@contextmanager
def plain_strawberry(dsn: str) -> Iterator[Target]:
    """The Strawberry application that somebody would write."""
    with _python_peer("bench.peers.strawberry_app", dsn, f"/graphql?query={_ASK}") as (url, pid):
        yield Target(STRAWBERRY_NAME, url, pid, GraphQLSpeaker(STRAWBERRY))


@contextmanager
def by_hand(dsn: str) -> Iterator[list[Target]]:
    """The handler, in both of its ways."""
    with _python_peer("bench.peers.handler", dsn, "/sql/page") as (url, pid):
        yield [
            Target(BY_HAND_NAME, url, pid, PathSpeaker("/python")),
            Target(BY_HAND_SQL_NAME, url, pid, PathSpeaker("/sql")),
        ]


@contextmanager
def postgraphile(dsn: str) -> Iterator[Target]:
    """PostGraphile on the database of tables; it must be installed."""
    directory = installation()
    # modules are found from where the program stands
    program = shutil.copy(HERE / "server.mjs", directory)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    command = [str(node_22(directory)), str(program), dsn, str(port)]
    with running_process(command, environment, f"{url}/graphql?query={_ASK}") as process:
        yield Target(POSTGRAPHILE_NAME, url, process.pid, GraphQLSpeaker(POSTGRAPHILE))


_ASK = quote("{ __typename }")


@contextmanager
def _python_peer(module: str, dsn: str, ready: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", module, dsn, str(port)]
    with running_process(command, os.environ, f"{url}{ready}") as process:
        yield url, process.pid
