"""Hashes of passwords: what is right, what must be made anew, and the same work for everybody."""

from typing import Any

import bcrypt
import pytest

from graph_api.auth import passwords
from graph_api.auth.passwords import (
    check_password,
    hash_password,
    is_password_hash,
    one_time_password,
    problem_of,
)

COST = 4
RIGHT, WRONG = "correct horse battery staple", "correct horse battery stapler"


def by_bcrypt(plain: bytes) -> str:
    return bcrypt.hashpw(plain[:72], bcrypt.gensalt(COST)).decode()


async def test_a_hash_is_argon2id_and_told_from_another() -> None:
    first, second = await hash_password(RIGHT), await hash_password(RIGHT)
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second, "each has a salt of its own"
    assert (await check_password(RIGHT, first, None)).is_right
    assert not (await check_password(WRONG, first, None)).is_right
    assert not (await check_password(RIGHT, None, None)).is_right
    assert not (await check_password(RIGHT, first, None)).needs_new_hash


async def test_a_weaker_argon2id_hash_is_made_anew() -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(RIGHT)
    check = await check_password(RIGHT, weak, None)
    assert (check.is_right, check.needs_new_hash) == (True, True)


async def test_bcrypt_hashes_are_accepted_and_made_anew() -> None:
    check = await check_password(RIGHT, by_bcrypt(RIGHT.encode()), COST)
    assert (check.is_right, check.needs_new_hash) == (True, True)
    assert not (await check_password(WRONG, by_bcrypt(RIGHT.encode()), COST)).is_right


async def test_bcrypt_reads_72_bytes_and_what_follows_is_not_taken_for_proved() -> None:
    long = "ä" * 36 + " and more"
    check = await check_password(long, by_bcrypt(long.encode()), COST)
    assert (check.is_right, check.needs_new_hash) == (True, False)
    check = await check_password("ä" * 36, by_bcrypt(long.encode()), COST)
    assert (check.is_right, check.needs_new_hash) == (True, True)


@pytest.mark.parametrize("password", ["", "x" * 1025, "a\0b", "\ud800", "x" * 5_000_000])
async def test_nothing_odd_is_right_or_a_fault(password: str) -> None:
    for password_hash in (await hash_password(RIGHT), by_bcrypt(b"x"), by_bcrypt(b""), None):
        assert not (await check_password(password, password_hash, COST)).is_right


async def test_a_damaged_hash_is_nobodys() -> None:
    for damaged in ("$argon2id$v=19$m=65536,t=3,p=4$x", "$2b$04$short", "$2b$99$" + "x" * 53):
        assert not (await check_password(RIGHT, damaged, COST)).is_right


@pytest.mark.parametrize("cost", [None, COST])
async def test_every_check_does_the_same_work(
    cost: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    for name in ("_verified_argon2", "_verified_bcrypt"):
        monkeypatch.setattr(passwords, name, counted(done, name, getattr(passwords, name)))
    hashes = [await hash_password(RIGHT), None]
    if cost is not None:
        hashes.append(by_bcrypt(RIGHT.encode()))
    for password_hash in hashes:
        for password in (RIGHT, WRONG, "", "x" * 2000):
            done.clear()
            await check_password(password, password_hash, cost)
            expected = (
                ["_verified_argon2"] if cost is None else ["_verified_argon2", "_verified_bcrypt"]
            )
            assert done == expected


def counted(done: list[str], name: str, work: Any) -> Any:
    def verified(*given: Any) -> Any:
        done.append(name)
        return work(*given)

    return verified


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("eleven char", "at least 12 characters"),
        ("x" * 1025, "more than 1024"),
        ("Ann.Example@example.com", "must not be the email"),
        ("ANN.EXAMPLE@example.com ", "must not be the email"),
        ("abababababababab", "different characters"),
    ],
)
def test_what_may_not_be_a_password(password: str, problem: str) -> None:
    assert problem in (problem_of(password, "ann.example@example.com", 12) or "")


def test_what_may_be_a_password() -> None:
    assert problem_of("twelve chars", "ann@example.com", 12) is None
    assert problem_of("x y z w v" * 100, "ann@example.com", 12) is None


def test_a_password_for_one_use_will_do_and_is_never_the_same() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert {problem_of(one, "admin@localhost", 12) for one in made} == {None}


async def test_a_hash_is_told_from_a_password() -> None:
    assert is_password_hash(await hash_password(RIGHT))
    assert not is_password_hash("$argon2id$v=19$m=65536,t=3,p=4$x")
    assert not is_password_hash("$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2g")
    assert is_password_hash(by_bcrypt(b"x"))
    assert is_password_hash("$2y$10$" + "a" * 53)
    assert not is_password_hash("$2b$10$short")
    assert not is_password_hash("hunter2 hunter2")
