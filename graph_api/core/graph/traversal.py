"""Walks the graph without knowing the way: neighbourhoods and shortest paths, hop by hop.

Each hop is one statement over the edge tables for the whole frontier. AGE's variable-length
patterns are not used: they load the whole graph into each backend and ignore row-level security.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph_api.core.database import Database
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.rows import decode_properties, hydrate
from graph_api.core.model import GraphEntity
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import SHARED_TENANT, Viewer

# a hub's edges are read up to here in one hop; what is beyond is reported as truncated
_MOST_EDGES_PER_HOP = 20_000
_MOST_VISITED = 200_000


@dataclass(frozen=True, slots=True)
class TraversedEdge:
    """One edge met on the way."""

    edge_id: str
    type: str
    start_graph_id: str
    end_graph_id: str
    properties: Mapping[str, Any]


@dataclass(slots=True)
class Subgraph:
    """Vertices around a vertex, nearest first, and the edges between them."""

    nodes: list[GraphEntity]
    edges: list[TraversedEdge]
    truncated: bool


@dataclass(slots=True)
class GraphPath:
    """A shortest path: its vertices from one end to the other, and the edges between them."""

    nodes: list[GraphEntity]
    edges: list[TraversedEdge]


@dataclass(slots=True)
class _Search:
    """One side of a bidirectional search."""

    origin: str
    frontier: set[str]
    parents: dict[str, TraversedEdge | None] = field(default_factory=dict)


class GraphTraversal:
    """Walks the declared graph for a viewer."""

    def __init__(self, database: Database, registry: GraphRegistry) -> None:
        self._database = database
        self._registry = registry

    async def neighborhood(
        self,
        viewer: Viewer,
        start: GraphEntity,
        depth: int,
        edge_types: Sequence[str],
        limit: int,
    ) -> Subgraph:
        """The vertices within so many hops, at most `limit` of them, and the edges among them."""
        reached: dict[str, None] = {start.graph_id: None}
        frontier = {start.graph_id}
        truncated = False
        for _ in range(depth):
            if not frontier or truncated:
                break
            met = await self._edges_at(viewer, frontier, edge_types)
            truncated = len(met) >= _MOST_EDGES_PER_HOP
            fresh: dict[str, None] = {}
            for edge in met:
                for end in (edge.start_graph_id, edge.end_graph_id):
                    if end not in reached and end not in fresh:
                        fresh[end] = None
            room = limit - len(reached)
            truncated = truncated or len(fresh) > room
            reached.update(dict.fromkeys(list(fresh)[:room]))
            frontier = set(list(fresh)[:room])
        nodes = await self._vertices(viewer, reached)
        # asked for anew: those between the vertices of the last hop have not been met
        among = [node.graph_id for node in nodes]
        edges = await self._edges(viewer, statement("edges_among_vertices"), among, edge_types)
        return Subgraph(nodes, edges, truncated or len(edges) >= _MOST_EDGES_PER_HOP)

    async def shortest_path(
        self,
        viewer: Viewer,
        start: GraphEntity,
        end: GraphEntity,
        max_depth: int,
        edge_types: Sequence[str],
    ) -> GraphPath | None:
        """A path with the fewest edges, followed in either direction; None within the depth."""
        if start.graph_id == end.graph_id:
            return GraphPath([start], [])
        near = _Search(start.graph_id, {start.graph_id}, {start.graph_id: None})
        far = _Search(end.graph_id, {end.graph_id}, {end.graph_id: None})
        for _ in range(max_depth):
            side, other = (near, far) if len(near.frontier) <= len(far.frontier) else (far, near)
            if not side.frontier or len(near.parents) + len(far.parents) > _MOST_VISITED:
                return None
            meeting = await self._advance(viewer, side, other, edge_types)
            if meeting is not None:
                return await self._path(viewer, near, far, meeting)
        return None

    async def _advance(
        self, viewer: Viewer, side: _Search, other: _Search, edge_types: Sequence[str]
    ) -> str | None:
        met = await self._edges_at(viewer, side.frontier, edge_types)
        fresh: set[str] = set()
        meeting: str | None = None
        for edge in met:
            for here, there in (
                (edge.start_graph_id, edge.end_graph_id),
                (edge.end_graph_id, edge.start_graph_id),
            ):
                if here in side.frontier and there not in side.parents:
                    side.parents[there] = edge
                    fresh.add(there)
                    if there in other.parents:
                        meeting = there
        side.frontier = fresh
        return meeting

    async def _path(
        self, viewer: Viewer, near: _Search, far: _Search, meeting: str
    ) -> GraphPath | None:
        to_start = _walk_back(near, meeting)
        to_end = _walk_back(far, meeting)
        steps = [*reversed(to_start), (meeting, None), *to_end]
        ids = [vertex for vertex, _ in steps]
        edges = [edge for _, edge in steps if edge is not None]
        nodes = {node.graph_id: node for node in await self._vertices(viewer, ids)}
        if len(nodes) != len(ids):
            return None
        return GraphPath([nodes[one] for one in ids], edges)

    async def _edges_at(
        self, viewer: Viewer, frontier: Iterable[str], edge_types: Sequence[str]
    ) -> list[TraversedEdge]:
        return await self._edges(
            viewer, statement("edges_at_vertices"), sorted(frontier), edge_types
        )

    async def _edges(
        self, viewer: Viewer, asked: Statement, graph_ids: Sequence[str], edge_types: Sequence[str]
    ) -> list[TraversedEdge]:
        rows = await self._database.fetch(
            viewer,
            asked,
            graph_ids,
            list(edge_types),
            viewer.tenant_id,
            _MOST_EDGES_PER_HOP,
        )
        return [
            TraversedEdge(
                row["edge_id"],
                row["edge_type"],
                row["start_id"],
                row["end_id"],
                decode_properties(row["properties"]),
            )
            for row in rows
        ]

    async def _vertices(self, viewer: Viewer, graph_ids: Iterable[str]) -> list[GraphEntity]:
        wanted = list(graph_ids)
        rows = await self._database.fetch(
            viewer,
            statement("vertices_by_graph_id"),
            wanted,
            [viewer.tenant_id, SHARED_TENANT],
        )
        found = {
            row["graph_id"]: hydrate(
                self._registry.entity(row["label"]), row["graph_id"], row["properties"]
            )
            for row in rows
        }
        return [found[one] for one in wanted if one in found]


def _walk_back(side: _Search, meeting: str) -> list[tuple[str, TraversedEdge | None]]:
    """The vertices from a meeting point back to the origin, each with the edge that led there."""
    steps: list[tuple[str, TraversedEdge | None]] = []
    here = meeting
    while (edge := side.parents[here]) is not None:
        here = edge.start_graph_id if edge.end_graph_id == here else edge.end_graph_id
        steps.append((here, edge))
    return steps
