"""Secrets that the service makes for itself once, and keeps in its data directory."""

import os
from pathlib import Path


def kept_secret(directory: Path, file_name: str, made: str) -> str:
    """The secret in a file that its owner alone may read; `made` becomes it where there is none.

    Raises OSError where the directory cannot be written.
    """
    path = directory / file_name
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f".{file_name}.{os.getpid()}"
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_text(made, "ascii")
    try:
        # of processes that start at once, the first to get here has the say
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path.read_text("ascii").strip()
