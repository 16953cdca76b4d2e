"""Asks the database several times a second whether it is there, on a connection of its own.

A server that crashes resets its connections, and everybody knows at once. One that was unplugged,
stopped, or cut off by a network says nothing: whoever waits for it would find out by a timeout of
half a minute.
"""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

from graph_api.core.reachability import Reachability
from graph_api.core.statements import statement
from graph_api.settings import Settings

_EVERY_SECONDS = 0.4
_RETRY_SECONDS = 0.25


class DatabaseWatch:
    """Tells a process's `Reachability` when the database falls silent, and when it is back."""

    def __init__(self, dsn: str, settings: Settings, reachability: Reachability) -> None:
        self._dsn = dsn
        self._connect_seconds = settings.connect_timeout_seconds
        self._silence_seconds = settings.database_silence_seconds
        self._reachability = reachability
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch; goes on until `stop`."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            connection = await self._first_to_answer()
            self._reachability.found()
            try:
                await self._while_answering(connection)
            finally:
                if connection is not None:
                    connection.terminate()

    async def _while_answering(self, connection: Any) -> None:
        """Return when the connection is lost; say so before, where it has fallen silent."""
        if connection is None:
            await asyncio.sleep(_EVERY_SECONDS)
            return
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            asking = asyncio.ensure_future(_ask(connection))
            try:
                done, _ = await asyncio.wait([asking], timeout=self._silence_seconds)
                if not done:
                    self._reachability.lost()
                    return
                if asking.exception() is not None:
                    return
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    async def _first_to_answer(self) -> Any:
        """A connection that was answered on; None where the server has answered that it has none.

        Attempts overlap: one that was begun while the network was cut would come too late.
        """
        attempts: set[asyncio.Task[Any]] = set()
        waited = 0.0
        try:
            while True:
                attempts.add(asyncio.create_task(self._connection()))
                done, attempts = await asyncio.wait(attempts, timeout=_RETRY_SECONDS)
                waited += _RETRY_SECONDS
                answered = [one.result() for one in done if one.exception() is None]
                for superfluous in answered[1:]:
                    _end(superfluous)
                if answered:
                    return answered[0]
                if done:
                    self._reachability.lost()
                    await asyncio.sleep(_RETRY_SECONDS)
                elif waited >= self._silence_seconds:
                    self._reachability.lost()
        finally:
            for one in attempts:
                one.cancel()
            for late in await asyncio.gather(*attempts, return_exceptions=True):
                _end(late)

    async def _connection(self) -> Any:
        async with asyncio.timeout(self._connect_seconds):
            try:
                connection = await asyncpg.connect(self._dsn, timeout=self._connect_seconds)
            except asyncpg.PostgresError as error:
                # too many connections, or a role that may not: but there it is
                if isinstance(error, _AWAY):
                    raise
                return None
            try:
                await _ask(connection)
            except BaseException:
                connection.terminate()
                raise
            return connection


_AWAY = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


async def _ask(connection: Any) -> None:
    await connection.execute(statement("answer").text)


def _end(connection: Any) -> None:
    if connection is not None and not isinstance(connection, BaseException):
        connection.terminate()
