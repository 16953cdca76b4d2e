"""How the driver says that the database failed, and what a caller is told of it."""

from asyncio import CancelledError
from socket import gaierror

import asyncpg

from graph_api.core.errors import ApiError, ErrorCode

FAILURES = (
    TimeoutError,
    asyncpg.PostgresConnectionError,
    # cancelled, shut down, crashed, starting up
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""What says that the database, and not the statement, is at fault."""

CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
    ConnectionError,
)
"""What says that the connection has gone, and nothing of the statement."""

NOT_CONNECTED = (
    ConnectionError,
    TimeoutError,
    gaierror,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)
"""What says that no connection could be opened: no server, no such database, or not for us."""

ENDED_WHILE_COMMITTING = (*FAILURES, CancelledError)
"""What may leave it open whether a transaction was committed; see `was_rolled_back`."""

_SAID_BY_A_SERVER_THAT_ROLLED_BACK = (
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)


def was_rolled_back(error: BaseException) -> bool:
    """Whether a failed COMMIT was certainly none: the server itself refused it, and lives on."""
    return isinstance(error, _SAID_BY_A_SERVER_THAT_ROLLED_BACK)


def unavailable() -> ApiError:
    """For what was not begun, because no connection is to be had."""
    return ApiError(ErrorCode.UNAVAILABLE, "the database cannot be reached or is busy; try again")


def translated(error: BaseException) -> ApiError:
    """For a statement that failed so; nothing of its transaction was written."""
    if isinstance(error, TimeoutError | asyncpg.QueryCanceledError):
        return ApiError(ErrorCode.TIMEOUT, "the database took too long; ask for less at a time")
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.LockNotAvailableError):
        return ApiError(ErrorCode.UNAVAILABLE, "another write got in the way; try again")
    return ApiError(ErrorCode.UNAVAILABLE, "the database went away; try again")


def unknown_outcome(idempotency_key: str | None = None) -> ApiError:
    """For a write whose COMMIT was sent and not answered: it may have been made, or not."""
    begun = "the answer to this write was lost: it has been made, or it has not"
    if idempotency_key is None:
        return ApiError(
            ErrorCode.UNKNOWN_OUTCOME,
            f"{begun}; read what it would have changed before you try again. With an "
            "idempotencyKey in its input you could ask again without writing twice",
        )
    return ApiError(
        ErrorCode.UNKNOWN_OUTCOME,
        f"{begun}; ask again with the same input and idempotencyKey: it is written once, and the "
        "answer says what was",
        idempotencyKey=idempotency_key,
    )
