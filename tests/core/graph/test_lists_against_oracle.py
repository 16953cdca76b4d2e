"""Lists, filters, orders and pages agree with a plain Python oracle on awkward data."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.execution import run_operation
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.graph.writing import GraphWriter
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import Viewer
from graph_api.models import Formation
from tests.core.graph.oracle import Row, as_variable, in_order, orders_as_variable
from tests.core.graph.querying import (
    LABELS,
    RELATED,
    ListQuery,
    RelatedQuery,
    list_queries,
    related_queries,
)
from tests.core.graph.worlds import World, make_world, write_entities
from tests.viewers import member

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _cases(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@dataclass(repr=False)
class Lists:
    """Runs list queries of a world's viewer through GraphQL."""

    services: Services
    schema: GraphSchema
    worlds: list[World]

    async def data(self, viewer: Viewer, query: str, variables: dict[str, Any]) -> Any:
        result = await run_operation(
            self.schema.schema, self.services.operation(viewer), query, variables
        )
        assert "errors" not in result.body, (query, variables, result.body["errors"])
        return result.body["data"]

    async def page(
        self, viewer: Viewer, label: str, query: ListQuery, **page: Any
    ) -> dict[str, Any]:
        plural = to_camel_case(self.services.registry.entity(label).plural)
        document = f"""query (
            $where: {label}Filter, $orderBy: [{label}Order!],
            $first: Int, $after: String, $last: Int, $before: String) {{
          list: {plural}(where: $where, orderBy: $orderBy,
            first: $first, after: $after, last: $last, before: $before) {{
            totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            edges {{ cursor node {{ entityId }} }}
          }} }}"""
        variables = {
            "where": as_variable(query.where),
            "orderBy": orders_as_variable(query.orders),
            **page,
        }
        found: dict[str, Any] = (await self.data(viewer, document, variables))["list"]
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lists(services: Services, schema: GraphSchema) -> AsyncIterator[Lists]:
    # whole lists of whole lists, which a client pages through
    costly = services.settings.model_copy(update={"operation_max_cost": 1_000_000})
    generous = replace(services, settings=costly)
    yield Lists(generous, schema, [await make_world(services, seed) for seed in (1, 2, 3)])


def _ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["entityId"] for edge in page["edges"]]


def _expected(rows: list[Row]) -> list[str]:
    return [str(row.entity.id) for row in rows]


@_cases(160)
@given(data=st.data())
async def test_whole_lists_forward_and_backward(lists: Lists, data: st.DataObject) -> None:
    world = data.draw(st.sampled_from(lists.worlds))
    label = data.draw(st.sampled_from(LABELS))
    query = data.draw(list_queries(world.oracle, label))
    size = data.draw(st.sampled_from([1, 3, 7, 500]))
    expected = _expected(world.oracle.listed(label, query.where, query.orders))

    async def walk(argument: str, cursor: str, onward: str) -> list[list[str]]:
        pages: list[list[str]] = []
        at = None
        while len(pages) < 6:
            page = await lists.page(world.viewer, label, query, **{argument: size, cursor: at})
            assert page["totalCount"] == len(expected)
            pages.append(_ids(page))
            if not page["pageInfo"][onward]:
                break
            at = page["pageInfo"]["endCursor" if argument == "first" else "startCursor"]
        return pages

    forward = list(chain(*await walk("first", "after", "hasNextPage")))
    assert forward == expected[: 6 * size]
    backward = list(chain(*reversed(await walk("last", "before", "hasPreviousPage"))))
    assert backward == expected[-6 * size :]


@_cases(120)
@given(data=st.data())
async def test_windows_between_cursors(lists: Lists, data: st.DataObject) -> None:
    """Any of first, last, after and before, alone and together, give the slice they name."""
    world = data.draw(st.sampled_from(lists.worlds))
    label = data.draw(st.sampled_from(LABELS))
    query = data.draw(list_queries(world.oracle, label, shallow=True))
    whole = await lists.page(world.viewer, label, query, first=500)
    expected = _expected(world.oracle.listed(label, query.where, query.orders))
    assert _ids(whole) == expected
    cursors = [edge["cursor"] for edge in whole["edges"]]
    places = st.none() | st.integers(0, max(len(cursors) - 1, 0)) if cursors else st.none()
    after, before = data.draw(places), data.draw(places)
    size = data.draw(st.integers(0, 8))
    backward = data.draw(st.booleans())
    page = await lists.page(
        world.viewer,
        label,
        query,
        **{
            "last" if backward else "first": size,
            "after": None if after is None else cursors[after],
            "before": None if before is None else cursors[before],
        },
    )
    between = expected[0 if after is None else after + 1 : before]
    kept = between[max(len(between) - size, 0) :] if backward else between[:size]
    assert _ids(page) == kept
    assert page["totalCount"] == len(expected)
    info = page["pageInfo"]
    onward = info["hasPreviousPage" if backward else "hasNextPage"]
    assert onward == (len(between) > size) or size == 0
    assert info["startCursor"] == (cursors[expected.index(kept[0])] if kept else None)
    assert info["endCursor"] == (cursors[expected.index(kept[-1])] if kept else None)


@_cases(120)
@given(data=st.data())
async def test_pages_of_relationships_per_parent(lists: Lists, data: st.DataObject) -> None:
    world = data.draw(st.sampled_from(lists.worlds))
    source, name = data.draw(st.sampled_from(RELATED))
    relationship = lists.services.registry.relationships(source)[name]
    query = data.draw(related_queries(world.oracle, relationship))
    size = data.draw(st.sampled_from([0, 1, 2, 5, 500]))
    backward = data.draw(st.booleans())
    plural = to_camel_case(lists.services.registry.entity(source).plural)
    found = await lists.data(
        world.viewer,
        f"query {_declared(query, 'last' if backward else 'first')} {{"
        f" {plural}(first: 500) {{ nodes {{ entityId {_selected(query)} }} }} }}",
        _variables(query, size),
    )
    parents = {str(one.id): one for one in world.oracle.entities[source]}
    assert {node["entityId"] for node in found[plural]["nodes"]} == set(parents)
    for node in found[plural]["nodes"]:
        rows = world.oracle.related(
            parents[node["entityId"]], relationship, query.where, query.where_edge, query.orders
        )
        related = node["related"]
        assert related["totalCount"] == len(rows)
        kept = rows[max(len(rows) - size, 0) :] if backward else rows[:size]
        assert _ids(related) == _expected(kept)
        if relationship.edge is not None:
            shown = [edge["source"] for edge in related["edges"]]
            assert shown == [row.edge.source for row in kept if row.edge is not None]


@_cases(60)
@given(data=st.data())
async def test_walking_one_parents_relationship(lists: Lists, data: st.DataObject) -> None:
    """Cursors of a relationship tell edges apart, though they lead to the same vertex."""
    world = data.draw(st.sampled_from(lists.worlds))
    source, name = data.draw(st.sampled_from(RELATED))
    relationship = lists.services.registry.relationships(source)[name]
    query = data.draw(related_queries(world.oracle, relationship))
    parent = max(
        world.oracle.entities[source],
        key=lambda one: len(world.oracle.related(one, relationship, {}, {}, [])),
    )
    rows = world.oracle.related(parent, relationship, query.where, query.where_edge, query.orders)
    size = max(1, len(rows) // 4)
    backward = data.draw(st.booleans())
    argument, cursor = ("last", "before") if backward else ("first", "after")
    walked: list[str] = []
    at = None
    while len(walked) <= len(rows):
        found = await lists.data(
            world.viewer,
            f"query {_declared(query, argument, '$id: ID!, $at: String')} {{ node(id: $id) {{"
            f" ... on {source} {{ {_selected(query, f'{cursor}: $at')} }} }} }}",
            {**_variables(query, size), "id": global_id(source, parent.id), "at": at},
        )
        page = found["node"]["related"]
        walked = [*_ids(page), *walked] if backward else [*walked, *_ids(page)]
        info = page["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            break
        at = info["startCursor" if backward else "endCursor"]
    assert walked == _expected(rows)


def _declared(query: RelatedQuery, size: str, more: str = "") -> str:
    label = query.relationship.target
    edge = query.relationship.edge
    kept = [f"$where: {label}Filter", f"$orderBy: [{label}Order!]", f"${size}: Int", more]
    if edge is not None:
        kept.append(f"$whereEdge: {edge.properties.__name__}EdgeFilter")
    query.size_argument = size
    return f"({', '.join(one for one in kept if one)})"


def _selected(query: RelatedQuery, more: str = "") -> str:
    over_edge = query.relationship.edge is not None
    size = query.size_argument
    arguments = [
        "where: $where",
        "orderBy: $orderBy",
        f"{size}: ${size}",
        "whereEdge: $whereEdge" if over_edge else "",
        more,
    ]
    return (
        f"related: {to_camel_case(query.relationship.field)}"
        f"({', '.join(one for one in arguments if one)}) {{ totalCount"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        f" edges {{ cursor {'source' if over_edge else ''} node {{ entityId }} }} }}"
    )


def _variables(query: RelatedQuery, size: int) -> dict[str, Any]:
    variables = {
        "where": as_variable(query.where),
        "orderBy": orders_as_variable(query.orders),
        query.size_argument: size,
    }
    if query.relationship.edge is not None:
        variables["whereEdge"] = as_variable(query.where_edge)
    return variables


def _formation(tenant: str, name: str, depth: int | None) -> Formation:
    return Formation(tenant_id=tenant, name=name, depth_top_ft=depth)


_DEPTH = st.sampled_from([None, 0, 5, 5, 10])


@_cases(30)
@given(data=st.data())
async def test_pages_stay_right_while_rows_come_and_go(lists: Lists, data: st.DataObject) -> None:
    """What stays through a walk is seen once and in order, even past a cursor that is gone."""
    viewer = member(f"moving-{uuid4().hex[:12]}", subject="test")
    services = lists.services
    first = [_formation(viewer.tenant_id, f"F{place:02}", data.draw(_DEPTH)) for place in range(14)]
    alive: dict[UUID, GraphEntity] = {
        one.id: one for one in await write_entities(services, viewer, first)
    }
    descending, backward = data.draw(st.booleans()), data.draw(st.booleans())
    orders = [
        ("depth_top_ft", descending),
        *([("name", False)] if data.draw(st.booleans()) else []),
    ]
    query = ListQuery({}, orders)
    argument, cursor = ("last", "before") if backward else ("first", "after")
    stayed = set(alive)
    walked: list[GraphEntity] = []
    at = None
    for step in range(30):
        page = await lists.page(viewer, "Formation", query, **{argument: 3, cursor: at})
        seen = [alive[next(key for key in alive if str(key) == one)] for one in _ids(page)]
        walked.extend(reversed(seen) if backward else seen)
        assert page["totalCount"] == len(alive)
        info = page["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            break
        at = info["startCursor" if backward else "endCursor"]
        gone = data.draw(st.sampled_from(sorted(alive)))
        # the row of the cursor itself goes at every second step
        gone = (seen[0] if backward else seen[-1]).id if step % 2 else gone
        async with services.database.transaction(viewer, "test") as session:
            await GraphWriter(services.registry).delete(session, alive.pop(gone))
        stayed.discard(gone)
        fresh = _formation(viewer.tenant_id, f"N{step:02}", data.draw(_DEPTH))
        for one in await write_entities(services, viewer, [fresh]):
            alive[one.id] = one
    else:
        pytest.fail("the walk did not end")
    ids = [one.id for one in walked]
    assert len(ids) == len(set(ids))
    assert stayed <= set(ids)
    ordered = in_order([Row(one, str(one.id)) for one in walked], orders)
    assert [row.entity.id for row in ordered] == (ids[::-1] if backward else ids)
