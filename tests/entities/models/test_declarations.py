"""What every model must declare, and what a stored record must survive."""

import enum
import re
from typing import Any, get_args
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import graph_api.models as public
from graph_api.core.model import Derived, EdgeProperties, GraphEntity, References, Sortable
from graph_api.models import (
    EDGE_MODELS,
    ENTITY_MODELS,
    GatheredBy,
    LeaseVolume,
    Operates,
    PermitRestriction,
    Well,
    enum_value_description,
)
from tests.entities.models.samples import in_order, values_of

ENUMS = [
    kind
    for kind in vars(public).values()
    if isinstance(kind, type) and issubclass(kind, enum.Enum) and list(kind)
]
MODELS: tuple[type[BaseModel], ...] = (
    *ENTITY_MODELS,
    *EDGE_MODELS,
    LeaseVolume,
    PermitRestriction,
)
BY_LABEL = {model.label(): model for model in ENTITY_MODELS}


def marks(model: type[BaseModel], name: str, kind: type) -> list[Any]:
    return [mark for mark in model.model_fields[name].metadata if isinstance(mark, kind)]


def test_the_sixteen_vertices_and_twenty_edges() -> None:
    assert " ".join(BY_LABEL) == (
        "Operator Field Formation Lease Well Permit Regulation Hearing Filing Equipment "
        "FlaringAuthorization FlaringEvent Wellpad Facility PipelineRoute InfrastructureProject"
    )
    edges = [re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).upper() for model in EDGE_MODELS]
    assert " ".join(edges) == (
        "OPERATES HAS_WELL IN_FIELD PRODUCES_FROM ON_PAD OFFSETS PERMITS SUBJECT_OF FILED_FOR "
        "FILED_BY GOVERNED_BY INSTALLED_AT AUTHORIZES OCCURRED_AT UNDER_AUTHORIZATION GATHERED_BY "
        "SERVES FROM_FACILITY TO_FACILITY INVOLVES"
    )


@pytest.mark.parametrize("model", MODELS)
def test_models_and_fields_are_described(model: type[BaseModel]) -> None:
    assert model.__doc__
    for name, field in model.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize("kind", ENUMS)
def test_enums_are_named_like_their_values_and_described(kind: type[enum.Enum]) -> None:
    assert issubclass(kind, enum.StrEnum)
    assert kind.__doc__
    for member in kind:
        assert member.value == member.name == member.name.upper()
        assert (enum_value_description(member) or "").endswith(".")
        assert kind(member.value) is member


def test_a_member_without_description_has_none() -> None:
    assert enum_value_description(enum.Enum("Plain", "A").A) is None


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_declared_names_are_fields(model: type[GraphEntity]) -> None:
    lookups = [name for lookup in model.lookups for name in (*lookup.fields, *lookup.optional)]
    latest = [lookup.latest_by for lookup in model.lookups if lookup.latest_by]
    named = {*model.natural_key_fields, *model.searched_fields, *lookups, *latest}
    assert named <= set(model.model_fields)
    assert model.lookups
    assert model.searched_fields
    assert re.fullmatch(r"[a-z_]+", model.plural)


def test_plurals_differ() -> None:
    plurals = {model.plural for model in ENTITY_MODELS}
    assert len(plurals) == len(ENTITY_MODELS)
    singular = {re.sub(r"(?<!^)(?=[A-Z])", "_", label).lower() for label in BY_LABEL}
    assert not plurals & singular


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_a_list_can_be_ordered_by_the_key_and_a_few_more(model: type[GraphEntity]) -> None:
    ordered = {name for name in model.model_fields if marks(model, name, Sortable)}
    assert 4 <= len(ordered) <= 8
    keys = {name for name in model.natural_key_fields if not marks(model, name, Derived)}
    assert keys <= ordered


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_a_uuid_that_names_an_entity_says_which(model: type[GraphEntity]) -> None:
    for name, field in model.model_fields.items():
        if UUID not in (field.annotation, *get_args(field.annotation)) or name in (
            "id",
            "checklist_id",
        ):
            continue
        if get_args(field.annotation) == (UUID,):  # a list of ids
            continue
        (reference,) = marks(model, name, References)
        assert reference.label in BY_LABEL
        assert f"{reference.field}_id" == name


def test_edges_between_the_same_two_vertices_are_told_apart() -> None:
    assert Operates(valid_from="2020-01-01").edge_key == "OPERATOR_OF_RECORD|2020-01-01"
    assert GatheredBy(role="PURCHASER").edge_key == "PURCHASER|"
    told_apart = {model for model in EDGE_MODELS if model.identity_fields}
    assert told_apart == {Operates, GatheredBy}


@pytest.mark.parametrize("model", EDGE_MODELS)
def test_an_edge_does_not_end_before_it_starts(model: type[EdgeProperties]) -> None:
    values = {"distance_ft": 1, "role": None, "valid_from": "2024-02-01", "valid_to": "2024-01-01"}
    if "role" in model.model_fields:
        values["role"] = "GATHERER" if model is GatheredBy else "OPERATOR_OF_RECORD"
    given_values = {k: v for k, v in values.items() if k in model.model_fields}
    with pytest.raises(ValueError, match="valid_to must not be before valid_from"):
        model.model_validate(given_values)


@pytest.mark.parametrize("model", MODELS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(data=st.data())
def test_what_is_stored_is_what_is_read(model: type[BaseModel], data: st.DataObject) -> None:
    made = in_order(model, data.draw(values_of(model)))
    stored = orjson.loads(orjson.dumps(made.model_dump(mode="json")))
    read = model.model_validate(stored)
    assert read == made
    assert read.model_dump(mode="json") == stored
    if isinstance(made, GraphEntity):
        assert made.natural_key.strip("|")
        assert model.natural_key_of(stored) == made.natural_key  # type: ignore[attr-defined]


def test_every_public_name_is_there() -> None:
    assert len(public.__all__) == len(set(public.__all__))
    for name in public.__all__:
        assert getattr(public, name) is not None
    assert public.Well is Well
