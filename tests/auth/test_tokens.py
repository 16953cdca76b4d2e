"""Our own access tokens: who may make one, for how long, and under which keys."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from graph_api.auth.tokens import AUDIENCE, ISSUER, AccessTokens, access_tokens
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.core.secret_keys import SecretKeyError, SecretKeys
from graph_api.settings import Settings

OLD, NEW = b"o" * 32, b"n" * 32
LIFETIME = timedelta(minutes=15)


def tokens(**keys: bytes) -> AccessTokens:
    """Access tokens under keys, the first one signing."""
    return AccessTokens(SecretKeys(keys, next(iter(keys))), LIFETIME)


def issued(by: AccessTokens) -> str:
    return by.issue(
        user_id="user-1",
        tenant_id="permian",
        email="ann@example.com",
        roles=[Role.OPERATOR, Role.ANALYST],
        session_id="session-1",
        must_change_password=False,
    ).token


def forged(key: Any = NEW, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token as ours would be, but for what is given."""
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-1",
        "sid": "session-1",
        "jti": "1",
        "tenant": "permian",
        "iat": now,
        "nbf": now,
        "exp": now + 86_400,
    } | changed
    kept = {name: value for name, value in claims.items() if value is not None}
    given = {"kid": "new", **(header or {})}
    return jwt.encode(kept, key, given.pop("alg", "HS256"), given)


def refused(by: AccessTokens, token: str) -> str:
    with pytest.raises(ApiError) as error:
        by.verify(token)
    assert error.value.code is ErrorCode.UNAUTHENTICATED
    assert error.value.extensions == {"code": "UNAUTHENTICATED"}
    return error.value.message


def test_a_token_names_its_user_session_and_tenant() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    verified = tokens(new=NEW).verify(issued(tokens(new=NEW)))
    assert (verified.user_id, verified.session_id, verified.tenant_id) == (
        "user-1",
        "session-1",
        "permian",
    )
    assert before + LIFETIME <= verified.expires_at <= datetime.now(UTC) + LIFETIME


def test_the_claims_are_the_registered_ones_and_ours() -> None:
    claims = jwt.decode(issued(tokens(new=NEW)), options={"verify_signature": False})
    assert claims["roles"] == ["analyst", "operator"]
    assert (claims["iss"], claims["aud"], claims["email"]) == (ISSUER, AUDIENCE, "ann@example.com")
    assert claims["exp"] - claims["iat"] == LIFETIME.total_seconds()
    assert claims["nbf"] == claims["iat"]
    again = jwt.decode(issued(tokens(new=NEW)), options={"verify_signature": False})
    assert again["jti"] != claims["jti"]


def test_a_key_that_no_longer_signs_still_verifies_until_it_is_taken_away() -> None:
    token = issued(tokens(old=OLD))
    assert tokens(new=NEW, old=OLD).verify(token).user_id == "user-1"
    assert jwt.get_unverified_header(issued(tokens(new=NEW, old=OLD)))["kid"] == "new"
    assert "not valid" in refused(tokens(new=NEW), token)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(forged(key=OLD), id="another key under the id of ours"),
        pytest.param(forged(header={"kid": "absent"}), id="an unknown key id"),
        pytest.param(forged(iss="https://elsewhere"), id="another issuer"),
        pytest.param(forged(aud="another"), id="another audience"),
        pytest.param(forged(aud=None), id="no audience"),
        pytest.param(forged(exp=None), id="no end"),
        pytest.param(forged(sid=None), id="no session"),
        pytest.param(forged(sid=""), id="an empty session"),
        pytest.param(forged(sid=["session-1"]), id="a session that is no text"),
        pytest.param(forged(tenant=None), id="no tenant"),
        pytest.param(forged(sub=None), id="no user"),
        pytest.param(forged(nbf=4_000_000_000), id="not yet"),
        pytest.param(forged(exp=1e30), id="an end that no calendar has"),
        pytest.param(forged(exp="soon"), id="an end that is no number"),
        pytest.param(forged(key=None, header={"alg": "none"}), id="no algorithm"),
        pytest.param(forged(header={"alg": "HS512"}, key=NEW * 2), id="another algorithm"),
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="dots"),
        pytest.param("é.ü.\x00", id="no ASCII"),
        pytest.param(forged()[:-2], id="cut"),
        pytest.param(forged() + ".x", id="five parts"),
    ],
)
def test_what_is_not_ours_is_refused_without_saying_why(token: str) -> None:
    assert refused(tokens(new=NEW), token) == "the credentials are not valid"


def test_none_is_no_algorithm_even_with_our_key_id_and_claims() -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"new"}').rstrip(b"=").decode()
    body = forged().split(".")[1]
    assert refused(tokens(new=NEW), f"{head}.{body}.") == "the credentials are not valid"


def test_an_expired_token_says_so() -> None:
    long_ago = int(datetime.now(UTC).timestamp()) - 60
    assert refused(tokens(new=NEW), forged(exp=long_ago)) == "the credentials have expired"


def test_without_keys_the_secret_of_sign_in_makes_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    token = issued(access_tokens(settings))
    assert access_tokens(settings).verify(token).user_id == "user-1"
    other = Settings(data_dir=tmp_path, auth_secret="s" * 32)
    assert "not valid" in refused(access_tokens(other), token)


def test_keys_come_from_the_setting_and_short_ones_are_refused() -> None:
    text = ",".join(
        f"{name}:{base64.b64encode(key).decode()}" for name, key in [("a", NEW), ("b", OLD)]
    )
    token = issued(access_tokens(Settings(jwt_keys=text)))
    assert tokens(a=NEW).verify(token).session_id == "session-1"
    with pytest.raises(SecretKeyError, match="GRAPH_API_JWT_KEYS must be id:base64"):
        access_tokens(Settings(jwt_keys="a:c2hvcnQ="))


def test_keys_are_not_shown() -> None:
    settings = Settings(jwt_keys=f"a:{base64.b64encode(NEW).decode()}")
    assert "bm5u" not in repr(settings)
    assert "nnn" not in repr(SecretKeys({"a": NEW}, "a"))
