"""An embedded PostgreSQL: one server for each data directory, shared by every process that uses it.

There is no server to administer: the first user of a directory starts its server, the last one
out stops it, and a user that is killed counts as out. Two lock files in the directory decide:

- `users.lock` is held shared by every user. The watcher (`embedded_watch`, one for each server)
  waits for it exclusively, then stops the server and releases it.
- `server.lock` is held by the server's own processes. Who gets it knows that none is left, and
  may start one; no stale `postmaster.pid` or reused process id can deceive it.
"""

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from graph_api.core import embedded_watch
from graph_api.core.embedded_cluster import (
    DATABASE,
    PORT,
    ROLE,
    check_cluster,
    check_owner,
    give_to_account,
    make_cluster,
    read_postmaster,
    socket_directory,
    write_configuration,
)
from graph_api.core.embedded_install import (
    EmbeddedPostgresError,
    find_installation,
    minimal_environment,
    wheel_programs,
)

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "wheel_programs"]

# Long, for a server that was killed under load replays its log before it is ready.
START_SECONDS = 120.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.01
PROBE_SECONDS = 2.0
# The shortest question of PostgreSQL's protocol, "may we encrypt?"; the answer is one byte.
ENCRYPTION_REQUEST = struct.pack("!II", 8, 80877103)
LOG_MAX_BYTES = 16 * 2**20


class EmbeddedPostgres:
    """One use of the server on a data directory, from `start` to `stop`.

    The directory holds `postgres/` (the cluster), `server.log` and the two lock files.
    """

    def __init__(self, data_dir: Path, users: int, socket_dir: Path) -> None:
        self.data_dir = data_dir
        self.socket_dir = socket_dir
        self._users: int | None = users

    @classmethod
    def start(cls, data_dir: Path) -> Self:
        """Use the server of a directory, starting it, and making its cluster, when need be.

        Blocks until the server takes connections: about 0.2 s, 1 s for a new directory. Raises
        EmbeddedPostgresError when that cannot be.
        """
        data_dir = data_dir.absolute()
        try:
            data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
            data_dir = data_dir.resolve()
            users = _open_owned(data_dir / "users.lock")
            try:
                return cls(data_dir, users, _ready_server(data_dir, users))
            except BaseException:
                os.close(users)
                raise
        except OSError as error:
            raise EmbeddedPostgresError(
                f"cannot use {data_dir} for the embedded database: {error}. "
                f"Set GRAPH_API_DATA_DIR to a directory this process may write"
            ) from error

    @property
    def dsn(self) -> str:
        """The URL that asyncpg connects to, as a superuser."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.socket_dir))}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The process id of the server, None when it does not run."""
        running = read_postmaster(self.data_dir / "postgres")
        return running.pid if running else None

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there; what it says of itself outlives a kill -9."""
        pid = self.pid
        if pid is None:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def stop(self) -> None:
        """Stop using the server, and wait until it is gone unless others use it. Idempotent."""
        if self._users is None:
            return
        os.close(self._users)
        self._users = None
        with contextlib.suppress(
            FileNotFoundError
        ):  # the directory was removed: nothing to wait for
            _wait_until_stopped_or_used(self.data_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _ready_server(data_dir: Path, users: int) -> Path:
    """Become a user of the directory's server, started if there is none; its socket directory."""
    data = data_dir / "postgres"
    deadline = time.monotonic() + START_SECONDS
    while not _lock(users, fcntl.LOCK_SH):  # a watcher is stopping the server
        _pause(deadline, data_dir)
    launched_at: int | None = None
    while True:
        if (alive := _take_server_lock(data_dir)) is not None:
            try:
                if launched_at is not None:
                    raise EmbeddedPostgresError(_last_words(data_dir, launched_at))
                launched_at = _launch(data_dir, alive)
            finally:
                os.close(alive)  # the server holds it from here on
        elif (socket_dir := _answering(data)) is not None:
            return socket_dir
        _pause(deadline, data_dir)


def _launch(data_dir: Path, alive: int) -> int:
    """Start the server, which nobody else does while `alive` is locked; the log's size before."""
    data = data_dir / "postgres"
    exists = data.exists()
    if exists:
        check_owner(data)
    programs = find_installation((data if exists else data_dir).stat().st_uid)
    if not exists:
        make_cluster(data, programs)
    check_cluster(data, programs)
    give_to_account(data, programs)
    socket_dir = socket_directory(data_dir, programs)
    write_configuration(data, socket_dir, programs)
    (data / "postmaster.pid").unlink(missing_ok=True)  # of a server that was killed
    log = _open_log(data_dir / "server.log")
    size = log.stat().st_size
    account = programs.account
    _start_watcher(
        {
            "command": programs.server_command(data),
            "cwd": str(data),
            "log": str(log),
            "account": None if account.uid == os.geteuid() else [account.uid, account.gid],
            "users": str(data_dir / "users.lock"),
            "socket_dir": str(socket_dir),
            "alive": alive,
        }
    )
    return size


def _start_watcher(task: dict[str, Any]) -> None:
    with Path(task["log"]).open("ab") as errors:
        # -I and -S: no site-packages, no user site; the program is standard library alone.
        subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-I", "-S", embedded_watch.__file__, json.dumps(task)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            env=minimal_environment(),
            pass_fds=[task["alive"]],
            start_new_session=True,
            check=True,
        )


def _answering(data: Path) -> Path | None:
    """The socket directory of the server on `data` if it takes connections.

    To be connected is not enough: the kernel still does that for a server that is being killed.
    """
    server = read_postmaster(data)
    if server is None or not server.ready:
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(server.socket_dir / f".s.PGSQL.{PORT}"))
            probe.sendall(ENCRYPTION_REQUEST)
            return server.socket_dir if probe.recv(1) else None
        except (FileNotFoundError, ConnectionError, TimeoutError):
            return None


def _wait_until_stopped_or_used(data_dir: Path) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    probe = _open_owned(data_dir / "users.lock")
    try:
        while (alive := _take_server_lock(data_dir)) is None:
            # Shared but not exclusively: others use it. Not even shared: the watcher is stopping it.
            if _lock(probe, fcntl.LOCK_SH) and not _lock(probe, fcntl.LOCK_EX):
                return
            _lock(probe, fcntl.LOCK_UN)
            _pause(deadline, data_dir)
        os.close(alive)
    finally:
        os.close(probe)


def _take_server_lock(data_dir: Path) -> int | None:
    """The lock that every process of a server holds, or None while one of them lives."""
    lock = _open_owned(data_dir / "server.lock")
    if _lock(lock, fcntl.LOCK_EX):
        return lock
    os.close(lock)
    return None


def _open_owned(path: Path) -> int:
    # Never through a link: root would hand over the file it points to.
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:  # root must not shut the owner of the directory out
        owner = path.parent.stat()
        os.chown(lock, owner.st_uid, owner.st_gid)
    return lock


def _lock(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_log(path: Path) -> Path:
    if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
        path.replace(path.with_name("server.log.old"))
    os.close(_open_owned(path))
    return path


def _last_words(data_dir: Path, since: int) -> str:
    log = data_dir / "server.log"
    said = log.read_bytes()[since:].decode(errors="replace").strip()[-2000:]
    return f"the embedded PostgreSQL on {data_dir} did not start; it said ({log}):\n{said}"


def _pause(deadline: float, data_dir: Path) -> None:
    if time.monotonic() > deadline:
        raise EmbeddedPostgresError(
            f"the embedded PostgreSQL on {data_dir} neither answers nor ends; "
            f"its log is {data_dir / 'server.log'}"
        )
    time.sleep(POLL_SECONDS)
