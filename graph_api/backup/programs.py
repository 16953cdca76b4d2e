"""PostgreSQL's client programs: which ones fit the server, and how one of them is run."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from graph_api.core.embedded import EmbeddedPostgresError, wheel_programs

_CHUNK_BYTES = 2**20
_LAST_WORDS = 4000
# What libpq reads besides its own PG* variables.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "KRB5CCNAME", "SSL_CERT_FILE")


class BackupError(Exception):
    """A backup or a restore cannot be made; the message says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class ClientProgram:
    """One of PostgreSQL's programs, and the version it is of."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """The major version of PostgreSQL it belongs to."""
        return int(self.version.partition(".")[0])


def client_program(name: str, oldest_major: int) -> ClientProgram:
    """The program from PATH or from the wheel whose version is nearest, and not too old.

    A program understands servers of its own version and older ones. Raises BackupError where
    there is none of at least `oldest_major`.
    """
    found = [one for one in map(_examined, _candidates(name)) if one is not None]
    fitting = [one for one in found if one.major >= oldest_major]
    if fitting:
        return min(fitting, key=lambda one: one.major)
    there = ", ".join(f"{one.path} is of {one.version}" for one in found)
    raise BackupError(
        f"{name} of PostgreSQL {oldest_major} or later is needed, and "
        f"{there or f'there is no {name} on PATH'}; "
        f"install the package postgresql-client-{oldest_major}, or put its programs on PATH"
    )


def _candidates(name: str) -> list[Path]:
    on_path = shutil.which(name)
    found = [Path(on_path)] if on_path else []
    try:
        found.append(wheel_programs() / name)
    except EmbeddedPostgresError:
        return found
    return found


def _examined(path: Path) -> ClientProgram | None:
    try:
        said = subprocess.run(  # noqa: S603 - our own command line
            [path, "--version"], capture_output=True, check=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+(\.\d+)*", said)
    return ClientProgram(path, version[0]) if version else None


@dataclass(frozen=True, slots=True)
class Target:
    """A database as asyncpg and PostgreSQL's programs are told of it.

    The programs get the password in their environment: the command line of a process is shown to
    every user of the machine.
    """

    dsn: str

    @property
    def without_password(self) -> str:
        """The URL for a command line. Raises BackupError for a secret that has no other place."""
        parts = urlsplit(self.dsn)
        credentials, at, hosts = parts.netloc.rpartition("@")
        query = parse_qsl(parts.query, keep_blank_values=True)
        if any(name == "sslpassword" for name, _ in query):
            raise BackupError(
                "the URL of the database has a sslpassword, which would show on a command line; "
                "use a key of the client without a pass phrase"
            )
        kept = urlencode([one for one in query if one[0] != "password"], quote_via=quote)
        netloc = f"{credentials.partition(':')[0]}{at}{hosts}"
        return f"{parts.scheme}://{netloc}{parts.path}{f'?{kept}' if kept else ''}"

    @property
    def environment(self) -> dict[str, str]:
        """What the programs find in their environment: libpq's own variables, and the password."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _PASSED_ON or name.startswith("PG")
        }
        parts = urlsplit(self.dsn)
        given = dict(parse_qsl(parts.query)).get("password")
        if parts.password is not None:
            given = unquote(parts.password)
        password = {} if given is None else {"PGPASSWORD": given}
        return {"PATH": os.defpath, **kept, **password, "LC_ALL": "C"}

    def database(self, name: str) -> "Target":
        """Another database of the same server."""
        parts = urlsplit(self.dsn)
        query = parse_qsl(parts.query, keep_blank_values=True)
        kept = urlencode([one for one in query if one[0] not in ("dbname", "database")])
        netloc = f"{parts.netloc}/{quote(name, safe='')}"
        return Target(f"{parts.scheme}://{netloc}{f'?{kept}' if kept else ''}")


async def output_of(
    program: ClientProgram, target: Target, *arguments: str
) -> AsyncIterator[bytes]:
    """What a program writes, in pieces. Raises BackupError, after the last, when it failed."""
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            program.path,
            f"--dbname={target.without_password}",
            "--no-password",
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=target.environment,
        )
        try:
            while process.stdout and (piece := await process.stdout.read(_CHUNK_BYTES)):
                yield piece
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status:
            raise BackupError(f"{program.path.name} failed ({status}):\n{_said(errors.fileno())}")


async def run(program: ClientProgram, target: Target, *arguments: str) -> None:
    """Run a program to its end. Raises BackupError with its last words when it failed."""
    async for _ in output_of(program, target, *arguments):
        pass


def listing(program: ClientProgram, archive: Path) -> Sequence[str]:
    """The table of contents of a dump, a line for each entry. Raises BackupError for no dump."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [program.path, "--list", archive],
        capture_output=True,
        check=False,
        text=True,
        env={"PATH": os.defpath, "LC_ALL": "C"},
    )
    if done.returncode:
        raise BackupError(f"the backup's dump cannot be read: {done.stderr.strip()}")
    return [line for line in done.stdout.splitlines() if line and not line.startswith(";")]


def _said(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    said = os.pread(descriptor, _LAST_WORDS, max(0, size - _LAST_WORDS))
    return said.decode(errors="replace").strip()
