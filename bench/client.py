"""The client of the benchmark, a process of its own: times one query over HTTP.

Reads a `Task` as JSON from standard input and writes `Timings` as JSON to standard output. It
refuses to time an answer that has errors, or that differs from the first one to the same
variables.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter


class Task(BaseModel):
    """What to time; a count or a number of seconds ends each part, whichever comes first."""

    url: str
    document: str | None
    """None: a GET of the URL, which is what HTTP and this client cost by themselves."""
    variables: list[dict[str, Any]]
    warm_up: int
    repetitions: int
    connections: int
    seconds: float


class Timings(BaseModel):
    """What was measured."""

    milliseconds: list[float]
    """Each request by itself, one after the other."""
    requests: int
    """How many were answered over all connections together."""
    seconds: float
    """How long those took."""
    answer_bytes: int


class WrongAnswerError(Exception):
    """An answer that must not be timed."""


class Requests:
    """Sends the requests of a task, in turn, and checks what comes back."""

    def __init__(self, client: httpx.AsyncClient, task: Task) -> None:
        self._client = client
        self._url = task.url
        self._requests: Iterator[tuple[int, dict[str, Any] | None]] = cycle(
            [
                (
                    place,
                    None
                    if task.document is None
                    else {"query": task.document, "variables": variables},
                )
                for place, variables in enumerate(task.variables)
            ]
        )
        self._answers: dict[int, bytes] = {}

    async def send(self) -> bytes:
        """One request; raises WrongAnswerError for an answer that is not what it should be."""
        place, body = next(self._requests)
        if body is None:
            response = await self._client.get(self._url)
        else:
            response = await self._client.post(self._url, json=body)
        answer = response.content
        if response.status_code != httpx.codes.OK or b'"errors":' in answer[:20]:
            raise WrongAnswerError(f"{response.status_code}: {answer[:500].decode()}")
        # what it says of itself, such as what is left of a budget, may differ
        data = answer.partition(b',"extensions":')[0]
        if self._answers.setdefault(place, data) != data:
            raise WrongAnswerError("two answers to the same request differ")
        return answer


async def measure(task: Task) -> Timings:
    """Warm up, time one request after the other, then as many connections at once as asked for."""
    limits = httpx.Limits(max_connections=task.connections)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
        requests = Requests(client, task)
        for _ in range(task.warm_up):
            answer = await requests.send()
        milliseconds = await _one_by_one(requests, task)
        answered, seconds = await _together(requests, task)
    return Timings(
        milliseconds=milliseconds,
        requests=answered,
        seconds=seconds,
        answer_bytes=len(answer),
    )


async def _one_by_one(requests: Requests, task: Task) -> list[float]:
    milliseconds: list[float] = []
    deadline = time.perf_counter() + task.seconds
    while len(milliseconds) < task.repetitions and time.perf_counter() < deadline:
        started = time.perf_counter()
        await requests.send()
        milliseconds.append((time.perf_counter() - started) * 1000)
    return milliseconds


async def _together(requests: Requests, task: Task) -> tuple[int, float]:
    remaining = task.repetitions * task.connections
    answered = 0
    started = time.perf_counter()

    async def connection() -> None:
        nonlocal remaining, answered
        while remaining > 0 and time.perf_counter() - started < task.seconds:
            remaining -= 1
            await requests.send()
            answered += 1

    await asyncio.gather(*(connection() for _ in range(task.connections)))
    return answered, time.perf_counter() - started


def main() -> None:
    """Do the task of standard input."""
    tasks = TypeAdapter(Task)
    timings = asyncio.run(measure(tasks.validate_json(sys.stdin.buffer.read())))
    sys.stdout.write(timings.model_dump_json())


if __name__ == "__main__":
    main()
