"""Entities and edges come back from the database as they went in, whatever their values."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.core.context import Services
from graph_api.core.graph.rows import (
    decode_properties,
    encode_edge,
    encode_entity,
    hydrate,
    hydrate_edge,
    moment_text,
)
from graph_api.core.model import GraphEntity
from graph_api.models import EDGE_MODELS, ENTITY_MODELS
from tests.core.graph.worlds import sql
from tests.entities.models.samples import MINIMAL, in_order, values_of
from tests.viewers import member

_VIEWER = member("rows", subject="test")
_ROUND_TRIP = sql(
    """select v::ag_catalog.agtype as text
    from unnest($1::text[]) with ordinality u (v, place) order by place"""
)

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_TEXT = st.text(_CHARACTERS, max_size=30) | st.sampled_from(
    [
        "::vertex",
        'a"::numeric',
        "1.5::numeric",
        "NaN",
        "-Infinity",
        "\\",
        '\\"::path',
        "$$",
        "\x01\x1f\x7f\u2028",
        "\U0010ffff",
        '{"id": 1}::vertex',
    ]
)
_LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
)
_JSON = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


def _cases(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


async def _through_the_database(services: Services, *texts: str) -> list[str]:
    rows = await services.database.fetch(_VIEWER, _ROUND_TRIP, list(texts))
    return [row["text"] for row in rows]


@_cases(150)
@given(values=st.dictionaries(_TEXT, _JSON, max_size=4))
async def test_any_properties_come_back(services: Services, values: dict[str, Any]) -> None:
    (text,) = await _through_the_database(services, orjson.dumps(values).decode())
    found = decode_properties(text)
    assert found == values
    assert _kinds(found) == _kinds(values)


def _kinds(value: Any) -> Any:
    """Types and signs, which equality overlooks: 1 and 1.0 and True, 0.0 and -0.0."""
    match value:
        case dict():
            return {name: _kinds(one) for name, one in value.items()}
        case list():
            return [_kinds(one) for one in value]
        case float():
            return repr(value)
        case _:
            return type(value).__name__


@pytest.mark.parametrize("model", ENTITY_MODELS, ids=lambda model: model.__name__)
async def test_entities_come_back(services: Services, model: type[GraphEntity]) -> None:
    loop = asyncio.get_running_loop()

    @_cases(12)
    @given(st.lists(values_of(model), min_size=6, max_size=6))
    def check(some: list[dict[str, Any]]) -> None:
        entities = [
            in_order(model, {**MINIMAL[model], **values, "tenant_id": "rows"}) for values in some
        ]
        task = _entities(services, [one for one in entities if isinstance(one, GraphEntity)])
        asyncio.run_coroutine_threadsafe(task, loop).result(30)

    await asyncio.to_thread(check)


async def _entities(services: Services, entities: list[GraphEntity]) -> None:
    texts = await _through_the_database(services, *map(encode_entity, entities))
    for entity, text in zip(entities, texts, strict=True):
        found = hydrate(type(entity), "1", text)
        assert found.model_dump() == entity.model_dump()
        assert found.natural_key == entity.natural_key
        assert decode_properties(text)["natural_key"] == entity.natural_key
        # nothing is stored as a null, which an index would hold and a filter would meet
        assert None not in decode_properties(text).values()


@_cases(60)
@given(st.data())
async def test_edges_come_back(services: Services, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(EDGE_MODELS))
    properties: Any = in_order(model, data.draw(values_of(model)))
    (text,) = await _through_the_database(services, encode_edge(properties, "rows"))
    assert hydrate_edge(model, text) == properties
    stored = decode_properties(text)
    assert (stored["tenant_id"], stored["edge_key"]) == ("rows", properties.edge_key)


@_cases(100)
@given(st.lists(st.datetimes(timezones=st.timezones()), min_size=2, max_size=2))
def test_moments_as_text_sort_as_moments(moments: list[Any]) -> None:
    try:
        one, other = [moment.astimezone(UTC) for moment in moments]
    except OverflowError:
        return
    assert (moment_text(one) < moment_text(other)) == (one < other)
    assert datetime.fromisoformat(moment_text(one)) == one
    assert len(moment_text(one)) == len("2024-01-01T00:00:00.000000Z")


async def test_marks_of_graph_objects_are_taken_off_only_outside_texts(
    services: Services,
) -> None:
    row = await services.database.fetch(
        _VIEWER,
        sql(
            """select ('{"a": 1.50::numeric, "b": "1::numeric", "c": ["x::vertex", NaN],'
              || ' "d": Infinity, "e": "Infinity NaN \\" ::path"}')::ag_catalog.agtype as t"""
        ),
    )
    assert decode_properties(row[0]["t"]) == {
        "a": 1.5,
        "b": "1::numeric",
        "c": ["x::vertex", None],
        "d": None,
        "e": 'Infinity NaN " ::path',
    }
