"""The analyst's question answered from the CSV files alone: no graph, no store, day by day.

It shares no code with the service, so that agreement means something.
"""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

LATITUDE_WINDOW, LONGITUDE_WINDOW = 0.0034, 0.004


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


@dataclass
class Filing:
    rate: float
    first: date
    last: date
    operator: str
    points: set[tuple[str, str, str]] = field(default_factory=set)


LeaseKey = tuple[str, str]
Month = tuple[int, int]


@dataclass
class ByHand:
    """Released and authorised mcf of each lease and month, and the days with an exception."""

    leases: set[LeaseKey]
    released: dict[LeaseKey, dict[Month, int]]
    linked: dict[LeaseKey, set[str]]
    filings: dict[str, Filing]

    def authorised(self, lease: LeaseKey, month: Month) -> tuple[float, int]:
        day, total, days = date(*month, 1), 0.0, 0
        while (day.year, day.month) == month:
            active = sorted(
                (
                    (-self.filings[one].rate, one)
                    for one in self.linked[lease]
                    if self.filings[one].first <= day <= self.filings[one].last
                ),
            )
            burnt: set[tuple[str, str, str]] = set()
            for rate, one in active:
                if not burnt & self.filings[one].points:
                    total -= rate
                    burnt |= self.filings[one].points
            days += bool(active)
            day += timedelta(days=1)
        return total, days

    def above(self) -> dict[LeaseKey, dict[Month, float]]:
        """By lease, the months with an exception in force and more released: the excess in mcf."""
        found: dict[LeaseKey, dict[Month, float]] = defaultdict(dict)
        for lease, months in self.released.items():
            if not self.linked[lease]:
                continue
            for month, released in months.items():
                if released:
                    authorised, days = self.authorised(lease, month)
                    if days and released - authorised >= 0.5:
                        found[lease][month] = released - authorised
        return found


def read_by_hand(directory: Path) -> ByHand:
    filings: dict[str, Filing] = {}
    for row in rows(directory / "permits.csv"):
        if row["status"] != "Approved" or not row["effective_dt"]:
            continue
        one = filings.setdefault(
            row["filing_no"],
            Filing(
                float(row["release_rate_mcf_day"]),
                date.fromisoformat(row["effective_dt"]),
                date.fromisoformat(row["expiration_dt"] or "9999-12-31"),
                plain(row["operator_name"]),
            ),
        )
        one.points.add((row["name"], row["latitude"], row["longitude"]))
    leases = {
        (row["lease_district"], row["lease_number"])
        for row in rows(directory / "leases.csv") + rows(directory / "wells.csv")
        if row["oil_gas_code"] == "O" or len(row["lease_number"]) == 6
    }
    wells: dict[str, list[tuple[float, float, LeaseKey]]] = defaultdict(list)
    for row in rows(directory / "wells.csv"):
        if row["oil_gas_code"] == "O" or len(row["lease_number"]) == 6:
            wells[plain(row["operator_name"])].append(
                (
                    float(row["latitude"]),
                    float(row["longitude"]),
                    (row["lease_district"], row["lease_number"]),
                )
            )
    linked: dict[LeaseKey, set[str]] = defaultdict(set)
    for number, filing in filings.items():
        for _, latitude, longitude in filing.points:
            for north, east, lease in wells[filing.operator]:
                if (
                    abs(north - float(latitude)) <= LATITUDE_WINDOW
                    and abs(east - float(longitude)) <= LONGITUDE_WINDOW
                ):
                    linked[lease].add(number)
    released: dict[LeaseKey, dict[Month, int]] = defaultdict(dict)
    for row in rows(directory / "production.csv"):
        lease = (row["lease_district"], row["lease_number"])
        if lease in leases:
            month = date.fromisoformat(row["date"])
            released[lease][month.year, month.month] = int(float(row["flared_mcf"] or 0))
    return ByHand(leases, released, linked, filings)
