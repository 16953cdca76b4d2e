"""Runs the audits of GraphQL over HTTP, WebSocket and server-sent events against a server.

    python -m bench.audits http://127.0.0.1:8000/graphql

The audits are scripts for Node.js in ../shared/audits, whose README says how to set them up. The
server must let the caller write: the subscriptions that are followed tell of operators that are
written meanwhile. The exit status is the number of audits that found something.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

CONFIGURATION = Path(__file__).with_name("audits.json")
_AUDITS = Path(__file__).parents[2] / "shared" / "audits"
_SECONDS_BETWEEN_CHANGES = 0.02


def main(given: Sequence[str] | None = None) -> None:
    """Run the three audits, one after the other, and print what each found."""
    parser = argparse.ArgumentParser(prog="python -m bench.audits", description=__doc__)
    parser.add_argument("url", help="the GraphQL endpoint of a running server")
    parser.add_argument("--audits", type=Path, default=_AUDITS, help="directory of the scripts")
    parser.add_argument("--token", help="bearer token, where the server asks for one")
    parser.add_argument("--summary", action="store_true", help="print the last lines only")
    options = parser.parse_args(given)
    raise SystemExit(asyncio.run(_run(options)))


async def _run(options: argparse.Namespace) -> int:
    configuration = json.loads(CONFIGURATION.read_text("utf-8"))
    headers = {}
    if options.token is not None:
        headers["Authorization"] = f"Bearer {options.token}"
        configuration["auth"] = {"Authorization": headers["Authorization"]}
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        writing = asyncio.create_task(_write(client, options.url, configuration))
        try:
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(configuration, file)
                file.flush()
                found = [
                    await asyncio.to_thread(_audit, command, options)
                    for command in _commands(options.url, file.name, headers)
                ]
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
    return sum(one != 0 for one in found)


def _commands(url: str, configuration: str, headers: dict[str, str]) -> list[list[str]]:
    live = url.removesuffix("/graphql") + "/healthz"
    given = [f"{name}: {value}" for name, value in headers.items()]
    follow = ["--config", configuration, "--live", live]
    with_headers = [part for one in given for part in ("--header", one)]
    return [
        ["http_audit.mjs", url, *given],
        ["ws_client.mjs", url.replace("http", "ws", 1), *follow],
        ["sse_client.mjs", url, *follow, *with_headers],
    ]


async def _write(client: httpx.AsyncClient, url: str, configuration: dict[str, Any]) -> None:
    """Keep the feed going: one change after another."""
    number = 0
    while True:
        number += 1
        body = {
            "query": configuration["publish"],
            "variables": {configuration["publishVar"]: f"TICK {number}"},
        }
        answer = await client.post(url, json=body)
        if "errors" in answer.json():
            raise SystemExit(f"cannot write: {answer.text}")
        await asyncio.sleep(_SECONDS_BETWEEN_CHANGES)


def _audit(command: list[str], options: argparse.Namespace) -> int:
    script, *arguments = command
    done = subprocess.run(  # noqa: S603 - our own scripts
        ["node", str(options.audits / script), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    for line in lines[-1:] if options.summary else lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    warned = sum(line.startswith("WARN") for line in lines)
    return done.returncode or warned


if __name__ == "__main__":
    main()
