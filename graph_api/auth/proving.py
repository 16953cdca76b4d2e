"""Proves by a password who somebody is, and tells nothing to who is not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary, WeakValueDictionary

from graph_api.auth.models import Account
from graph_api.auth.passwords import check_password, hash_password
from graph_api.auth.store import count_failure, find_account, forget_failures, lock_of
from graph_api.core.database import Database
from graph_api.settings import Settings

_log = logging.getLogger("graph_api.auth")

_PURPOSE = "emails"
_Turns = WeakValueDictionary[str, asyncio.Lock]
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def proved(
    database: Database, settings: Settings, email: str, password: str
) -> tuple[Account, str | None] | None:
    """The account that an email and a password are of, and its password's hash made anew if due.

    None for an unknown email, a wrong password, a disabled user and a locked email, after the same
    work. Failures are counted, and lock the email.
    """
    email = email.strip()
    email_hash = email_digest(database, email)
    # one at a time, or a thousand guesses at once would all be checked before the first is counted
    async with _turn(email_hash):
        lock = await lock_of(database, email_hash)
        account, bcrypt_cost = await find_account(database, email)
        password_hash = None if account is None else account.password_hash
        check = await check_password(password, password_hash, bcrypt_cost)
        if lock:
            _refused(email_hash, "it is locked")
            return None
        if account is None or not check.is_right or not account.user.is_active:
            reason = "nobody has it" if account is None else "the password is wrong"
            if check.is_right:
                reason = "the user is disabled"
            _refused(email_hash, reason)
            if await count_failure(database, settings, email_hash):
                minutes = settings.lockout_duration_minutes
                _log.warning("email %.12s is locked for %d minutes", email_hash, minutes)
            return None
        if lock is not None:
            await forget_failures(database, email_hash)
    return account, await hash_password(password) if check.needs_new_hash else None


def email_digest(database: Database, email: str) -> str:
    """What stands for an email where it should not be told, the same in whatever case."""
    return database.auth_keys.digest(_PURPOSE, email.lower())


def _refused(email_hash: str, reason: str) -> None:
    # its beginning is enough to find one's own, and too little to tell who it is
    _log.warning("sign-in by email %.12s refused: %s", email_hash, reason)


@asynccontextmanager
async def _turn(name: str) -> AsyncIterator[None]:
    """Wait until nobody else of this process acts under the name."""
    turns = _turns.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    lock = turns.setdefault(name, asyncio.Lock())
    async with lock:
        yield
