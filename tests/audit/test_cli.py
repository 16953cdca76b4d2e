"""`graph-api audit verify`: says of every tenant whether its audit is intact, and fails if not."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from graph_api.cli import app
from graph_api.core.database import Database
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings


@pytest.fixture
def tenants(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two tenants with three entries each, signed by a key of the test's own directory."""
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", database_url)
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    names = [f"audited-{uuid.uuid4().hex[:8]}" for _ in range(2)]

    async def write() -> None:
        database = await Database.connect(database_url, Settings())
        try:
            for name in names * 3:
                async with database.transaction(Viewer(name, "test"), "act") as session:
                    session.journal.record(Change(ChangeKind.CHECKLIST, "one", None, {"a": 1}))
        finally:
            await database.close()

    asyncio.run(write())
    return names


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *arguments])


def tampered(database_url: str, tenant: str) -> None:
    async def tamper() -> Any:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("set session_replication_role = replica")
            await connection.execute(
                "update audit_logs set actor_id = 'x' where tenant_id = $1 and chain_number = 2",
                tenant,
            )
        finally:
            await connection.close()

    asyncio.run(tamper())


def test_an_intact_audit_is_told_with_its_last_signature(tenants: list[str]) -> None:
    result = verify("--tenant", tenants[0])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{tenants[0]}: intact, 3 entries and 3 changes, ends with ")
    assert len(result.output.split()[-1]) == 64


def test_a_broken_one_fails_and_names_the_first_entry(
    tenants: list[str], database_url: str
) -> None:
    tampered(database_url, tenants[1])
    result = verify("--tenant", tenants[1])
    assert result.exit_code == 1
    assert f"{tenants[1]}: NOT INTACT at entry 2 (" in result.output
    assert "ALTERED: actor_id is not what was signed" in result.output
    assert verify("--tenant", tenants[0]).exit_code == 0


def test_all_tenants_are_verified_where_none_is_named(
    tenants: list[str], database_url: str
) -> None:
    tampered(database_url, tenants[1])
    result = verify()
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert any(line.startswith(f"{tenants[0]}: intact") for line in lines)
    assert any(line.startswith(f"{tenants[1]}: NOT INTACT") for line in lines)
