"""Trusted documents: registered whole, sent by id, and the only ones accepted where so set."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from graph_api.app import create_app
from graph_api.cli import app
from graph_api.core.trusted_documents import digest_of
from graph_api.settings import Settings
from tests.databases import empty_database

LEASES = "query Leases { leases(first: 1) { totalCount } }"
WELLS = "query Wells { wells(first: 1) { totalCount } }"


@pytest.fixture(scope="module")
async def own_url(database_url: str) -> AsyncIterator[str]:
    async with empty_database(database_url) as url:
        yield url


@pytest.fixture
def environment(own_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GRAPH_API_DATABASE_URL", own_url)
    monkeypatch.setenv("GRAPH_API_DATA_DIR", str(tmp_path))
    assert command("migrate").exit_code == 0
    yield tmp_path


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def manifest(directory: Path, *operations: dict[str, Any]) -> str:
    file = directory / "manifest.json"
    file.write_text(
        json.dumps({"format": "apollo-persisted-query-manifest", "operations": operations}), "utf-8"
    )
    return str(file)


def ask(url: str, directory: Path, *bodies: dict[str, Any], **settings: Any) -> list[Any]:
    """What a server with these settings answers."""

    async def asked() -> list[Any]:
        own = Settings(database_url=url, data_dir=directory, dev_tenant="documents", **settings)
        application = create_app(own)
        async with application.router.lifespan_context(application) as state:
            transport = httpx.ASGITransport(
                _with_state(application, state), client=("127.0.0.1", 1)
            )
            async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
                return [(await client.post("/graphql", json=one)).json() for one in bodies]

    return asyncio.run(asked())


def _with_state(application: Any, state: Any) -> Any:
    async def called(scope: Any, receive: Any, send: Any) -> None:
        await application({**scope, "state": dict(state)}, receive, send)

    return called


def test_a_registered_document_is_asked_by_id(own_url: str, environment: Path) -> None:
    said = command(
        "documents", "register", manifest(environment, {"id": "leases-1", "body": LEASES})
    )
    assert "registered 1 documents, 0 were there" in said.output
    again = command(
        "documents", "register", manifest(environment, {"id": "leases-1", "body": LEASES})
    )
    assert "registered 0 documents, 1 were there" in again.output
    assert "leases-1  Leases" in command("documents", "list").output
    digest = digest_of(LEASES)
    by_id, by_digest, apollo, unknown, both = ask(
        own_url,
        environment,
        {"documentId": "leases-1"},
        {"documentId": f"sha256:{digest}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}},
        {"documentId": "never-registered"},
        {"documentId": "leases-1", "query": WELLS},
    )
    answer = {"leases": {"totalCount": 0}}
    assert [one.get("data") for one in (by_id, by_digest, apollo)] == [answer] * 3
    assert unknown["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert both["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_only_registered_documents_where_so_set(own_url: str, environment: Path) -> None:
    command("documents", "register", manifest(environment, {"id": "leases-1", "body": LEASES}))
    known, other, by_id = ask(
        own_url,
        environment,
        {"query": LEASES},
        {"query": WELLS},
        {"documentId": "leases-1"},
        trusted_documents_only=True,
    )
    assert known["data"] == by_id["data"] == {"leases": {"totalCount": 0}}
    refused = other["errors"][0]["extensions"]
    assert refused == {"code": "FORBIDDEN", "documentSha256": digest_of(WELLS)}
    assert "data" not in other


def test_nothing_is_registered_unless_all_is_valid(environment: Path) -> None:
    wrong = {"id": "wrong", "body": "{ leases { nope } }"}
    said = command(
        "documents", "register", manifest(environment, {"id": "wells-1", "body": WELLS}, wrong)
    )
    assert said.exit_code == 1
    assert "wrong: Cannot query field 'nope'" in said.output
    assert "wells-1" not in command("documents", "list").output


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"operations": [{"id": 1}]}', '{"a": 1}', '{"operations": 1}']
)
def test_what_is_no_manifest_is_told(environment: Path, text: str) -> None:
    file = environment / "m.json"
    file.write_text(text, "utf-8")
    said = command("documents", "register", str(file))
    assert (said.exit_code, "Traceback" in said.output) == (1, False)


def test_a_document_by_itself_has_its_digest_as_id(environment: Path) -> None:
    file = environment / "wells.graphql"
    file.write_text(WELLS, "utf-8")
    assert command("documents", "register", str(file)).exit_code == 0
    assert f"sha256:{digest_of(WELLS)}  Wells" in command("documents", "list").output
    assert "took out 1 of 1" in command("documents", "forget", f"sha256:{digest_of(WELLS)}").output
