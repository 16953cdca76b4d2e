"""The document that reads a whole list, page by page, with the fields that are wanted of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    parse,
    print_ast,
)

from graph_api.core.api.schema import GraphSchema
from graph_api.core.errors import ApiError, bad_input

PAGE = "page"
"""Under which name the document answers a page."""
_OF_PAGES = ("first", "after")


@dataclass(frozen=True, slots=True)
class ListDocument:
    """A document whose variables are the page, `first` and `after`, and the list's arguments."""

    text: str
    variables: Mapping[str, Any]
    """The list's arguments, as they are for every page."""


def list_document(
    graph: GraphSchema, name: str, arguments: Mapping[str, Any], fields: str | None
) -> ListDocument:
    """The document of a list with arguments, among them `where` and `orderBy`.

    `fields` is a selection of the list's nodes, without braces; None for all that are values and
    need no arguments. Raises ApiError BAD_USER_INPUT for what is no list, argument or selection.
    """
    schema = graph.schema._schema
    field, node = _list(schema, name)
    for argument in arguments:
        if argument not in field.args or argument in _OF_PAGES:
            known = ", ".join(one for one in field.args if one not in _OF_PAGES)
            raise bad_input(f"{name} takes {known or 'no arguments'}", argument=argument)
    declared = [f"${one}: {field.args[one].type}" for one in (*_OF_PAGES, *arguments)]
    given = [f"{one}: ${one}" for one in (*_OF_PAGES, *arguments)]
    text = (
        f"query ({', '.join(declared)}) {{ {PAGE}: {name}({', '.join(given)}) {{"
        f" nodes {_selection(fields) or _values(node)}"
        " pageInfo { hasNextPage endCursor } } }"
    )
    return ListDocument(text, dict(arguments))


def ordered_by(graph: GraphSchema, name: str, text: str) -> Any:
    """What `orderBy` of a list is given for `FIELD`, `FIELD:DESC`, or several with commas."""
    field, _ = _list(graph.schema._schema, name)
    if "orderBy" not in field.args:
        raise bad_input(f"{name} has one order only", argument="orderBy")
    declared = get_nullable_type(field.args["orderBy"].type)
    if isinstance(get_named_type(declared), GraphQLEnumType):
        return text
    orders = []
    for part in text.split(","):
        key, _, direction = part.strip().partition(":")
        orders.append({"field": key, **({"direction": direction} if direction else {})})
    return orders if isinstance(declared, GraphQLList) else orders[0]


def lists_of(graph: GraphSchema) -> list[str]:
    """The names of all lists."""
    schema = graph.schema._schema
    names = [] if schema.query_type is None else list(schema.query_type.fields)
    return [name for name in names if _found(schema, name) is not None]


def _list(schema: GraphQLSchema, name: str) -> tuple[GraphQLField, GraphQLObjectType]:
    found = _found(schema, name)
    if found is None:
        raise bad_input(f"there is no list {name}")
    return found


def _found(schema: GraphQLSchema, name: str) -> tuple[GraphQLField, GraphQLObjectType] | None:
    """A root field that gives pages, and the type of their nodes."""
    field = None if schema.query_type is None else schema.query_type.fields.get(name)
    kind = None if field is None else get_named_type(field.type)
    if field is None or not isinstance(kind, GraphQLObjectType):
        return None
    if not {"nodes", "pageInfo"} <= set(kind.fields) or not set(_OF_PAGES) <= set(field.args):
        return None
    node = get_named_type(kind.fields["nodes"].type)
    return (field, node) if isinstance(node, GraphQLObjectType) else None


def _selection(fields: str | None) -> str | None:
    """The selection, once it is sure to be one; that it is valid is seen when it runs."""
    if fields is None:
        return None
    try:
        (found,) = parse(f"{{\n{fields}\n}}").definitions
    except (GraphQLError, ValueError) as error:
        message = error.message if isinstance(error, GraphQLError) else "is no selection"
        raise _no_selection(message) from None
    if not isinstance(found, OperationDefinitionNode):
        raise _no_selection("is no selection")
    return print_ast(found.selection_set)


def _no_selection(message: str) -> ApiError:
    return bad_input(message, argument="fields")


def _values(node: GraphQLObjectType) -> str:
    names = [
        name
        for name, field in node.fields.items()
        if is_leaf_type(get_named_type(field.type))
        and not any(is_required_argument(one) for one in field.args.values())
    ]
    return f"{{ {' '.join(names)} }}"
