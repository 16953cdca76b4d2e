"""How a session begins, and goes on."""

from dataclasses import dataclass, field
from datetime import datetime

from graph_api.auth.inputs import LoginInput, RefreshInput
from graph_api.auth.models import (
    CLIENT,
    REFRESH_COOKIE,
    SIGN_IN,
    Account,
    Client,
    RefreshRejectReason,
    SignedOut,
    SignIn,
    User,
)
from graph_api.auth.proving import proved
from graph_api.auth.store import (
    BegunSession,
    GivenToken,
    acting_for,
    begin_session,
    end_oldest,
    give_refresh_token,
    locked_account,
    refresh,
    renew_hash,
)
from graph_api.auth.tokens import access_tokens
from graph_api.auth.types import RefreshRejected
from graph_api.core.api.outcomes import FieldError, Forbidden, Refused, invalid
from graph_api.core.context import OperationContext

_REFUSED = (
    "the email or the password is wrong, or signing in is not possible now; after too many "
    "failures it is not for some minutes"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a sign-in shows of itself."""

    user: User
    expires_at: datetime
    must_change_password: bool
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)


async def log_in(context: OperationContext, given: LoginInput) -> Given:
    """Begin a session for whoever the password proves."""
    database, settings = context.database, context.settings
    found = await proved(database, settings, given.email, given.password)
    begun = None if found is None else await _begun(context, *found)
    if begun is None:
        raise Refused(Forbidden(message=_REFUSED))
    return _given(context, *begun, in_cookies=given.cookies)


async def _begun(
    context: OperationContext, account: Account, new_hash: str | None
) -> tuple[User, BegunSession, GivenToken] | None:
    """The session; None where the account has changed since the password was checked."""
    settings, user = context.settings, account.user
    given = context.held.get(CLIENT)
    client = given if isinstance(given, Client) else Client()
    viewer = acting_for(user.tenant_id, user.email)
    async with context.database.transaction(viewer, "login") as session:
        now = await locked_account(session, user.id)
        if now is None or not now.user.is_active or now.password_hash != account.password_hash:
            return None
        if new_hash is not None:
            await renew_hash(session, user.id, account.password_hash, new_hash)
        begun = await begin_session(session, now.user, client, settings.refresh_expiry_minutes)
        superseded = await end_oldest(session, user.id, settings.max_concurrent_sessions)
        token = await give_refresh_token(context.database, session, begun, now.user)
        session.journal.details.update(
            user_id=str(user.id),
            session_id=str(begun.id),
            ip_address=client.ip_address,
            user_agent=client.user_agent,
            superseded_sessions=[str(one) for one in superseded],
        )
    return now.user, begun, token


async def refresh_session(context: OperationContext, given: RefreshInput) -> Given:
    """Exchange a refresh token; from a cookie, what it is exchanged for goes into cookies too."""
    cookie = context.held.get(REFRESH_COOKIE)
    token = given.refresh_token
    in_cookies = token is None and isinstance(cookie, str)
    if in_cookies:
        token = cookie
    if token is None:
        message = "give the refresh token, or send the cookie that holds it"
        raise invalid([FieldError(path="refreshToken", message=message)])
    result = await refresh(context.database, context.settings, token)
    if isinstance(result, RefreshRejectReason):
        if in_cookies:
            context.held[SIGN_IN] = SignedOut()
        message = f"{result.description[:-1]}: sign in again"
        raise Refused(RefreshRejected(message=message, reason=result))
    return _given(context, result.user, result.session, result.token, in_cookies=in_cookies)


def _given(
    context: OperationContext,
    user: User,
    session: BegunSession,
    refresh_token: GivenToken,
    *,
    in_cookies: bool,
) -> Given:
    access = access_tokens(context.settings).issue(
        user_id=str(user.id),
        tenant_id=user.tenant_id,
        email=user.email,
        roles=user.roles,
        session_id=str(session.id),
        must_change_password=user.must_change_password,
    )
    context.held[SIGN_IN] = SignIn(
        access_token=access.token,
        refresh_token=refresh_token.token,
        expires_at=access.expires_at,
        refresh_expires_at=refresh_token.expires_at,
        in_cookies=in_cookies,
    )
    return Given(
        user=user,
        expires_at=access.expires_at,
        must_change_password=user.must_change_password,
        access_token=None if in_cookies else access.token,
        refresh_token=None if in_cookies else refresh_token.token,
    )
