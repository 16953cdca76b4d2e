"""People who sign in through the API, as clients do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg

from graph_api.auth.administering import provide_user
from graph_api.auth.models import CLIENT, REFRESH_COOKIE, SIGN_IN, Client, User
from graph_api.core.api.execution import run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod, Viewer

PASSWORD = "correct horse battery staple"
ANYBODY = Viewer("", subject="anonymous", auth_method=AuthMethod.ANONYMOUS)

LOGIN = """
mutation ($input: LoginInput!) {
  login(input: $input) {
    __typename
    ... on LoginPayload {
      accessToken refreshToken expiresAt mustChangePassword user { id email roles }
    }
    ... on Forbidden { message }
  }
}
"""
REFRESH = """
mutation ($input: RefreshInput!) {
  refresh(input: $input) {
    __typename
    ... on RefreshPayload { accessToken refreshToken expiresAt user { email roles } }
    ... on RefreshRejected { message reason }
    ... on ValidationError { errors { path message } }
  }
}
"""


@dataclass
class People:
    """The users of one tenant, and the API that they call."""

    services: Services
    schema: GraphSchema
    tenant_id: str
    database_url: str
    held: dict[str | int, Any] = field(default_factory=dict)
    """What the last operation held."""

    def with_settings(self, **changed: Any) -> "People":
        """The same people, and a service with other settings."""
        settings = self.services.settings.model_copy(update=changed)
        return replace(self, services=replace(self.services, settings=settings), held={})

    async def add(
        self,
        roles: Sequence[Role] = (Role.OPERATOR,),
        *,
        email: str | None = None,
        password: str = PASSWORD,
        is_hash: bool = False,
        is_for_one_use: bool = False,
    ) -> User:
        """Add a user."""
        return await provide_user(
            self.services.database,
            self.services.settings,
            self.tenant_id,
            email or f"{uuid.uuid4().hex[:12]}@Example.com",
            roles,
            None,
            password,
            is_hash=is_hash,
            is_for_one_use=is_for_one_use,
        )

    async def ask(
        self,
        query: str,
        given: Any = None,
        viewer: Viewer = ANYBODY,
        *,
        client: Client | None = None,
        cookie: str | None = None,
    ) -> dict[str, Any]:
        """The whole answer to a document whose one variable is its input."""
        context = self.services.operation(viewer)
        context.held.update({CLIENT: client, REFRESH_COOKIE: cookie})
        result = await run_operation(
            self.schema.schema, context, query, None if given is None else {"input": given}
        )
        self.held = context.held
        return result.body

    async def answer(self, query: str, given: Any = None, viewer: Viewer = ANYBODY) -> Any:
        """What the only root field of a document gives; any error fails the test."""
        body = await self.ask(query, given, viewer)
        assert "errors" not in body, body["errors"]
        (answer,) = body["data"].values()
        return answer

    async def login(self, email: str, password: str = PASSWORD, **given: Any) -> Any:
        """What `login` gives."""
        return await self.answer(LOGIN, {"email": email, "password": password, **given})

    async def refresh(self, token: str | None) -> Any:
        """What `refresh` gives."""
        return await self.answer(REFRESH, {"refreshToken": token})

    async def signed_in(self, user: User) -> Viewer:
        """A user's viewer, by a session that has just begun."""
        result = await self.login(user.email)
        assert result["__typename"] == "LoginPayload"
        rows = await self.sql(
            "select id::text from public.sessions where user_id = $1 order by created_at desc",
            user.id,
        )
        return self.viewer(user, session_id=rows[0]["id"])

    def viewer(
        self,
        user: User,
        session_id: str | None = None,
        scopes: frozenset[Permission] | None = None,
    ) -> Viewer:
        """A user as a request's viewer."""
        return Viewer(
            user.tenant_id,
            subject=user.email,
            roles=frozenset(user.roles),
            scopes=scopes,
            auth_method=AuthMethod.PASSWORD if session_id else AuthMethod.API_KEY,
            user_id=str(user.id),
            session_id=session_id,
        )

    @property
    def sign_in(self) -> Any:
        """What the last operation left for cookies."""
        return self.held.get(SIGN_IN)

    async def sql(self, statement: str, *values: object) -> list[Any]:
        """Ask the database past everything, as the operator of the server could."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def sessions_of(self, user: User) -> list[Any]:
        """Every session of a user, the oldest first."""
        return await self.sql(
            "select * from public.sessions where user_id = $1 order by created_at, id", user.id
        )

    async def audit(self, action: str) -> list[str]:
        """The audit entries of an action in the tenant, as they were signed."""
        rows = await self.sql(
            "select canonical_payload from public.audit_logs"
            " where tenant_id = $1 and event_type = $2 order by chain_number",
            self.tenant_id,
            action,
        )
        return [row["canonical_payload"] for row in rows]
