"""Pages, lookups and hops use an index at any depth of a large graph, under row-level security."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from graph_api.core.age import (
    LEAKPROOF_FUNCTIONS,
    SERVING_ROLE,
    SESSION_SETTINGS,
    prepare_connection,
)
from graph_api.core.api.lookups import key_of_lookup
from graph_api.core.api.plan.shapes import ObjectPlan
from graph_api.core.api.plan.statements import by_key
from graph_api.core.graph.read_statements import ReadStatements
from graph_api.core.graph.reading import GraphReader
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.traversal import GraphTraversal
from graph_api.core.pages import Order, PageRequest, Position
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.models import ENTITY_MODELS, Lease
from tests.core.graph.plans import Plan, Recorder, blocks_touched, connect, plan_of
from tests.databases import migrated_database

WELLS = 400_000
LEASES = 20_000
EDGES = 100_000
HUB_WELLS = 20_000
VIEWER = Viewer("large", subject="test")
REGISTRY = graph_registry()
ZERO = "00000000-0000-4000-8000-000000000000"
DEEP = f"{300_000:08x}-0000-4000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def empty_url(database_url: str) -> AsyncIterator[str]:
    """A migrated database of its own, so that a large graph slows no other test."""
    async with migrated_database(database_url) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def empty(empty_url: str) -> AsyncIterator[Any]:
    """A connection on which a plan without an index is a plan that no index can serve."""
    connection = await connect(empty_url, VIEWER.tenant_id)
    for way in ("seqscan", "bitmapscan", "sort"):
        await connection.execute(f"set enable_{way} = off")
    yield connection
    await connection.close()


_LOAD = f"""
insert into oilgas."Well" (properties)
select format('{{"id": "%s", "tenant_id": "large", "natural_key": "42-003-%s", "api_number":'
    ' "42-003-%s", "status": "PRODUCING", "created_at": "2024-01-01T00:00:00.000000Z",'
    ' "updated_at": "2024-01-01T00:00:00.000000Z"%s}}',
    lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000', n, n,
    case when n % 3 = 0 then format(', "well_name": "W %s", "total_depth_ft": %s', n, n % 20000)
    else '' end)::ag_catalog.agtype
from generate_series(1, {WELLS}) n;
insert into oilgas."Lease" (properties)
select format('{{"id": "%s", "tenant_id": "large", "natural_key": "O|08|%s", "rrc_lease_id": "%s"}}',
    lpad(to_hex(n), 8, '0') || '-0000-4000-8000-00000000000a', n, n)::ag_catalog.agtype
from generate_series(1, {LEASES}) n;
insert into oilgas."HAS_WELL" (start_id, end_id, properties)
select l.id, w.id, '{{"tenant_id": "large", "edge_key": "", "inferred": false}}'
from (select id, row_number() over () as n from oilgas."Lease") l
join (select id, row_number() over () as n from oilgas."Well" limit {EDGES}) w
  on w.n % {LEASES} = l.n - 1;
insert into oilgas."Operator" (properties)
select '{{"id": "{ZERO}", "tenant_id": "large", "natural_key": "hub"}}'::ag_catalog.agtype;
insert into oilgas."OPERATES" (start_id, end_id, properties)
select o.id, w.id, '{{"tenant_id": "large", "edge_key": "", "inferred": false}}'
from oilgas."Operator" o, (select id from oilgas."Well" limit {HUB_WELLS}) w;
analyze oilgas."Well"; analyze oilgas."Lease"; analyze oilgas."HAS_WELL"; analyze oilgas."OPERATES";
"""  # noqa: S608


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def large(empty_url: str, empty: Any) -> AsyncIterator[Any]:
    """A connection to 400,000 wells, a third of them with a name and a depth."""
    owner = await connect(empty_url)
    await owner.execute(_LOAD)
    await owner.close()
    connection = await connect(empty_url, VIEWER.tenant_id)
    assert await connection.fetchval("select row_security_active('oilgas.\"Well\"')")
    yield connection
    await connection.close()


async def _page_plan(connection: Any, label: str, request: PageRequest) -> Plan:
    recorder = Recorder()
    reader = GraphReader(recorder, REGISTRY)  # type: ignore[arg-type]
    await reader.page(VIEWER, label, {}, request)
    ((asked, arguments),) = recorder.asked
    assert asked.name == "list_vertices"
    return await plan_of(connection, asked, arguments)


def _page(*orders: Order, backward: bool = False, at: Position | None = None) -> PageRequest:
    return PageRequest(
        size=50,
        backward=backward,
        after=None if backward else at,
        before=at if backward else None,
        orders=orders,
    )


PAGES: dict[str, tuple[PageRequest, set[str]]] = {
    "first page": (_page(), {"Well_order_id"}),
    "last page": (_page(backward=True), {"Well_order_id"}),
    "deep page": (_page(at=Position((), DEEP)), {"Well_order_id"}),
    "before": (_page(backward=True, at=Position((), DEEP)), {"Well_order_id"}),
    "ordered": (_page(Order("api_number")), {"Well_order_api_number"}),
    "ordered, descending": (_page(Order("api_number", True)), {"Well_order_api_number"}),
    "ordered, deep": (
        _page(Order("api_number"), at=Position(("42-003-300000",), DEEP)),
        {"Well_order_api_number"},
    ),
    "ordered, descending, before": (
        _page(Order("api_number", True), backward=True, at=Position(("42-003-3",), DEEP)),
        {"Well_order_api_number"},
    ),
    "number with nulls": (_page(Order("total_depth_ft")), {"Well_order_total_depth_ft"}),
    "number, among values": (
        _page(Order("total_depth_ft"), at=Position((9000.0,), DEEP)),
        {"Well_order_total_depth_ft"},
    ),
    "number, among nulls": (
        _page(Order("total_depth_ft"), at=Position((None,), DEEP)),
        {"Well_order_total_depth_ft"},
    ),
    "number, descending": (
        _page(Order("total_depth_ft", True), at=Position((9000.0,), DEEP)),
        {"Well_order_total_depth_ft"},
    ),
    "number, last": (_page(Order("total_depth_ft"), backward=True), {"Well_order_total_depth_ft"}),
    "number, before a null": (
        _page(Order("total_depth_ft", True), backward=True, at=Position((None,), DEEP)),
        {"Well_order_total_depth_ft"},
    ),
    "text with nulls": (
        _page(Order("well_name", True), at=Position(("W 3",), DEEP)),
        {"Well_order_well_name"},
    ),
}


@pytest.mark.parametrize(("request_", "indexes"), PAGES.values(), ids=PAGES)
async def test_a_page_of_400_000_is_an_index_range(
    large: Any, request_: PageRequest, indexes: set[str]
) -> None:
    plan = await _page_plan(large, "Well", request_)
    assert plan.scanned == set()
    assert plan.indexes == indexes
    assert not plan.sorts


async def test_more_keys_sort_only_ties_of_the_first(large: Any) -> None:
    orders = (Order("api_number"), Order("total_depth_ft", True))
    plan = await _page_plan(large, "Well", _page(*orders, at=Position(("42-003-9", 5.0), DEEP)))
    assert plan.scanned == set()
    assert plan.indexes == {"Well_order_api_number"}
    assert not plan.sorts
    assert "Incremental Sort" in {one.kind for one in plan.nodes}


async def test_a_page_that_lies_deep_is_as_quick_to_find_as_the_first(large: Any) -> None:
    """Not only planned: executed, it touches few pages of the index."""
    recorder = Recorder()
    reader = GraphReader(recorder, REGISTRY)  # type: ignore[arg-type]
    for at in (None, Position(("42-003-350000",), DEEP)):
        await reader.page(VIEWER, "Well", {}, _page(Order("api_number"), at=at))
    touched = [await blocks_touched(large, *one) for one in recorder.asked]
    assert touched[1] < touched[0] + 20


async def _lookup_plan(connection: Any, label: str, name: str) -> Plan:
    recorder = Recorder()
    reader = GraphReader(recorder, REGISTRY)  # type: ignore[arg-type]
    if name == "natural_key":
        await reader.by_natural_keys(VIEWER, label, ["x", "y"])
    elif name == "id":
        await reader.by_ids(VIEWER, label, [UUID(ZERO), UUID(DEEP)])
    else:
        await reader.by_field(VIEWER, label, name, ["x", "y"])
    ((asked, arguments),) = recorder.asked
    return await plan_of(connection, asked, arguments)


def _parent(graph_id: str) -> Lease:
    """Something whose relationships can be asked for; statements look at its ids alone."""
    return Lease.model_validate(
        {"tenant_id": "large", "oil_gas_code": "O", "district": "08", "rrc_lease_id": "1"}
    ).stored_as(graph_id)


_HOP = Statement(
    "hop",
    """select e.id from oilgas."HAS_WELL" e join oilgas."Well" w on w.id = e.end_id
    where e.start_id = '844424930131969'::ag_catalog.graphid""",
    "",
    "sql",
)


@pytest.mark.parametrize("name", ["id", "natural_key", "api_number"])
async def test_a_lookup_among_400_000_uses_the_index_of_its_key(large: Any, name: str) -> None:
    plan = await _lookup_plan(large, "Well", name)
    assert plan.scanned == set()
    covers = name if name in ("id", "natural_key") else f"lookup_{name}"
    assert plan.indexes == {f"Well_{covers}"}


async def test_a_hop_uses_the_indexes_of_the_edges(large: Any) -> None:
    recorder = Recorder()
    reader = GraphReader(recorder, REGISTRY)  # type: ignore[arg-type]
    parents = [_parent("1")]
    relationship = REGISTRY.relationships("Lease")["wells"]
    await reader.related_pages(VIEWER, relationship, parents, {}, {}, _page())
    ordered = _page(Order("total_depth_ft", True), at=Position((None,), "1"))
    await reader.related_pages(VIEWER, relationship, parents, {}, {}, ordered)
    await reader.related_counts(VIEWER, relationship, parents, {}, {})
    backward = REGISTRY.relationships("Well")["leases"]
    await reader.related_pages(VIEWER, backward, parents, {}, {}, _page())
    assert len(recorder.asked) == 4
    for asked, arguments in recorder.asked:
        plan = await plan_of(large, asked, arguments)
        assert plan.scanned == set(), asked.text
        assert any(one.startswith("HAS_WELL") for one in plan.indexes)


async def _related(
    label: str, field: str, graph_id: str, request: PageRequest
) -> tuple[Statement, tuple[object, ...]]:
    """What a page of a relationship is asked for with."""
    recorder = Recorder()
    reader = GraphReader(recorder, REGISTRY)  # type: ignore[arg-type]
    relationship = REGISTRY.relationships(label)[field]
    await reader.related_pages(VIEWER, relationship, [_parent(graph_id)], {}, {}, request)
    ((asked, arguments),) = recorder.asked
    return asked, arguments


@pytest.mark.parametrize(
    ("label", "field", "index"),
    [("Lease", "wells", "HAS_WELL_start"), ("Well", "leases", "HAS_WELL_end")],
)
async def test_a_page_of_a_relationship_in_its_own_order_is_an_index_range(
    large: Any, label: str, field: str, index: str
) -> None:
    at = Position((), "5")
    for request in (_page(), _page(at=at), _page(backward=True), _page(backward=True, at=at)):
        plan = await plan_of(large, *await _related(label, field, "1", request))
        assert index in plan.indexes
        assert plan.scanned == set()
        assert not plan.sorts


async def _pages_of_the_hub(connection: Any, *, backward: bool) -> list[int]:
    """The blocks that the first page of a vertex with 20,000 edges touches, and a deep one."""
    hub = await connection.fetchval('select id::text from oilgas."Operator"')
    deep = await connection.fetchval(
        'select max(id::text::bigint) from oilgas."OPERATES" where start_id = $1::text::graphid',
        hub,
    )
    at = Position((), str(deep - (HUB_WELLS - 1_000 if backward else 1_000)))
    pages = [_page(backward=backward), _page(backward=backward, at=at)]
    return [
        await blocks_touched(connection, *await _related("Operator", "wells", hub, one))
        for one in pages
    ]


@pytest.mark.parametrize("backward", [False, True])
async def test_a_page_of_a_hub_touches_no_more_than_its_rows(large: Any, backward: bool) -> None:
    """However deep it lies; a sort would touch each of the 20,000."""
    first, deep = await _pages_of_the_hub(large, backward=backward)
    assert first < 400
    assert deep < first + 20


@pytest.mark.parametrize(("compares", "backward"), [("gt", False), ("lt", True)])
async def test_without_its_mark_a_deep_page_of_a_hub_is_read_from_the_end(
    large: Any, empty_url: str, compares: str, backward: bool
) -> None:
    function = f"ag_catalog.graphid_{compares}(ag_catalog.graphid,ag_catalog.graphid)"
    assert function in LEAKPROOF_FUNCTIONS
    owner = await connect(empty_url)
    try:
        await owner.execute(f"alter function {function} not leakproof")
        first, deep = await _pages_of_the_hub(large, backward=backward)
        assert deep > first + 100
    finally:
        await owner.execute(f"alter function {function} leakproof")
        await owner.close()


async def test_traversal_uses_the_indexes_of_the_edges(large: Any) -> None:
    recorder = Recorder()
    traversal = GraphTraversal(recorder, REGISTRY)  # type: ignore[arg-type]
    start = _parent("1")
    await traversal.neighborhood(VIEWER, start, 1, list(REGISTRY.edge_types), 100)
    names = [asked.name for asked, _ in recorder.asked]
    assert names == ["edges_at_vertices", "vertices_by_graph_id", "edges_among_vertices"]
    for asked, arguments in recorder.asked:
        plan = await plan_of(large, asked, arguments)
        # tables without rows are read whole by the planner's choice, at no cost
        assert plan.scanned & {"HAS_WELL", "Well", "Lease"} == set(), asked.name


@pytest.mark.parametrize("label", [model.label() for model in ENTITY_MODELS])
async def test_every_sortable_field_has_an_index_that_gives_its_order(
    empty: Any, label: str
) -> None:
    fields = [one for one in REGISTRY.fields(label).values() if one.sortable]
    assert len(fields) >= 4
    for one in fields:
        value = 1.0 if one.kind.is_numeric else "x"
        for descending in (False, True):
            order = Order(one.name, descending)
            for request in (
                _page(order),
                _page(order, at=Position((value,), ZERO)),
                _page(order, backward=True, at=Position((value,), ZERO)),
            ):
                plan = await _page_plan(empty, label, request)
                assert plan.indexes == {f"{label}_order_{one.name}"[:63]}, order
                assert not plan.sorts
                assert plan.scanned == set()


@pytest.mark.parametrize("label", [model.label() for model in ENTITY_MODELS])
async def test_every_key_has_an_index(empty: Any, label: str) -> None:
    names = {one.fields[0] for one in REGISTRY.entity(label).lookups}
    for name in ("id", "natural_key", *sorted(names)):
        plan = await _lookup_plan(empty, label, name)
        covers = name if name in ("id", "natural_key") else f"lookup_{name}"
        assert plan.scanned == set(), name
        assert plan.indexes == {f"{label}_{covers}"[:63]}, name


@pytest.mark.parametrize("name", ["lock_vertices", "vertices_for_linking"])
async def test_writers_find_keys_by_the_index_that_keeps_them_unique(large: Any, name: str) -> None:
    for label in ("Well", "Lease"):
        asked = statement(name).fill(label=label)
        plan = await plan_of(large, asked, ("large", ["x", "y"]))
        assert plan.scanned == set()
        assert plan.indexes == {f"{label}_natural_key"}


@pytest.mark.parametrize("label", [model.label() for model in ENTITY_MODELS])
async def test_every_relationship_is_followed_by_an_index(empty: Any, label: str) -> None:
    registry: GraphRegistry = REGISTRY
    recorder = Recorder()
    reader = GraphReader(recorder, registry)  # type: ignore[arg-type]
    parent = _parent("1")
    for relationship in registry.relationships(label).values():
        await reader.related_pages(VIEWER, relationship, [parent], {}, {}, _page())
        where: dict[str, Any] = {relationship.field: {"some": {}}}
        await reader.page(VIEWER, label, where, _page())
    assert recorder.asked
    await empty.execute("set enable_sort = on")
    try:
        for asked, arguments in recorder.asked:
            plan = await plan_of(empty, asked, arguments)
            assert plan.scanned == set(), asked.text
    finally:
        await empty.execute("set enable_sort = off")


@pytest.mark.parametrize("function", LEAKPROOF_FUNCTIONS[:4])
async def test_without_the_marks_security_would_take_the_indexes(
    large: Any, empty_url: str, function: str
) -> None:
    """So the plans above are those that row-level security leaves."""

    async def shapes() -> list[tuple[set[str], set[str], bool]]:
        depth = _page(Order("total_depth_ft"), at=Position((9000.0,), DEEP))
        plans = [await _page_plan(large, "Well", one) for one in (_page(), depth)]
        plans.append(await _lookup_plan(large, "Well", "api_number"))
        plans.append(await plan_of(large, _HOP, ()))
        return [(one.scanned, one.indexes, one.sorts) for one in plans]

    before = await shapes()
    owner = await connect(empty_url)
    try:
        await owner.execute(f"alter function {function} not leakproof")
        assert await shapes() != before
    finally:
        await owner.execute(f"alter function {function} leakproof")
        await owner.close()
    assert await shapes() == before


async def test_what_acts_alone_is_planned_before_a_tenant_is_set(
    large: Any, empty_url: str
) -> None:
    """A plan that is made then must not suppose that security lets nothing through."""
    statements = ReadStatements(REGISTRY)
    # more rows than the planner expects where it takes the tenant for unknown
    request = PageRequest(size=5000, backward=False, after=None, before=None, orders=())
    page = statements.page(VIEWER, "Well", {}, request, columns=["id"], alone=True)
    assert page is not None
    shape = ObjectPlan("Well", dict, dict)
    key = key_of_lookup(REGISTRY, "Well", {"api_number": "42-003-00161"})
    assert key is not None
    lookup, _ = by_key(REGISTRY, VIEWER, shape, key)
    fresh = await asyncpg.connect(
        empty_url, server_settings={**SESSION_SETTINGS, "role": SERVING_ROLE}
    )
    await prepare_connection(fresh)
    try:
        for prepared in (page, lookup):
            plan = await plan_of(fresh, prepared.statement, prepared.values)
            assert (plan.scanned, plan.sorts) == (set(), False), prepared.statement.text
    finally:
        await fresh.close()
