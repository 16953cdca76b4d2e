"""Finds the files that stand beside the package in the repository and inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource_directory(name: str) -> Path:
    """The directory of `sql` or `cypher` files; raises FileNotFoundError when it is nowhere.

    A checkout's own files come first: an editable install leaves copies that go stale.
    """
    repository = _PACKAGE.parent
    candidates = [_PACKAGE / f"_{name}"]
    if (repository / "pyproject.toml").is_file():
        candidates.insert(0, repository / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the {name}/ directory is missing from this installation")
