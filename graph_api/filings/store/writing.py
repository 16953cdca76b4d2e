"""The steps in a checklist's life; each runs in its mutation's transaction.

Locks are taken in one order everywhere: rules, then checklists, then what hangs on them, then, as
the transaction's last act, the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Session
from graph_api.core.model import GraphEntity, field_error
from graph_api.core.statements import statement
from graph_api.filings.lifecycle import (
    FilingConflict,
    IllegalChecklistMove,
    MissingItems,
    UnknownRecord,
    status_after_work,
)
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistItemState,
    ChecklistStatus,
    FilingChecklist,
    GeneratedBy,
    NewArtifact,
    RuleChangeAlert,
    digest,
    new_items,
)
from graph_api.filings.store.freezing import (
    freeze_rules,
    note_alert,
    note_checklist,
    note_snapshot,
    write_snapshots,
)
from graph_api.filings.store.rows import alert_of, checklist_of, json_column, snapshot_of
from graph_api.filings.store.templates import template_of_checklist


@dataclass(frozen=True, slots=True)
class NewChecklist:
    """What a checklist is created for."""

    entity: GraphEntity
    domain: ComplianceDomain
    field_number: str | None
    """Number of the field that the entity is in, whose own rules come first."""
    day: date
    """The day whose rules it is begun under."""
    template_id: UUID | None = None
    deadline: datetime | None = None


async def create(session: Session, new: NewChecklist) -> FilingChecklist:
    """Create a checklist and freeze the rules that govern it.

    Raises UnknownRecord for a template that is not there, FilingConflict where there is no
    template or no rule for the domain.
    """
    template = await template_of_checklist(session, new.domain, new.template_id)
    now = datetime.now(UTC)
    checklist = FilingChecklist(
        tenant_id=session.viewer.tenant_id,
        entity_id=new.entity.id,
        entity_type=new.entity.label(),
        entity_name=new.entity.display_name[:500],
        compliance_domain=new.domain,
        template_id=template.id,
        template_version=template.version,
        deadline=new.deadline,
        items=new_items(template),
        created_by=session.viewer.subject,
        created_at=now,
        updated_at=now,
    )
    snapshots = await freeze_rules(session, checklist, new.field_number, new.day)
    checklist.is_stale = any(not one.is_current for one in snapshots)
    await session.fetch(
        statement("insert_checklist"),
        checklist.tenant_id,
        checklist.id,
        str(checklist.entity_id),
        checklist.entity_type,
        checklist.entity_name,
        checklist.compliance_domain.lower(),
        checklist.template_id,
        checklist.template_version,
        checklist.deadline,
        json_column([one.model_dump(exclude_none=True) for one in checklist.items]),
        checklist.created_by,
        now,
    )
    note_checklist(session, None, checklist)
    await write_snapshots(session, checklist, snapshots)
    return checklist


async def update_item(
    session: Session, checklist_id: UUID, item_index: int, changes: Mapping[str, Any]
) -> FilingChecklist:
    """Change what is said about one item; moves the checklist to where its items are.

    Raises pydantic.ValidationError for an item that says what it may not.
    """
    before = await _locked(session, checklist_id)
    _check_item(before, item_index)
    now = datetime.now(UTC)
    items = list(before.items)
    items[item_index] = ChecklistItemState.model_validate(
        {
            **items[item_index].model_dump(),
            **changes,
            "updated_by": session.viewer.subject,
            "updated_at": now,
        }
    )
    return await _worked(session, before, before.model_copy(update={"items": items}))


async def attach(
    session: Session, checklist_id: UUID, new: NewArtifact
) -> tuple[FilingChecklist, ChecklistArtifact]:
    """Attach an artifact to an item; raises pydantic.ValidationError for one that is too large."""
    before = await _locked(session, checklist_id)
    _check_item(before, new.item_index)
    artifact = _artifact(session, checklist_id, new)
    await session.fetch(
        statement("insert_artifact"),
        artifact.tenant_id,
        artifact.id,
        artifact.checklist_id,
        artifact.item_index,
        artifact.artifact_type.lower(),
        artifact.name,
        artifact.content_type,
        artifact.content,
        artifact.file_path,
        artifact.size_bytes,
        artifact.sha256,
        json_column(artifact.metadata),
        artifact.generated_by.lower(),
        artifact.created_by,
        artifact.created_at,
    )
    after = await _worked(session, before, before, attached=artifact.document())
    return after, artifact


def _artifact(session: Session, checklist_id: UUID, new: NewArtifact) -> ChecklistArtifact:
    content = new.text if new.data is None else json_column(new.data)
    if new.file is not None:
        size_bytes, sha256 = new.file.size_bytes, new.file.sha256
    else:
        size_bytes, sha256 = digest(content or "")
    if not content and new.file is None:
        raise field_error("text", "must not be empty")
    now = datetime.now(UTC)
    return ChecklistArtifact(
        tenant_id=session.viewer.tenant_id,
        checklist_id=checklist_id,
        item_index=new.item_index,
        artifact_type=new.artifact_type,
        name=new.name,
        content_type=new.content_type or "",
        content=content,
        file_path=None if new.file is None else new.file.file_path,
        size_bytes=size_bytes,
        sha256=sha256,
        metadata=new.metadata,
        generated_by=GeneratedBy[session.viewer.actor_type.upper()],
        created_by=session.viewer.subject,
        created_at=now,
        updated_at=now,
    )


async def submit(session: Session, checklist_id: UUID) -> FilingChecklist:
    """Put a checklist before a reviewer; raises MissingItems for required items not done."""
    before = await _locked(session, checklist_id)
    working = before.status in (ChecklistStatus.DRAFT, ChecklistStatus.IN_PROGRESS)
    if working and before.missing_items:
        raise MissingItems(before.missing_items)
    if working:
        # nothing in it is required, so no work has made it ready
        before = await _moved(session, before, {"status": ChecklistStatus.READY_FOR_REVIEW})
    return await _moved(session, before, {"status": ChecklistStatus.IN_REVIEW})


async def approve(session: Session, checklist_id: UUID) -> FilingChecklist:
    """Approve a checklist under review."""
    before = await _locked(session, checklist_id)
    changes = {"status": ChecklistStatus.APPROVED, "reviewed_by": session.viewer.subject}
    return await _moved(session, before, changes)


async def reject(session: Session, checklist_id: UUID, reason: str) -> FilingChecklist:
    """Send a checklist back, also one that was approved."""
    before = await _locked(session, checklist_id)
    changes = {
        "status": ChecklistStatus.REJECTED,
        "reviewed_by": session.viewer.subject,
        "status_reason": reason,
    }
    return await _moved(session, before, changes)


async def file(session: Session, checklist_id: UUID, reference: str | None) -> FilingChecklist:
    """Note that an approved checklist was filed; nothing in it changes afterwards.

    Raises FilingConflict where a rule has changed under it and nobody has acknowledged that.
    """
    before = await _locked(session, checklist_id)
    await _check_move(session, before, ChecklistStatus.FILED)
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
    return await _moved(session, before, changes)


async def set_aside(session: Session, checklist_id: UUID, reason: str) -> FilingChecklist:
    """Set a checklist aside; work on it takes it up again."""
    before = await _locked(session, checklist_id)
    changes = {"status": ChecklistStatus.EXCEPTION, "status_reason": reason}
    return await _moved(session, before, changes)


async def acknowledge(session: Session, alert_id: UUID, note: str | None) -> RuleChangeAlert:
    """Note that somebody knows that a rule has changed under a filing."""
    tenant, now = session.viewer.tenant_id, datetime.now(UTC)
    rows = await session.fetch(statement("alert_by_id"), tenant, alert_id)
    if not rows:
        raise UnknownRecord("alert", alert_id, "id")
    checklist = await _locked(session, rows[0]["checklist_id"])
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


def _check_item(checklist: FilingChecklist, item_index: int) -> None:
    if not 0 <= item_index < len(checklist.items):
        message = f"the checklist has items 0 to {len(checklist.items) - 1}"
        raise field_error("item_index", message, item_index)


async def _locked(session: Session, checklist_id: UUID) -> FilingChecklist:
    rows = await session.fetch(statement("lock_checklist"), session.viewer.tenant_id, checklist_id)
    if not rows:
        raise UnknownRecord("checklist", checklist_id, "id")
    return checklist_of(rows[0])


async def _worked(
    session: Session, before: FilingChecklist, after: FilingChecklist, **more: object
) -> FilingChecklist:
    """Write what work has changed, and move the checklist to where its items are."""
    changes = {"items": after.items, "status": status_after_work(after)}
    return await _moved(session, before, changes, **more)


async def _moved(
    session: Session, before: FilingChecklist, changes: Mapping[str, Any], **more: object
) -> FilingChecklist:
    """Write changes of a checklist; raises IllegalChecklistMove for a step its life has not."""
    status: ChecklistStatus = changes["status"]
    reason = before.status_reason
    if status is not before.status:
        await _check_move(session, before, status)
        reason = None
    after = before.model_copy(
        update={"status_reason": reason, **changes, "updated_at": datetime.now(UTC)}
    )
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


async def _check_move(
    session: Session, checklist: FilingChecklist, wanted: ChecklistStatus
) -> None:
    rows = await session.fetch(statement("next_checklist_statuses"), checklist.status.lower())
    allowed = [ChecklistStatus[row["to_status"].upper()] for row in rows]
    if wanted not in allowed:
        raise IllegalChecklistMove(checklist.status, wanted, allowed)
