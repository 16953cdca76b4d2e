"""The wheel holds everything the service needs, outside the repository too."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from graph_api.core.migrations import migrations
from graph_api.core.statements import named_statements
from tests.contract.sources import PACKAGE, REPOSITORY

PROGRAM = """
import graph_api
from pathlib import Path
from graph_api.core.migrations import migrations
from graph_api.core.statements import named_statements
print(Path(graph_api.__file__).parent)
print(len(named_statements()), len(migrations()))
"""


def run(directory: Path, *arguments: str) -> str:
    """A Python program that finds the package in a directory, away from the repository."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip` builds it, with the build tool that is installed."""
    directory = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    build += ["--no-build-isolation", "--no-index", "--wheel-dir", str(directory), str(REPOSITORY)]
    run(directory, *build)
    (built,) = directory.glob("graph_api-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A directory with what the wheel installs, and nothing of the repository."""
    directory = wheel.parent / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    return directory


def test_the_wheel_holds_statements_migrations_schema_and_mappings(installed: Path) -> None:
    def held(folder: Path, pattern: str) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}

    package = installed / "graph_api"
    assert held(package / "_sql", "*.sql") == held(REPOSITORY / "sql", "*.sql")
    assert held(package / "_cypher", "*.cypher") == held(REPOSITORY / "cypher", "*.cypher")
    assert (package / "schema.graphql").read_bytes() == (PACKAGE / "schema.graphql").read_bytes()
    mappings = held(package / "entities" / "imports" / "mappings", "*.toml")
    assert mappings == held(PACKAGE / "entities" / "imports" / "mappings", "*.toml")
    assert len(mappings) >= 6
    assert held(package, "*.py") == held(PACKAGE, "*.py")
    sample = Path("sample") / "data"
    assert held(package / sample, "*.*") == held(PACKAGE / sample, "*.*")


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        names = archive.namelist()
    assert {top for top in tops if not top.endswith(".dist-info")} == {"graph_api"}
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_an_installed_service_finds_its_statements(installed: Path) -> None:
    place, counts = run(installed, "-c", PROGRAM).splitlines()
    assert Path(place) == installed / "graph_api"
    assert counts == f"{len(named_statements())} {len(migrations())}"


def test_an_installed_service_agrees_with_its_schema(installed: Path) -> None:
    start = "import sys; from graph_api.cli import main; main()"
    run(installed, "-c", start, "export-schema", "--check")


def test_an_installed_service_has_its_command(installed: Path) -> None:
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "graph-api = graph_api.cli:main" in points.read_text("utf-8")
