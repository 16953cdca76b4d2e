"""What an answer tells of how it came about: to whom, and whether it is true."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.permissions import PERMISSIONS_OF_ROLE, Permission, Role
from graph_api.core.viewer import Viewer
from tests.core.graph.graphs import Caller
from tests.core.observing.conftest import Observed
from tests.core.observing.conftest import log_stream as log_stream  # noqa: PLC0414
from tests.core.observing.conftest import observed as observed  # noqa: PLC0414
from tests.core.observing.test_metrics import value

NESTED = """{ leases(first: 10) { nodes { name operator { name }
  wells(first: 5) { edges { node { apiNumber operator { name } } } } } } }"""
TWICE = '{ a: operator(p5Number: "700001") { name } b: operator(p5Number: "700002") { name } }'


class Explained:
    """Asks one tenant's API how it answers."""

    def __init__(self, services: Services, schema: GraphSchema, viewer: Viewer) -> None:
        self.services, self.schema, self.viewer = services, schema, viewer

    async def result(
        self, query: str, *, viewer: Viewer | None = None, explain: bool = True
    ) -> OperationResult:
        context = self.services.operation(viewer or self.viewer)
        return await run_operation(self.schema.schema, context, query, explain=explain)

    async def plan(self, query: str) -> dict[str, Any]:
        result = await self.result(query)
        assert "errors" not in result.body, result.body["errors"]
        plan: dict[str, Any] = result.body["extensions"]["plan"]
        assert _names(plan) == result.statements.names, "what is told is all that ran"
        return plan


def _names(plan: dict[str, Any]) -> list[str]:
    return [one["name"] for level in plan["levels"] for one in level["statements"]]


def _at(plan: dict[str, Any], path: str) -> dict[str, Any]:
    (level,) = (one for one in plan["levels"] if path in one["paths"])
    found: dict[str, Any] = level
    return found


@pytest.fixture
async def asked(services: Services, schema: GraphSchema, viewer: Viewer) -> Explained:
    """A tenant of two leases of one operator with three wells."""
    caller = Caller(services, schema, viewer)
    operator = await caller.id_of("Operator", name="ACME", p5Number="700001")
    for number in (1, 2):
        lease = await caller.id_of(
            "Lease",
            name=f"L{number}",
            oilGasCode="O",
            district="08",
            rrcLeaseId=f"0000{number}",
        )
        await caller.link("OPERATES", operator, lease)
        for place in range(number):
            well = await caller.id_of("Well", apiNumber=f"42-003-{number}000{place}")
            await caller.link("OPERATES", operator, well)
            await caller.link("HAS_WELL", lease, well)
    return Explained(services, schema, viewer)


async def test_levels_say_what_ran_for_which_fields(asked: Explained) -> None:
    plan = await asked.plan(NESTED)
    assert (plan["executor"], plan["because"]) == ("plan", None)
    told = [(one["paths"], one["by"], one["parents"]) for one in plan["levels"]]
    assert told == [
        (["leases"], "plan", 1),
        (["leases.nodes.operator"], "plan", 2),
        (["leases.nodes.wells"], "plan", 2),
        (["leases.nodes.wells.edges.node.operator"], "plan", 3),
    ]
    rows = [[one["rows"] for one in level["statements"]] for level in plan["levels"]]
    # the wells' operator has been read for the leases already
    assert rows == [[2], [1], [3], []]
    seconds = [one["microseconds"] for level in plan["levels"] for one in level["statements"]]
    assert all(one > 0 for one in seconds)
    assert abs(sum(seconds) - plan["databaseMicroseconds"]) <= len(seconds)
    assert plan["databaseMicroseconds"] < plan["microseconds"]
    assert plan["cost"] == (await asked.result(NESTED)).cost


async def test_what_root_fields_read_together_is_told_once(asked: Explained) -> None:
    plan = await asked.plan(TWICE)
    first, second = plan["levels"]
    assert (first["paths"], second["paths"]) == (["a"], ["b"])
    (together,) = first["statements"]
    assert (together["rows"], together["alsoFor"]) == (1, ["b"])
    assert second["statements"] == []


async def test_what_is_left_to_resolvers_is_told(asked: Explained) -> None:
    plan = await asked.plan("{ leases { nodes { name checklists { status } } } }")
    assert plan["executor"] == "mixed"
    assert plan["because"] == "left to resolvers: leases.nodes.checklists"
    level = _at(plan, "leases.nodes.checklists")
    assert (level["by"], level["parents"]) == ("resolvers", 2)
    assert level["statements"]


async def test_why_there_is_no_plan_is_told(asked: Explained) -> None:
    plan = await asked.plan("{ rules(first: 1) { totalCount } }")
    assert (plan["executor"], plan["because"]) == ("standard", "Query.rules")
    (level,) = plan["levels"]
    assert (level["paths"], level["by"]) == ([], "resolvers")


async def test_a_plan_that_was_given_up_is_told_with_what_it_ran(asked: Explained) -> None:
    result = await asked.result('{ leases { nodes { name } } node(id: "wrong") { id } }')
    plan = result.body["extensions"]["plan"]
    assert result.body["errors"]
    assert (plan["executor"], plan["because"]) == ("standard", "an error")
    assert sorted(_names(plan)) == sorted(result.statements.names)


@pytest.mark.parametrize("role", list(Role))
async def test_only_who_may_know_is_told(asked: Explained, role: Role) -> None:
    viewer = Viewer(asked.viewer.tenant_id, "somebody", roles=frozenset({role}))
    query = "{ leases { nodes { name } } }"
    told = await asked.result(query, viewer=viewer)
    silent = await asked.result(query, viewer=viewer, explain=False)
    may = Permission.EXPLAIN in PERMISSIONS_OF_ROLE[role]
    assert ("plan" in told.body["extensions"]) is may
    assert "plan" not in silent.body["extensions"]
    assert "errors" not in told.body
    assert told.body["data"] == silent.body["data"]


@pytest.fixture
def client(live_server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live_server_url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("extensions", "is_told"),
    [({"explain": True}, True), ({"explain": "yes"}, False), ({}, False), (None, False)],
)
def test_every_transport_takes_it(
    client: httpx.Client, extensions: dict[str, Any] | None, is_told: bool
) -> None:
    query = "{ leases { totalCount } }"
    posted = client.post("/graphql", json={"query": query, "extensions": extensions})
    given = {"query": query, "extensions": orjson.dumps(extensions).decode()}
    got = client.get("/graphql", params=given)
    streamed = client.post(
        "/graphql",
        json={"query": query, "extensions": extensions},
        headers={"Accept": "text/event-stream"},
    )
    (event,) = (line for line in streamed.text.splitlines() if line.startswith("data: {"))
    answers = [posted.json(), got.json(), orjson.loads(event[6:])]
    answers.append(_by_socket(str(client.base_url), query, extensions))
    for answer in answers:
        assert ("plan" in answer["extensions"]) is is_told
        if is_told:
            assert answer["extensions"]["plan"]["executor"] == "plan"
            assert len(answer["extensions"]["plan"]["levels"]) == 1


def _by_socket(url: str, query: str, extensions: dict[str, Any] | None) -> dict[str, Any]:
    address = f"{url.rstrip('/').replace('http', 'ws', 1)}/graphql"
    with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        socket.send('{"type": "connection_init"}')
        assert orjson.loads(socket.recv(10))["type"] == "connection_ack"
        payload = {"query": query, "extensions": extensions}
        socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode())
        message = orjson.loads(socket.recv(10))
    assert message["type"] == "next"
    answer: dict[str, Any] = message["payload"]
    return answer


async def test_what_carried_operations_out_is_counted_and_logged(observed: Observed) -> None:
    await observed.ask("{ leases { nodes { name } } }")
    await observed.ask("{ leases { nodes { name checklists { status } } } }")
    await observed.ask("{ rules(first: 1) { totalCount } }")
    await observed.ask("{ nothing }")
    text = await observed.measured()
    for executor in ("plan", "mixed", "standard"):
        assert value(text, f'graph_api_operations_executor_total{{executor="{executor}"}}') == 1
    lines = [line["executor"] for line in observed.lines("operation")]
    assert lines == ["plan", "mixed", "standard", None]
