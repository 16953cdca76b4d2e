"""How sessions end, and how a password is changed."""

from typing import Any
from uuid import UUID

from graph_api.auth.inputs import ChangePasswordInput, RevokeSessionInput
from graph_api.auth.models import SIGN_IN, SessionEnd, SignedOut
from graph_api.auth.passwords import hash_password, problem_of
from graph_api.auth.proving import proved
from graph_api.auth.store import (
    end_session,
    end_sessions_of,
    locked_account,
    sessions_by_ids,
    set_password,
    user_of_session,
    users_by_ids,
)
from graph_api.core.api.outcomes import FieldError, Forbidden, NotFound, Refused, invalid
from graph_api.core.context import OperationContext
from graph_api.core.permissions import Permission


async def log_out(context: OperationContext, given: None) -> dict[str, Any]:
    """End the session that asks."""
    user_id, session_id = _own(context)
    async with context.database.transaction(context.viewer, "logout") as session:
        ended = await end_session(session, session_id, SessionEnd.LOGOUT)
        if ended:
            session.journal.details.update(user_id=str(user_id), session_id=str(session_id))
    context.held[SIGN_IN] = SignedOut()
    return {"ended_sessions": int(ended)}


async def log_out_everywhere(context: OperationContext, given: None) -> dict[str, Any]:
    """End every session of the user who asks."""
    user_id, _ = _own(context)
    async with context.database.transaction(context.viewer, "logoutEverywhere") as session:
        ended = await end_sessions_of(session, user_id, SessionEnd.LOGOUT_EVERYWHERE)
        if ended:
            session.journal.details.update(user_id=str(user_id), ended_sessions=_texts(ended))
    context.held[SIGN_IN] = SignedOut()
    return {"ended_sessions": len(ended)}


async def change_password(context: OperationContext, given: ChangePasswordInput) -> dict[str, Any]:
    """Change the password of the user who asks."""
    database, settings = context.database, context.settings
    user_id, session_id = _own(context)
    users = await users_by_ids(database, context.viewer, [user_id])
    email = users[user_id].email
    # asked about first: whether it may be one tells nothing of the one there is
    problem = problem_of(given.new_password, email, settings.min_password_length)
    if problem is None and given.new_password == given.current_password:
        problem = "must not be the current password"
    if problem is not None:
        raise invalid([FieldError(path="newPassword", message=problem)])
    found = await proved(database, settings, email, given.current_password)
    if found is None:
        raise _not_the_password()
    new_hash = await hash_password(given.new_password)
    async with database.transaction(context.viewer, "changePassword") as session:
        now = await locked_account(session, user_id)
        if now is None or now.password_hash != found[0].password_hash:
            raise _not_the_password()
        await set_password(session, user_id, new_hash, must_change=False)
        ended = await end_sessions_of(session, user_id, SessionEnd.PASSWORD_CHANGED, but=session_id)
        session.journal.details.update(user_id=str(user_id), ended_sessions=_texts(ended))
    users = await users_by_ids(database, context.viewer, [user_id])
    return {"user": users[user_id], "ended_sessions": len(ended)}


def _not_the_password() -> Refused:
    message = "is not the current password, or there were too many failures"
    return invalid([FieldError(path="currentPassword", message=message)])


async def revoke_session(context: OperationContext, given: RevokeSessionInput) -> dict[str, Any]:
    """End a session of the user who asks, or of another in the tenant."""
    viewer = context.viewer
    async with context.database.transaction(viewer, "revokeSession") as session:
        user_id = await user_of_session(session, given.id)
        is_own = user_id is not None and str(user_id) == viewer.user_id
        if user_id is None or not (is_own or viewer.may(Permission.MANAGE_USERS)):
            message = "there is no such session, or it is over"
            raise Refused(NotFound(message=message, path="id"))
        await end_session(session, given.id, SessionEnd.REVOKED)
        session.journal.details.update(user_id=str(user_id), session_id=str(given.id))
    if str(given.id) == viewer.session_id:
        context.held[SIGN_IN] = SignedOut()
    found = await sessions_by_ids(context.database, viewer, [given.id])
    return {"session": found[given.id]}


def _own(context: OperationContext) -> tuple[UUID, UUID]:
    """The user and the session that ask; refused, where a key or another token does."""
    viewer = context.viewer
    if viewer.user_id is None or viewer.session_id is None:
        message = "this is for a session that began with a password"
        raise Refused(Forbidden(message=message))
    return UUID(viewer.user_id), UUID(viewer.session_id)


def _texts(ids: list[UUID]) -> list[str]:
    return [str(one) for one in ids]
