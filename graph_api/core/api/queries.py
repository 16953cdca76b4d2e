"""The root fields that read the graph: lookups, lists, node and nodes."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import (
    Argument,
    GraphQLClass,
    add_field,
    list_of,
    snake_case,
)
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import (
    EntityTypes,
    Node,
    context_of,
    plain_filter,
    requested_page,
)
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.lookups import find_entity, lookup_fields
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.reads import EntityByGlobalId, EntityByKey, EntityList
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.context import OperationContext
from graph_api.core.errors import limit_exceeded
from graph_api.core.graph.reading import EntityPage
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission

_MOST_NODES = 500


class GraphQueries:
    """Adds the reading root fields of a graph to a query type."""

    def __init__(self, types: EntityTypes, fields: FieldTypes) -> None:
        self._types = types
        self._fields = fields
        self._registry = types.registry

    def add_to(self, query: GraphQLClass) -> None:
        """Add every field."""
        for label in self._registry.entities:
            self._add_lookup(query, label)
            self._add_list(query, label)
        self._add_nodes(query)

    def _add_lookup(self, query: GraphQLClass, label: str) -> None:
        model = self._registry.entity(label)

        async def resolve(root: Any, info: strawberry.Info, **given: Any) -> GraphEntity | None:
            return await find_entity(context_of(info), label, given)

        arguments = [Argument("id", strawberry.ID, "Global id.")] + [
            Argument(field.name, self._fields.input(field), field.description)
            for field in lookup_fields(model).values()
        ]
        name = snake_case(label)
        ways = "; ".join(
            " and ".join(to_camel_case(name) for name in one.fields) for one in model.lookups
        )
        add_field(
            query,
            f"{name}_item" if name == model.plural else name,
            self._types.models[label] | None,
            resolve,
            f"One {name.replace('_', ' ')} by id, or by {ways}; null when there is none.",
            arguments,
            reads=EntityByKey(label),
            permission=Permission.READ_GRAPH,
        )

    def _add_list(self, query: GraphQLClass, label: str) -> None:
        model = self._registry.entity(label)

        async def resolve(root: Any, info: strawberry.Info, **arguments: Any) -> RecordConnection:
            context = context_of(info)
            where = plain_filter(arguments["where"])
            request = requested_page(context, arguments)
            loaders = context.loaders

            async def page() -> EntityPage:
                found: EntityPage = await loaders.once(
                    ("list", label, info.path.key),
                    lambda: context.reader.page(context.viewer, label, where, request),
                )
                return found

            async def count() -> int:
                return await context.reader.count(context.viewer, label, where)

            return RecordConnection(page, count)

        add_field(
            query,
            model.plural,
            self._types.list_connection(label),
            resolve,
            f"{model.plural.replace('_', ' ').capitalize()}, filtered, ordered and paged.",
            self._types.list_arguments(label),
            reads=EntityList(label),
            permission=Permission.READ_GRAPH,
        )

    def _add_nodes(self, query: GraphQLClass) -> None:
        async def one(root: Any, info: strawberry.Info, id: str) -> GraphEntity | None:  # noqa: A002
            return await self._node(context_of(info), id, "id")

        async def many(
            root: Any,
            info: strawberry.Info,
            ids: Sequence[str],
        ) -> list[GraphEntity | None]:
            if len(ids) > _MOST_NODES:
                raise limit_exceeded("ids", _MOST_NODES, len(ids))
            context = context_of(info)
            parsed = [
                parse_global_id(self._registry, text, f"ids[{place}]")
                for place, text in enumerate(ids)
            ]
            return await context.loaders.entities(parsed)

        add_field(
            query,
            "node",
            Node | None,
            one,
            "The entity of a global id; null when there is none.",
            [Argument("id", strawberry.ID, "Global id.", required=True)],
            reads=EntityByGlobalId(many=False),
            permission=Permission.READ_GRAPH,
        )
        add_field(
            query,
            "nodes",
            list_of(Node | None),
            many,
            "The entities of global ids, in their order, null where there is none.",
            [Argument("ids", list_of(strawberry.ID), "Global ids, at most 500.", required=True)],
            reads=EntityByGlobalId(many=True),
            permission=Permission.READ_GRAPH,
            cost=FieldCost(most=_MOST_NODES, sized_by=("ids",)),
        )

    async def _node(
        self, context: OperationContext, text: str, argument: str
    ) -> GraphEntity | None:
        label, entity_id = parse_global_id(self._registry, text, argument)
        return await context.loaders.entity(label, entity_id)
