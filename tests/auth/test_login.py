"""Signing in: what it gives, what it never tells, and how failures are counted."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import bcrypt
import pytest

from graph_api.auth import passwords, proving
from graph_api.auth.models import Client, SignIn
from graph_api.auth.store import acting_for, begin_session, end_oldest, locked_account
from graph_api.auth.tokens import access_tokens
from graph_api.core.permissions import Role
from tests.auth.people import LOGIN, PASSWORD, People

REFUSED = {
    "__typename": "Forbidden",
    "message": "the email or the password is wrong, or signing in is not possible now; after too "
    "many failures it is not for some minutes",
}


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The kinds of hash that were checked, one after the other."""
    done: list[str] = []
    for kind in ("argon2", "bcrypt"):
        monkeypatch.setattr(passwords, f"_verified_{kind}", counted(done, kind))
    return done


def counted(done: list[str], kind: str) -> Any:
    work = getattr(passwords, f"_verified_{kind}")

    def verify(plain: bytes, password_hash: str) -> bool:
        done.append(kind)
        right: bool = work(plain, password_hash)
        return right

    return verify


async def test_a_session_begins(people: People) -> None:
    user = await people.add([Role.ANALYST, Role.AUDITOR])
    body = await people.ask(
        LOGIN,
        {"email": user.email, "password": PASSWORD},
        client=Client("203.0.113.9", "Mozilla\r\n" + "x" * 600),
    )
    given = body["data"]["login"]
    assert given["user"] == {
        "id": str(user.id),
        "email": user.email,
        "roles": ["ANALYST", "AUDITOR"],
    }
    assert given["mustChangePassword"] is False
    token = access_tokens(people.services.settings).verify(given["accessToken"])
    (session,) = await people.sessions_of(user)
    assert (token.user_id, token.session_id) == (str(user.id), str(session["id"]))
    assert token.tenant_id == people.tenant_id
    assert token.expires_at.isoformat() == given["expiresAt"]
    assert session["roles"] == ["analyst", "auditor"]
    assert session["ip_address"] == "203.0.113.9"
    assert session["user_agent"] == "Mozilla��" + "x" * 503
    assert (session["expires_at"] - session["created_at"]).total_seconds() == 10_080 * 60
    held = people.sign_in
    assert isinstance(held, SignIn)
    assert (held.access_token, held.refresh_token) == (given["accessToken"], given["refreshToken"])
    assert (held.in_cookies, held.refresh_expires_at) == (False, session["expires_at"])


async def test_an_email_is_the_same_in_any_case(people: People) -> None:
    user = await people.add()
    for email in (user.email.upper(), f" {user.email.lower()} "):
        assert (await people.login(email))["__typename"] == "LoginPayload"


async def test_in_cookies_no_token_is_shown(people: People) -> None:
    user = await people.add()
    given = await people.login(user.email, cookies=True)
    assert (given["accessToken"], given["refreshToken"]) == (None, None)
    assert people.sign_in.in_cookies
    assert people.sign_in.refresh_token


async def test_no_secret_stays_behind(people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    user = await people.add()
    await people.login(user.email, "not the password at all")
    given = await people.login(user.email)
    (entry,) = await people.audit("login")
    assert user.email in entry
    left = [entry, caplog.text, repr(people.sign_in), repr(people.held)]
    left += [str(dict(row)) for row in await people.sql("select * from public.refresh_tokens")]
    left += [str(dict(row)) for row in await people.sql("select * from public.users")]
    for secret in (
        PASSWORD,
        "not the password at all",
        given["accessToken"],
        given["refreshToken"],
    ):
        assert [one for one in left if secret in one] == []
    assert user.email.lower() not in caplog.text.lower()
    assert "refused: the password is wrong" in caplog.text


async def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(
    people: People, verified: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also while another user still has a bcrypt hash."""
    caplog.set_level(logging.WARNING)
    others = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    known, disabled, locked, old = [
        await people.add(),
        await people.add(),
        await people.add(),
        await people.add(password=others, is_hash=True),
    ]
    await people.sql("update public.users set is_active = false where id = $1", disabled.id)
    strict = people.with_settings(lockout_threshold=1)
    assert await strict.login(locked.email, "wrong") == REFUSED
    work = []
    for email, password in (
        ("nobody@example.com", PASSWORD),
        ("no email", PASSWORD),
        ("näma@example.com", PASSWORD),
        ("", ""),
        (f"{'x' * 5000}@example.com", PASSWORD),
        (known.email, "wrong"),
        (known.email, "x" * 5000),
        (old.email, "wrong"),
        (disabled.email, PASSWORD),
        (disabled.email, "wrong"),
        (locked.email, PASSWORD),
        (locked.email, "wrong"),
    ):
        verified.clear()
        body = await people.ask(LOGIN, {"email": email, "password": password})
        assert body["data"] == {"login": REFUSED}, email
        assert set(body) <= {"data", "extensions"}
        assert people.sign_in is None
        work.append(list(verified))
    assert work == [["argon2", "bcrypt"]] * len(work)
    reasons = {record.getMessage().rpartition(": ")[2] for record in caplog.records}
    assert reasons >= {
        "nobody has it",
        "the password is wrong",
        "the user is disabled",
        "it is locked",
    }
    await people.sql("delete from public.users where id = $1", old.id)


async def test_without_bcrypt_hashes_no_bcrypt_is_done(people: People, verified: list[str]) -> None:
    assert await people.sql("select 1 from public.users where bcrypt_cost is not null") == []
    user = await people.add()
    await people.login(user.email)
    await people.login("nobody@example.com")
    assert verified == ["argon2", "argon2"]


@pytest.mark.parametrize("text", ["a\0b@example.com", "\ud800@example.com"])
async def test_text_that_cannot_be_stored_is_no_fault(people: People, text: str) -> None:
    assert await people.login(text) == REFUSED
    user = await people.add()
    assert await people.login(user.email, text) == REFUSED


@pytest.mark.parametrize("is_known", [True, False])
async def test_failures_lock_an_email_whether_it_is_known_or_not(
    people: People, is_known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    strict = people.with_settings(lockout_threshold=3)
    email = (await people.add()).email if is_known else f"{people.tenant_id}@example.com"
    for _ in range(3):
        assert await strict.login(email.upper(), "wrong") == REFUSED
    assert "is locked for 15 minutes" in caplog.text
    caplog.clear()
    assert await strict.login(email) == REFUSED
    assert "it is locked" in caplog.text


async def test_a_lock_opens_by_itself(people: People) -> None:
    strict = people.with_settings(lockout_threshold=1, lockout_duration_minutes=15)
    user = await people.add()
    await strict.login(user.email, "wrong")
    await moved(people, user.email, minutes=14)
    assert (await strict.login(user.email))["__typename"] == "Forbidden"
    await moved(people, user.email, minutes=2)
    assert (await strict.login(user.email))["__typename"] == "LoginPayload"


async def test_failures_of_long_ago_do_not_count(people: People) -> None:
    strict = people.with_settings(lockout_threshold=3, lockout_window_minutes=15)
    user = await people.add()
    await strict.login(user.email, "wrong")
    await moved(people, user.email, minutes=8)
    await strict.login(user.email, "wrong")
    await moved(people, user.email, minutes=8)
    # the first is 16 minutes old, the second 8
    await strict.login(user.email, "wrong")
    assert (await strict.login(user.email))["__typename"] == "LoginPayload"


async def test_a_success_begins_the_count_anew(people: People) -> None:
    strict = people.with_settings(lockout_threshold=2)
    user = await people.add()
    for _ in range(3):
        await strict.login(user.email, "wrong")
        assert (await strict.login(user.email))["__typename"] == "LoginPayload"


async def test_guesses_at_once_are_counted_one_by_one(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = people.with_settings(lockout_threshold=3)
    user = await people.add()
    guessed = []
    count = proving.count_failure

    async def counting(*given: Any) -> bool:
        guessed.append(given)
        return await count(*given)

    monkeypatch.setattr(proving, "count_failure", counting)
    await asyncio.gather(*(strict.login(user.email, f"guess {n}") for n in range(12)))
    assert len(guessed) == 3, "the others met the lock"


async def test_emails_that_nobody_fails_by_any_more_are_forgotten(people: People) -> None:
    email = f"{people.tenant_id}@example.com"
    await people.login(email, "wrong")
    assert await attempts(people, email)
    await people.sql(
        "update public.login_attempts set updated_at = now() - interval '1 day' "
        "where email_hash = $1",
        proving.email_digest(people.services.database, email),
    )
    await people.login("somebody.else@example.com", "wrong")
    assert await attempts(people, email) == []


async def attempts(people: People, email: str) -> list[Any]:
    digest = proving.email_digest(people.services.database, email)
    return await people.sql("select * from public.login_attempts where email_hash = $1", digest)


async def moved(people: People, email: str, *, minutes: int) -> None:
    """Let so many minutes pass for what is counted of an email."""
    await people.sql(
        "update public.login_attempts set "
        "failed_at = array(select one - make_interval(mins => $2) from unnest(failed_at) one), "
        "locked_until = locked_until - make_interval(mins => $2) where email_hash = $1",
        proving.email_digest(people.services.database, email),
        minutes,
    )


async def test_a_bcrypt_hash_becomes_argon2id_at_sign_in(people: People) -> None:
    given = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    user = await people.add(password=given, is_hash=True)
    assert await people.login(user.email, "wrong") == REFUSED
    assert (await kept_hash(people, user.email)).startswith("$2b$04$"), "not by a wrong one"
    assert (await people.login(user.email))["__typename"] == "LoginPayload"
    assert (await kept_hash(people, user.email)).startswith("$argon2id$")
    assert (await people.login(user.email))["__typename"] == "LoginPayload"
    assert await people.login(user.email, "wrong") == REFUSED


async def kept_hash(people: People, email: str) -> str:
    rows = await people.sql("select password_hash from public.users where email = $1", email)
    return str(rows[0]["password_hash"])


async def test_one_session_too_many_ends_the_oldest(people: People) -> None:
    user = await people.add()
    few = people.with_settings(max_concurrent_sessions=2)
    for _ in range(3):
        await few.login(user.email)
    sessions = await people.sessions_of(user)
    assert [one["revoked_reason"] for one in sessions] == ["superseded", None, None]
    assert str(sessions[0]["id"]) in (await people.audit("login"))[-1]


async def test_sessions_that_begin_at_once_are_no_more_than_may_be(people: People) -> None:
    user = await people.add()
    few = people.with_settings(max_concurrent_sessions=2)
    await asyncio.gather(*(few.login(user.email) for _ in range(6)))
    reasons = [one["revoked_reason"] for one in await people.sessions_of(user)]
    assert sorted(reasons, key=str) == [None, None, *["superseded"] * 4]


async def test_two_who_begin_at_once_see_each_others_session(people: People) -> None:
    user = await people.add()
    database, viewer = people.services.database, acting_for(user.tenant_id, user.email)
    begun = asyncio.Event()

    async def first() -> None:
        async with database.transaction(viewer, "test") as session:
            await locked_account(session, user.id)
            await begin_session(session, user, Client(), 60)
            begun.set()
            # the other has come to where it must wait, or else gone past
            await asyncio.sleep(0.3)

    async def second() -> None:
        await begun.wait()
        async with database.transaction(viewer, "test") as session:
            await locked_account(session, user.id)
            await begin_session(session, user, Client(), 60)
            assert len(await end_oldest(session, user.id, 1)) == 1

    await asyncio.gather(first(), second())


async def test_without_a_cap_no_session_ends(people: People) -> None:
    user = await people.add()
    many = people.with_settings(max_concurrent_sessions=0)
    for _ in range(7):
        await many.login(user.email)
    assert {one["revoked_reason"] for one in await people.sessions_of(user)} == {None}


async def test_who_is_disabled_while_the_password_is_checked_gets_no_session(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await people.add()
    check = proving.check_password

    async def disabling(*given: Any) -> Any:
        checked = await check(*given)
        await people.sql("update public.users set is_active = false where id = $1", user.id)
        return checked

    monkeypatch.setattr(proving, "check_password", disabling)
    assert await people.login(user.email) == REFUSED
    assert await people.sessions_of(user) == []


async def test_a_first_password_is_told_to_be_changed(people: People) -> None:
    user = await people.add(is_for_one_use=True)
    assert (await people.login(user.email))["mustChangePassword"] is True
