"""The steps in a checklist's life, and what is said about its items and its rules."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic import ValidationError as ModelError

from graph_api.core.api.building import GraphQLClass
from graph_api.core.api.outcomes import (
    FieldError,
    invalid,
)
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.permissions import Permission
from graph_api.filings.inputs import (
    AcknowledgeRuleChangeInput,
    ChecklistReasonInput,
    ChecklistStepInput,
    FileChecklistInput,
    UpdateChecklistItemInput,
)
from graph_api.filings.models import (
    FilingChecklist,
    Reason,
)
from graph_api.filings.store import (
    acknowledge,
    approve,
    file,
    reject,
    set_aside,
    submit,
    update_item,
)

Write = Callable[[OperationContext, Any], Awaitable[dict[str, Any]]]
_REASON: TypeAdapter[str] = TypeAdapter(Reason)
_LONGEST_REFERENCE = 200


async def _update_item(
    context: OperationContext, given: UpdateChecklistItemInput
) -> dict[str, Any]:
    changes = given.changes()
    if not changes:
        message = "give at least one of status, summary and data"
        raise invalid([FieldError(path="input", message=message)])
    async with context.database.transaction(context.viewer, "updateChecklistItem") as session:
        return {"checklist": await update_item(session, given.id, given.item_index, changes)}


async def acknowledge_alert(
    context: OperationContext, given: AcknowledgeRuleChangeInput
) -> dict[str, Any]:
    """Note who acknowledged an alert."""
    note = None if given.note is None else _text(given.note, "note")
    async with context.database.transaction(context.viewer, "acknowledgeRuleChange") as session:
        return {"alert": await acknowledge(session, given.id, note)}


async def _file(context: OperationContext, given: FileChecklistInput) -> dict[str, Any]:
    reference = given.filing_reference
    if reference is not None and len(_text(reference, "filingReference")) > _LONGEST_REFERENCE:
        message = f"must not be longer than {_LONGEST_REFERENCE} characters"
        raise invalid([FieldError(path="filingReference", message=message)])
    async with context.database.transaction(context.viewer, "fileChecklist") as session:
        return {"checklist": await file(session, given.id, reference)}


def _step(action: str, move: Callable[[Session, UUID], Awaitable[FilingChecklist]]) -> Write:
    async def write(context: OperationContext, given: ChecklistStepInput) -> dict[str, Any]:
        async with context.database.transaction(context.viewer, action) as session:
            return {"checklist": await move(session, given.id)}

    return write


def _reasoned(
    action: str, move: Callable[[Session, UUID, str], Awaitable[FilingChecklist]]
) -> Write:
    async def write(context: OperationContext, given: ChecklistReasonInput) -> dict[str, Any]:
        reason = _text(given.reason, "reason")
        async with context.database.transaction(context.viewer, action) as session:
            return {"checklist": await move(session, given.id, reason)}

    return write


def _text(given: str, path: str) -> str:
    """Text of 1 to 4,000 characters that can be stored; raises Refused."""
    try:
        text = _REASON.validate_python(given.strip())
        if "\0" not in text:
            return text
    except ModelError:
        pass
    message = "1 to 4,000 characters, without NUL, are expected"
    raise invalid([FieldError(path=path, message=message)])


STEPS: tuple[tuple[str, str, GraphQLClass, Write, Permission], ...] = (
    (
        "update_checklist_item",
        "Say how far an item is. The checklist is ready for review once every required item is "
        "done, and in progress as long as one is not.",
        UpdateChecklistItemInput,
        _update_item,
        Permission.PREPARE_FILINGS,
    ),
    (
        "submit_for_review",
        "Put a checklist before a reviewer; refused, with their names, while required items are "
        "not done.",
        ChecklistStepInput,
        _step("submitForReview", submit),
        Permission.PREPARE_FILINGS,
    ),
    (
        "approve_checklist",
        "Approve a checklist under review.",
        ChecklistStepInput,
        _step("approveChecklist", approve),
        Permission.DECIDE_FILINGS,
    ),
    (
        "reject_checklist",
        "Send a checklist back, under review or already approved.",
        ChecklistReasonInput,
        _reasoned("rejectChecklist", reject),
        Permission.DECIDE_FILINGS,
    ),
    (
        "file_checklist",
        "Note that an approved checklist was filed with the agency; nothing in it changes "
        "afterwards.",
        FileChecklistInput,
        _file,
        Permission.DECIDE_FILINGS,
    ),
    (
        "mark_checklist_exception",
        "Set a checklist aside that cannot go on as planned; work on it takes it up again.",
        ChecklistReasonInput,
        _reasoned("markChecklistException", set_aside),
        Permission.PREPARE_FILINGS,
    ),
)
"""The mutations that answer with a checklist: name, meaning, input, what they do, and
what they ask of the viewer."""
