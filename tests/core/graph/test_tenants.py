"""Another tenant's data is neither seen nor touched, whatever names it."""

from base64 import urlsafe_b64decode
from typing import Any
from uuid import uuid4

import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from tests.core.graph.graphs import LINK, Caller
from tests.core.graph.worlds import sql
from tests.viewers import member

LEASE = {"oilGasCode": "O", "district": "08", "rrcLeaseId": "1"}


class Neighbours:
    """Two tenants with entities of the same keys."""

    def __init__(self, services: Services, schema: GraphSchema) -> None:
        self.own, self.theirs = [
            Caller(services, schema, member(f"{name}-{uuid4().hex[:12]}", subject="test"))
            for name in ("own", "theirs")
        ]
        self.ids: dict[str, str] = {}

    async def write(self) -> None:
        for owner, caller in (("own", self.own), ("their", self.theirs)):
            operator = await caller.id_of("Operator", name="SHARED NAME", p5Number="77")
            lease = await caller.id_of("Lease", **LEASE, name=f"{owner.upper()} LEASE")
            well = await caller.id_of("Well", apiNumber="42-003-00001")
            await caller.link("OPERATES", operator, lease)
            await caller.link("HAS_WELL", lease, well)
            self.ids |= {f"{owner} operator": operator, f"{owner} lease": lease}
            self.ids[f"{owner} well"] = well


@pytest.fixture
async def neighbours(services: Services, schema: GraphSchema) -> Neighbours:
    made = Neighbours(services, schema)
    await made.write()
    return made


async def test_reads_show_only_the_viewers_own(neighbours: Neighbours) -> None:
    own, ids = neighbours.own, neighbours.ids
    found = await own.data(
        """query ($theirs: ID!, $ids: [ID!]!) {
          node(id: $theirs) { id } nodes(ids: $ids) { id } byId: lease(id: $theirs) { id }
          lease(rrcLeaseId: "00001") { id name operator { id } operators { nodes { id } } }
          operator(p5Number: "000077") { id leases { totalCount nodes { id } } }
          well(apiNumber: "42-003-00001") { id lease { id } leases { nodes { id } } }
          leases { totalCount nodes { id } }
          search(text: "SHARED NAME") { nodes { node { id } } } }""",
        theirs=ids["their lease"],
        ids=[ids["their well"], ids["own well"], ids["their operator"]],
    )
    own_lease, own_operator = {"id": ids["own lease"]}, {"id": ids["own operator"]}
    assert found == {
        "node": None,
        "nodes": [None, {"id": ids["own well"]}, None],
        "byId": None,
        "lease": {
            **own_lease,
            "name": "OWN LEASE",
            "operator": own_operator,
            "operators": {"nodes": [own_operator]},
        },
        "operator": {**own_operator, "leases": {"totalCount": 1, "nodes": [own_lease]}},
        "well": {"id": ids["own well"], "lease": own_lease, "leases": {"nodes": [own_lease]}},
        "leases": {"totalCount": 1, "nodes": [own_lease]},
        "search": {"nodes": [{"node": own_operator}]},
    }


async def test_writes_do_not_reach_another_tenant(neighbours: Neighbours) -> None:
    own, theirs, ids = neighbours.own, neighbours.theirs, neighbours.ids
    before = await _everything(theirs)
    for start, end in (("own", "their"), ("their", "own"), ("their", "their")):
        answer = await own.link("HAS_WELL", ids[f"{start} lease"], ids[f"{end} well"])
        assert answer["__typename"] == "NotFound"
        answer = await own.unlink("HAS_WELL", ids[f"{start} lease"], ids[f"{end} well"])
        assert answer["__typename"] == "NotFound"
    for name in ("their lease", "their well", "their operator"):
        assert (await own.delete(ids[name]))["__typename"] == "NotFound"
    answer = await own.upsert(
        "Permit", permitNumber="1", permitType="DRILL", leaseId=ids["their lease"]
    )
    assert answer["__typename"] == "ValidationError"
    assert answer["errors"][0]["path"] == "permit.leaseId"
    # keys that both have name one's own
    keys = {
        "edgeType": "HAS_WELL",
        "from": {"kind": "LEASE", "naturalKey": "O|08|00001"},
        "to": {"kind": "WELL", "naturalKey": "42-003-00001"},
        "properties": {"wellNumber": "9"},
    }
    assert (await own.one(LINK, input=keys))["outcome"] == "UPDATED"
    changed = await own.upsert("Lease", "id name", **LEASE, name="RENAMED")
    assert changed["node"] == {"id": ids["own lease"], "name": "RENAMED"}
    assert (await own.delete(ids["own operator"]))["relationshipsRemoved"] == 1
    assert await _everything(theirs) == before


async def _everything(caller: Caller) -> Any:
    return await caller.data(
        """{ leases { nodes { id name updatedAt operatorId wells { edges { wellNumber } } } }
             operators { nodes { id updatedAt leases { totalCount } } }
             wells { nodes { id updatedAt leaseId } }
             search(text: "LEASE") { nodes { title } } }"""
    )


@pytest.mark.parametrize("planted_for", ["own", "theirs"])
async def test_a_planted_edge_across_tenants_leads_nowhere(
    neighbours: Neighbours, planted_for: str
) -> None:
    """Even an edge that no API could have made, whichever tenant it claims, shows nothing."""
    own, ids = neighbours.own, neighbours.ids
    claimed = getattr(neighbours, planted_for).viewer.tenant_id
    async with own.services.database.transaction(own.viewer, "test") as session:
        for start, end in (("own lease", "their well"), ("their lease", "own well")):
            await session.fetch(
                sql(
                    """insert into oilgas."HAS_WELL" (start_id, end_id, properties)
                    select s.id, e.id, $3::text::ag_catalog.agtype
                    from oilgas."Lease" s, oilgas."Well" e
                    where s.properties ->> 'id'::text = $1 and e.properties ->> 'id'::text = $2"""
                ),
                _uuid(ids[start]),
                _uuid(ids[end]),
                f'{{"tenant_id": "{claimed}", "edge_key": "", "inferred": false}}',
            )
    found = await own.data(
        """query ($lease: ID!, $well: ID!) {
          lease: node(id: $lease) { ... on Lease { wells { totalCount nodes { id } } } }
          well: node(id: $well) { ... on Well { leases { totalCount nodes { id } } } }
          none: leases(where: {wells: {none: {apiNumber: {eq: "42-003-00001"}}}}) { totalCount }
          near: neighborhood(id: $lease, depth: 3) { nodes { id } edges { start end } } }""",
        lease=ids["own lease"],
        well=ids["own well"],
    )
    own_ids = {ids["own lease"], ids["own well"], ids["own operator"]}
    assert found["lease"]["wells"] == {"totalCount": 1, "nodes": [{"id": ids["own well"]}]}
    assert found["well"]["leases"] == {"totalCount": 1, "nodes": [{"id": ids["own lease"]}]}
    assert found["none"]["totalCount"] == 0
    assert {one["id"] for one in found["near"]["nodes"]} == own_ids
    assert {one[end] for one in found["near"]["edges"] for end in ("start", "end")} == own_ids
    for start, end in (("own lease", "their well"), ("own lease", "their lease")):
        result = await own.result(
            "query ($a: ID!, $b: ID!) { shortestPath(from: $a, to: $b) { length } }",
            {"a": ids[start], "b": ids[end]},
        )
        assert "there is no such entity" in result.body["errors"][0]["message"]
    result = await own.result(
        "query ($id: ID!) { neighborhood(id: $id) { nodes { id } } }", {"id": ids["their lease"]}
    )
    assert "there is no such entity" in result.body["errors"][0]["message"]


def _uuid(node_id: str) -> str:
    return urlsafe_b64decode(node_id + "==").decode().partition(":")[2]


async def test_only_administrators_write_what_all_share(neighbours: Neighbours) -> None:
    rule = {
        "ruleId": f"SWR_{uuid4().hex[:8]}",
        "title": "Title",
        "citation": "16 TAC",
        "summary": "Summary.",
        "jurisdiction": "RRC",
    }
    assert (await neighbours.own.upsert("Regulation", **rule))["__typename"] == "Forbidden"
    own = neighbours.own
    admin = Caller(
        own.services, own.schema, member("admins", subject="test", administers_shared=True)
    )
    node_id = await admin.id_of("Regulation", **rule)
    lookup = "query ($id: ID!) { node(id: $id) { id } }"
    for caller in (neighbours.own, neighbours.theirs):
        assert await caller.one(lookup, id=node_id) == {"id": node_id}
        assert (await caller.delete(node_id))["__typename"] == "Forbidden"
    assert (await admin.delete(node_id))["deletedId"] == node_id
