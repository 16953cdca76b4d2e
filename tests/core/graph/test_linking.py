"""Linking, unlinking and deleting: edges told apart, references kept true, nothing left loose."""

import asyncio
from datetime import date
from typing import Any

import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from graph_api.entities.store import write_volumes
from tests.core.graph.graphs import LINK, Caller
from tests.core.graph.worlds import sql, stored_entities

LEASE = {"oilGasCode": "O", "district": "08"}


@pytest.fixture
def caller(services: Services, schema: GraphSchema, viewer: Viewer) -> Caller:
    return Caller(services, schema, viewer)


async def test_linking_the_same_edge_at_once_makes_one_edge(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    answers = await asyncio.gather(
        *(caller.link("HAS_WELL", lease, well, wellNumber="1") for _ in range(8))
    )
    assert sorted(one["outcome"] for one in answers) == ["CREATED", *["UNCHANGED"] * 7]
    query = "query ($id: ID!) { node(id: $id) { ... on Lease { wells { totalCount } } } }"
    assert (await caller.one(query, id=lease))["wells"]["totalCount"] == 1


async def test_linking_operators_at_once_leaves_the_newest_current(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    operators = [await caller.id_of("Operator", name=f"OPERATOR {place}") for place in range(8)]
    for turn in range(3):
        await asyncio.gather(
            *(
                caller.link("OPERATES", one, lease, validFrom=f"20{10 + turn}-01-{place + 1:02}")
                for place, one in enumerate(operators)
            )
        )
        assert await _operator_of(caller, lease) == "OPERATOR 7"


async def _operator_of(caller: Caller, lease: str) -> str | None:
    query = "query ($id: ID!) { node(id: $id) { ... on Lease { operator { name } } } }"
    operator = (await caller.one(query, id=lease))["operator"]
    return None if operator is None else str(operator["name"])


async def test_the_reference_follows_the_newest_edge(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    old, new, gone = [await caller.id_of("Operator", name=name) for name in ("OLD", "NEW", "GONE")]
    assert await _operator_of(caller, lease) is None
    await caller.link("OPERATES", new, lease, validFrom="2020-01-01")
    assert await _operator_of(caller, lease) == "NEW"
    await caller.link("OPERATES", old, lease, validFrom="2010-01-01")
    assert await _operator_of(caller, lease) == "NEW"
    await caller.link("OPERATES", gone, lease, validFrom="2023-01-01", validTo="2023-12-31")
    assert await _operator_of(caller, lease) == "NEW"
    assert (await caller.unlink("OPERATES", new, lease))["removed"] == 1
    assert await _operator_of(caller, lease) == "OLD"
    assert (await caller.unlink("OPERATES", old, lease))["removed"] == 1
    assert await _operator_of(caller, lease) == "GONE"
    assert (await caller.unlink("OPERATES", gone, lease))["removed"] == 1
    assert await _operator_of(caller, lease) is None
    assert (await caller.unlink("OPERATES", gone, lease))["removed"] == 0


async def test_deleting_the_newest_restores_the_earlier(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    old, new = [await caller.id_of("Operator", name=name) for name in ("OLD", "NEW")]
    await caller.link("OPERATES", old, lease, validFrom="2010-01-01")
    await caller.link("OPERATES", new, lease, validFrom="2020-01-01")
    assert (await caller.delete(new))["relationshipsRemoved"] == 1
    assert await _operator_of(caller, lease) == "OLD"
    assert (await caller.delete(old))["relationshipsRemoved"] == 1
    assert await _operator_of(caller, lease) is None


async def test_a_stated_lease_is_preferred_to_an_inferred_one(caller: Caller) -> None:
    stated, inferred = [
        await caller.id_of("Lease", **LEASE, rrcLeaseId=number, name=name)
        for number, name in (("1", "STATED"), ("2", "INFERRED"))
    ]
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    flare = await caller.id_of(
        "FlaringAuthorization", authorizationNumber="50123", maxVolumeMcfPerDay=1
    )
    query = """query ($id: ID!) { node(id: $id) { ... on FlaringAuthorization { lease { name } }
      ... on Well { lease { name } } } }"""
    await caller.link("AUTHORIZES", flare, inferred, inferred=True, confidence=0.99)
    assert (await caller.one(query, id=flare))["lease"]["name"] == "INFERRED"
    await caller.link("AUTHORIZES", flare, stated)
    await caller.link("AUTHORIZES", flare, inferred, validFrom="2024-01-01", inferred=True)
    assert (await caller.one(query, id=flare))["lease"]["name"] == "STATED"
    await caller.unlink("AUTHORIZES", flare, stated)
    assert (await caller.one(query, id=flare))["lease"]["name"] == "INFERRED"
    await caller.link("HAS_WELL", stated, well)
    assert (await caller.one(query, id=well))["lease"]["name"] == "STATED"
    await caller.unlink("HAS_WELL", stated, well)
    assert (await caller.one(query, id=well))["lease"] is None


async def test_edges_of_one_type_between_two_are_told_apart_by_their_properties(
    caller: Caller,
) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    operator = await caller.id_of("Operator", name="GATHERER")
    roles = ("GATHERER", "PURCHASER", "NOMINATOR")
    for role in roles:
        answer = await caller.link("GATHERED_BY", lease, operator, role=role, percentage=50)
        assert answer["outcome"] == "CREATED"
    same = await caller.link("GATHERED_BY", lease, operator, role="GATHERER", percentage=50)
    assert same["outcome"] == "UNCHANGED"
    more = await caller.link("GATHERED_BY", lease, operator, role="GATHERER", percentage=60)
    assert more["outcome"] == "UPDATED"
    query = """query ($id: ID!) { node(id: $id) { ... on Lease {
      gatherers { edges { role percentage inferred source } } } } }"""
    edges = (await caller.one(query, id=lease))["gatherers"]["edges"]
    assert {one["role"]: one["percentage"] for one in edges} == {
        "GATHERER": 60,
        "PURCHASER": 50,
        "NOMINATOR": 50,
    }
    assert {(one["inferred"], one["source"]) for one in edges} == {(False, "manual")}
    answer = await caller.unlink("GATHERED_BY", lease, operator, role="PURCHASER")
    assert answer["removed"] == 1
    assert (await caller.unlink("GATHERED_BY", lease, operator))["removed"] == 2


async def test_what_a_link_leaves_out_stays(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    given = {"inferred": True, "confidence": 0.5, "wellNumber": "1", "source": "survey"}
    await caller.link("HAS_WELL", lease, well, **given)
    answer = await caller.link("HAS_WELL", lease, well, wellNumber="2")
    assert answer["outcome"] == "UPDATED"
    query = """query ($id: ID!) { node(id: $id) { ... on Lease {
      wells { edges { inferred confidence wellNumber source } } } } }"""
    (edge,) = (await caller.one(query, id=lease))["wells"]["edges"]
    assert edge == {**given, "wellNumber": "2"}


async def test_links_that_cannot_be_say_why(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1")
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    backward = await caller.link("HAS_WELL", well, lease)
    assert backward["errors"][0]["path"] == "edgeType"
    wrong = await caller.link("HAS_WELL", lease, well, distanceFt=3)
    assert wrong["errors"][0]["path"] == "properties.distanceFt"
    reversed_ = await caller.link(
        "HAS_WELL", lease, well, validFrom="2024-01-02", validTo="2024-01-01"
    )
    assert reversed_["errors"][0]["path"] == "properties.validTo"
    nobody = {"kind": "WELL", "naturalKey": "42-003-00009"}
    wanted = {"edgeType": "HAS_WELL", "from": {"id": lease}, "to": nobody}
    assert (await caller.one(LINK, input=wanted))["path"] == "to"
    wanted = {"edgeType": "HAS_WELL", "from": {}, "to": nobody}
    assert (await caller.one(LINK, input=wanted))["errors"][0]["path"] == "from"


async def test_deleting_removes_every_mention(caller: Caller) -> None:
    lease = await caller.id_of("Lease", **LEASE, rrcLeaseId="1", name="DOOMED")
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    operator = await caller.id_of("Operator", name="OWNER")
    permit = await caller.id_of("Permit", permitNumber="1", permitType="DRILL", leaseId=lease)
    await caller.link("HAS_WELL", lease, well)
    await caller.link("OPERATES", operator, lease)
    await caller.link("GATHERED_BY", lease, operator, role="GATHERER")
    async with caller.services.database.transaction(caller.viewer, "test") as session:
        (stored,) = await stored_entities(session, caller.services, "Lease")
        await _write_volume(caller, session, str(stored.id))
    assert await caller.found("DOOMED") == ["DOOMED"]
    answer = await caller.delete(lease)
    assert answer["relationshipsRemoved"] == 3
    assert answer["deletedId"] == lease
    left = await caller.data(
        """query ($lease: ID!, $well: ID!, $operator: ID!, $permit: ID!) {
          lease: node(id: $lease) { id }
          well: node(id: $well) { ... on Well { leaseId leases { totalCount } } }
          operator: node(id: $operator) { ... on Operator {
            leases { totalCount } gatheredLeases { totalCount } } }
          permit: node(id: $permit) { ... on Permit { leaseId lease { id } } }
          leases { totalCount } }""",
        lease=lease,
        well=well,
        operator=operator,
        permit=permit,
    )
    assert left == {
        "lease": None,
        "well": {"leaseId": None, "leases": {"totalCount": 0}},
        "operator": {"leases": {"totalCount": 0}, "gatheredLeases": {"totalCount": 0}},
        "permit": {"leaseId": None, "lease": None},
        "leases": {"totalCount": 0},
    }
    assert await caller.found("DOOMED") == []
    async with caller.services.database.transaction(caller.viewer, "test") as session:
        assert await _volumes(session, str(stored.id)) == 0
    assert (await caller.delete(lease))["__typename"] == "NotFound"


async def _write_volume(caller: Caller, session: Any, lease_id: str) -> None:
    await write_volumes(session, [(lease_id, date(2024, 1, 1), {"oil_bbl": 5})])
    assert await _volumes(session, lease_id) == 1


async def _volumes(session: Any, lease_id: str) -> int:
    text = "select count(*) as n from public.lease_volumes where lease_id = $1::text::uuid"
    return int((await session.fetch(sql(text), lease_id))[0]["n"])


async def test_deleting_and_linking_at_once_leaves_no_loose_edge(caller: Caller) -> None:
    well = await caller.id_of("Well", apiNumber="42-003-00001")
    query = """query ($id: ID!) { node(id: $id) { ... on Well { leaseId
      leases { totalCount nodes { id } } } } }"""
    for turn in range(5):
        lease = await caller.id_of("Lease", **LEASE, rrcLeaseId=str(turn + 1))
        linked, deleted = await asyncio.gather(
            caller.link("HAS_WELL", lease, well), caller.delete(lease)
        )
        assert deleted["__typename"] == "DeleteEntityPayload"
        assert linked["__typename"] in ("LinkPayload", "NotFound")
        left = await caller.one(query, id=well)
        assert left == {"leaseId": None, "leases": {"totalCount": 0, "nodes": []}}
