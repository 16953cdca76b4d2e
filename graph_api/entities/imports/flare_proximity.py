"""Concludes which leases and wells a flaring exception is about, from position and operator.

The export of Form R-32 gives flare points and no lease. A well of the filing operator close to a
flare point makes the filing's gas likely to be its lease's. Such links are inferred: they carry the
distance and a confidence, and no record states them.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graph_api.entities.imports.csv_entities import RowEntity
from graph_api.entities.imports.records import EntityKey, LinkRecord, Origin

WINDOW_LATITUDE_DEGREES = 0.0034
"""Half the height of the window around a flare point: 378 m."""

WINDOW_LONGITUDE_DEGREES = 0.004
"""Half its width: 375 m at 32.5 degrees north, in the middle of the Permian Basin."""

FEET_PER_METRE = 1 / 0.3048
_EARTH_RADIUS_METRES = 6_371_008.8
_METRES_OF_HALF_CONFIDENCE = 375.0

Position = tuple[float, float]
"""Latitude and longitude in degrees."""


def distance_ft(one: Position, other: Position) -> float:
    """Great-circle distance in feet, on a sphere of the Earth's mean radius."""
    latitude, longitude = math.radians(one[0]), math.radians(one[1])
    other_latitude, other_longitude = math.radians(other[0]), math.radians(other[1])
    haversine = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude)
        * math.cos(other_latitude)
        * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_METRES * math.asin(math.sqrt(haversine)) * FEET_PER_METRE


def confidence_at(feet: float) -> float:
    """0.9 beside the well, 0.5 at 375 m and falling; a convention, not a measurement."""
    metres = feet / FEET_PER_METRE
    return round(max(0.1, 0.9 - 0.4 * metres / _METRES_OF_HALF_CONFIDENCE), 2)


class _Cell(NamedTuple):
    operator: EntityKey
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class _Completion:
    position: Position
    well: EntityKey
    lease: EntityKey | None


class FlareProximity:
    """Gathers flare points and wells of one load, then yields the links between them."""

    def __init__(self) -> None:
        self._completions: dict[_Cell, list[_Completion]] = defaultdict(list)
        self._filings: dict[tuple[EntityKey, EntityKey, Position], Origin] = {}

    def see_well(self, row: Mapping[str, RowEntity], origin: Origin) -> None:
        """Note a row with `well`, its `operator` and, where it is known, its `lease`."""
        well, operator, lease = row.get("well"), row.get("operator"), row.get("lease")
        position = _position(well)
        if well is None or operator is None or position is None:
            return
        completion = _Completion(position, well.key, lease.key if lease else None)
        self._completions[_cell(operator.key, position)].append(completion)

    def see_filing(self, row: Mapping[str, RowEntity], origin: Origin) -> None:
        """Note a row with a `filing`, its `filer` and its `flare` point."""
        filing, filer, position = row.get("filing"), row.get("filer"), _position(row.get("flare"))
        if filing is not None and filer is not None and position is not None:
            self._filings.setdefault((filing.key, filer.key, position), origin)

    def links(self) -> Iterator[LinkRecord]:
        """AUTHORIZES from each filing to the leases and wells it is near, each once.

        The distance is that of the nearest of the operator's wells, of the lease or the well.
        """
        nearest: dict[tuple[EntityKey, EntityKey], tuple[float, Origin]] = {}
        for (filing, filer, position), origin in self._filings.items():
            for completion in self._around(filer, position):
                feet = distance_ft(position, completion.position)
                for end in (completion.lease, completion.well):
                    if end is None:
                        continue
                    known = nearest.get((filing, end))
                    if known is None or feet < known[0]:
                        nearest[filing, end] = (feet, origin)
        for (filing, end), (feet, origin) in nearest.items():
            properties = {
                "inferred": True,
                "distance_ft": round(feet, 1),
                "confidence": confidence_at(feet),
                "source": "position+operator",
            }
            yield LinkRecord("AUTHORIZES", filing, end, origin, properties)

    def _around(self, operator: EntityKey, position: Position) -> Iterator[_Completion]:
        centre = _cell(operator, position)
        for row in (centre.row - 1, centre.row, centre.row + 1):
            for column in (centre.column - 1, centre.column, centre.column + 1):
                for completion in self._completions.get(_Cell(operator, row, column), ()):
                    if _in_window(position, completion.position):
                        yield completion


def _cell(operator: EntityKey, position: Position) -> _Cell:
    latitude, longitude = position
    return _Cell(
        operator,
        math.floor(latitude / WINDOW_LATITUDE_DEGREES),
        math.floor(longitude / WINDOW_LONGITUDE_DEGREES),
    )


def _in_window(centre: Position, other: Position) -> bool:
    return (
        abs(centre[0] - other[0]) <= WINDOW_LATITUDE_DEGREES
        and abs(centre[1] - other[1]) <= WINDOW_LONGITUDE_DEGREES
    )


def _position(entity: RowEntity | None) -> Position | None:
    if entity is None:
        return None
    latitude, longitude = entity.values.get("latitude"), entity.values.get("longitude")
    return None if latitude is None or longitude is None else (latitude, longitude)
