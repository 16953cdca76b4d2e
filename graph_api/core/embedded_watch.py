"""The process that owns an embedded server: starts it, and stops it when nobody uses it any more.

Run as a program by `graph_api.core.embedded`, never imported, standard library only: it must start
in milliseconds. It takes one JSON argument:

- `command`, `cwd`, `log`: the server's command line, working directory and log file;
- `account`: `[uid, gid]` to run the server as, or null for the caller's own;
- `users`: the lock file every user of the server holds shared. The kernel releases a user's lock
  however it dies, so holding it exclusively means that the last user is gone;
- `socket_dir`: the directory of the server's socket, removed with the server;
- `alive`: the descriptor of a locked file that the server inherits. While any process of the
  server lives, that lock is held.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
FAST_SHUTDOWN, IMMEDIATE_SHUTDOWN = signal.SIGINT, signal.SIGQUIT
FAST_SHUTDOWN_SECONDS = 15


def main(task: dict[str, Any]) -> None:
    """Run one server to its end."""
    if os.fork():  # the caller waits for the parent only, and never has a zombie to reap
        os._exit(0)
    users = os.open(task["users"], os.O_RDWR)
    server = _start(task)
    threading.Thread(target=_stop_when_unused, args=(server, users), daemon=True).start()
    server.wait()
    with contextlib.suppress(OSError):
        Path(task["socket_dir"]).rmdir()
    # The lock on `users` is released only here: whoever waits for it finds the server gone.
    os._exit(0)


def _start(task: dict[str, Any]) -> subprocess.Popen[bytes]:
    account: dict[str, Any] = {}
    if task["account"]:
        uid, gid = task["account"]
        account = {"user": uid, "group": gid, "extra_groups": []}
    with Path(task["log"]).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - the caller's own command line
            task["command"],
            cwd=task["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[task["alive"]],
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - there is one thread yet
            **account,
        )


def _die_with_parent() -> None:
    """Have the kernel shut the server down should this process be killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, FAST_SHUTDOWN)


def _stop_when_unused(server: subprocess.Popen[bytes], users: int) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)
    server.send_signal(FAST_SHUTDOWN)
    time.sleep(FAST_SHUTDOWN_SECONDS)
    server.send_signal(IMMEDIATE_SHUTDOWN)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
