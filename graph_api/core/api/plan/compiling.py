"""Makes a plan of a parsed operation: from selections to what is read and how it is written."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from graph_api.core.api.building import permission_of
from graph_api.core.api.plan.columns import columns_of_object, columns_of_rows, share_columns
from graph_api.core.api.plan.projecting import (
    Leaf,
    NotCoveredError,
    is_projected,
    projection,
)
from graph_api.core.api.plan.shapes import (
    Call,
    ConnectionPlan,
    ObjectPlan,
    OperationPlan,
    ReferencePlan,
    RootPlan,
    RowsPlan,
)
from graph_api.core.api.reads import (
    DisplayNameOf,
    EntityByGlobalId,
    EntityByKey,
    EntityList,
    GlobalIdOf,
    NaturalKeyOf,
    ReferencedEntity,
    RelatedEntities,
    StoredField,
    reads_of,
)
from graph_api.core.graph.registry import GraphRegistry, Relationship
from graph_api.core.model import AegisBase, EdgeProperties
from graph_api.core.permissions import Permission

_TYPENAME = "__typename"
_OF_THE_SCHEMA = ("__schema", "__type")


class Compiler:
    """Compiles one operation for one set of `@skip` and `@include` conditions."""

    def __init__(
        self,
        schema: GraphQLSchema,
        registry: GraphRegistry,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._registry = registry
        self._operation = operation
        self._fragments = {name: FragmentDetails(one) for name, one in fragments.items()}
        self._variables = variables
        self._permissions: set[Permission] = set()

    def compile(self) -> OperationPlan:
        """The plan; raises NotCoveredError for what only the standard executor can answer."""
        query = self._schema.query_type
        if self._operation.operation is not OperationType.QUERY or query is None:
            raise NotCoveredError(self._operation.operation.value)
        collected = collect_fields(
            self._schema, self._fragments, self._variables, query, self._operation
        )
        roots = [
            self._root(query, name, details)
            for name, details in collected.grouped_field_set.items()
        ]
        left = [one.name for one in roots if isinstance(one.reads, dict)]
        if left and all(isinstance(one.reads, dict | str) for one in roots):
            raise NotCoveredError(", ".join(f"Query.{name}" for name in left))
        return OperationPlan(roots, frozenset(self._permissions), _reads_alone(roots))

    def _root(self, query: GraphQLObjectType, name: str, details: list[FieldDetails]) -> RootPlan:
        node = details[0].node
        if node.name.value == _TYPENAME:
            return RootPlan(name, query.name)
        if node.name.value in _OF_THE_SCHEMA:
            return RootPlan(name, {name: details})
        call = self._call(query, node)
        match reads_of(call.declared):
            case EntityByKey(label) as reads:
                return RootPlan(name, reads, call, objects={label: self._object(label, details)})
            case EntityList(label) as reads:
                connection = self._connection(name, label, None, call, details)
                return RootPlan(name, reads, call, connection)
            case EntityByGlobalId() as reads:
                objects = {label: self._object(label, details) for label in self._registry.entities}
                return RootPlan(name, reads, call, objects=objects)
            case _:
                return RootPlan(name, {name: details})

    def _object(self, label: str, details: list[FieldDetails]) -> ObjectPlan:
        kind = self._schema.type_map[label]
        if not isinstance(kind, GraphQLObjectType):
            raise NotCoveredError(label)
        model = self._registry.entity(label)
        entries: list[Leaf | str] = []
        plan = ObjectPlan(label, _unmade, _unmade)
        for name, found in self._subfields(kind, details):
            node = found[0].node
            if node.name.value == _TYPENAME:
                entries.append(Leaf(name, kind.name, None, model))
                continue
            call = self._call(kind, node)
            match reads_of(call.declared):
                case (StoredField() | GlobalIdOf() | NaturalKeyOf() | DisplayNameOf()) as reads if (
                    is_projected(leaf := self._leaf(name, reads, model, call, found))
                ):
                    entries.append(leaf)
                case ReferencedEntity(target, attribute):
                    entries.append(name)
                    plan.references.append(
                        ReferencePlan(name, attribute, self._object(target, found))
                    )
                case RelatedEntities(relationship):
                    entries.append(name)
                    plan.connections.append(
                        self._connection(name, relationship.target, relationship, call, found)
                    )
                case _:
                    entries.append(name)
                    plan.delegated[name] = found
        plan.entries = entries
        plan.project = projection(entries)
        if not plan.delegated:
            plan.columns = columns_of_object(
                [one for one in entries if isinstance(one, Leaf)], plan
            )
        if plan.columns is not None:
            plan.project_columns = projection(entries, of_columns=True)
        share_columns(plan.connections)
        return plan

    def _leaf(
        self,
        name: str,
        reads: StoredField | GlobalIdOf | NaturalKeyOf | DisplayNameOf,
        model: type[AegisBase],
        call: Call,
        details: list[FieldDetails],
    ) -> Leaf:
        """A value of an object, with what is asked of its items where it is a list of records."""
        kind = get_named_type(call.definition.type)
        if not (isinstance(reads, StoredField) and isinstance(kind, GraphQLObjectType)):
            return Leaf(name, reads, call.definition.type, model)
        of_item: list[Leaf] = []
        for shown, found in self._subfields(kind, details):
            node = found[0].node
            if node.name.value == _TYPENAME:
                of_item.append(Leaf(shown, kind.name, None, reads.field.item))
                continue
            own = self._call(kind, node)
            stored = reads_of(own.declared)
            if not isinstance(stored, StoredField):
                raise NotCoveredError(f"{kind.name}.{node.name.value}")
            of_item.append(self._leaf(shown, stored, reads.field.item, own, found))
        return Leaf(name, reads, call.definition.type, model, projection(of_item))

    def _connection(
        self,
        name: str,
        label: str,
        relationship: Relationship | None,
        call: Call,
        details: list[FieldDetails],
    ) -> ConnectionPlan:
        kind = get_named_type(call.definition.type)
        if not isinstance(kind, GraphQLObjectType):
            raise NotCoveredError(kind.name)
        shape: list[tuple[str, str, Any]] = []
        rows: list[RowsPlan] = []
        for shown, found in self._subfields(kind, details):
            match found[0].node.name.value:
                case "nodes":
                    rows.append(RowsPlan(shown, [self._object(label, found)]))
                    shape.append((shown, "rows", rows[-1]))
                case "edges":
                    rows.append(self._edges(shown, kind, label, relationship, found))
                    shape.append((shown, "rows", rows[-1]))
                case "pageInfo":
                    info = get_named_type(kind.fields["pageInfo"].type)
                    shape.append((shown, "info", self._page_info(info, found)))
                case "totalCount":
                    shape.append((shown, "total", None))
                case "__typename":
                    shape.append((shown, "typename", kind.name))
                case other:
                    raise NotCoveredError(f"{kind.name}.{other}")
        kinds = {one for _, one, _ in shape}
        made = ConnectionPlan(
            name,
            self._registry.entity(label),
            relationship,
            call,
            shape,
            rows,
            bool(kinds & {"rows", "info"}),
            "total" in kinds,
        )
        made.columns, made.reads_edges = columns_of_rows(rows), made.needs_edges
        share_columns([below for node in made.nodes for below in node.connections])
        return made

    def _edges(
        self,
        name: str,
        connection: GraphQLObjectType,
        label: str,
        relationship: Relationship | None,
        details: list[FieldDetails],
    ) -> RowsPlan:
        kind = get_named_type(connection.fields["edges"].type)
        if not isinstance(kind, GraphQLObjectType):
            raise NotCoveredError(kind.name)
        model = EdgeProperties
        if relationship is not None and relationship.edge is not None:
            model = relationship.edge.properties
        nodes: list[ObjectPlan] = []
        shape: list[tuple[str, str, Any]] = []
        leaves: list[Leaf] = []
        for shown, found in self._subfields(kind, details):
            match found[0].node.name.value:
                case "node":
                    shape.append((shown, "node", len(nodes)))
                    nodes.append(self._object(label, found))
                case "cursor":
                    shape.append((shown, "cursor", None))
                case "__typename":
                    shape.append((shown, "typename", kind.name))
                case own:
                    call = self._call(kind, found[0].node)
                    reads = reads_of(call.declared)
                    if not isinstance(reads, StoredField):
                        raise NotCoveredError(f"{kind.name}.{own}")
                    leaves.append(Leaf(shown, reads, call.definition.type, model))
                    shape.append((shown, "property", None))
        return RowsPlan(name, nodes, shape, projection(leaves) if leaves else None)

    def _page_info(self, kind: Any, details: list[FieldDetails]) -> list[tuple[str, str]]:
        return [
            (shown, found[0].node.name.value) for shown, found in self._subfields(kind, details)
        ]

    def _subfields(
        self, kind: GraphQLObjectType, details: list[FieldDetails]
    ) -> Iterable[tuple[str, list[FieldDetails]]]:
        collected = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, kind, details
        )
        return collected.grouped_field_set.items()

    def _call(self, kind: GraphQLObjectType, node: FieldNode) -> Call:
        field = kind.fields.get(node.name.value)
        declared = None if field is None else field.extensions.get("strawberry-definition")
        if field is None or not isinstance(declared, StrawberryField):
            raise NotCoveredError(f"{kind.name}.{node.name.value}")
        permission = permission_of(declared)
        if permission is not None:
            self._permissions.add(permission)
        return Call(node, field, declared, settled=not _has_variables(node))


def _unmade(_: Any) -> dict[str, Any]:
    raise NotCoveredError("an object that is still being compiled")


def _reads_alone(roots: list[RootPlan]) -> bool:
    """Whether one statement answers it all."""
    if len(roots) != 1:
        return False
    root = roots[0]
    match root.reads:
        case EntityByKey():
            return all(_joins_only(one) for one in root.objects.values())
        case EntityList() if root.connection is not None:
            connection = root.connection
            return not connection.needs_total and all(one.is_leaf for one in connection.nodes)
        case _:
            return False


def _joins_only(plan: ObjectPlan) -> bool:
    """Whether whatever is read below is an entity that another names."""
    return not (plan.connections or plan.delegated) and all(
        _joins_only(one.target) for one in plan.references
    )


class _Variables(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.found = True


def _has_variables(node: FieldNode) -> bool:
    if not node.arguments:
        return False
    visitor = _Variables()
    for argument in node.arguments:
        visit(argument, visitor)
    return visitor.found
