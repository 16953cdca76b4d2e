"""Access tokens of our own: short-lived JWTs that name a user and a session.

A token alone proves nothing: the session that it names must be live, which `session_watch` asks.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from graph_api.core.auth_keys import auth_keys
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.secret_keys import SecretKeys, secret_keys
from graph_api.settings import Settings

ISSUER: Final = "graph-api"
AUDIENCE: Final = "graph-api"
ALGORITHM: Final = "HS256"

_CLOCKS_APART: Final = timedelta(seconds=5)
"""How far the clocks of two of our own servers may be apart."""
_REQUIRED: Final = ["iss", "aud", "sub", "sid", "jti", "tenant", "iat", "nbf", "exp"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, and when it ends."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What an access token of ours says, once its signature and times are right."""

    user_id: str
    session_id: str
    tenant_id: str
    expires_at: datetime


def not_valid() -> ApiError:
    """The refusal of a credential, which does not tell what is wrong with it."""
    return ApiError(ErrorCode.UNAUTHENTICATED, "the credentials are not valid")


def expired() -> ApiError:
    """The refusal of a credential that was good until it expired."""
    return ApiError(ErrorCode.UNAUTHENTICATED, "the credentials have expired")


class AccessTokens:
    """Issues and verifies access tokens under keys that may rotate."""

    def __init__(self, keys: SecretKeys, lifetime: timedelta) -> None:
        self._keys = keys
        self._lifetime = lifetime

    def issue(
        self,
        *,
        user_id: str,
        tenant_id: str,
        email: str,
        roles: Iterable[Role],
        session_id: str,
        must_change_password: bool,
    ) -> IssuedToken:
        """A token for a session that has just begun or been renewed."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._lifetime
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "jti": str(uuid.uuid4()),
            "tenant": tenant_id,
            "roles": sorted(str(role) for role in roles),
            "email": email,
            "iat": now,
            "nbf": now,
            "exp": expires_at,
        }
        if must_change_password:
            claims["must_change_password"] = True
        key_id = self._keys.current
        token = jwt.encode(claims, self._keys.keys[key_id], ALGORITHM, {"kid": key_id})
        return IssuedToken(token, expires_at)

    def verify(self, token: str) -> VerifiedToken:
        """What a token says; raises ApiError UNAUTHENTICATED where it is expired or not ours."""
        key = self._keys.keys.get(str(header_of(token).get("kid")))
        if key is None:
            raise not_valid()
        claims = verified_claims(
            token,
            key,
            ALGORITHM,
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=_CLOCKS_APART,
            required=_REQUIRED,
        )
        return VerifiedToken(
            user_id=text_claim(claims, "sub"),
            session_id=text_claim(claims, "sid"),
            tenant_id=text_claim(claims, "tenant"),
            expires_at=expiry_of(claims),
        )


def access_tokens(settings: Settings) -> AccessTokens:
    """The access tokens of a service, under GRAPH_API_JWT_KEYS or a key of GRAPH_API_AUTH_SECRET.

    Raises SecretKeyError for keys that are malformed or too short, AuthSecretError for a secret
    that is.
    """
    lifetime = timedelta(minutes=settings.jwt_expiry_minutes)
    if settings.jwt_keys is not None:
        return AccessTokens(secret_keys(settings.jwt_keys, "GRAPH_API_JWT_KEYS"), lifetime)
    keys = auth_keys(settings)
    # another secret makes another key id, so that old tokens meet no key instead of a wrong one
    key_id = keys.digest("access token key id", "")[:8]
    return AccessTokens(SecretKeys({key_id: keys.derived("access tokens")}, key_id), lifetime)


def header_of(token: str) -> dict[str, Any]:
    """The header of a JWT, unproved; raises ApiError UNAUTHENTICATED where there is none."""
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise not_valid() from None
    return header


def verified_claims(
    token: str,
    key: Any,
    algorithm: str,
    *,
    issuer: str,
    audience: str,
    leeway: timedelta,
    required: list[str],
) -> Mapping[str, Any]:
    """The claims of a JWT under one key and the one algorithm that this key is for.

    Raises ApiError UNAUTHENTICATED.
    """
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": required},
        )
    except jwt.ExpiredSignatureError:
        raise expired() from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        raise not_valid() from None
    return claims


def text_claim(claims: Mapping[str, Any], name: str) -> str:
    """A claim that is text and not empty; raises ApiError UNAUTHENTICATED for any other."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise not_valid()
    return value


def expiry_of(claims: Mapping[str, Any]) -> datetime:
    """When a token ends; raises ApiError UNAUTHENTICATED for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, OverflowError, OSError):
        raise not_valid() from None
