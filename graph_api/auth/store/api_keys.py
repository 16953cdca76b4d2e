"""API keys: kept by a hash under a secret key, and found by it."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from graph_api.auth.models import ApiKey, LiveApiKey
from graph_api.auth.store.rows import (
    SIGN_IN_VIEWER,
    api_key_shown,
    permissions_named,
    roles_of,
    uuids_of,
)
from graph_api.core.database import Database, Row, Session
from graph_api.core.permissions import Permission, Role, permissions_of
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach

_KEY = re.compile(r"gapi_([A-Za-z0-9_-]{8})_[A-Za-z0-9_-]{43}")
_PURPOSE = "API keys"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key to make in the tenant of a transaction."""

    user_id: UUID
    name: str
    roles: Sequence[Role]
    scopes: Sequence[Permission] | None
    expires_at: datetime | None


async def add_api_key(database: Database, session: Session, new: NewApiKey) -> tuple[ApiKey, str]:
    """Make an API key; gives it with its secret text, which nobody can ask for again."""
    prefix = secrets.token_urlsafe(6)
    text = f"gapi_{prefix}_{secrets.token_urlsafe(32)}"
    rows = await session.fetch(
        statement("insert_api_key"),
        session.viewer.tenant_id,
        new.user_id,
        new.name,
        prefix,
        database.auth_keys.digest(_PURPOSE, text),
        [one.value for one in new.roles],
        None if new.scopes is None else [one.value for one in new.scopes],
        new.expires_at,
    )
    return api_key_shown(rows[0]), text


async def revoke_key(session: Session, key_id: UUID) -> ApiKey | None:
    """Revoke a key of the viewer's tenant; None where there is none that is not revoked."""
    rows = await session.fetch(statement("revoke_api_key"), session.viewer.tenant_id, key_id)
    return api_key_shown(rows[0]) if rows else None


async def api_key_of(database: Database, presented: str) -> LiveApiKey | None:
    """The key that a text is, of whatever tenant; None where it is none that is good now."""
    match = _KEY.fullmatch(presented)
    if match is None:
        return None
    digest = database.auth_keys.digest(_PURPOSE, presented)
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("live_api_key_by_hash"), digest, reach=Reach.ALL
    )
    if not rows:
        return None
    row = rows[0]
    if not hmac.compare_digest(row["key_hash"], digest) or row["prefix"] != match[1]:
        return None
    return _live(row)


async def live_api_keys(database: Database, ids: Sequence[str]) -> dict[str, LiveApiKey]:
    """Of keys of any tenant those that are good now, by id."""
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("live_api_keys"), uuids_of(ids), reach=Reach.ALL
    )
    return {one.api_key_id: one for one in map(_live, rows)}


async def note_key_use(database: Database, ids: Sequence[str]) -> None:
    """Note that keys are in use, to the minute."""
    async with database.transaction(SIGN_IN_VIEWER, "apiKey", reach=Reach.ALL) as session:
        await session.fetch(statement("note_api_key_use"), uuids_of(ids))


def _live(row: Row) -> LiveApiKey:
    roles = roles_of(row["roles"])
    scopes = None if row["scopes"] is None else permissions_named(row["scopes"])
    makers = permissions_of(roles_of(row["maker_roles"]))
    if not permissions_of(roles) <= makers:
        # the maker may do less than when it made the key
        scopes = makers if scopes is None else scopes & makers
    return LiveApiKey(
        api_key_id=str(row["id"]),
        tenant_id=row["tenant_id"],
        user_id=str(row["user_id"]),
        name=row["name"],
        roles=roles,
        scopes=scopes,
        expires_at=row["expires_at"],
    )
