"""Writers that repeat a write until it is acknowledged, followers that miss nothing, and what is there.

For `bench.killing`: each server may be gone at any moment, and so may the database.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

_FOLLOWERS = 2
_REQUEST_SECONDS = 5.0
_AGAIN_SECONDS = 0.05
_CATCH_UP_SECONDS = 30.0

NO_ANSWER = "no answer"
"""What a writer is told by a server that is gone."""

UPSERT = """mutation($api: String!, $name: String!, $key: String!) {
  upsertWell(input: {well: {apiNumber: $api, wellName: $name}, idempotencyKey: $key}) {
    __typename ... on UpsertWellPayload { outcome }
  }
}"""
FOLLOW = """subscription($after: String) {
  entityChanged(kinds: [WELL], after: $after) { ... on ChangeRecord { cursor after } }
}"""
FEED = """query($after: String) {
  changes(kinds: [ENTITY], after: $after, first: 500) {
    items { ... on ChangeRecord { cursor after } } cursor hasMore
  }
}"""
WELL = "query($api: String!) { well(apiNumber: $api) { wellName } }"


@dataclass
class Records:
    """What clients were told."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """The API number of the well, by the name that was written."""
    told: Counter[str] = field(default_factory=Counter)
    """What writers were told besides."""
    delivered: list[list[tuple[int, str]]] = field(
        default_factory=lambda: [[] for _ in range(_FOLLOWERS)]
    )
    """Cursor and name of each change, in the order in which a follower got them."""


class Load:
    """Writers and followers, until they are told to stop."""

    def __init__(self, urls: Sequence[str], records: Records) -> None:
        self._urls = urls
        self._records = records
        self._stopping = asyncio.Event()
        self._writing: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []

    def start(self, writers: int) -> None:
        """Begin."""
        self._writing = [asyncio.create_task(self._write(one)) for one in range(writers)]
        self._following = [asyncio.create_task(self._follow(one)) for one in range(_FOLLOWERS)]

    async def finish_writing(self) -> None:
        """Let every writer finish what it has begun."""
        self._stopping.set()
        await asyncio.gather(*self._writing)

    async def finish_following(self, last: int) -> None:
        """Let followers come up to the last change, and stop them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                while any(not one or one[-1][0] < last for one in self._records.delivered):  # noqa: ASYNC110 - they are not ours alone
                    await asyncio.sleep(_AGAIN_SECONDS)
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _write(self, number: int) -> None:
        api = f"42-003-{10_000 + number}"
        limits = httpx.Timeout(_REQUEST_SECONDS)
        async with httpx.AsyncClient(timeout=limits, trust_env=False) as client:
            turn = 0
            while not self._stopping.is_set():
                name = f"{number}-{turn}"
                await self._until_acknowledged(client, number, api, name)
                self._records.acknowledged[name] = api
                turn += 1

    async def _until_acknowledged(
        self, client: httpx.AsyncClient, number: int, api: str, name: str
    ) -> None:
        variables = {"api": api, "name": name, "key": f"key-{name}"}
        attempt = number
        while True:
            body = {"query": UPSERT, "variables": variables}
            try:
                answer = (
                    await client.post(self._urls[attempt % len(self._urls)], json=body)
                ).json()
            except (httpx.TransportError, json.JSONDecodeError):
                answer = {"errors": [{"extensions": {"code": NO_ANSWER}}]}
            if "errors" not in answer:
                if answer["data"]["upsertWell"]["__typename"] != "UpsertWellPayload":
                    raise AssertionError(answer)
                return
            code = answer["errors"][0]["extensions"]["code"]
            self._records.told[code] += 1
            attempt += 1
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self, number: int) -> None:
        delivered = self._records.delivered[number]
        attempt = number
        while True:
            with suppress(OSError, websockets.WebSocketException, TimeoutError):
                url = self._urls[attempt % len(self._urls)].replace("http", "ws")
                async with websockets.connect(
                    url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
                ) as connection:
                    await connection.send('{"type": "connection_init"}')
                    await connection.recv()
                    after = str(delivered[-1][0]) if delivered else "0"
                    payload = {"query": FOLLOW, "variables": {"after": after}}
                    message = {"id": "1", "type": "subscribe", "payload": payload}
                    await connection.send(json.dumps(message))
                    async for text in connection:
                        received = json.loads(text)
                        if received["type"] == "ping":
                            await connection.send('{"type": "pong"}')
                        elif received["type"] != "next" or "errors" in received["payload"]:
                            break
                        else:
                            change = received["payload"]["data"]["entityChanged"]
                            delivered.append((int(change["cursor"]), change["after"]["well_name"]))
            attempt += 1
            await asyncio.sleep(_AGAIN_SECONDS)


async def read_feed(url: str) -> list[tuple[int, str]]:
    """Cursor and name of every change that is there in the end."""
    found: list[tuple[int, str]] = []
    page: dict[str, Any] = {"cursor": None, "hasMore": True}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        while page["hasMore"]:
            body = {"query": FEED, "variables": {"after": page["cursor"]}}
            page = (await client.post(url, json=body)).json()["data"]["changes"]
            found += [(int(one["cursor"]), one["after"]["well_name"]) for one in page["items"]]
    return found


async def read_names(url: str, apis: Sequence[str]) -> dict[str, str | None]:
    """The name of each well that is there in the end, by API number."""
    names = {}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for api in apis:
            body = {"query": WELL, "variables": {"api": api}}
            well = (await client.post(url, json=body)).json()["data"]["well"]
            names[api] = well and well["wellName"]
    return names
