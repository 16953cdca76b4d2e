"""The data directory of an embedded server: making it, checking it, configuring it.

A cluster is reached over a Unix socket only, in a directory that its account alone may enter.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from graph_api.core.embedded_install import EmbeddedPostgresError, Installation

ROLE = DATABASE = "graph_api"
PORT = 5432
CONFIGURATION = "graph_api.conf"
# Short, for the path of a Unix socket has 107 bytes; the second serves when the first is not ours.
SOCKET_PARENTS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the directory made there is 0700
# For a machine of two cores that this server shares with the service; a server of your own
# (GRAPH_API_DATABASE_URL) is where to tune.
SETTINGS = {
    "cluster_name": "graph-api",
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "age",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


@dataclass(frozen=True)
class Postmaster:
    """What a server wrote about itself into its data directory."""

    pid: int
    socket_dir: Path
    ready: bool


def make_cluster(target: Path, programs: Installation) -> None:
    """Make a new cluster with the database `graph_api`; it appears under its name when whole."""
    for left in target.parent.glob(f"{target.name}.new-*"):  # by an initialisation that was killed
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=target.parent))
    give_to_account(making, programs)
    # Built-in collation: the same order of text on every machine, whatever locales it has.
    programs.run(
        "initdb",
        making,
        f"--username={ROLE}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=peer",
    )
    with (making / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"\ninclude = '{CONFIGURATION}'\n")
    write_configuration(making, SOCKET_PARENTS[0], programs)  # single-user mode opens no socket
    single_user = ("--single", "-c", "exit_on_error=on", "template1")
    programs.run("postgres", making, *single_user, script=f"create database {DATABASE}\n")
    making.rename(target)


def check_cluster(data: Path, programs: Installation) -> None:
    """Raise EmbeddedPostgresError unless this installation and this user can run the cluster."""
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"{data} is not a PostgreSQL data directory (no PG_VERSION in it). "
            f"Move it away, or set GRAPH_API_DATA_DIR to another directory"
        ) from None
    if found != str(programs.major):
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {found}, and this installation has PostgreSQL "
            f"{programs.major}, which cannot read it. To keep the data, dump it with the version "
            f"of graph-api that made it and restore the dump into a new directory; to start "
            f"afresh, move {data} away or set GRAPH_API_DATA_DIR to another directory"
        )


def check_owner(data: Path) -> None:
    """Raise EmbeddedPostgresError unless this user may run a server on the data directory."""
    owner, mine = data.stat().st_uid, os.geteuid()
    if mine not in (0, owner):
        raise EmbeddedPostgresError(
            f"{data} belongs to the user with id {owner}, and this process runs as {mine}. Run it "
            f"as root or as that user, or set GRAPH_API_DATA_DIR to a directory of your own"
        )


def give_to_account(data: Path, programs: Installation) -> None:
    """Make the server's account the owner of a directory and all in it, which root may do."""
    account = programs.account
    if data.stat().st_uid != account.uid:
        for path in (data, *data.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def write_configuration(data: Path, socket_dir: Path, programs: Installation) -> None:
    """Write the files that say how the server runs and who may connect."""
    settings = {**SETTINGS, "unix_socket_directories": str(socket_dir)}
    lines = [
        f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
    ]
    names = sorted({programs.account.name, "root"})
    _write(data / CONFIGURATION, ["# Written at every start.", *lines], programs)
    _write(data / "pg_hba.conf", ["local all all peer map=owner"], programs)
    _write(data / "pg_ident.conf", [f'owner "{name}" all' for name in names], programs)


def socket_directory(data_dir: Path, programs: Installation) -> Path:
    """A directory for the server's socket: short, always the same, its account's alone (0700)."""
    uid = programs.account.uid
    key = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    refusals = []
    for parent in SOCKET_PARENTS:
        directory = parent / f"graph-api-{uid}-{key}"
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
            if directory.lstat().st_uid == 0:
                os.chown(directory, uid, programs.account.gid, follow_symlinks=False)
            # Anybody may make a name under /tmp first, even as a link: never use what is not ours.
            found = directory.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == uid:
                directory.chmod(0o700)
                return directory
            refusals.append(f"{directory} is somebody else's")
        except OSError as error:
            refusals.append(str(error))
    raise EmbeddedPostgresError(
        f"no directory for the server's socket: {'; '.join(refusals)}. Remove or free one of them"
    )


def read_postmaster(data: Path) -> Postmaster | None:
    """What the server on this directory says of itself; None when there is nothing to read."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _write(path: Path, lines: list[str], programs: Installation) -> None:
    # Root writes here in a directory that is not root's: into a new file, never through a link.
    path.unlink(missing_ok=True)
    new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(new, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, ""]))
        if os.geteuid() == 0:
            os.chown(new, programs.account.uid, programs.account.gid)
