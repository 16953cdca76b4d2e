"""Fuzzes every field of the API as every role, and as nobody, and prints what failed as a table.

    python -m bench.fuzzing --examples 1000 --seeds 1,2,3

A server of this program's own, with the sample that the project ships, is asked what schemathesis
makes up: an answer of 5xx, an error that is not the caller's doing, more than five seconds, or a
server that is gone is a failure. `fuzz.sh` (`--fuzzer`, or FUZZER in the environment) must find
schemathesis on the PATH, or in the environment that `--schemathesis` names. It gives a run 15
minutes: fields are dealt out to as many runs as that takes. The exit status is 1 where anything
failed.
"""

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from graphql import build_schema

from bench.credentials import api_key
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
# of 900 seconds that fuzz.sh gives a run, on a machine that does other things too
_EXAMPLES_OF_A_RUN = 8_000
# place of the session in /proc/PID/stat, after the name
_SESSION = 3
# what no request is at fault for
_OURS = ("INTERNAL", "TIMEOUT", "UNAVAILABLE", "UNKNOWN_OUTCOME")


@dataclass
class Found:
    """What the runs of one role and one seed came to."""

    requests: int = 0
    failures: int = 0
    """Different failures, as schemathesis counts them, and runs that came to no end."""
    seconds: float = 0.0

    def add(self, other: "Found") -> None:
        """Count another run in."""
        self.requests += other.requests
        self.failures += other.failures
        self.seconds += other.seconds


def found_in(output: str, status: int, seconds: float) -> Found:
    """What the output and the exit status of fuzz.sh tell."""
    told = re.search(r"^ {2}([\d,]+) generated", output, re.MULTILINE)
    failed = re.search(r"^=+ (.*) in [\d.]+s", output, re.MULTILINE)
    counts = re.findall(r"(\d+) (?:failures?|errors?)\b", failed[1] if failed else "")
    failures = sum(int(one) for one in counts)
    if status != 0 and failures == 0:
        failures = 1
    return Found(int(told[1].replace(",", "")) if told else 0, failures, seconds)


def fields() -> list[str]:
    """The root fields that are fuzzed, as schemathesis names them."""
    schema = build_schema(_SDL.read_text("utf-8"), assume_valid=True)
    roots = [schema.query_type, schema.mutation_type]
    return [f"{root.name}.{name}" for root in roots if root is not None for name in root.fields]


def dealt(names: Sequence[str], examples: int) -> list[list[str]]:
    """The fields of each run, heavy and light ones mixed."""
    runs = max(1, -(-len(names) * examples // _EXAMPLES_OF_A_RUN))
    return [list(names[number::runs]) for number in range(min(runs, len(names)))]


class Fuzzer:
    """Runs fuzz.sh against one server."""

    def __init__(self, options: argparse.Namespace, url: str, keys: dict[str, str]) -> None:
        self._options = options
        self._url = url
        self._keys = keys

    def fuzz(self, who: str, seed: int) -> Found:
        """Fuzz all fields that are asked for."""
        found = Found()
        before = self._failed()
        for number, names in enumerate(dealt(self._options.fields, self._options.examples)):
            found.add(self._run(who, seed, names, number))
        masked = self._failed() - before
        if masked and not found.failures:
            # beside other errors schemathesis overlooks one
            found.failures = masked
        return found

    def _run(self, who: str, seed: int, names: Sequence[str], number: int) -> Found:
        header = f"X-API-Key: {self._keys[who]}" if who in self._keys else "X-Fuzzing: 1"
        command = [
            "bash",
            str(self._options.fuzzer),
            self._url,
            str(self._options.examples),
            header,
        ]
        command += [part for name in names for part in ("--include-name", name)]
        began = time.monotonic()
        status, said = self._said(command, self._environment(who, seed))
        found = found_in(said, status, time.monotonic() - began)
        _say(f"{who}, seed {seed}, run {number + 1}: {found}")
        if found.failures:
            kept = self._options.keep / f"fuzzing-{who}-{seed}-{number + 1}.txt"
            kept.write_text(said, "utf-8")
            _say(f"status {status}; what it said is in {kept}")
        return found

    def _said(self, command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        """The status and the output of a command, of which nothing is left in the end."""
        with subprocess.Popen(  # noqa: S603 - the script that the caller names
            command,
            env=environment,
            cwd=self._options.keep,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as fuzz:
            try:
                said, _ = fuzz.communicate()
            except BaseException:
                _end_session(fuzz.pid)
                raise
            return fuzz.returncode, said

    def _environment(self, who: str, seed: int) -> dict[str, str]:
        path = os.environ.get("PATH", "")
        if self._options.schemathesis is not None:
            path = f"{self._options.schemathesis / 'bin'}:{path}"
        told = {
            "PATH": path,
            "SEED": str(seed),
            "SCHEMATHESIS_HOOKS": "fuzzing_scalars",
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        # who may not ask for the schema is given it
        return {**os.environ, **told, "LOCATION": str(_SDL) if who == NOBODY else self._url}

    def _failed(self) -> int:
        """Errors so far that were ours, as the server counts them."""
        metrics = httpx.get(self._url.replace("/graphql", "/metrics"), trust_env=False).text
        counts = re.findall(
            r'^graph_api_errors_total\{code="(\w+)"\} (\S+)$', metrics, re.MULTILINE
        )
        return int(sum(float(count) for code, count in counts if code in _OURS))


def _end_session(leader: int) -> None:
    """End what the script has started: `timeout` puts it into a group of its own."""
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = one.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(told[_SESSION]) == leader:
                os.kill(int(one.parent.name), signal.SIGKILL)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


async def _prepared(dsn: str, data_dir: Path, roles: Sequence[str]) -> dict[str, str]:
    """Load the sample; the API key of each role."""
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
        role: await api_key(dsn, data_dir, TENANT, Role(role)) for role in roles if role != NOBODY
    }


@contextmanager
def _server(
    data_dir: Path, log: Path, roles: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
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


def main(given: Sequence[str] | None = None) -> None:
    """Fuzz, and report."""
    options = _options(given)
    signal.signal(signal.SIGTERM, _stop)
    _say(f"{len(options.fields)} fields as {', '.join(options.roles)}; kept in {options.keep}")
    print("| role | seed | examples of each field | requests | failures | seconds |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    failures = 0
    with (
        tempfile.TemporaryDirectory(prefix="fuzzing-") as directory,
        _server(Path(directory), options.keep / "server.log", options.roles) as (url, keys),
    ):
        fuzzer = Fuzzer(options, url, keys)
        for seed in options.seeds:
            for who in options.roles:
                found = fuzzer.fuzz(who, seed)
                failures += found.failures
                print(
                    f"| `{who}` | {seed} | {options.examples:,} | {found.requests:,} "
                    f"| {found.failures} | {found.seconds:.0f} |",
                    flush=True,
                )
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


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
