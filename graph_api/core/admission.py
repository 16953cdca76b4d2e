"""Lets only so many operations run at a time: more would all be late, and none any sooner."""

import asyncio

from graph_api.core.errors import ApiError, ErrorCode

_COME_BACK_SECONDS = 1


class Admission:
    """The turns of one process's queries and mutations."""

    def __init__(self, most_at_once: int, most_waiting: int) -> None:
        self._turns = asyncio.Semaphore(most_at_once)
        self._most_waiting = most_waiting
        self._waiting = 0

    def turn(self) -> "_Turn":
        """Wait for a turn and have it.

        Entering raises ApiError UNAVAILABLE, with `retryAfterSeconds`, where too many are waiting
        already.
        """
        return _Turn(self)

    async def _take(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        if self._waiting >= self._most_waiting:
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

    def _give_back(self) -> None:
        self._turns.release()


class _Turn:
    """One operation's turn."""

    __slots__ = ("_admission",)

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def __aenter__(self) -> None:
        await self._admission._take()

    async def __aexit__(self, *_: object) -> None:
        self._admission._give_back()
