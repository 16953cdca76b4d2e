"""What may become of a checklist: what is refused and why, without asking the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from graph_api.filings.models import ChecklistItemState, ChecklistStatus, FilingChecklist


@dataclass
class UnknownRecord(Exception):  # noqa: N818 - it is named after what is the matter
    """There is no such record where the caller may write; `field` is where the input names it."""

    what: str
    record_id: UUID
    field: str

    def __str__(self) -> str:
        return f"there is no {self.what} {self.record_id}"


@dataclass
class FilingConflict(Exception):  # noqa: N818 - it is named after what is the matter
    """What is stored stands against a write; `field` is what of the input it concerns."""

    message: str
    field: str


@dataclass
class MissingItems(Exception):  # noqa: N818 - it is named after what is the matter
    """Required items are not done."""

    items: Sequence[tuple[int, ChecklistItemState]]


@dataclass
class IllegalChecklistMove(Exception):  # noqa: N818 - it is named after what is the matter
    """A checklist may not go to a status from where it is."""

    current: ChecklistStatus
    wanted: ChecklistStatus
    allowed: Sequence[ChecklistStatus]

    def __str__(self) -> str:
        allowed = ", ".join(self.allowed) or "none: it has been filed"
        return (
            f"a checklist that is {self.current} does not become {self.wanted}; "
            f"allowed next: {allowed}"
        )


def status_after_work(checklist: FilingChecklist) -> ChecklistStatus:
    """Where a checklist stands once somebody has worked on it."""
    if checklist.missing_items:
        return ChecklistStatus.IN_PROGRESS
    return ChecklistStatus.READY_FOR_REVIEW
