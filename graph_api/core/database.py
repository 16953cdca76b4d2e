"""The pool, the one way to run a statement, and the one way to open a transaction."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from graph_api.core.age import SESSION_SETTINGS, prepare_connection
from graph_api.core.audit_keys import audit_keys
from graph_api.core.auth_keys import auth_keys
from graph_api.core.errors import ApiError, ErrorCode, bad_input
from graph_api.core.journal import Cause, Journal
from graph_api.core.migrations import Migration, pending_migrations
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings


class Row(Protocol):
    """One row of an answer, by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(slots=True)
class StatementLog:
    """What one operation asked of the database, in order."""

    names: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """How many statements ran."""
        return len(self.names)


statement_log: ContextVar[StatementLog | None] = ContextVar("statement_log", default=None)
"""The log of the operation at hand; None where nobody counts."""


class Session:
    """A connection that acts for one viewer, inside a transaction or for a single statement."""

    __slots__ = ("_connection", "_journal", "viewer")

    def __init__(self, connection: Any, viewer: Viewer, journal: Journal | None = None) -> None:
        self._connection = connection
        self._journal = journal
        self.viewer = viewer

    @property
    def journal(self) -> Journal:
        """Where a write notes what it changes; raises RuntimeError outside a transaction."""
        if self._journal is None:
            raise RuntimeError("only a transaction has a journal")
        return self._journal

    async def fetch(self, statement: Statement, *arguments: object) -> Sequence[Row]:
        """Run a statement and return its rows.

        Raises ApiError TIMEOUT when it ran too long, UNAVAILABLE when the database went away, and
        BAD_USER_INPUT for text that no database can hold and that nobody has refused before.
        """
        log = statement_log.get()
        started = time.perf_counter()
        try:
            rows: Sequence[Row] = await self._connection.fetch(statement.text, *arguments)
        except asyncpg.DataError as error:
            if _is_text_that_cannot_be(error):
                raise bad_input(
                    "text must not contain a NUL character or half of a surrogate pair"
                ) from error
            raise
        except _FAILURES as error:
            raise _translated(error) from error
        finally:
            if log is not None:
                log.names.append(statement.name)
                log.seconds += time.perf_counter() - started
        return rows


class Database:
    """A pool of prepared connections to one PostgreSQL server."""

    def __init__(self, pool: Any, settings: Settings) -> None:
        self._pool = pool
        self.audit_keys = audit_keys(settings)
        self.auth_keys = auth_keys(settings)
        self._acquire_timeout = settings.pool_acquire_timeout_seconds

    @classmethod
    async def connect(cls, dsn: str, settings: Settings) -> "Database":
        """Open the pool; raises OSError or asyncpg errors when the server cannot be reached."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=settings.pool_min_size,
            max_size=settings.pool_max_size,
            timeout=settings.connect_timeout_seconds,
            command_timeout=settings.statement_timeout_seconds + 5,
            statement_cache_size=1000,
            init=prepare_connection,
            server_settings={
                **SESSION_SETTINGS,
                "statement_timeout": str(int(settings.statement_timeout_seconds * 1000)),
            },
        )
        return cls(pool, settings)

    async def close(self) -> None:
        """Close the pool, waiting for statements under way."""
        await self._pool.close()

    async def pending_migrations(self) -> list[Migration]:
        """The migrations that the database lacks."""
        async with self._acquire() as connection:
            return await pending_migrations(connection)

    async def fetch(
        self, viewer: Viewer, statement: Statement, *arguments: object
    ) -> Sequence[Row]:
        """Run one reading statement for a viewer on any connection."""
        async with self._acquire() as connection:
            return await Session(connection, viewer).fetch(statement, *arguments)

    @asynccontextmanager
    async def transaction(
        self, viewer: Viewer, action: str, cause: Cause = Cause.MUTATION
    ) -> AsyncIterator[Session]:
        """One transaction for a viewer: everything in it is written, or nothing is.

        `action` is what the audit calls it. The changes noted in the session's journal and the
        audit entry are written as its last statements.
        """
        journal = Journal(action, cause)
        async with self._acquire() as connection:
            try:
                async with connection.transaction():
                    session = Session(connection, viewer, journal)
                    yield session
                    await journal.write(session, self.audit_keys)
            except _FAILURES as error:
                # beginning and ending a transaction fail like the statements inside it
                raise _translated(error) from error

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=self._acquire_timeout)
        except (TimeoutError, *_FAILURES) as error:
            raise ApiError(
                ErrorCode.UNAVAILABLE, "the database cannot be reached or is busy; try again"
            ) from error
        try:
            yield connection
        finally:
            # what was asked is done by now: a connection that cannot be reset is not its failure,
            # and the pool has closed it already
            with suppress(*_FAILURES):
                await self._pool.release(connection)


_FAILURES = (
    TimeoutError,
    asyncpg.PostgresConnectionError,
    # cancelled, shut down, crashed, starting up
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


def _is_text_that_cannot_be(error: asyncpg.DataError) -> bool:
    return isinstance(error, asyncpg.CharacterNotInRepertoireError) or isinstance(
        error.__cause__, UnicodeEncodeError
    )


def _translated(error: BaseException) -> ApiError:
    if isinstance(error, TimeoutError | asyncpg.QueryCanceledError):
        return ApiError(ErrorCode.TIMEOUT, "the database took too long; ask for less at a time")
    if isinstance(error, asyncpg.DeadlockDetectedError):
        return ApiError(ErrorCode.UNAVAILABLE, "another write got in the way; try again")
    return ApiError(ErrorCode.UNAVAILABLE, "the database went away; try again")
