"""Writing: one vertex per key, nothing lost, all or nothing, once per idempotency key."""

import asyncio
from typing import Any

import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.graph.writing import GraphWriter, Upsert
from graph_api.core.viewer import Viewer
from graph_api.models import Formation, Well
from tests.core.graph.graphs import BULK, Caller
from tests.core.graph.worlds import stored_entities
from tests.viewers import member

LEASE = {"oilGasCode": "O", "district": "08"}

# a field of its own for each of eight writers
WRITERS: dict[str, Any] = {
    "well_name": "NAME",
    "well_number": "1R",
    "district": "08",
    "county": "ANDREWS",
    "latitude": 31.5,
    "total_depth_ft": 9000,
    "acres_assigned": 40.0,
    "is_h2s": True,
}


@pytest.fixture
def caller(services: Services, schema: GraphSchema, viewer: Viewer) -> Caller:
    return Caller(services, schema, viewer)


async def test_eight_writers_of_the_same_keys_leave_one_vertex_and_every_field(
    services: Services, viewer: Viewer
) -> None:
    keys = [f"42-003-{place + 1:05}" for place in range(40)]

    async def write(name: str, value: Any, turn: int) -> None:
        order = keys[turn:] + keys[:turn]
        async with services.database.transaction(viewer, "test") as session:
            await GraphWriter(services.registry).upsert(
                session,
                "Well",
                [
                    Upsert(
                        Well.model_validate(
                            {"tenant_id": viewer.tenant_id, "api_number": key, name: value}
                        )
                    )
                    for key in order
                ],
            )

    await asyncio.gather(
        *(write(name, value, 5 * turn) for turn, (name, value) in enumerate(WRITERS.items()))
    )
    async with services.database.transaction(viewer, "test") as session:
        wells = await stored_entities(session, services, "Well")
    assert sorted(one.natural_key for one in wells) == keys
    assert len({one.id for one in wells}) == len(keys)
    for well in wells:
        assert {name: getattr(well, name) for name in WRITERS} == WRITERS


async def test_eight_callers_upserting_one_entity_create_it_once(caller: Caller) -> None:
    answers = await asyncio.gather(
        *(
            caller.upsert("Operator", name="RACE OIL", p5Number="000077", phone=f"555-{place}")
            for place in range(8)
        )
    )
    outcomes = sorted(one["outcome"] for one in answers)
    assert outcomes == ["CREATED", *["UPDATED"] * 7]
    assert len({one["node"]["id"] for one in answers}) == 1


async def test_writers_that_upsert_and_link_crosswise_do_not_deadlock(caller: Caller) -> None:
    one, other = [await caller.id_of("Lease", **LEASE, rrcLeaseId=number) for number in "12"]
    well = await caller.id_of("Well", apiNumber="42-003-00001")

    async def write(number: str, linked: str, turn: int) -> Any:
        lease = {**LEASE, "rrcLeaseId": number, "name": f"TURN {turn}"}
        link = {"edgeType": "HAS_WELL", "from": {"id": linked}, "to": {"id": well}}
        return await caller.one(BULK, input={"leases": [lease], "links": [link]})

    for turn in range(6):
        answers = await asyncio.gather(write("1", other, turn), write("2", one, turn))
        assert {one["__typename"] for one in answers} == {"BulkUpsertPayload"}


@pytest.mark.parametrize(
    "broken",
    [
        {"wells": [{"apiNumber": "42-003-00002"}, {"apiNumber": "42-003-00003", "latitude": 91}]},
        {"leases": [{**LEASE, "rrcLeaseId": "2"}, {**LEASE, "rrcLeaseId": "no number"}]},
        {"permits": [{"permitNumber": "1", "permitType": "DRILL", "leaseId": "MISSING"}]},
        {
            "links": [
                {
                    "edgeType": "HAS_WELL",
                    "from": {"kind": "LEASE", "naturalKey": "O|08|00001"},
                    "to": {"kind": "WELL", "naturalKey": "42-003-99999"},
                }
            ]
        },
        {
            "links": [
                {
                    "edgeType": "HAS_WELL",
                    "from": {"kind": "LEASE", "naturalKey": "O|08|00001"},
                    "to": {"kind": "WELL", "naturalKey": "42-003-00001"},
                },
                {
                    "edgeType": "HAS_WELL",
                    "from": {"kind": "WELL", "naturalKey": "42-003-00001"},
                    "to": {"kind": "LEASE", "naturalKey": "O|08|00001"},
                },
            ]
        },
    ],
    ids=["third item", "fourth item", "unknown reference", "link to nobody", "link backward"],
)
async def test_a_bulk_write_that_fails_half_way_leaves_nothing(
    caller: Caller, broken: dict[str, Any]
) -> None:
    good: dict[str, Any] = {
        "operators": [{"name": "HALFWAY OIL"}],
        "wells": [{"apiNumber": "42-003-00001"}],
        "leases": [{**LEASE, "rrcLeaseId": "1", "name": "HALFWAY"}],
    }
    missing = "00000000-0000-4000-8000-000000000000"
    given = {name: [*good.get(name, []), *broken.get(name, [])] for name in {*good, *broken}}
    for permit in given.get("permits", []):
        permit["leaseId"] = permit["leaseId"].replace("MISSING", missing)
    answer = await caller.one(BULK, input={**given, "idempotencyKey": "halfway"})
    assert answer["__typename"] in ("ValidationError", "NotFound")
    counts = await caller.data(
        """{ operators { totalCount } wells { totalCount } leases { totalCount }
             permits { totalCount } }"""
    )
    assert {one["totalCount"] for one in counts.values()} == {0}
    assert await caller.found("HALFWAY") == []
    # nor was the idempotency key taken
    answer = await caller.one(BULK, input={**good, "idempotencyKey": "halfway"})
    assert answer["createdCount"] == 3


async def test_a_bulk_of_entities_and_links_counts_each_outcome(caller: Caller) -> None:
    def gathered(role: str) -> dict[str, Any]:
        return {
            "edgeType": "GATHERED_BY",
            "from": {"kind": "LEASE", "naturalKey": "O|08|00001"},
            "to": {"kind": "OPERATOR", "naturalKey": "NAME|GATHERER"},
            "properties": {"role": role},
        }

    entities = {
        "operators": [{"name": "GATHERER"}],
        "leases": [{**LEASE, "rrcLeaseId": "1"}],
    }
    answer = await caller.one(BULK, input={**entities, "links": [gathered("GATHERER")]})
    assert (answer["createdCount"], answer["unchangedCount"]) == (3, 0)
    # of two edges between the same two, one is there and one is new
    links = [gathered("GATHERER"), gathered("PURCHASER")]
    answer = await caller.one(BULK, input={**entities, "links": links})
    assert (answer["createdCount"], answer["unchangedCount"]) == (1, 3)


async def test_at_most_a_thousand_at_a_time(caller: Caller) -> None:
    formations = [{"name": f"F{place}"} for place in range(1000)]
    answer = await caller.one(BULK, input={"formations": formations})
    assert answer["createdCount"] == 1000
    assert len(answer["nodes"]) == 1000
    answer = await caller.one(BULK, input={"formations": [*formations, {"name": "ONE MORE"}]})
    assert answer["__typename"] == "ValidationError"


async def test_an_idempotency_key_gives_the_same_answer_once(caller: Caller) -> None:
    first = await caller.upsert("Formation", "id basin", key="k1", name="WOLFCAMP", basin="A")
    await caller.upsert("Formation", name="WOLFCAMP", basin="B")
    again = await caller.upsert("Formation", "id", key="k1", name="WOLFCAMP", basin="A")
    assert (again["outcome"], again["node"]["id"]) == ("CREATED", first["node"]["id"])
    stored = await caller.one('{ formation(name: "WOLFCAMP") { basin } }')
    assert stored["basin"] == "B"
    other = await caller.upsert("Formation", key="k1", name="WOLFCAMP", basin="C")
    assert other["__typename"] == "Conflict"
    other = await caller.upsert("Operator", key="k1", name="WOLFCAMP")
    assert other["__typename"] == "Conflict"
    bulk = {"formations": [{"name": "SPRABERRY"}], "idempotencyKey": "k2"}
    answers = [await caller.one(BULK, input=bulk) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["createdCount"] == 1


async def test_callers_with_the_same_idempotency_key_write_once(caller: Caller) -> None:
    answers = await asyncio.gather(
        *(caller.upsert("Formation", key="race", name="DEAN") for _ in range(8))
    )
    assert {one["outcome"] for one in answers} == {"CREATED"}
    assert len({one["node"]["id"] for one in answers}) == 1


async def test_an_idempotency_key_belongs_to_one_tenant(caller: Caller) -> None:
    await caller.upsert("Formation", key="mine", name="DEAN")
    stranger = Caller(caller.services, caller.schema, member("stranger-of-keys", subject="test"))
    assert (await stranger.upsert("Formation", key="mine", name="X"))["outcome"] == "CREATED"


async def test_what_is_left_out_stays_and_null_clears(caller: Caller) -> None:
    fields = "id basin lithology depthTopFt updatedAt createdAt"
    first = await caller.upsert(
        "Formation", fields, name="DEAN", basin="MIDLAND", lithology="SAND", depthTopFt=8000
    )
    same = await caller.upsert("Formation", fields, name="DEAN", basin="MIDLAND")
    assert same == {**first, "outcome": "UNCHANGED"}
    changed = await caller.upsert("Formation", fields, name="DEAN", lithology="SHALE")
    assert changed["outcome"] == "UPDATED"
    assert changed["node"] == {
        **first["node"],
        "lithology": "SHALE",
        "updatedAt": changed["node"]["updatedAt"],
    }
    assert changed["node"]["updatedAt"] > first["node"]["updatedAt"]
    cleared = await caller.upsert("Formation", fields, name="DEAN", basin=None, depthTopFt=None)
    assert cleared["outcome"] == "UPDATED"
    assert (cleared["node"]["basin"], cleared["node"]["depthTopFt"]) == (None, None)
    assert cleared["node"]["lithology"] == "SHALE"
    again = await caller.upsert("Formation", fields, name="DEAN", basin=None)
    assert again["outcome"] == "UNCHANGED"


async def test_a_key_written_twice_in_one_bulk_is_one_entity(caller: Caller) -> None:
    twice = [{"name": "DEAN", "basin": "A"}, {"name": "DEAN", "lithology": "SAND"}]
    answer = await caller.one(BULK, input={"formations": twice})
    assert len({one["id"] for one in answer["nodes"]}) == 1
    stored = await caller.one('{ formation(name: "DEAN") { basin lithology } }')
    assert stored == {"basin": "A", "lithology": "SAND"}


async def test_formations_of_one_name_are_two_for_two_tenants(
    services: Services, viewer: Viewer
) -> None:
    for tenant in (viewer.tenant_id, f"{viewer.tenant_id}-other"):
        own = member(tenant, subject="test")
        async with services.database.transaction(own, "test") as session:
            (written,) = await GraphWriter(services.registry).upsert(
                session, "Formation", [Upsert(Formation(tenant_id=tenant, name="DEAN"))]
            )
        assert written.outcome == "CREATED"


async def test_natural_keys_find_what_was_written(
    services: Services, viewer: Viewer, caller: Caller
) -> None:
    await caller.upsert("Lease", **LEASE, rrcLeaseId="1")
    await caller.upsert("Operator", name="ONLY A NAME")
    reader = services.operation(viewer).reader
    found = await reader.by_natural_keys(
        viewer, "Lease", ["O|08|00001", "O|08|00002", "O|08|00001"]
    )
    assert list(found) == ["O|08|00001"]
    found = await reader.by_natural_keys(viewer, "Operator", ["NAME|ONLYANAME", ""])
    assert list(found) == ["NAME|ONLYANAME"]
    assert await reader.by_natural_keys(member("nobody", "test"), "Lease", ["O|08|00001"]) == {}
