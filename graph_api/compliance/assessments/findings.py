"""What an assessment comes to, and the words that assessments share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from graph_api.compliance.models import ComplianceStatusCode

TEXAS = ZoneInfo("America/Chicago")
"""The zone of the Commission's offices, where a deadline ends with its day."""

# in UTC, as which moments are kept, that day ends in Texas in the year 10000
_LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """A status with the last day to act, the numbers behind it, and the reasons in words.

    Nothing in it depends on the day of the assessment but the status itself, so that assessing
    again tomorrow changes a record only where something has changed.
    """

    status: ComplianceStatusCode
    explanation: str
    deadline: date | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    rule_version_id: UUID | None = None


def not_applicable(
    explanation: str,
    missing: Sequence[str] = (),
    rule_version_id: UUID | None = None,
    **details: Any,
) -> Finding:
    """That a duty does not apply; `missing` names the data that is not on record."""
    return Finding(
        ComplianceStatusCode.NOT_APPLICABLE,
        explanation,
        details={**details, "missing": list(missing)} if missing else details,
        rule_version_id=rule_version_id,
    )


def end_of_day(day: date | None) -> datetime | None:
    """The last second of a day in Texas, as a deadline is kept."""
    if day is None:
        return None
    return _LAST_SECOND if day == date.max else datetime.combine(day, time(23, 59, 59), TEXAS)


def span_of_days(first: date, last: date) -> tuple[datetime, datetime]:
    """When the first of some days begins in Texas, and when the last is over."""
    over = (
        _LAST_SECOND
        if last == date.max
        else datetime.combine(last + timedelta(days=1), time(), TEXAS)
    )
    return datetime.combine(first, time(), TEXAS), over


def feet(value: float) -> str:
    """A distance as people write it: 467 ft."""
    return f"{quantity(value)} ft"


def quantity(value: float) -> str:
    """A number with thousands separated and no idle decimals: 1,453 or 12.5."""
    return f"{round(value, 1):,.1f}".removesuffix(".0")


def month_name(month: date) -> str:
    """A month as people sort it: 2024-03."""
    return f"{month:%Y-%m}"


def several(words: Sequence[str], most: int = 5) -> str:
    """A list for a sentence: the first few, and how many more."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
