"""What is not whole, not for this version or not safe is refused, and nothing is left behind."""

import asyncio
import hashlib
import io
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from graph_api.backup import programs
from graph_api.backup.archive import DUMP, MANIFEST, SUMS
from graph_api.backup.dumping import back_up
from graph_api.backup.programs import BackupError, Target, client_program
from graph_api.backup.restoring import restore
from graph_api.core.api.schema import GraphSchema
from tests.backup.places import Place, bring_keys, owned_database, place, settings_in
from tests.backup.test_restored import databases, quiet


@pytest.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    """A new cluster, into which none of these tests may bring anything."""
    async with owned_database(settings_in(tmp_path_factory.mktemp("empty"))) as target:
        yield target
        assert await tables(target) == 0


async def tables(target: Target) -> int:
    connection = await asyncpg.connect(target.dsn)
    try:
        query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def refusal(target: Target, path: Path, *, force: bool = False) -> str:
    with pytest.raises(BackupError) as refused:
        await restore(target, path, force=force, tell=quiet)
    return str(refused.value)


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no tar": lambda _: b"PGDMP" * 1000,
    "cut in the dump": lambda content: content[: len(content) // 2],
    "cut at a block": lambda content: content[: len(content) // 2 // 512 * 512],
    "cut before the sums": lambda content: content[: content.rindex(SUMS.encode())],
    "cut in the sums": lambda content: content[: content.rindex(b"  " + MANIFEST.encode())],
    "a bit of the dump": lambda content: _flipped(content, len(content) // 2),
    "a bit of the manifest": lambda content: _flipped(content, content.rindex(b'"oilgas')),
    "a bit of a header": lambda content: _flipped(content, 3),
    "a bit of the sums": lambda content: _flipped(
        content, content.rindex(b"  " + DUMP.encode()) - 1
    ),
}


def _damage(backup: Path, to: Path, damage: str) -> None:
    to.write_bytes(DAMAGES[damage](backup.read_bytes()))


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_refused(
    backup_file: Path, empty: Target, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "damaged.tar"
    _damage(backup_file, path, damage)
    said = await refusal(empty, path)
    assert "backup" in said or "damaged" in said
    assert "damaged.tar" in said


async def test_a_file_that_is_not_there_is_named(empty: Target, tmp_path: Path) -> None:
    assert await refusal(empty, tmp_path / "none.tar") == f"there is no {tmp_path / 'none.tar'}"


def rewritten(backup: Path, to: Path, change: Callable[[Any], None]) -> Path:
    """A backup with another manifest, whose checksums fit."""
    with tarfile.open(backup) as tar:
        dump, manifest = (tar.extractfile(name) for name in (DUMP, MANIFEST))
        assert dump is not None
        assert manifest is not None
        content, said = dump.read(), orjson.loads(manifest.read())
    change(said)
    text = orjson.dumps(said)
    sums = f"{said['dump_sha256']}  {DUMP}\n{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n"
    with tarfile.open(to, "w") as tar:
        for name, part in ((DUMP, content), (MANIFEST, text), (SUMS, sums.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(part)
            tar.addfile(member, io.BytesIO(part))
    return to


def _newer_migration(said: Any) -> None:
    said["migrations"].append({"number": 9000, "checksum": "0"})


def _other_migration(said: Any) -> None:
    said["migrations"][2]["checksum"] = "0"


NOT_FOR_THIS_VERSION: dict[str, tuple[Callable[[Any], None], str]] = {
    "format": (lambda said: said.update(format=2), "restore it with a newer version"),
    "migration": (_newer_migration, "migration 9000, which this version does not know"),
    "other migration": (_other_migration, "migration 0003 is another one"),
    "server": (lambda said: said.update(server_version="99.1"), "of PostgreSQL 99.1"),
    "age": (lambda said: said["extensions"].update(age="9.9.0"), "needs the extension age 9.9.0"),
    "unknown part": (lambda said: said.update(more=1), "manifest that cannot be read"),
}


@pytest.mark.parametrize("case", NOT_FOR_THIS_VERSION)
async def test_what_this_version_or_server_cannot_hold_is_refused(
    backup_file: Path, empty: Target, tmp_path: Path, case: str
) -> None:
    change, expected = NOT_FOR_THIS_VERSION[case]
    path = rewritten(backup_file, tmp_path / "other.tar", change)
    assert expected in await refusal(empty, path)


async def test_a_database_with_something_in_it_is_refused(source: Place, backup_file: Path) -> None:
    said = await refusal(source.target, backup_file)
    assert "is not empty" in said
    assert "--force" in said


async def test_what_fails_leaves_the_database_that_it_was_to_replace(
    source: Place, backup_file: Path, schema: GraphSchema, tmp_path: Path
) -> None:
    """A row too few is noticed before anything is replaced."""
    settings = settings_in(tmp_path / "kept")
    bring_keys(source.settings, settings)
    async with owned_database(settings) as target:
        await restore(target, backup_file, force=False, tell=quiet)
        path = rewritten(
            backup_file,
            tmp_path / "more.tar",
            lambda said: said["rows"].update({"public.audit_logs": 10**6}),
        )
        said = await refusal(target, path, force=True)
        assert "public.audit_logs has" in said
        assert "instead of 1000000" in said
        assert await databases(target) == {"graph_api", "postgres"}
        async with place(settings, schema) as kept:
            found = await kept.data("{ wells(first: 1) { totalCount } }")
            assert found["wells"]["totalCount"] > 5


async def test_a_file_is_never_overwritten(source: Place, tmp_path: Path) -> None:
    path = tmp_path / "kept.tar"
    path.write_text("kept")
    with pytest.raises(BackupError, match="is there already"):
        await back_up(source.target, path)
    assert path.read_text() == "kept"
    with pytest.raises(BackupError, match="cannot be written: No such file or directory"):
        await back_up(source.target, tmp_path / "no" / "directory.tar")


async def test_a_dump_that_fails_leaves_no_file(
    source: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a dump and an error, as when the server goes away."""
    binaries, target = tmp_path / "bin", tmp_path / "target"
    for directory in (binaries, target):
        directory.mkdir()
    (binaries / "pg_dump").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 18.0" && exit\n'
        "echo PGDMP\necho the server went away >&2\nexit 1\n"
    )
    (binaries / "pg_dump").chmod(0o755)
    monkeypatch.setattr(programs, "_candidates", lambda name: [binaries / name])
    with pytest.raises(BackupError, match=r"pg_dump failed \(1\):\nthe server went away"):
        await back_up(source.target, target / "half.tar")
    assert list(target.iterdir()) == []


def test_programs_that_are_missing_or_too_old_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_candidates", lambda name: [])
    with pytest.raises(BackupError, match=r"there is no pg_dump on PATH; .*postgresql-client-18"):
        client_program("pg_dump", 18)
    monkeypatch.undo()
    with pytest.raises(BackupError, match=r"pg_dump of PostgreSQL 99 .* is of 18\.\d+; install"):
        client_program("pg_dump", 99)
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.1'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert client_program("pg_dump", 18).major == 18, "the wheel's, where PATH has an old one"


async def test_the_password_is_on_no_command_line(
    source: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []
    start = asyncio.create_subprocess_exec

    async def watched(*command: Any, **given: Any) -> Any:
        started.append(([str(part) for part in command], given["env"]))
        return await start(*command, **given)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    with_password = source.target.dsn.replace("graph_api@", "graph_api:top%40secret@")
    await back_up(Target(with_password), tmp_path / "one.tar")
    await back_up(Target(f"{source.target.dsn}&password=top%40secret"), tmp_path / "two.tar")
    for command, environment in started:
        assert not any("secret" in part for part in command)
        assert environment["PGPASSWORD"] == "top@secret"
    assert len(started) == 2
    with pytest.raises(BackupError, match="sslpassword"):
        _ = Target("postgresql://a@b/c?sslpassword=secret").without_password
