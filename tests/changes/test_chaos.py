"""Kill -9 of PostgreSQL and of the API under load: nothing acknowledged is lost, told twice, or
told out of order."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from bench.server import free_port

WRITERS = 20
KILLS = 6
SECONDS_BETWEEN_KILLS = 1.5
SECONDS_TO_START = 60.0
CATCH_UP_SECONDS = 5.0

UPSERT = """mutation($api: String!, $name: String!, $key: String!) {
  upsertWell(input: {well: {apiNumber: $api, wellName: $name}, idempotencyKey: $key}) {
    ... on UpsertWellPayload { outcome }
  }
}"""
FOLLOW = """subscription($after: String) {
  entityChanged(kinds: [WELL], after: $after) { ... on ChangeRecord { cursor after } }
}"""


@dataclass
class Service:
    """The API as a process of its own, on an embedded server of its own."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "GRAPH_API_DATA_DIR": str(self.directory),
            "GRAPH_API_PORT": str(self.port),
            "GRAPH_API_DEV_TENANT": "chaos",
            "GRAPH_API_LOG_LEVEL": "critical",
        }

    def command(self, name: str) -> list[str]:
        program = "from graph_api.cli import main; main()"
        return [sys.executable, "-c", program, name]

    def start(self) -> None:
        with (self.directory.parent / "api.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve"), env=self.environment, stdout=log, stderr=log
            )

    def kill_api(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_postgres(self) -> None:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = (self.directory / "postgres" / "postmaster.pid").read_text().splitlines()[0]
            os.kill(int(pid), signal.SIGKILL)


@dataclass
class Records:
    """What the writers were told, and what the follower received."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    delivered: list[tuple[int, str, str]] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


async def answered(client: httpx.AsyncClient, service: Service, variables: dict[str, str]) -> Any:
    """The answer to a write, asked for again under the same key until there is one."""
    while True:
        with contextlib.suppress(httpx.HTTPError, json.JSONDecodeError):
            body = {"query": UPSERT, "variables": variables}
            answer = (await client.post(service.url, json=body)).json()
            if "errors" not in answer:
                return answer["data"]["upsertWell"]
            codes = {one["extensions"]["code"] for one in answer["errors"]}
            assert codes <= {"UNAVAILABLE", "TIMEOUT", "UNKNOWN_OUTCOME"}, answer
        await asyncio.sleep(0.05)


async def write(service: Service, records: Records, number: int) -> None:
    api = f"42-003-{10_000 + number}"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        turn = 0
        while not records.stopped.is_set():
            name = f"{number}-{turn}"
            key = f"key-{name}"
            await answered(client, service, {"api": api, "name": name, "key": key})
            records.acknowledged[name] = api
            turn += 1


async def more_written(records: Records) -> None:
    before = len(records.acknowledged)
    while len(records.acknowledged) < before + WRITERS:
        await asyncio.sleep(0.05)


async def follow(service: Service, records: Records) -> None:
    """A client that reconnects with the last cursor it has, as often as it must."""
    while True:
        with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
            async with websockets.connect(
                service.url.replace("http", "ws"), subprotocols=["graphql-transport-ws"]
            ) as connection:
                await connection.send('{"type": "connection_init"}')
                await connection.recv()
                after = str(records.delivered[-1][0]) if records.delivered else "0"
                payload = {"query": FOLLOW, "variables": {"after": after}}
                message = {"id": "1", "type": "subscribe", "payload": payload}
                await connection.send(json.dumps(message))
                async for text in connection:
                    received = json.loads(text)
                    if received["type"] != "next":
                        break
                    change = received["payload"]["data"]["entityChanged"]
                    name = change["after"]["well_name"]
                    number = change["after"]["api_number"]
                    records.delivered.append((int(change["cursor"]), name, number))
        await asyncio.sleep(0.05)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    service = Service(tmp_path / "data", free_port())
    migrated = await asyncio.to_thread(
        subprocess.run, service.command("migrate"), env=service.environment, capture_output=True
    )
    assert migrated.returncode == 0, migrated.stderr
    service.start()
    yield service
    service.kill_api()


async def test_nothing_acknowledged_is_lost_while_everything_is_killed(service: Service) -> None:
    records = Records()
    follower = asyncio.create_task(follow(service, records))
    writers = [asyncio.create_task(write(service, records, one)) for one in range(WRITERS)]
    dice = random.Random(20_884)
    for turn in range(KILLS):
        await asyncio.sleep(SECONDS_BETWEEN_KILLS * (0.5 + dice.random()))
        # what is killed must be at work, however long it takes to start
        await asyncio.wait_for(more_written(records), SECONDS_TO_START)
        if turn % 2:
            await asyncio.to_thread(service.kill_api)
            service.start()
        else:
            service.kill_postgres()
    await asyncio.sleep(SECONDS_BETWEEN_KILLS)
    records.stopped.set()
    await asyncio.wait_for(asyncio.gather(*writers), 30)

    done = time.monotonic()
    wanted = set(records.acknowledged)
    while not wanted <= {name for _, name, _ in records.delivered}:
        assert time.monotonic() - done < CATCH_UP_SECONDS, "the follower has not caught up"
        await asyncio.sleep(0.05)
    follower.cancel()

    cursors = [cursor for cursor, _, _ in records.delivered]
    assert cursors == sorted(set(cursors)), "delivered twice, or out of order"
    names = [name for _, name, _ in records.delivered]
    assert len(names) == len(set(names)), "one write under one key was made twice"
    assert set(names) == wanted, "something was written that nobody was told of"
    for number in range(WRITERS):
        own = [name for name in names if name.startswith(f"{number}-")]
        assert own == [f"{number}-{turn}" for turn in range(len(own))]
    assert len(wanted) > WRITERS, "the test did not get to write anything"
