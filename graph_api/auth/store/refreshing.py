"""Refresh tokens: each is good for one use, and a second use ends the session."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from graph_api.auth.models import RefreshRejectReason, SessionEnd, User
from graph_api.auth.store.accounts import locked_account
from graph_api.auth.store.rows import SIGN_IN_VIEWER, acting_for
from graph_api.auth.store.sessions import BegunSession, end_session
from graph_api.core.database import Database, Session
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach
from graph_api.settings import Settings

_PURPOSE = "refresh tokens"
_TOKEN_LENGTH = 43


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A refresh token that is given out, and when it ends."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A session that goes on, with the token for the next time."""

    user: User
    session: BegunSession
    token: GivenToken


async def give_refresh_token(
    database: Database, session: Session, begun: BegunSession, user: User
) -> GivenToken:
    """Make a refresh token of a session that lasts as long as the session does."""
    token = secrets.token_urlsafe(32)
    await session.fetch(
        statement("keep_refresh_token"),
        database.auth_keys.digest(_PURPOSE, token),
        session.viewer.tenant_id,
        begun.id,
        user.id,
        begun.expires_at,
    )
    return GivenToken(token, begun.expires_at)


async def refresh(
    database: Database, settings: Settings, token: str
) -> Refreshed | RefreshRejectReason:
    """Take a refresh token for the next one, or say why not.

    Of two who present the same token at once one is served; the other ends the session for both.
    """
    token_hash = database.auth_keys.digest(_PURPOSE, token[: _TOKEN_LENGTH + 1])
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("tenant_of_refresh_token"), token_hash, reach=Reach.ALL
    )
    if not rows:
        return RefreshRejectReason.UNKNOWN
    viewer = acting_for(rows[0]["tenant_id"], rows[0]["email"])
    async with database.transaction(viewer, "refresh") as session:
        return await _exchanged(database, settings, session, token_hash)


async def _exchanged(
    database: Database, settings: Settings, session: Session, token_hash: str
) -> Refreshed | RefreshRejectReason:
    tenant = session.viewer.tenant_id
    rows = await session.fetch(statement("lock_refresh_token"), tenant, token_hash)
    if not rows:
        return RefreshRejectReason.UNKNOWN
    row = rows[0]
    session_id: UUID = row["session_id"]
    if row["is_used"]:
        if await end_session(session, session_id, SessionEnd.REFRESH_REUSED):
            session.journal.details.update(
                session_id=str(session_id), reason=SessionEnd.REFRESH_REUSED.value
            )
        return RefreshRejectReason.REUSED
    if row["is_ended"]:
        return RefreshRejectReason.SESSION_ENDED
    if row["is_expired"]:
        return RefreshRejectReason.EXPIRED
    account = await locked_account(session, row["user_id"])
    if account is None or not account.user.is_active:
        return RefreshRejectReason.USER_INACTIVE
    await session.fetch(statement("use_refresh_token"), tenant, token_hash)
    await session.fetch(statement("forget_expired_refresh_tokens"), tenant, session_id)
    minutes = settings.refresh_expiry_minutes
    rows = await session.fetch(statement("prolong_session"), tenant, session_id, minutes)
    begun = BegunSession(session_id, rows[0]["expires_at"])
    token = await give_refresh_token(database, session, begun, account.user)
    return Refreshed(account.user, begun, token)
