"""The proof of scale at a tiny size: that it runs and tells all, and what it takes for growth."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.dataset import Dataset
from bench.load import Load
from bench.measuring import Turn
from bench.memory import Held, growth_per_hour, held_while
from bench.scale import _row
from bench.server import child_environment
from tests.bench.test_compare import TINY, first_columns

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What it prints of worlds of 500 and 1,000 wells, and writes."""
    directory = tmp_path_factory.mktemp("scale")
    page = directory / "performance.md"
    command = [sys.executable, "-m", "bench.scale", *TINY, "--large-wells", "1000"]
    command += ["--data-dir", str(directory / "small"), "--large-dir", str(directory / "large")]
    command += ["--minutes", "0.02", "--settle", "0", "--every", "0.1"]
    done = subprocess.run(
        [*command, "--write", "--page", str(page)],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in page.read_text("utf-8")
    return done.stdout


def test_every_query_of_the_set_has_its_line(text: str) -> None:
    queries = ["point", "page", "nested", "hub", "deep", "wide", "mixed"]
    lines = first_columns(text, 11)
    assert [one[0] for one in lines[2:9]] == queries
    numbers = {one[0]: one[2:] for one in lines[2:9]}
    for query in queries[:-1]:
        assert all(float(one.strip("*").replace(",", "")) > 0 for one in numbers[query]), query
    assert numbers["mixed"][:3] == ("–", "–", "–")
    objects = {one[0]: one[1] for one in lines[2:9]}
    assert objects["page"] == "500 / 500"
    assert objects["hub"] == "51 / 51"
    assert "500 wells (" in text
    assert "1,000 wells (" in text


def test_memory_has_its_lines(text: str) -> None:
    lines = first_columns(text, 6)[-3:]
    names = ["the server, resident", "PostgreSQL, PSS", "of it without shared memory"]
    assert [one[0] for one in lines] == names
    server, postgres, own = ([float(cell.replace(",", "")) for cell in one[1:]] for one in lines)
    for first, last, highest, _, _ in (server, postgres, own):
        assert 0 < first <= highest
        assert 0 < last <= highest
    assert own[0] < postgres[0]


def turn(milliseconds: float) -> Turn:
    load = Load(
        requests=10,
        seconds=1,
        median_ms=milliseconds,
        p99_ms=milliseconds,
        bytes=100,
        failed=0,
    )
    return Turn(load, server_seconds=milliseconds / 100, postgres_seconds=0)


@pytest.mark.parametrize(
    ("alone", "loaded", "cells"),
    [(1.4, 1.5, ("1.40", "1.50")), (1.6, 1, ("**1.60**", "1.00")), (1, 1.6, ("1.00", "**1.60**"))],
)
def test_a_query_that_takes_too_long_is_marked(
    alone: float, loaded: float, cells: tuple[str, str]
) -> None:
    turns = {"small": [turn(1)], "large": [turn(loaded)]}
    row, is_over = _row("x", "1 / 1", {"small": 1, "large": alone}, turns)
    assert (row[4], row[7]) == cells
    assert row[10] == f"{loaded:.2f}"
    assert is_over is ("*" in "".join(cells))


def test_the_growth_of_memory_is_that_of_a_line_through_all_samples() -> None:
    noise = (0.5, -0.5, -0.5, 0.5)
    samples = [
        Held(place / 10, 100 + 6 * place + one, 50.0, 20 - place) for place, one in enumerate(noise)
    ]
    assert growth_per_hour(samples, lambda one: one.server) == pytest.approx(60)
    assert growth_per_hour(samples, lambda one: one.postgres) == 0
    assert growth_per_hour(samples, lambda one: one.postgres_own) == pytest.approx(-10)


def test_memory_that_a_process_takes_is_seen() -> None:
    takes = (
        "import sys\nprint(1, flush=True)\ninput()\nx = b'x' * 2**26\nprint(1, flush=True)\ninput()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", takes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        told, says = process.stdin, process.stdout
        assert told is not None
        assert says is not None
        says.readline()

        def work() -> str:
            time.sleep(0.05)
            told.write("\n")
            told.flush()
            says.readline()
            time.sleep(0.1)
            return "done"

        done, samples = held_while(work, process.pid, process.pid, 0.02)
        process.communicate("\n")
    assert done == "done"
    for of in ("server", "postgres", "postgres_own"):
        assert getattr(samples[-1], of) - getattr(samples[0], of) > 60


def test_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise TimeoutError("of its own")

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with pytest.raises(TimeoutError, match="of its own"):
            held_while(work, process.pid, process.pid, 0.01)
        process.communicate(b"\n")


def test_what_lies_around_one_entity_is_as_much_in_both_worlds() -> None:
    """Or the worlds' times could not be compared."""
    shapes = []
    for wells in (100_000, 1_000_000):
        dataset = Dataset(wells)
        of_leases = Counter(dataset._lease_of_well)
        assert of_leases.pop(0) == dataset.hub_wells == 10_000
        sizes = Counter(of_leases.values())
        shapes.append(
            (
                wells / dataset.operators,
                round(dataset.leases / dataset.operators),
                {size: round(100 * count / dataset.leases) for size, count in sizes.items()},
            )
        )
    small, large = shapes
    assert small[0] == large[0] == 500
    assert abs(small[1] - large[1]) <= 5
    assert small[2] == large[2]
