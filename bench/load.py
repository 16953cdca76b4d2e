"""Load over HTTP: the same requests in turn over some connections, by the leanest client there is.

The client shares the cores with what it measures, so `wrk` is taken where it is installed, then
autocannon, then asyncio.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from bench.percentiles import percentile

_HERE = Path(__file__).parent
AUTOCANNON = Path.home() / ".cache" / "audits" / "node_modules" / "autocannon"
_GRACE_SECONDS = 30.0


class WrongLoadError(Exception):
    """Requests under load were not answered as they should be; nothing was measured."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def text(self, host: str) -> str:
        """The request as it goes over the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return "\r\n".join([*lines, "", self.body])


def graphql(
    document: str, variables: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    """A GraphQL operation as a request."""
    body = json.dumps({"query": document, "variables": variables})
    given = (("Content-Type", "application/json"), *headers)
    return Exchange("POST", "/graphql", given, body)


class Load(BaseModel):
    """What a client saw."""

    requests: int
    seconds: float
    median_ms: float
    p99_ms: float
    bytes: int
    failed: int
    """Requests that were not answered with 200."""

    @property
    def per_second(self) -> float:
        """Requests in a second."""
        return self.requests / self.seconds


def clients() -> list[str]:
    """The clients that are installed, the leanest first."""
    found = []
    if shutil.which("wrk"):
        found.append("wrk")
    if AUTOCANNON.is_dir() and shutil.which("node"):
        found.append("autocannon")
    return [*found, "asyncio"]


def load(
    client: str, url: str, exchanges: Sequence[Exchange], connections: int, seconds: float
) -> Load:
    """Put a load on a server; raises WrongLoadError where a request fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        task = {
            "url": url,
            "connections": connections,
            "seconds": seconds,
            "texts": [one.text(urlsplit(url).netloc) for one in exchanges],
            "requests": [
                {
                    "method": one.method,
                    "path": one.path,
                    "headers": dict(one.headers),
                    "body": one.body or None,
                }
                for one in exchanges
            ],
        }
        json.dump(task, file)
        file.flush()
        done = _CLIENTS[client](file.name, task)
    if done.failed or not done.requests:
        raise WrongLoadError(f"{done.failed} of {done.requests} requests to {url} failed")
    return done


def _by_wrk(_: str, task: dict[str, Any]) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", newline="") as file:
        for text in task["texts"]:
            file.write(f"{len(text.encode())}\n{text}")
        file.flush()
        # wrk takes whole seconds
        command = ["wrk", "-t1", f"-c{task['connections']}", f"-d{max(1, round(task['seconds']))}s"]
        command += ["--timeout", "20s", "-s", str(_HERE / "wrk.lua"), task["url"], "--", file.name]
        return _told(command, task["seconds"])


def _by_autocannon(file: str, task: dict[str, Any]) -> Load:
    script = str(_HERE / "autocannon.mjs")
    return _told(["node", script, str(AUTOCANNON), file], task["seconds"])


def _by_asyncio(file: str, task: dict[str, Any]) -> Load:
    return _told([sys.executable, "-m", "bench.load", file], task["seconds"])


_CLIENTS = {"wrk": _by_wrk, "autocannon": _by_autocannon, "asyncio": _by_asyncio}


def _told(command: list[str], seconds: float) -> Load:
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        capture_output=True,
        text=True,
        timeout=seconds + _GRACE_SECONDS,
        check=False,
        cwd=_HERE.parent,
    )
    lines = [one for one in done.stdout.splitlines() if one.startswith("{")]
    if done.returncode != 0 or not lines:
        raise WrongLoadError(f"{command[0]} failed: {(done.stderr or done.stdout)[-1000:]}")
    return Load.model_validate_json(lines[-1])


async def _put(task: dict[str, Any]) -> Load:
    """The load by asyncio streams, which is the least that Python does for a request."""
    parts = urlsplit(task["url"])
    turn = cycle([text.encode() for text in task["texts"]])
    milliseconds: list[float] = []
    answered = failed = 0
    started = time.perf_counter()

    async def connection() -> None:
        nonlocal answered, failed
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() - started < task["seconds"]:
            sent = time.perf_counter()
            writer.write(next(turn))
            size, is_good = await _answer(reader)
            milliseconds.append((time.perf_counter() - sent) * 1000)
            answered += size
            failed += not is_good
        writer.close()

    await asyncio.gather(*(connection() for _ in range(task["connections"])))
    return Load(
        requests=len(milliseconds),
        seconds=time.perf_counter() - started,
        median_ms=statistics.median(milliseconds),
        p99_ms=percentile(milliseconds, 99),
        bytes=answered,
        failed=failed,
    )


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The size of an answer that says how long it is, and whether its status is 200."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"content-length:")
    length = int(rest.split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return len(head) + length, head.split(b" ", 2)[1] == b"200"


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout.write(asyncio.run(_put(given)).model_dump_json() + "\n")
