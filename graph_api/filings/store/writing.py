"""What a checklist is begun with, and the work on its items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Session
from graph_api.core.model import GraphEntity, field_error
from graph_api.core.statements import statement
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistItemState,
    FilingChecklist,
    GeneratedBy,
    NewArtifact,
    digest,
    new_items,
)
from graph_api.filings.store.freezing import (
    freeze_rules,
    note_checklist,
    write_snapshots,
)
from graph_api.filings.store.moving import locked, worked
from graph_api.filings.store.rows import json_column
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
    before = await locked(session, checklist_id)
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
    return await worked(session, before, before.model_copy(update={"items": items}))


async def attach(
    session: Session, checklist_id: UUID, new: NewArtifact
) -> tuple[FilingChecklist, ChecklistArtifact]:
    """Attach an artifact to an item; raises pydantic.ValidationError for one that is too large."""
    before = await locked(session, checklist_id)
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
    after = await worked(session, before, before, attached=artifact.document())
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


def _check_item(checklist: FilingChecklist, item_index: int) -> None:
    if not 0 <= item_index < len(checklist.items):
        message = f"the checklist has items 0 to {len(checklist.items) - 1}"
        raise field_error("item_index", message, item_index)
