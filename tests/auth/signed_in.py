"""People and keys that are signed in, made by the store, and the requests that they send."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import HTTPConnection

from graph_api.auth.models import Client, SessionEnd, SignIn
from graph_api.auth.passwords import hash_password
from graph_api.auth.store import (
    NewApiKey,
    NewUser,
    acting_for,
    add_api_key,
    add_user,
    begin_session,
    end_session,
    revoke_key,
    set_active,
)
from graph_api.auth.tokens import access_tokens
from graph_api.core.database import Database
from graph_api.core.permissions import Permission, Role
from graph_api.settings import Settings

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"


@dataclass
class SignedIn:
    """A user of a tenant with a session that goes on."""

    database: Database
    settings: Settings
    tenant_id: str
    email: str
    user_id: uuid.UUID
    session_id: uuid.UUID
    roles: list[Role]

    @classmethod
    async def begin(
        cls,
        database: Database,
        settings: Settings,
        tenant_id: str,
        roles: list[Role],
        *,
        password: str | None = None,
        must_change_password: bool = False,
    ) -> "SignedIn":
        """Add a user, who signs in by a password where one is given, and begin a session."""
        hashed = HASH if password is None else await hash_password(password)
        email = f"{uuid.uuid4().hex[:12]}@example.com"
        async with database.transaction(acting_for(tenant_id, email), "test") as session:
            user = await add_user(
                session, NewUser(email, hashed, roles, must_change_password=must_change_password)
            )
            assert user is not None
            begun = await begin_session(session, user, Client(), 60)
        return cls(database, settings, tenant_id, email, user.id, begun.id, roles)

    def token(self, **changed: Any) -> str:
        """An access token of the session."""
        given: dict[str, Any] = {
            "user_id": str(self.user_id),
            "tenant_id": self.tenant_id,
            "email": self.email,
            "roles": self.roles,
            "session_id": str(self.session_id),
            "must_change_password": False,
            **changed,
        }
        return access_tokens(self.settings).issue(**given).token

    def sign_in(self) -> SignIn:
        """What the login of the session would leave for cookies."""
        now = datetime.now(UTC)
        return SignIn(
            self.token(),
            "a-refresh-token",
            now + timedelta(minutes=15),
            now + timedelta(days=7),
            in_cookies=True,
        )

    async def api_key(
        self,
        roles: list[Role],
        scopes: list[Permission] | None = None,
        *,
        name: str = "loader",
        expires_at: datetime | None = None,
    ) -> tuple[uuid.UUID, str]:
        """An API key that the user makes: its id and its text."""
        viewer = acting_for(self.tenant_id, self.email)
        async with self.database.transaction(viewer, "test") as session:
            new = NewApiKey(self.user_id, name, roles, scopes, expires_at)
            key, text = await add_api_key(self.database, session, new)
        return key.id, text

    async def end(self) -> None:
        """Revoke the session."""
        viewer = acting_for(self.tenant_id, self.email)
        async with self.database.transaction(viewer, "test") as session:
            assert await end_session(session, self.session_id, SessionEnd.REVOKED)

    async def revoke(self, key_id: uuid.UUID) -> None:
        """Revoke an API key."""
        viewer = acting_for(self.tenant_id, self.email)
        async with self.database.transaction(viewer, "test") as session:
            assert await revoke_key(session, key_id)

    async def disable(self) -> None:
        """Disable the user."""
        viewer = acting_for(self.tenant_id, self.email)
        async with self.database.transaction(viewer, "test") as session:
            await set_active(session, self.user_id, False)


def request(
    method: str = "POST", *, kind: str = "http", path: str = "/graphql", **headers: str
) -> HTTPConnection:
    """A request with headers, whose underscores stand for hyphens."""
    raw = [
        (name.replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    scope: dict[str, Any] = {"type": kind, "path": path, "headers": raw, "query_string": b""}
    if kind == "http":
        scope["method"] = method
    return HTTPConnection(scope)
