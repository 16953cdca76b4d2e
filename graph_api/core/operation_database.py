"""The database as one operation uses it: one connection, and one snapshot of what it reads."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from graph_api.core.database import Database, Row, Session
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.journal import Cause
from graph_api.core.statements import Statement
from graph_api.core.viewer import Reach, Viewer


class OperationDatabase(Database):
    """The database as one operation uses it.

    Within `held`, what the operation reads it reads on one connection and in one snapshot.
    """

    def __init__(self, shared: Database, viewer: Viewer) -> None:
        self._pool = shared._pool
        self.reachability = shared.reachability
        self.audit_keys = shared.audit_keys
        self.auth_keys = shared.auth_keys
        self._viewer = viewer
        self.has_written = False
        """Whether a transaction of the operation has been committed."""
        self._is_held = False
        self._held: _Held | None = None
        self._failures: _Failures | None = None
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
            self._note(error, statement)
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
            self._note(error, None)
            raise

    def _note(self, error: ApiError, statement: Statement | None) -> None:
        if error.code not in (ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE):
            return
        if self._failures is None:
            self._failures = _Failures()
        if statement is not None and error.code is ErrorCode.TIMEOUT:
            self._failures.by_statement[statement.name] = error
        else:
            self._failures.lost = error

    def _refuse(self, statement: Statement) -> None:
        known = None if self._failures is None else self._failures.of(statement)
        if known is not None:
            raise ApiError(known.code, known.message) from known

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep the connection from the first read on, until the end or until `release`."""
        return _Holding(self)

    async def release(self) -> None:
        """Give the connection back; the next read sees the database as it then is."""
        if self._held is not None:
            await self._held.release()

    async def _fetch_once(
        self, viewer: Viewer, statement: Statement, arguments: Sequence[object], reach: Reach
    ) -> Sequence[Row]:
        if not self._is_held or viewer is not self._viewer or reach is not Reach.OWN:
            return await super()._fetch_once(viewer, statement, arguments, reach)
        held = self._held
        if held is None:
            held = self._held = _Held()
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


class _Failures:
    """What could not be read, and whether that was the statement's fault or the database's."""

    def __init__(self) -> None:
        self.lost: ApiError | None = None
        self.by_statement: dict[str, ApiError] = {}

    def of(self, statement: Statement) -> ApiError | None:
        return self.lost or self.by_statement.get(statement.name)


class _Holding:
    """The time for which an operation keeps its connection."""

    __slots__ = ("_database",)

    def __init__(self, database: OperationDatabase) -> None:
        self._database = database

    async def __aenter__(self) -> None:
        self._database._is_held = True

    async def __aexit__(self, *_: object) -> None:
        held = self._database._held
        self._database._is_held, self._database._held = False, None
        if held is not None:
            await held.release()


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
