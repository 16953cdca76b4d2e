"""Row-level security takes no index from any statement over the tables: each is planned twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio

from graph_api.audit.store import audit_trail, audit_trail_count, chain_entries, chain_head
from graph_api.compliance.models import ComplianceDomain
from graph_api.compliance.store.charts import deadlines_by_month, filings_by_status, trend
from graph_api.compliance.store.gathering import (
    emissions_of_facilities,
    exceptions_with_neighbours,
    flaring_of_leases,
    reporting_of_leases,
    spacing_of_wells,
)
from graph_api.compliance.store.lists import (
    ComplianceFilter,
    count_entities,
    matrix_page,
    status_page,
    summary,
)
from graph_api.compliance.store.statuses import (
    histories,
    status_as_of,
    statuses_by_ids,
    statuses_of_entities,
)
from graph_api.core.age import LEAKPROOF_FUNCTIONS
from graph_api.core.errors import ApiError
from graph_api.core.feed import ALL_KINDS, ChangeFeed, FeedFilter
from graph_api.core.graph.reading import GraphReader
from graph_api.core.graph.search import GraphSearch
from graph_api.core.pages import Order, PageRequest, Position
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.filings.store.reading import (
    AlertSelection,
    ChecklistSelection,
    alert_page,
    artifact_contents,
    artifacts_of_checklists,
    checklist_page,
    checklists_by_ids,
    checklists_of_entities,
    snapshots_of_checklists,
)
from graph_api.rules.store import (
    RuleSelection,
    list_rules,
    rule_timelines,
    rule_versions_by_ids,
    rules_in_force,
)
from tests.core.graph.plans import Recorder, connect
from tests.databases import migrated_database

VIEWER = Viewer("large", subject="test")
ID = UUID("00000000-0000-4000-8000-000000000001")
NOW = datetime(2025, 1, 1, tzinfo=UTC)
ROWS = 20_000
_SEARCHED = (
    "select t, 'Well', gen_random_uuid(), 'W ' || n, array['W' || n],"
    " array_to_tsvector(array['W' || n])"
)
LOAD = f"""
set session_replication_role = replica;
insert into public.entity_search
{_SEARCHED} from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
insert into public.audit_logs (tenant_id, chain_number, event_type, event_data, canonical_payload,
    entity_ids, created_at, previous_signature, signature, key_id)
select t, n, 'x', '{{}}', '', array['e' || n], now(), '', '', ''
from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
insert into public.tenant_journals (tenant_id, last_sequence, audit_count)
select t, {ROWS}, {ROWS} from unnest(array['large', 'other']) t;
insert into public.change_log (tenant_id, sequence, kind, subject_id, cause, actor, occurred_at)
select t, n, 'ENTITY', n, 'import', 'x', now() - n * interval '1 second'
from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
insert into public.compliance_status (tenant_id, entity_id, entity_type, compliance_domain, status,
    deadline, actor)
select t, 'e' || n, 'Well', 'rule_37', (array['compliant', 'overdue', 'in_review'])[n % 3 + 1],
       now() + n * interval '1 minute', 'x'
from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
insert into public.compliance_status_history (tenant_id, compliance_status_id, entity_id,
    entity_type, compliance_domain, status, details, explanation, decided_by, actor, assessed_at,
    recorded_at)
select s.tenant_id, s.id, s.entity_id, s.entity_type, s.compliance_domain, s.status, '{{}}', '', 'x',
       'x', now(), now() from public.compliance_status s;
insert into public.filing_checklists (tenant_id, entity_id, entity_type, compliance_domain,
    template_id, template_version, items, created_by, created_at)
select t, 'e' || n, 'Well', 'rule_37', gen_random_uuid(), 1, '[]', 'x', now() - n * interval '1 s'
from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
insert into public.rule_versions (tenant_id, rule_type, rule_domain, rule_identifier, version,
    effective_date, source, rule_data)
select t, 'statewide', 'spacing', 'SWR_' || n, 1, '2020-01-01', 'manual', '{{}}'
from generate_series(1, 2000) n, unnest(array['large', 'other']) t;
insert into public.rule_status_changes (tenant_id, rule_version_id, status, recorded_at, actor)
select v.tenant_id, v.id, 'draft', now(), 'x' from public.rule_versions v;
insert into oilgas."Well" (properties)
select format('{{"id": "%s", "tenant_id": "%s", "natural_key": "%s", "api_number": "%s",
        "total_depth_ft": %s}}',
    gen_random_uuid(), t, n, n, n)::ag_catalog.agtype
from generate_series(1, {ROWS}) n, unnest(array['large', 'other']) t;
set session_replication_role = origin;
analyze;
"""  # noqa: S608

Ask = Callable[[Any], Awaitable[Any]]


def _page(*orders: Order) -> PageRequest:
    return PageRequest(size=20, backward=False, after=None, before=None, orders=orders)


DEEP = PageRequest(
    size=20,
    backward=False,
    after=Position((9000.0,), str(ID)),
    before=None,
    orders=(Order("total_depth_ft"),),
)
ASKED: dict[str, Ask] = {
    "wells by depth": lambda db: GraphReader(db, graph_registry()).page(VIEWER, "Well", {}, DEEP),
    "search": lambda db: GraphSearch(db, graph_registry()).find(VIEWER, "W 17", ["Well"], 10),
    "feed head": lambda db: ChangeFeed("", db).head(VIEWER),
    "feed": lambda db: ChangeFeed("", db).page(VIEWER, 9000, FeedFilter(ALL_KINDS), 100),
    "audit trail": lambda db: audit_trail(db, VIEWER, None, _page()),
    "audit trail of a record": lambda db: audit_trail(db, VIEWER, "e7", _page()),
    "audit count of a record": lambda db: audit_trail_count(db, VIEWER, "e7"),
    "audit head": lambda db: chain_head(db, VIEWER),
    "audit chain": lambda db: chain_entries(db, VIEWER, 9000, 9100, 100),
    "compliance": lambda db: status_page(db, VIEWER, ComplianceFilter(), _page(Order("status"))),
    "compliance of a status": lambda db: status_page(
        db, VIEWER, ComplianceFilter(entity_ids=["e7"]), _page(Order("deadline"))
    ),
    "compliance matrix": lambda db: matrix_page(
        db, VIEWER, ComplianceFilter(entity_ids=["e7"]), _page(Order("entity_name"))
    ),
    "compliance entities": lambda db: count_entities(db, VIEWER, ComplianceFilter()),
    "compliance summary": lambda db: summary(db, VIEWER, ComplianceFilter(), NOW, NOW),
    "compliance by entity": lambda db: statuses_of_entities(db, VIEWER, ["e7", "e8"]),
    "compliance by id": lambda db: statuses_by_ids(db, VIEWER, [ID]),
    "compliance as of": lambda db: status_as_of(db, VIEWER, "e7", ComplianceDomain.RULE_37, NOW),
    "compliance histories": lambda db: histories(db, VIEWER, [ID], 10),
    "deadlines": lambda db: deadlines_by_month(db, VIEWER, NOW, NOW, None),
    "trend": lambda db: trend(db, VIEWER, [NOW], None),
    "filings by status": lambda db: filings_by_status(db, VIEWER, None),
    "flaring": lambda db: flaring_of_leases(db, VIEWER, [str(ID)], date(2025, 1, 1)),
    "reporting": lambda db: reporting_of_leases(db, VIEWER, [str(ID)], date(2025, 1, 1)),
    "spacing": lambda db: spacing_of_wells(db, VIEWER, [str(ID)]),
    "exceptions": lambda db: exceptions_with_neighbours(db, VIEWER, [str(ID)]),
    "emissions": lambda db: emissions_of_facilities(db, VIEWER, [str(ID)]),
    "checklists": lambda db: checklist_page(
        db, VIEWER, ChecklistSelection(), _page(Order("CREATED_AT"))
    ),
    "checklists by id": lambda db: checklists_by_ids(db, VIEWER, [ID]),
    "checklists of entities": lambda db: checklists_of_entities(db, VIEWER, [ID], None, None),
    "artifacts": lambda db: artifacts_of_checklists(db, VIEWER, [ID]),
    "artifact contents": lambda db: artifact_contents(db, VIEWER, [ID]),
    "snapshots": lambda db: snapshots_of_checklists(db, VIEWER, [ID]),
    "alerts": lambda db: alert_page(db, VIEWER, AlertSelection(), _page(Order("raised_at"))),
    "rules in force": lambda db: rules_in_force(db, VIEWER, date(2025, 1, 1), None, ["SWR_7"]),
    "rule timelines": lambda db: rule_timelines(db, VIEWER, ["SWR_7"]),
    "rules by id": lambda db: rule_versions_by_ids(db, VIEWER, [ID]),
    "rules": lambda db: list_rules(db, VIEWER, RuleSelection(), _page(Order("IDENTIFIER"))),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(database_url: str) -> AsyncIterator[str]:
    """A database with many rows of two tenants."""
    async with migrated_database(database_url) as own:
        owner = await connect(own)
        await owner.execute(LOAD)
        await owner.close()
        yield own


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def planners(url: str) -> AsyncIterator[tuple[Any, Any]]:
    """A connection past row-level security, and one under it; neither reads whole tables freely."""
    owner, serving = await connect(url), await connect(url, VIEWER.tenant_id)
    for one in (owner, serving):
        await one.execute("set enable_seqscan = off")
    yield owner, serving
    await owner.close()
    await serving.close()


@dataclass(frozen=True)
class Ways:
    """How a statement comes to its rows: by which indexes and conditions, or through which tables."""

    taken: frozenset[str]
    cost: float


async def ways(connection: Any, asked: Statement, arguments: tuple[object, ...]) -> Ways:
    """What the planner would do on a connection, whatever the values."""
    await connection.execute(f"prepare planned as {asked.text}")
    try:
        types = await connection.fetchval(
            "select parameter_types::text[] from pg_prepared_statements where name = 'planned'"
        )
        given = ", ".join(_literal(one, cast) for one, cast in zip(arguments, types, strict=True))
        text = f"explain (format json) execute planned{f'({given})' if given else ''}"
        (document,) = orjson.loads((await connection.fetch(text))[0][0])
    finally:
        await connection.execute("deallocate planned")
    return Ways(frozenset(_ways(document["Plan"])), document["Plan"]["Total Cost"])


def _ways(node: dict[str, Any]) -> list[str]:
    found = []
    if "Index Name" in node:
        found.append(f"{node['Index Name']}: {node.get('Index Cond')}")
    elif node["Node Type"] == "Seq Scan":
        found.append(f"all of {node['Relation Name']}")
    for inner in node.get("Plans", ()):
        found += _ways(inner)
    return found


def _literal(value: object, cast: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        inner = ", ".join(_literal(one, cast.removesuffix("[]")) for one in value)
        return f"array[{inner}]::{cast}"
    return "'" + str(value).replace("'", "''") + f"'::{cast}"


async def statements_of(ask: Ask) -> list[tuple[Statement, tuple[object, ...]]]:
    """What is sent to the database to answer something, as far as it goes without rows."""
    recorder = Recorder()
    try:
        await ask(recorder)
    except (IndexError, KeyError, ApiError):
        assert recorder.asked, "it had hoped for a row"
    return recorder.asked


async def is_as_good(ask: Ask, planners: tuple[Any, Any]) -> bool:
    """Whether what is held by row-level security is planned like what is not, or better."""
    good = True
    for asked, arguments in await statements_of(ask):
        free, held = [await ways(one, asked, arguments) for one in planners]
        good = good and (held.taken == free.taken or held.cost <= free.cost)
    return good


BETTER = {"audit trail of a record": "audit_logs_entity"}
"""What is planned otherwise under security, and by which index."""


@pytest.mark.parametrize("name", ASKED)
async def test_security_takes_no_index_away(name: str, planners: tuple[Any, Any]) -> None:
    if name in BETTER:
        ((asked, arguments),) = await statements_of(ASKED[name])
        (taken,) = (await ways(planners[1], asked, arguments)).taken
        assert taken.startswith(BETTER[name])
        return
    assert await is_as_good(ASKED[name], planners)


KEYED: dict[str, tuple[str, list[Any]]] = {
    "labels_of_entities": ("Well_id", ["large", ["x"]]),
    "wells_to_assess": ("Well_id", ["large", ["x"]]),
    "vertices_for_linking_by_id": ("Well_id", ["large", ["x"]]),
    "vertices_for_linking": ("Well_natural_key", ["large", ["x"]]),
    "lock_vertices": ("Well_natural_key", ["large", ["x"]]),
    "lock_vertices_by_graph_id": ("Well_graphid", [["844424930131969"]]),
    "lock_vertex_by_id": ("Well_id", ["large", "x"]),
    "update_vertices": ("Well_graphid", [["844424930131969"], ["{}"]]),
    "delete_vertex": ("Well_graphid", ["844424930131969"]),
}
"""Statements that find wells by keys, each with the index that must serve it."""


@pytest.mark.parametrize("name", KEYED)
async def test_keys_find_rows_by_their_own_index(name: str, planners: tuple[Any, Any]) -> None:
    """A cast of a key that is joined to a label would cost the index, and read all of a tenant's."""
    index, arguments = KEYED[name]
    asked = statement(name)
    if asked.slots:
        asked = asked.fill(label="Well")
    for planner in planners:
        taken = (await ways(planner, asked, tuple(arguments))).taken
        of_wells = {
            one.partition(":")[0] for one in taken if one.startswith(("Well_", "all of Well"))
        }
        assert of_wells == {index}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("pg_catalog.ts_match_vq(tsvector,tsquery)", "search"),
        ("pg_catalog.float8in(cstring)", "wells by depth"),
        ("pg_catalog.textout(text)", "wells by depth"),
        ("pg_catalog.arraycontains(anyarray,anyarray)", "audit count of a record"),
    ],
)
async def test_without_the_mark_an_index_is_lost(
    function: str, name: str, planners: tuple[Any, Any]
) -> None:
    owner, _ = planners
    assert function in LEAKPROOF_FUNCTIONS
    await owner.execute(f"alter function {function} not leakproof")
    try:
        assert not await is_as_good(ASKED[name], planners)
    finally:
        await owner.execute(f"alter function {function} leakproof")
