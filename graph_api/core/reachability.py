"""Whether the database answers; once it does not, nobody waits for it any longer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from graph_api.core.failures import unavailable

_log = logging.getLogger("graph_api")
# the driver's pool tells of every attempt of its own, with a trace
logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


class Reachability:
    """What one process knows of its database: there, unless somebody says otherwise.

    A peer that is gone without a word leaves connections that look alive: what waits on them
    would wait until its own timeout, holding the connection.
    """

    def __init__(self) -> None:
        self._is_away = False
        self._opened: WeakSet[Any] = WeakSet()
        self._waiting: set[asyncio.Timeout] = set()

    @property
    def is_away(self) -> bool:
        """Whether the database is known not to answer."""
        return self._is_away

    def opened(self, connection: Any) -> None:
        """Note a connection, to be ended when the database goes away."""
        self._opened.add(connection)

    @asynccontextmanager
    async def wait(self, seconds: float) -> AsyncIterator[None]:
        """Wait for a connection within this, and no longer than the database answers.

        Raises ApiError UNAVAILABLE where it does not, and TimeoutError.
        """
        if self._is_away:
            raise unavailable()
        async with asyncio.timeout(seconds) as limit:
            self._waiting.add(limit)
            try:
                yield
            finally:
                self._waiting.discard(limit)

    def lost(self) -> None:
        """The database does not answer: end every connection and every wait for one."""
        if self._is_away:
            return
        self._is_away = True
        _log.warning("the database does not answer")
        now = asyncio.get_running_loop().time()
        for limit in self._waiting:
            if not limit.expired():
                limit.reschedule(now)
        for connection in list(self._opened):
            connection.terminate()

    def found(self) -> None:
        """The database answers."""
        if self._is_away:
            self._is_away = False
            _log.warning("the database answers again")
