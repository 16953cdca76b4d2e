"""Imports run one way: core <- models <- store <- types <- queries <- schema <- app <- cli."""

import ast

import pytest

from tests.contract.sources import calls_of, imported, is_within, modules

# From the bottom up. A module belongs where the longest name that fits it stands, and imports
# only what stands on its own level or below. `*` is any domain.
LEVELS: tuple[tuple[str, ...], ...] = (
    (
        "graph_api.settings",
        "graph_api.core.model",
        "graph_api.core.permissions",
        "graph_api.core.viewer",
    ),
    ("graph_api.core.errors", "graph_api.core.resources", "graph_api.core.statements"),
    ("graph_api.core",),
    ("graph_api.core.context", "graph_api.core.loaders", "graph_api.core.doctor"),
    (
        "graph_api.core.api",
        "graph_api.core.event_stream",
        "graph_api.core.http",
        "graph_api.core.websocket",
    ),
    ("*.models", "graph_api.models"),
    ("*.graph",),
    # what a domain has besides the usual files, such as readers of official formats
    ("*.store", "*"),
    ("*.types", "*.inputs"),
    ("*.queries", "*.mutations", "*.subscriptions"),
    ("graph_api.schema",),
    ("graph_api.app",),
    ("graph_api.serving",),
    ("graph_api.demo", "graph_api.sample", "graph_api.backup", "graph_api.querying"),
    ("graph_api.cli", "*.cli"),
)
NO_DOMAINS = frozenset(
    name for names in LEVELS for name in names if name.count(".") == 1 and name[0] != "*"
) | {"graph_api.core"}

MODELS = ("*.models", "graph_api.models", "graph_api.core.model")
GRAPHQL_LIBRARIES = ("strawberry", "graphql")
BUILD_GRAPHQL = ("*.types", "*.inputs", "*.queries", "*.mutations", "*.subscriptions")
KNOW_GRAPHQL = (
    *LEVELS[4],
    *BUILD_GRAPHQL,
    "graph_api.documents.manifest",  # checks documents against the schema
)
# What a domain may use of another; stores of others are reached through the context.
SHARED_AMONG_DOMAINS = ("*.models", "*.graph", "*.types")
SHARED_IN_A_TRANSACTION = {
    # what freezes rules for a filing holds them until the filing is written
    ("graph_api.filings.store.freezing", "graph_api.rules.store"),
}
KNOW_THE_DRIVER = (
    # as the owner, in a snapshot of its own, into databases that are not served
    "graph_api.backup.checking",
    "graph_api.backup.connecting",
    "graph_api.backup.dumping",
    "graph_api.backup.restoring",
    "graph_api.core.age",
    "graph_api.core.connection_pool",
    "graph_api.core.database",
    "graph_api.core.database_watch",
    "graph_api.core.doctor",
    "graph_api.core.failures",
    "graph_api.core.feed",  # listens on a connection of its own
    "graph_api.core.migrations",
    "graph_api.app",
    "graph_api.documents.cli",  # as the owner
)
INPUT_AND_OUTPUT = {
    *("asyncio", "asyncpg", "httpx", "http", "io", "os", "pathlib", "shutil", "socket"),
    *("sqlite3", "subprocess", "tempfile", "urllib"),
}


def domain_of(module: str) -> str | None:
    """The domain that a module is part of, such as `graph_api.entities`."""
    top = ".".join(module.split(".")[:2])
    return None if top in NO_DOMAINS or top == "graph_api" else top


def fits(module: str, name: str) -> bool:
    """Whether a module is, or lies in, what a name of the tables above stands for."""
    domain = domain_of(module)
    if name.startswith("*"):
        return domain is not None and is_within(module, name.replace("*", domain, 1))
    return is_within(module, name)


def fits_any(module: str, names: tuple[str, ...]) -> bool:
    return any(fits(module, name) for name in names)


def level_of(module: str) -> int:
    """Where a module stands."""
    fitting = [
        (name.count("."), len(name), level)
        for level, names in enumerate(LEVELS)
        for name in names
        if fits(module, name)
    ]
    assert fitting, f"say in LEVELS where {module} stands"
    return max(fitting)[2]


def is_empty(module: str) -> bool:
    """Whether a module has no code, as the `__init__` of a package that gathers others."""
    return all(isinstance(one, ast.Expr | ast.Assign) for one in modules()[module].body)


def own_imports(module: str) -> set[str]:
    return {
        name for name in imported(modules()[module]) if name in modules() and not is_empty(name)
    }


def test_the_levels_tell_domains_from_the_rest() -> None:
    assert domain_of("graph_api.entities.imports.p5") == "graph_api.entities"
    assert domain_of("graph_api.core.graph.registry") is None
    assert domain_of("graph_api.schema") is None
    order = ["graph_api.core.database", "graph_api.entities.models.well"]
    order += ["graph_api.entities.graph", "graph_api.entities.store", "graph_api.entities.types"]
    order += ["graph_api.entities.queries", "graph_api.schema", "graph_api.app", "graph_api.cli"]
    assert [level_of(one) for one in order] == sorted({level_of(one) for one in order})


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
    wrong = {
        (module, name)
        for module in modules()
        if fits_any(module, MODELS)
        for name in own_imports(module)
        if not fits_any(name, (*MODELS, "graph_api.core.viewer", "graph_api.core.permissions"))
    }
    assert wrong == set()


def test_models_do_no_input_or_output() -> None:
    trees = {module: tree for module, tree in modules().items() if fits_any(module, MODELS)}
    wrong = {
        (module, name)
        for module, tree in trees.items()
        for name in imported(tree)
        if name.partition(".")[0] in INPUT_AND_OUTPUT
    }
    opening = [module for module, tree in trees.items() if [*calls_of(tree, "open", "print")]]
    assert len(trees) > 10
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
    assert {one for one in found if not fits_any(one, KNOW_GRAPHQL)} == set()


def test_only_the_database_layer_knows_the_driver() -> None:
    assert {one for one in importers_of("asyncpg") if not fits_any(one, KNOW_THE_DRIVER)} == set()


def test_stores_models_and_readers_build_no_graphql() -> None:
    wrong = {
        (module, name)
        for module in modules()
        if domain_of(module) is not None and not fits_any(module, BUILD_GRAPHQL)
        for name in own_imports(module)
        if is_within(name, "graph_api.core.api")
    }
    assert wrong == set()


def test_domains_share_models_and_types_only() -> None:
    wrong = {
        (module, name)
        for module in modules()
        if domain_of(module) is not None
        for name in own_imports(module)
        if domain_of(name) not in (None, domain_of(module))
        and not fits_any(name, SHARED_AMONG_DOMAINS)
    }
    assert wrong == SHARED_IN_A_TRANSACTION
