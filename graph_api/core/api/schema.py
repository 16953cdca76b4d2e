"""Puts a schema together from a registry: types, filters, queries and mutations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph_api.core.api.building import object_type
from graph_api.core.api.entities import EntityTypes
from graph_api.core.api.execution import OperationSchema, operation_extensions
from graph_api.core.api.filtering import FilterTypes
from graph_api.core.api.mutations import GraphMutations, OnDelete
from graph_api.core.api.queries import GraphQueries
from graph_api.core.api.scalars import SCALAR_MAP, Describe, FieldTypes
from graph_api.core.graph.registry import GraphRegistry
from graph_api.settings import Settings


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """A schema and the graph it was made from."""

    schema: strawberry.Schema
    registry: GraphRegistry


def build_schema(
    registry: GraphRegistry,
    describe: Describe,
    settings: Settings,
    extend_types: Sequence[Callable[[EntityTypes], None]] = (),
    on_delete: Mapping[str, OnDelete] = MappingProxyType({}),
) -> GraphSchema:
    """The schema that a registry implies.

    `extend_types` give entities the fields that do not come from the graph; `on_delete` removes
    what hangs on a deleted entity of a label.
    """
    fields = FieldTypes(describe)
    types = EntityTypes(registry, fields, FilterTypes(registry, fields))
    for extend in extend_types:
        extend(types)
    query = object_type("Query", "Everything that can be read.")
    queries = GraphQueries(types, fields)
    queries.add_to(query)
    mutation = object_type("Mutation", "Everything that can be changed.")
    GraphMutations(types, fields, queries, on_delete).add_to(mutation)
    schema = OperationSchema(
        query=query,
        mutation=mutation,
        types=list(types.models.values()),
        extensions=operation_extensions(settings),
        config=StrawberryConfig(scalar_map=SCALAR_MAP),
    )
    return GraphSchema(schema, registry)
