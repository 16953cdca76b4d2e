"""What every step of a checklist is made of.

Locks are taken in one order everywhere: rules, then checklists, then what hangs on them, then, as
the transaction's last act, the journal.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graph_api.core.database import Session
from graph_api.core.statements import statement
from graph_api.filings.lifecycle import (
    IllegalChecklistMove,
    UnknownRecord,
    status_after_work,
)
from graph_api.filings.models import (
    ChecklistStatus,
    FilingChecklist,
)
from graph_api.filings.store.freezing import (
    note_checklist,
)
from graph_api.filings.store.rows import checklist_of, json_column


async def locked(session: Session, checklist_id: UUID) -> FilingChecklist:
    """A checklist, taken until the transaction ends; raises UnknownRecord."""
    rows = await session.fetch(statement("lock_checklist"), session.viewer.tenant_id, checklist_id)
    if not rows:
        raise UnknownRecord("checklist", checklist_id, "id")
    return checklist_of(rows[0])


async def worked(
    session: Session, before: FilingChecklist, after: FilingChecklist, **more: object
) -> FilingChecklist:
    """Write what work has changed, and move the checklist to where its items are."""
    status = status_after_work(after)
    changes: dict[str, Any] = {"items": after.items}
    if status is not before.status:
        await check_move(session, before, status)
        changes |= {"status": status, "status_reason": None}
    return await written(session, before, changes, **more)


async def stepped(
    session: Session, before: FilingChecklist, changes: Mapping[str, Any]
) -> FilingChecklist:
    """Take a step; raises IllegalChecklistMove for one that the checklist's life has not."""
    await check_move(session, before, changes["status"])
    return await written(session, before, {"status_reason": None, **changes})


async def written(
    session: Session, before: FilingChecklist, changes: Mapping[str, Any], **more: object
) -> FilingChecklist:
    """Write changes of a checklist and note them."""
    after = before.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
    await session.fetch(
        statement("update_checklist"),
        after.tenant_id,
        after.id,
        after.status.lower(),
        after.deadline,
        json_column([one.model_dump(exclude_none=True) for one in after.items]),
        after.status_reason,
        after.filing_reference,
        after.reviewed_by,
        after.filed_at,
        after.updated_at,
    )
    note_checklist(session, before, after, **more)
    return after


async def check_move(session: Session, checklist: FilingChecklist, wanted: ChecklistStatus) -> None:
    """Raise IllegalChecklistMove for a step that a checklist's life has not."""
    rows = await session.fetch(statement("next_checklist_statuses"), checklist.status.lower())
    allowed = [ChecklistStatus[row["to_status"].upper()] for row in rows]
    if wanted not in allowed:
        raise IllegalChecklistMove(checklist.status, wanted, allowed)
