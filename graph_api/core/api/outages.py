"""Tells an operation that an outage has prevented from one that has done something."""

from typing import Any

from strawberry.types.graphql import OperationType

from graph_api.core.errors import ErrorCode


def says_unavailable(body: dict[str, Any]) -> bool:
    """Whether an answer has an error that a client may wait for the end of."""
    return any(_code(error) == ErrorCode.UNAVAILABLE for error in body.get("errors", ()))


def was_prevented(body: dict[str, Any], kind: OperationType | None) -> bool:
    """Whether nothing came of an operation, and that only because the service was unavailable.

    A mutation whose answer could not be read has written: its error lies below its root field.
    """
    errors = body.get("errors", ())
    if not errors or any(_code(error) != ErrorCode.UNAVAILABLE for error in errors):
        return False
    data = body.get("data")
    if data is None:
        return True
    failed = {
        path[0]
        for error in errors
        if (path := error.get("path")) and (kind is OperationType.QUERY or len(path) == 1)
    }
    return all(value is None for value in data.values()) and data.keys() <= failed


def _code(error: dict[str, Any]) -> object:
    return error.get("extensions", {}).get("code")
