"""The root fields of one's own account and of the tenant's users, and what adds sign-in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry

from graph_api.auth.models import User, UserSession
from graph_api.auth.mutations import add_auth_mutations
from graph_api.auth.store import (
    api_key_page,
    count_api_keys,
    count_sessions,
    count_users,
    session_page,
    sessions_by_ids,
    user_page,
    users_by_ids,
)
from graph_api.auth.types import add_auth_types
from graph_api.core.api.building import Argument, GraphQLClass, add_field
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import context_of
from graph_api.core.api.permitting import require
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.pages import Order, Page, PageRequest, page_request
from graph_api.core.permissions import Permission

_PAGE_ARGUMENTS = [
    Argument("first", int, "How many from the start, or after `after`; 50 when left out."),
    Argument("after", str, "A cursor; the page begins after its row."),
    Argument("last", int, "How many from the end, or before `before`."),
    Argument("before", str, "A cursor; the page ends before its row."),
]


def add_auth(parts: SchemaParts) -> None:
    """Add users, sessions and keys to a schema."""
    add_auth_types(parts)
    _add_me(parts)
    _add_users(parts)
    _add_sessions(parts)
    _add_api_keys(parts)
    add_auth_mutations(parts)


@dataclass(frozen=True, slots=True)
class Me:
    """What is stored of who asks."""

    user: User | None
    session: UserSession | None


def _add_me(parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info) -> Me:
        database, viewer = context_of(info).database, context_of(info).viewer
        user = session = None
        # a user of an outside provider is none of ours, and its id may be any text
        if (user_id := _uuid(viewer.user_id)) is not None:
            user = (await users_by_ids(database, viewer, [user_id])).get(user_id)
        if (session_id := _uuid(viewer.session_id)) is not None:
            session = (await sessions_by_ids(database, viewer, [session_id])).get(session_id)
        return Me(user, session)

    add_field(
        parts.query,
        "me",
        parts.records["Me"],
        resolve,
        "Who asks, and what it may do.",
        permission=Permission.OWN_SESSIONS,
    )


def _add_users(parts: SchemaParts) -> None:
    def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        database, viewer = context.database, context.viewer
        return _listed(
            info,
            given,
            lambda request: user_page(database, viewer, request),
            lambda: count_users(database, viewer),
        )

    _add_list(
        parts.query,
        "users",
        parts.records["UserConnection"],
        resolve,
        "The tenant's users, the newest first.",
        Permission.MANAGE_USERS,
    )


def _add_sessions(parts: SchemaParts) -> None:
    def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        database, viewer = context.database, context.viewer
        user_id = None if given["all"] else _own_user(context)
        if given["all"]:
            require(context, Permission.MANAGE_USERS)
        return _listed(
            info,
            given,
            lambda request: session_page(database, viewer, user_id, request),
            lambda: count_sessions(database, viewer, user_id),
        )

    _add_list(
        parts.query,
        "sessions",
        parts.records["UserSessionConnection"],
        resolve,
        "The sessions of the user who asks that go on, the newest first.",
        Permission.OWN_SESSIONS,
        Argument("all", bool, "true, for who manages users: those of everybody in the tenant."),
    )


def _add_api_keys(parts: SchemaParts) -> None:
    def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        database, viewer = context.database, context.viewer
        return _listed(
            info,
            given,
            lambda request: api_key_page(database, viewer, request),
            lambda: count_api_keys(database, viewer),
        )

    _add_list(
        parts.query,
        "api_keys",
        parts.records["ApiKeyConnection"],
        resolve,
        "The tenant's API keys, the newest first, revoked ones too.",
        Permission.MANAGE_API_KEYS,
    )


def _add_list(
    query: GraphQLClass,
    name: str,
    connection: GraphQLClass,
    resolve: Callable[..., RecordConnection],
    description: str,
    permission: Permission,
    *arguments: Argument,
) -> None:
    add_field(
        query,
        name,
        connection,
        resolve,
        description,
        [*arguments, *_PAGE_ARGUMENTS],
        permission=permission,
    )


def _listed(
    info: strawberry.Info,
    given: dict[str, Any],
    read: Callable[[PageRequest], Awaitable[Page[Any]]],
    count: Callable[[], Awaitable[int]],
) -> RecordConnection:
    context = context_of(info)
    request = page_request(
        context.settings,
        [Order("created_at", descending=True)],
        given["first"],
        given["after"],
        given["last"],
        given["before"],
    )

    async def page() -> Any:
        return await context.loaders.once((info.path.key, "page"), lambda: read(request))

    return RecordConnection(page, count)


def _own_user(context: OperationContext) -> UUID:
    user_id = _uuid(context.viewer.user_id)
    if user_id is None:
        raise ApiError(ErrorCode.FORBIDDEN, "the viewer is no user of this service")
    return user_id


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None
