"""Large answers: written in pieces and sent one by one, so that there is no second copy of them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LARGE_COST = 10_000
"""From what cost on an answer may be large: the objects in it at most."""
_PIECE_BYTES = 65_536


class PiecesResponse(Response):
    """An answer that is sent as fast as its client reads, each piece let go once it is sent."""

    def __init__(
        self, pieces: deque[bytes], status: int, headers: dict[str, str], media_type: str
    ) -> None:
        length = {"Content-Length": str(sum(map(len, pieces)))}
        super().__init__(None, status, headers | length, media_type)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        while self._pieces:
            body = self._pieces.popleft()
            await send(
                {"type": "http.response.body", "body": body, "more_body": bool(self._pieces)}
            )


async def pieces_of(body: dict[str, Any]) -> deque[bytes]:
    """The JSON of a response in pieces; the lists of its root fields are emptied on the way.

    It lets others run between pieces.
    """
    pieces: deque[bytes] = deque()
    waiting: list[bytes] = []
    size = 0
    for part in _body(body):
        waiting.append(part)
        size += len(part)
        if size >= _PIECE_BYTES:
            pieces.append(b"".join(waiting))
            waiting, size = [], 0
            await asyncio.sleep(0)
    pieces.append(b"".join(waiting))
    return pieces


def _body(body: dict[str, Any]) -> Iterator[bytes]:
    for start, key, value in _members(body):
        yield start
        yield from _object(value) if key == "data" and value else [_dumped(value)]
    yield b"}"


def _object(data: dict[str, Any]) -> Iterator[bytes]:
    """Root fields: each is a list, an object that may hold lists, such as a page, or a value."""
    for start, _, root in _members(data):
        yield start
        if not isinstance(root, dict) or not root:
            yield from _value(root)
            continue
        for inner_start, _, value in _members(root):
            yield inner_start
            yield from _value(value)
        yield b"}"
    yield b"}"


def _members(value: dict[str, Any]) -> Iterator[tuple[bytes, str, Any]]:
    """What comes before each value of an object, its key and the value."""
    start = b"{"
    for key, member in value.items():
        yield start + orjson.dumps(key) + b":", key, member
        start = b","


def _value(value: Any) -> Iterator[bytes]:
    if not isinstance(value, list) or not value:
        yield _dumped(value)
        return
    # an element may be part of the answer elsewhere too; the list of a root field is not
    value.reverse()
    start = b"["
    while value:
        yield start + _dumped(value.pop())
        start = b","
    yield b"]"


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
