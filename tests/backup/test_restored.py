"""A restored database is the one that was backed up, and goes on from there."""

import asyncio
import hashlib
import json
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import asyncpg

from graph_api.backup.archive import DUMP, MANIFEST, SUMS
from graph_api.backup.dumping import back_up
from graph_api.backup.programs import Target, client_program
from graph_api.backup.restoring import Restored, restore
from graph_api.core.api.schema import GraphSchema
from graph_api.core.migrations import migrate, migrations
from graph_api.settings import Settings
from tests.backup.conftest import AWKWARD, add_well
from tests.backup.places import Place, bring_keys, owned_database, place, settings_in
from tests.backup.questions import CHANGES, OTHERS, answers, without_errors
from tests.viewers import member


def quiet(_: str) -> None:
    """Nobody listens."""


async def restored_into(settings: Settings, path: Path, *, force: bool = False) -> Restored:
    async with owned_database(settings) as target:
        return await restore(target, path, force=force, tell=quiet)


async def databases(target: Target) -> set[str]:
    connection = await asyncpg.connect(target.dsn)
    try:
        rows = await connection.fetch("select datname from pg_database where not datistemplate")
        return {row["datname"] for row in rows}
    finally:
        await connection.close()


def definitions(target: Target) -> list[str]:
    """Every definition in a database: tables, indexes, policies, grants, triggers, functions."""
    done = subprocess.run(
        [
            client_program("pg_dump", 18).path,
            "--schema-only",
            "--restrict-key=same",
            f"--dbname={target.dsn}",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()


async def test_another_cluster_answers_byte_for_byte_and_goes_on(
    source: Place, asked: dict[str, Any], backup_file: Path, schema: GraphSchema, tmp_path: Path
) -> None:
    expected = await answers(source, asked)
    without_errors(expected)
    assert len(expected) > 60
    settings = settings_in(tmp_path / AWKWARD)
    bring_keys(source.settings, settings)
    done = await restored_into(settings, backup_file)
    assert (done.applied, done.notices, done.replaced) == ([], [], False)
    async with place(settings, schema) as again:
        found = await answers(again, asked)
        assert {name for name in expected if found[name] != expected[name]} == set()
        assert definitions(again.target) == definitions(source.target)
        await _goes_on(again, asked["changes"][-1])


async def _goes_on(again: Place, head: str) -> None:
    """Writes get new numbers, the feed continues, and the audit's chain holds."""
    before = {one.removeprefix("node ") for one in await graph_ids(again.target)}
    for number in range(100, 110):
        await add_well(again, number)
    after = await graph_ids(again.target)
    assert len(after) == len(set(after)) == len(before) + 10
    page = (await again.data(CHANGES, {"after": head}))["changes"]
    assert [int(one["cursor"]) for one in page["items"]] == [
        int(head) + step for step in range(1, 11)
    ]
    verified = (await again.data(OTHERS["audit"]))["auditVerification"]
    assert (verified["isIntact"], verified["isComplete"]) == (True, True)
    wells = '{ wells(where: {wellName: {startsWith: "DRILLED 10"}}) { totalCount } }'
    assert (await again.data(wells))["wells"]["totalCount"] == 10


async def graph_ids(target: Target) -> list[str]:
    connection = await asyncpg.connect(target.dsn)
    try:
        rows = await connection.fetch("select id::text as id from oilgas._ag_label_vertex")
        return [row["id"] for row in rows]
    finally:
        await connection.close()


async def test_other_tenants_still_see_nothing(
    backup_file: Path, schema: GraphSchema, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    await restored_into(settings, backup_file)
    async with place(settings, schema) as again:
        stranger = member("stranger")
        query = "{ wells(first: 1) { totalCount } leases(first: 1) { totalCount } }"
        found = await again.data(query, viewer=stranger)
        assert found == {"wells": {"totalCount": 0}, "leases": {"totalCount": 0}}
        connection = await asyncpg.connect(again.target.dsn, user="graph_api_service")
        try:
            assert await connection.fetchval('select count(*) from oilgas."Well"') == 0
        finally:
            await connection.close()


async def test_the_same_cluster_is_put_back_at_one_stroke(
    backup_file: Path,
    schema: GraphSchema,
    tmp_path: Path,
    source: Place,
    asked: dict[str, Any],
) -> None:
    settings = settings_in(tmp_path)
    bring_keys(source.settings, settings)
    await restored_into(settings, backup_file)
    async with place(settings, schema) as again:
        expected = await answers(again, asked)
        await add_well(again, 500)
        second = tmp_path / "second.tar"
        await back_up(again.target, second)
        # the service is connected meanwhile
        done = await restored_into(settings, backup_file, force=True)
        assert done.replaced
        assert await databases(again.target) == {"graph_api", "postgres"}
    async with place(settings, schema) as once_more:
        found = await answers(once_more, asked)
        assert {name for name in expected if found[name] != expected[name]} == set()
    await restored_into(settings, second, force=True)
    async with place(settings, schema) as later:
        query = '{ well(apiNumber: "42-501-00500") { wellName } }'
        assert (await later.data(query))["well"] == {"wellName": "DRILLED 500"}


async def test_a_backup_among_writers_is_of_one_moment(
    backup_file: Path, source: Place, schema: GraphSchema, tmp_path: Path
) -> None:
    settings, other = settings_in(tmp_path / "busy"), settings_in(tmp_path / "restored")
    for one in (settings, other):
        bring_keys(source.settings, one)
    await restored_into(settings, backup_file)
    path = tmp_path / "busy.tar"
    written: list[int] = []
    async with place(settings, schema) as busy:
        stopped = asyncio.Event()
        writers = [asyncio.create_task(_write(busy, n, written, stopped)) for n in range(3)]
        while len(written) < 20:
            await asyncio.sleep(0.01)
        manifest = await back_up(busy.target, path)
        at_the_end = len(written)
        while len(written) < at_the_end + 5:
            await asyncio.sleep(0.01)
        stopped.set()
        await asyncio.gather(*writers)
    await restored_into(other, path)
    count = '{ wells(where: {apiNumber: {startsWith: "42-503"}}) { totalCount } }'
    async with place(other, schema) as again:
        wells = (await again.data(count))["wells"]["totalCount"]
        assert 20 <= wells < len(written), "it is neither empty nor the end"
        audit = (await again.data(OTHERS["audit"]))["auditVerification"]
        assert (audit["isIntact"], audit["isComplete"], audit["problem"]) == (True, True, None)
        assert manifest.rows["public.change_log"] == await _rows(again.target, "change_log")


async def _write(busy: Place, writer: int, written: list[int], stopped: asyncio.Event) -> None:
    number = 0
    while not stopped.is_set():
        number += 1
        query = """mutation($api: String!) { upsertWell(input: {well: {apiNumber: $api,
            wellName: "BUSY"}}) { __typename } }"""
        given = {"api": f"42-503-{writer}{number:04}"}
        answer = await busy.data(query, given)
        assert answer["upsertWell"]["__typename"] == "UpsertWellPayload"
        written.append(number)


async def _rows(target: Target, table: str) -> int:
    connection = await asyncpg.connect(target.dsn)
    try:
        return int(await connection.fetchval(f"select count(*) from public.{table}"))  # noqa: S608
    finally:
        await connection.close()


async def test_an_older_backup_is_migrated(tmp_path: Path, schema: GraphSchema) -> None:
    older, settings = settings_in(tmp_path / "older"), settings_in(tmp_path / "newer")
    path = tmp_path / "older.tar"
    known = migrations()
    async with owned_database(older) as target:
        await migrate(target.dsn, known[:9])
        manifest = await back_up(target, path)
    assert [one.number for one in manifest.migrations] == list(range(1, 10))
    done = await restored_into(settings, path)
    assert [one.number for one in done.applied] == [one.number for one in known[9:]]
    async with place(settings, schema) as again:
        await add_well(again, 1)


def test_the_file_is_the_owner_s_alone_and_opens_without_graph_api(
    backup_file: Path, tmp_path: Path
) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    assert [one.name for one in backup_file.parent.iterdir()] == [backup_file.name]
    with tarfile.open(backup_file) as tar:
        tar.extractall(tmp_path, filter="data")
    for line in (tmp_path / SUMS).read_text("ascii").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["labels"]["Well"] == manifest["rows"]['oilgas."Well"'] > 5
    assert manifest["extensions"].keys() == {"age", "vector"}
    assert (tmp_path / DUMP).read_bytes()[:5] == b"PGDMP"


def test_the_keys_are_not_in_it(source: Place, backup_file: Path) -> None:
    keys = [path.read_bytes().strip() for path in source.settings.data_dir.glob("*.key")]
    assert keys
    content = backup_file.read_bytes()
    assert not any(key.rpartition(b":")[2] in content for key in keys)
