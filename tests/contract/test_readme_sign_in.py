"""What the README says of signing in, run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from graph_api.serving import served
from graph_api.settings import Settings
from tests.contract.sources import REPOSITORY
from tests.databases import empty_database

SECTION = (REPOSITORY / "README.md").read_text("utf-8").partition("\n## Signing in\n")[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", SECTION.partition("\n## ")[0], re.M | re.S)
SERVE = "graph-api serve &\n"
ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "windrow above the caprock"

# not every machine that runs the tests has curl
CURL = """#!{python}
import argparse, urllib.request
given = argparse.ArgumentParser()
given.add_argument("url")
given.add_argument("-s", action="store_true")
given.add_argument("-H", action="append")
given.add_argument("-d")
asked = given.parse_args()
headers = dict(one.split(": ", 1) for one in asked.H)
request = urllib.request.Request(asked.url, asked.d.encode(), headers)
print(urllib.request.urlopen(request).read().decode())
"""
COMMAND = """#!{python}
from graph_api.cli import main
main()
"""


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds the command, and curl."""
    for name, text in (("graph-api", COMMAND), ("curl", CURL)):
        (tmp_path / name).write_text(text.format(python=sys.executable))
        (tmp_path / name).chmod(0o700)
    own = {name: value for name, value in os.environ.items() if not name.startswith("GRAPH_API_")}
    return {**own, "PATH": f"{tmp_path}:{os.environ['PATH']}", "GRAPH_API_DATA_DIR": str(tmp_path)}


def typed(text: str, environment: dict[str, str], answers: str = "") -> str:
    """What a block prints."""
    asked = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", text],
        env=environment,
        input=answers,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout + asked.stderr


async def test_ann_signs_in_and_asks(
    database_url: str, shell: dict[str, str], tmp_path: Path
) -> None:
    (_, first), (_, then), (_, asking), (_, answer) = BLOCKS
    assert then.endswith(SERVE)
    making = first + then.removesuffix(SERVE)
    async with empty_database(database_url) as url:
        environment = {**shell, "GRAPH_API_DATABASE_URL": url}
        told = typed(making, environment, f"{PASSWORD}\n")
        assert "admin@localhost, who administers tenant permian" in told
        settings = Settings(database_url=url, data_dir=tmp_path, port=0)
        with served(settings) as server:
            assert ADDRESS in asking
            block = asking.replace(ADDRESS, server.address)
            given = orjson.loads(typed(block, {**environment, "PASSWORD": PASSWORD}))
    expected = orjson.loads(answer)
    assert given["data"] == expected["data"]
    # what is left of the budget depends on how long ago the sign-in was
    del given["extensions"]["cost"]["remaining"], expected["extensions"]["cost"]["remaining"]
    assert given == expected
