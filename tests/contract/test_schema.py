"""The SDL: committed, described throughout, named in one way, whole."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)
from strawberry.utils.str_converters import to_camel_case

import graph_api
from graph_api.core.api.building import snake_case
from graph_api.core.api.schema import GraphSchema
from graph_api.core.graph.registry import GraphRegistry
from graph_api.schema import schema_text

COMMITTED = Path(graph_api.__file__).with_name("schema.graphql")
CAMEL_CASE = re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)*")
PASCAL_CASE = re.compile(r"([A-Z][a-z0-9]*)+")
UPPER_CASE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


@pytest.fixture(scope="module")
def sdl(schema: GraphSchema) -> GraphQLSchema:
    built: GraphQLSchema = schema.schema._schema
    return built


def own_types(sdl: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for one in sdl.type_map.values():
        if not is_introspection_type(one) and not is_specified_scalar_type(one):
            yield one


def members(sdl: GraphQLSchema) -> Iterator[tuple[str, str, str | None]]:
    """Every field, argument, input field and enum value: where, its name, its description."""
    for one in own_types(sdl):
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in one.fields.items():
                yield f"{one.name}.{name}", name, field.description
                for argument, declared in field.args.items():
                    yield f"{one.name}.{name}({argument})", argument, declared.description
        elif isinstance(one, GraphQLInputObjectType):
            for name, given in one.fields.items():
                yield f"{one.name}.{name}", name, given.description
        elif isinstance(one, GraphQLEnumType):
            for name, value in one.values.items():
                yield f"{one.name}.{name}", name, value.description


def test_the_committed_sdl_is_the_code() -> None:
    assert COMMITTED.read_text("utf-8") == schema_text(), "run graph-api export-schema"


def test_the_committed_sdl_is_a_schema() -> None:
    assert build_schema(COMMITTED.read_text("utf-8")).query_type is not None


def test_every_type_is_described(sdl: GraphQLSchema) -> None:
    assert [one.name for one in own_types(sdl) if not (one.description or "").strip()] == []
    own = [one for one in sdl.directives if not is_specified_directive(one)]
    assert [one.name for one in own if not one.description] == []


def test_every_member_is_described(sdl: GraphQLSchema) -> None:
    found = list(members(sdl))
    assert len(found) > 2000, "the walk finds members at all"
    assert [where for where, _, description in found if not (description or "").strip()] == []


def test_descriptions_are_sentences(sdl: GraphQLSchema) -> None:
    """A reader of the docs sees whole sentences, without the marks of the source."""
    described = [(where, text or "") for where, _, text in members(sdl)]
    described += [(one.name, one.description or "") for one in own_types(sdl)]
    bare = [where for where, text in described if not text.rstrip().endswith((".", ")", "`"))]
    marked = [where for where, text in described if "``" in text or ":class:" in text]
    assert (bare, marked) == ([], [])


def test_names_are_in_the_usual_case(sdl: GraphQLSchema) -> None:
    wrong = [one.name for one in own_types(sdl) if not PASCAL_CASE.fullmatch(one.name)]
    enums = {one.name for one in own_types(sdl) if isinstance(one, GraphQLEnumType)}
    for where, name, _ in members(sdl):
        usual = UPPER_CASE if where.partition(".")[0] in enums else CAMEL_CASE
        if not usual.fullmatch(name):
            wrong.append(where)
    assert wrong == []


def test_every_entity_has_its_lookup_list_and_upsert(
    sdl: GraphQLSchema, registry: GraphRegistry
) -> None:
    assert sdl.query_type is not None
    assert sdl.mutation_type is not None
    queries, mutations = sdl.query_type.fields, sdl.mutation_type.fields
    for label, model in registry.entities.items():
        single, plural = to_camel_case(snake_case(label)), to_camel_case(model.plural)
        lookup = queries[f"{single}Item" if single == plural else single]
        assert str(lookup.type) == label
        assert "id" in lookup.args
        keys = {name for one in model.lookups for name in (*one.fields, *one.optional)}
        assert set(lookup.args) == {"id", *(to_camel_case(name) for name in keys)}
        assert str(queries[plural].type) == f"{label}Connection!"
        assert set(queries[plural].args) == {
            *("where", "orderBy", "first", "after", "last", "before")
        }
        assert str(mutations[f"upsert{label}"].type) == f"Upsert{label}Result"
        assert set(mutations[f"upsert{label}"].args) == {"input"}
    assert {"node", "nodes", "neighborhood", "shortestPath", "search"} <= set(queries)
    assert {"link", "unlink", "deleteEntity", "bulkUpsert"} <= set(mutations)


def test_every_edge_can_be_followed_both_ways(sdl: GraphQLSchema, registry: GraphRegistry) -> None:
    for edge in registry.edges:
        for source, field, target in (
            (edge.start.label(), edge.forward, edge.end.label()),
            (edge.end.label(), edge.backward, edge.start.label()),
        ):
            owner = sdl.type_map[source]
            assert isinstance(owner, GraphQLObjectType)
            shown = owner.fields[to_camel_case(field)]
            prefix = "".join(part.capitalize() for part in edge.edge_type.name.split("_"))
            assert str(shown.type) == f"{prefix}{target}Connection!", f"{source}.{field}"
            assert set(shown.args) == {
                *("where", "whereEdge", "orderBy", "first", "after", "last", "before")
            }


def test_every_mutation_answers_with_a_union_of_payload_and_refusals(sdl: GraphQLSchema) -> None:
    assert sdl.mutation_type is not None
    for name, field in sdl.mutation_type.fields.items():
        union = sdl.type_map[str(field.type)]
        assert {"ValidationError", "NotFound", "Conflict", "Forbidden"} <= {
            one.name for one in getattr(union, "types", ())
        }, name
        payloads = [one.name for one in getattr(union, "types", ()) if "Payload" in one.name]
        assert len(payloads) == 1, name
