"""Kill -9 of the API and of PostgreSQL under load: is every acknowledged write there, once?

    python -m bench.killing --rounds 20
    python -m bench.killing --rounds 20 --synchronous-commit off

Two `graph-api serve` share an embedded PostgreSQL. In each round one of them is killed and, while
writes go on, all processes of PostgreSQL at once, so that nothing of its shared memory survives.
Writers repeat a write under its idempotency key, at either server, until it is acknowledged;
followers of the change feed come back with their last cursor. In the end what was acknowledged is
compared with what is there. The exit status is 1 where anything is wrong.

Without synchronous commits PostgreSQL acknowledges what it may lose: the same program must say so.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import asyncpg

from bench.server import child_environment, free_port, start_service, wait_until_ready
from bench.writers import NO_ANSWER, Load, Records, read_feed, read_names
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.migrations import migrate

_TENANT = "killing"
_SERVERS = 2
_MORE_WRITES = 20
_STEP_SECONDS = 0.02
_RECOVERY_SECONDS = 60.0
_EXPECTED = {NO_ANSWER, "UNAVAILABLE", "TIMEOUT", "UNKNOWN_OUTCOME"}


class Cluster:
    """The servers and their PostgreSQL."""

    def __init__(self, directory: Path, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._data_dir = directory
        self._ports = [free_port() for _ in range(_SERVERS)]
        self._processes = [self._started(port) for port in self._ports]

    @property
    def urls(self) -> list[str]:
        """Where the servers answer."""
        return [f"http://127.0.0.1:{port}/graphql" for port in self._ports]

    def wait(self) -> None:
        """Wait until every server can work."""
        for port, process in zip(self._ports, self._processes, strict=True):
            wait_until_ready(process, f"http://127.0.0.1:{port}/readyz")

    def kill_api(self, number: int) -> None:
        """Kill a server, and start it again."""
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._started(self._ports[number])

    def kill_postgres(self) -> int:
        """Kill all processes of PostgreSQL at one blow; a server starts it again. How many."""
        pid = self._postgres.pid
        if pid is None:
            raise RuntimeError("PostgreSQL does not run, although it has just answered")
        # stopped, it can neither start others nor see that they die
        os.kill(pid, signal.SIGSTOP)
        doomed = [*_children(pid), pid]
        for one in doomed:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        return len(doomed)

    def stop(self) -> None:
        """Kill the servers."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _started(self, port: int) -> "subprocess.Popen[bytes]":
        return start_service(
            data_dir=str(self._data_dir),
            dev_tenant=_TENANT,
            port=str(port),
            log_level="critical",
            cost_budget="1000000000",
        )


def _children(pid: int) -> list[int]:
    named = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [int(one) for one in named]


def wrong(
    records: Records, feed: Sequence[tuple[int, str]], wells: dict[str, str | None]
) -> list[tuple[str, int]]:
    """How many of each thing that must not be."""
    times = Counter(name for _, name in feed)
    last: dict[str, str] = {}
    for name, api in records.acknowledged.items():
        last[api] = name
    delivered = records.delivered
    return [
        ("acknowledged writes that are lost", sum(not times[one] for one in records.acknowledged)),
        ("writes made twice under one key", sum(count > 1 for count in times.values())),
        ("writes that nobody was told of", len(times.keys() - records.acknowledged.keys())),
        (
            "wells that are not as last acknowledged",
            sum(wells.get(api) != name for api, name in last.items()),
        ),
        ("changes that a follower missed", sum(len(set(feed) - set(one)) for one in delivered)),
        (
            "changes that a follower was told of and are not there",
            sum(len(set(one) - set(feed)) for one in delivered),
        ),
        (
            "changes delivered twice or out of order",
            sum(len(one) - len(_rising(one)) for one in delivered),
        ),
        (
            "answers that no failure explains",
            sum(count for code, count in records.told.items() if code not in _EXPECTED),
        ),
    ]


def _rising(delivered: Sequence[tuple[int, str]]) -> list[int]:
    rising: list[int] = []
    for cursor, _ in delivered:
        if not rising or cursor > rising[-1]:
            rising.append(cursor)
    return rising


def _audit(data_dir: Path) -> str:
    """What `graph-api audit verify` says of the chain."""
    command = [str(Path(sys.executable).with_name("graph-api"))]
    command += ["audit", "verify", "--tenant", _TENANT]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=child_environment(data_dir=str(data_dir)),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


async def _written(records: Records, seconds: float) -> None:
    """Some time, and as long as it takes until writes are acknowledged again."""
    before = len(records.acknowledged)
    await asyncio.sleep(seconds)
    async with asyncio.timeout(_RECOVERY_SECONDS):
        while len(records.acknowledged) < before + _MORE_WRITES:  # noqa: ASYNC110 - writers do not say
            await asyncio.sleep(_STEP_SECONDS)


async def _rounds(cluster: Cluster, records: Records, options: argparse.Namespace) -> None:
    """Kill, round for round."""
    dice = random.Random(options.seed)
    for turn in range(options.rounds):
        await _written(records, options.seconds * (0.5 + dice.random()))
        await asyncio.to_thread(cluster.kill_api, turn % _SERVERS)
        await _written(records, options.seconds * (0.5 + dice.random()))
        killed = await asyncio.to_thread(cluster.kill_postgres)
        print(
            f"round {turn + 1}: API {turn % _SERVERS}, {killed} processes of PostgreSQL",
            file=sys.stderr,
            flush=True,
        )


async def _tried(data_dir: Path, options: argparse.Namespace) -> bool:
    """Whether nothing is wrong; prints what was found."""
    records = Records()
    with ExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres.start(data_dir))
        await _prepared(postgres.dsn, options.synchronous_commit)
        cluster = Cluster(data_dir, postgres)
        stack.callback(cluster.stop)
        await asyncio.to_thread(cluster.wait)
        load = Load(cluster.urls, records)
        began = time.monotonic()
        load.start(options.writers)
        await _rounds(cluster, records, options)
        await asyncio.sleep(options.seconds)
        await load.finish_writing()
        seconds = time.monotonic() - began
        await asyncio.to_thread(cluster.wait)
        feed = await read_feed(cluster.urls[0])
        await load.finish_following(feed[-1][0])
        wells = await read_names(cluster.urls[1], sorted(set(records.acknowledged.values())))
        audit = await asyncio.to_thread(_audit, data_dir)
    found = wrong(records, feed, wells)
    print(_report(options, records, seconds, found, audit))
    return not any(count for _, count in found) and ": intact," in audit


async def _prepared(dsn: str, synchronous_commit: str) -> None:
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"alter system set synchronous_commit = {synchronous_commit}")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


def _report(
    options: argparse.Namespace,
    records: Records,
    seconds: float,
    found: Sequence[tuple[str, int]],
    audit: str,
) -> str:
    told = ", ".join(f"{count} × {code}" for code, count in sorted(records.told.items()))
    lines = [
        f"| {options.rounds} × kill -9 of each, synchronous_commit {options.synchronous_commit} | |",
        "|---|---:|",
        f"| acknowledged writes of {options.writers} writers in {seconds:.0f} s "
        f"| {len(records.acknowledged):,} |",
        f"| told meanwhile | {told} |",
        *(f"| {what} | {count:,} |" for what, count in found),
        f"| audit verify | {audit} |",
    ]
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    """Kill, compare and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.killing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="kills of each kind")
    parser.add_argument("--writers", type=int, default=10, help="writers at one time")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="average time between one kill and the next"
    )
    parser.add_argument("--seed", type=int, default=20_884, help="decides when is killed")
    parser.add_argument("--synchronous-commit", choices=("on", "off"), default="on")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as directory:
        if not asyncio.run(_tried(Path(directory) / "data", options)):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
