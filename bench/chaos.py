"""What clients see when the network between the service and PostgreSQL fails, as a table.

    python -m bench.chaos --proxy ../shared/audits/chaosproxy.py

A real `graph-api serve` works through the proxy, on a PostgreSQL of this program's own. Each fault is
set, a query, a mutation and /readyz are asked at once while a subscription is open, the proxy
forwards again, and everything is asked until it works.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

from bench.relay import relay
from bench.server import free_port, service, wait_until_ready
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.migrations import migrate

_PROXY = Path(__file__).parents[2] / "shared" / "audits" / "chaosproxy.py"
_TENANT = "chaos"
_STEP_SECONDS = 0.02
_GIVE_UP_SECONDS = 60.0
_WATCHED_SECONDS = 2.5

QUERY = "{ wells(first: 1) { nodes { apiNumber } } }"
UPSERT = """mutation($name: String!, $key: String!) {
  upsertWell(input: {well: {apiNumber: "42-003-00161", wellName: $name}, idempotencyKey: $key}) {
    ... on UpsertWellPayload { outcome }
  }
}"""
FOLLOW = "subscription { entityChanged(kinds: [WELL]) { ... on ChangeRecord { after } } }"
FEED = """query($after: String) {
  changes(kinds: [ENTITY], after: $after, first: 500) {
    items { ... on ChangeRecord { after } } cursor hasMore
  }
}"""

FAULTS = {
    "none": "mode=forward",
    "every packet 200 ms late": "mode=delay&ms=200",
    "connections cut, new ones too": "mode=cut",
    "port closed": "mode=refuse",
    "silence (cable pulled)": "mode=blackhole",
    "answers swallowed": "mode=acklost",
    "connections reset once (failover)": "mode=kill",
    "answer to COMMIT swallowed": "mode=acklost_after&match=COMMIT",
}


@dataclass
class Told:
    """One answer, and how long it took."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.text}, {self.seconds:.2f} s"


@dataclass
class Follower:
    """A subscription that is never begun anew, and what it was told."""

    names: list[str] = field(default_factory=list)
    ended: str | None = None

    async def follow(self, url: str, begun: asyncio.Event) -> None:
        """Follow until the server ends it."""
        async with websockets.connect(
            f"{url.replace('http', 'ws')}/graphql",
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        ) as connection:
            await connection.send('{"type": "connection_init"}')
            await connection.recv()
            message = {"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}
            await connection.send(json.dumps(message))
            begun.set()
            with suppress(websockets.ConnectionClosed):
                async for text in connection:
                    received = json.loads(text)
                    if received["type"] in ("error", "complete"):
                        self.ended = f"{received['type']} {received.get('payload', '')}"
                        return
                    if received["type"] == "next":
                        change = received["payload"]["data"]["entityChanged"]
                        self.names.append(change["after"]["well_name"])
            self.ended = f"closed with {connection.close_code}"


class Client:
    """Asks the service, and says in a word what came back."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_GIVE_UP_SECONDS, trust_env=False)

    async def query(self) -> Told:
        """The answer to a query."""
        return await self._told("POST", "/graphql", {"query": QUERY})

    async def mutation(self, name: str) -> Told:
        """The answer to a write under a key of its own."""
        variables = {"name": name, "key": f"key-{name}"}
        return await self._told("POST", "/graphql", {"query": UPSERT, "variables": variables})

    async def ready(self) -> Told:
        """The answer to who asks whether the service can work."""
        return await self._told("GET", "/readyz")

    async def alive(self) -> Told:
        """The answer to who asks whether the process should be killed."""
        return await self._told("GET", "/healthz")

    async def names_written(self) -> list[str]:
        """The name in every change of the feed."""
        names: list[str] = []
        page: dict[str, Any] = {"cursor": None, "hasMore": True}
        while page["hasMore"]:
            body = {"query": FEED, "variables": {"after": page["cursor"]}}
            page = (await self._http.post("/graphql", json=body)).json()["data"]["changes"]
            names += [one["after"]["well_name"] for one in page["items"]]
        return names

    async def _told(self, method: str, path: str, body: dict[str, Any] | None = None) -> Told:
        began = time.monotonic()
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            return Told(type(error).__name__, time.monotonic() - began)
        seconds = time.monotonic() - began
        return Told(f"{answer.status_code} {_word(answer)}".strip(), seconds)


def _word(answer: httpx.Response) -> str:
    errors = answer.json().get("errors")
    if not errors:
        return ""
    word = " and ".join(sorted({str(one["extensions"]["code"]) for one in errors}))
    wait = answer.headers.get("Retry-After")
    return f"{word}, Retry-After {wait}" if wait else word


def is_good(told: Told) -> bool:
    """Whether an answer is what it is without a fault."""
    return told.text == "200"


class Trial:
    """One service behind one proxy."""

    def __init__(self, url: str, control: str) -> None:
        self._url = url
        self._control = control
        self._client = Client(url)
        self._number = 0

    async def row(self, fault: str, mode: str) -> list[str]:
        """A row of the table, once everything works again."""
        follower, begun = Follower(), asyncio.Event()
        following = asyncio.create_task(follower.follow(self._url, begun))
        await begun.wait()
        # nothing says that a subscription has begun but the first change that it tells of
        while not follower.names:
            await self._client.mutation(self._name())
            await asyncio.sleep(_STEP_SECONDS)
        first = follower.names[0]
        await self._set(mode)
        began = time.monotonic()
        during = self._name()
        query, mutation, ready, alive = await asyncio.gather(
            self._client.query(),
            self._client.mutation(during),
            self._client.ready(),
            self._client.alive(),
        )
        await asyncio.sleep(max(0.0, _WATCHED_SECONDS - (time.monotonic() - began)))
        if not is_good(alive):
            ready.text += f" (/healthz: {alive.text})"
        seconds = await self._recovered()
        again = await self._client.mutation(during)
        heard = await self._heard(follower, first)
        written = (await self._client.names_written()).count(during)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        outcome = f"{again.text}; written {written} ×"
        return [fault, str(query), str(mutation), heard, str(ready), f"{seconds:.2f} s", outcome]

    async def _recovered(self) -> float:
        """How long after the proxy forwards again until all is well."""
        await self._set("mode=forward")
        began = time.monotonic()
        await self._until_good(self._client.query)
        name = self._name()
        await self._until_good(lambda: self._client.mutation(name))
        await self._until_good(self._client.ready)
        return time.monotonic() - began

    async def _heard(self, follower: Follower, first: str) -> str:
        began = time.monotonic()
        last = self._name()
        await self._until_good(lambda: self._client.mutation(last))
        await self._until(lambda: last in follower.names or follower.ended is not None)
        if follower.ended is not None:
            return follower.ended
        written = await self._client.names_written()
        if follower.names != written[written.index(first) :]:
            return f"MISSED {set(written[written.index(first) :]) - set(follower.names)}"
        return f"stays open, misses nothing, next change {time.monotonic() - began:.2f} s"

    async def _set(self, mode: str) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.get(f"{self._control}/?{mode}")).raise_for_status()

    async def _until_good(self, ask: Any) -> None:
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while not is_good(told := await ask()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"it does not recover: {told}")
            await asyncio.sleep(_STEP_SECONDS)

    async def _until(self, is_so: Any) -> None:
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            while not is_so():  # noqa: ASYNC110 - nobody says when
                await asyncio.sleep(_STEP_SECONDS)

    def _name(self) -> str:
        self._number += 1
        return f"well {self._number}"


@asynccontextmanager
async def trial(directory: Path, proxy: Path) -> AsyncIterator[Trial]:
    """Everything that the table needs, running."""
    listen, control, port = free_port(), free_port(), free_port()
    with EmbeddedPostgres.start(directory / "data") as server:
        await migrate(server.dsn)
        async with relay(server.socket_dir / ".s.PGSQL.5432") as relayed:
            with (
                _proxy(proxy, listen, relayed, control),
                service(
                    database_url=f"postgresql://graph_api@127.0.0.1:{listen}/graph_api",
                    data_dir=str(directory / "keys"),
                    dev_tenant=_TENANT,
                    port=str(port),
                ) as api,
            ):
                url = f"http://127.0.0.1:{port}"
                await asyncio.to_thread(wait_until_ready, api, f"{url}/readyz")
                yield Trial(url, f"http://127.0.0.1:{control}")


@contextmanager
def _proxy(script: Path, listen: int, to: int, control: int) -> Iterator[None]:
    command = [sys.executable, str(script), "--listen", str(listen)]
    command += ["--to", f"127.0.0.1:{to}", "--control", str(control)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - the script that was given
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()


async def _table(proxy: Path, faults: Sequence[str]) -> None:
    print(
        "| fault | query | mutation with a key | subscription | /readyz | all well again after "
        "| same key again |\n|---|---|---|---|---|---:|---|"
    )
    with tempfile.TemporaryDirectory() as directory:
        async with trial(Path(directory), proxy) as one:
            for fault in faults:
                print(f"| {' | '.join(await one.row(fault, FAULTS[fault]))} |", flush=True)


def main(given: Sequence[str] | None = None) -> None:
    """Try every fault, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--proxy", type=Path, default=_PROXY, help="the script of the proxy")
    parser.add_argument("--faults", nargs="*", choices=FAULTS, default=list(FAULTS))
    options = parser.parse_args(given)
    if not options.proxy.exists():
        parser.error(f"{options.proxy} is not there; --proxy says where the proxy's script is")
    asyncio.run(_table(options.proxy, options.faults))


if __name__ == "__main__":
    main()
