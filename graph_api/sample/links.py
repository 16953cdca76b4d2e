"""Rows of the sample's `links.csv`, and natural keys to write them with."""

from dataclasses import dataclass, field

from graph_api.models import Facility
from graph_api.sample.flaring import Exception32
from graph_api.sample.organisations import Organisation
from graph_api.sample.properties import Position

Row = dict[str, object]
End = tuple[str, str]
"""A kind and a natural key."""


def operator_key(organisation: Organisation) -> str:
    """The natural key of an organisation."""
    return f"P5|{organisation.number}"


def facility_key(facility_type: str, name: str, place: Position) -> str:
    """The natural key of a facility that has no R-3 serial number."""
    return Facility.key_of_place(facility_type, name, *place)


def flare_key(exception: Exception32, point: int = 0) -> str:
    """The natural key of a flare point that an exception names."""
    return facility_key("FLARE", *exception.points[point])


@dataclass(slots=True)
class Links:
    """Gathers links; each pair of ends stands once for a type."""

    rows: list[Row] = field(default_factory=list)
    _seen: set[tuple[str, End, End]] = field(default_factory=set)

    def add(self, edge_type: str, start: End, end: End, **properties: object) -> None:
        """Add a link unless it is there."""
        if (edge_type, start, end) in self._seen:
            return
        self._seen.add((edge_type, start, end))
        ends = {
            "from_kind": start[0],
            "from_key": start[1],
            "to_kind": end[0],
            "to_key": end[1],
        }
        self.rows.append({"edge_type": edge_type, **ends, **properties})
