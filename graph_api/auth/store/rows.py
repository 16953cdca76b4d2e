"""Rows of sign-in's tables as models, and whom its statements act for."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from graph_api.auth.models import Account, ApiKey, SessionEnd, User, UserSession
from graph_api.core.database import Row
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import SHARED_TENANT, AuthMethod, Viewer

SIGN_IN_VIEWER = Viewer(SHARED_TENANT, subject="sign-in", actor_type="system")
"""For whom sign-in acts while it does not know yet who asks, and of which tenant."""


def acting_for(tenant_id: str, email: str) -> Viewer:
    """A user who is being signed in, as the audit of its tenant names it."""
    return Viewer(tenant_id, subject=email, auth_method=AuthMethod.PASSWORD)


def user_of(row: Row) -> User:
    """A user."""
    return User(
        id=row["id"],
        tenant_id=row["tenant_id"],
        email=row["email"],
        display_name=row["display_name"],
        roles=list(row["roles"]),
        is_active=row["is_active"],
        must_change_password=row["must_change_password"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def account_of(row: Row) -> Account:
    """A user with the hash of its password."""
    return Account(user_of(row), row["password_hash"])


def session_of(row: Row) -> UserSession:
    """A session with the email of its user."""
    reason = row["revoked_reason"]
    return UserSession(
        id=row["id"],
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        email=row["email"],
        roles=list(row["roles"]),
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        created_at=row["created_at"],
        last_active_at=row["last_active_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        revoked_reason=None if reason is None else SessionEnd[reason.upper()],
    )


def api_key_shown(row: Row) -> ApiKey:
    """An API key, without its hash."""
    return ApiKey(
        id=row["id"],
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        name=row["name"],
        prefix=row["prefix"],
        roles=list(row["roles"]),
        scopes=None if row["scopes"] is None else list(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


def roles_of(values: Iterable[str]) -> frozenset[Role]:
    """Roles as tables keep them."""
    return frozenset(Role(one) for one in values)


def permissions_named(values: Iterable[str]) -> frozenset[Permission]:
    """Permissions as tables keep them; one that there is no more allows nothing."""
    known = {one.value: one for one in Permission}
    return frozenset(known[one] for one in values if one in known)


def uuids_of(ids: Iterable[str]) -> Sequence[UUID]:
    """The ids that can be ids."""
    found = []
    for one in ids:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found
