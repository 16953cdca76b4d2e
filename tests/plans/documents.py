"""Valid documents with variables, made from the GraphQL schema itself.

Whatever is asked for twice under one name is asked for in the same way: a field without an alias
has the same arguments wherever it stands in a document, and no two fields share an alias, but where
the same field is meant to be merged. Below `node` and the like, where the types of a place differ,
every field of one type has an alias.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from graph_api.core.api.reads import (
    EntityByGlobalId,
    EntityByKey,
    EntityList,
    ReferencedEntity,
    RelatedEntities,
    reads_of,
)
from graph_api.core.graph.registry import Relationship
from tests.plans.spelling import Spelling
from tests.plans.vocabulary import Choices, Vocabulary

DEEPEST = 6
"""How many entities deep a document goes."""
_MOST_FIELDS = 20
_MOST_ROWS = 150
_SIZES = (2, 1, 3, 0, 5, 10, 50)
_SAFE = ("id", "naturalKey", "displayName")
NEVER_THE_SAME = frozenset(
    {"Query.complianceTrend", "Query.ruleImpact", "AuditVerification.verifiedAt"}
)
"""What tells the moment at which it was asked, or writes to find out."""


@dataclass(frozen=True)
class Document:
    """An operation as a client sends it."""

    text: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None

    def __repr__(self) -> str:
        return f"Document({self.text!r}, {self.variables!r}, {self.operation_name!r})"


def documents(vocabulary: Vocabulary) -> st.SearchStrategy[Document]:
    """Documents about what a tenant has."""
    return _documents(vocabulary)


@st.composite
def _documents(draw: Callable[..., Any], vocabulary: Vocabulary) -> Document:
    choose = Choices(draw)
    return _Writer(choose, vocabulary, Spelling(choose, vocabulary)).document()


@dataclass(frozen=True)
class _Place:
    """Where a selection stands."""

    depth: int = 0
    rows: int = 1
    """How many objects there may be."""
    needs_aliases: bool = False


@dataclass
class _Writer:
    choose: Choices
    known: Vocabulary
    spelling: Spelling
    fragments: dict[tuple[str, bool], list[str]] = field(default_factory=dict)
    """Names of fragments by their types, and by whether all in them have aliases."""
    texts: list[str] = field(default_factory=list)
    """The fragments' own texts."""
    settled: dict[tuple[str, str], str] = field(default_factory=dict)
    """The arguments of fields without an alias."""
    left: int = _MOST_FIELDS
    aliases: int = 0

    def document(self) -> Document:
        """A whole document."""
        query = self.known.schema.query_type
        assert query is not None
        self.graph_only = self.choose.chance(55)
        count = 1 + self.choose.below(2)
        roots = [self.part(query, _Place()) for _ in range(count)]
        several = self.choose.chance(6)
        named = "Q" if several or self.choose.chance(20) else ""
        declared = f"({', '.join(self.spelling.declared)})" if self.spelling.declared else ""
        head = f"query {named}{declared} " if named or declared else ""
        parts = [f"{head}{{ {' '.join(roots)} }}", *self.texts]
        if several:
            parts.insert(self.choose.below(2), "query Other { __typename }")
        given = self.spelling.values or self.choose.one((None, {}))
        return Document(" ".join(parts), given, named or None)

    # -- selections ---------------------------------------------------------------------------

    def selection(self, kind: GraphQLNamedType, place: _Place) -> str:
        """What is asked of an object."""
        count = 1 + self.choose.below(4)
        return f"{{ {' '.join(self.part(kind, place) for _ in range(count))} }}"

    def part(self, kind: GraphQLNamedType, place: _Place) -> str:
        """A field, or a fragment with some."""
        roll = self.choose.below(100)
        if self.left <= 0 or roll < 70:
            if is_abstract_type(kind):
                return self.part_of_abstract(kind, place)
            return self.field(kind, place)
        if roll < 78:
            return f"{self.alias() if self.choose.chance(30) else ''}__typename{self.spelling.condition()}"
        if roll < 84:
            on = "" if self.choose.chance(40) else f" on {kind.name}"
            return f"...{on}{self.spelling.condition()} {self.selection(kind, place)}"
        if roll < 90 and isinstance(kind, GraphQLObjectType) and kind.interfaces:
            interface = self.choose.one(kind.interfaces)
            return f"... on {interface.name}{self.spelling.condition()} {self.selection(interface, place)}"
        return f"...{self.fragment(kind, place)}{self.spelling.condition()}"

    def part_of_abstract(self, kind: Any, place: _Place) -> str:
        if self.left <= 0 or self.choose.chance(20):
            if isinstance(kind, GraphQLInterfaceType):
                return self.field(kind, place)
            return "__typename"
        possible = list(self.known.schema.get_possible_types(kind))
        held = [one for one in possible if one.name in self.known.labels]
        within = self.choose.one(held if held and self.choose.chance(90) else possible)
        inside = replace(place, needs_aliases=True)
        return f"... on {within.name}{self.spelling.condition()} {self.selection(within, inside)}"

    def fragment(self, kind: GraphQLNamedType, place: _Place) -> str:
        """The name of a fragment on a type: of one that there is, or of a new one."""
        there = [
            name
            for needs in {True, place.needs_aliases}
            for name in self.fragments.get((kind.name, needs), ())
        ]
        if there and self.choose.chance(50):
            return self.choose.one(there)
        text = f"on {kind.name} {self.selection(kind, place)}"
        name = f"F{len(self.texts)}"
        self.texts.append(f"fragment {name} {text}")
        self.fragments.setdefault((kind.name, place.needs_aliases), []).append(name)
        return name

    def alias(self) -> str:
        self.aliases += 1
        return f"a{self.aliases}: "

    def field(self, kind: Any, place: _Place) -> str:
        """One field of an object, with what is asked below it."""
        self.left -= 1
        name = self.field_name(kind, place)
        if name is None:
            return "__typename"
        one: GraphQLField = kind.fields[name]
        must = place.needs_aliases and name not in _SAFE
        if must or self.choose.chance(25):
            head = f"{self.alias()}{name}{self.arguments(kind, name, one, place)}"
        else:
            key = (kind.name, name)
            if key not in self.settled:
                self.settled[key] = self.arguments(kind, name, one, place)
            head = f"{name}{self.settled[key]}"
        times = 2 if self.choose.chance(6) else 1
        return " ".join(self.with_selection(head, one, place) for _ in range(times))

    def with_selection(self, head: str, one: GraphQLField, place: _Place) -> str:
        head += self.spelling.condition()
        target = get_named_type(one.type)
        if is_leaf_type(target):
            return head
        reads = reads_of(one.extensions.get("strawberry-definition"))
        enters = isinstance(
            reads, EntityByKey | EntityList | EntityByGlobalId | RelatedEntities | ReferencedEntity
        )
        below = _Place(
            place.depth + (enters or place.depth == 0),
            place.rows * (3 if "first" in one.args else 1),
            # an alias keeps what is below apart
            place.needs_aliases and ":" not in head,
        )
        return f"{head} {self.selection(target, below)}"

    def field_name(self, kind: Any, place: _Place) -> str | None:
        leaves, inner, related = self.fields_by_use(kind)
        ends = self.left <= 0 or place.depth >= DEEPEST or place.rows > _MOST_ROWS
        if kind is self.known.schema.query_type:
            return self.choose.one(inner) if inner else None
        rows = [name for name in inner if name in ("nodes", "edges", "node")]
        if rows and not ends and self.choose.chance(70):
            return self.choose.one(rows)
        if ends or not (inner or related) or (leaves and self.choose.chance(45)):
            return self.choose.one(leaves) if leaves else None
        if related and (not inner or self.choose.chance(60)):
            return self.choose.one(related)
        return self.choose.one(inner)

    def fields_by_use(self, kind: Any) -> tuple[list[str], list[str], list[str]]:
        """Fields that are values, that lead on, and that lead on to several."""
        leaves, inner, related = [], [], []
        is_entity = kind.name in self.known.oracle.entities
        is_root = kind is self.known.schema.query_type
        for name, one in kind.fields.items():
            reads = reads_of(one.extensions.get("strawberry-definition"))
            if f"{kind.name}.{name}" in NEVER_THE_SAME:
                continue
            if self.graph_only and reads is None and (is_entity or is_root):
                continue
            if is_leaf_type(get_named_type(one.type)):
                leaves.append(name)
            elif isinstance(reads, RelatedEntities) and self.known.has(reads.relationship):
                related.append(name)
            elif is_root and isinstance(reads, EntityByKey | EntityList):
                inner += [name] * (4 if reads.label in self.known.labels[:6] else 1)
            else:
                inner += [name] * (8 if is_root and isinstance(reads, EntityByGlobalId) else 1)
        return leaves, inner, related

    # -- arguments ----------------------------------------------------------------------------

    def arguments(self, kind: Any, name: str, one: GraphQLField, place: _Place) -> str:
        """The arguments of a field, in brackets where there are any."""
        given: dict[str, Any]
        match reads_of(one.extensions.get("strawberry-definition")):
            case EntityByKey(label):
                given = self.known.keys(self.choose, label)
            case EntityByGlobalId(many):
                ids = [self.known.id_of(self.choose) for _ in range(1 + self.choose.below(4))]
                given = {"ids": ids} if many else {"id": ids[0]}
            case EntityList(label):
                given = self.list_arguments(label, None, place)
            case RelatedEntities(relationship):
                given = self.list_arguments(relationship.target, relationship, place)
            case _:
                given = {
                    key: self.known.value(self.choose, key, argument.type)
                    for key, argument in one.args.items()
                    if isinstance(argument.type, GraphQLNonNull)
                    or self.choose.chance(0 if key in ("after", "before") else 30)
                }
        keeps = "after" in given or "before" in given
        parts = [
            f"{key}: {self.spelling.given(one.args[key].type, value, keeps=keeps)}"
            for key, value in given.items()
        ]
        rest = [
            key
            for key, argument in one.args.items()
            if key not in given and not isinstance(argument.type, GraphQLNonNull)
        ]
        if rest and self.choose.chance(8):
            key = self.choose.one(rest)
            parts.append(f"{key}: {self.spelling.nothing(one.args[key].type)}")
        return f"({', '.join(parts)})" if parts else ""

    def list_arguments(
        self, label: str, relationship: Relationship | None, place: _Place
    ) -> dict[str, Any]:
        choose, given = self.choose, {}
        if choose.chance(18):
            given["where"] = self.known.where(choose, label, plain=choose.chance(60))
        edge = None if relationship is None else relationship.edge
        if edge is not None and choose.chance(20):
            given["whereEdge"] = self.known.where_edge(choose, edge.name)
        orders = self.known.orders(choose, label) if choose.chance(40) else []
        if orders:
            given["orderBy"] = [
                {"field": name.upper(), **({"direction": "DESC"} if descending else {})}
                for name, descending in orders
            ]
        size = "last" if choose.chance(30) else "first"
        if place.rows > 3 or choose.chance(70):
            given[size] = choose.one(_SIZES if place.rows <= 3 else _SIZES[:4])
        for name, percent in (("before" if size == "last" else "after", 22), ("before", 5)):
            if choose.chance(percent):
                given[name] = self.known.cursor(choose, label, relationship, orders)
        if choose.chance(1):
            given |= {"first": 1, "last": -1}
        return given
