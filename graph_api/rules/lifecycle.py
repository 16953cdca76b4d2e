"""What may become of a rule version, and where in its rule's timeline it comes to stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from graph_api.rules.models import RuleStatus, RuleVersion


@dataclass
class UnknownRuleVersion(Exception):  # noqa: N818 - it is named after what is the matter
    """There is no such version where the caller may write."""

    version_id: UUID


@dataclass
class RuleConflict(Exception):  # noqa: N818 - it is named after what is the matter
    """What is stored stands against a write; `field` is what of the input it concerns."""

    message: str
    field: str


@dataclass
class IllegalRuleMove(Exception):  # noqa: N818 - it is named after what is the matter
    """A version may not go to a status from where it is."""

    current: RuleStatus
    wanted: RuleStatus
    allowed: Sequence[RuleStatus]

    def __str__(self) -> str:
        allowed = ", ".join(self.allowed) or "none: it is where a version ends"
        return (
            f"a version that is {self.current} does not become {self.wanted}; "
            f"allowed next: {allowed}"
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version comes to stand in the timeline of its rule."""

    previous: RuleVersion | None
    """The version that it ends; None before the first one."""
    following: RuleVersion | None
    """The version that ends it; None after the last one."""

    @property
    def end(self) -> date | None:
        """First day on which it is no longer in force; None while it has no end."""
        return None if self.following is None else self.following.effective_date


def place_in(timeline: Sequence[RuleVersion], effective_date: date) -> Place:
    """Where a version of an effective date stands among the versions of its rule.

    It is in force up to the day on which a later version takes effect, and ends the one before on
    its own effective date: every day keeps exactly one version. Raises RuleConflict where another
    version takes effect on the same day, which would be left without a day of its own.
    """
    in_force = sorted(
        (one for one in timeline if one.status in (RuleStatus.ACTIVE, RuleStatus.SUPERSEDED)),
        key=lambda one: one.effective_date,
    )
    for one in in_force:
        if one.effective_date == effective_date:
            raise RuleConflict(
                f"version {one.version} of {one.rule_identifier} takes effect on the same day, "
                f"{effective_date}; one of the two would never be in force. A correction takes "
                "effect on another day",
                "effective_date",
            )
    earlier = [one for one in in_force if one.effective_date < effective_date]
    later = [one for one in in_force if one.effective_date > effective_date]
    return Place(earlier[-1] if earlier else None, later[0] if later else None)
