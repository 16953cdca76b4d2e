"""The root fields that explore the graph: neighborhood, shortest path and search."""

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
from graph_api.core.api.entities import Node, context_of
from graph_api.core.api.global_ids import global_id, parse_global_id
from graph_api.core.api.pricing import FieldCost
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.search import SearchHit
from graph_api.core.graph.traversal import TraversedEdge
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission

_MOST_SEARCH_RESULTS = 100
_DEEPEST_NEIGHBORHOOD = 4
_LARGEST_NEIGHBORHOOD = 1000
_LONGEST_PATH = 10


class GraphExploration:
    """Adds the root fields that walk and search a graph to a query type."""

    def __init__(self, registry: GraphRegistry) -> None:
        self._registry = registry
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
        self._add_neighborhood(query)
        self._add_path(query)
        self._add_search(query)

    async def _existing(self, context: OperationContext, text: str, argument: str) -> GraphEntity:
        entity = await context.loaders.entity(*parse_global_id(self._registry, text, argument))
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
            permission=Permission.READ_GRAPH,
            cost=FieldCost(weight=100, size=100, most=_LARGEST_NEIGHBORHOOD, sized_by=("limit",)),
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
            permission=Permission.READ_GRAPH,
            cost=FieldCost(weight=200, size=6, most=_LONGEST_PATH, sized_by=("maxDepth",)),
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
            permission=Permission.READ_GRAPH,
            cost=FieldCost(weight=50, size=20, most=_MOST_SEARCH_RESULTS),
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
