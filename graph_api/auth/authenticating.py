"""From a request to its viewer: the one place where credentials are read and believed."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response

from graph_api.auth.cookies import BrowserCookies
from graph_api.auth.identity_provider import IdentityProvider
from graph_api.auth.models import (
    CLIENT,
    LONGEST_ADDRESS,
    LONGEST_USER_AGENT,
    REFRESH_COOKIE,
    SIGN_IN,
    Client,
    LiveApiKey,
    LiveSession,
    SignedOut,
    SignIn,
)
from graph_api.auth.session_watch import SessionWatch
from graph_api.auth.tokens import ALGORITHM as OUR_ALGORITHM
from graph_api.auth.tokens import VerifiedToken, access_tokens, expired, header_of, not_valid
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.viewer import SHARED_TENANT, AuthMethod, Viewer
from graph_api.settings import Settings

_BEARER = "bearer"
_API_KEY_HEADER = "x-api-key"

ANONYMOUS = Viewer("", subject="anonymous", auth_method=AuthMethod.ANONYMOUS)
"""Who has offered nothing; may use public fields only."""


class Authenticator:
    """Proves who asks."""

    def __init__(self, settings: Settings, watch: SessionWatch) -> None:
        self._tokens = access_tokens(settings)
        self._provider = IdentityProvider.of(settings)
        self._cookies = BrowserCookies(settings)
        self._watch = watch
        self._unnamed = _developer(settings) or ANONYMOUS

    async def viewer_of(
        self, connection: HTTPConnection, parameters: Mapping[str, Any] | None = None
    ) -> Viewer:
        """The viewer of a request, or of a WebSocket with the payload of its connection_init.

        One credential may be given: `Authorization: Bearer` with an access token or an API key,
        `X-API-Key`, the same in the payload, or the cookie of a sign-in. With none, the viewer is
        the developer where the settings name a tenant for it, else anonymous.

        Raises ApiError UNAUTHENTICATED for a credential that is not valid or not alone,
        FORBIDDEN for a cookie without its CSRF token, UNAVAILABLE where it cannot be checked.
        """
        offered = _offered(connection, parameters)
        has_cookies = "cookie" in connection.headers
        cookie = self._cookies.access_token(connection) if has_cookies else None
        if len(offered) + (cookie is not None) > 1:
            raise ApiError(
                ErrorCode.UNAUTHENTICATED,
                "send one credential: an Authorization header, an X-API-Key header, the payload "
                "of connection_init, or the cookie of a sign-in",
            )
        if has_cookies:
            self._cookies.check_refresh(connection)
        if cookie is not None:
            return await self._viewer_of_cookie(connection, cookie)
        if offered:
            return await self._viewer_of_text(offered[0])
        return self._unnamed

    def client_of(self, connection: HTTPConnection) -> dict[str | int, Any]:
        """What sign-in wants to know of a request, as the operation's context holds it."""
        address = connection.client.host if connection.client else ""
        agent = connection.headers.get("user-agent", "")
        return {
            CLIENT: Client(address[:LONGEST_ADDRESS], agent[:LONGEST_USER_AGENT]),
            REFRESH_COOKIE: self._cookies.refresh_token(connection)
            if "cookie" in connection.headers
            else None,
        }

    async def until_ended(self, viewer: Viewer) -> ApiError:
        """Wait until what a viewer was proved by has ended, and say so."""
        return await self._watch.until_ended(viewer)

    def answered(
        self, connection: HTTPConnection, context: OperationContext, response: Response
    ) -> None:
        """Let the answer to an operation set or take the cookies that came of it."""
        outcome = context.held.get(SIGN_IN)
        if isinstance(outcome, SignIn | SignedOut):
            self._watch.forget(context.viewer)
            self._cookies.write(outcome, connection, response)

    async def _viewer_of_cookie(self, connection: HTTPConnection, token: str) -> Viewer:
        try:
            verified = self._tokens.verify(token)
            viewer = await self._viewer_of_session(verified)
        except ApiError as error:
            # the browser sends it whether the page wants to or not: it must not prevent the
            # sign-in that replaces it; a WebSocket has no other use for it
            if error.code is ErrorCode.UNAUTHENTICATED and connection.scope["type"] == "http":
                return self._unnamed
            raise
        self._cookies.check_csrf(connection, verified.session_id)
        return viewer

    async def _viewer_of_text(self, text: str) -> Viewer:
        # a JWT has two dots and an API key has none
        if "." not in text:
            return await self._viewer_of_api_key(text)
        if header_of(text).get("alg") == OUR_ALGORITHM:
            return await self._viewer_of_session(self._tokens.verify(text))
        return await self._viewer_of_provider(text)

    async def _viewer_of_session(self, token: VerifiedToken) -> Viewer:
        session = await self._watch.session(token.session_id)
        if session is None:
            raise expired()
        if (session.user_id, session.tenant_id) != (token.user_id, token.tenant_id):
            raise not_valid()
        return _viewer_of_session(session, token)

    async def _viewer_of_api_key(self, presented: str) -> Viewer:
        key = await self._watch.api_key(presented)
        if key is None:
            raise not_valid()
        return _viewer_of_api_key(key)

    async def _viewer_of_provider(self, token: str) -> Viewer:
        if self._provider is None:
            raise not_valid()
        identity = await self._provider.verify(token)
        return Viewer(
            identity.tenant_id,
            subject=identity.subject,
            actor_type=_actor_type(identity.roles),
            roles=identity.roles,
            auth_method=AuthMethod.EXTERNAL,
            user_id=identity.user_id,
            expires_at=identity.expires_at,
        )


def _developer(settings: Settings) -> Viewer | None:
    if settings.dev_tenant is None:
        return None
    return Viewer(
        settings.dev_tenant,
        subject="developer",
        roles=frozenset({Role.ADMIN}),
        administers_shared=True,
        auth_method=AuthMethod.DEVELOPMENT,
    )


def _viewer_of_session(session: LiveSession, token: VerifiedToken) -> Viewer:
    return Viewer(
        session.tenant_id,
        subject=session.email,
        # the roles of now, not those that the token was made with
        roles=session.roles,
        administers_shared=_administers_shared(session.tenant_id, session.roles),
        auth_method=AuthMethod.PASSWORD,
        user_id=session.user_id,
        session_id=session.session_id,
        expires_at=min(token.expires_at, session.expires_at),
        must_change_password=session.must_change_password,
    )


def _viewer_of_api_key(key: LiveApiKey) -> Viewer:
    return Viewer(
        key.tenant_id,
        subject=f"api-key:{key.name}",
        actor_type=_actor_type(key.roles),
        roles=key.roles,
        administers_shared=_administers_shared(key.tenant_id, key.roles),
        scopes=key.scopes,
        auth_method=AuthMethod.API_KEY,
        user_id=key.user_id,
        api_key_id=key.api_key_id,
        expires_at=key.expires_at,
    )


def _administers_shared(tenant_id: str, roles: frozenset[Role]) -> bool:
    return tenant_id == SHARED_TENANT and Role.ADMIN in roles


def _actor_type(roles: frozenset[Role]) -> str:
    return "agent" if roles == {Role.SERVICE} else "user"


def _offered(connection: HTTPConnection, parameters: Mapping[str, Any] | None) -> list[str]:
    """Every credential that headers and payload give, but for cookies."""
    bearer: list[Any] = connection.headers.getlist("authorization")
    plain: list[Any] = connection.headers.getlist(_API_KEY_HEADER)
    if parameters:
        nested = parameters.get("headers")
        for given in (parameters, nested if isinstance(nested, Mapping) else {}):
            for name, value in given.items():
                if value is None:
                    continue
                if name.lower() == "authorization":
                    bearer.append(value)
                elif name.lower() in ("apikey", _API_KEY_HEADER):
                    plain.append(value)
    return [_bearer(one) for one in bearer] + [_text(one) for one in plain]


def _bearer(value: Any) -> str:
    scheme, _, token = _text(value).partition(" ")
    if scheme.lower() != _BEARER:
        raise ApiError(ErrorCode.UNAUTHENTICATED, "Authorization must be: Bearer, and a token")
    return _text(token)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise not_valid()
    return value.strip()
