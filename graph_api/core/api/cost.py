"""What an operation may cost, known before it runs: the objects it may return, and some weights.

A list costs what each of its objects costs, as many times as the list may be long: by `first`,
`last` and the like, or by the default. An object costs 1, a plain value nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
    value_from_ast_untyped,
)

from graph_api.core.api.pricing import Price, Shape, price_list
from graph_api.settings import Settings

_COUNTED_ELSEWHERE = frozenset({"totalCount", "__typename"})
_MOST_REMEMBERED = 100

Variables = Mapping[str, Any]


class CostModel:
    """The prices of a schema's fields."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.schema = schema
        self.prices = price_list(schema, settings)
        self.sizing_arguments = {name for price in self.prices.values() for name in price.sized_by}

    def costs(self, document: DocumentNode) -> dict[str, "OperationCost"]:
        """The cost of each operation of a valid document, by its name."""
        fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        return {
            one.name.value if one.name else "": OperationCost(self, document, one, fragments)
            for one in document.definitions
            if isinstance(one, OperationDefinitionNode)
        }


class OperationCost:
    """The cost of one operation, computed once for all values that come to the same."""

    def __init__(
        self,
        model: CostModel,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._model = model
        self._operation = operation
        self._fragments = fragments
        self._defaults = {
            one.variable.name.value: value_from_ast_untyped(one.default_value)
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        self._deciding = tuple(sorted(_deciding_variables(document, model.sizing_arguments)))
        self._known: dict[tuple[Any, ...], int] = {}

    def of(self, variables: Variables | None) -> int:
        """The cost with these variables, at least 1."""
        if not self._deciding and (same := self._known.get(())) is not None:
            return same
        given = self._defaults | dict(variables or {})
        key = tuple(_magnitude(given.get(name)) for name in self._deciding)
        cost = self._known.get(key)
        if cost is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            walk = _Walk(self._model, self._fragments, given)
            cost = self._known[key] = max(1, ceil(walk.operation(self._operation)))
        return cost


@dataclass(slots=True)
class _Walk:
    model: CostModel
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables

    def operation(self, node: OperationDefinitionNode) -> float:
        """What an operation costs."""
        root = self.model.schema.get_root_type(node.operation)
        return 0 if root is None else self._inside(root, [node.selection_set])

    def _inside(
        self,
        kind: GraphQLNamedType,
        selected: Sequence[SelectionSetNode],
        page: float | None = None,
    ) -> float:
        """What is selected of one object costs; of an abstract type, of its costliest kind."""
        kinds = [kind, *self._mentioned(kind, selected)] if is_abstract_type(kind) else [kind]
        return max(
            sum(self._field(one, same, page) for same in self._fields(one, selected).values())
            for one in kinds
        )

    def _field(
        self, parent: GraphQLNamedType, same: Sequence[FieldNode], page: float | None
    ) -> float:
        node = same[0]
        price = self.model.prices.get((parent.name, node.name.value))
        if price is None:
            return 0
        if price.shape is Shape.LEAF:
            return price.weight
        inner = [one.selection_set for one in same if one.selection_set is not None]
        if price.shape is Shape.ONE:
            return price.weight + price.objects + price.scale * self._inside(price.kind, inner)
        if page is not None and price.follows_page:
            return price.weight + page * self._inside(price.kind, inner)
        size = self._size(node, price)
        if price.shape is Shape.LIST:
            return price.weight + size * (price.objects + self._inside(price.kind, inner))
        below = self._inside(price.kind, inner, page=size)
        is_read = price.is_write or self._selects_rows(price.kind, inner)
        return price.weight + below + (size if is_read else 0)

    def _size(self, node: FieldNode, price: Price) -> float:
        sizes = [
            size
            for one in node.arguments or ()
            if one.name.value in price.sized_by
            and (size := _magnitude(_value(one.value, self.variables))) is not None
        ]
        return price.size if not sizes else max(0, min(sum(sizes), price.most))

    def _selects_rows(self, kind: GraphQLNamedType, selected: Sequence[SelectionSetNode]) -> bool:
        return any(
            node.name.value not in _COUNTED_ELSEWHERE
            for same in self._fields(kind, selected).values()
            for node in same
        )

    def _fields(
        self, kind: GraphQLNamedType, selected: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        for one in self._selections(selected, kind):
            if isinstance(one, FieldNode):
                found.setdefault((one.alias or one.name).value, []).append(one)
        return found

    def _mentioned(
        self, kind: GraphQLAbstractType, selected: Sequence[SelectionSetNode]
    ) -> list[GraphQLObjectType]:
        named = {
            one.type_condition.name.value
            for one in self._selections(selected, None)
            if isinstance(one, InlineFragmentNode | FragmentDefinitionNode)
            and one.type_condition is not None
        }
        return [one for one in self.model.schema.get_possible_types(kind) if one.name in named]

    def _selections(
        self, selected: Sequence[SelectionSetNode], kind: GraphQLNamedType | None
    ) -> Iterator[FieldNode | InlineFragmentNode | FragmentDefinitionNode]:
        """The fields and fragments that apply to a type, or to any; each fragment once."""
        spread: set[str] = set()
        waiting = list(reversed(selected))
        while waiting:
            for one in waiting.pop().selections:
                if not self._is_included(one.directives):
                    continue
                if isinstance(one, FieldNode):
                    yield one
                    continue
                part: InlineFragmentNode | FragmentDefinitionNode
                if isinstance(one, FragmentSpreadNode):
                    name = one.name.value
                    if name in spread:
                        continue
                    spread.add(name)
                    part = self.fragments[name]
                elif isinstance(one, InlineFragmentNode):
                    part = one
                if kind is None or self._applies(part, kind):
                    yield part
                    waiting.append(part.selection_set)

    def _applies(
        self, part: InlineFragmentNode | FragmentDefinitionNode, kind: GraphQLNamedType
    ) -> bool:
        if part.type_condition is None or part.type_condition.name.value == kind.name:
            return True
        condition = self.model.schema.get_type(part.type_condition.name.value)
        return (
            is_abstract_type(condition)
            and isinstance(kind, GraphQLObjectType)
            and self.model.schema.is_sub_type(condition, kind)
        )

    def _is_included(self, directives: Sequence[DirectiveNode] | None) -> bool:
        for one in directives or ():
            if one.name.value in ("skip", "include"):
                for argument in one.arguments or ():
                    condition = _value(argument.value, self.variables)
                    if condition is (one.name.value == "skip"):
                        return False
        return True


def _deciding_variables(document: DocumentNode, sizing_arguments: set[str]) -> set[str]:
    """The variables that a cost may depend on."""
    found: set[str] = set()
    waiting: list[Any] = [
        one
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        one = waiting.pop()
        for directive in getattr(one, "directives", None) or ():
            if directive.name.value in ("skip", "include"):
                found.update(*(_variables_in(given.value) for given in directive.arguments or ()))
        for given in getattr(one, "arguments", None) or ():
            if given.name.value in sizing_arguments:
                found.update(_variables_in(given.value))
        selected = getattr(one, "selection_set", None)
        if selected is not None:
            waiting.extend(selected.selections)
    return found


def _variables_in(value: ValueNode) -> Iterator[str]:
    if isinstance(value, VariableNode):
        yield value.name.value
    elif isinstance(value, ListValueNode):
        for one in value.values:
            yield from _variables_in(one)
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            yield from _variables_in(field.value)


def _value(node: ValueNode, variables: Variables) -> Any:
    """A value as far as its size goes: what lies within lists does not matter."""
    match node:
        case VariableNode():
            return variables.get(node.name.value)
        case IntValueNode():
            return int(node.value)
        case BooleanValueNode():
            return node.value
        case NullValueNode():
            return None
        case ListValueNode():
            return [None] * len(node.values)
        case ObjectValueNode():
            return {one.name.value: _value(one.value, variables) for one in node.fields}
        case _:
            return ""


def _magnitude(value: Any) -> int | None:
    """How many a value asks for: a number, or the length of a list, or of the lists inside it."""
    match value:
        case None:
            return None
        case bool() | int():
            return value
        case float():
            return int(value) if value.is_integer() else None
        case list():
            return len(value)
        case dict():
            return sum(len(one) for one in value.values() if isinstance(one, list))
        case _:
            return 1
