"""Every statement is named, told about, used, and accepted by the real database."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_api.core import statements as statements_module
from graph_api.core.graph.cypher import cypher_statement
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.statements import Statement, named_statements, statement
from tests.contract.sources import calls_of, docstrings, modules

NAMING = ("statement", "cypher_statement")
# Text that PostgreSQL runs and that cannot be a named statement, with the reason.
ALLOWED_TEXT = {
    "graph_api.core.embedded_cluster": "makes the database before there is a server to ask",
}


def named_in_code() -> Iterator[tuple[str, str]]:
    """Every name that code asks a statement by, with the module that does."""
    for module, tree in modules().items():
        for call in calls_of(tree, *NAMING):
            name = call.args[0]
            if isinstance(name, ast.Constant):
                yield str(name.value), module
            else:
                assert module == "graph_api.core.graph.cypher", f"{module} computes a name"


def test_every_name_in_code_is_a_statement() -> None:
    unknown = {(name, module) for name, module in named_in_code() if name not in named_statements()}
    assert unknown == set()


def test_every_statement_is_used() -> None:
    used = {name for name, _ in named_in_code()}
    assert len(used) > 20, "the search finds names at all"
    assert set(named_statements()) - used == set()


@pytest.mark.parametrize("name", sorted(named_statements()))
def test_every_statement_says_what_it_is_for(name: str) -> None:
    purpose = statement(name).purpose
    assert purpose.endswith("."), "a sentence stands under the name"
    assert len(purpose) > 20


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="no_such_statement"):
        statement("no_such_statement")


def test_a_name_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("one.sql", "two.sql"):
        (tmp_path / file).write_text("-- name: twice\n-- For a test.\nselect 1;\n", "utf-8")
    monkeypatch.setattr(statements_module, "resource_directory", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"'twice' of .*two\.sql is defined twice"):
        named_statements.__wrapped__()


def test_a_slot_left_empty_is_refused() -> None:
    with pytest.raises(KeyError, match="label"):
        statement("lock_vertices").fill(edge_type="OPERATES")


# What fills the slots that are neither a label nor an edge type: parts as the code makes them.
PARTS = {
    "segments": "(select t.id::text as graph_id, t.properties, "
    't.id::text as row_id, null::ag_catalog.agtype as edge_properties from oilgas."Well" t)',
    "limit": "51",
    "predicate": "true",
    "order_by": "1",
    "row_id": "t.id::text",
    "edge_properties": "null::ag_catalog.agtype",
    "joined": 'oilgas."Well" t',
    "edge_id": "null",
    "with_edge": "",
    "keys": "t.id as k0, ",
    "tie": "t.id",
    "is_shown": "true",
    "cypher": "RETURN 1",
    "columns": "one ag_catalog.agtype",
    "selected": "s.properties",
    "table": 'oilgas."Well"',
    "statement": "select 1",
    "tenant_hex": "6f6e65",
    "tenant": "'one'",
    "field": "id",
    "more_columns": "",
    "with_named": "",
    "named_by": "'1'::ag_catalog.agtype",
    "reach": "own",
    "prepared": "explained_1",
    "values": "",
    "function": "ag_catalog.age_unnest(ag_catalog.agtype)",
}


def fillings(named: Statement, registry: GraphRegistry) -> Iterator[dict[str, str]]:
    """Every way to fill a statement's slots that the declarations allow."""
    slots = named.slots
    if "other_label" in slots:
        for edge in registry.edges:
            if edge.current_as is not None:
                at_start = edge.current_on == "start"
                own, other = (edge.start, edge.end) if at_start else (edge.end, edge.start)
                yield {
                    "label": own.label(),
                    "other_label": other.label(),
                    "edge_type": edge.edge_type.name,
                    "reference": edge.current_as,
                    "near_end": "start_id" if at_start else "end_id",
                    "far_end": "end_id" if at_start else "start_id",
                }
    elif "reference" in slots:
        for label in registry.entities:
            for reference in registry.references(label).values():
                yield {"label": label, "reference": reference.name}
    elif "field" in slots and "more_columns" not in slots:
        for label in registry.entities:
            for one in registry.entity(label).lookups:
                yield {"label": label, "field": one.fields[0]}
            yield {"label": label, "field": "id"}
    elif "label" in slots:
        parts = {slot: PARTS[slot] for slot in slots - {"label"}}
        yield from ({"label": label, **parts} for label in registry.entities)
    elif "edge_type" in slots:
        yield from ({"edge_type": name} for name in registry.edge_types)
    else:
        yield {slot: PARTS[slot] for slot in slots}


@pytest.mark.parametrize("name", sorted(named_statements()))
async def test_the_database_accepts_every_statement(
    connection: Any, registry: GraphRegistry, name: str
) -> None:
    named = statement(name)
    count = 0
    for slots in fillings(named, registry):
        filled = (
            cypher_statement(name, **slots) if named.language == "cypher" else named.fill(**slots)
        )
        await connection.prepare(filled.text)
        count += 1
    assert count


@pytest.mark.parametrize("name", sorted(named_statements()))
def test_no_statement_casts_properties_to_text(name: str) -> None:
    """AGE 1.5 refuses to cast a map to text, when it runs; asyncpg reads agtype as text anyway."""
    assert not re.search(r"properties\)?::text", statement(name).text)


async def test_the_database_gives_every_column_that_code_reads(
    connection: Any, registry: GraphRegistry
) -> None:
    """By module: what it reads from rows is what the statements it names give."""
    unknown = {}
    named = list(named_in_code())
    for module, tree in modules().items():
        names = {name for name, where in named if where == module}
        read = columns_read(tree)
        given = set()
        for name in names:
            given |= await columns_given(connection, registry, name)
        if names and read - given:
            unknown[module] = read - given
    assert unknown == {}


def columns_read(tree: ast.Module) -> set[str]:
    """The columns that a module reads: `row["column"]` and `rows[0]["column"]`."""
    return {
        str(node.slice.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and re.match(r"rows?\b", ast.unparse(node.value))
    }


async def columns_given(connection: Any, registry: GraphRegistry, name: str) -> set[str]:
    named = statement(name)
    slots = next(fillings(named, registry))
    filled = cypher_statement(name, **slots) if named.language == "cypher" else named.fill(**slots)
    prepared = await connection.prepare(filled.text)
    return {attribute.name for attribute in prepared.get_attributes()}


async def test_code_passes_as_many_values_as_a_statement_takes(
    connection: Any, registry: GraphRegistry
) -> None:
    checked = 0
    for module, tree in modules().items():
        for name, given in values_passed(tree):
            named = statement(name)
            slots = next(fillings(named, registry))
            text = (
                cypher_statement(name, **slots)
                if named.language == "cypher"
                else named.fill(**slots)
            ).text
            taken = len((await connection.prepare(text)).get_parameters())
            assert given == taken, f"{module} passes {given} values to {name}, which takes {taken}"
            checked += 1
    assert checked > 25, "the search finds calls at all"


def values_passed(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Calls that pass a statement and its values one by one: the name, and how many values."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or any(isinstance(one, ast.Starred) for one in call.args):
            continue
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in ("fetch", "execute")):
            continue
        for place, argument in enumerate(call.args):
            for inner in calls_of(argument, *NAMING):
                if isinstance(inner.args[0], ast.Constant):
                    yield str(inner.args[0].value), len(call.args) - place - 1


SQL = re.compile(
    r"^\s*\(?\s*(select\b.+\bfrom\b|select (\w+\.|\d|')|insert into\b|update\b.+\bset\b|delete from\b"
    r"|(alter|create|drop|truncate|grant)\s+(table|index|function|extension|role|schema|database)\b"
    r"|load '|copy\b.+\bfrom\b|with\s+\w+\s+as\b|match\s*\(|unwind\b|merge\s*\()",
    re.IGNORECASE | re.DOTALL,
)


def texts_like_statements(tree: ast.Module) -> Iterator[str]:
    """Literals, plain or formatted, that begin as SQL or Cypher does."""
    documentation = docstrings(tree)
    for node in ast.walk(tree):
        if id(node) in documentation:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(one.value) if isinstance(one, ast.Constant) else "x" for one in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if SQL.match(text):
            yield text


def test_statements_stand_in_their_own_files_only() -> None:
    """Outside the graph's own compiler, which joins declared names, code holds no SQL."""
    found = {
        (module, text)
        for module, tree in modules().items()
        if not module.startswith("graph_api.core.graph.") and module not in ALLOWED_TEXT
        for text in texts_like_statements(tree)
        if not is_advice(text)
    }
    assert found == set()


def is_advice(text: str) -> bool:
    """What `doctor` tells a person to run."""
    return text.startswith("alter extension")


@pytest.mark.parametrize(
    "text",
    [
        "select * from wells",
        "select 1",
        "insert into x values (1)",
        "update t set a = 1",
        "MATCH (n:Well) RETURN n",
        "  create index on t (a)",
        "load 'age'",
    ],
)
def test_the_search_for_statements_knows_one(text: str) -> None:
    assert list(texts_like_statements(ast.parse(f"x = {text!r}"))) == [text]
    formatted = texts_like_statements(ast.parse(f"x = f{text!r}"))
    assert set(formatted) == {text}


def test_the_search_for_statements_leaves_prose_alone() -> None:
    prose = ["Create a Well, or change the one of the same natural key.", "With a reviewer."]
    assert list(texts_like_statements(ast.parse(f"x = {prose!r}"))) == []
