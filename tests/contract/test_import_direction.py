"""Imports run one way: core <- models <- graph <- store <- types <- schema <- app <- cli."""

import ast

import pytest

from tests.contract.sources import calls_of, imported, is_within, modules

# From the bottom up. A module belongs where the longest name that fits it stands, and imports
# only what stands on its own level or below.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("graph_api.settings", "graph_api.core.model", "graph_api.core.viewer"),
    ("graph_api.core.errors", "graph_api.core.resources", "graph_api.core.statements"),
    ("graph_api.core",),
    ("graph_api.core.context", "graph_api.core.loaders", "graph_api.core.doctor"),
    ("graph_api.core.api", "graph_api.core.http"),
    ("graph_api.entities.models", "graph_api.models"),
    ("graph_api.entities.graph",),
    ("graph_api.entities.store",),
    ("graph_api.entities", "graph_api.sample"),
    ("graph_api.schema",),
    ("graph_api.app",),
    ("graph_api.demo",),
    ("graph_api.cli",),
)

MODELS = ("graph_api.entities.models", "graph_api.models", "graph_api.core.model")
GRAPHQL_LIBRARIES = ("strawberry", "graphql")
KNOW_GRAPHQL = ("graph_api.core.api", "graph_api.core.http", "graph_api.entities.types")
KNOW_THE_DRIVER = (
    "graph_api.core.age",
    "graph_api.core.database",
    "graph_api.core.doctor",
    "graph_api.core.feed",  # listens on a connection of its own
    "graph_api.core.migrations",
    "graph_api.app",
)
INPUT_AND_OUTPUT = {
    *("asyncio", "asyncpg", "httpx", "http", "io", "os", "pathlib", "shutil", "socket"),
    *("sqlite3", "subprocess", "tempfile", "urllib"),
}


def level_of(module: str) -> int:
    """Where a module stands; a package that only gathers others stands at the bottom."""
    fitting = [
        (len(name), level)
        for level, names in enumerate(LEVELS)
        for name in names
        if is_within(module, name)
    ]
    assert fitting, f"say in LEVELS where {module} stands"
    return max(fitting)[1]


def is_empty(module: str) -> bool:
    """Whether a module has no code, as the `__init__` of a package that gathers others."""
    return all(isinstance(one, ast.Expr | ast.Assign) for one in modules()[module].body)


def own_imports(module: str) -> set[str]:
    return {
        name for name in imported(modules()[module]) if name in modules() and not is_empty(name)
    }


def test_every_module_stands_somewhere() -> None:
    homeless = [
        module
        for module in modules()
        if module != "graph_api"
        and not any(is_within(module, name) for names in LEVELS for name in names)
    ]
    assert homeless == []


@pytest.mark.parametrize("module", sorted(set(modules()) - {"graph_api"}))
def test_a_module_imports_only_what_stands_below_it(module: str) -> None:
    level = level_of(module)
    assert {name for name in own_imports(module) if level_of(name) > level} == set()


def test_core_knows_no_domain() -> None:
    wrong = {
        (module, name)
        for module in modules()
        if is_within(module, "graph_api.core")
        for name in own_imports(module)
        if not is_within(name, "graph_api.core") and name != "graph_api.settings"
    }
    assert wrong == set()


def test_models_import_models_only() -> None:
    known = (*MODELS, "graph_api.core.viewer")
    wrong = {
        (module, name)
        for module in modules()
        if any(is_within(module, one) for one in MODELS)
        for name in own_imports(module)
        if not any(is_within(name, one) for one in known)
    }
    assert wrong == set()


def test_models_do_no_input_or_output() -> None:
    wrong = {
        (module, name)
        for module, tree in modules().items()
        if any(is_within(module, one) for one in MODELS)
        for name in imported(tree)
        if name.partition(".")[0] in INPUT_AND_OUTPUT
    }
    opening = [
        module
        for module, tree in modules().items()
        if any(is_within(module, one) for one in MODELS) and list(calls_of(tree, "open", "print"))
    ]
    assert (wrong, opening) == (set(), [])


def importers_of(*libraries: str) -> set[str]:
    return {
        module
        for module, tree in modules().items()
        if any(is_within(name, library) for name in imported(tree) for library in libraries)
    }


def test_only_the_api_layer_knows_graphql() -> None:
    found = importers_of(*GRAPHQL_LIBRARIES)
    assert found, "the search finds importers at all"
    assert {one for one in found if not any(is_within(one, name) for name in KNOW_GRAPHQL)} == set()


def test_only_the_database_layer_knows_the_driver() -> None:
    assert importers_of("asyncpg") <= set(KNOW_THE_DRIVER)


def test_only_types_build_graphql_in_a_domain() -> None:
    """Stores, models and readers of files do not build GraphQL."""
    wrong = {
        (module, name)
        for module in modules()
        if is_within(module, "graph_api.entities") and module != "graph_api.entities.types"
        for name in own_imports(module)
        if is_within(name, "graph_api.core.api")
    }
    assert wrong == set()
