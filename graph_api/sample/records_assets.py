"""What stands on the sample's leases and what the forms leave out about leases and wells."""

from collections.abc import Iterator
from datetime import date, timedelta

from graph_api.sample.chance import between, moved
from graph_api.sample.drilling import PERMITS
from graph_api.sample.flaring import EXCEPTIONS, MONTHS, PRODUCTION
from graph_api.sample.links import Links, Row, facility_key, flare_key, operator_key
from graph_api.sample.organisations import ORGANISATIONS, SALT_DRAW
from graph_api.sample.properties import (
    FIELDS,
    LEASES,
    LEASES_ON_FILE,
    WELLS,
    LeaseOfSample,
    WellOfSample,
)

PLUGGED_WELL = WELLS["O|8A|78137"][1]
DISPOSAL_WELLS = (
    ("42-389-60051", "SALT DRAW SWD 1D", "REEVES", (31.371204, -103.688115)),
    ("42-301-60051", "RED SAND SWD 2D", "LOVING", (31.841877, -103.540262)),
)
_FORMATIONS: tuple[tuple[str, int, int, str, str, str], ...] = (
    ("SPRABERRY", 6900, 8200, "siltstone and sandstone", "Permian (Leonardian)", "Midland Basin"),
    ("DEAN", 8200, 8450, "siltstone", "Permian (Leonardian)", "Midland Basin"),
    ("WOLFCAMP A", 8500, 8900, "shale and limestone", "Permian (Wolfcampian)", "Permian Basin"),
    ("WOLFCAMP B", 8900, 9400, "shale", "Permian (Wolfcampian)", "Permian Basin"),
    ("BONE SPRING", 7900, 10400, "limestone and sandstone", "Permian (Leonardian)", "Delaware Basin"),
    ("SAN ANDRES", 4700, 5300, "dolomite", "Permian (Guadalupian)", "Northwest Shelf"),
    ("CLEAR FORK", 6100, 7300, "dolomite", "Permian (Leonardian)", "Northwest Shelf"),
    ("DELAWARE MOUNTAIN GROUP", 4400, 7600, "sandstone", "Permian (Guadalupian)", "Delaware Basin"),
)  # fmt: skip
_TIGHT = {"85280300", "85279200", "71052900", "98359800"}


def operators() -> Iterator[Row]:
    """Renewal and financial security, which the organisation file does not give."""
    for one in ORGANISATIONS:
        security = {"financial_security_type": "bond", "financial_security_usd": one.security_usd}
        yield {
            "p5_number": one.number,
            "name": one.name,
            "p5_renewal_due_on": one.last_filed.replace(year=one.last_filed.year + 1),
            **(security if one.security_usd else {}),
        }


def fields(links: Links) -> Iterator[Row]:
    """Which fields count as unconventional, and what they produce from."""
    for one in FIELDS:
        yield {
            "rrc_field_id": one.number,
            "name": one.name,
            "unconventional_tight_reservoir": "Y" if one.number in _TIGHT else "N",
        }
        for formation in one.formations:
            links.add("PRODUCES_FROM", ("Field", one.number), ("Formation", formation))


def formations() -> Iterator[Row]:
    """The formations with typical depths."""
    columns = ["name", "depth_top_ft", "depth_base_ft", "lithology", "geologic_age", "basin"]
    for values in _FORMATIONS:
        yield dict(zip(columns, values, strict=True))


def leases() -> Iterator[Row]:
    """County, area and dates of the leases."""
    for one in LEASES_ON_FILE:
        effective = date(2019, 1, 1) + timedelta(days=31 * int(between(0, 50, "P-4", one.key)))
        acres = 640 if one.is_horizontal else 160
        yield {
            "oil_gas_code": one.code,
            "district": one.district,
            "rrc_lease_id": one.number,
            "county": one.county,
            "acreage_acres": acres + int(between(0, 40, "acres", one.key)),
            "effective_date": effective.replace(day=1),
            "last_reported_month": MONTHS[-1] if one.produces else "",
        }


def wells(links: Links) -> Iterator[Row]:
    """Standing, depths and volumes of the wells, and the wells that inject."""
    drilled = {permit.well.api for permit in PERMITS}
    last = {month.lease.key: month for month in PRODUCTION}
    for one in LEASES_ON_FILE:
        producers = sum(not well.is_injector for well in WELLS[one.key])
        for index, well in enumerate(WELLS[one.key]):
            row = _well(one, well, in_daily_file=well.api in drilled)
            if one.produces and not well.is_injector:
                month = last[one.key]
                row["last_production_month"] = month.month
                row["last_month_oil_bbl"] = month.liquid_bbl // producers
                row["last_month_gas_mcf"] = month.gas_mcf // producers
            yield row
            formation = one.field.formations[index % len(one.field.formations)]
            links.add("PRODUCES_FROM", ("Well", well.api), ("Formation", formation))
            _stand_together(one, index, links)
    for api, name, county, (latitude, longitude) in DISPOSAL_WELLS:
        yield {
            "api_number": api, "well_name": name, "well_type": "DISPOSAL", "status": "COMPLETED",
            "district": "08", "county": county, "latitude": latitude, "longitude": longitude,
            "datum": "NAD27", "location_quality": "SURVEYED", "total_depth_ft": 7_450,
            "operator_id": operator_key(SALT_DRAW),
        }  # fmt: skip
        links.add("PRODUCES_FROM", ("Well", api), ("Formation", "DELAWARE MOUNTAIN GROUP"))


def _status(one: LeaseOfSample, well: WellOfSample) -> str:
    if well is PLUGGED_WELL:
        return "PLUGGED"
    if one.status != "ACTIVE":
        return {"SEVERED": "SHUT_IN", "INACTIVE": "INACTIVE"}[one.status]
    return "PRODUCING" if one.produces and not well.is_injector else "COMPLETED"


def _well(one: LeaseOfSample, well: WellOfSample, *, in_daily_file: bool) -> Row:
    row: Row = {
        "api_number": well.api,
        "status": _status(one, well),
        "location_quality": "SURVEYED",
        "total_depth_ft": well.total_depth_ft,
        "true_vertical_depth_ft": well.true_vertical_depth_ft,
        "acres_assigned": 160 if well.is_horizontal else 20,
        "profile": "HORIZONTAL" if well.is_horizontal else "VERTICAL",
    }
    if one.district == "8A":
        row["is_h2s"] = "Y"
    if well is PLUGGED_WELL:
        row["plugged_date"] = date(2025, 4, 16)
    if not in_daily_file:
        first = 2014 if well.is_horizontal else 1958
        years, day = int(between(0, 8, "year", well.api)), int(between(1, 28, "day", well.api))
        row["completion_date"] = date(first + years, 1 + day % 12, day)
    if well.is_injector:
        latitude, longitude = well.surface
        row |= {
            "well_type": "INJECTION",
            "well_name": f"{one.name} {well.number}",
            "latitude": latitude,
            "longitude": longitude,
            "datum": "NAD27",
        }
    return row


def _stand_together(one: LeaseOfSample, index: int, links: Links) -> None:
    """Join a well to its pad and to the neighbour before it."""
    well = WELLS[one.key][index]
    if one.has_pad:
        links.add("ON_PAD", ("Well", well.api), ("Wellpad", one.pad_id))
    if index == 0 or (not one.is_horizontal and index % 3 == 0):
        return
    neighbour = WELLS[one.key][index - 1]
    same = one.is_horizontal is False or len(one.field.formations) == 1
    distance = 880.0 if one.is_horizontal else 1_340.0
    for start, end in ((well, neighbour), (neighbour, well)):
        links.add(
            "OFFSETS", ("Well", start.api), ("Well", end.api),
            distance_ft=distance, same_horizon="Y" if same else "N",
        )  # fmt: skip


def wellpads(links: Links) -> Iterator[Row]:
    """The pads of leases with several horizontal wells."""
    for one in LEASES:
        if one.has_pad:
            latitude, longitude = moved(one.place, 60.0, 45.0, digits=6)
            yield {
                "pad_id": one.pad_id,
                "name": f"{one.name} PAD A",
                "latitude": latitude,
                "longitude": longitude,
                "county": one.county,
                "well_slots": len(WELLS[one.key]) + 2,
                "surface_acres": 4.5 + len(WELLS[one.key]) / 2,
            }
            operator = ("Operator", operator_key(one.operator))
            links.add("OPERATES", operator, ("Wellpad", one.pad_id), role="OPERATOR_OF_RECORD")


def battery_place(one: LeaseOfSample) -> tuple[float, float]:
    """Where the tank battery of a lease stands."""
    return moved(one.place, -340.0, 410.0, digits=6)


def battery_key(one: LeaseOfSample) -> str:
    """The natural key of the tank battery of a lease."""
    return facility_key("TANK_BATTERY", f"{one.name} BATTERY", battery_place(one))


def equipment(links: Links) -> Iterator[Row]:
    """Flares, tanks, vapour recovery, meters and pumps with their potential emissions."""
    flare_of = {exception.lease.key: flare_key(exception) for exception in EXCEPTIONS}
    for order, one in enumerate(one for one in LEASES if one.produces and one.code == "O"):
        installed = date(2013 + order * 5 % 11, 1 + order % 12, 9)
        tank: Row = {
            "equipment_type": "STORAGE_TANK", "name": f"{one.number} TANK 1",
            "serial_number": f"TK-{one.number}-1", "manufacturer": "Permian Plate Works",
            "capacity": 750, "capacity_unit": "bbl", "status": "in service",
            "installed_on": installed, "last_inspected_on": date(2025, 1 + order % 12, 17),
            "voc_tons_per_year": round(between(1.2, 9.5, "voc", one.key), 1),
            "methane_tons_per_year": round(between(2, 31, "methane", one.key), 1),
            "facility_id": battery_key(one),
        }  # fmt: skip
        yield tank
        if one.key in flare_of and order % 2 == 0:
            yield {
                "equipment_type": "FLARE_STACK", "name": f"{one.number} FLARE 1",
                "serial_number": f"FS-{one.number}-1", "manufacturer": "Llano Thermal",
                "capacity": 2500, "capacity_unit": "mcf per day", "status": "in service",
                "installed_on": installed, "facility_id": flare_of[one.key],
            }  # fmt: skip
        if order % 3 == 0:
            yield {
                "equipment_type": "METER", "name": f"{one.number} SALES METER",
                "serial_number": f"MT-{one.number}", "status": "in service",
                "installed_on": installed, "lease_id": one.key,
            }  # fmt: skip
        if order % 4 == 3:
            well = WELLS[one.key][0]
            yield {
                "equipment_type": "PUMP", "name": f"{one.number} ROD PUMP",
                "serial_number": f"RP-{well.api8}", "status": "in service",
                "installed_on": installed, "well_id": well.api,
            }  # fmt: skip
    for one in LEASES[:6]:
        battery = ("Facility", battery_key(one))
        vapour = f"{one.number} VRU|VR-{one.number}"
        yield {
            "equipment_type": "VAPOR_RECOVERY_UNIT", "name": f"{one.number} VRU",
            "serial_number": f"VR-{one.number}", "status": "in service",
            "capacity": 120, "capacity_unit": "mcf per day",
        }  # fmt: skip
        links.add("INSTALLED_AT", ("Equipment", vapour), battery, installed_on="2023-05-22")
