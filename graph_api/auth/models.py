"""The models of sign-in: what is shown of users, sessions and keys, and what proves who asks.

None of them holds a password, a hash or a token where `repr` would show it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from graph_api.core.model import AegisBase, Hidden, TenantEntity, UtcDatetime
from graph_api.core.permissions import Permission, Role
from graph_api.entities.models.described import DescribedEnum

LONGEST_PASSWORD = 1024
LONGEST_USER_AGENT = 512
LONGEST_ADDRESS = 64
_LONGEST_EMAIL = 255


def checked_email(email: str) -> str:
    """An email address as it is stored; raises ValueError for what cannot be one.

    It is ASCII, so that the service and the database agree on what differs in case only.
    """
    name, at, host = email.partition("@")
    if not (at and name and host) or "@" in host or not all("!" <= one <= "~" for one in email):
        raise ValueError("must be an email address such as name@example.com, in ASCII")
    if len(email) > _LONGEST_EMAIL:
        raise ValueError(f"must not be longer than {_LONGEST_EMAIL} characters")
    return email


Email = Annotated[str, AfterValidator(checked_email)]
"""An email address, by which a user signs in; unique without regard to case."""


class SessionEnd(DescribedEnum):
    """Why a session was ended before its time."""

    LOGOUT = "LOGOUT", "Its user signed out."
    LOGOUT_EVERYWHERE = "LOGOUT_EVERYWHERE", "Its user signed out of every session."
    REVOKED = "REVOKED", "Its user, or who manages users, ended it."
    SUPERSEDED = "SUPERSEDED", "The user signed in once more than sessions are allowed."
    REFRESH_REUSED = (
        "REFRESH_REUSED",
        "A refresh token was presented twice: one of the two may have been stolen.",
    )
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "The password was changed or set anew."
    USER_DISABLED = "USER_DISABLED", "The user was disabled."


class RefreshRejectReason(DescribedEnum):
    """Why a refresh token is good for nothing."""

    UNKNOWN = "UNKNOWN", "No such token was given out, or it expired long ago."
    EXPIRED = "EXPIRED", "The token was not used in time."
    REUSED = "REUSED", "The token was used before; its session has been ended for safety."
    SESSION_ENDED = "SESSION_ENDED", "The session was signed out, revoked or superseded."
    USER_INACTIVE = "USER_INACTIVE", "The user has been disabled."


class User(TenantEntity):
    """An account that signs in by email and password."""

    email: Email = Field(description="What the user signs in by; unique without regard to case.")
    display_name: str | None = Field(default=None, description="What the user is called.")
    roles: list[Role] = Field(description="What the user may do in the tenant.")
    is_active: bool = Field(default=True, description="Whether the user may sign in.")
    must_change_password: bool = Field(
        default=False,
        description="Whether the password was given for one use: until it is changed, the user can "
        "do nothing else.",
    )


class UserSession(AegisBase):
    """A sign-in on one device, which lasts while it is refreshed."""

    id: UUID = Field(description="The session's UUID.")
    tenant_id: Annotated[str, Hidden("the viewer's tenant, the same on every row it sees")] = Field(
        description="The tenant of its user."
    )
    user_id: UUID = Field(description="UUID of its user.")
    email: str = Field(description="What its user signs in by.")
    roles: list[Role] = Field(description="The user's roles when the session began.")
    ip_address: str = Field(
        description="Network address that it began from; empty, if it is not known."
    )
    user_agent: str = Field(
        description="What the browser or program called itself, in up to 512 characters."
    )
    created_at: UtcDatetime = Field(description="When it began.")
    last_active_at: UtcDatetime = Field(description="When it was last used, to the minute.")
    expires_at: UtcDatetime = Field(description="When it ends, unless it is refreshed before.")
    revoked_at: UtcDatetime | None = Field(
        default=None, description="When it was ended before its time; null, if it was not."
    )
    revoked_reason: SessionEnd | None = Field(
        default=None, description="Why it was ended before its time; null, if it was not."
    )


class ApiKey(AegisBase):
    """A key of a program; the key itself is shown once, when it is made."""

    id: UUID = Field(description="The key's UUID.")
    tenant_id: Annotated[str, Hidden("the viewer's tenant, the same on every row it sees")] = Field(
        description="The tenant that it opens."
    )
    user_id: UUID = Field(
        description="UUID of the user who made it: the key may do no more than its maker, and "
        "nothing once its maker is disabled."
    )
    name: str = Field(min_length=1, max_length=200, description="What it is for.")
    prefix: str = Field(description="The eight characters after `gapi_`, to recognise it by.")
    roles: list[Role] = Field(min_length=1, description="What it may do in the tenant.")
    scopes: list[Permission] | None = Field(
        default=None,
        description="The permissions that it is confined to; null, where its roles alone decide.",
    )
    created_at: UtcDatetime = Field(description="When it was made.")
    expires_at: UtcDatetime | None = Field(
        default=None, description="When it ends; null, if it does not."
    )
    revoked_at: UtcDatetime | None = Field(
        default=None, description="When it was revoked; null, if it was not."
    )
    last_used_at: UtcDatetime | None = Field(
        default=None, description="When it was last used, to the minute; null, if it never was."
    )


@dataclass(frozen=True, slots=True)
class Account:
    """A user as sign-in sees it, with the hash of its password."""

    user: User
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from, as the session remembers it."""

    ip_address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The tokens that an operation gave out, for those who keep them in cookies."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    """When the access token ends."""
    refresh_expires_at: datetime
    in_cookies: bool = False
    """Whether the client asked for cookies, and has not seen the tokens."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """The operation ended the session that it was asked in."""


# no response name has a space, so no alias in a document can stand in for one of these
SIGN_IN = "sign in"
"""Where an operation's context holds the SignIn or SignedOut that came of it."""
CLIENT = "client that asks"
"""Where an operation's context holds the Client that asked."""
REFRESH_COOKIE = "refresh cookie"
"""Where an operation's context holds the refresh token that came in a cookie."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that is good now, with what its user may do now."""

    session_id: str
    user_id: str
    tenant_id: str
    email: str
    roles: frozenset[Role]
    must_change_password: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LiveApiKey:
    """An API key that is good now."""

    api_key_id: str
    tenant_id: str
    user_id: str
    name: str
    roles: frozenset[Role]
    scopes: frozenset[Permission] | None
    """What it is confined to: what its maker gave it, within what its maker may do today."""
    expires_at: datetime | None
