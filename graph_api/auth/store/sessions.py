"""Sessions: one for each sign-in, good until it is ended or expires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from graph_api.auth.models import (
    LONGEST_ADDRESS,
    LONGEST_USER_AGENT,
    Client,
    LiveSession,
    SessionEnd,
    User,
    UserSession,
)
from graph_api.auth.store.rows import SIGN_IN_VIEWER, roles_of, session_of, uuids_of
from graph_api.core.database import Database, Session
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach, Viewer


@dataclass(frozen=True, slots=True)
class BegunSession:
    """A session that has just begun."""

    id: UUID
    expires_at: datetime


async def begin_session(session: Session, user: User, client: Client, minutes: int) -> BegunSession:
    """Begin a session of a user of the viewer's tenant; what was long over is forgotten."""
    tenant = session.viewer.tenant_id
    await session.fetch(statement("forget_ended_sessions"), tenant, user.id)
    rows = await session.fetch(
        statement("begin_session"),
        tenant,
        user.id,
        [one.value for one in user.roles],
        _text(client.ip_address, LONGEST_ADDRESS),
        _text(client.user_agent, LONGEST_USER_AGENT),
        minutes,
    )
    return BegunSession(rows[0]["id"], rows[0]["expires_at"])


def _text(given: str, most: int) -> str:
    """What a client says of itself, as text that can be kept."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in given)[
        :most
    ]


async def user_of_session(session: Session, session_id: UUID) -> UUID | None:
    """Whose a session of the viewer's tenant is; None where there is none that goes on."""
    tenant = session.viewer.tenant_id
    rows = await session.fetch(statement("session_user"), tenant, session_id)
    return rows[0]["user_id"] if rows else None


async def end_session(session: Session, session_id: UUID, reason: SessionEnd) -> bool:
    """End a session of the viewer's tenant; gives whether it went on until now."""
    tenant = session.viewer.tenant_id
    return bool(await session.fetch(statement("end_session"), tenant, session_id, reason.lower()))


async def end_sessions_of(
    session: Session, user_id: UUID, reason: SessionEnd, *, but: UUID | None = None
) -> list[UUID]:
    """End the sessions of a user of the viewer's tenant, all but one; gives those that ended."""
    tenant = session.viewer.tenant_id
    rows = await session.fetch(
        statement("end_sessions_of_user"), tenant, user_id, reason.lower(), but
    )
    return [row["id"] for row in rows]


async def end_oldest(session: Session, user_id: UUID, keep: int) -> list[UUID]:
    """End the oldest sessions of a user beyond so many; 0 keeps them all."""
    if keep == 0:
        return []
    tenant, reason = session.viewer.tenant_id, SessionEnd.SUPERSEDED.lower()
    rows = await session.fetch(statement("end_oldest_sessions"), tenant, user_id, reason, keep)
    return [row["id"] for row in rows]


async def sessions_by_ids(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, UserSession]:
    """Sessions of the viewer's tenant by id; unknown ids are left out."""
    rows = await database.fetch(viewer, statement("sessions_by_ids"), viewer.tenant_id, list(ids))
    return {one.id: one for one in map(session_of, rows)}


async def live_sessions(database: Database, session_ids: Sequence[str]) -> dict[str, LiveSession]:
    """Of sessions of any tenant those that go on, and whose users are active, by id."""
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("live_sessions"), uuids_of(session_ids), reach=Reach.ALL
    )
    found = [
        LiveSession(
            session_id=str(row["id"]),
            user_id=str(row["user_id"]),
            tenant_id=row["tenant_id"],
            email=row["email"],
            roles=roles_of(row["roles"]),
            must_change_password=row["must_change_password"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]
    return {one.session_id: one for one in found}


async def note_session_use(database: Database, session_ids: Sequence[str]) -> None:
    """Note that sessions are in use, to the minute."""
    async with database.transaction(SIGN_IN_VIEWER, "login", reach=Reach.ALL) as session:
        await session.fetch(statement("note_session_use"), uuids_of(session_ids))
