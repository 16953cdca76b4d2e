"""Every field of every model reaches the API, and every key the API offers has its index."""

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.schema import GraphSchema
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.indexes import ExpectedIndex, key_indexes, reading_indexes
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.model import GraphEntity
from graph_api.core.statements import statement
from graph_api.entities.graph import graph_registry
from graph_api.entities.models import EDGE_MODELS, ENTITY_MODELS

ENTITIES = pytest.mark.parametrize("model", ENTITY_MODELS, ids=lambda one: one.__name__)
EDGE_TYPES = sorted(graph_registry().edge_types)

# The reference documents' sixteen entities.
LABELS = {
    *("Operator", "Field", "Formation", "Lease", "Well", "Permit", "Regulation", "Hearing"),
    *("Filing", "Equipment", "FlaringAuthorization", "FlaringEvent", "Wellpad", "Facility"),
    *("PipelineRoute", "InfrastructureProject"),
}
# The design's table of edges: type, labels it starts from, labels it leads to.
DESIGNED_EDGES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("OPERATES", ("Operator",), ("Lease", "Well", "Facility", "Wellpad", "PipelineRoute")),
    ("HAS_WELL", ("Lease",), ("Well",)),
    ("IN_FIELD", ("Lease", "Well"), ("Field",)),
    ("PRODUCES_FROM", ("Field", "Well"), ("Formation",)),
    ("ON_PAD", ("Well",), ("Wellpad",)),
    ("OFFSETS", ("Well",), ("Well",)),
    ("PERMITS", ("Permit",), ("Well",)),
    ("SUBJECT_OF", ("Permit", "Well", "Lease", "FlaringAuthorization"), ("Hearing",)),
    ("FILED_FOR", ("Filing",), ("Well", "Lease", "Facility")),
    ("FILED_BY", ("Filing",), ("Operator",)),
    ("GOVERNED_BY", ("Permit", "Filing", "FlaringAuthorization"), ("Regulation",)),
    ("INSTALLED_AT", ("Equipment",), ("Well", "Lease", "Facility")),
    ("AUTHORIZES", ("FlaringAuthorization",), ("Lease", "Well", "Facility")),
    ("OCCURRED_AT", ("FlaringEvent",), ("Well", "Lease", "Facility")),
    ("UNDER_AUTHORIZATION", ("FlaringEvent",), ("FlaringAuthorization",)),
    ("GATHERED_BY", ("Lease",), ("Operator",)),
    ("SERVES", ("Facility",), ("Lease", "Wellpad")),
    ("FROM_FACILITY", ("PipelineRoute",), ("Facility",)),
    ("TO_FACILITY", ("PipelineRoute",), ("Facility",)),
    ("INVOLVES", ("InfrastructureProject",), ("Facility", "PipelineRoute", "Wellpad")),
)
# The name under which the API shows a field, where that is not its own in camelCase.
SHOWN_AS = {"id": "entityId"}


@pytest.fixture(scope="module")
def sdl(schema: GraphSchema) -> GraphQLSchema:
    built: GraphQLSchema = schema.schema._schema
    return built


def shown_name(field: FieldDeclaration) -> str:
    return SHOWN_AS.get(field.name) or to_camel_case(field.name)


def object_of(sdl: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = sdl.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def input_of(sdl: GraphQLSchema, name: str) -> GraphQLInputObjectType:
    found = sdl.type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    return found


def test_the_sixteen_entities_are_declared() -> None:
    assert {model.label() for model in ENTITY_MODELS} == LABELS


def test_the_designed_edges_are_declared_and_no_others(registry: GraphRegistry) -> None:
    designed = {
        (name, start, end)
        for name, starts, ends in DESIGNED_EDGES
        for start in starts
        for end in ends
    }
    declared = [(e.edge_type.name, e.start.label(), e.end.label()) for e in registry.edges]
    assert set(declared) == designed
    assert len(declared) == len(designed), "each once"
    assert {one.properties for one in registry.edge_types.values()} == set(EDGE_MODELS)


@ENTITIES
def test_every_field_is_shown_or_hidden_with_a_reason(
    sdl: GraphQLSchema, model: type[GraphEntity]
) -> None:
    shown = object_of(sdl, model.__name__).fields
    for field in fields_of(model).values():
        if field.hidden is None:
            assert shown_name(field) in shown, field.name
            assert shown[shown_name(field)].description == field.description
        else:
            assert len(field.hidden) > 10, f"{field.name} is hidden without a reason"
            assert shown_name(field) not in shown


@ENTITIES
def test_every_filterable_field_has_its_filter(
    sdl: GraphQLSchema, registry: GraphRegistry, model: type[GraphEntity]
) -> None:
    filters = set(input_of(sdl, f"{model.__name__}Filter").fields)
    fields = fields_of(model).values()
    expected = {shown_name(field) for field in fields if is_scalar(field) and field.hidden is None}
    relations = {*registry.references(model.label()), *registry.relationships(model.label())}
    assert filters == expected | {to_camel_case(name) for name in relations} | {"and", "or", "not"}


def is_scalar(field: FieldDeclaration) -> bool:
    """What the contract promises filters for: every value, and every list of text."""
    if field.kind is FieldKind.LIST:
        return isinstance(field.item, type) and issubclass(field.item, str)
    return field.kind is not FieldKind.JSON


@ENTITIES
def test_every_sortable_field_has_its_order(sdl: GraphQLSchema, model: type[GraphEntity]) -> None:
    orders = sdl.type_map[f"{model.__name__}OrderField"]
    assert isinstance(orders, GraphQLEnumType)
    sortable = {field.name.upper() for field in fields_of(model).values() if field.sortable}
    assert set(orders.values) == sortable
    assert {"CREATED_AT", "UPDATED_AT"} <= sortable


@ENTITIES
def test_every_reference_leads_somewhere(
    sdl: GraphQLSchema, registry: GraphRegistry, model: type[GraphEntity]
) -> None:
    shown = object_of(sdl, model.__name__).fields
    for name, field in registry.references(model.label()).items():
        assert field.references is not None
        assert str(shown[to_camel_case(name)].type) == field.references.label
    named = {field.name for field in fields_of(model).values() if field.kind is FieldKind.UUID} - {
        "id"
    }
    unmarked = {
        name
        for name in named
        if name not in {one.name for one in registry.references(model.label()).values()}
        and registry_has_label(registry, name)
    }
    assert unmarked == set(), "a UUID that names an entity says which by References"


def registry_has_label(registry: GraphRegistry, field: str) -> bool:
    label = "".join(part.capitalize() for part in field.removesuffix("_id").split("_"))
    return label in registry.entities


@pytest.mark.parametrize("name", EDGE_TYPES)
def test_every_field_of_an_edge_is_shown_and_filtered(
    sdl: GraphQLSchema, registry: GraphRegistry, name: str
) -> None:
    edge = registry.edge_types[name]
    fields = fields_of(edge.properties).values()
    filters = set(input_of(sdl, f"{edge.properties.__name__}EdgeFilter").fields)
    assert filters == {*(to_camel_case(field.name) for field in fields), "and", "or", "not"}
    used = [one for one in registry.all_relationships() if one.edge is edge]
    assert used
    for relationship in used:
        connection = get_named_type(
            object_of(sdl, relationship.source).fields[to_camel_case(relationship.field)].type
        )
        assert isinstance(connection, GraphQLObjectType)
        row = get_named_type(connection.fields["edges"].type)
        assert isinstance(row, GraphQLObjectType)
        for field in fields:
            assert row.fields[to_camel_case(field.name)].description == field.description


@pytest.mark.parametrize("name", EDGE_TYPES)
def test_every_field_of_an_edge_can_be_written(
    sdl: GraphQLSchema, registry: GraphRegistry, name: str
) -> None:
    written = input_of(sdl, "EdgePropertiesInput").fields
    fields = fields_of(registry.edge_types[name].properties)
    assert {to_camel_case(field) for field in fields} <= set(written)


@ENTITIES
def test_every_field_can_be_written_or_is_kept_by_the_service(
    sdl: GraphQLSchema, registry: GraphRegistry, model: type[GraphEntity]
) -> None:
    """Not written by hand: identity, what the model computes, and what an edge carries."""
    carried = {
        edge.current_as
        for edge in registry.edges
        if (edge.start if edge.current_on == "start" else edge.end) is model
    }
    written = set(input_of(sdl, f"{model.__name__}Input").fields)
    kept = {"id", "tenant_id", "created_at", "updated_at"}
    expected = {
        to_camel_case(field.name)
        for field in fields_of(model).values()
        if field.name not in kept and field.name not in carried and not field.derived
    }
    assert written == expected


async def test_the_database_has_the_declared_labels_and_no_others(
    connection: Any, registry: GraphRegistry
) -> None:
    rows = await connection.fetch(
        "select l.name::text as name, l.kind::text as kind from ag_catalog.ag_label l "
        "join ag_catalog.ag_graph g on g.graphid = l.graph where g.name = 'oilgas' "
        "and l.name not in ('_ag_label_vertex', '_ag_label_edge')"
    )
    found = {(row["name"], row["kind"]) for row in rows}
    assert found == {
        *((label, "v") for label in registry.entities),
        *((name, "e") for name in registry.edge_types),
    }


async def test_every_key_and_order_has_its_index(connection: Any, registry: GraphRegistry) -> None:
    rows = await connection.fetch(statement("index_facts").text)
    there = {(row["label"], row["name"]): row for row in rows}
    expected = [*key_indexes(registry), *reading_indexes(registry)]
    missing = [one.name for one in expected if (one.label, one.name) not in there]
    assert missing == []
    wrong = [
        one.name
        for one in expected
        if there[one.label, one.name]["is_unique"] is not one.is_unique
        or not there[one.label, one.name]["is_valid"]
    ]
    assert wrong == []
    assert len({one.name for one in expected}) == len(expected), "names are not cut to the same"


async def test_every_index_covers_what_its_statement_compares(
    connection: Any, registry: GraphRegistry
) -> None:
    """Text in code point order or double precision, as the field's kind is compared."""
    rows = await connection.fetch(statement("index_facts").text)
    definitions = {row["name"]: row["definition"] for row in rows}
    for label in registry.entities:
        for field in registry.fields(label).values():
            if field.sortable:
                definition = definitions[f"{label}_order_{field.name}"[:63]]
                key = f"(properties ->> '{field.name}'::text)"
                assert f"({key})::double precision" in definition or not field.kind.is_numeric
                assert f'({key}) COLLATE "C"' in definition or field.kind.is_numeric
                assert definition.index("'tenant_id'") < definition.index(f"'{field.name}'")
                assert definition.rindex("'id'::text") > definition.rindex(f"'{field.name}'")


async def test_no_index_serves_nothing(connection: Any, registry: GraphRegistry) -> None:
    """Every index on a label table is one the statements count on, or AGE's own."""
    rows = await connection.fetch(statement("index_facts").text)
    labels = {*registry.entities, *registry.edge_types}
    expected = {one.name for one in [*key_indexes(registry), *reading_indexes(registry)]}
    unknown = {
        row["name"]
        for row in rows
        if row["label"] in labels
        and row["name"] not in expected
        and not row["name"].endswith(("_pkey", "_idx"))
    }
    assert unknown == set()


def test_expected_indexes_follow_the_declarations(registry: GraphRegistry) -> None:
    names = {one.name for one in reading_indexes(registry)}
    assert {
        "Well_order_total_depth_ft",
        "Well_lookup_api_number",
        "Well_reference_operator_id",
        "HAS_WELL_start",
        "HAS_WELL_end",
    } <= names
    assert ExpectedIndex("Well", "id", True, "").name == "Well_id"
