"""Fuzzes every field of the API as every role and as nobody, and prints what failed as a table.

    python -m bench.fuzzing --examples 1000 --seeds 1,2,3

A server of this program's own, with the sample that the project ships, is asked what schemathesis
makes up, each request by every caller (`bench/every_caller.py`): an answer of 5xx, an error that is
not the caller's doing, more than five seconds, or a server that is gone is a failure. `fuzz.sh`
(`--fuzzer`, or FUZZER in the environment) must find schemathesis on the PATH, or in the environment
that `--schemathesis` names. Fields are dealt out to many short runs of it, two at a time. What
failed is kept in the directory `--keep`; while that has a file named PAUSE, no run is begun. Ended
by SIGINT or SIGTERM, it prints the table of what has run. The exit status is 1 where anything
failed.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema

from bench.credentials import api_key
from bench.every_caller import ADMIN, Counts, EveryCaller, every_caller
from bench.failing import say
from bench.server import SERVE, child_environment, free_port, running_process
from graph_api.core.database import Database
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.migrations import migrate
from graph_api.core.permissions import Role
from graph_api.demo import load_sample
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.seeding import load_rule_seeds
from graph_api.settings import Settings

TENANT = "fuzz"
NOBODY = "anonymous"

_SDL = Path(__file__).parents[1] / "graph_api" / "schema.graphql"
_FUZZER = Path(__file__).parents[2] / "shared" / "audits" / "fuzz.sh"
# short runs, since only a finished one counts; fuzz.sh would end one after 900 seconds
_EXAMPLES_OF_A_RUN = 1_000
_AT_ONCE = 2
# each checks a password, which takes a processor long; all callers would not end within a run
_SLOW = ("Mutation.login",)
# the proxy times what each caller waits; the fuzzer waits for all of them
_PATIENCE = ("--max-response-time", "120", "--request-timeout", "120")
_PAUSED_SECONDS = 5.0
# place of the session in /proc/PID/stat, after the name
_SESSION = 3


@dataclass
class Run:
    """A run of fuzz.sh: which fields it asks for, and what came of it."""

    seed: int
    number: int
    fields: list[str]
    callers: Sequence[str]
    examples: int = 0
    """How many schemathesis made; each was sent by every one of the callers."""
    failures: int = 0
    """Different failures, as schemathesis counts them; 1 where it came to no end."""

    @property
    def name(self) -> str:
        """Which of all it is."""
        return f"{self.seed}-{self.number}"

    def tell(self, output: str, status: int) -> None:
        """Take in what the output and the exit status of fuzz.sh say."""
        told = re.search(r"^ {2}([\d,]+) generated", output, re.MULTILINE)
        failed = re.search(r"^=+ (.*) in [\d.]+s", output, re.MULTILINE)
        counts = re.findall(r"(\d+) (?:failures?|errors?)\b", failed[1] if failed else "")
        self.examples = int(told[1].replace(",", "")) if told else 0
        self.failures = sum(int(one) for one in counts) or int(status != 0)


def fields() -> list[str]:
    """The root fields that are fuzzed, as schemathesis names them."""
    schema = build_schema(_SDL.read_text("utf-8"), assume_valid=True)
    roots = [schema.query_type, schema.mutation_type]
    return [f"{root.name}.{name}" for root in roots if root is not None for name in root.fields]


def dealt(names: Sequence[str], examples: int) -> list[list[str]]:
    """The fields of each run, heavy and light ones mixed."""
    if not names:
        return []
    runs = max(_AT_ONCE, -(-len(names) * examples // _EXAMPLES_OF_A_RUN))
    return [list(names[number::runs]) for number in range(min(runs, len(names)))]


def runs_of(
    seed: int, names: Sequence[str], callers: Sequence[str], examples: int
) -> Iterator[Run]:
    """All runs of a seed; slow fields come last, and are asked for by one caller at a time."""
    quick = [name for name in names if name not in _SLOW]
    # so that what has run, where it is ended early, is of all kinds
    random.Random(seed).shuffle(quick)
    asked = [(of_run, callers) for of_run in dealt(quick, examples)]
    asked += [([name], [who]) for name in names if name in _SLOW for who in callers]
    yield from (Run(seed, number, *one) for number, one in enumerate(asked, 1))


def rows(done: Sequence[Run], counts: dict[str, Counts]) -> Iterator[str]:
    """The lines of the table: by seed and caller, what was asked, and which of it is finished."""
    yield "| seed | caller | fields finished | their examples | requests | failures |"
    yield "|---:|---|---:|---:|---:|---:|"
    asked: Counter[tuple[int, str]] = Counter()
    failed: Counter[tuple[int, str]] = Counter()
    for name, counted in counts.items():
        seed = int(name.partition("-")[0])
        asked.update({(seed, who): count for who, count in counted.requests.items()})
        failed.update({(seed, who): count for who, count in counted.failures.items()})
    for seed, who in sorted(asked):
        own = [run for run in done if run.seed == seed and who in run.callers and run.examples]
        yield (
            f"| {seed} | `{who}` | {sum(len(run.fields) for run in own)} "
            f"| {sum(run.examples for run in own):,} "
            f"| {asked[seed, who]:,} | {failed[seed, who]:,} |"
        )


class Fuzzer:
    """Runs fuzz.sh against the proxy in front of one server."""

    def __init__(self, options: argparse.Namespace, proxy: EveryCaller, url: str) -> None:
        self._options = options
        self._proxy = proxy
        self._url = url
        self._waiting: list[Run] = []
        self._began = time.monotonic()
        self.done: list[Run] = []

    async def fuzz(self) -> None:
        """Fuzz all fields that are asked for, seed by seed."""
        asked = (self._options.fields, self._options.roles, self._options.examples)
        self._waiting = [run for seed in self._options.seeds for run in runs_of(seed, *asked)]
        say(f"{len(self._waiting)} runs")
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._one_after_another())

    async def _one_after_another(self) -> None:
        while self._waiting:
            while (self._options.keep / "PAUSE").exists():  # noqa: ASYNC110 - a file
                await asyncio.sleep(_PAUSED_SECONDS)
            if self._waiting:
                await self._run(self._waiting.pop(0))

    async def _run(self, run: Run) -> None:
        began = time.monotonic()
        command = ["bash", str(self._options.fuzzer), f"{self._url}/{run.name}"]
        command += [str(self._options.examples), "", *_PATIENCE]
        command += [part for name in run.fields for part in ("--include-name", name)]
        self._proxy.begin(run.name, run.callers)
        status, said = await self._said(command, run.seed)
        run.tell(said, status)
        self.done.append(run)
        counted = self._proxy.counts[run.name]
        failed = counted.failures.total()
        if run.failures or failed:
            kept = self._options.keep / f"fuzzing-{run.name}.txt"
            kept.write_text(said, "utf-8")
            say(f"run {run.name} ended with status {status}; what it said is in {kept}")
        say(
            f"run {run.name} ({', '.join(run.fields)}; {len(run.callers)} callers): "
            f"{run.examples:,} examples, "
            f"{counted.requests.total():,} requests, {failed} failures, {run.failures} by the "
            f"fuzzer, {time.monotonic() - began:.0f} s; {len(self._waiting)} runs wait, "
            f"{time.monotonic() - self._began:.0f} s since the first"
        )

    async def _said(self, command: Sequence[str], seed: int) -> tuple[int, str]:
        """The status and the output of a command, of which nothing is left in the end."""
        fuzz = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment(seed),
            cwd=self._options.keep,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, _ = await fuzz.communicate()
        finally:
            _end_session(fuzz.pid)
            status = await fuzz.wait()
        return status, said.decode("utf-8", "replace")

    def _environment(self, seed: int) -> dict[str, str]:
        path = os.environ.get("PATH", "")
        if self._options.schemathesis is not None:
            path = f"{self._options.schemathesis / 'bin'}:{path}"
        told = {
            "PATH": path,
            "SEED": str(seed),
            "SCHEMATHESIS_HOOKS": "fuzzing_hooks",
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {**os.environ, **told}


def _end_session(leader: int) -> None:
    """End what the script has started: `timeout` puts it into a group of its own."""
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = one.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(told[_SESSION]) == leader:
                os.kill(int(one.parent.name), signal.SIGKILL)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


async def _prepared(dsn: str, data_dir: Path, roles: Sequence[str]) -> dict[str, str | None]:
    """Load the sample; the API key of each role, and of the admin in any case."""
    await migrate(dsn)
    database = await Database.connect(dsn, Settings(database_url=dsn, data_dir=data_dir))
    try:
        await load_reference_data(database)
        await load_rule_seeds(database, mark_snapshots_stale)
        await load_template_seeds(database)
        await load_sample(database, TENANT, data_dir)
    finally:
        await database.close()
    return {
        role: None if role == NOBODY else await api_key(dsn, data_dir, TENANT, Role(role))
        for role in sorted({*roles, ADMIN})
    }


@contextmanager
def _server(
    data_dir: Path, log: Path, roles: Sequence[str]
) -> Iterator[tuple[str, dict[str, str | None]]]:
    """The URL of a server to fuzz, and who may ask it."""
    port = free_port()
    environment = child_environment(
        data_dir=str(data_dir), port=str(port), log_level="warning", cost_budget="0"
    )
    with EmbeddedPostgres.start(data_dir) as postgres, log.open("a", encoding="utf-8") as said:
        keys = asyncio.run(_prepared(postgres.dsn, data_dir, roles))
        url = f"http://127.0.0.1:{port}"
        with running_process(SERVE, environment, f"{url}/readyz", says=said.fileno()):
            yield f"{url}/graphql", keys


async def _fuzzed(options: argparse.Namespace, service: str, keys: dict[str, str | None]) -> int:
    """Fuzz, and report; how much failed."""
    loop, own = asyncio.get_running_loop(), asyncio.current_task()
    if own is not None:
        loop.add_signal_handler(signal.SIGTERM, own.cancel)
    port = free_port()
    kept = options.keep / "failures.jsonl"
    async with every_caller(service, keys, kept, port) as proxy:
        fuzzer = Fuzzer(options, proxy, f"http://127.0.0.1:{port}")
        try:
            await fuzzer.fuzz()
        finally:
            print(*rows(fuzzer.done, proxy.counts), sep="\n", flush=True)
        failures = sum(one.failures.total() for one in proxy.counts.values())
        return failures + sum(run.failures for run in fuzzer.done)


def main(given: Sequence[str] | None = None) -> None:
    """Fuzz, and report."""
    options = _options(given)
    signal.signal(signal.SIGTERM, _stop)
    say(f"{len(options.fields)} fields as {', '.join(options.roles)}; kept in {options.keep}")
    with (
        tempfile.TemporaryDirectory(prefix="fuzzing-") as directory,
        _server(Path(directory), options.keep / "server.log", options.roles) as (url, keys),
    ):
        try:
            failures = asyncio.run(_fuzzed(options, url, keys))
        except asyncio.CancelledError:
            raise SystemExit(128 + signal.SIGTERM) from None
    raise SystemExit(1 if failures else 0)


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    known = [*(role.value for role in Role), NOBODY]
    parser = argparse.ArgumentParser(prog="python -m bench.fuzzing", description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="of each field")
    parser.add_argument("--seeds", type=_numbers, default=[1], help="such as 1,2,3")
    parser.add_argument("--roles", type=_words, default=known, help=f"of {', '.join(known)}")
    parser.add_argument("--fields", type=_words, help="such as Query.wells,Mutation.login; all")
    parser.add_argument(
        "--fuzzer", type=Path, default=os.environ.get("FUZZER", _FUZZER), help="fuzz.sh"
    )
    parser.add_argument("--schemathesis", type=Path, help="a virtual environment that has it")
    parser.add_argument("--keep", type=Path, help="directory of the log and of what failed")
    options = parser.parse_args(given)
    if unknown := set(options.roles) - set(known):
        parser.error(f"there is no role {', '.join(sorted(unknown))}")
    if not Path(options.fuzzer).is_file():
        parser.error(f"there is no {options.fuzzer}")
    options.fields = options.fields or fields()
    options.fuzzer = Path(options.fuzzer).resolve()
    options.keep = (options.keep or Path(tempfile.mkdtemp(prefix="fuzzed-"))).resolve()
    options.keep.mkdir(parents=True, exist_ok=True)
    return options


def _words(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    main()
