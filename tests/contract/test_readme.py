"""The README tells the truth: settings, commands, and queries with the answers it prints."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer.main
from graphql import parse, validate

from graph_api.cli import app
from graph_api.core.api.execution import run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.demo import DEMO_TENANT, FIRST_QUERY, load_sample
from graph_api.entities.reference_data import load_reference_data
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.contract.sources import REPOSITORY
from tests.databases import migrated_database
from tests.viewers import member

README = (REPOSITORY / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Variables of the tests and of the Makefile, which are no settings of the service.
OTHER_VARIABLES = {"GRAPH_API_TEST_DATABASE_URL"}


def graphql_blocks() -> list[str]:
    return [text for language, text in BLOCK.findall(README) if language == "graphql"]


def answered_blocks() -> list[tuple[str, str]]:
    """Each query that its answer follows, with nothing but blank lines between."""
    found = list(BLOCK.finditer(README))
    return [
        (query[2], answer[2])
        for query, answer in pairwise(found)
        if (query[1], answer[1]) == ("graphql", "json")
        and not README[query.end() : answer.start()].strip()
    ]


def numbered(blocks: list[Any]) -> list[Any]:
    """The blocks as parameters; where there is none, one that lets the test fail, not vanish."""
    return [pytest.param(block, id=f"block {place}") for place, block in enumerate(blocks, 1)] or [
        pytest.param(None, id="none")
    ]


def lines_with(text: str) -> list[str]:
    return [line for line in README.splitlines() if re.search(rf"\b{text}\b", line)]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_listed_with_its_default(name: str) -> None:
    variable = f"GRAPH_API_{name.upper()}"
    default = Settings.model_fields[name].default
    shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
    if default is None:
        shown = "unset"
    lines = lines_with(variable)
    assert lines, f"README does not list {variable}"
    assert any(shown in line for line in lines), f"README does not give {variable} as {shown}"


def test_the_readme_lists_no_other_settings() -> None:
    known = {f"GRAPH_API_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    assert set(re.findall(r"\bGRAPH_API_[A-Z_]*[A-Z]\b", README)) - known == set()


def commands() -> list[str]:
    group = typer.main.get_command(app)
    return sorted(getattr(group, "commands", {}))


@pytest.mark.parametrize("command", commands())
def test_every_command_is_listed(command: str) -> None:
    assert f"graph-api {command}" in README


def test_the_commands_are_found_at_all() -> None:
    assert {"serve", "demo", "migrate", "load", "export-schema", "doctor"} <= set(commands())


@pytest.mark.parametrize("block", numbered(graphql_blocks()))
def test_every_query_is_valid(schema: GraphSchema, block: str | None) -> None:
    assert block is not None, "README has no graphql block"
    assert validate(schema.schema._schema, parse(block)) == []


def test_the_first_query_is_the_one_that_the_demo_prints() -> None:
    assert graphql_blocks(), "README has no graphql block"
    assert graphql_blocks()[0].strip() == FIRST_QUERY.strip()


DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_links_and_paths_lead_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    linked = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
    named = re.findall(r"`((?:graph_api|docs|tests|sql|cypher|bench)/[\w./-]+)`", text)
    missing = [one for one in linked if not (document.parent / one).exists()]
    missing += [one for one in named if "NNNN" not in one and not list(REPOSITORY.glob(f"{one}*"))]
    assert missing == []


Run = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
async def demo(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """Runs a query on the demo's data, as `graph-api demo` loads it."""
    async with migrated_database(database_url) as url:
        settings = Settings(database_url=url, dev_tenant=DEMO_TENANT)
        graph = graph_schema(settings)
        database = await Database.connect(url, settings)
        try:
            await load_reference_data(database)
            await load_sample(database, DEMO_TENANT, tmp_path_factory.mktemp("reports"))
            services = Services(
                settings,
                database,
                graph.registry,
                ChangeFeed(settings.database_url or "", database),
            )

            async def run(query: str) -> dict[str, Any]:
                context = services.operation(
                    member(DEMO_TENANT, "developer", administers_shared=True)
                )
                return (await run_operation(graph.schema, context, query, None)).body

            yield run
        finally:
            await database.close()


@pytest.mark.parametrize("block", numbered(answered_blocks()))
async def test_every_answer_is_what_the_demo_gives(
    demo: Run, block: tuple[str, str] | None
) -> None:
    """A graphql block that a json block follows is run on the demo's data."""
    assert block is not None, "README shows no query with its answer"
    query, answer = block
    given = orjson.loads(orjson.dumps(await demo(query)))
    # what it cost, and what is left, is in every answer and not shown in every example
    assert set(given.pop("extensions")) == {"cost"}
    assert given == orjson.loads(answer)
