"""Writes the linked CSV tables of the `permian` format about the sample's leases."""

import csv
import io
from collections.abc import Iterable, Sequence

from graph_api.sample.chance import between
from graph_api.sample.flaring import EXCEPTIONS, MONTHS, PRODUCTION
from graph_api.sample.organisations import (
    BLUE_NORTHER,
    HIGH_ROLLING,
    LLANO_CREST,
    ORGANISATIONS,
    PECOS_BEND,
    Organisation,
)
from graph_api.sample.properties import LEASES, LEASES_ON_FILE, WELLS, LeaseOfSample

GAS_PLANTS: tuple[tuple[str, str, str, float, float], ...] = (
    ("08-9014", "STANTON DRAW", "Cryogenic", 32.214733, -101.880412),
    ("08-9022", "PECOS BEND NO. 1", "Cryogenic", 31.402516, -103.571884),
    ("08-9031", "RED BLUFF TREATER", "Treating", 31.806127, -103.640951),
    ("7C-9007", "BIG LAKE EAST", "Cryogenic", 31.215508, -101.402263),
    ("8A-9003", "DENVER CITY NORTH", "Other", 33.0, -103.0),
)
"""Serial number, name, type and position; the last has whole degrees, as many genuine ones do."""


def permian_files() -> dict[str, str]:
    """The tables and the list of operators' numbers, by file name."""
    return {
        "leases.csv": csv_text(
            "flare_id lease_district lease_number oil_gas_code well_count reported_flared_mcf "
            "lease_operator lease_name",
            _leases(),
        ),
        "wells.csv": csv_text(
            "api oil_gas_code lease_district lease_number well_number operator_name latitude "
            "longitude flared_mcf produced_mcf flaring_intensity_pct lease_name",
            _wells(),
        ),
        "permits.csv": csv_text(
            "filing_no latitude longitude name county district release_type operator_name status "
            "effective_dt expiration_dt release_rate_mcf_day exception_reasons",
            _permits(),
        ),
        "facilities.csv": csv_text(
            "serial_number facility_name plant_type latitude longitude", GAS_PLANTS
        ),
        "gatherers.csv": csv_text(
            "oil_gas_code district lease_number type percentage gpn_number gpn_name is_current "
            "first_date last_date",
            _gatherers(),
        ),
        "production.csv": csv_text(
            "lease_district lease_number date flared_mcf produced_mcf", _production()
        ),
        "operator_numbers.csv": csv_text(
            "operator_no operator_name", ((one.number, one.name) for one in ORGANISATIONS)
        ),
    }


def csv_text(columns: str, rows: Iterable[Sequence[object]]) -> str:
    """A CSV file of these columns, blanks between their names, with line feeds as line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns.split())
    writer.writerows(rows)
    return out.getvalue()


def _sums(one: LeaseOfSample) -> tuple[int, int]:
    months = [month for month in PRODUCTION if month.lease is one]
    return sum(month.flared_mcf for month in months), sum(month.gas_mcf for month in months)


def _leases() -> Iterable[Sequence[object]]:
    with_flares = {exception.lease.key for exception in EXCEPTIONS}
    for number, one in enumerate(LEASES_ON_FILE, start=301):
        if one.key in with_flares:
            flared, _ = _sums(one)
            yield (
                number, one.district, one.number, one.code, len(WELLS[one.key]),
                f"{flared}.0", one.operator.name, one.name,
            )  # fmt: skip


def _wells() -> Iterable[Sequence[object]]:
    for one in LEASES_ON_FILE:
        flared, produced = _sums(one)
        share = f"{flared * 100 / produced:.1f}" if produced else ""
        for well in WELLS[one.key]:
            if well.is_injector:
                continue
            latitude, longitude = (f"{degrees:.7f}" for degrees in well.surface)
            yield (
                well.api8, one.code, one.district, one.number, well.number, one.operator.name,
                latitude, longitude, f"{flared}.0", f"{produced}.0", share, one.name,
            )  # fmt: skip


def _permits() -> Iterable[Sequence[object]]:
    for one in EXCEPTIONS:
        for name, (latitude, longitude) in one.points:
            yield (
                one.number, f"{latitude:.6f}", f"{longitude:.6f}", name, one.lease.county,
                one.lease.district, one.release_type, one.lease.operator.name, one.status,
                one.effective.isoformat(), one.expiration.isoformat(),
                one.rate_mcf_per_day, ";".join(one.reasons),
            )  # fmt: skip


def _gatherer_of(one: LeaseOfSample) -> Organisation:
    return HIGH_ROLLING if one.county in ("REEVES", "WARD", "LOVING") else LLANO_CREST


def _gatherers() -> Iterable[Sequence[object]]:
    """Who takes the gas and the oil today, and on every third lease who took the gas before."""
    last = f"{MONTHS[-1]:%Y-%m}-31"
    for index, one in enumerate(LEASES):
        if not one.produces:
            continue
        number = one.number.zfill(6)
        start = f"20{int(between(15, 22, 'gathered', one.key))}-0{1 + index % 9}-01"
        gatherer = _gatherer_of(one)
        lead = (one.code, one.district, number)
        if index % 3 == 0:
            earlier = LLANO_CREST if gatherer is HIGH_ROLLING else HIGH_ROLLING
            ended = f"{start[:4]}-0{1 + index % 9}-01"
            yield (*lead, "Gatherer", "100.0", earlier.number, earlier.name, 0, "2012-03-01", ended)
        yield (*lead, "Gatherer", "100.0", gatherer.number, gatherer.name, 1, start, last)
        yield (*lead, "Purchaser", "100.0", PECOS_BEND.number, PECOS_BEND.name, 1, start, last)
        if one.code == "O":
            crude = BLUE_NORTHER
            yield (*lead, "Purchaser", "100.0", crude.number, crude.name, 1, start, last)
        if index % 4 == 1:
            yield (*lead, "Nominator", "100.0", PECOS_BEND.number, PECOS_BEND.name, 1, start, last)


def _production() -> Iterable[Sequence[object]]:
    """Gas wells only: the dump already has the oil leases' casinghead gas under its own name."""
    for month in PRODUCTION:
        if month.lease.code == "G" and month.flared_mcf:
            yield (
                month.lease.district, month.lease.number, month.month.isoformat(),
                month.flared_mcf, month.gas_mcf,
            )  # fmt: skip
