"""The one way to fail: an `ApiError` with a code, a message for a person, and nothing secret."""

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """The value of `extensions.code` of a GraphQL error."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    INTERNAL = "INTERNAL"


class ApiError(Exception):
    """A failure whose message may be shown to the client as it stands.

    graphql-core copies `extensions` of an original error into the GraphQL error.
    """

    def __init__(self, code: ErrorCode, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extensions: dict[str, Any] = {"code": code.value, **extensions}

    @property
    def document(self) -> dict[str, Any]:
        """The error as a GraphQL answer says it."""
        return {"message": self.message, "extensions": self.extensions}


def bad_input(message: str, *, argument: str | None = None) -> ApiError:
    """An `ApiError` for an argument that cannot be what the caller gave; names the argument."""
    if argument is None:
        return ApiError(ErrorCode.BAD_USER_INPUT, message)
    return ApiError(ErrorCode.BAD_USER_INPUT, f"{argument}: {message}", argument=argument)


def limit_exceeded(
    limit: str, allowed: float, actual: float | None = None, **extensions: Any
) -> ApiError:
    """An `ApiError` that names the limit, its value, and what the request asked for."""
    message = f"{limit} is limited to {_plain(allowed)}"
    extensions = {"limit": limit, "allowed": allowed, **extensions}
    if actual is not None:
        message += f", and this request has {_plain(actual)}"
        extensions["actual"] = actual
    return ApiError(ErrorCode.LIMIT_EXCEEDED, message, **extensions)


def _plain(number: float) -> str:
    return f"{number:.10g}"
