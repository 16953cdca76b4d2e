"""Puts a schema together from a registry: types, filters, queries and mutations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph_api.core.api.as_of import as_of_directive
from graph_api.core.api.building import GraphQLClass, definition_of, object_type
from graph_api.core.api.entities import EntityTypes
from graph_api.core.api.executor import OperationExecutor
from graph_api.core.api.exploring import GraphExploration
from graph_api.core.api.filtering import FilterTypes
from graph_api.core.api.mutations import GraphMutations, OnDelete
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.api.permitting import guard_fields
from graph_api.core.api.plan.planning import Planner
from graph_api.core.api.queries import GraphQueries
from graph_api.core.api.scalars import SCALAR_MAP, Describe, FieldTypes
from graph_api.core.graph.registry import GraphRegistry
from graph_api.settings import Settings


@dataclass(frozen=True, slots=True)
class SchemaParts:
    """What a domain may add to: the root types, and the graph's own types."""

    query: GraphQLClass
    mutation: GraphQLClass
    subscription: GraphQLClass
    types: EntityTypes
    fields: FieldTypes
    entity_kinds: type[Enum]
    """The kinds of entity, as a GraphQL enum whose values are labels."""
    edge_kinds: type[Enum]
    """The kinds of relationship, as a GraphQL enum whose values are edge types."""
    records: dict[str, GraphQLClass] = field(default_factory=dict)
    """Types of records that one domain gives to those after it, by GraphQL name."""


Domain = Callable[[SchemaParts], None]


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """A schema and the graph it was made from."""

    schema: strawberry.Schema
    registry: GraphRegistry


def build_schema(
    registry: GraphRegistry,
    describe: Describe,
    settings: Settings,
    domains: Sequence[Domain] = (),
    on_delete: Mapping[str, OnDelete] = MappingProxyType({}),
) -> GraphSchema:
    """The schema that a registry implies.

    `domains` add the fields that do not come from the graph; `on_delete` removes what hangs on a
    deleted entity of a label.
    """
    fields = FieldTypes(describe)
    types = EntityTypes(registry, fields, FilterTypes(registry, fields))
    query = object_type("Query", "Everything that can be read.")
    GraphQueries(types, fields).add_to(query)
    exploration = GraphExploration(registry)
    exploration.add_to(query)
    mutation = object_type("Mutation", "Everything that can be changed.")
    GraphMutations(types, fields, exploration, on_delete).add_to(mutation)
    subscription = object_type("Subscription", "Everything that can be followed as it changes.")
    parts = SchemaParts(
        query,
        mutation,
        subscription,
        types,
        fields,
        exploration.kind_enum,
        exploration.edge_enum,
    )
    for add_domain in domains:
        add_domain(parts)
    schema = OperationSchema(
        query=query,
        mutation=mutation,
        subscription=subscription if definition_of(subscription).fields else None,
        types=list(types.models.values()),
        directives=[as_of_directive],
        settings=settings,
        execution_context_class=OperationExecutor,
        config=StrawberryConfig(scalar_map=SCALAR_MAP),
    )
    guard_fields(schema)
    schema.planner = Planner(schema, registry)
    return GraphSchema(schema, registry)
