"""Errors as clients see them."""

import logging
import re
import uuid
from typing import Any

from graphql import GraphQLError

from graph_api.core.errors import ApiError, ErrorCode

_log = logging.getLogger("graph_api")

_SUGGESTION = re.compile(r"\s*Did you mean .*\Z", re.DOTALL)
# how graphql-core says that it came near the end of the stack
_TOO_DEEP = "nested too deeply"
# for tools that know none of our codes: as graphql-java's and Apollo's servers say whose doing it is
_CLASSIFICATIONS = {
    ErrorCode.UNAUTHENTICATED: "BAD_REQUEST",
    ErrorCode.FORBIDDEN: "BAD_REQUEST",
    ErrorCode.BAD_USER_INPUT: "BAD_REQUEST",
    ErrorCode.NOT_FOUND: "BAD_REQUEST",
    ErrorCode.LIMIT_EXCEEDED: "BAD_REQUEST",
    ErrorCode.TIMEOUT: "INTERNAL_SERVER_ERROR",
    ErrorCode.UNAVAILABLE: "INTERNAL_SERVER_ERROR",
    ErrorCode.INTERNAL: "INTERNAL_SERVER_ERROR",
}


def error_document(error: GraphQLError, *, with_suggestions: bool = True) -> dict[str, Any]:
    """An error as the client sees it: coded, and masked where the cause is ours.

    What is masked is logged in full under the error id that the client is given. The error of a
    field, which stands beside data under status 200, has a classification: whether the request
    asked for it, or we failed. Without suggestions, the message does not tell what the schema has
    of a similar name.
    """
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    document: dict[str, Any] = {"message": error.message}
    if error.locations:
        document["locations"] = [
            {"line": one.line, "column": one.column} for one in error.locations
        ]
    if error.path:
        document["path"] = error.path
    if isinstance(original, ApiError):
        document["message"] = original.message
        document["extensions"] = original.extensions
    elif isinstance(original, RecursionError) or (
        (original is None or isinstance(original, GraphQLError)) and _TOO_DEEP in error.message
    ):
        document["message"] = "the request is nested too deeply"
        document["extensions"] = {"code": ErrorCode.LIMIT_EXCEEDED.value, "limit": "nesting"}
    elif original is None or isinstance(original, GraphQLError):
        if not with_suggestions:
            document["message"] = _SUGGESTION.sub("", error.message)
        document["extensions"] = {"code": ErrorCode.BAD_USER_INPUT.value}
    else:
        document |= _masked(original)
    classification = _CLASSIFICATIONS.get(document["extensions"]["code"])
    if error.path and classification is not None:
        document["extensions"] = document["extensions"] | {"classification": classification}
    return document


def _masked(original: BaseException) -> dict[str, Any]:
    error_id = str(uuid.uuid4())
    _log.error("internal error %s", error_id, exc_info=original)
    return {
        "message": "something went wrong on our side; quote the error id to us",
        "extensions": {"code": ErrorCode.INTERNAL.value, "errorId": error_id},
    }
