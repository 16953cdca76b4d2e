"""Fan-out of the change feed: how soon many followers hear of a change, and what memory does.

Run as `python -m bench.fan_out`. Followers, publisher and server share the machine's cores, so the
latencies are those of a crowded machine; compare them within one run only.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import websockets

from bench.memory import resident_mib
from bench.percentiles import percentile
from bench.server import server_process
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.migrations import migrate

FOLLOW = "subscription { entityChanged { ... on ChangeRecord { cursor after } } }"
UPSERT = """mutation($name: String!) {
  upsertWell(input: {well: {apiNumber: "42-003-00001", wellName: $name}}) { __typename }
}"""
BULK = "mutation($wells: [WellInput!]) { bulkUpsert(input: {wells: $wells}) { __typename } }"
_BULK_SIZE = 1000


async def follow(url: str, wanted: int, ready: asyncio.Semaphore) -> list[float]:
    """The delays, in milliseconds, with which one follower hears of the timed changes."""
    delays: list[float] = []
    address = f"{url.replace('http', 'ws')}/graphql"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")], open_timeout=60
    ) as connection:
        await connection.send('{"type": "connection_init"}')
        await connection.recv()
        message = {"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}
        await connection.send(json.dumps(message))
        ready.release()
        async for text in connection:
            record = json.loads(text)["payload"]["data"]["entityChanged"]
            delays.append((time.time() - float(record["after"]["well_name"])) * 1000)
            if len(delays) == wanted:
                break
    return delays


async def fan_out(url: str, followers: int, events: int) -> list[float]:
    """All delays of all followers over so many changes, one at a time."""
    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(follow(url, events, ready)) for _ in range(followers)]
    for _ in range(followers):
        await ready.acquire()
    await asyncio.sleep(1)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for _ in range(events):
            body = {"query": UPSERT, "variables": {"name": str(time.time())}}
            (await client.post(f"{url}/graphql", json=body)).raise_for_status()
            await asyncio.sleep(0.25)
    return [delay for delays in await asyncio.gather(*tasks) for delay in delays]


async def grow(url: str, events: int) -> None:
    """Write so many changes while the followers' tail is in memory."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for turn in range(events // _BULK_SIZE):
            wells = [
                {"apiNumber": f"42-003-{10_000 + one:05}", "wellName": f"{time.time()}{turn}"}
                for one in range(_BULK_SIZE)
            ]
            body = {"query": BULK, "variables": {"wells": wells}}
            (await client.post(f"{url}/graphql", json=body)).raise_for_status()


async def measure(url: str, pid: int, options: argparse.Namespace) -> list[str]:
    """The rows of the table."""
    rows = []
    for followers in options.followers:
        delays = await fan_out(url, followers, options.events)
        rows.append(
            f"| {followers} followers, {options.events} changes | {statistics.median(delays):.1f} "
            f"| {percentile(delays, 99):.1f} | {resident_mib(pid):.0f} |"
        )
    ready = asyncio.Semaphore(0)
    idle = [asyncio.create_task(follow(url, 10**9, ready)) for _ in range(10)]
    for _ in idle:
        await ready.acquire()
    for turn in range(options.rounds):
        await grow(url, options.memory_events)
        await asyncio.sleep(2)
        memory = resident_mib(pid)
        rows.append(f"| after {(turn + 1) * options.memory_events:,} more | – | – | {memory:.0f} |")
    for task in idle:
        task.cancel()
    await asyncio.gather(*idle, return_exceptions=True)
    return rows


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.fan_out", description=__doc__)
    parser.add_argument("--followers", type=int, nargs="*", default=[10, 100, 500])
    parser.add_argument("--events", type=int, default=20, help="timed changes")
    parser.add_argument("--memory-events", type=int, default=10_000, help="changes for memory")
    parser.add_argument("--rounds", type=int, default=3, help="how often these are written")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        with EmbeddedPostgres.start(data_dir) as server:
            asyncio.run(_migrated(server.dsn))
            with server_process(data_dir) as (url, pid):
                rows = asyncio.run(measure(url, pid, options))
    print("| measurement | median ms | p99 ms | server MiB |\n|---|---:|---:|---:|")
    print("\n".join(rows))


async def _migrated(dsn: str) -> None:
    await migrate(dsn)


if __name__ == "__main__":
    main()
