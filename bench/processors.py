"""How much of the processor some processes and their children have used, from /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessorUse:
    """Counts from now on what a process and its children use."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = _seconds(pid)

    def seconds(self) -> float:
        """Seconds of processor since the beginning, in user and system mode."""
        now = _seconds(self._pid)
        return sum(used - self._before.get(pid, 0.0) for pid, used in now.items())


def _seconds(pid: int) -> dict[int, float]:
    """What each process below one has used since it began."""
    used = {}
    for one in with_children(pid):
        try:
            # the name, in brackets, may hold spaces
            stat = Path(f"/proc/{one}/stat").read_text("ascii", "replace").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = stat.split()
        used[one] = (int(fields[11]) + int(fields[12])) / _TICKS
    return used


def with_children(pid: int) -> Iterator[int]:
    """A process, its children, theirs, and so on."""
    yield pid
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text("ascii").split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield from with_children(int(child))
