"""One state of the database, read by as many operations as it takes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from graph_api.core.database import Row
from graph_api.core.failures import unavailable
from graph_api.core.operation_database import OperationDatabase
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Reach, Viewer

_PATIENCE_SECONDS = 600


class SnapshotDatabase(OperationDatabase):
    """The database as it was at one moment, for one viewer: what is written later is not seen.

    It is one connection, and a transaction that stays open for as long as it is kept.
    """

    _is_begun = False

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the snapshot; raises ApiError UNAVAILABLE where it is lost, never reads another.

        PostgreSQL ends it where nothing is read for ten minutes.
        """
        async with super().held():
            await self.fetch(
                self._viewer, statement("keep_snapshot"), f"{_PATIENCE_SECONDS * 1000}"
            )
            self._is_begun = True
            yield

    def held(self) -> AbstractAsyncContextManager[None]:
        """An operation within holds nothing of its own."""
        return nullcontext()

    async def release(self) -> None:
        """Nothing: the next operation reads the same state."""

    async def fetch_alone(
        self, viewer: Viewer, statement: Statement, *arguments: object
    ) -> Sequence[Row]:
        """As any other statement: alone it would see another state."""
        return await self.fetch(viewer, statement, *arguments)

    async def _fetch_once(
        self, viewer: Viewer, statement: Statement, arguments: Sequence[object], reach: Reach
    ) -> Sequence[Row]:
        if self._is_begun and (self._held is None or self._held.session is None):
            raise unavailable()
        return await super()._fetch_once(viewer, statement, arguments, reach)

    def transaction(self, *_: Any, **__: Any) -> Any:
        """A snapshot is only read; raises RuntimeError."""
        raise RuntimeError("a snapshot is only read")
