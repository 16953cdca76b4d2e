"""Lets only so many operations run at a time: more would all be late, and none any sooner."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graph_api.core.errors import ApiError, ErrorCode

_COME_BACK_SECONDS = 1


class Admission:
    """The turns of one process's queries and mutations."""

    def __init__(self, most_at_once: int, most_waiting: int) -> None:
        self._turns = asyncio.Semaphore(most_at_once)
        self._most_waiting = most_waiting
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it.

        Raises ApiError UNAVAILABLE, with `retryAfterSeconds`, where too many are waiting already.
        """
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise ApiError(
                ErrorCode.UNAVAILABLE,
                "the server has more to do than it can; try again shortly",
                retryAfterSeconds=_COME_BACK_SECONDS,
            )
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
