"""Loads of other shapes than the three questions, which only this service is put under."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import websockets

from bench.dataset import Dataset
from bench.load import Exchange, graphql
from bench.peers.questions import NAMES, OURS, GraphQLSpeaker, spread
from bench.queries import queries

_ALIASES = 50
_FOLLOWERS = 10
_WRITTEN_WELLS = 16
_READY_SECONDS = 20.0

_DEEP = """query Deep {
  operators(first: 5) { nodes { name p5Number
    leases(first: 10) { nodes { name rrcLeaseId
      wells(first: 5) { nodes { apiNumber status
        permits(first: 3) { nodes { permitNumber approvedOn
          lease { name district }
        } }
      } }
    } }
  } }
}"""
_UPSERT = """mutation Upsert($api: String!, $name: String!) {
  upsertWell(input: {well: {apiNumber: $api, wellName: $name}}) {
    __typename ... on UpsertWellPayload { outcome }
  }
}"""
_FOLLOW = "subscription { entityChanged { ... on ChangeRecord { cursor after } } }"

Headers = tuple[tuple[str, str], ...]


def reading_loads(dataset: Dataset, headers: Headers) -> dict[str, list[Exchange]]:
    """The requests of each shape of reading, by its name."""
    (hub,) = [one for one in queries(dataset) if one.name == "hub"]
    return {
        "hub": [graphql(hub.document, hub.variables[0], headers)],
        "deep": [graphql(_DEEP, {}, headers)],
        "wide": _wide(dataset, headers),
    }


def _wide(dataset: Dataset, headers: Headers) -> list[Exchange]:
    declared = ", ".join(f"$a{one}: String!" for one in range(_ALIASES))
    fields = " ".join(
        f"w{one}: well(apiNumber: $a{one}) {{ apiNumber wellName status }}"
        for one in range(_ALIASES)
    )
    document = f"query Wide({declared}) {{ {fields} }}"
    return [
        graphql(
            document,
            {
                f"a{one}": dataset.api_number((start + one * 37) % dataset.wells)
                for one in range(_ALIASES)
            },
            headers,
        )
        for start in spread(dataset.wells)[:8]
    ]


def mixed_load(dataset: Dataset, reading: Headers, writing: Headers) -> list[Exchange]:
    """Of 20 requests 14 lookups, 2 pages, 2 nested reads, and 2 writes to another tenant."""
    point, page, nested = (
        GraphQLSpeaker(OURS, reading).asked(question, dataset) for question in NAMES
    )
    exchanges: list[Exchange] = []
    for turn in range(_WRITTEN_WELLS * 2):
        points = [point[(turn * 14 + one) % len(point)] for one in range(14)]
        # the same wells twice, by two names: every write changes something
        variables = {
            "api": f"42-003-{90_000 + turn % _WRITTEN_WELLS}",
            "name": f"MIXED {turn // _WRITTEN_WELLS}",
        }
        write = graphql(_UPSERT, variables, writing)
        exchanges += [*points[:7], page[0], nested[0], write, *points[7:], page[0], nested[0]]
        exchanges.append(graphql(_UPSERT, variables | {"name": f"MIXED AGAIN {turn}"}, writing))
    return exchanges


@dataclass(slots=True)
class Heard:
    """What followers were told."""

    changes: int = 0


@contextmanager
def followers(url: str, headers: Headers) -> Iterator[Heard]:
    """Ten followers of all changes over WebSocket, in a thread of their own.

    Raises what any of them met with, at the end, and TimeoutError where they cannot begin.
    """
    heard = Heard()
    loop = asyncio.new_event_loop()
    ready = threading.Semaphore(0)
    following = loop.create_task(_follow_all(url, headers, heard, ready))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(following)
        except Exception as error:
            failures.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        for _ in range(_FOLLOWERS):
            if not ready.acquire(timeout=_READY_SECONDS):
                raise TimeoutError("the followers could not subscribe")
        heard.changes = 0
        yield heard
    finally:
        with suppress(RuntimeError):  # closed already: they failed
            loop.call_soon_threadsafe(following.cancel)
        thread.join(_READY_SECONDS)
    if failures:
        raise failures[0]


async def _follow_all(url: str, headers: Headers, heard: Heard, ready: threading.Semaphore) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(_FOLLOWERS):
            group.create_task(_follow(url, headers, heard, ready))


async def _follow(url: str, headers: Headers, heard: Heard, ready: threading.Semaphore) -> None:
    address = f"{url.replace('http', 'ws')}/graphql"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
    ) as connection:
        await connection.send(json.dumps({"type": "connection_init", "payload": dict(headers)}))
        await connection.recv()
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": _FOLLOW}}
        await connection.send(json.dumps(subscribe))
        ready.release()
        async for text in connection:
            match json.loads(text):
                case {"type": "next"}:
                    heard.changes += 1
                case {"type": "ping"}:
                    await connection.send('{"type": "pong"}')
                case {"type": "error"} as message:
                    raise ValueError(message)
