"""The pool, the one way to run a statement, and the one way to open a transaction."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from graph_api.core import statements
from graph_api.core.age import prepare_connection, serving_options
from graph_api.core.audit_keys import audit_keys
from graph_api.core.auth_keys import auth_keys
from graph_api.core.connection_pool import ConnectionPool
from graph_api.core.errors import ApiError, bad_input
from graph_api.core.failures import (
    CONNECTION_LOST,
    ENDED_WHILE_COMMITTING,
    FAILURES,
    translated,
    unknown_outcome,
    was_rolled_back,
)
from graph_api.core.journal import Cause, Journal
from graph_api.core.migrations import Migration, pending_migrations
from graph_api.core.pool_use import PoolUse
from graph_api.core.reachability import Reachability
from graph_api.core.statements import Statement
from graph_api.core.viewer import Reach, Viewer
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

    def asked(self, statement: Statement, arguments: tuple[object, ...]) -> None:
        """Hear of a statement that is about to run; the task that runs it notes its end too."""

    def ran(self, name: str, seconds: float, rows: int | None) -> None:
        """Note a statement that has just ended; `rows` is None where it failed."""
        self.names.append(name)
        self.seconds += seconds


statement_log: ContextVar[StatementLog | None] = ContextVar("statement_log", default=None)
"""The log of the operation at hand; None where nobody counts."""


class Session:
    """A connection that acts for one viewer, inside a transaction or for a single statement."""

    __slots__ = ("_connection", "_journal", "idempotency_key", "viewer")

    def __init__(self, connection: Any, viewer: Viewer, journal: Journal | None = None) -> None:
        self._connection = connection
        self._journal = journal
        self.viewer = viewer
        self.idempotency_key: str | None = None
        """What the caller can ask with again, should the answer to COMMIT be lost."""

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
        rows: Sequence[Row] | None = None
        if log is not None:
            log.asked(statement, arguments)
        started = time.perf_counter()
        try:
            rows = await self._connection.fetch(statement.text, *arguments)
        except asyncpg.DataError as error:
            if _is_text_that_cannot_be(error):
                raise bad_input(
                    "text must not contain a NUL character or half of a surrogate pair"
                ) from error
            raise
        except FAILURES as error:
            raise translated(error) from error
        finally:
            if log is not None:
                elapsed = time.perf_counter() - started
                log.ran(statement.name, elapsed, None if rows is None else len(rows))
        return rows


class Database:
    """A pool of prepared connections to one PostgreSQL server."""

    def __init__(
        self, pool: ConnectionPool, settings: Settings, reachability: Reachability
    ) -> None:
        self._pool = pool
        self.reachability = reachability
        self.audit_keys = audit_keys(settings)
        self.auth_keys = auth_keys(settings)

    @classmethod
    async def connect(cls, dsn: str, settings: Settings) -> "Database":
        """Open the pool; raises OSError or asyncpg errors when the server cannot be reached.

        Whoever logs in, the connections act as the role that row-level security holds. Raises
        RowSecurityError where they would pass it by.
        """
        options = await serving_options(dsn, settings.connect_timeout_seconds)
        timeout_ms = str(int(settings.statement_timeout_seconds * 1000))
        options["server_settings"] = options["server_settings"] | {"statement_timeout": timeout_ms}
        reachability = Reachability()

        async def prepare(connection: Any) -> None:
            reachability.opened(connection)
            async with asyncio.timeout(settings.connect_timeout_seconds):
                await prepare_connection(connection)

        pool = await asyncpg.create_pool(
            **options,
            min_size=settings.pool_min_size,
            max_size=settings.pool_max_size,
            command_timeout=settings.statement_timeout_seconds + 5,
            statement_cache_size=1000,
            init=prepare,
            connection_class=_Connection,
        )
        shared = ConnectionPool(pool, reachability, settings.pool_acquire_timeout_seconds)
        return cls(shared, settings, reachability)

    async def close(self) -> None:
        """Close the pool, waiting for statements under way."""
        await self._pool.close()

    def pool_use(self) -> PoolUse:
        """How many connections there are, and how many are wanted."""
        return self._pool.use()

    async def pending_migrations(self) -> list[Migration]:
        """The migrations that the database lacks."""
        async with self._pool.connection() as connection:
            return await pending_migrations(connection)

    async def fetch(
        self, viewer: Viewer, statement: Statement, *arguments: object, reach: Reach = Reach.OWN
    ) -> Sequence[Row]:
        """Run one reading statement for a viewer on any connection.

        It is tried once more where the connection was lost: reading twice does no harm.
        """
        try:
            return await self._fetch_once(viewer, statement, arguments, reach)
        except ApiError as error:
            await _before_another(error)
        return await self._fetch_once(viewer, statement, arguments, reach)

    async def _fetch_once(
        self, viewer: Viewer, statement: Statement, arguments: Sequence[object], reach: Reach
    ) -> Sequence[Row]:
        async with self._reading(viewer, reach) as session:
            return await session.fetch(statement, *arguments)

    async def fetch_alone(
        self, viewer: Viewer, statement: Statement, *arguments: object
    ) -> Sequence[Row]:
        """Run one reading statement that says itself for whom it acts, in one round trip.

        Tried once more where the connection was lost, like `fetch`.
        """
        try:
            async with self._pool.connection() as connection:
                return await Session(connection, viewer).fetch(statement, *arguments)
        except ApiError as error:
            await _before_another(error)
        async with self._pool.connection() as connection:
            return await Session(connection, viewer).fetch(statement, *arguments)

    @asynccontextmanager
    async def _reading(self, viewer: Viewer, reach: Reach) -> AsyncIterator[Session]:
        """One snapshot of what a viewer may see; nothing can be written in it."""
        async with self._pool.connection() as connection:
            try:
                # in one round trip, which leaves no way to pass the tenant but as a literal
                await connection.execute(_beginning(viewer.tenant_id, reach))
            except FAILURES as error:
                raise translated(error) from error
            try:
                yield Session(connection, viewer)
            finally:
                await _end_reading(connection)

    @asynccontextmanager
    async def transaction(
        self,
        viewer: Viewer,
        action: str,
        cause: Cause = Cause.MUTATION,
        *,
        reach: Reach | None = None,
    ) -> AsyncIterator[Session]:
        """One transaction for a viewer: everything in it is written, or nothing is.

        `action` is what the audit calls it. The changes noted in the session's journal and the
        audit entry are written as its last statements. It may write the rows of the viewer's own
        tenant, and what all tenants share where the viewer administers that; `reach` says
        otherwise.

        Raises ApiError UNKNOWN_OUTCOME where the answer to COMMIT was lost, or was not waited for;
        where it raises anything else, nothing was written.
        """
        journal = Journal(action, cause)
        if reach is None:
            reach = Reach.SHARED if viewer.administers_shared else Reach.OWN
        async with self._pool.connection() as connection:
            committing = False
            session = Session(connection, viewer, journal)
            try:
                async with connection.transaction():
                    await connection.fetch(_ACT_FOR.text, viewer.tenant_id, reach.value)
                    yield session
                    await journal.write(session, self.audit_keys)
                    committing = not connection.is_closed()
            except ENDED_WHILE_COMMITTING as error:
                if committing and not was_rolled_back(error):
                    _end(connection)
                    raise unknown_outcome(session.idempotency_key) from error
                if isinstance(error, asyncio.CancelledError):
                    raise
                # beginning and ending a transaction fail like the statements inside it
                raise translated(error) from error


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that needs no cleaning: what is set in it ends with its transaction."""

    def get_reset_query(self) -> str:
        """Nothing, and so no round trip, when it goes back to the pool."""
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as inherited
        """End a transaction that was left open, as by a reader who was cancelled."""
        if self.is_in_transaction():
            self._top_xact = None
            await self.execute(_END_READING.text, timeout=timeout)


_BEFORE_ANOTHER_SECONDS = 0.02
_ACT_FOR = statements.statement("act_for_tenant")
_BEGIN_READING = statements.statement("begin_reading")
_ACT_FOR_LITERALLY = statements.statement("act_for_tenant_literally")
_END_READING = statements.statement("end_reading")


def _beginning(tenant_id: str, reach: Reach) -> str:
    """What begins a reading transaction; whatever the tenant's name holds, hex digits are safe."""
    act = _ACT_FOR_LITERALLY.fill(tenant_hex=tenant_id.encode().hex(), reach=reach.value)
    return f"{_BEGIN_READING.text}; {act.text}"


async def _before_another(error: ApiError) -> None:
    """Wait before another attempt at a read; raises the error where that would not help."""
    if not isinstance(error.__cause__, CONNECTION_LOST):
        raise error
    # connections that were lost with it are told apart from good ones by then
    await asyncio.sleep(_BEFORE_ANOTHER_SECONDS)


async def _end_reading(connection: Any) -> None:
    # what was read was read: a connection that is lost now is not its failure
    try:
        await connection.execute(_END_READING.text)
    except FAILURES:
        _end(connection)


def _end(connection: Any) -> None:
    """Close a connection without a word; the pool may have done so already."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _is_text_that_cannot_be(error: asyncpg.DataError) -> bool:
    return isinstance(error, asyncpg.CharacterNotInRepertoireError) or isinstance(
        error.__cause__, UnicodeEncodeError
    )
