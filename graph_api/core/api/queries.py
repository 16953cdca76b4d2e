"""The root fields that read the graph: lookups, lists, node, neighborhood, path and search."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import (
    Argument,
    GraphQLClass,
    add_field,
    list_of,
    name_enum,
    object_type,
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
from graph_api.core.api.global_ids import global_id, parse_global_id
from graph_api.core.api.lookups import find_entity, lookup_fields
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.graph.reading import EntityPage
from graph_api.core.graph.search import SearchHit
from graph_api.core.graph.traversal import TraversedEdge
from graph_api.core.model import GraphEntity

_MOST_NODES = 500
_MOST_SEARCH_RESULTS = 100
_DEEPEST_NEIGHBORHOOD = 4
_LARGEST_NEIGHBORHOOD = 1000
_LONGEST_PATH = 10


class GraphQueries:
    """Adds the reading root fields of a graph to a query type."""

    def __init__(self, types: EntityTypes, fields: FieldTypes) -> None:
        self._types = types
        self._fields = fields
        self._registry = types.registry
        self.kind_enum = name_enum(
            "EntityKind",
            "A kind of entity in the graph.",
            {
                snake_case(label).upper(): (label, model.__doc__ or label)
                for label, model in self._registry.entities.items()
            },
        )
        self.edge_enum = name_enum(
            "EdgeKind",
            "A kind of relationship in the graph.",
            {
                name: (name, edge.properties.__doc__ or name)
                for name, edge in self._registry.edge_types.items()
            },
        )
        self._edge = self._edge_type()

    def add_to(self, query: GraphQLClass) -> None:
        """Add every field."""
        for label in self._registry.entities:
            self._add_lookup(query, label)
            self._add_list(query, label)
        self._add_nodes(query)
        self._add_neighborhood(query)
        self._add_path(query)
        self._add_search(query)

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
        )
        add_field(
            query,
            "nodes",
            list_of(Node | None),
            many,
            "The entities of global ids, in their order, null where there is none.",
            [Argument("ids", list_of(strawberry.ID), "Global ids, at most 500.", required=True)],
        )

    async def _node(
        self, context: OperationContext, text: str, argument: str
    ) -> GraphEntity | None:
        label, entity_id = parse_global_id(self._registry, text, argument)
        return await context.loaders.entity(label, entity_id)

    async def _existing(self, context: OperationContext, text: str, argument: str) -> GraphEntity:
        entity = await self._node(context, text, argument)
        if entity is None:
            raise bad_input("there is no such entity", argument=argument)
        return entity

    def _edge_types_argument(self) -> Argument:
        return Argument(
            "edge_types", list_of(self.edge_enum), "Which relationships; all, when left out."
        )

    def _edge_names(self, given: Sequence[Any] | None) -> list[str]:
        return [one.value for one in given] if given else list(self._registry.edge_types)

    def _edge_type(self) -> GraphQLClass:
        made = object_type("GraphEdge", "One relationship between two entities.")
        add_field(
            made,
            "type",
            self.edge_enum,
            lambda root, info: self.edge_enum(root[0].type),
            "What kind it is.",
        )
        add_field(
            made, "start", strawberry.ID, lambda root, info: root[1], "Global id it runs from."
        )
        add_field(made, "end", strawberry.ID, lambda root, info: root[2], "Global id it runs to.")
        add_field(
            made,
            "properties",
            JSON,
            lambda root, info: _shown_properties(root[0]),
            "What the relationship says about itself.",
        )
        return made

    def _add_neighborhood(self, query: GraphQLClass) -> None:
        made = object_type("Subgraph", "Entities around one entity, and how they are connected.")
        add_field(made, "nodes", list_of(Node), lambda root, info: root.nodes, "Nearest first.")
        add_field(made, "edges", list_of(self._edge), _graph_edges, "The relationships among them.")
        add_field(
            made,
            "truncated",
            bool,
            lambda root, info: root.truncated,
            "Whether there was more than the limit let in.",
        )

        async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
            context = context_of(info)
            depth = _bounded("depth", given["depth"], 1, _DEEPEST_NEIGHBORHOOD)
            limit = _bounded("limit", given["limit"], 100, _LARGEST_NEIGHBORHOOD)
            start = await self._existing(context, given["id"], "id")
            names = self._edge_names(given["edge_types"])
            return await context.traversal.neighborhood(context.viewer, start, depth, names, limit)

        add_field(
            query,
            "neighborhood",
            made,
            resolve,
            "What lies within some relationships of an entity, followed either way.",
            [
                Argument("id", strawberry.ID, "Global id of the entity.", required=True),
                Argument("depth", int, "How many relationships away, 1 to 4; 1 when left out."),
                self._edge_types_argument(),
                Argument(
                    "limit", int, "How many entities at most, up to 1,000; 100 when left out."
                ),
            ],
        )

    def _add_path(self, query: GraphQLClass) -> None:
        made = object_type("GraphPath", "A shortest way from one entity to another.")
        add_field(made, "nodes", list_of(Node), lambda root, info: root.nodes, "From start to end.")
        add_field(made, "edges", list_of(self._edge), _graph_edges, "Between each and the next.")
        add_field(
            made, "length", int, lambda root, info: len(root.edges), "How many relationships long."
        )

        async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
            context = context_of(info)
            depth = _bounded("maxDepth", given["max_depth"], 6, _LONGEST_PATH)
            start = await self._existing(context, given["from"], "from")
            end = await self._existing(context, given["to"], "to")
            names = self._edge_names(given["edge_types"])
            return await context.traversal.shortest_path(context.viewer, start, end, depth, names)

        add_field(
            query,
            "shortest_path",
            made | None,
            resolve,
            "A path with the fewest relationships, followed either way; null when there is none.",
            [
                Argument("from", strawberry.ID, "Global id of one end.", required=True),
                Argument("to", strawberry.ID, "Global id of the other end.", required=True),
                Argument("max_depth", int, "Longest path to look for, 1 to 10; 6 when left out."),
                self._edge_types_argument(),
            ],
        )

    def _add_search(self, query: GraphQLClass) -> None:
        hit = object_type("SearchHit", "One entity that a search found.")
        add_field(hit, "score", float, lambda root, info: root.score, "Greater is better.")
        add_field(
            hit,
            "kind",
            self.kind_enum,
            lambda root, info: self.kind_enum(root.kind),
            "Its kind.",
        )
        add_field(hit, "title", str, lambda root, info: root.title, "What it is called.")

        async def node(root: SearchHit, info: strawberry.Info) -> GraphEntity | None:
            return await context_of(info).loaders.entity(root.kind, root.entity_id)

        add_field(hit, "node", Node | None, node, "The entity.")
        results = object_type("SearchResults", "What a search found, the best first.")
        add_field(results, "nodes", list_of(hit), lambda root, info: root, "The hits.")

        async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[SearchHit]:
            context = context_of(info)
            first = _bounded("first", given["first"], 20, _MOST_SEARCH_RESULTS, least=0)
            kinds = [one.value for one in given["kinds"] or self.kind_enum]
            return await context.search.find(context.viewer, given["text"], kinds, first)

        add_field(
            query,
            "search",
            results,
            resolve,
            "Entities by name, number or prefix, whatever the case and punctuation; ranked.",
            [
                Argument("text", str, "A name, a number, or the beginning of one.", required=True),
                Argument("kinds", list_of(self.kind_enum), "Which kinds; all, when left out."),
                Argument("first", int, "How many, up to 100; 20 when left out."),
            ],
        )


def _graph_edges(root: Any, info: strawberry.Info) -> list[tuple[TraversedEdge, str, str]]:
    ids = {node.graph_id: global_id(node.label(), node.id) for node in root.nodes}
    return [(edge, ids[edge.start_graph_id], ids[edge.end_graph_id]) for edge in root.edges]


def _shown_properties(edge: TraversedEdge) -> dict[str, Any]:
    return {
        to_camel_case(name): value
        for name, value in edge.properties.items()
        if name not in ("tenant_id", "edge_key")
    }


def _bounded(name: str, given: int | None, default: int, most: int, *, least: int = 1) -> int:
    if given is None:
        return default
    if given < least:
        raise bad_input(f"must be at least {least}", argument=name)
    if given > most:
        raise limit_exceeded(name, most, given)
    return given
