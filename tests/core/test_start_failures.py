"""A service that cannot start says why in a sentence, without a trace, and exits with an error."""

import asyncio
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import asyncpg
import pytest

from tests.databases import empty_database, url_of_database, url_of_role


async def start(**settings: str) -> str:
    """What `graph-api serve` says on standard error, besides its log, when it does not start."""
    given = {f"GRAPH_API_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from graph_api.cli import main; main()", "serve"),
        env={**os.environ, "GRAPH_API_PORT": "0", **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = said.decode()
    assert process.returncode == 1, text
    assert "Traceback" not in text
    sentences = [line for line in text.splitlines() if not line.startswith("{")]
    assert len(sentences) == 1, text
    return sentences[0]


async def test_a_database_that_lacks_migrations(database_url: str, tmp_path: Path) -> None:
    async with empty_database(database_url) as url:
        said = await start(database_url=url, data_dir=str(tmp_path))
    assert said.startswith("the database lacks the migrations 0001_graph, ")
    assert said.endswith("; run `graph-api migrate`")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
async def test_a_server_that_is_not_there(host: str, tmp_path: Path) -> None:
    said = await start(
        database_url=f"postgresql://someone:secret@{host}/graph", data_dir=str(tmp_path)
    )
    assert said.startswith("the database cannot be reached: ")
    assert "check GRAPH_API_DATABASE_URL" in said
    assert "secret" not in said


async def test_a_database_that_is_not_there(database_url: str, tmp_path: Path) -> None:
    url = url_of_database(database_url, "no_such_database")
    said = await start(database_url=url, data_dir=str(tmp_path))
    assert said.startswith('the database cannot be reached: database "no_such_database" ')


async def test_an_address_of_the_database_that_is_none(tmp_path: Path) -> None:
    said = await start(database_url="nonsense", data_dir=str(tmp_path))
    assert said.startswith("the database cannot be reached: invalid DSN")


async def test_a_role_that_passes_row_security_by(database_url: str, tmp_path: Path) -> None:
    role, password = f"above_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    administrator = await asyncpg.connect(database_url)
    try:
        await administrator.execute(f"create role {role} login bypassrls password '{password}'")
        said = await start(
            database_url=url_of_role(database_url, role, password), data_dir=str(tmp_path)
        )
    finally:
        await administrator.execute(f"drop role {role}")
        await administrator.close()
    assert said.startswith("the database role passes row-level security by")
    assert "give GRAPH_API_DATABASE_URL a role of its own" in said


async def test_a_port_that_is_in_use(database_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = await start(database_url=database_url, data_dir=str(tmp_path), port=str(port))
    assert said.startswith(f"cannot listen on 127.0.0.1:{port}: address already in use; ")
    assert "GRAPH_API_PORT" in said


async def test_an_address_of_another_machine(database_url: str, tmp_path: Path) -> None:
    said = await start(database_url=database_url, data_dir=str(tmp_path), host="198.51.100.7")
    assert said.startswith("cannot listen on 198.51.100.7:0: ")


async def test_a_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    # a superuser may write everywhere, and nobody below a file
    (tmp_path / "file").touch()
    said = await start(data_dir=str(tmp_path / "file" / "data"))
    assert said.startswith(f"cannot use {tmp_path}/file/data for the embedded database: ")
    assert said.endswith("Set GRAPH_API_DATA_DIR to a directory this process may write")
