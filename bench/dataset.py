"""The benchmark's world: synthetic operators, leases, wells and permits, always the same.

Every number follows from the size alone, and every id from the number of its entity, so two runs
on two machines measure the same rows. One lease is a hub: it holds a tenth of all wells, at most
10,000. The others hold 1 to 19 wells, 10 on average, which lie scattered over the table as they
do after a genuine load.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from graph_api.core.graph.rows import encode_entity
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.entities.graph import HAS_WELL, IN_FIELD, OPERATES, PERMITS
from graph_api.entities.models import (
    Field,
    HasWell,
    InField,
    Lease,
    Operates,
    Operator,
    Permit,
    Permits,
    Well,
)

TENANT = "bench"
FEWEST_WELLS, MOST_WELLS = 100, 1_000_000
HUB_MOST_WELLS = 10_000
PERMITS_OF_WELLS = (1, 0, 2, 1, 0, 1, 0, 1, 0, 7)
"""How many permits one well after the other has; 7 is more than the nested query shows."""

_SEED = 37
_WELLS_OF_LEASES = tuple(1 + place * 7 % 19 for place in range(19))
_DISTRICTS = ("08", "7C", "8A")
_COUNTIES = (
    *(("ANDREWS", "003"), ("CRANE", "103"), ("DAWSON", "115"), ("ECTOR", "135")),
    *(("GAINES", "165"), ("GLASSCOCK", "173"), ("HOWARD", "227"), ("LOVING", "301")),
    *(("MARTIN", "317"), ("MIDLAND", "329"), ("PECOS", "371"), ("REAGAN", "383")),
    *(("REEVES", "389"), ("UPTON", "461"), ("WARD", "475"), ("WINKLER", "495")),
)
_STATUSES = ("PRODUCING", "PRODUCING", "SHUT_IN", "INACTIVE", "PLUGGED", "PERMITTED")
_WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_OPERATING = Operates(valid_from=date(2015, 1, 1), source="bench")
_FIELDS = 24


class End(NamedTuple):
    """One end of an edge: a label, and the place of the vertex among its kind, from 0."""

    label: str
    place: int


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge of the world."""

    start: End
    end: End
    properties: EdgeProperties


class Dataset:
    """The world of so many wells; ValueError for a size it cannot have."""

    def __init__(self, wells: int) -> None:
        if not FEWEST_WELLS <= wells <= MOST_WELLS:
            raise ValueError(f"wells must be from {FEWEST_WELLS:,} to {MOST_WELLS:,}")
        self.wells = wells
        self.hub_wells = min(HUB_MOST_WELLS, wells // 10)
        self.operators = max(5, wells // 500)
        self._lease_of_well = _scattered(wells, self.hub_wells)
        self.leases = max(self._lease_of_well) + 1
        self._api_numbers, self._well_numbers = self._numbered()

    def _numbered(self) -> tuple[list[str], list[str]]:
        """API numbers by county, and numbers by lease, in the order in which wells stand."""
        in_county = dict.fromkeys((code for _, code in _COUNTIES), 0)
        on_lease = [0] * self.leases
        api_numbers, well_numbers = [], []
        for lease in self._lease_of_well:
            code = _COUNTIES[lease % len(_COUNTIES)][1]
            in_county[code] += 1
            on_lease[lease] += 1
            api_numbers.append(f"42-{code}-{in_county[code]:05}")
            well_numbers.append(f"{on_lease[lease]}H")
        return api_numbers, well_numbers

    def api_number(self, well: int) -> str:
        """The API number of a well by its place."""
        return self._api_numbers[well]

    def lease_key(self, lease: int) -> dict[str, str]:
        """What a lease is looked up by; lease 0 is the hub."""
        return {
            "district": _DISTRICTS[lease % len(_DISTRICTS)],
            "rrcLeaseId": f"{lease // len(_DISTRICTS) + 1:05}",
        }

    def vertices(self) -> dict[str, Iterator[GraphEntity]]:
        """Every vertex by label, in the order of their places."""
        return {
            "Field": (self._field(place) for place in range(_FIELDS)),
            "Operator": (self._operator(place) for place in range(self.operators)),
            "Lease": (self._lease(place) for place in range(self.leases)),
            "Well": (self._well(place) for place in range(self.wells)),
            "Permit": self._permits(),
        }

    def edges(self) -> dict[str, Iterator[EdgeRow]]:
        """Every edge by type."""
        return {
            OPERATES.name: self._operates(),
            HAS_WELL.name: self._has_well(),
            IN_FIELD.name: self._in_field(),
            PERMITS.name: self._permitted_wells(),
        }

    def _field(self, place: int) -> Field:
        return Field(
            **_common("Field", place),
            name=f"SPRABERRY (BENCH {place + 1})",
            rrc_field_id=f"{85_280_000 + place:08}",
            district=_DISTRICTS[place % len(_DISTRICTS)],
        )

    def _operator(self, place: int) -> Operator:
        return Operator(
            **_common("Operator", place),
            name=f"BENCH OPERATING {place + 1}, LLC",
            p5_number=f"{100_000 + place:06}",
            p5_status="ACTIVE",
            organization_type="CORPORATION",
        )

    def _lease(self, place: int) -> Lease:
        key = self.lease_key(place)
        return Lease(
            **_common("Lease", place),
            name="BENCH HUB UNIT" if place == 0 else f"BENCH {place} UNIT",
            oil_gas_code="O",
            rrc_lease_id=key["rrcLeaseId"],
            district=key["district"],
            county=_COUNTIES[place % len(_COUNTIES)][0],
            operator_id=entity_id("Operator", self._operator_of(place)),
            field_id=entity_id("Field", place % _FIELDS),
            status="ACTIVE",
        )

    def _well(self, place: int) -> Well:
        lease = self._lease_of_well[place]
        return Well(
            **_common("Well", place),
            api_number=self._api_numbers[place],
            well_name=f"BENCH {lease} UNIT {self._well_numbers[place]}",
            well_number=self._well_numbers[place],
            well_type="OIL",
            status=_STATUSES[place % len(_STATUSES)],
            profile="HORIZONTAL",
            district=_DISTRICTS[lease % len(_DISTRICTS)],
            county=_COUNTIES[lease % len(_COUNTIES)][0],
            latitude=round(31 + place * 0.618034 % 2, 6),
            longitude=round(-103 + place * 0.414214 % 3, 6),
            datum="NAD27",
            total_depth_ft=7_000 + place * 37 % 14_000,
            lease_id=entity_id("Lease", lease),
            operator_id=entity_id("Operator", self._operator_of(lease)),
            field_id=entity_id("Field", lease % _FIELDS),
        )

    def _permits(self) -> Iterator[GraphEntity]:
        for place, well in enumerate(self._permitted()):
            lease = self._lease_of_well[well]
            yield Permit(
                **_common("Permit", place),
                permit_number=f"{place + 1:07}",
                permit_type="DRILL",
                status="APPROVED",
                submitted_on=date(2020, 1 + place % 12, 1),
                approved_on=date(2021, 1 + place % 12, 1),
                lease_name=f"BENCH {lease} UNIT",
                well_number=self._well_numbers[well],
                district=_DISTRICTS[lease % len(_DISTRICTS)],
                county=_COUNTIES[lease % len(_COUNTIES)][0],
                is_horizontal=True,
                well_id=entity_id("Well", well),
                lease_id=entity_id("Lease", lease),
                operator_id=entity_id("Operator", self._operator_of(lease)),
            )

    def _permitted(self) -> Iterator[int]:
        """The well of each permit."""
        for well in range(self.wells):
            yield from [well] * PERMITS_OF_WELLS[well % len(PERMITS_OF_WELLS)]

    def _operates(self) -> Iterator[EdgeRow]:
        for lease in range(self.leases):
            yield EdgeRow(
                End("Operator", self._operator_of(lease)), End("Lease", lease), _OPERATING
            )
        for well, lease in enumerate(self._lease_of_well):
            yield EdgeRow(End("Operator", self._operator_of(lease)), End("Well", well), _OPERATING)

    def _has_well(self) -> Iterator[EdgeRow]:
        for well, lease in enumerate(self._lease_of_well):
            numbered = HasWell(
                well_number=self._well_numbers[well], oil_gas_code="O", source="bench"
            )
            yield EdgeRow(End("Lease", lease), End("Well", well), numbered)

    def _in_field(self) -> Iterator[EdgeRow]:
        produces = InField(source="bench")
        for lease in range(self.leases):
            yield EdgeRow(End("Lease", lease), End("Field", lease % _FIELDS), produces)

    def _permitted_wells(self) -> Iterator[EdgeRow]:
        allows = Permits(source="bench")
        for permit, well in enumerate(self._permitted()):
            yield EdgeRow(End("Permit", permit), End("Well", well), allows)

    def _operator_of(self, lease: int) -> int:
        return lease % self.operators


def entity_id(label: str, place: int) -> UUID:
    """The id of an entity: as scattered as random ids are, and always the same."""
    digest = blake2b(f"{label}:{place}".encode(), digest_size=16).digest()
    return UUID(bytes=digest, version=4)


def fingerprint() -> str:
    """Changes with the world, and with the form in which the project stores it."""
    world = Dataset(FEWEST_WELLS)
    digest = blake2b(digest_size=8)
    for entities in world.vertices().values():
        for entity in entities:
            digest.update(encode_entity(entity).encode())
    for rows in world.edges().values():
        for row in rows:
            digest.update(repr((row.start, row.end, row.properties)).encode())
    return digest.hexdigest()


def _scattered(wells: int, hub_wells: int) -> list[int]:
    """The lease of each well."""
    leases = [0] * hub_wells
    lease = 0
    while len(leases) < wells:
        lease += 1
        size = _WELLS_OF_LEASES[lease % len(_WELLS_OF_LEASES)]
        leases += [lease] * min(size, wells - len(leases))
    random.Random(_SEED).shuffle(leases)
    return leases


def _common(label: str, place: int) -> dict[str, Any]:
    return {
        "id": entity_id(label, place),
        "tenant_id": TENANT,
        "created_at": _WRITTEN_AT,
        "updated_at": _WRITTEN_AT,
        "source": "bench",
        "source_reference": f"{label}:{place}",
    }
