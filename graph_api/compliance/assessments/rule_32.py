"""One exception to flare or vent gas (Form R-32, 16 TAC §3.32): its standing and its last day.

Administrative exceptions at one flare point may add up to 180 days; beyond that a final order of
the Commission is needed. An exception for a small volume needs no end date and is not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from graph_api.compliance.assessments.findings import Finding, not_applicable, several
from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceStatusCode
from graph_api.rules.models import FlaringRule

FlaringVersion = GoverningRule[FlaringRule] | None

EXPIRY_NOTICE = timedelta(days=30)
"""How long before the last day an exception needs action, and after it is overdue; a convention."""

_GRANTED = ("APPROVED", "EXPIRED")
_UNDECIDED = ("PENDING", "HEARING_PENDING")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FlaringException:
    """What is on record of one exception."""

    number: str
    status: str
    rate_mcf_per_day: float
    effective_on: date | None
    expires_on: date | None
    final_order_number: str | None = None
    flare_points: frozenset[str] = frozenset()

    @property
    def granted(self) -> bool:
        """Whether it was granted, be it over or not."""
        return self.status in _GRANTED


def assess(
    one: FlaringException,
    neighbours: Sequence[FlaringException],
    rule: GoverningRule[FlaringRule] | None,
    as_of: date,
) -> Finding:
    """Where an exception stands; `neighbours` are the others at its flare points."""
    if rule is None:
        return not_applicable("No flaring rule is in force on the day.", ["flaring rule"])
    days, first_excess = administrative_days(one, neighbours, rule.parameters)
    details = _details(one, days, rule.parameters)
    if one.status in _UNDECIDED:
        what = "a hearing" if one.status == "HEARING_PENDING" else "the Commission's decision"
        words = f"Exception {one.number} awaits {what}; until it is granted nothing is authorised."
        return Finding(
            ComplianceStatusCode.IN_REVIEW, words, None, details, rule_version_id=rule.version_id
        )
    ended = one.expires_on is not None and one.expires_on < as_of
    if not one.granted:
        return _refused(one, ended, details, rule)
    if one.effective_on is None:
        return not_applicable(
            f"The first day of exception {one.number} is not on record.",
            ["effective date"],
            rule.version_id,
            **details,
        )
    if not ended and first_excess is not None:
        words = (
            f"Administrative exceptions at a flare point of {one.number} add up to {days} days; "
            f"beyond {rule.parameters.administrative_max_days} days, reached on "
            f"{first_excess:%Y-%m-%d}, a final order of the Commission is needed and none is on "
            "record."
        )
        return Finding(
            ComplianceStatusCode.ACTION_NEEDED, words, first_excess, details, rule.version_id
        )
    return _by_last_day(one, neighbours, as_of, details, rule)


def administrative_days(
    one: FlaringException, neighbours: Iterable[FlaringException], rule: FlaringRule
) -> tuple[int, date | None]:
    """Days authorised administratively at that of its flare points which has most, to its last day.

    The second value is the first day of its own beyond the most that may be granted
    administratively; None where there is none.
    """
    if not _counted(one, rule):
        return 0, None
    days, first_excess = 0, None
    # without a flare point on record the exception stands alone
    for point in sorted(one.flare_points) or [""]:
        at_point = [one, *(n for n in neighbours if point in n.flare_points and _counted(n, rule))]
        counted, beyond = _days_at(at_point, one, rule.administrative_max_days)
        days = max(days, counted)
        if beyond is not None and (first_excess is None or beyond < first_excess):
            first_excess = beyond
    return days, first_excess


def _counted(one: FlaringException, rule: FlaringRule) -> bool:
    return (
        one.granted
        and one.final_order_number is None
        and one.effective_on is not None
        and one.expires_on is not None
        and one.rate_mcf_per_day > rule.small_volume_mcf_per_day
    )


def _days_at(
    exceptions: Iterable[FlaringException], own: FlaringException, most: int
) -> tuple[int, date | None]:
    """Days on which one of the exceptions is in force, each once, up to the last day of one's own.

    The second value is the first of its own days that follows so many of them.
    """
    counted, beyond, end = 0, None, 0
    own_first, own_last = _span(own)
    # spans and not days, since an exception may be on record for thousands of years
    for first, last in sorted(_span(one) for one in exceptions):
        start, stop = max(first, end + 1), min(last, own_last)
        if start > stop:
            continue
        day = max(start + max(0, most - counted), own_first)
        if beyond is None and day <= stop:
            beyond = date.fromordinal(day)
        counted += stop - start + 1
        end = stop
    return counted, beyond


def _span(one: FlaringException) -> tuple[int, int]:
    """The first and the last day of an exception that has both, counted from the year 1."""
    if one.effective_on is None or one.expires_on is None:
        raise ValueError("only exceptions with both days are counted")
    return one.effective_on.toordinal(), one.expires_on.toordinal()


def _refused(
    one: FlaringException, ended: bool, details: dict[str, Any], rule: GoverningRule[FlaringRule]
) -> Finding:
    if one.status == "RETURNED" and not ended:
        words = f"Exception {one.number} was sent back: it authorises nothing until it is refiled."
        return Finding(
            ComplianceStatusCode.ACTION_NEEDED,
            words,
            one.expires_on,
            details,
            rule_version_id=rule.version_id,
        )
    words = f"Exception {one.number} is {one.status.lower()}: it authorises nothing."
    return not_applicable(words, (), rule.version_id, **details)


def _by_last_day(
    one: FlaringException,
    neighbours: Sequence[FlaringException],
    as_of: date,
    details: dict[str, Any],
    rule: GoverningRule[FlaringRule],
) -> Finding:
    last = one.expires_on
    if last is None:
        words = f"Exception {one.number} is granted without an end date."
        return Finding(ComplianceStatusCode.COMPLIANT, words, None, details, rule.version_id)
    successors = sorted(n.number for n in neighbours if _continues(n, last))
    details = {**details, "continued_by": successors}
    if successors:
        words = (
            f"Exception {one.number} runs to {last:%Y-%m-%d} and is continued at its flare point "
            f"by {several(successors)}."
        )
        return Finding(ComplianceStatusCode.COMPLIANT, words, last, details, rule.version_id)
    if last < as_of - EXPIRY_NOTICE:
        words = f"Exception {one.number} ended on {last:%Y-%m-%d}; nothing is due any more."
        return not_applicable(words, (), rule.version_id, **details)
    if last < as_of:
        status, verb = ComplianceStatusCode.OVERDUE, "ended"
    elif last - as_of <= EXPIRY_NOTICE:
        status, verb = ComplianceStatusCode.ACTION_NEEDED, "ends"
    else:
        words = f"Exception {one.number} is granted and runs to {last:%Y-%m-%d}."
        return Finding(ComplianceStatusCode.COMPLIANT, words, last, details, rule.version_id)
    words = (
        f"Exception {one.number} {verb} on {last:%Y-%m-%d} and no exception at its flare point "
        "continues it: a release after that day needs a new one."
    )
    return Finding(status, words, last, details, rule.version_id)


def _continues(other: FlaringException, last: date) -> bool:
    """Whether another granted exception is in force on the day after a last day."""
    if last == date.max:
        return False
    following = last + _ONE_DAY
    return (
        other.granted
        and other.effective_on is not None
        and other.effective_on <= following
        and (other.expires_on is None or other.expires_on >= following)
    )


def _details(one: FlaringException, days: int, rule: FlaringRule) -> dict[str, Any]:
    return {
        "status": one.status,
        "rate_mcf_per_day": one.rate_mcf_per_day,
        "effective_on": None if one.effective_on is None else one.effective_on.isoformat(),
        "expires_on": None if one.expires_on is None else one.expires_on.isoformat(),
        "final_order": one.final_order_number,
        "flare_points": len(one.flare_points),
        "administrative_days": days,
        "administrative_max_days": rule.administrative_max_days,
    }
