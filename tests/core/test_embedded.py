"""The embedded server, with real servers: what starts it, who shares it, and what ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from graph_api.core.embedded import EmbeddedPostgres, EmbeddedPostgresError

pytestmark = pytest.mark.usefixtures("durable")

USER_PROGRAM = """
import sys
from pathlib import Path
from graph_api.core.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]))
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


async def ask(server: EmbeddedPostgres, statement: str) -> Any:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def another_process(data_dir: Path) -> subprocess.Popen[str]:
    """A process that uses the directory's server until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", USER_PROGRAM, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def server_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def pid_of(server: EmbeddedPostgres) -> int:
    assert server.pid is not None
    return server.pid


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def listening_ports(pid: int) -> set[str]:
    """The sockets of a process that listen on TCP."""
    listening = {
        f"socket:[{line.split()[9]}]"
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    return listening & {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # in a container nobody may reap what is dead


def ends_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while lives(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a space in its name; its cluster is made once."""
    return tmp_path_factory.mktemp("a name with spaces") / "data"


@pytest.fixture
def server(directory: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.start(directory) as running:
        yield running


async def test_a_new_directory_serves_both_extensions(server: EmbeddedPostgres) -> None:
    await ask(server, "create extension if not exists age")
    await ask(server, "create extension if not exists vector")
    assert await ask(server, "select '[1,2,3]'::vector <-> '[1,2,4]'") == 1
    who = await ask(server, "select current_user || ' ' || current_database()")
    assert who == "graph_api graph_api"
    assert await ask(server, "show server_encoding") == "UTF8"
    assert await ask(server, "select rolsuper from pg_roles where rolname = current_user")


async def test_an_existing_directory_starts_in_under_a_second(directory: Path) -> None:
    EmbeddedPostgres.start(directory).stop()
    began = time.monotonic()
    with EmbeddedPostgres.start(directory):
        assert time.monotonic() - began < 1


async def test_the_socket_is_for_one_account_and_there_is_no_port(
    server: EmbeddedPostgres,
) -> None:
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    assert (server.data_dir / "postgres").stat().st_mode & 0o777 == 0o700
    assert await ask(server, "show listen_addresses") == ""
    assert not listening_ports(pid_of(server))


async def test_the_server_accepts_its_own_account_and_root_only(server: EmbeddedPostgres) -> None:
    methods = await ask(server, "select string_agg(auth_method, ',') from pg_hba_file_rules")
    assert methods == "peer"
    names = await ask(server, "select string_agg(sys_name, ',') from pg_ident_file_mappings")
    assert set(names.split(",")) <= {"root", (server.data_dir / "postgres").owner()}


async def test_a_path_longer_than_a_socket_address(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-directory-with-quite-a-long-name"] * 5, 'it\'s "quoted" ünd long')
    with EmbeddedPostgres.start(deep) as server:
        assert len(str(server.socket_dir)) < 80
        assert await ask(server, "select 1") == 1


async def test_committed_data_survive_a_killed_server(directory: Path) -> None:
    with EmbeddedPostgres.start(directory) as killed:
        await ask(killed, "create table if not exists kept as select 42 as n")
        pid = pid_of(killed)
        os.kill(pid, signal.SIGKILL)
        with EmbeddedPostgres.start(directory) as again:
            assert again.dsn == killed.dsn
            assert not lives(pid)
            assert await ask(again, "select n from kept") == 42


async def test_a_stale_pid_file_that_names_a_living_process_is_no_server(directory: Path) -> None:
    with EmbeddedPostgres.start(directory) as server:
        pid_file = server.data_dir / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    with EmbeddedPostgres.start(directory) as again:
        assert again.pid != os.getpid()
        assert await ask(again, "select 1") == 1


async def test_two_processes_share_a_server_and_the_last_out_stops_it(directory: Path) -> None:
    server = EmbeddedPostgres.start(directory)
    process = another_process(directory)
    pid = server_of(process)
    assert pid == server.pid
    server.stop()
    assert lives(pid)
    with EmbeddedPostgres.start(directory) as back:
        assert back.pid == pid
    process.communicate()
    assert process.returncode == 0
    assert not lives(pid)


async def test_two_processes_that_start_at_once_make_one_cluster(tmp_path: Path) -> None:
    processes = [another_process(tmp_path) for _ in range(2)]
    pids = {server_of(process) for process in processes}
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert len(pids) == 1
    assert ends_within(5, pids.pop())


async def test_a_killed_owner_leaves_no_orphan(directory: Path) -> None:
    process = another_process(directory)
    pid = server_of(process)
    process.kill()
    process.communicate()
    assert ends_within(5, pid)


async def test_a_killed_watcher_leaves_no_orphan(directory: Path) -> None:
    with EmbeddedPostgres.start(directory) as server:
        pid = pid_of(server)
        os.kill(parent_of(pid), signal.SIGKILL)
        assert ends_within(5, pid)


async def test_stopping_twice_is_stopping_once(directory: Path) -> None:
    server = EmbeddedPostgres.start(directory)
    server.stop()
    server.stop()
    assert server.pid is None
    assert not server.socket_dir.exists()


async def test_another_major_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres"
    cluster.mkdir(mode=0o700)
    (cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 15.*PostgreSQL 18.*dump") as said:
        EmbeddedPostgres.start(tmp_path)
    assert "GRAPH_API_DATA_DIR" in str(said.value)
    assert (cluster / "PG_VERSION").read_text() == "15\n"


async def test_a_directory_that_is_no_cluster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(EmbeddedPostgresError, match="not a PostgreSQL data directory"):
        EmbeddedPostgres.start(tmp_path)


async def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    EmbeddedPostgres.start(tmp_path).stop()
    with (tmp_path / "postgres" / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = on\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres.start(tmp_path)


async def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match="GRAPH_API_DATA_DIR"):
        EmbeddedPostgres.start(tmp_path / "file")
