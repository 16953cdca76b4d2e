"""Drilling permits of the sample: which wells have one, when they were drilled, which rules bend."""

from dataclasses import dataclass
from datetime import date, timedelta

from graph_api.sample.chance import between
from graph_api.sample.properties import WELLS, LeaseOfSample, WellOfSample, lease

_FIRST_PERMIT = 987_104


@dataclass(frozen=True, slots=True)
class PermitOfSample:
    """One W-1 permit, or an amendment of one."""

    number: str
    amendment: int
    lease: LeaseOfSample
    well: WellOfSample
    received: date
    issued: date
    amended: date | None
    spudded: date | None
    completed: date | None
    rule_37_case: str
    """The 7 digits of the Rule 37 docket; empty without an exception."""
    is_rule_37: bool
    is_rule_38: bool
    is_sour: bool
    nearest_well_ft: float
    nearest_line_ft: float

    @property
    def key(self) -> str:
        """The natural key of the permit in the graph."""
        return f"{self.number}|{self.amendment}"

    @property
    def expires(self) -> date:
        """A permit runs two years from its issue."""
        return self.issued.replace(year=self.issued.year + 2)


_PERMITTED: tuple[tuple[str, int, str], ...] = (
    # lease, how many of its wells, first day of issue
    ("O|08|68214", 5, "2022-09-12"),
    ("O|08|68219", 2, "2022-10-03"),
    ("O|08|68251", 2, "2022-08-22"),
    ("O|08|68377", 3, "2023-01-17"),
    ("O|08|68402", 2, "2022-11-07"),
    ("O|08|68433", 2, "2023-02-06"),
    ("O|7C|27651", 2, "2022-12-05"),
    ("O|7C|27672", 2, "2022-07-18"),
    ("O|8A|78093", 2, "2022-06-13"),
    ("O|08|68470", 3, "2025-02-10"),
    ("O|08|68479", 2, "2025-01-13"),
    ("O|7C|27690", 2, "2025-03-03"),
    ("O|08|68474", 2, "2025-09-15"),
)
_RULE_37 = {
    ("O|08|68214", 2): "0098417",
    ("O|08|68377", 1): "",
    ("O|8A|78093", 1): "0098502",
    ("O|08|68470", 0): "",
    ("O|08|68474", 1): "",
}
_RULE_38 = {("O|8A|78093", 1)}
_AMENDED = {("O|08|68402", 0), ("O|08|68470", 0)}


def _permits() -> tuple[PermitOfSample, ...]:
    found: list[PermitOfSample] = []
    number = _FIRST_PERMIT
    for key, count, first in _PERMITTED:
        of = lease(key)
        for index, well in enumerate(WELLS[key][:count]):
            number += 1 + int(between(0, 30, "permit", well.api))
            issued = date.fromisoformat(first) + timedelta(
                days=int(between(0, 20, "issue", well.api))
            )
            spudded = issued + timedelta(days=int(between(70, 150, "spud", well.api)))
            completed = spudded + timedelta(days=int(between(95, 150, "complete", well.api)))
            drilling = of.status == "PLANNED"
            exception = (key, index) in _RULE_37
            permit = PermitOfSample(
                f"{number:07d}", 0, of, well, issued - timedelta(days=9), issued, None,
                (spudded if index == 0 else None) if drilling else spudded,
                None if drilling else completed,
                _RULE_37.get((key, index), ""), exception, (key, index) in _RULE_38,
                of.district == "8A",
                round(between(250, 610, "near", well.api)) if exception
                else round(between(660, 1_190, "near", well.api)),
                round(between(100, 330, "line", well.api)) if exception
                else round(between(467, 900, "line", well.api)),
            )  # fmt: skip
            if (key, index) in _AMENDED:
                found.append(_amendment(permit))
            else:
                found.append(permit)
    return tuple(found)


def _amendment(original: PermitOfSample) -> PermitOfSample:
    """The first amendment; a daily file holds the latest state of a permit only."""
    amended = original.issued + timedelta(days=31)
    return PermitOfSample(
        original.number, 1, original.lease, original.well, amended - timedelta(days=6),
        original.issued, amended, original.spudded, original.completed, original.rule_37_case,
        original.is_rule_37, original.is_rule_38, original.is_sour, original.nearest_well_ft,
        original.nearest_line_ft,
    )  # fmt: skip


PERMITS = _permits()
