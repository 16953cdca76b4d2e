"""Makes a plan of a parsed operation: from selections to what is read and how it is written."""

from collections.abc import Iterable, Mapping, Sequence
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
    print_ast,
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
from graph_api.core.api.plan.projecting import (
    Leaf,
    NotCoveredError,
    columns_of,
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
from graph_api.core.model import EdgeProperties
from graph_api.core.permissions import Permission

_TYPENAME = "__typename"


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
        if all(isinstance(one.reads, dict | str) for one in roots):
            raise NotCoveredError(", ".join(f"Query.{one.name}" for one in roots))
        return OperationPlan(roots, frozenset(self._permissions), _reads_alone(roots))

    def _root(self, query: GraphQLObjectType, name: str, details: list[FieldDetails]) -> RootPlan:
        node = details[0].node
        if node.name.value == _TYPENAME:
            return RootPlan(name, query.name)
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
                    is_projected(leaf := Leaf(name, reads, call.definition.type, model))
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
        plan.project = projection(entries)
        if not plan.delegated:
            plan.columns = _columns([one for one in entries if isinstance(one, Leaf)], plan)
        if plan.columns is not None:
            plan.project_columns = projection(entries, of_columns=True)
        _share_columns(plan.connections)
        return plan

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
                    rows.append(RowsPlan(shown, self._object(label, found)))
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
        made.columns, made.reads_edges = _columns_of_rows(rows), made.needs_edges
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
        node: ObjectPlan | None = None
        shape: list[tuple[str, str, Any]] = []
        leaves: list[Leaf] = []
        for shown, found in self._subfields(kind, details):
            match found[0].node.name.value:
                case "node":
                    if node is not None:
                        raise NotCoveredError("node of an edge under two names")
                    node = self._object(label, found)
                    shape.append((shown, "node", None))
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
        return RowsPlan(name, node, shape, projection(leaves) if leaves else None)

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


# to read a field apart costs about a twentieth of reading and decoding all properties
_MOST_COLUMNS = 16
_COLUMNS_OF_STATEMENTS = frozenset({"graph_id", "place", "row_id", "edge_properties", "properties"})


def _columns(leaves: Iterable[Leaf], plan: ObjectPlan) -> frozenset[str] | None:
    """The stored fields that objects are made of; None where to read them all is cheaper."""
    names = {name for leaf in leaves for name in columns_of(leaf)}
    names |= {one.attribute for one in plan.references} | {"id"}
    if len(names) > _MOST_COLUMNS or names & _COLUMNS_OF_STATEMENTS:
        return None
    return frozenset(names)


def _columns_of_rows(rows: Iterable[RowsPlan]) -> frozenset[str] | None:
    names = {"id"}
    for one in rows:
        if one.node is not None:
            if one.node.columns is None:
                return None
            names |= one.node.columns
    return frozenset(names) if len(names) <= _MOST_COLUMNS else None


def _share_columns(connections: Sequence[ConnectionPlan]) -> None:
    """Let pages that are the same but for what is shown of them be read as one."""
    alike: dict[tuple[str, str], list[ConnectionPlan]] = {}
    for one in connections:
        arguments = ", ".join(sorted(print_ast(given) for given in one.call.node.arguments or ()))
        key = (one.relationship.key if one.relationship else "", arguments)
        alike.setdefault(key, []).append(one)
    for same in alike.values():
        shared = _columns_of_rows([rows for one in same for rows in one.rows])
        edges = any(one.reads_edges for one in same)
        for one in same:
            one.columns, one.reads_edges = shared, edges


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
            nodes = [one.node for one in connection.rows if one.node is not None]
            return not connection.needs_total and all(one.is_leaf for one in nodes)
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
