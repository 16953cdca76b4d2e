"""Small worlds of entities with everything awkward in them, written through the graph's writer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid4

from graph_api.core.context import Services
from graph_api.core.database import Session
from graph_api.core.graph.linking import VertexEnd
from graph_api.core.graph.rows import hydrate, hydrate_edge
from graph_api.core.graph.writing import GraphWriter, Upsert
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from graph_api.models import (
    Facility,
    FacilityType,
    Formation,
    GatheredBy,
    GatheringRole,
    HasWell,
    Lease,
    Offsets,
    Operates,
    Operator,
    Permit,
    Permits,
    Well,
)
from tests.core.graph.oracle import Oracle, StoredEdge
from tests.viewers import member

AWKWARD_TEXTS = (
    "a",
    "A",
    "a a",
    "Ä",
    "ä",
    "Z",
    "z'; drop table x --",
    'quote "Q"',
    "back\\slash",
    "a\\",
    "$$a$$",
    "$1 a",
    "a::vertex",
    'a"::numeric',
    "{label}",
    "%s_a",
    "a\u0301",
    "日本語 a",
    "\U0001f6e2 a",
    "\ufffda",
    "\U00010000a",
    "a\nb\tc",
    "שלום a",
    "null",
    "NaN",
    "-1",
    "1e308",
    "a" * 200,
)
_AMOUNTS = (None, 0.0, 0.0, 1.0, 0.1 + 0.2, 0.30000000000000004, 1e-300, 1.5e300, 2**53, 7, 7)
_DEGREES = (None, -0.0, 0.0, -31.5, -31.5, 31.5, 31.500000000000004, -89.999999, 90)
_DEPTHS = (None, None, 0, 1, 1, 9, 10, 100, 2**31 - 1, 2**31 - 2)
_DAYS = (None, date(1, 1, 1), date(999, 12, 31), date(1999, 9, 9), date(2024, 2, 29), date.max)
_DISTRICTS = (None, "08", "7C", "8A", "10", "01")
_COUNTIES = (None, "ANDREWS", "MIDLAND", "HIGH IS-E,S")


_EDGES = """
select e.id::text as id, s.properties ->> 'id'::text as start_id,
       t.properties ->> 'id'::text as end_id, e.properties
from oilgas."{edge_type}" e
join oilgas._ag_label_vertex s on s.id = e.start_id
join oilgas._ag_label_vertex t on t.id = e.end_id
where e.properties ->> 'tenant_id'::text = $1"""


@dataclass(repr=False)
class World:
    """A tenant's data, as the oracle knows it."""

    viewer: Viewer
    oracle: Oracle


async def write_entities(
    services: Services, viewer: Viewer, entities: Sequence[GraphEntity]
) -> list[GraphEntity]:
    """Upsert entities of one label; returns them as stored."""
    async with services.database.transaction(viewer, "test") as session:
        written = await GraphWriter(services.registry).upsert(
            session, entities[0].label(), [Upsert(one) for one in entities]
        )
    return [one.entity for one in written]


Link = tuple[str, GraphEntity, GraphEntity, EdgeProperties]


async def write_links(services: Services, viewer: Viewer, links: Iterable[Link]) -> None:
    """Add edges, each by type, ends and properties."""
    writer = GraphWriter(services.registry)
    async with services.database.transaction(viewer, "test") as session:
        for edge_type, start, end, properties in links:
            (edge,) = services.registry.edges_between(edge_type, start.label(), end.label())
            near, far = [VertexEnd(one.graph_id, str(one.id)) for one in (start, end)]
            await writer.link(session, edge, [(near, far, properties)])


def sql(text: str) -> Statement:
    """A statement of a test's own."""
    return Statement("test", text, "A test's own look at the database.", "sql")


async def stored_entities(session: Session, services: Services, label: str) -> list[GraphEntity]:
    """Every entity of a label that the viewer's tenant has, read without the code under test."""
    rows = await session.fetch(
        sql(
            f'select id::text as graph_id, properties from oilgas."{label}"'  # noqa: S608
            " where ((properties ->> 'tenant_id'::text) collate \"C\") = $1"
        ),
        session.viewer.tenant_id,
    )
    model = services.registry.entity(label)
    return [hydrate(model, row["graph_id"], row["properties"]) for row in rows]


async def stored_edges(session: Session, services: Services, edge_type: str) -> list[StoredEdge]:
    """Every edge of a type that the viewer's tenant has."""
    rows = await session.fetch(sql(_EDGES.format(edge_type=edge_type)), session.viewer.tenant_id)
    properties = services.registry.edge_types[edge_type].properties
    return [
        StoredEdge(
            edge_type,
            UUID(row["start_id"]),
            UUID(row["end_id"]),
            hydrate_edge(properties, row["properties"]),
            int(row["id"]),
        )
        for row in rows
    ]


async def oracle_of(services: Services, viewer: Viewer) -> Oracle:
    """What the tenant has."""
    async with services.database.transaction(viewer, "test") as session:
        entities = {
            label: await stored_entities(session, services, label)
            for label in services.registry.entities
        }
        edges = [
            edge
            for edge_type in services.registry.edge_types
            for edge in await stored_edges(session, services, edge_type)
        ]
    return Oracle(services.registry, entities, edges)


async def make_world(services: Services, seed: int) -> World:
    """A world of a few dozen entities of each of six kinds, with edges among them."""
    viewer = member(f"world-{uuid4().hex[:12]}", subject="test", administers_shared=True)
    made = _Maker(Random(seed), viewer.tenant_id)
    kinds = (made.operators(), made.formations(), made.leases(), made.wells(), made.facilities())
    operators, _, leases, wells, _ = [
        await write_entities(services, viewer, entities) for entities in kinds
    ]
    permits = await write_entities(services, viewer, made.permits(operators, leases))
    await write_links(services, viewer, made.links(operators, leases, wells, permits))
    world = World(viewer, await oracle_of(services, viewer))
    for entities in kinds:
        _assert_stored(entities, world.oracle.entities[entities[0].label()])
    return world


def _assert_stored(given: Sequence[GraphEntity], stored: Sequence[GraphEntity]) -> None:
    by_id = {one.id: one for one in stored}
    for one in given:
        kept = by_id[one.id].model_dump()
        # a text's lone null and a link's reference are the only things the writer adds
        assert {name: kept[name] for name in one.model_fields_set} == {
            name: getattr(one, name) for name in one.model_fields_set
        }


class _Maker:
    def __init__(self, random: Random, tenant: str) -> None:
        self._random = random
        self._tenant = tenant

    def _one(self, *values: Any) -> Any:
        return self._random.choice(values)

    def _make(self, model: type[GraphEntity], **values: Any) -> Any:
        given = {name: value for name, value in values.items() if value is not None}
        return model.model_validate({"tenant_id": self._tenant, **given})

    def _made(self, count: int, make: Any) -> list[Any]:
        """So many entities of different natural keys."""
        found: dict[str, Any] = {}
        while len(found) < count:
            one = make(len(found))
            found.setdefault(one.natural_key, one)
        return list(found.values())

    def operators(self) -> list[Any]:
        return self._made(
            20,
            lambda place: self._make(
                Operator,
                name=f"{self._one(*AWKWARD_TEXTS)[:190]} 7",
                p5_number=self._one(None, f"{self._random.randrange(1, 30):06d}"),
                p5_status=self._one(None, "ACTIVE", "DELINQUENT"),
                p5_last_filed_on=self._one(*_DAYS[:3]),
                p5_renewal_due_on=self._one(*_DAYS[3:]),
                financial_security_usd=self._one(*_AMOUNTS),
                phone=self._one(None, *AWKWARD_TEXTS),
            ),
        )

    def formations(self) -> list[Any]:
        return self._made(
            20,
            lambda place: self._make(
                Formation,
                name=f"{self._one(*AWKWARD_TEXTS)[:190]}{place}",
                basin=self._one(None, *AWKWARD_TEXTS),
                depth_top_ft=self._one(*_DEPTHS),
            ),
        )

    def leases(self) -> list[Any]:
        return self._made(
            25,
            lambda place: self._make(
                Lease,
                oil_gas_code="O",
                district=self._one(*_DISTRICTS[1:]),
                rrc_lease_id=f"{self._random.randrange(1, 12):05d}",
                name=self._one(None, None, *AWKWARD_TEXTS),
                county=self._one(*_COUNTIES),
                status=self._one(None, "ACTIVE", "SEVERED"),
                acreage_acres=self._one(*_AMOUNTS),
                effective_date=self._one(*_DAYS),
                is_severed=self._one(None, True, False),
            ),
        )

    def wells(self) -> list[Any]:
        return self._made(
            45,
            lambda place: self._make(
                Well,
                api_number=f"42-003-{self._random.randrange(1, 99999):05d}",
                well_name=self._one(None, None, *AWKWARD_TEXTS),
                well_number=self._one(None, "1", "1R", "10", "'1"),
                status=self._one("UNKNOWN", "PRODUCING", "SHUT_IN"),
                district=self._one(*_DISTRICTS),
                county=self._one(*_COUNTIES),
                longitude=self._one(*_DEGREES),
                total_depth_ft=self._one(*_DEPTHS),
                distance_to_lease_line_ft=self._one(*_AMOUNTS),
                spud_date=self._one(*_DAYS[:3]),
                completion_date=self._one(*_DAYS[3:]),
                is_h2s=self._one(None, True, False),
            ),
        )

    def facilities(self) -> list[Any]:
        return self._made(
            30,
            lambda place: self._make(
                Facility,
                name=self._one(*AWKWARD_TEXTS),
                facility_type=self._one(FacilityType.FLARE, FacilityType.GAS_PLANT),
                latitude=self._one(*_DEGREES),
                longitude=self._one(*_DEGREES),
                county=self._one(*_COUNTIES),
                constructed_on=self._one(*_DAYS),
                capacity=self._one(*_AMOUNTS),
            ),
        )

    def permits(self, operators: Sequence[Any], leases: Sequence[Any]) -> list[Any]:
        return self._made(
            25,
            lambda place: self._make(
                Permit,
                permit_number=f"{self._random.randrange(1, 12):07d}",
                amendment_sequence=self._random.randrange(0, 4),
                permit_type="DRILL",
                statewide_rules=self._random.sample(["37", "38", 'a"b', "$$", "\\"], 2)
                if place % 3
                else [],
                operator_id=self._one(None, *(one.id for one in operators[:4])),
                lease_id=self._one(None, *(one.id for one in leases[:4])),
            ),
        )

    def links(
        self,
        operators: Sequence[Any],
        leases: Sequence[Any],
        wells: Sequence[Any],
        permits: Sequence[Any],
    ) -> list[Link]:
        random = self._random
        links: list[Link] = []
        for _ in range(40):
            role = GatheredBy(
                role=random.choice(list(GatheringRole)),
                valid_from=random.choice(_DAYS[:3]),
                percentage=random.choice([None, 0, 33.3, 100]),
                inferred=random.random() < 0.5,
                source=random.choice([None, *AWKWARD_TEXTS]),
            )
            links.append(
                ("GATHERED_BY", random.choice(leases[:6]), random.choice(operators[:4]), role)
            )
        for well in wells[:35]:
            number = random.choice([None, "1", "1R"])
            held = HasWell(well_number=number, inferred=random.random() < 0.3)
            links.append(("HAS_WELL", random.choice(leases[:5]), well, held))
        for end in (*leases, *wells[:20]):
            since = Operates(valid_from=random.choice(_DAYS[:5]))
            links.append(("OPERATES", random.choice(operators), end, since))
        for _ in range(30):
            one, other = random.sample(list(wells[:10]), 2)
            links.append(("OFFSETS", one, other, Offsets(distance_ft=random.choice([0, 7, 1e9]))))
        for permit in permits[:15]:
            links.append(("PERMITS", permit, random.choice(wells[:5]), Permits()))
        return links
