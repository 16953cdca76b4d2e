"""Every place where a GraphQL schema takes text, and a valid operation around each."""

import base64
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from strawberry.utils.str_converters import to_camel_case

from tests.entities.models.samples import MINIMAL

T = TypeVar("T")

TEXT_SCALARS = ("String", "ID", "JSON")
_DEEPEST_INPUT = 4

SOME_UUID = "00000000-0000-4000-8000-000000000000"
SCALAR_EXAMPLES: dict[str, Any] = {
    "String": "x",
    "ID": base64.urlsafe_b64encode(f"Well:{SOME_UUID}".encode()).decode().rstrip("="),
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "JSON": {},
    "Date": "2024-01-01",
    "DateTime": "2024-01-01T00:00:00Z",
    "UUID": SOME_UUID,
}

Path = tuple[str, ...]


@dataclass(frozen=True)
class TextPlace:
    """One place where a root field takes text: the argument, and the way into it."""

    operation: str
    field: str
    path: Path

    def __str__(self) -> str:
        return f"{self.field}({'.'.join(self.path)})"


def text_places(
    schema: GraphQLSchema,
    root: GraphQLObjectType,
    kind: str,
    scalars: Collection[str] = TEXT_SCALARS,
) -> Iterator[TextPlace]:
    """Every place of an operation type where text goes in, or values of other scalars."""
    for name, one in root.fields.items():
        for argument, declared in one.args.items():
            for path in _paths(declared.type, (argument,), frozenset(), scalars):
                yield TextPlace(kind, name, path)


def _paths(
    given: Any, path: Path, seen: frozenset[str], scalars: Collection[str]
) -> Iterator[Path]:
    named = get_named_type(given)
    if named.name in scalars:
        yield path
    elif isinstance(named, GraphQLInputObjectType) and named.name not in seen:
        if len(path) > _DEEPEST_INPUT:
            return
        for name, one in named.fields.items():
            # a filter's relationships lead to the filters that other root fields take
            if named.name.endswith("Filter") and _leads_on(one, named):
                continue
            yield from _paths(one.type, (*path, name), seen | {named.name}, scalars)


def _leads_on(one: GraphQLInputField, owner: GraphQLInputObjectType) -> bool:
    target = get_named_type(one.type)
    if target is owner:
        return True
    name: str = target.name
    return name.endswith("RelationFilter") or (
        isinstance(target, GraphQLInputObjectType) and "and" in target.fields
    )


def with_text(given: Any, path: Path, text: Any, examples: dict[str, Any]) -> Any:
    """A value of a type with the text, or another scalar, at a path; required fields get examples."""
    bare = given.of_type if isinstance(given, GraphQLNonNull) else given
    if isinstance(bare, GraphQLList):
        return [with_text(bare.of_type, path, text, examples)]
    if not path:
        return {text: [text]} if bare.name == "JSON" else text
    assert isinstance(bare, GraphQLInputObjectType)
    values = required_values(bare, examples)
    first, *rest = path
    values[first] = with_text(bare.fields[first].type, tuple(rest), text, examples)
    return values


def required_values(given: GraphQLInputObjectType, examples: dict[str, Any]) -> dict[str, Any]:
    """Values for what an input requires."""
    if given.name in examples:
        return dict(examples[given.name])
    return {
        name: example(one.type, examples) for name, one in given.fields.items() if is_required(one)
    }


def is_required(one: GraphQLArgument | GraphQLInputField) -> bool:
    return isinstance(one.type, GraphQLNonNull)


def example(given: Any, examples: dict[str, Any]) -> Any:
    """Some value of a type."""
    bare = given.of_type if isinstance(given, GraphQLNonNull) else given
    if isinstance(bare, GraphQLList):
        return [example(bare.of_type, examples)]
    if isinstance(bare, GraphQLEnumType):
        return next(iter(bare.values))
    if isinstance(bare, GraphQLInputObjectType):
        return required_values(bare, examples)
    return examples[bare.name]


def selection(given: Any, depth: int = 2) -> str:
    """Fields to ask of an output type: those that need no arguments, so that all is read."""
    named = get_named_type(given)
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        return "{ __typename }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    wanted = ["__typename"]
    for name, one in named.fields.items():
        inner = get_named_type(one.type)
        leaf = not isinstance(inner, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType)
        needs = any(is_required(argument) for argument in one.args.values())
        if leaf and not needs:
            wanted.append(name)
        elif name in ("nodes", "edges", "pageInfo") and depth and not needs:
            wanted.append(f"{name} {selection(one.type, depth - 1)}")
    return f"{{ {' '.join(wanted)} }}"


def aliased(number: int, name: str, one: GraphQLField, arguments: dict[str, Any]) -> str:
    """A root field under an alias, each argument from a variable of its own."""
    given = ", ".join(f"{argument}: $v{number}_{argument}" for argument in arguments)
    return f"a{number}: {name}{f'({given})' if given else ''} {selection(one.type)}"


def document_of(
    root: GraphQLObjectType, tries: Sequence[tuple[TextPlace, Any]], examples: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """An operation with each try, a value at its place, under an alias of its own; its variables."""
    fields, declared, variables = [], [], {}
    for number, (place, value) in enumerate(tries):
        one = root.fields[place.field]
        first, *rest = place.path
        arguments = {
            name: example(argument.type, examples)
            for name, argument in one.args.items()
            if is_required(argument)
        }
        arguments[first] = with_text(one.args[first].type, tuple(rest), value, examples)
        fields.append(aliased(number, place.field, one, arguments))
        for name, given in arguments.items():
            declared.append(f"$v{number}_{name}: {one.args[name].type}")
            variables[f"v{number}_{name}"] = given
    return f"{tries[0][0].operation} ({', '.join(declared)}) {{ {' '.join(fields)} }}", variables


def tried_at(error: dict[str, Any]) -> int | None:
    """The number of the try whose alias an error names; None where it is about all of them."""
    path = error.get("path")
    return int(path[0][1:]) if path else None


def in_parts(tries: Iterator[T], size: int) -> Iterator[list[T]]:
    """What fits into one document at a time."""
    while part := list(islice(tries, size)):
        yield part


def entity_examples() -> dict[str, Any]:
    """Values for whatever is required, by the name of its type: the least of each entity too."""
    found = dict(SCALAR_EXAMPLES)
    for model, values in MINIMAL.items():
        found[f"{model.label()}Input"] = {to_camel_case(k): v for k, v in values.items()}
    return found


def smallest_operation(
    kind: str, name: str, one: GraphQLField, examples: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """An operation of one root field with what it requires, and its variables."""
    needed = {key: given for key, given in one.args.items() if is_required(given)}
    declared = ", ".join(f"$v0_{key}: {given.type}" for key, given in needed.items())
    field = aliased(0, name, one, needed)
    variables = {f"v0_{key}": example(given.type, examples) for key, given in needed.items()}
    return f"{kind} {f'({declared})' if declared else ''} {{ {field} }}", variables
