"""The database as one operation uses it: one connection, and one snapshot of what it reads."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from graph_api.core.database import Database, Row, Session
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.journal import Cause
from graph_api.core.statements import Statement
from graph_api.core.viewer import Reach, Viewer


class OperationDatabase(Database):
    """The database as one operation uses it.

    From `hold` on, what the operation reads it reads on one connection and in one snapshot.
    """

    def __init__(self, shared: Database, viewer: Viewer) -> None:
        self._pool = shared._pool
        self.reachability = shared.reachability
        self.audit_keys = shared.audit_keys
        self.auth_keys = shared.auth_keys
        self._viewer = viewer
        self.has_written = False
        """Whether a transaction of the operation has been committed."""
        self._held: _Held | None = None
        self._failed: dict[str, ApiError] = {}
        self._lost: ApiError | None = None
        self._is_settled = False

    def settle_failures(self) -> None:
        """From now on what could not be read fails again at once, and PostgreSQL is not asked.

        A statement that took too long does so whatever it is asked for; where the database was
        away, every statement does.
        """
        self._is_settled = True

    async def fetch(
        self, viewer: Viewer, statement: Statement, *arguments: object, reach: Reach = Reach.OWN
    ) -> Sequence[Row]:
        """As of every database, but for `settle_failures`."""
        if self._is_settled:
            self._refuse(statement)
        try:
            return await super().fetch(viewer, statement, *arguments, reach=reach)
        except ApiError as error:
            if error.code is ErrorCode.TIMEOUT:
                self._failed[statement.name] = error
            elif error.code is ErrorCode.UNAVAILABLE:
                self._lost = error
            raise

    async def fetch_alone(
        self, viewer: Viewer, statement: Statement, *arguments: object
    ) -> Sequence[Row]:
        """As of every database, but for `settle_failures`: all that is asked for was in it."""
        if self._is_settled:
            self._refuse(statement)
        try:
            return await super().fetch_alone(viewer, statement, *arguments)
        except ApiError as error:
            if error.code in (ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE):
                self._lost = error
            raise

    def _refuse(self, statement: Statement) -> None:
        known = self._lost or self._failed.get(statement.name)
        if known is not None:
            raise ApiError(known.code, known.message) from known

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the connection from the first read on, until the end or until `release`."""
        self._held = held = _Held()
        try:
            yield
        finally:
            self._held = None
            await held.release()

    async def release(self) -> None:
        """Give the connection back; the next read sees the database as it then is."""
        if self._held is not None:
            await self._held.release()

    async def _fetch_once(
        self, viewer: Viewer, statement: Statement, arguments: Sequence[object], reach: Reach
    ) -> Sequence[Row]:
        held = self._held
        if held is None or viewer is not self._viewer or reach is not Reach.OWN:
            return await super()._fetch_once(viewer, statement, arguments, reach)
        async with held.one_at_a_time:
            session = held.session
            if session is None:
                session = await held.open.enter_async_context(self._reading(viewer, reach))
                held.session = session
            try:
                return await session.fetch(statement, *arguments)
            except BaseException as error:
                # the transaction is of no use any more
                held.session = None
                await held.open.__aexit__(type(error), error, error.__traceback__)
                raise

    @asynccontextmanager
    async def transaction(
        self,
        viewer: Viewer,
        action: str,
        cause: Cause = Cause.MUTATION,
        *,
        reach: Reach | None = None,
    ) -> AsyncIterator[Session]:
        """As of every database; what is read afterwards sees what it has written."""
        # who waits for a second connection with one in hand may wait for another who does
        await self.release()
        async with super().transaction(viewer, action, cause, reach=reach) as session:
            yield session
        self.has_written = True
        await self.release()


class _Held:
    """The connection that an operation keeps, once it has read something."""

    def __init__(self) -> None:
        self.one_at_a_time = asyncio.Lock()
        self.session: Session | None = None
        self.open = AsyncExitStack()

    async def release(self) -> None:
        async with self.one_at_a_time:
            self.session = None
            await self.open.aclose()
