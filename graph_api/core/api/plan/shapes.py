"""What a plan is made of: for each root field what to read, and below it what to read of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLField
from graphql.execution.collect_fields import GroupedFieldSet
from strawberry.types.field import StrawberryField

from graph_api.core.api.plan.projecting import Leaf, Projection, RowsProjection, rows_projection
from graph_api.core.api.reads import EntityByGlobalId, EntityByKey, EntityList
from graph_api.core.graph.read_statements import Prepared
from graph_api.core.graph.registry import Relationship
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission


@dataclass
class ObjectPlan:
    """How the objects of one label and selection are written, and what is read below them."""

    label: str
    project: Projection
    project_columns: Projection
    """The same of a row of columns."""
    columns: frozenset[str] | None = None
    """The stored fields that are needed; None where all properties are."""
    references: list["ReferencePlan"] = field(default_factory=list)
    connections: list["ConnectionPlan"] = field(default_factory=list)
    delegated: GroupedFieldSet = field(default_factory=dict)
    """Fields that only their resolvers know how to read, by their names in the answer."""
    entries: Sequence[Leaf | str] = ()
    """What it is written of, where that is values alone."""
    by_key: dict[str, Any] = field(default_factory=dict)
    """The statements that look one up, by the field that they start from."""

    @cached_property
    def is_leaf(self) -> bool:
        """Whether nothing is read below."""
        return not (self.references or self.connections or self.delegated)


@dataclass(slots=True)
class ReferencePlan:
    """The one entity that a field names."""

    name: str
    attribute: str
    target: ObjectPlan


@dataclass(slots=True)
class Call:
    """A field's arguments in a document: settled when no variable stands in them."""

    node: FieldNode
    definition: GraphQLField
    declared: StrawberryField
    settled: bool
    prepared: dict[tuple[str, str], Prepared | None] = field(default_factory=dict)
    """Statements by tenant and kind, where the arguments are settled."""
    arguments: Mapping[str, Any] | None = None
    by_variable: Mapping[str, str] | None = None
    """Which variable each argument is; empty where that is not so, None until it is known."""
    request: Any = None


@dataclass(slots=True)
class RowsPlan:
    """`nodes` or `edges` of a page, under one of their names in the answer."""

    name: str
    nodes: list[ObjectPlan]
    """How a row's node is written: for `edges`, under each of the names that an edge shows it by."""
    of_edge: list[tuple[str, str, Any]] | None = None
    """For `edges`: each name in the answer, with `node`, `cursor`, `typename` or `property`."""
    project_edge: Projection | None = None


@dataclass
class ConnectionPlan:
    """A page: of a relationship for each of many parents, or of a list."""

    name: str
    model: type[GraphEntity]
    relationship: Relationship | None
    call: Call
    shape: list[tuple[str, str, Any]]
    """Each name in the answer with what it is: `rows`, `info`, `total`, `typename`."""
    rows: list[RowsPlan]
    needs_page: bool
    needs_total: bool
    columns: frozenset[str] | None = None
    """The stored fields that its rows are read with; None where all properties are."""
    reads_edges: bool = True
    """Whether its rows are read with what is the relationship's own."""

    @property
    def nodes(self) -> list[ObjectPlan]:
        """Every way in which a row's node is written."""
        return [node for one in self.rows for node in one.nodes]

    _rows_projections: dict[int, RowsProjection | None] = field(default_factory=dict)

    def rows_projection(self, node: ObjectPlan) -> RowsProjection | None:
        """What writes all rows at once as one of its nodes; None where only one by one will do."""
        if id(node) not in self._rows_projections:
            made = None
            if self.columns is not None and node.is_leaf and not self.reads_edges:
                # the statement gives AGE's id before the columns, and a parent's place before that
                before = 1 if self.relationship is None else 2
                columns = sorted(self.columns)
                made = rows_projection(node.entries, columns, before, more=self.needs_total)
            self._rows_projections[id(node)] = made
        return self._rows_projections[id(node)]

    @cached_property
    def needs_positions(self) -> bool:
        """Whether anything is asked for that depends on where rows stand, or on their edges."""
        return self.needs_cursors or any(one.of_edge is not None for one in self.rows)

    @property
    def needs_cursors(self) -> bool:
        """Whether where rows stand is asked for."""
        return any(kind == "info" for _, kind, _ in self.shape) or any(
            kind == "cursor" for one in self.rows for _, kind, _ in one.of_edge or ()
        )

    @property
    def needs_edges(self) -> bool:
        """Whether anything of the relationship's own is asked for, a place in it included."""
        return self.needs_cursors or any(one.project_edge is not None for one in self.rows)

    @property
    def label(self) -> str:
        """The label of the nodes."""
        return self.model.label()


@dataclass(slots=True)
class RootPlan:
    """One root field of an operation."""

    name: str
    reads: EntityByKey | EntityList | EntityByGlobalId | GroupedFieldSet | str
    """A text stands for itself: the root type's name. Fields are left to their resolvers."""
    call: Call | None = None
    connection: ConnectionPlan | None = None
    objects: Mapping[str, ObjectPlan] = field(default_factory=dict)
    """How entities are written, by label."""


@dataclass(slots=True)
class OperationPlan:
    """An operation, compiled."""

    roots: Sequence[RootPlan]
    permissions: frozenset[Permission]
    """What the viewer needs for every field to be allowed."""
    reads_alone: bool
    """Whether one statement answers it, which then needs no transaction around it."""
