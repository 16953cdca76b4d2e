"""Refresh tokens: one use each, and a second use ends the session."""

import asyncio
from typing import Any

import pytest

from graph_api.auth.models import SignedOut
from graph_api.auth.store import live_sessions
from graph_api.auth.tokens import access_tokens
from graph_api.core.permissions import Role
from tests.auth.people import REFRESH, People


def rejected(reason: str) -> Any:
    class Rejected:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, dict) and (
                other["__typename"],
                other.get("reason"),
                other.get("message", "").endswith(": sign in again"),
            ) == ("RefreshRejected", reason, True)

        def __hash__(self) -> int:
            return hash(reason)

        def __repr__(self) -> str:
            return f"rejected as {reason}"

    return Rejected()


async def test_a_session_goes_on_by_a_new_token(people: People) -> None:
    user = await people.add([Role.VIEWER])
    first = await people.login(user.email)
    (before,) = await people.sessions_of(user)
    await people.sql("update public.users set roles = '{auditor}' where id = $1", user.id)
    second = await people.refresh(first["refreshToken"])
    third = await people.refresh(second["refreshToken"])
    assert third["__typename"] == "RefreshPayload"
    assert third["user"] == {"email": user.email, "roles": ["AUDITOR"]}, "as they are now"
    assert len({one["refreshToken"] for one in (first, second, third)}) == 3
    (after,) = await people.sessions_of(user)
    assert after["id"] == before["id"]
    assert after["expires_at"] > before["expires_at"]
    assert after["last_active_at"] > before["last_active_at"]
    token = access_tokens(people.services.settings).verify(third["accessToken"])
    assert token.session_id == str(after["id"])
    assert people.sign_in.refresh_token == third["refreshToken"]


async def test_a_token_used_twice_ends_its_session(people: People) -> None:
    user = await people.add()
    first = (await people.login(user.email))["refreshToken"]
    other = (await people.login(user.email))["refreshToken"]
    second = (await people.refresh(first))["refreshToken"]
    assert await people.refresh(first) == rejected("REUSED")
    assert await people.refresh(second) == rejected("SESSION_ENDED")
    assert await people.refresh(first) == rejected("REUSED")
    sessions = await people.sessions_of(user)
    assert [one["revoked_reason"] for one in sessions] == ["refresh_reused", None]
    assert (await people.refresh(other))["__typename"] == "RefreshPayload", "others go on"
    (entry,) = await people.audit("refresh")
    assert str(sessions[0]["id"]) in entry
    assert "REFRESH_REUSED" in entry


async def test_of_two_at_once_one_is_served_and_the_session_ends(people: People) -> None:
    for _ in range(5):
        user = await people.add()
        token = (await people.login(user.email))["refreshToken"]
        answers = await asyncio.gather(*(people.refresh(token) for _ in range(2)))
        kinds = sorted(one["__typename"] for one in answers)
        assert kinds == ["RefreshPayload", "RefreshRejected"]
        assert rejected("REUSED") in answers
        (session,) = await people.sessions_of(user)
        assert session["revoked_reason"] == "refresh_reused"
        served = next(one for one in answers if one["__typename"] == "RefreshPayload")
        assert await people.refresh(served["refreshToken"]) == rejected("SESSION_ENDED")
        assert await live_sessions(people.services.database, [str(session["id"])]) == {}


@pytest.mark.parametrize("token", ["", "x" * 43, "x" * 100_000, "ä\0", "\ud800"])
async def test_what_was_never_given_out_is_unknown(people: People, token: str) -> None:
    assert await people.refresh(token) == rejected("UNKNOWN")


async def test_a_longer_text_is_another_token(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    assert await people.refresh(f"{token}x") == rejected("UNKNOWN")
    assert (await people.refresh(token))["__typename"] == "RefreshPayload"


async def test_a_token_must_be_used_in_time(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    for statement in (
        "update public.refresh_tokens set created_at = created_at - interval '8 days',"
        " expires_at = expires_at - interval '8 days' where user_id = $1",
        "update public.sessions set created_at = created_at - interval '8 days',"
        " expires_at = expires_at - interval '8 days' where user_id = $1",
    ):
        await people.sql(statement, user.id)
    assert await people.refresh(token) == rejected("EXPIRED")


async def test_a_session_that_was_ended_does_not_go_on(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    viewer = people.viewer(user, str((await people.sessions_of(user))[0]["id"]))
    await people.answer("mutation { logout { __typename } }", viewer=viewer)
    assert await people.refresh(token) == rejected("SESSION_ENDED")


async def test_a_disabled_user_does_not_go_on(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    await people.sql("update public.users set is_active = false where id = $1", user.id)
    assert await people.refresh(token) == rejected("USER_INACTIVE")
    await people.sql("update public.users set is_active = true where id = $1", user.id)
    assert (await people.refresh(token))["__typename"] == "RefreshPayload", "it was not used"


async def test_tokens_that_expired_are_forgotten(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    for _ in range(2):
        token = (await people.refresh(token))["refreshToken"]
    await people.sql(
        "update public.refresh_tokens set created_at = created_at - interval '8 days',"
        " used_at = used_at - interval '8 days', expires_at = expires_at - interval '8 days'"
        " where user_id = $1 and used_at is not null",
        user.id,
    )
    await people.refresh(token)
    rows = await people.sql("select * from public.refresh_tokens where user_id = $1", user.id)
    assert len(rows) == 2


async def test_a_cookie_is_refreshed_into_cookies(people: People) -> None:
    user = await people.add()
    await people.login(user.email, cookies=True)
    cookie = people.sign_in.refresh_token
    body = await people.ask(REFRESH, {}, cookie=cookie)
    given = body["data"]["refresh"]
    assert (given["accessToken"], given["refreshToken"]) == (None, None)
    assert people.sign_in.in_cookies
    assert people.sign_in.refresh_token != cookie
    body = await people.ask(REFRESH, {}, cookie=cookie)
    assert body["data"]["refresh"] == rejected("REUSED")
    assert people.sign_in == SignedOut(), "the cookies are good for nothing"


async def test_a_token_that_is_given_stands_before_the_cookies(people: People) -> None:
    user = await people.add()
    token = (await people.login(user.email))["refreshToken"]
    body = await people.ask(REFRESH, {"refreshToken": token}, cookie="x" * 43)
    assert body["data"]["refresh"]["refreshToken"] is not None


async def test_without_either_it_is_told(people: People) -> None:
    answer = await people.refresh(None)
    assert [one["path"] for one in answer["errors"]] == ["refreshToken"]
