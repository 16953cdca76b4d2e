"""Fields, leases, wells and pads of the sample.

Field names and numbers are the Commission's own; every lease, well and pad is invented. API
numbers stand in the right county, in a range that the Commission has not reached.
"""

from dataclasses import dataclass
from functools import cached_property

from graph_api.entities.models import county_code_of
from graph_api.sample.chance import between, fraction, moved
from graph_api.sample.organisations import (
    CALICHE,
    DRY_FORK,
    JUNIPER,
    MESQUITE,
    NORTH_DRAW,
    PALO_LLANO,
    SANDHILL_CREST,
    STAKED_BLUFF,
    TWIN_WINDMILL,
    Organisation,
)

_FIRST_API = 60_001
_HORIZONTAL_SPACING_FT = 880.0
_VERTICAL_SPACING_FT = 1_340.0
_WELLHEAD_SPACING_FT = 30.0

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FieldOfSample:
    """A field as the Commission lists it."""

    number: str
    name: str
    district: str
    county: str
    field_class: str
    rule_type: str
    """SW where the statewide rules hold, SP where the field has special ones."""
    formations: tuple[str, ...]
    depth_ft: int


SPRABERRY_08 = FieldOfSample(
    "85280300",
    "SPRABERRY (TREND AREA)",
    "08",
    "MIDLAND",
    "B",
    "SP",
    ("SPRABERRY", "WOLFCAMP A", "WOLFCAMP B", "DEAN"),
    9_100,
)
SPRABERRY_7C = FieldOfSample(
    "85279200",
    "SPRABERRY (TREND AREA)",
    "7C",
    "REAGAN",
    "B",
    "SP",
    ("SPRABERRY", "WOLFCAMP B"),
    8_200,
)
PHANTOM = FieldOfSample(
    "71052900",
    "PHANTOM (WOLFCAMP)",
    "08",
    "WARD",
    "B",
    "SP",
    ("WOLFCAMP A", "BONE SPRING"),
    11_300,
)
WOLFBONE = FieldOfSample(
    "98359800",
    "WOLFBONE (TREND AREA)",
    "08",
    "REEVES",
    "B",
    "SP",
    ("BONE SPRING", "WOLFCAMP A"),
    10_800,
)
LIN = FieldOfSample("53613750", "LIN (WOLFCAMP)", "7C", "IRION", "O", "SP", ("WOLFCAMP B",), 6_900)
WASSON = FieldOfSample(
    "95397001", "WASSON", "8A", "YOAKUM", "O", "SP", ("SAN ANDRES", "CLEAR FORK"), 5_200
)
FIELDS = (SPRABERRY_08, SPRABERRY_7C, PHANTOM, WOLFBONE, LIN, WASSON)


@dataclass(frozen=True)
class WellOfSample:
    """A well with its place on its lease."""

    api8: str
    number: str
    surface: Position
    bottom_hole: Position
    is_horizontal: bool
    total_depth_ft: int
    true_vertical_depth_ft: int
    is_injector: bool = False

    @property
    def api(self) -> str:
        """The API number as the graph keeps it."""
        return f"42-{self.api8[:3]}-{self.api8[3:]}"


@dataclass(frozen=True)
class LeaseOfSample:
    """A lease or gas well, with what it made in January 2024 and how fast that declines."""

    code: str
    district: str
    number: str
    name: str
    operator: Organisation
    field: FieldOfSample
    county: str
    place: Position
    well_count: int
    oil_bbl_per_day: float
    gas_mcf_per_day: float
    kept_per_month: float = 0.97
    is_horizontal: bool = True
    status: str = "ACTIVE"

    @property
    def key(self) -> str:
        """The natural key of the lease in the graph."""
        return f"{self.code}|{self.district}|{self.number}"

    @property
    def pad_id(self) -> str:
        """The id of the pad that horizontal wells are drilled from."""
        return f"{self.number}-A"

    @property
    def has_pad(self) -> bool:
        """Whether the wells stand together on a pad."""
        return self.is_horizontal and self.well_count > 1

    @cached_property
    def produces(self) -> bool:
        """Whether monthly production is reported."""
        return self.oil_bbl_per_day + self.gas_mcf_per_day > 0

    @cached_property
    def flare_point(self) -> Position:
        """Where the lease's flare stands: a few hundred feet from its first well."""
        return moved(self.place, 260.0, -180.0, digits=6)


def _wells_of(lease: LeaseOfSample, first_api: int) -> list[WellOfSample]:
    wells = []
    for index in range(lease.well_count):
        api8 = f"{county_code_of(lease.county)}{first_api + index}"
        depth = int(lease.field.depth_ft + between(-260, 260, "depth", api8))
        injects = lease.field is WASSON and index % 4 == 3
        if lease.is_horizontal:
            surface = moved(lease.place, 0.0, _WELLHEAD_SPACING_FT * index)
            length = between(7_400, 10_300, "lateral", api8)
            east = (index - (lease.well_count - 1) / 2) * _HORIZONTAL_SPACING_FT
            bottom_hole = moved(surface, -length, east)
            total = depth + int(length)
            number = f"{index + 1}H"
        else:
            row, column = divmod(index, 3)
            east, north = _VERTICAL_SPACING_FT * column, -_VERTICAL_SPACING_FT * row
            surface = bottom_hole = moved(lease.place, north, east)
            total = depth
            number = f"{index + 1}W" if injects else str(index + 1)
        wells.append(
            WellOfSample(
                api8, number, surface, bottom_hole, lease.is_horizontal, total, depth, injects
            )
        )
    return wells


_COUNTY_SEATS: dict[str, Position] = {
    "MARTIN": (32.331, -101.962),
    "HOWARD": (32.286, -101.447),
    "MIDLAND": (31.872, -102.031),
    "GLASSCOCK": (31.866, -101.523),
    "REEVES": (31.318, -103.694),
    "LOVING": (31.853, -103.562),
    "WARD": (31.512, -103.117),
    "REAGAN": (31.371, -101.531),
    "UPTON": (31.362, -102.052),
    "IRION": (31.297, -100.983),
    "YOAKUM": (33.168, -102.823),
    "GAINES": (32.744, -102.641),
    "DAWSON": (32.741, -101.951),
}
"""A place in the middle of each county, from which leases lie a few miles away."""


def _place(county: str, number: str) -> Position:
    north = between(-38_000, 38_000, "north", number)
    return moved(_COUNTY_SEATS[county], north, between(-38_000, 38_000, "east", number))


def _lease(
    key: str,
    name: str,
    operator: Organisation,
    field: FieldOfSample,
    county: str,
    wells: int,
    oil: float = 0.0,
    gas: float = 0.0,
    *,
    kept: float | None = None,
    status: str = "ACTIVE",
) -> LeaseOfSample:
    code, district, number = key.split("|")
    kept = round(0.955 + 0.03 * fraction("kept", number), 4) if kept is None else kept
    place = _place(county, number)
    horizontal = field is not WASSON
    return LeaseOfSample(
        code, district, number, name, operator, field, county, place, wells, oil, gas, kept,
        horizontal, status,
    )  # fmt: skip


LEASES = (
    _lease("O|08|68214", "MOCKINGBIRD 12-24 UNIT", CALICHE, SPRABERRY_08, "MARTIN", 5, 2350, 5200),
    _lease("O|08|68219", "WINDROW 33-40 A", CALICHE, SPRABERRY_08, "MARTIN", 4, 1680, 3650),
    _lease("O|08|68226", "LARIAT 5-8 UNIT", CALICHE, SPRABERRY_08, "HOWARD", 4, 1490, 2900),
    _lease("O|08|68240", "SOTOL 17-20", CALICHE, SPRABERRY_08, "GLASSCOCK", 3, 990, 2750),
    _lease("O|08|68251", "BOOTLEG CANYON 44", MESQUITE, SPRABERRY_08, "MIDLAND", 4, 1720, 4300),
    _lease("O|08|68263", "HORNED TOAD 9-16 UNIT", MESQUITE, SPRABERRY_08, "MIDLAND", 3, 1240, 3100),
    _lease("O|08|68270", "PUMPJACK 28", MESQUITE, SPRABERRY_08, "HOWARD", 2, 610, 1150),
    _lease("O|08|68377", "HOLLAND DRAW 34", SANDHILL_CREST, WOLFBONE, "REEVES", 4, 2080, 8900),
    _lease("O|08|68381", "TOYAH WELLS STATE 21-22", SANDHILL_CREST, PHANTOM, "REEVES", 3, 1450, 7100),
    _lease("O|08|68402", "DUNE CREST 7-18 UNIT", SANDHILL_CREST, PHANTOM, "WARD", 4, 1830, 7700),
    _lease("O|08|68415", "RED SAND 75-2", SANDHILL_CREST, PHANTOM, "LOVING", 3, 1390, 6400),
    _lease("O|08|68433", "SCREWBEAN 41", PALO_LLANO, PHANTOM, "LOVING", 3, 1510, 6900),
    _lease("O|08|68447", "CANDELILLA 12 A", PALO_LLANO, WOLFBONE, "REEVES", 2, 880, 4100),
    _lease("O|08|68462", "OCOTILLO STATE 5", PALO_LLANO, PHANTOM, "WARD", 3, 1120, 4800),
    _lease("O|7C|27651", "LONE MESA 7-18", JUNIPER, SPRABERRY_7C, "REAGAN", 4, 1310, 3900),
    _lease("O|7C|27666", "CONCHO FORK 22", JUNIPER, SPRABERRY_7C, "REAGAN", 3, 860, 2600),
    _lease("O|7C|27672", "SHINNERY 3-10 UNIT", PALO_LLANO, SPRABERRY_7C, "UPTON", 4, 1540, 4400),
    _lease("O|7C|27684", "DOVE CREEK 14", JUNIPER, LIN, "IRION", 3, 640, 2300),
    _lease("O|8A|78093", "BUFFALO WALLOW UNIT", STAKED_BLUFF, WASSON, "YOAKUM", 8, 720, 1250, kept=0.992),
    _lease("O|8A|78101", "STRAYHORN ESTATE", TWIN_WINDMILL, WASSON, "GAINES", 5, 140, 210, kept=0.988),
    _lease("O|8A|78115", "COTTON GIN 11", TWIN_WINDMILL, WASSON, "YOAKUM", 4, 95, 160, kept=0.986),
    _lease("O|8A|78122", "HALFWAY SCHOOL", NORTH_DRAW, WASSON, "GAINES", 3, 42, 70, kept=0.98),
    _lease("G|08|398201", "TOYAH WELLS STATE 23", SANDHILL_CREST, PHANTOM, "REEVES", 1, 60, 9800),
    _lease("G|08|398214", "GREASEWOOD 6 GU", PALO_LLANO, WOLFBONE, "REEVES", 1, 45, 7300),
    _lease("O|08|68470", "KESTREL 30-31 UNIT", CALICHE, SPRABERRY_08, "MARTIN", 3),
    _lease("O|08|68474", "BRUSHY TANK 2", MESQUITE, SPRABERRY_08, "GLASSCOCK", 2, status="PLANNED"),
    _lease("O|08|68479", "SIDEWINDER 19", SANDHILL_CREST, PHANTOM, "LOVING", 2),
    _lease("O|7C|27690", "SPRING GAP 8", JUNIPER, LIN, "IRION", 2),
    _lease("O|8A|78130", "OLD BARN", NORTH_DRAW, WASSON, "GAINES", 2, status="SEVERED"),
    _lease("O|8A|78137", "WESTBROOK HEIRS", DRY_FORK, WASSON, "GAINES", 2, status="INACTIVE"),
    _lease("O|8A|78144", "MESA EDGE", TWIN_WINDMILL, WASSON, "YOAKUM", 2, status="INACTIVE"),
)  # fmt: skip
"""Leases that report production first, then new, severed and idle ones.

A planned one has permits and no number yet: the Commission gives that with the completion.
"""

LEASES_ON_FILE = tuple(one for one in LEASES if one.status != "PLANNED")


def _all_wells() -> dict[str, list[WellOfSample]]:
    next_api: dict[str, int] = {}
    wells = {}
    for lease in LEASES:
        first = next_api.setdefault(lease.county, _FIRST_API)
        next_api[lease.county] = first + lease.well_count
        wells[lease.key] = _wells_of(lease, first)
    return wells


WELLS: dict[str, list[WellOfSample]] = _all_wells()
"""The wells of each lease by its key."""


def lease(key: str) -> LeaseOfSample:
    """The lease with this natural key."""
    return next(one for one in LEASES if one.key == key)
