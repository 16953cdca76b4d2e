"""Sign-in for browsers: tokens in cookies that no script can read, and a CSRF token beside them.

Three cookies, all `SameSite=Strict`: the access token, sent with every request; the refresh token,
sent to `REFRESH_PATH` only; and the CSRF token, which our own pages read and repeat in a header.
The CSRF token is bound to the session by an HMAC, so a cookie that somebody plants is worth nothing.
"""

import hmac
import secrets
from datetime import UTC, datetime
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from graph_api.auth.models import SignedOut, SignIn
from graph_api.auth.tokens import access_tokens
from graph_api.core.auth_keys import auth_keys
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.settings import Settings

CSRF_HEADER: Final = "X-CSRF-Token"
"""Where a page repeats the CSRF cookie."""
REFRESH_PATH: Final = "/graphql/refresh"
"""The same API again, and the only path that the refresh token is sent to."""

ACCESS: Final = "graph-api-access"
REFRESH: Final = "graph-api-refresh"
CSRF: Final = "graph-api-csrf"

_PURPOSE = "csrf"


class BrowserCookies:
    """Reads and writes the cookies of a sign-in."""

    def __init__(self, settings: Settings) -> None:
        self._keys = auth_keys(settings)
        self._tokens = access_tokens(settings)
        self._secure = settings.cookie_secure
        # the prefixes make browsers refuse such a cookie from another host or over plain HTTP;
        # `__Host-` allows no path but `/`
        self.access_name = f"__Host-{ACCESS}" if self._secure else ACCESS
        self.refresh_name = f"__Secure-{REFRESH}" if self._secure else REFRESH
        self.csrf_name = f"__Host-{CSRF}" if self._secure else CSRF

    def access_token(self, connection: HTTPConnection) -> str | None:
        """The access token that came in a cookie."""
        return connection.cookies.get(self.access_name) or None

    def refresh_token(self, connection: HTTPConnection) -> str | None:
        """The refresh token that came in a cookie."""
        return connection.cookies.get(self.refresh_name) or None

    def check_csrf(self, connection: HTTPConnection, session_id: str | None) -> None:
        """Raise ApiError FORBIDDEN for a POST whose header does not repeat the CSRF cookie.

        The token must be that of the session, where one is given, else of any. A GET changes
        nothing, and a WebSocket is accepted from our own origin only.
        """
        if connection.scope.get("method") != "POST":
            return
        cookie = connection.cookies.get(self.csrf_name, "")
        header = connection.headers.get(CSRF_HEADER, "")
        same = hmac.compare_digest(cookie.encode(), header.encode())
        if not (cookie and same and self._is_ours(cookie, session_id)):
            raise ApiError(
                ErrorCode.FORBIDDEN,
                f"a request that is signed in by a cookie must repeat the cookie {self.csrf_name} "
                f"in the header {CSRF_HEADER}",
            )

    def check_refresh(self, connection: HTTPConnection) -> None:
        """Raise ApiError FORBIDDEN for a POST with a refresh cookie and no CSRF token."""
        if self.refresh_token(connection) is not None:
            self.check_csrf(connection, None)

    def write(
        self, outcome: SignIn | SignedOut, connection: HTTPConnection, response: Response
    ) -> None:
        """Give the browser the cookies of a sign-in that asked for them, or take them away."""
        # whatever it says of tokens is for one client
        response.headers["Cache-Control"] = "no-store"
        if isinstance(outcome, SignIn):
            if outcome.in_cookies:
                self._keep(outcome, response)
        elif any(
            name in connection.cookies
            for name in (self.access_name, self.refresh_name, self.csrf_name)
        ):
            self._set(response, self.access_name, "", 0)
            self._set(response, self.refresh_name, "", 0, path=REFRESH_PATH)
            self._set(response, self.csrf_name, "", 0, readable=True)

    def _keep(self, sign_in: SignIn, response: Response) -> None:
        session_id = self._tokens.verify(sign_in.access_token).session_id
        kept = _seconds_until(sign_in.refresh_expires_at)
        access = _seconds_until(sign_in.expires_at)
        self._set(response, self.access_name, sign_in.access_token, access)
        self._set(response, self.refresh_name, sign_in.refresh_token, kept, path=REFRESH_PATH)
        self._set(response, self.csrf_name, self._csrf_token(session_id), kept, readable=True)

    def _set(
        self,
        response: Response,
        name: str,
        value: str,
        max_age: int,
        *,
        path: str = "/",
        readable: bool = False,
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path=path,
            secure=self._secure,
            httponly=not readable,
            samesite="strict",
        )

    def _csrf_token(self, session_id: str) -> str:
        said = f"{session_id}.{secrets.token_urlsafe(16)}"
        return f"{said}.{self._keys.digest(_PURPOSE, said)}"

    def _is_ours(self, token: str, session_id: str | None) -> bool:
        said, _, mac = token.rpartition(".")
        if session_id is not None and said.partition(".")[0] != session_id:
            return False
        return hmac.compare_digest(self._keys.digest(_PURPOSE, said).encode(), mac.encode())


def _seconds_until(moment: datetime) -> int:
    return max(0, int((moment - datetime.now(UTC)).total_seconds()))
