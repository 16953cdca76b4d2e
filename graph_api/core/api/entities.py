"""The GraphQL types of the graph: an object for each entity, and connections for its edges."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from graph_api.core.api.building import (
    Argument,
    GraphQLClass,
    add_field,
    definition_of,
    enum_type,
    list_of,
    object_type,
)
from graph_api.core.api.connections import RecordConnection, connection_type, row_type
from graph_api.core.api.filtering import FilterTypes
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.reads import (
    DisplayNameOf,
    GlobalIdOf,
    NaturalKeyOf,
    ReferencedEntity,
    RelatedEntities,
    StoredField,
)
from graph_api.core.api.records import record_type
from graph_api.core.api.scalars import FieldTypes, say_what_is_stored
from graph_api.core.context import OperationContext
from graph_api.core.graph.fields import FieldDeclaration, fields_of
from graph_api.core.graph.reading import EntityPage
from graph_api.core.graph.registry import Direction, EdgeType, GraphRegistry, Relationship
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.core.pages import (
    Order,
    OrderDirection,
    PageRow,
    page_request,
)

ValueT = TypeVar("ValueT")


@strawberry.interface(description="Anything in the graph that has an id of its own.")
class Node:
    """An entity of the graph, whatever its kind."""

    id: strawberry.ID = strawberry.field(description="Global id, by which `node` finds it.")
    natural_key: str = strawberry.field(
        description="What makes the entity unique among its kind, as one text."
    )
    display_name: str = strawberry.field(description="What a person calls the entity.")

    @classmethod
    def resolve_type(cls, entity: GraphEntity, *_: Any) -> str:
        """The GraphQL type of an entity: its label."""
        return entity.label()


class EntityTypes:
    """Every output type that the registry implies."""

    def __init__(self, registry: GraphRegistry, fields: FieldTypes, filters: FilterTypes) -> None:
        self.registry = registry
        self._fields = fields
        self._filters = filters
        self._connections: dict[str, GraphQLClass] = {}
        self.page_info = _page_info_type()
        self.models: dict[str, type[GraphEntity]] = {
            label: self._entity_type(model) for label, model in registry.entities.items()
        }
        enum_type(OrderDirection, _describe_direction)
        for relationship in registry.all_relationships():
            self._add_relationship(relationship)
        for label in registry.entities:
            for name, reference in registry.references(label).items():
                self._add_reference(label, name, reference)

    def _entity_type(self, model: type[GraphEntity]) -> type[GraphEntity]:
        made = record_type(self._fields, model)
        definition = definition_of(made)
        say_what_is_stored(made, model)
        for field in definition.fields:
            if field.python_name == "id":
                # `id` is the global id, as Relay has it
                field.graphql_name = "entityId"
        definition.interfaces.append(definition_of(Node))
        label = model.label()
        add_field(
            made,
            "global_id",
            strawberry.ID,
            lambda root, info: global_id(label, root.id),
            "Global id, by which `node` finds the entity.",
            reads=GlobalIdOf(label),
        )
        definition.fields[-1].graphql_name = "id"
        add_field(
            made,
            "natural_key",
            str,
            lambda root, info: root.natural_key,
            "What makes the entity unique among its kind, as one text.",
            reads=NaturalKeyOf(),
        )
        add_field(
            made,
            "display_name",
            str,
            lambda root, info: root.display_name,
            "What a person calls the entity.",
            reads=DisplayNameOf(model),
        )
        return made

    def _add_reference(self, label: str, name: str, reference: FieldDeclaration) -> None:
        if reference.references is None:
            raise ValueError(f"{reference.name} references nothing")
        target, attribute = reference.references.label, reference.name

        async def resolve(root: GraphEntity, info: strawberry.Info) -> GraphEntity | None:
            entity_id: UUID | None = getattr(root, attribute)
            if entity_id is None:
                return None
            return await context_of(info).loaders.entity(target, entity_id)

        add_field(
            self.models[label],
            name,
            self.models[target] | None,
            resolve,
            reference.description,
            reads=ReferencedEntity(target, attribute),
        )

    def _add_relationship(self, relationship: Relationship) -> None:
        async def resolve(
            root: GraphEntity, info: strawberry.Info, **arguments: Any
        ) -> RecordConnection:
            context = context_of(info)
            where = plain_filter(arguments["where"])
            edge_where = plain_filter(arguments.get("where_edge"))
            request = requested_page(context, arguments)
            loaders = context.loaders

            async def page() -> EntityPage:
                return await loaders.related_page(relationship, root, where, edge_where, request)

            async def count() -> int:
                return await loaders.related_count(relationship, root, where, edge_where)

            return RecordConnection(page, count)

        add_field(
            self.models[relationship.source],
            relationship.field,
            self._connection(relationship.target, relationship.edge, relationship.direction),
            resolve,
            relationship.description,
            self.list_arguments(relationship.target, relationship.edge),
            reads=RelatedEntities(relationship),
        )

    def list_arguments(self, label: str, edge: EdgeType | None = None) -> list[Argument]:
        """The arguments of every list of a label."""
        arguments = [
            Argument("where", self._filters.entity(label), "Which ones; all, when left out.")
        ]
        if edge is not None:
            arguments.append(
                Argument("where_edge", self._filters.edge(edge), "By the relationship's own data.")
            )
        return [
            *arguments,
            Argument(
                "order_by",
                list_of(self._filters.order(label)),
                "Keys of the order, the first one leading; rows without a value come last.",
            ),
            Argument("first", int, "How many from the start, or after `after`; 50 when left out."),
            Argument("after", str, "A cursor; the page begins after its row."),
            Argument("last", int, "How many from the end, or before `before`."),
            Argument("before", str, "A cursor; the page ends before its row."),
        ]

    def list_connection(self, label: str) -> GraphQLClass:
        """The connection type of a label's own list."""
        return self._connection(label, None, Direction.OUT)

    def _connection(self, label: str, edge: EdgeType | None, direction: Direction) -> GraphQLClass:
        prefix = "" if edge is None else _pascal(edge.name)
        name = f"{prefix}{label}"
        if name not in self._connections:
            self._connections[name] = self._connection_type(name, label, edge)
        return self._connections[name]

    def _connection_type(self, name: str, label: str, edge: EdgeType | None) -> GraphQLClass:
        node = self.models[label]
        words = _words(node.plural)
        row = row_type(name, node, words)
        if edge is not None:
            for field in fields_of(edge.properties).values():
                self._add_edge_property(row, field)
        return connection_type(name, node, row, self.page_info, words)

    def _add_edge_property(self, made: GraphQLClass, field: FieldDeclaration) -> None:
        shown = self._fields.output(field)

        def resolve(root: tuple[PageRow[GraphEntity], EntityPage], info: strawberry.Info) -> Any:
            properties: EdgeProperties = root[0].edge
            return getattr(properties, field.name)

        add_field(
            made,
            field.name,
            shown | None if field.nullable else shown,
            resolve,
            field.description,
            reads=StoredField(field),
        )


def context_of(info: strawberry.Info) -> OperationContext:
    """The context of the operation that a resolver works for."""
    context: OperationContext = info.context
    return context


def plain_filter(given: Any) -> dict[str, Any]:
    """A filter argument as the store takes it."""
    return {} if given is None else dict(given.plain())


def requested_page(context: OperationContext, arguments: dict[str, Any]) -> Any:
    """The page that a list's arguments ask for; raises ApiError for ones that cannot be."""
    orders = [
        Order(one.given["field"].value, one.given.get("direction") is OrderDirection.DESC)
        for one in arguments["order_by"] or ()
    ]
    return page_request(
        context.settings,
        orders,
        first=arguments["first"],
        after=arguments["after"],
        last=arguments["last"],
        before=arguments["before"],
    )


def _page_info_type() -> GraphQLClass:
    made = object_type("PageInfo", "Where a page stands in its list.")
    for name, annotation, description in (
        ("has_next_page", bool, "Whether more rows follow; when paging backward, as far as known."),
        ("has_previous_page", bool, "Whether rows come before, as far as known."),
        ("start_cursor", str | None, "Cursor of the first row; null on an empty page."),
        ("end_cursor", str | None, "Cursor of the last row; null on an empty page."),
    ):
        add_field(made, name, annotation, _attribute(name), description)
    return made


def _attribute(name: str) -> Callable[..., Any]:
    return lambda root, info: getattr(root, name)


def _describe_direction(member: Any) -> str:
    return {"ASC": "Smallest first.", "DESC": "Greatest first."}[member.name]


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _words(name: str) -> str:
    return name.replace("_", " ")
