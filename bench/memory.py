"""How much memory some processes hold, from /proc, and whether it grows."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.processors import with_children

_KIB_IN_MIB = 1024
_FEWEST = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """What a server and its PostgreSQL hold at one moment, in MiB."""

    hours: float
    """Since the first sample."""
    server: float
    """Resident, by the server's process."""
    postgres: float
    """By PostgreSQL's processes, each counted with its share of what it shares (PSS)."""
    postgres_own: float
    """The same without shared memory, which is of a set size and fills as it is read into."""


def resident_mib(pid: int) -> float:
    """The resident memory of a process, in MiB."""
    return _kib(Path(f"/proc/{pid}/status"), "VmRSS") / _KIB_IN_MIB


def held_while(
    work: Callable[[], T], server_pid: int, postgres_pid: int, interval: float
) -> tuple[T, list[Held]]:
    """What some work answers, and what is held every so many seconds until it is done.

    Raises what the work raises, and ValueError where it ends before there are four samples.
    """
    samples: list[Held] = []
    started = time.perf_counter()
    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(work)
        while not working.done():
            hours = (time.perf_counter() - started) / 3600
            samples.append(_held(hours, server_pid, postgres_pid))
            wait([working], timeout=interval)
        done = working.result()
    if len(samples) < _FEWEST:
        raise ValueError("too short to see whether memory grows")
    return done, samples


def growth_per_hour(samples: Sequence[Held], what: Callable[[Held], float]) -> float:
    """The slope of a straight line through samples, by least squares, in MiB for each hour."""
    hours = [one.hours for one in samples]
    return statistics.linear_regression(hours, [what(one) for one in samples]).slope


def _held(hours: float, server_pid: int, postgres_pid: int) -> Held:
    proportional, shared = 0, 0
    for pid in with_children(postgres_pid):
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        try:
            one = _kib(rollup, "Pss"), _kib(rollup, "Pss_Shmem")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        proportional += one[0]
        shared += one[1]
    return Held(
        hours,
        resident_mib(server_pid),
        proportional / _KIB_IN_MIB,
        (proportional - shared) / _KIB_IN_MIB,
    )


def _kib(page: Path, name: str) -> int:
    for line in page.read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"{page} says nothing of {name}")
