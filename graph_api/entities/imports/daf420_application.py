"""One application of the drilling permit master, as the texts of its records."""

from dataclasses import dataclass, field

from graph_api.entities.imports.records import Origin
from graph_api.entities.imports.w1_restrictions import Restriction

SOURCE = "daf420"

Fields = dict[str, str]
"""The texts of one record by column."""


@dataclass(slots=True)
class FieldRecords:
    """A record 03 and what follows it: a field in which completion is permitted."""

    origin: Origin
    columns: Fields
    specific: Fields | None = None
    bottom_hole: Fields | None = None


@dataclass(slots=True)
class Application:
    """A record 01 and all that follows it."""

    origin: Origin
    root: Fields
    permit: Fields | None = None
    permit_origin: Origin | None = None
    fields: list[FieldRecords] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    bottom_hole: Fields | None = None
    surface_location: Fields | None = None
    bottom_hole_location: Fields | None = None
    address: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_approved(self) -> bool:
        """Whether a permit was issued, so that a record 02 must be there."""
        return self.root["status_of_app_flag"] == "A"
