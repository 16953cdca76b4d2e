"""How the sample's gas, oil and water move: facilities, pipeline routes, projects."""

from collections.abc import Iterator
from datetime import date

from graph_api.sample.chance import between
from graph_api.sample.links import Links, Row, facility_key, operator_key
from graph_api.sample.organisations import (
    BLUE_NORTHER,
    HIGH_ROLLING,
    LLANO_CREST,
    SALT_DRAW,
    Organisation,
)
from graph_api.sample.properties import LEASES, Position, lease
from graph_api.sample.records_assets import battery_key, battery_place

_STATIONS: tuple[tuple[str, str, Organisation, str, str, Position, int, str], ...] = (
    ("COMPRESSOR_STATION", "STANTON BOOSTER", LLANO_CREST, "08", "MARTIN", (32.300114, -101.951207), 4200, "horsepower"),
    ("COMPRESSOR_STATION", "TOYAH BOOSTER", HIGH_ROLLING, "08", "REEVES", (31.346710, -103.660918), 5600, "horsepower"),
    ("COMPRESSOR_STATION", "BIG LAKE BOOSTER", LLANO_CREST, "7C", "REAGAN", (31.300527, -101.470336), 2800, "horsepower"),
    ("METERING_STATION", "MENTONE CHECK METER", HIGH_ROLLING, "08", "LOVING", (31.820441, -103.590773), 60000, "mcf per day"),
    ("METERING_STATION", "RANKIN CUSTODY METER", LLANO_CREST, "7C", "UPTON", (31.330298, -102.011584), 45000, "mcf per day"),
    ("SALTWATER_DISPOSAL", "SALT DRAW SWD 1", SALT_DRAW, "08", "REEVES", (31.371204, -103.688115), 25000, "bbl per day"),
    ("SALTWATER_DISPOSAL", "RED SAND SWD 2", SALT_DRAW, "08", "LOVING", (31.841877, -103.540262), 20000, "bbl per day"),
    ("CENTRAL_PROCESSING", "MOCKINGBIRD CPF", lease("O|08|68214").operator, "08", "MARTIN", (32.350662, -102.020948), 12000, "bbl per day"),
    ("TERMINAL", "MIDLAND SOUTH TERMINAL", BLUE_NORTHER, "08", "MIDLAND", (31.901175, -102.071446), 180000, "bbl"),
)  # fmt: skip
_KEYS = {name: facility_key(kind, name, place) for kind, name, _, _, _, place, _, _ in _STATIONS}
_PLANTS = {
    "STANTON DRAW": "GAS_PLANT|08-9014",
    "PECOS BEND NO. 1": "GAS_PLANT|08-9022",
    "BIG LAKE EAST": "GAS_PLANT|7C-9007",
}
_ROUTES: tuple[tuple[str, str, Organisation, str, str, float, float, str], ...] = (
    ("STANTON LATERAL", "T4-90112", LLANO_CREST, "STANTON BOOSTER", "STANTON DRAW", 12.75, 7.4, "GAS"),
    ("MOCKINGBIRD LOOP", "T4-90113", LLANO_CREST, "MOCKINGBIRD CPF", "STANTON BOOSTER", 8.63, 5.1, "GAS"),
    ("TOYAH TRUNK", "T4-90127", HIGH_ROLLING, "TOYAH BOOSTER", "PECOS BEND NO. 1", 16.0, 9.8, "GAS"),
    ("MENTONE LATERAL", "T4-90131", HIGH_ROLLING, "MENTONE CHECK METER", "PECOS BEND NO. 1", 10.75, 29.6, "GAS"),
    ("BIG LAKE LATERAL", "T4-90140", LLANO_CREST, "BIG LAKE BOOSTER", "BIG LAKE EAST", 10.75, 7.2, "GAS"),
    ("SPRABERRY CRUDE GATHERING", "T4-90155", BLUE_NORTHER, "MOCKINGBIRD CPF", "MIDLAND SOUTH TERMINAL", 8.63, 31.9, "CRUDE"),
    ("SALT DRAW WATER LINE", "T4-90168", SALT_DRAW, "SALT DRAW SWD 1", "RED SAND SWD 2", 12.0, 35.2, "WATER"),
)  # fmt: skip
_PROJECTS: tuple[tuple[str, str, str, str, str, str, int, int, str], ...] = (
    ("MOCKINGBIRD LOOP PHASE 2", "PIPELINE_CONNECTION", "UNDER_CONSTRUCTION", "2025-09-01", "2026-04-30", "", 1400, 6_800_000,
     "Second line from the Mockingbird CPF, so that gas that is flared for want of capacity can be sold."),
    ("TOYAH BOOSTER UNIT 4", "COMPRESSION", "APPROVED", "2026-01-15", "2026-09-30", "", 3200, 11_500_000,
     "A fourth compressor, after the outages of March 2025."),
    ("STANTON DRAW TRAIN 2", "PROCESSING", "PROPOSED", "2026-06-01", "2027-12-31", "", 60000, 148_000_000,
     "A second cryogenic train at the Stanton Draw plant."),
    ("BUFFALO WALLOW VAPOUR CAPTURE", "GAS_CAPTURE", "IN_SERVICE", "2024-12-02", "2025-02-28", "2025-03-12", 140, 900_000,
     "Vapour recovery on the unit's batteries, begun after flaring above the authorised rate in December 2024."),
    ("LONE MESA FIELD POWER", "POWER_GENERATION", "PROPOSED", "2026-03-01", "2026-10-31", "", 420, 3_100_000,
     "Generators that run on gas from the pads of Lone Mesa 7-18."),
)  # fmt: skip
_INVOLVED: dict[str, tuple[tuple[str, str], ...]] = {
    "MOCKINGBIRD LOOP PHASE 2": (
        ("PipelineRoute", "MOCKINGBIRD LOOP"),
        ("Facility", _KEYS["MOCKINGBIRD CPF"]),
        ("Wellpad", "68214-A"),
    ),
    "TOYAH BOOSTER UNIT 4": (
        ("Facility", _KEYS["TOYAH BOOSTER"]),
        ("PipelineRoute", "TOYAH TRUNK"),
    ),
    "STANTON DRAW TRAIN 2": (("Facility", _PLANTS["STANTON DRAW"]),),
    "BUFFALO WALLOW VAPOUR CAPTURE": (("Facility", battery_key(lease("O|8A|78093"))),),
    "LONE MESA FIELD POWER": (("Wellpad", "27651-A"),),
}
_SERVED = {
    "STANTON BOOSTER": ("O|08|68214", "O|08|68219", "O|08|68226"),
    "TOYAH BOOSTER": ("O|08|68377", "O|08|68381", "O|08|68447", "G|08|398201", "G|08|398214"),
    "BIG LAKE BOOSTER": ("O|7C|27651", "O|7C|27666"),
    "MENTONE CHECK METER": ("O|08|68415", "O|08|68433"),
    "RANKIN CUSTODY METER": ("O|7C|27672",),
    "MOCKINGBIRD CPF": ("O|08|68214", "O|08|68219"),
}


def facilities(links: Links) -> Iterator[Row]:
    """Tank batteries of the oil leases, then stations, disposal, processing and a terminal."""
    for one in LEASES:
        if not one.produces or one.code == "G":
            continue
        latitude, longitude = battery_place(one)
        built = date(2012 + int(between(0, 12, "built", one.key)), 5, 1)
        yield {
            "facility_type": "TANK_BATTERY", "name": f"{one.name} BATTERY",
            "district": one.district, "county": one.county,
            "latitude": latitude, "longitude": longitude, "location_quality": "SURVEYED",
            "capacity": 4_500, "capacity_unit": "bbl", "constructed_on": built,
            "epa_subpart": _subpart(built), "operator_id": operator_key(one.operator),
        }  # fmt: skip
        links.add("SERVES", ("Facility", battery_key(one)), ("Lease", one.key))
        if one.has_pad:
            links.add("SERVES", ("Facility", battery_key(one)), ("Wellpad", one.pad_id))
    for kind, name, operator, district, county, (latitude, longitude), capacity, unit in _STATIONS:
        yield {
            "facility_type": kind, "name": name, "district": district, "county": county,
            "latitude": latitude, "longitude": longitude, "location_quality": "SURVEYED",
            "capacity": capacity, "capacity_unit": unit, "operator_id": operator_key(operator),
        }  # fmt: skip
    for name, served in _SERVED.items():
        for key in served:
            links.add("SERVES", ("Facility", _KEYS[name]), ("Lease", key))


def _subpart(built: date) -> str:
    """The subpart of 40 CFR Part 60 that a battery of this age falls under."""
    if built > date(2022, 12, 6):
        return "OOOOb"
    return "OOOOa" if built > date(2015, 9, 18) else "OOOO"


def disposal_key(order: int) -> str:
    """The natural key of a salt water disposal facility."""
    return _KEYS[("SALT DRAW SWD 1", "RED SAND SWD 2")[order]]


def pipeline_routes() -> Iterator[Row]:
    """Gathering lines from stations to plants, and lines for crude and water."""
    places = {**_KEYS, **_PLANTS}
    for name, permit, operator, start, end, inches, miles, commodity in _ROUTES:
        yield {
            "name": name, "t4_permit_number": permit, "diameter_inches": inches,
            "length_miles": miles, "commodity": commodity, "status": "in service",
            "max_pressure_psig": 1_200 if commodity == "GAS" else 720,
            "from_facility_id": places[start], "to_facility_id": places[end],
            "operator_id": operator_key(operator),
        }  # fmt: skip


def infrastructure_projects(links: Links) -> Iterator[Row]:
    """What is built or planned so that less gas is flared."""
    columns = [
        "name",
        "project_type",
        "status",
        "planned_start_on",
        "planned_in_service_on",
        "actual_in_service_on",
        "gas_capture_mcf_per_day",
        "capital_usd",
        "description",
    ]
    for values in _PROJECTS:
        yield dict(zip(columns, values, strict=True))
    for project, involved in _INVOLVED.items():
        for end in involved:
            links.add("INVOLVES", ("InfrastructureProject", project), end)
