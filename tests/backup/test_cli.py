"""`graph-api backup` and `graph-api restore` say what they did, and what is still to do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from graph_api.cli import app
from tests.backup.conftest import AWKWARD
from tests.backup.places import Place, bring_keys, settings_in


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Settings of the command, in its environment."""
    monkeypatch.setenv("COLUMNS", "400")
    return monkeypatch


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_backup_and_its_restore_in_words(
    source: Place, command: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / 'a "daily" one.tar'
    command.setenv("GRAPH_API_DATA_DIR", str(source.settings.data_dir))
    made = run("backup", str(path))
    assert made.exit_code == 0, made.output
    assert "vertices and edges, to " in made.output
    assert "keys of the audit and of sign-in are not in it" in made.output
    again = run("backup", str(path))
    assert again.exit_code == 1
    assert "is there already" in again.output

    directory = tmp_path / AWKWARD
    bring_keys(source.settings, settings_in(directory))
    command.setenv("GRAPH_API_DATA_DIR", str(directory))
    restored = run("restore", str(path))
    assert restored.exit_code == 0, restored.output
    for said in (
        "is whole",
        "made the role graph_api_service",
        "checked: rows, numbering of labels, lookups by index",
        "graph-api doctor finds nothing wrong",
        "audit of demo: intact",
    ):
        assert said in restored.output
    refused = run("restore", str(path))
    assert refused.exit_code == 1
    assert "is not empty" in refused.output
    replaced = run("restore", "--force", str(path))
    assert replaced.exit_code == 0, replaced.output
    assert "has taken the place of graph_api" in replaced.output
    assert "restart every process of the service" in replaced.output


def test_without_the_keys_it_says_so_and_makes_none(
    backup_file: Path, command: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    restored = run("restore", str(backup_file))
    assert restored.exit_code == 0, restored.output
    assert "the key of the audit is not here" in restored.output
    assert list(tmp_path.glob("*.key")) == []


def test_with_another_key_the_audit_is_not_intact(
    backup_file: Path, command: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    command.setenv("GRAPH_API_AUDIT_KEYS", f"local:{'A' * 43}=")
    restored = run("restore", str(backup_file))
    assert restored.exit_code == 1
    assert "audit of demo: NOT INTACT at entry 1" in restored.output
