"""The server that is measured: `graph-api serve` as a child process, on a port of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from bench.dataset import TENANT

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_LAST_WORDS_SECONDS = 2.0
_PORTS = range(10_000, 32_000)

SERVE = (str(Path(sys.executable).with_name("graph-api")), "serve")

UNLIMITED = {"cost_budget": "1000000000"}
"""One viewer asks for more than any person could: it is charged, and never refused."""


class ServerFailedError(Exception):
    """The server did not start, or ended before its time; the message is what it said."""


def child_environment(**settings: str) -> dict[str, str]:
    """The environment of a child that has these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAPH_API_")}
    return kept | {f"GRAPH_API_{name.upper()}": value for name, value in settings.items()}


@contextmanager
def running_server(data_dir: Path) -> Iterator[str]:
    """The URL of a server on the embedded database of a directory; stopped at the end."""
    with server_process(data_dir) as (url, _):
        yield url


@contextmanager
def server_process(data_dir: Path) -> Iterator[tuple[str, int]]:
    """The same, with the id of the server's process."""
    port = free_port()
    # at this level it logs no requests
    environment = child_environment(
        data_dir=str(data_dir),
        dev_tenant=TENANT,
        port=str(port),
        log_level="warning",
        **UNLIMITED,
    )
    url = f"http://127.0.0.1:{port}"
    with running_process(SERVE, environment, f"{url}/readyz") as server:
        yield url, server.pid


@contextmanager
def keyed_server(data_dir: Path, command: Sequence[str] = SERVE) -> Iterator[tuple[str, int]]:
    """The same as in production: who asks shows a key, and every request is logged."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = child_environment(data_dir=str(data_dir), port=str(port), **UNLIMITED)
    with running_process(command, environment, f"{url}/readyz", says=subprocess.DEVNULL) as server:
        yield url, server.pid


@contextmanager
def running_process(
    command: Sequence[str], environment: Mapping[str, str], ready: str, *, says: int | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A server that answers 200 at a URL when it is ready; stopped at the end.

    Where `says` is a descriptor, what it says goes there. Raises ServerFailedError, with its last
    words, where it does not start, or where it is gone when anything else fails.
    """
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if says is None else says,
        text=True,
    ) as server:
        try:
            wait_until_ready(server, ready)
            yield server
        except Exception as error:
            try:
                server.wait(_LAST_WORDS_SECONDS)  # one that was told to stop answers a while longer
            except subprocess.TimeoutExpired:
                raise error from None
            said = (server.communicate()[1] or "").strip()[-2000:]
            raise ServerFailedError(
                f"the server ended with status {server.returncode}: {said or 'it said nothing'}"
            ) from error
        finally:
            server.terminate()
            try:
                server.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


@contextmanager
def service(**settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A server with these settings and no others, killed at the end; it may not be ready yet."""
    with start_service(**settings) as process:
        try:
            yield process
        finally:
            process.kill()


def start_service(**settings: str) -> "subprocess.Popen[bytes]":
    """Start a server with these settings and no others; it says nothing."""
    return subprocess.Popen(  # noqa: S603 - our own command
        SERVE,
        env=child_environment(**settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until_ready(server: "subprocess.Popen[Any]", url: str) -> None:
    """Wait for 200 from a URL; raises ServerFailedError where it does not come."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        if server.poll() is not None:
            raise ServerFailedError("the server did not start")
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise ServerFailedError(f"it was not ready within {START_SECONDS:.0f} seconds")
        time.sleep(0.05)


def free_port() -> int:
    """A port of the loopback address that nobody listens on at the moment.

    It is none of those that the system itself gives out, to a client or to who asks for any, so
    that nobody gets it before the server that it is for.
    """
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
