"""Tokens of an outside identity provider, under keys that a real server publishes and rotates."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jwt.warnings import InsecureKeyLengthWarning
from pydantic import ValidationError

from graph_api.auth import identity_provider
from graph_api.auth.identity_provider import IdentityProvider
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.settings import Settings
from tests.auth.provider import (
    AUDIENCE,
    ISSUER,
    Provider,
    SigningKey,
    ec_key,
    rsa_key,
    serving_provider,
)

RSA, EC, ROTATED = rsa_key("rsa-1"), ec_key("ec-1"), rsa_key("rsa-2")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving_provider() as provider:
        provider.keys = [RSA.published, EC.published]
        yield provider


def trusting(provider: Provider, **changed: Any) -> IdentityProvider:
    made = IdentityProvider.of(provider.settings(**changed))
    assert made is not None
    return made


async def refused(trusted: IdentityProvider, token: str) -> str:
    with pytest.raises(ApiError) as error:
        await trusted.verify(token)
    assert error.value.code is ErrorCode.UNAUTHENTICATED
    assert error.value.extensions == {"code": "UNAUTHENTICATED"}
    return error.value.message


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
async def test_a_token_of_the_provider_names_user_tenant_and_roles(
    provider: Provider, key: SigningKey
) -> None:
    found = await trusting(provider).verify(key.sign(roles=["analyst", "janitor", 7, "operator"]))
    assert (found.subject, found.user_id, found.tenant_id) == (
        "ann@example.com",
        "auth0|7",
        "permian",
    )
    assert found.roles == {Role.ANALYST, Role.OPERATOR}


async def test_claims_and_roles_are_mapped_by_settings(provider: Provider) -> None:
    trusted = trusting(
        provider,
        oidc_tenant_claim="https://example.com/tenant",
        oidc_roles_claim="realm_access.roles",
        oidc_role_map={"RRC-Approver": "compliance_officer"},
    )
    token = RSA.sign(
        **{"tenant": None, "https://example.com/tenant": "delaware"},
        realm_access={"roles": ["RRC-Approver", "admin"]},
    )
    found = await trusted.verify(token)
    assert found.tenant_id == "delaware"
    assert found.roles == {Role.COMPLIANCE_OFFICER}, "a name that is not mapped counts for nothing"


@pytest.mark.parametrize("roles", [None, {}, 7, {"admin": True}, "", [["admin"]]])
async def test_roles_that_are_no_list_of_names_are_none(provider: Provider, roles: Any) -> None:
    assert (await trusting(provider).verify(RSA.sign(roles=roles))).roles == frozenset()


async def test_an_unverified_address_names_nobody(provider: Provider) -> None:
    found = await trusting(provider).verify(RSA.sign(email_verified=False))
    assert found.subject == "auth0|7"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example.com/"},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"tenant": None},
        {"tenant": ""},
        {"tenant": " "},
        {"tenant": ["permian"]},
        {"tenant": "*"},
        {"nbf": 4_000_000_000},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_is_refused(
    provider: Provider, changed: dict[str, Any]
) -> None:
    assert await refused(trusting(provider), RSA.sign(**changed)) == "the credentials are not valid"


async def test_expiry_allows_for_the_leeway_and_no_more(provider: Provider) -> None:
    trusted = trusting(provider, oidc_leeway_seconds=30)
    assert await trusted.verify(RSA.sign(exp=int(time.time()) - 10))
    late = RSA.sign(exp=int(time.time()) - 40)
    assert await refused(trusted, late) == "the credentials have expired"


def signed_by_hmac(key: bytes, key_id: str) -> str:
    """A token that takes a public key for the secret of an HMAC; the library would not make it."""
    body = RSA.sign().split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": key_id}).encode())
    said = f"{head.rstrip(b'=').decode()}.{body}"
    mac = hmac.digest(key, said.encode(), hashlib.sha256)
    return f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_a_public_key_is_no_secret(provider: Provider) -> None:
    """Algorithm confusion: HS256 with the RSA public key that everybody can read."""
    for key in (RSA.public_pem, RSA.public_pem.strip(), RSA.published["n"].encode()):
        assert "not valid" in await refused(trusting(provider), signed_by_hmac(key, "rsa-1"))


async def test_an_unsigned_token_is_refused(provider: Provider) -> None:
    body = RSA.sign().split(".")[1]
    for algorithm in ("none", "None", "", "RS256"):
        head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "rsa-1"}).encode())
        token = f"{head.rstrip(b'=').decode()}.{body}."
        assert "not valid" in await refused(trusting(provider), token)


async def test_keys_of_other_kinds_are_left_out(provider: Provider) -> None:
    weak = rsa_key("weak", 1024)
    for_encryption = {**ROTATED.published, "use": "enc"}
    for_another_algorithm = {**EC.published, "kid": "other", "alg": "ES512"}
    secret = {"kty": "oct", "kid": "oct", "k": "c2VjcmV0", "alg": "HS256"}
    provider.keys = [weak.published, for_encryption, for_another_algorithm, secret]
    provider.keys += [{}, "text", {"kid": 7}, {"kid": "bad", "kty": "RSA", "n": "!", "e": "?"}]  # type: ignore[list-item]
    trusted = trusting(provider)
    with pytest.warns(InsecureKeyLengthWarning):
        token = weak.sign()
    assert "not valid" in await refused(trusted, token)
    assert "not valid" in await refused(trusted, ROTATED.sign())


async def test_a_new_key_is_fetched_when_it_is_first_seen(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_provider, "REFETCH_SECONDS", 0.0)
    trusted = trusting(provider)
    await trusted.verify(RSA.sign())
    await trusted.verify(EC.sign())
    assert provider.asked == 1, "keys are remembered"
    provider.keys = [ROTATED.published]
    await trusted.verify(ROTATED.sign())
    assert provider.asked == 2
    assert "not valid" in await refused(trusted, RSA.sign()), "the old key went with the rotation"


async def test_unknown_keys_do_not_make_us_ask_again_and_again(provider: Provider) -> None:
    trusted = trusting(provider)
    for _ in range(20):
        assert "not valid" in await refused(trusted, ROTATED.sign())
    assert provider.asked == 1


async def test_many_at_once_ask_once(provider: Provider) -> None:
    provider.delay_seconds = 0.1
    trusted = trusting(provider)
    await asyncio.gather(*(trusted.verify(RSA.sign()) for _ in range(20)))
    assert provider.asked == 1


async def test_a_withdrawn_key_ends_when_the_keys_are_no_longer_fresh(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_provider, "REFETCH_SECONDS", 0.0)
    trusted = trusting(provider)
    await trusted.verify(RSA.sign())
    provider.keys = [EC.published]
    assert await trusted.verify(RSA.sign()), "within the time that keys are kept"
    monkeypatch.setattr(identity_provider, "FRESH_SECONDS", 0.0)
    assert "not valid" in await refused(trusted, RSA.sign())


async def test_known_keys_outlive_an_outage_of_the_provider(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_provider, "REFETCH_SECONDS", 0.0)
    trusted = trusting(provider)
    await trusted.verify(RSA.sign())
    provider.status = 500
    monkeypatch.setattr(identity_provider, "FRESH_SECONDS", 0.0)
    assert await trusted.verify(RSA.sign())
    with pytest.raises(ApiError) as error:
        await trusted.verify(ROTATED.sign())
    assert error.value.code is ErrorCode.UNAVAILABLE
    monkeypatch.setattr(identity_provider, "STALE_SECONDS", 0.0)
    with pytest.raises(ApiError) as error:
        await trusted.verify(RSA.sign())
    assert error.value.code is ErrorCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, None), (302, None), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b"x" * 300_000)],
)
async def test_an_answer_that_is_no_key_set_is_an_outage(
    provider: Provider, status: int, body: bytes | None
) -> None:
    provider.status, provider.body = status, body
    with pytest.raises(ApiError) as error:
        await trusting(provider).verify(RSA.sign())
    assert error.value.code is ErrorCode.UNAVAILABLE
    assert provider.asked == 1, "a redirect is not followed"


async def test_a_provider_that_does_not_answer_is_not_waited_for(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_provider, "_FETCH_TIMEOUT_SECONDS", 0.1)
    provider.delay_seconds = 2.0
    began = time.monotonic()
    with pytest.raises(ApiError) as error:
        await trusting(provider).verify(RSA.sign())
    assert error.value.code is ErrorCode.UNAVAILABLE
    assert time.monotonic() - began < 1.5


def test_the_keys_come_over_https() -> None:
    named = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE}
    assert Settings(oidc_jwks_url="https://id.example.com/jwks", **named)
    for url in ("http://id.example.com/jwks", "ftp://127.0.0.1/jwks", "file:///etc/jwks"):
        with pytest.raises(ValidationError, match="must be https"):
            Settings(oidc_jwks_url=url, **named)


def test_issuer_and_audience_are_needed() -> None:
    with pytest.raises(ValidationError, match="GRAPH_API_OIDC_ISSUER and GRAPH_API_OIDC_AUDIENCE"):
        Settings(oidc_jwks_url="https://id.example.com/jwks", oidc_issuer=ISSUER)


def test_no_provider_is_trusted_unless_one_is_named() -> None:
    assert IdentityProvider.of(Settings()) is None
