"""Edges between two tenants' vertices, which no API could make, lead nowhere in either direction."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.global_ids import global_id
from graph_api.core.graph.filters import FilterCompiler
from graph_api.core.graph.registry import Edge
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from tests.compliance.worlds import World
from tests.entities.models.samples import MINIMAL
from tests.tenants.locks import Intruder, Locks
from tests.tenants.world import REQUIRED_OF_EDGES, Known, uuid_of
from tests.viewers import member

REGISTRY = graph_registry()
EDGES = [one for one in REGISTRY.edges if not one.end.shared]
PLANT = """
insert into oilgas."{edge}" (start_id, end_id, properties)
select s.id, e.id, $3::text::ag_catalog.agtype
from oilgas."{start}" s, oilgas."{end}" e
where s.properties ->> 'id'::text = $1 and e.properties ->> 'id'::text = $2
returning id
"""


@dataclass
class Planted:
    """One's own entities, and what edges to the other tenant's were planted."""

    viewer: Viewer
    own: dict[str, str]


async def plant(intruder: Intruder, known: Known, admin: Any, *, guarded: bool) -> Planted:
    """Entities of a new tenant, joined to the other's by every kind of edge, both ways."""
    viewer = member(f"own-{uuid4().hex[:12]}", subject="test")
    services = intruder.guarded if guarded else intruder.unguarded
    world = World(services.operation(viewer))
    own = {
        model.label(): str((await world.entity(model.label(), **values)).id)
        for model, values in MINIMAL.items()
        if not model.shared
    }
    for edge in EDGES:
        start, end = edge.start.label(), edge.end.label()
        text = PLANT.format(edge=edge.edge_type.name, start=start, end=end)
        for claimed in (viewer.tenant_id, known.tenant_id):
            for ends in (
                (own[start], uuid_of(known.ids[end])),
                (uuid_of(known.ids[start]), own[end]),
            ):
                properties = {
                    "tenant_id": claimed,
                    "edge_key": str(uuid4()),
                    "inferred": False,
                    **REQUIRED_OF_EDGES.get(edge.edge_type.name, {}),
                }
                assert await admin.fetchval(text, *ends, orjson.dumps(properties).decode())
    return Planted(viewer, own)


@pytest.fixture(scope="module")
def planted_once() -> dict[bool, Planted]:
    return {}


def _document(edge: Edge, name: str, *, forward: bool) -> str:
    label = (edge.start if forward else edge.end).label()
    field = to_camel_case(edge.forward if forward else edge.backward)
    lookup = label[0].lower() + label[1:]
    return f"""query ($id: ID!) {{ {name}: {lookup}(id: $id) {{
        id to: {field} {{ totalCount nodes {{ id }} }} }} }}"""


def _node_id(label: str, entity_id: str) -> str:
    return global_id(label, UUID(entity_id))


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("edge", EDGES, ids=lambda one: f"{one.start.label()}.{one.forward}")
async def test_a_planted_edge_leads_nowhere(
    edge: Edge,
    forward: bool,
    intruder: Intruder,
    known: Known,
    admin: Any,
    unguarded_admin: Any,
    planted_once: dict[bool, Planted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not planted_once:
        planted_once[True] = await plant(intruder, known, admin, guarded=True)
        planted_once[False] = await plant(intruder, known, unguarded_admin, guarded=False)
    near = (edge.start if forward else edge.end).label()
    far = known.ids[(edge.end if forward else edge.start).label()]

    async def to(guarded: bool, name: str = "shut") -> Any:
        # a document is compiled once: another name makes it another one
        document = _document(edge, name, forward=forward)
        planted = planted_once[guarded]
        asker = Intruder(
            intruder.guarded, intruder.unguarded, intruder.schema, planted.viewer, planted.viewer
        )
        locks = Locks.BOTH if guarded else Locks.STATEMENTS
        answer = await asker.ask(locks, document, {"id": _node_id(near, planted.own[near])})
        return answer["data"][name]["to"]

    nothing = {"totalCount": 0, "nodes": []}
    assert await to(guarded=True) == nothing
    assert await to(guarded=False) == nothing
    monkeypatch.setattr(FilterCompiler, "tenant", lambda self, alias, label: "true")
    monkeypatch.setattr(FilterCompiler, "edge_tenant", lambda self, alias: "true")
    assert await to(guarded=True, name="open") == nothing
    seen = await to(guarded=False, name="open")
    assert {"id": far} in seen["nodes"], "nothing to be seen proves nothing"
