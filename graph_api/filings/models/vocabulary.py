"""The terms of filing checklists. Tables keep them in lower case, as the reference documents do."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BeforeValidator

from graph_api.entities.models.described import DescribedEnum


def _as_shown(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


STORED = BeforeValidator(_as_shown)
"""Reads a term from the lower case that tables keep it in."""


def stored(value: Any) -> Any:
    """A value as tables, the change feed and the audit hold it: terms in lower case, plain JSON."""
    match value:
        case Enum():
            return str(value.value).lower()
        case dict():
            return {name: stored(one) for name, one in value.items()}
        case list() | tuple():
            return [stored(one) for one in value]
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case _:
            return value


class ChecklistStatus(DescribedEnum):
    """Where a filing checklist stands on its way to the agency."""

    DRAFT = "DRAFT", "Created, and not worked on yet."
    IN_PROGRESS = "IN_PROGRESS", "Being worked on; required items are missing."
    READY_FOR_REVIEW = "READY_FOR_REVIEW", "Every required item is done."
    IN_REVIEW = "IN_REVIEW", "Submitted to a reviewer."
    APPROVED = "APPROVED", "A reviewer has approved it; it may be filed."
    REJECTED = "REJECTED", "A reviewer has sent it back, with a reason."
    FILED = "FILED", "Filed with the agency; nothing in it changes any more."
    EXCEPTION = "EXCEPTION", "Set aside because it cannot go on as planned, with a reason."


class ChecklistItemStatus(DescribedEnum):
    """How far one item of a checklist is."""

    PENDING = "PENDING", "Nothing was done about it yet."
    IN_PROGRESS = "IN_PROGRESS", "Begun."
    BLOCKED = "BLOCKED", "Cannot go on; the summary says why."
    COMPLETE = "COMPLETE", "Done."
    NOT_APPLICABLE = "NOT_APPLICABLE", "Not needed for this filing; the summary says why."

    @property
    def is_done(self) -> bool:
        """Whether a required item with this status no longer stands in the way."""
        return self in (ChecklistItemStatus.COMPLETE, ChecklistItemStatus.NOT_APPLICABLE)


class ChecklistItemType(DescribedEnum):
    """What an item of a checklist asks for."""

    DATA = "DATA", "Facts to be gathered or confirmed."
    CALCULATION = "CALCULATION", "Numbers to be computed and checked."
    DOCUMENT = "DOCUMENT", "A document to be obtained or attached."
    FORM = "FORM", "A form of the agency to be filled in."
    NOTICE = "NOTICE", "Persons to be notified, or waivers to be obtained."
    REVIEW = "REVIEW", "A judgement that a person has to make."


class CompletionMethod(DescribedEnum):
    """Who completes an item."""

    AGENT = "AGENT", "An agent, by itself."
    USER = "USER", "A person."
    AGENT_THEN_USER = "AGENT_THEN_USER", "An agent prepares it, a person confirms it."
    SYSTEM = "SYSTEM", "The service, from data on record."


class ArtifactType(DescribedEnum):
    """What an artifact is."""

    DOCUMENT = "DOCUMENT", "A document in text."
    PDF = "PDF", "A document in PDF."
    PLAT_DRAFT = "PLAT_DRAFT", "A draft of a plat."
    DATA_EXPORT = "DATA_EXPORT", "Data taken from records."
    WAIVER = "WAIVER", "A waiver of objection by an affected person."
    FORM_DRAFT = "FORM_DRAFT", "A draft of a form of the agency."


class GeneratedBy(DescribedEnum):
    """Who made an artifact."""

    AGENT = "AGENT", "An agent."
    USER = "USER", "A person."
    SYSTEM = "SYSTEM", "The service."
