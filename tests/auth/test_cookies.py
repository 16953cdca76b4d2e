"""Cookies of a sign-in: what the browser is given, and the CSRF token that a POST repeats."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from pydantic import ValidationError
from starlette.responses import Response

from graph_api.auth.cookies import CSRF_HEADER, REFRESH_PATH, BrowserCookies
from graph_api.auth.models import SignedOut, SignIn
from graph_api.auth.tokens import access_tokens
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Role
from graph_api.settings import Settings
from tests.auth.signed_in import request

SESSION = "5f0c2c1e-0000-4000-8000-000000000001"
ANOTHER = "5f0c2c1e-0000-4000-8000-000000000002"


@pytest.fixture
def cookies(settings: Settings) -> BrowserCookies:
    return BrowserCookies(settings)


def signing_in(settings: Settings, *, in_cookies: bool = True) -> SignIn:
    issued = access_tokens(settings).issue(
        user_id="user-1",
        tenant_id="permian",
        email="ann@example.com",
        roles=[Role.ANALYST],
        session_id=SESSION,
        must_change_password=False,
    )
    week = datetime.now(UTC) + timedelta(days=7)
    return SignIn(issued.token, "the-refresh-token", issued.expires_at, week, in_cookies)


def given(cookies: BrowserCookies, outcome: SignIn | SignedOut, cookie: str = "") -> SimpleCookie:
    """What an answer sets."""
    response = Response()
    cookies.write(outcome, request(cookie=cookie), response)
    assert response.headers["cache-control"] == "no-store"
    made: SimpleCookie = SimpleCookie()
    for header in response.headers.getlist("set-cookie"):
        made.load(header)
    return made


def test_a_sign_in_sets_three_cookies(settings: Settings, cookies: BrowserCookies) -> None:
    made = given(cookies, signing_in(settings))
    assert set(made) == {
        "__Host-graph-api-access",
        "__Secure-graph-api-refresh",
        "__Host-graph-api-csrf",
    }
    for name, one in made.items():
        assert one["secure"]
        assert one["samesite"] == "strict"
        assert not one["domain"]
        assert bool(one["httponly"]) is (name != cookies.csrf_name), name
    assert made[cookies.access_name]["path"] == made[cookies.csrf_name]["path"] == "/"
    assert made[cookies.refresh_name]["path"] == REFRESH_PATH
    assert 890 < int(made[cookies.access_name]["max-age"]) <= 900
    assert int(made[cookies.refresh_name]["max-age"]) > 600_000
    assert made[cookies.refresh_name].value == "the-refresh-token"
    assert "token" not in made[cookies.csrf_name].value


def test_without_tls_on_loopback_there_are_no_prefixes(settings: Settings) -> None:
    plain = BrowserCookies(settings.model_copy(update={"cookie_secure": False}))
    made = given(plain, signing_in(settings))
    assert set(made) == {"graph-api-access", "graph-api-refresh", "graph-api-csrf"}
    assert not any(one["secure"] for one in made.values())
    with pytest.raises(ValidationError, match="GRAPH_API_COOKIE_SECURE=false is for a loopback"):
        Settings(cookie_secure=False, host="0.0.0.0")  # noqa: S104 - it is refused


def test_who_did_not_ask_for_cookies_gets_none(settings: Settings, cookies: BrowserCookies) -> None:
    assert not given(cookies, signing_in(settings, in_cookies=False))
    assert not given(cookies, SignedOut()), "a program that signs out has none to take away"


def test_signing_out_takes_them_away(settings: Settings, cookies: BrowserCookies) -> None:
    before = given(cookies, signing_in(settings))
    made = given(cookies, SignedOut(), f"{cookies.csrf_name}=x")
    assert set(made) == set(before)
    for name, one in made.items():
        assert (one.value, one["max-age"]) == ("", "0")
        for attribute in ("path", "secure", "httponly", "samesite"):
            assert one[attribute] == before[name][attribute]


def refused(cookies: BrowserCookies, session: str | None, cookie: str, header: str) -> None:
    asking = request(cookie=f"{cookies.csrf_name}={cookie}", x_csrf_token=header)
    with pytest.raises(ApiError) as error:
        cookies.check_csrf(asking, session)
    assert error.value.code is ErrorCode.FORBIDDEN
    assert CSRF_HEADER in error.value.message


def test_the_header_must_repeat_the_cookie(settings: Settings, cookies: BrowserCookies) -> None:
    token = given(cookies, signing_in(settings))[cookies.csrf_name].value
    asking = request(cookie=f"{cookies.csrf_name}={token}", x_csrf_token=token)
    cookies.check_csrf(asking, SESSION)
    cookies.check_csrf(asking, None)
    other = given(cookies, signing_in(settings))[cookies.csrf_name].value
    assert other != token
    refused(cookies, SESSION, token, other)
    refused(cookies, SESSION, token, "")
    refused(cookies, SESSION, "", token)
    refused(cookies, SESSION, "", "")
    refused(cookies, SESSION, token, f"{token}\xff")


def test_a_cookie_that_somebody_planted_is_worth_nothing(
    settings: Settings, cookies: BrowserCookies
) -> None:
    token = given(cookies, signing_in(settings))[cookies.csrf_name].value
    refused(cookies, ANOTHER, token, token)
    session, nonce, mac = token.split(".")
    for planted in ("x", "..", f"{ANOTHER}.{nonce}.{mac}", f"{session}.{nonce}.{mac[:-1]}", mac):
        refused(cookies, None, planted, planted)
    elsewhere = BrowserCookies(settings.model_copy(update={"auth_secret": "e" * 32}))
    foreign = elsewhere._csrf_token(SESSION)
    refused(cookies, SESSION, foreign, foreign)


def test_a_refresh_cookie_needs_the_token_too(settings: Settings, cookies: BrowserCookies) -> None:
    token = given(cookies, signing_in(settings))[cookies.csrf_name].value
    refresh = f"{cookies.refresh_name}=abc"
    cookies.check_refresh(request())
    cookies.check_refresh(
        request(cookie=f"{refresh}; {cookies.csrf_name}={token}", x_csrf_token=token)
    )
    with pytest.raises(ApiError) as error:
        cookies.check_refresh(request(cookie=f"{refresh}; {cookies.csrf_name}={token}"))
    assert error.value.code is ErrorCode.FORBIDDEN


def test_what_changes_nothing_needs_no_token(cookies: BrowserCookies) -> None:
    cookies.check_csrf(request("GET"), SESSION)
    cookies.check_csrf(request(kind="websocket"), SESSION)
