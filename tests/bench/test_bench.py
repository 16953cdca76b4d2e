"""The benchmark at a tiny size: that it runs and tells all, never how fast anything is."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.bulk import OtherDatasetError, prepare
from bench.client import Requests, Task, WrongAnswerError
from bench.dataset import HUB_MOST_WELLS, Dataset
from bench.percentiles import percentile
from bench.queries import objects_in, queries
from bench.server import child_environment
from bench.statements import Asked, statements_of
from graph_api.core.embedded import EmbeddedPostgres
from graph_api.core.graph.rows import encode_entity

ROOT = Path(__file__).parents[2]
QUERIES = ["point", "page", "nested", "hub", "neighborhood"]
LEASES = """\
flare_id,lease_district,lease_number,oil_gas_code,well_count,reported_flared_mcf,lease_operator,lease_name
1,08,20882,O,2,0.0,,
"""
WELLS = """\
api,oil_gas_code,lease_district,lease_number,well_number,operator_name,latitude,longitude,flared_mcf,produced_mcf,flaring_intensity_pct,lease_name
00300161,O,08,20882,1,A & B OIL,32.29,-102.55,0.0,0.0,,BAKKE UNIT
00300162,O,08,20882,2,A & B OIL,32.30,-102.56,0.0,0.0,,BAKKE UNIT
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Any]]:
    """The first column of the printed table, and the JSON, of a run at 500 wells."""
    directory = tmp_path_factory.mktemp("bench")
    (directory / "leases.csv").write_text(LEASES)
    (directory / "wells.csv").write_text(WELLS)
    command = [sys.executable, "-m", "bench", "--wells", "500", "--repetitions", "2"]
    command += ["--warm-up", "1", "--connections", "2", "--load", str(directory)]
    command += ["--data-dir", str(directory / "world"), "--json", str(directory / "results.json")]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = [line.split("|")[1].strip() for line in done.stdout.splitlines()]
    return table, json.loads((directory / "results.json").read_text())


@pytest.fixture(scope="module")
def asked_of_2000(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    """What the queries ask of a world of 2,000 wells, which is then found to be there."""
    data_dir = tmp_path_factory.mktemp("world")
    dataset = Dataset(2000)

    async def ask(dsn: str) -> dict[str, Asked]:
        written = await prepare(dsn, data_dir, dataset)
        found = await prepare(dsn, data_dir, dataset)
        assert written.seconds is not None
        assert found.seconds is None
        assert (found.vertices, found.edges) == (written.vertices, written.edges)
        with pytest.raises(OtherDatasetError, match="2,000 wells"):
            await prepare(dsn, data_dir, Dataset(500))
        return await statements_of(dsn, data_dir, queries(dataset))

    with EmbeddedPostgres.start(data_dir) as server:
        return asyncio.run(ask(server.dsn))


def test_every_measurement_has_a_row(results: tuple[list[str], dict[str, Any]]) -> None:
    printed, document = results
    loads = ["load permian, first run", "load permian, second run"]
    names = ["COPY the world", "no query", *QUERIES, *loads]
    assert printed[0] == "measurement"
    assert printed[2:] == names
    assert [row["name"] for row in document["rows"]] == names


def test_every_row_has_its_numbers(results: tuple[list[str], dict[str, Any]]) -> None:
    rows = {row["name"]: row for row in results[1]["rows"]}
    for name in ("no query", *QUERIES):
        assert rows[name]["runs"] == 2
        assert 0 < rows[name]["median_ms"] <= rows[name]["p99_ms"]
        assert rows[name]["per_second"] > 0
    assert rows["load permian, first run"]["objects"] > 0
    assert rows["load permian, second run"]["objects"] == rows["load permian, first run"]["objects"]


def test_statements_do_not_depend_on_the_size_of_the_world(
    results: tuple[list[str], dict[str, Any]], asked_of_2000: dict[str, Asked]
) -> None:
    rows = {row["name"]: row for row in results[1]["rows"]}
    assert list(asked_of_2000) == QUERIES
    for name, asked in asked_of_2000.items():
        assert asked.statements
        assert sorted(rows[name]["statement_names"]) == sorted(asked.statements), name
        assert rows[name]["statements"] == len(asked.statements)


def test_the_queries_find_what_the_world_holds(asked_of_2000: dict[str, Asked]) -> None:
    objects = {name: asked.objects for name, asked in asked_of_2000.items()}
    assert objects["point"] == 3
    assert objects["page"] == 500
    assert objects["hub"] == 1 + 50
    # 50 leases with an operator each, wells of most of them, and permits of those
    assert objects["nested"] > 50 + 50 + 200
    assert objects["neighborhood"] > 200


def test_the_world_follows_from_its_size() -> None:
    one, other = Dataset(300), Dataset(300)
    for label, entities in one.vertices().items():
        again = [encode_entity(entity) for entity in other.vertices()[label]]
        assert [encode_entity(entity) for entity in entities] == again
    assert Dataset(300).hub_wells == 30
    assert Dataset(200_000).hub_wells == HUB_MOST_WELLS


def test_the_hub_holds_the_wells_it_should() -> None:
    dataset = Dataset(500)
    on_hub = [row for row in dataset.edges()["HAS_WELL"] if row.start.place == 0]
    assert len(on_hub) == dataset.hub_wells == 50


def test_objects_are_counted_without_connections() -> None:
    answer = {"name": "A", "wells": {"totalCount": 2, "nodes": [{"x": 1}, {"lease": {"y": 2}}]}}
    assert objects_in(answer) == 1 + 2 + 1


@pytest.mark.parametrize(
    ("count", "expected"), [(1, 1), (2, 2), (99, 99), (100, 99), (101, 100), (200, 198)]
)
def test_the_p99_is_exceeded_by_one_percent_at_most(count: int, expected: int) -> None:
    assert percentile([float(value) for value in range(count, 0, -1)], 99) == expected


@pytest.mark.parametrize(
    "second", [b'{"data":{"n":2}}', b'{"errors":[{"message":"no"}],"data":null}']
)
async def test_a_wrong_answer_is_not_timed(second: bytes) -> None:
    answers = iter([b'{"data":{"n":1}}', second])
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=next(answers)))
    task = Task(
        url="http://bench.test",
        document="{ n }",
        variables=[{}],
        warm_up=1,
        repetitions=1,
        connections=1,
        seconds=1,
    )
    async with httpx.AsyncClient(transport=transport) as client:
        requests = Requests(client, task)
        await requests.send()
        with pytest.raises(WrongAnswerError):
            await requests.send()
