"""`graph-api user`, and the first administrator: who may sign in is up to the operator."""

import asyncio
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import bcrypt
import pytest
from typer.testing import CliRunner, Result

from graph_api.auth.first_admin import FIRST_EMAIL, make_first_admin
from graph_api.auth.models import Account
from graph_api.auth.passwords import check_password
from graph_api.auth.store import find_account, live_sessions
from graph_api.cli import app
from graph_api.core.database import Database
from graph_api.settings import Settings
from tests.auth.people import PASSWORD
from tests.databases import empty_database, migrated_database


@pytest.fixture
def url(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that commands work on."""
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", database_url)
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    return database_url


@pytest.fixture
def email(url: str) -> str:
    """An email that nobody has."""
    return f"{uuid.uuid4().hex[:12]}@Example.com"


def user(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["user", *arguments], input=given)


def ask(url: str, statement: str, *values: object) -> list[Any]:
    async def asked() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(asked())


def on_database(url: str, work: Callable[[Database], Any]) -> Any:
    async def run() -> Any:
        database = await Database.connect(url, Settings())
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def account(url: str, email: str) -> Account:
    found, _ = on_database(url, lambda database: find_account(database, email))
    assert isinstance(found, Account)
    return found


def is_password(password: str, password_hash: str) -> bool:
    return asyncio.run(check_password(password, password_hash, 4)).is_right


def test_a_user_is_added_with_a_password_for_one_use(url: str, email: str) -> None:
    result = user("add", email, "--tenant", "acme", "--role", "admin", "--role", "auditor")
    assert result.exit_code == 0, result.output
    password = result.stdout.strip()
    assert f"added {email} to acme: admin, auditor" in result.stderr
    assert password not in result.stderr
    found = account(url, email.upper())
    assert is_password(password, found.password_hash)
    assert found.user.must_change_password
    assert (found.user.tenant_id, found.user.roles) == ("acme", ["admin", "auditor"])
    (row,) = ask(
        url,
        "select canonical_payload as entry from audit_logs where tenant_id = 'acme' "
        "and canonical_payload like '%' || $1 || '%'",
        email,
    )
    assert password not in row["entry"]
    assert "command-line" in row["entry"]


def test_a_password_may_come_from_standard_input(url: str, email: str) -> None:
    result = user(
        "add",
        email,
        "--tenant",
        "acme",
        "--name",
        "Ann Example",
        "--password-stdin",
        given=f"{PASSWORD}\n",
    )
    assert (result.exit_code, result.stdout) == (0, "")
    found = account(url, email)
    assert is_password(PASSWORD, found.password_hash)
    assert not found.user.must_change_password
    assert (found.user.display_name, found.user.roles) == ("Ann Example", ["operator"])


def test_a_hash_may_come_from_elsewhere(url: str, email: str) -> None:
    given = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    result = user("add", email, "--tenant", "acme", "--hash-stdin", given=f"{given}\n")
    assert result.exit_code == 0, result.output
    assert account(url, email).password_hash == given
    assert user("disable", email).exit_code == 0
    ask(url, "delete from users where email = $1", email)


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["no-email"], None, "must be an email address"),
        (["näma@example.com"], None, "must be an email address"),
        ([f"{'x' * 250}@example.com"], None, "must not be longer than 255"),
        (["{email}", "--name", "x" * 201], None, "must not be longer than 200"),
        (["{email}", "--password-stdin"], "short\n", "the password must have at least 12"),
        (["{email}", "--password-stdin"], "", "the password must have at least 12"),
        (["{email}", "--hash-stdin"], "hunter2\n", "no argon2id or bcrypt hash"),
        (["{email}", "--hash-stdin", "--password-stdin"], "x\n", "not both"),
        (["{email}", "--role", "king"], None, "king"),
    ],
)
def test_what_cannot_be_is_told(
    url: str, email: str, arguments: list[str], given: str | None, message: str
) -> None:
    filled = [one.replace("{email}", email) for one in arguments]
    result = user("add", "--tenant", "acme", *filled, given=given)
    assert result.exit_code in (1, 2)
    assert message in re.sub(r"[│\s]+", " ", result.output)
    assert ask(url, "select 1 from users where email = $1", filled[0]) == []


def test_a_tenant_must_be_named(email: str) -> None:
    result = user("add", email)
    assert result.exit_code == 2
    assert "--tenant" in result.output


def test_an_email_is_given_once_in_all_tenants(url: str, email: str) -> None:
    assert user("add", email, "--tenant", "acme").exit_code == 0
    result = user("add", email.upper(), "--tenant", "another")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is a user" in result.stderr
    assert account(url, email).user.tenant_id == "acme"


def test_users_are_listed(email: str) -> None:
    user("add", email, "--tenant", "acme", "--name", "[red]Ann")
    user("disable", email)
    listed = user("list", "--tenant", "acme").stdout
    (line,) = [one for one in listed.splitlines() if email in one]
    assert re.sub(r"\s+", " ", line).strip() == (
        f"{email} acme operator [red]Ann disabled, must change the password"
    )
    assert email not in user("list", "--tenant", "another").stdout
    assert email in user("list").stdout


def test_a_disabled_user_is_signed_out_until_enabled(url: str, email: str) -> None:
    user("add", email, "--tenant", "acme")
    session_begun(url, email)
    assert user("disable", email.upper()).exit_code == 0
    assert not account(url, email).user.is_active
    assert reasons(url, email) == ["user_disabled"]
    assert user("enable", email).exit_code == 0
    assert account(url, email).user.is_active


def test_a_password_is_set_anew_and_ends_sessions(url: str, email: str) -> None:
    user("add", email, "--tenant", "acme")
    session_begun(url, email)
    result = user("set-password", email)
    found = account(url, email)
    assert is_password(result.stdout.strip(), found.password_hash)
    assert found.user.must_change_password
    assert reasons(url, email) == ["password_changed"]
    result = user("set-password", email, "--password-stdin", given=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, "")
    found = account(url, email)
    assert is_password(PASSWORD, found.password_hash)
    assert not found.user.must_change_password
    assert user("set-password", email, "--password-stdin", given="short\n").exit_code == 1
    assert account(url, email).password_hash == found.password_hash


def test_roles_are_set_anew_and_sessions_go_on_with_them(url: str, email: str) -> None:
    user("add", email, "--tenant", "acme", "--role", "viewer", "--role", "auditor")
    session_begun(url, email)
    of_user = "select s.id from sessions s join users u on u.id = s.user_id where u.email = $1"
    (session,) = ask(url, of_user, email)
    before = account(url, email)
    chosen = ["--role", "operator", "--role", "admin", "--role", "operator"]
    result = user("set-roles", email.upper(), *chosen)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "was viewer, auditor" in re.sub(r"\s+", " ", result.stderr)
    found = account(url, email)
    assert found.user.roles == ["operator", "admin"]
    assert found.password_hash == before.password_hash
    assert reasons(url, email) == [None]
    session_id = str(session["id"])
    live = on_database(url, lambda database: live_sessions(database, [session_id]))
    assert live[session_id].roles == {"operator", "admin"}
    (row,) = ask(
        url,
        "select canonical_payload as entry from audit_logs where tenant_id = 'acme' "
        "and canonical_payload like '%setRoles%' and canonical_payload like '%' || $1 || '%'",
        email,
    )
    for part in ('"roles":["operator","admin"]', '"roles_before":["viewer","auditor"]'):
        assert part in row["entry"]
    assert "command-line" in row["entry"]


@pytest.mark.parametrize("roles", [[], ["--role", "king"]])
def test_only_roles_that_there_are_are_set(url: str, email: str, roles: list[str]) -> None:
    user("add", email, "--tenant", "acme")
    assert user("set-roles", email, *roles).exit_code == 2
    assert account(url, email).user.roles == ["operator"]


@pytest.mark.parametrize(
    "command", [["disable"], ["enable"], ["set-password"], ["set-roles", "--role", "admin"]]
)
def test_an_unknown_user_is_told(url: str, command: list[str]) -> None:
    result = user(*command, "nobody@example.com")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no user nobody@example.com" in result.stderr


def session_begun(url: str, email: str) -> None:
    ask(
        url,
        "insert into sessions (tenant_id, user_id, roles, expires_at) "
        "select tenant_id, id, roles, now() + interval '1 hour' from users where email = $1",
        email,
    )


def reasons(url: str, email: str) -> list[str]:
    rows = ask(
        url,
        "select s.revoked_reason from sessions s join users u on u.id = s.user_id "
        "where u.email = $1",
        email,
    )
    return [row["revoked_reason"] for row in rows]


async def test_of_many_who_start_at_once_one_makes_the_first_administrator(
    database_url: str, tmp_path: Path
) -> None:
    async with migrated_database(database_url) as own:
        database = await Database.connect(own, Settings(data_dir=tmp_path))
        try:
            made = await asyncio.gather(*(make_first_admin(database, "acme") for _ in range(4)))
            (admin,) = [one for one in made if one is not None]
            assert admin.password not in repr(admin)
            found, _ = await find_account(database, FIRST_EMAIL)
            assert found is not None
            assert found.user.must_change_password
            assert (found.user.tenant_id, found.user.roles) == ("acme", ["admin"])
            assert (await check_password(admin.password, found.password_hash, None)).is_right
            assert await make_first_admin(database, "another") is None
        finally:
            await database.close()


def test_migrating_tells_the_first_password_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    told = r"made admin@localhost, who administers tenant (\S+)\n.* told this once: (\S+)\n"

    def run(own: str, *arguments: str) -> Result:
        monkeypatch.setenv("GRAPH_API_DATABASE_URL", own)
        return CliRunner().invoke(app, ["migrate", *arguments])

    async def in_own() -> None:
        async with empty_database(database_url) as own:
            first = await asyncio.to_thread(run, own, "--admin-tenant", "acme")
            assert first.exit_code == 0, first.output
            match = re.search(told, first.output)
            assert match is not None, first.output
            assert match[1] == "acme"
            found = await asyncio.to_thread(account, own, FIRST_EMAIL)
            assert await asyncio.to_thread(is_password, match[2], found.password_hash)
            second = await asyncio.to_thread(run, own)
            assert second.exit_code == 0
            assert "admin@localhost" not in second.output

    asyncio.run(in_own())
