"""The pool of connections, and those of it that were given back a moment ago."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg

from graph_api.core.failures import FAILURES, unavailable
from graph_api.core.pool_use import PoolUse, use_of
from graph_api.core.reachability import Reachability

_KEEP_SECONDS = 30.0


class ConnectionPool:
    """An asyncpg pool whose clean connections go from one reader to the next by hand.

    asyncpg takes a connection back in a task of its own, which costs a short read as much as its
    statement does. One that nothing was left open in needs no such care: it is kept for whoever
    reads next, and given to the pool once half a minute, or when somebody waits for it there.
    """

    def __init__(self, pool: Any, reachability: Reachability, acquire_timeout: float) -> None:
        self._pool = pool
        self._reachability = reachability
        self._acquire_timeout = acquire_timeout
        self._kept: list[Any] = []
        self._waiting = 0
        self._is_closing = False
        self._emptying: asyncio.TimerHandle | None = None
        self._returning: set[asyncio.Task[None]] = set()

    def connection(self) -> "_Acquired":
        """A connection, for as long as the context lasts.

        Entering it raises ApiError UNAVAILABLE where there is none in time.
        """
        return _Acquired(self)

    def use(self) -> PoolUse:
        """How many connections there are, and how many are wanted."""
        return use_of(self._pool, kept=len(self._kept))

    async def close(self) -> None:
        """Close the pool, waiting for statements under way."""
        self._is_closing = True
        if self._emptying is not None:
            self._emptying.cancel()
        self._return_kept()
        await asyncio.gather(*self._returning)
        await self._pool.close()

    async def acquire(self) -> Any:
        """A connection; raises ApiError UNAVAILABLE where there is none in time."""
        if self._reachability.is_away:
            raise unavailable()
        while self._kept:
            connection = self._kept.pop()
            if _is_clean(connection):
                return connection
            await self._release(connection)
        self._waiting += 1
        try:
            async with self._reachability.wait(self._acquire_timeout):
                return await self._pool.acquire()
        except FAILURES as error:
            raise unavailable() from error
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Any, *, is_clean: bool) -> None:
        """Let somebody else have a connection; `is_clean` where all that was asked was answered."""
        if not is_clean or self._waiting or self._is_closing or not _is_clean(connection):
            await self._release(connection)
            return
        self._kept.append(connection)
        if self._emptying is None:
            loop = asyncio.get_running_loop()
            self._emptying = loop.call_later(_KEEP_SECONDS, self._return_kept)

    def _return_kept(self) -> None:
        """Give the pool what is kept: it closes what is old, or has not been used for long."""
        self._emptying = None
        kept, self._kept = self._kept, []
        for connection in kept:
            task = asyncio.get_running_loop().create_task(self._release(connection))
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)

    async def _release(self, connection: Any) -> None:
        # what was asked is done by now: a connection that cannot be reset is not its failure,
        # and the pool has closed it already
        with suppress(*FAILURES):
            await self._pool.release(connection, timeout=self._acquire_timeout)


def _is_clean(connection: Any) -> bool:
    """Whether a connection is there, with nothing left open in it."""
    try:
        return not (connection.is_closed() or connection.is_in_transaction())
    except asyncpg.InterfaceError:
        # it was lost, and the pool has taken it back
        return False


class _Acquired:
    """A connection that is held."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Any:
        self._connection = await self._pool.acquire()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._pool.give_back(self._connection, is_clean=error is None)
