"""What a GraphQL document may ask of the server before anybody has looked at what it means.

The text is measured before it is parsed, and the parsed document before it is validated: some
rules of validation take time that grows with the square of what they are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListTypeNode,
    ListValueNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeNode,
    ValueNode,
)

from graph_api.core.api.lexemes import count_lexemes, lexemes_of
from graph_api.core.api.overlaps import check_expansion
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.settings import Settings

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
_INTROSPECTION_LISTS = frozenset(
    {"types", "fields", "inputFields", "interfaces", "possibleTypes", "directives"}
)
_MOST_INTROSPECTION_LISTS = 2
# what clients send: fields of types, their arguments, and nine wrappings of a type
_INTROSPECTION_DEPTH = 16


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What was found out about a document while it was measured."""

    introspects: bool
    """Whether it asks what the schema offers."""


def check_text(text: str, settings: Settings) -> None:
    """Raise ApiError LIMIT_EXCEEDED for a text that would take too long to parse."""
    _at_most("characters", settings.document_max_characters, len(text))
    lexemes = lexemes_of(text)
    _at_most("tokens", settings.document_max_tokens, len(lexemes))
    counts = count_lexemes(lexemes)
    for limit, allowed, actual in (
        ("nesting", settings.document_max_nesting, counts.nesting),
        ("aliases", settings.document_max_aliases, counts.aliases),
        ("directives", settings.document_max_directives, counts.directives),
        ("fragments", settings.document_max_fragments, counts.fragments),
        ("fragment spreads", settings.document_max_spreads, counts.spreads),
    ):
        _at_most(limit, allowed, actual)


def check_variables(variables: Mapping[str, Any] | None, settings: Settings) -> None:
    """Raise ApiError LIMIT_EXCEEDED for values that are nested too deeply."""
    level: Sequence[Any] = [variables] if variables else ()
    # the variables themselves are one level, as the arguments of a field are none
    depth = -1
    while level:
        depth += 1
        _at_most("depth of values", settings.value_max_depth, depth)
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]


def check_document(document: DocumentNode, settings: Settings) -> DocumentFacts:
    """Raise ApiError LIMIT_EXCEEDED for a document that would take too long to validate.

    BAD_USER_INPUT where a fragment spreads itself: what it comes to has no end.
    """
    measured = _Measured()
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            measured.add(definition)
    for limit, allowed, actual in (
        ("operations", settings.document_max_operations, len(measured.operations)),
        ("variables", settings.document_max_variables, measured.variables),
        ("depth of values", settings.value_max_depth, measured.value_depth),
    ):
        _at_most(limit, allowed, actual)
    _check_depths(measured, settings)
    check_expansion(
        [one.node for one in measured.operations],
        {name: one.node for name, one in measured.fragments.items()},
        settings,
    )
    return DocumentFacts(measured.introspects)


def _at_most(limit: str, allowed: int, actual: int) -> None:
    if actual > allowed:
        raise limit_exceeded(limit, allowed, actual)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a definition something stands."""

    depth: int
    """How many fields lie around it."""
    in_introspection: bool
    lists: int = 0
    """How many of these are lists of introspection."""

    def inside(self, name: str) -> "_Place":
        """The place inside a field that stands here."""
        if self.in_introspection:
            lists = self.lists + (name in _INTROSPECTION_LISTS)
            return _Place(self.depth + 1, in_introspection=True, lists=lists)
        return _Place(self.depth + 1, in_introspection=name in INTROSPECTION_FIELDS)


@dataclass(slots=True)
class _Depth:
    """How deep fields are nested: outside introspection, inside it, and lists of it in lists."""

    fields: int = 0
    introspection: int = 0
    lists: int = 0

    def reach(self, place: _Place) -> None:
        """Note that something stands at a place."""
        if place.in_introspection:
            self.introspection = max(self.introspection, place.depth)
            self.lists = max(self.lists, place.lists)
        else:
            self.fields = max(self.fields, place.depth)

    def reach_below(self, place: _Place, inner: "_Depth") -> None:
        """Note that a fragment which is so deep is spread at a place."""
        if place.in_introspection:
            deepest = max(inner.fields, inner.introspection)
            self.reach(_Place(place.depth + deepest, True, place.lists + inner.lists))
        else:
            self.reach(_Place(place.depth + inner.fields, False))
            self.reach(_Place(place.depth + inner.introspection, True, inner.lists))


@dataclass(slots=True)
class _Definition:
    node: Any
    depth: _Depth = field(default_factory=_Depth)
    spreads: list[tuple[str, _Place]] = field(default_factory=list)
    """The fragments it spreads, each with where it does."""


@dataclass(slots=True)
class _Measured:
    """A document, walked once; no fragment is followed."""

    operations: list[_Definition] = field(default_factory=list)
    fragments: dict[str, _Definition] = field(default_factory=dict)
    variables: int = 0
    value_depth: int = 0
    introspects: bool = False

    def add(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        """Take a definition in."""
        made = _Definition(node)
        in_introspection = False
        if isinstance(node, OperationDefinitionNode):
            self.operations.append(made)
            self._add_variables(node)
        else:
            # of several fragments of one name, which validation refuses, each counts
            name = node.name.value
            if name in self.fragments:
                name = f"{name} {len(self.fragments)}"
            self.fragments[name] = made
            in_introspection = node.type_condition.name.value.startswith("__")
        self._add_directives(node.directives)
        self._walk(made, node.selection_set, _Place(0, in_introspection))

    def _add_variables(self, node: OperationDefinitionNode) -> None:
        for one in node.variable_definitions or ():
            self.variables += 1
            self._add_directives(one.directives)
            self._add_value(one.default_value)
            self.value_depth = max(self.value_depth, _wrappings(one.type))

    def _walk(self, made: _Definition, selection_set: SelectionSetNode, place: _Place) -> None:
        waiting = [(selection_set, place)]
        while waiting:
            selected, place = waiting.pop()
            for one in selected.selections:
                self._add_directives(one.directives)
                if isinstance(one, FragmentSpreadNode):
                    made.spreads.append((one.name.value, place))
                elif isinstance(one, FieldNode):
                    inside = place.inside(one.name.value)
                    made.depth.reach(inside)
                    self._add_field(one)
                    if one.selection_set is not None:
                        waiting.append((one.selection_set, inside))
                elif isinstance(one, InlineFragmentNode):
                    waiting.append((one.selection_set, place))

    def _add_field(self, one: FieldNode) -> None:
        self.introspects |= one.name.value in INTROSPECTION_FIELDS
        self._add_arguments(one.arguments)

    def _add_directives(self, directives: Sequence[DirectiveNode] | None) -> None:
        for one in directives or ():
            self._add_arguments(one.arguments)

    def _add_arguments(self, arguments: Sequence[ArgumentNode] | None) -> None:
        for one in arguments or ():
            self._add_value(one.value)

    def _add_value(self, value: ValueNode | None) -> None:
        level: list[ValueNode] = [] if value is None else [value]
        depth = -1
        while level:
            depth += 1
            level = [inner for one in level for inner in _inside(one)]
        self.value_depth = max(self.value_depth, depth)


def _inside(value: ValueNode) -> Sequence[ValueNode]:
    if isinstance(value, ListValueNode):
        return value.values or [_NOTHING]
    if isinstance(value, ObjectValueNode):
        return [one.value for one in value.fields] or [_NOTHING]
    return ()


# what an empty list or object holds, so that it is as deep as one that is not
_NOTHING = NullValueNode()


def _wrappings(given: TypeNode) -> int:
    lists = 0
    while isinstance(given, ListTypeNode | NonNullTypeNode):
        lists += isinstance(given, ListTypeNode)
        given = given.type
    return lists


def _check_depths(measured: _Measured, settings: Settings) -> None:
    depths: dict[str, _Depth] = {}
    for name in measured.fragments:
        _add_depth_of_fragment(name, measured, depths, ())
    for one in measured.operations:
        _add_spreads(one, depths)
    for depth in (*(one.depth for one in measured.operations), *depths.values()):
        _at_most("depth", settings.document_max_depth, depth.fields)
        allowed = max(settings.document_max_depth, _INTROSPECTION_DEPTH)
        _at_most("depth of introspection", allowed, depth.introspection)
        _at_most("lists in lists of introspection", _MOST_INTROSPECTION_LISTS, depth.lists)


def _add_spreads(one: _Definition, depths: Mapping[str, _Depth]) -> None:
    for name, place in one.spreads:
        if name in depths:
            one.depth.reach_below(place, depths[name])


def _add_depth_of_fragment(
    name: str, measured: _Measured, depths: dict[str, _Depth], above: tuple[str, ...]
) -> None:
    if name in depths or name not in measured.fragments:
        return
    if name in above:
        raise bad_input(f"the fragment {name[:100]} spreads itself")
    one = measured.fragments[name]
    for spread, _ in one.spreads:
        _add_depth_of_fragment(spread, measured, depths, (*above, name))
    _add_spreads(one, depths)
    depths[name] = one.depth
