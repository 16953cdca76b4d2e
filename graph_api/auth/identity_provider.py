"""Tokens of an outside identity provider, verified under the keys that it publishes.

Only RS256 and ES256 are accepted, and the algorithm is the key's, never the token's: a public key
cannot serve as the secret of an HMAC, and `none` fits no key.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from graph_api.auth.tokens import expiry_of, header_of, not_valid, text_claim, verified_claims
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.viewer import SHARED_TENANT
from graph_api.settings import Settings

_log = logging.getLogger("graph_api")

FRESH_SECONDS: Final = 600.0
"""How long fetched keys are used without asking again: what the provider withdrew ends by then."""
REFETCH_SECONDS: Final = 30.0
"""At most so often is the provider asked, however many unknown key ids are presented."""
STALE_SECONDS: Final = 86_400.0
"""How long keys that are known serve on while the provider cannot be reached."""

_FETCH_TIMEOUT_SECONDS = 5.0
_LARGEST_KEY_SET_BYTES = 262_144
_SMALLEST_RSA_BITS = 2048
_REQUIRED = ["iss", "aud", "sub", "exp"]


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who a token of the identity provider names."""

    subject: str
    """The e-mail address where the token has one, else the provider's id of the user."""
    user_id: str
    tenant_id: str
    roles: frozenset[Role]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _PublicKey:
    key: Any
    algorithm: str


class KeySet:
    """The provider's public keys by id, fetched when they are needed and not too often."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: Mapping[str, _PublicKey] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str) -> _PublicKey | None:
        """The key of an id; None where the provider has no such key.

        Raises ApiError UNAVAILABLE where the provider cannot be reached and the key is not known.
        """
        if (found := self._known(key_id, FRESH_SECONDS)) is not None:
            return found
        async with self._fetching:
            # another request may have fetched them while this one waited
            if (found := self._known(key_id, FRESH_SECONDS)) is None and self._may_ask():
                await self._fetch()
        found = found or self._known(key_id, STALE_SECONDS)
        if found is None and self._asked_at != self._fetched_at:
            raise ApiError(
                ErrorCode.UNAVAILABLE, "the identity provider cannot be reached; try again"
            )
        return found

    def _known(self, key_id: str, seconds: float) -> _PublicKey | None:
        if self._fetched_at is None or time.monotonic() - self._fetched_at > seconds:
            return None
        return self._keys.get(key_id)

    def _may_ask(self) -> bool:
        return self._asked_at is None or time.monotonic() - self._asked_at >= REFETCH_SECONDS

    async def _fetch(self) -> None:
        self._asked_at = time.monotonic()
        try:
            async with asyncio.timeout(_FETCH_TIMEOUT_SECONDS):
                document = orjson.loads(await _body(self._url))
                self._keys = _public_keys(document["keys"])
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            _log.warning(
                "the keys of the identity provider cannot be fetched: %s", type(error).__name__
            )
            return
        self._fetched_at = self._asked_at


async def _body(url: str) -> bytes:
    """What the URL answers; raises ValueError for anything but a document of moderate size."""
    # what it gives is trusted: a redirect, which may lead anywhere, is not followed
    async with (
        httpx.AsyncClient(timeout=_FETCH_TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json"}) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"status {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST_KEY_SET_BYTES:
                raise ValueError("too large")
        return bytes(body)


def _public_keys(documents: Iterable[Any]) -> dict[str, _PublicKey]:
    """The keys that may verify a token; what is of another kind is left out."""
    keys: dict[str, _PublicKey] = {}
    for one in documents:
        algorithm = _algorithm_of(one)
        if algorithm is None:
            continue
        try:
            key = jwt.PyJWK.from_dict(one, algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA_BITS:
            continue
        keys[one["kid"]] = _PublicKey(key, algorithm)
    return keys


def _algorithm_of(document: Any) -> str | None:
    """RS256 or ES256, from the kind of a key that is there for signatures; else None."""
    if not isinstance(document, dict) or not isinstance(document.get("kid"), str):
        return None
    if document.get("use", "sig") != "sig":
        return None
    kind = f"{document.get('kty')} {document.get('crv', '')}".rstrip()
    algorithm = {"RSA": "RS256", "EC P-256": "ES256"}.get(kind)
    return algorithm if document.get("alg", algorithm) == algorithm else None


class IdentityProvider:
    """Turns tokens of the configured provider into identities."""

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys
        self._issuer = settings.oidc_issuer or ""
        self._audience = settings.oidc_audience or ""
        self._leeway = timedelta(seconds=settings.oidc_leeway_seconds)

    @classmethod
    def of(cls, settings: Settings) -> "IdentityProvider | None":
        """The provider that the settings name; None where they name none."""
        if settings.oidc_jwks_url is None:
            return None
        return cls(settings, KeySet(settings.oidc_jwks_url))

    async def verify(self, token: str) -> ExternalIdentity:
        """Who a token names.

        Raises ApiError UNAUTHENTICATED where it is expired, not the provider's, not for us, or
        names no tenant; UNAVAILABLE where the provider's keys cannot be had.
        """
        header = header_of(token)
        key_id = header.get("kid")
        if header.get("alg") not in ("RS256", "ES256") or not isinstance(key_id, str):
            raise not_valid()
        key = await self._keys.key(key_id)
        if key is None:
            raise not_valid()
        claims = verified_claims(
            token,
            key.key,
            key.algorithm,
            issuer=self._issuer,
            audience=self._audience,
            leeway=self._leeway,
            required=_REQUIRED,
        )
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> ExternalIdentity:
        user_id = text_claim(claims, "sub")
        tenant_id = _claim(claims, self._settings.oidc_tenant_claim)
        # what all tenants share is administered by our own accounts only
        if not isinstance(tenant_id, str) or tenant_id.strip() in ("", SHARED_TENANT):
            raise not_valid()
        email = claims.get("email")
        # an address that anybody may claim does not name anybody
        named = isinstance(email, str) and email and claims.get("email_verified", True) is True
        return ExternalIdentity(
            subject=str(email) if named else user_id,
            user_id=user_id,
            tenant_id=tenant_id,
            roles=self._roles(_claim(claims, self._settings.oidc_roles_claim)),
            expires_at=expiry_of(claims),
        )

    def _roles(self, named: Any) -> frozenset[Role]:
        names = named.split() if isinstance(named, str) else named
        if not isinstance(names, list):
            return frozenset()
        ours = self._settings.oidc_role_map
        if ours is None:
            ours = {role.value: role for role in Role}
        return frozenset(ours[one] for one in names if isinstance(one, str) and one in ours)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may have dots in it, or else by the path that the dots make."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found
