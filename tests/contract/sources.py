"""The service's own source, parsed: what the contract tests look through."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import graph_api

PACKAGE = Path(graph_api.__file__).parent
REPOSITORY = PACKAGE.parent


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the service by its dotted name."""
    return {_name_of(path): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def _name_of(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module) -> set[str]:
    """The dotted names of the modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            names = {f"{module}.{alias.name}" for alias in node.names}
            found.update({module, *(name for name in names if name in modules())})
    return found


def is_within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def docstrings(tree: ast.Module) -> set[int]:
    """The identities of the nodes that are documentation, and no text of the program."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def calls_of(tree: ast.AST, *functions: str) -> Iterator[ast.Call]:
    """The calls of functions of these names, by themselves or through the module `statements`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in functions:
                yield node
            case ast.Call(func=ast.Attribute(value=ast.Name(id="statements"), attr=name)) if (
                name in functions
            ):
                yield node
