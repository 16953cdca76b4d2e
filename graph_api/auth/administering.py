"""What the operator does with users; each is audited in the user's tenant."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from graph_api.auth.models import Account, SessionEnd, User, checked_email
from graph_api.auth.passwords import hash_password, problem_of
from graph_api.auth.proving import email_digest
from graph_api.auth.store import (
    NewUser,
    add_user,
    end_sessions_of,
    find_account,
    forget_failures,
    locked_account,
    set_active,
    set_password,
    set_roles,
)
from graph_api.core.database import Database, Session
from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings

_LONGEST_NAME = 200


class UserProblem(Exception):  # noqa: N818 - it is what a person is told
    """A user cannot be as the operator wants; the message says why."""


async def provide_user(
    database: Database,
    settings: Settings,
    tenant_id: str,
    email: str,
    roles: Sequence[Role],
    display_name: str | None,
    password: str,
    *,
    is_hash: bool = False,
    is_for_one_use: bool = False,
) -> User:
    """Add a user by a password, or by the hash of one.

    Raises UserProblem for an email that is none or is taken, and a password that will not do.
    """
    try:
        checked_email(email)
    except ValueError as error:
        raise UserProblem(f"{email!r} {error}") from None
    if display_name is not None and len(display_name) > _LONGEST_NAME:
        raise UserProblem(f"the name must not be longer than {_LONGEST_NAME} characters")
    new = NewUser(
        email,
        password if is_hash else await _hashed(settings, email, password),
        list(dict.fromkeys(roles)),
        display_name,
        is_for_one_use,
    )
    async with database.transaction(_operator(tenant_id), "addUser") as session:
        user = await add_user(session, new)
        if user is None:
            raise UserProblem(f"there is a user {email} already")
        session.journal.details.update(
            user_id=str(user.id), email=email, roles=[one.value for one in new.roles]
        )
    return user


async def disable_user(database: Database, email: str) -> None:
    """Let a user sign in no more, and end the user's sessions; keys are good for nothing then.

    Raises UserProblem where there is no such user.
    """
    async with _changing(database, email, "disableUser") as (session, account):
        await set_active(session, account.user.id, is_active=False)
        ended = await end_sessions_of(session, account.user.id, SessionEnd.USER_DISABLED)
        session.journal.details["ended_sessions"] = [str(one) for one in ended]


async def enable_user(database: Database, email: str) -> None:
    """Let a user sign in again, also one whose email is locked; raises as `disable_user` does."""
    async with _changing(database, email, "enableUser") as (session, account):
        await set_active(session, account.user.id, is_active=True)
    await forget_failures(database, email_digest(database, email))


async def replace_password(
    database: Database, settings: Settings, email: str, password: str, *, is_for_one_use: bool
) -> None:
    """Give a user another password, unlock the email, and end the user's sessions.

    Raises UserProblem where there is no such user, and for a password that will not do.
    """
    password_hash = await _hashed(settings, email, password)
    async with _changing(database, email, "setPassword") as (session, account):
        await set_password(session, account.user.id, password_hash, must_change=is_for_one_use)
        ended = await end_sessions_of(session, account.user.id, SessionEnd.PASSWORD_CHANGED)
        session.journal.details["ended_sessions"] = [str(one) for one in ended]
    await forget_failures(database, email_digest(database, email))


async def change_roles(database: Database, email: str, roles: Sequence[Role]) -> Account:
    """Give a user these roles for those there were, who stays signed in; gives who it was before.

    Raises as `disable_user` does.
    """
    async with _changing(database, email, "setRoles") as (session, account):
        wanted = list(dict.fromkeys(roles))
        await set_roles(session, account.user.id, wanted)
        session.journal.details.update(
            roles=[one.value for one in wanted],
            roles_before=[one.value for one in account.user.roles],
        )
    return account


async def _hashed(settings: Settings, email: str, password: str) -> str:
    problem = problem_of(password, email, settings.min_password_length)
    if problem is not None:
        raise UserProblem(f"the password {problem}")
    return await hash_password(password)


@asynccontextmanager
async def _changing(
    database: Database, email: str, action: str
) -> AsyncIterator[tuple[Session, Account]]:
    """A transaction that changes a user, who is held in it and named in its audit entry."""
    found, _ = await find_account(database, email)
    if found is None:
        raise UserProblem(f"there is no user {email}")
    viewer = _operator(found.user.tenant_id)
    async with database.transaction(viewer, action) as session:
        account = await locked_account(session, found.user.id)
        if account is None:
            raise UserProblem(f"there is no user {email}")
        session.journal.details.update(user_id=str(account.user.id), email=account.user.email)
        yield session, account


def _operator(tenant_id: str) -> Viewer:
    return Viewer(tenant_id, subject="command-line", actor_type="system")
