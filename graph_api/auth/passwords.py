"""Hashes of passwords: argon2id, and bcrypt for those that come from elsewhere.

Whatever is asked, a check does the same work, so that the time of an answer tells nothing.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from graph_api.auth.models import LONGEST_PASSWORD

ResultT = TypeVar("ResultT")

# the second recommendation of RFC 9106: 64 MiB, three passes
_ARGON2 = PasswordHasher()
_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES = 72
_FEWEST_DIFFERENT = 5
# as many as there are processors: more would only hold more memory at a time
_HASHING = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "password-hashing")


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """What a check of a password came to."""

    is_right: bool
    needs_new_hash: bool = False
    """Whether the hash is of an older kind than those that are made now."""


async def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return await _in_thread(lambda: _ARGON2.hash(_plain(password)))


async def check_password(
    password: str, password_hash: str | None, bcrypt_cost: int | None
) -> PasswordCheck:
    """Whether a password is that of a hash; of None, no password is.

    `bcrypt_cost` is that of the bcrypt hashes there are, None where there are none: while there
    are, every check does the work of both kinds.
    """
    return await _in_thread(lambda: _checked(password, password_hash, bcrypt_cost))


def problem_of(password: str, email: str, fewest: int) -> str | None:
    """What is wrong with a password that somebody wants to have; None, if it may be one."""
    if len(password) < fewest:
        return f"must have at least {fewest} characters"
    if len(password) > LONGEST_PASSWORD:
        return f"must not have more than {LONGEST_PASSWORD} characters"
    if password.strip().lower() in (email.lower(), email.partition("@")[0].lower()):
        return "must not be the email address"
    if len(set(password)) < _FEWEST_DIFFERENT:
        return f"must have at least {_FEWEST_DIFFERENT} different characters"
    return None


def one_time_password() -> str:
    """A password for one use, such as a person can copy."""
    return secrets.token_urlsafe(18)


def is_password_hash(text: str) -> bool:
    """Whether a text is a hash that can be checked."""
    if _BCRYPT.fullmatch(text):
        return True
    try:
        return extract_parameters(text).type is Type.ID
    except InvalidHashError:
        return False


async def _in_thread(work: Callable[[], ResultT]) -> ResultT:
    return await asyncio.get_running_loop().run_in_executor(_HASHING, work)


def _checked(password: str, password_hash: str | None, bcrypt_cost: int | None) -> PasswordCheck:
    plain = _plain(password[:LONGEST_PASSWORD])
    can_be = 0 < len(password) <= LONGEST_PASSWORD
    nobodys_argon2, nobodys_bcrypt = _nobodys_argon2(), _nobodys_bcrypt(bcrypt_cost)
    is_bcrypt = password_hash is not None and password_hash.startswith("$2")
    own_argon2 = nobodys_argon2 if is_bcrypt or password_hash is None else password_hash
    own_bcrypt = password_hash if is_bcrypt else nobodys_bcrypt
    is_right = _verified_argon2(plain, own_argon2)
    is_right_bcrypt = own_bcrypt is not None and _verified_bcrypt(plain, own_bcrypt)
    if is_bcrypt:
        # what stands behind the bytes that bcrypt reads was never proved to be the password
        return PasswordCheck(can_be and is_right_bcrypt, len(plain) <= _BCRYPT_BYTES)
    proved = can_be and is_right and password_hash is not None
    return PasswordCheck(proved, proved and _ARGON2.check_needs_rehash(own_argon2))


def _verified_argon2(plain: bytes, password_hash: str) -> bool:
    try:
        return _ARGON2.verify(password_hash, plain)
    except (VerificationError, InvalidHashError):
        return False


def _verified_bcrypt(plain: bytes, password_hash: str) -> bool:
    try:
        return bcrypt.checkpw(plain[:_BCRYPT_BYTES], password_hash.encode())
    except ValueError:
        return False


def _plain(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


# Hashes of passwords that nobody has, for the work of checking them.


@cache
def _nobodys_argon2() -> str:
    return _ARGON2.hash(secrets.token_bytes(32))


@cache
def _nobodys_bcrypt(cost: int | None) -> str | None:
    if cost is None:
        return None
    return bcrypt.hashpw(secrets.token_hex(16).encode(), bcrypt.gensalt(cost)).decode()
