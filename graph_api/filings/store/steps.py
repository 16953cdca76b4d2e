"""The steps in a checklist's life after the work: review, filing, exceptions, changes of rules."""

from datetime import UTC, datetime
from uuid import UUID

from graph_api.core.database import Session
from graph_api.core.statements import statement
from graph_api.filings.lifecycle import (
    FilingConflict,
    MissingItems,
    UnknownRecord,
)
from graph_api.filings.models import (
    ChecklistStatus,
    FilingChecklist,
    RuleChangeAlert,
)
from graph_api.filings.store.freezing import (
    note_alert,
    note_snapshot,
)
from graph_api.filings.store.moving import check_move, locked, stepped
from graph_api.filings.store.rows import alert_of, snapshot_of


async def submit(session: Session, checklist_id: UUID) -> FilingChecklist:
    """Put a checklist before a reviewer; raises MissingItems for required items not done."""
    before = await locked(session, checklist_id)
    working = before.status in (ChecklistStatus.DRAFT, ChecklistStatus.IN_PROGRESS)
    if working and before.missing_items:
        raise MissingItems(before.missing_items)
    if working:
        # nothing in it is required, so no work has made it ready
        before = await stepped(session, before, {"status": ChecklistStatus.READY_FOR_REVIEW})
    return await stepped(session, before, {"status": ChecklistStatus.IN_REVIEW})


async def approve(session: Session, checklist_id: UUID) -> FilingChecklist:
    """Approve a checklist under review."""
    before = await locked(session, checklist_id)
    changes = {"status": ChecklistStatus.APPROVED, "reviewed_by": session.viewer.subject}
    return await stepped(session, before, changes)


async def reject(session: Session, checklist_id: UUID, reason: str) -> FilingChecklist:
    """Send a checklist back, also one that was approved."""
    before = await locked(session, checklist_id)
    changes = {
        "status": ChecklistStatus.REJECTED,
        "reviewed_by": session.viewer.subject,
        "status_reason": reason,
    }
    return await stepped(session, before, changes)


async def file(session: Session, checklist_id: UUID, reference: str | None) -> FilingChecklist:
    """Note that an approved checklist was filed; nothing in it changes afterwards.

    Raises FilingConflict where a rule has changed under it and nobody has acknowledged that.
    """
    before = await locked(session, checklist_id)
    await check_move(session, before, ChecklistStatus.FILED)
    rows = await session.fetch(
        statement("snapshots_of_checklists"), session.viewer.tenant_id, [checklist_id]
    )
    unseen = [
        one.rule_identifier
        for one in map(snapshot_of, rows)
        if not one.is_current and not one.acknowledged
    ]
    if unseen:
        message = f"acknowledge first that these rules have changed: {', '.join(unseen)}"
        raise FilingConflict(message, "id")
    changes = {
        "status": ChecklistStatus.FILED,
        "filing_reference": reference,
        "filed_at": datetime.now(UTC),
    }
    return await stepped(session, before, changes)


async def set_aside(session: Session, checklist_id: UUID, reason: str) -> FilingChecklist:
    """Set a checklist aside; work on it takes it up again."""
    before = await locked(session, checklist_id)
    changes = {"status": ChecklistStatus.EXCEPTION, "status_reason": reason}
    return await stepped(session, before, changes)


async def acknowledge(session: Session, alert_id: UUID, note: str | None) -> RuleChangeAlert:
    """Note that somebody knows that a rule has changed under a filing."""
    tenant, now = session.viewer.tenant_id, datetime.now(UTC)
    rows = await session.fetch(statement("alert_by_id"), tenant, alert_id)
    if not rows:
        raise UnknownRecord("alert", alert_id, "id")
    checklist = await locked(session, rows[0]["checklist_id"])
    rows = await session.fetch(statement("lock_alerts_of_checklist"), tenant, checklist.id)
    alert = next(one for one in map(alert_of, rows) if one.id == alert_id)
    if alert.acknowledged:
        message = f"{alert.acknowledged_by} acknowledged it at {alert.acknowledged_at}"
        raise FilingConflict(message, "id")
    known = {
        "acknowledged": True,
        "acknowledged_by": session.viewer.subject,
        "acknowledged_at": now,
    }
    await session.fetch(
        statement("acknowledge_alert"), tenant, alert_id, session.viewer.subject, now, note
    )
    after = alert.model_copy(update={**known, "note": note})
    note_alert(session, checklist, alert, after)
    rows = await session.fetch(statement("snapshots_of_checklists"), tenant, [checklist.id])
    frozen = next(one for one in map(snapshot_of, rows) if one.id == alert.snapshot_id)
    # an alert about a version that was replaced in its turn does not settle the later one
    if frozen.superseded_by == alert.new_version_id:
        await session.fetch(
            statement("acknowledge_snapshot"), tenant, frozen.id, session.viewer.subject, now
        )
        note_snapshot(session, checklist, frozen, frozen.model_copy(update=known))
    return after
