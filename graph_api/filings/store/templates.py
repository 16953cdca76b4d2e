"""Checklist templates: a tenant's own stand before those that all tenants share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database, Session
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.filings.lifecycle import FilingConflict, UnknownRecord
from graph_api.filings.models import ChecklistItemDefinition, ChecklistTemplate
from graph_api.filings.store.rows import json_column, template_of


async def templates(
    database: Database,
    viewer: Viewer,
    domains: Sequence[ComplianceDomain] | None,
    *,
    only_latest: bool,
) -> list[ChecklistTemplate]:
    """The template versions that the viewer sees; of each domain only the one that is used."""
    wanted = None if domains is None else [one.lower() for one in domains]
    rows = await database.fetch(
        viewer, statement("checklist_templates"), viewer.tenant_id, wanted, None
    )
    found = [template_of(row) for row in rows]
    if not only_latest:
        return found
    latest: dict[ComplianceDomain, ChecklistTemplate] = {}
    for one in found:
        latest.setdefault(one.compliance_domain, one)
    return list(latest.values())


async def templates_by_ids(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, ChecklistTemplate]:
    """Template versions by id."""
    rows = await database.fetch(
        viewer,
        statement("checklist_templates"),
        viewer.tenant_id,
        None,
        [str(one) for one in ids],
    )
    return {template.id: template for template in map(template_of, rows)}


async def template_of_checklist(
    session: Session, domain: ComplianceDomain, template_id: UUID | None
) -> ChecklistTemplate:
    """The template version asked for, or the one that is used in a domain.

    Raises UnknownRecord or FilingConflict.
    """
    rows = await session.fetch(
        statement("checklist_templates"),
        session.viewer.tenant_id,
        [domain.lower()] if template_id is None else None,
        None if template_id is None else [str(template_id)],
    )
    if not rows:
        if template_id is not None:
            raise UnknownRecord("checklist template", template_id, "template_id")
        message = f"there is no checklist template for {domain.value}"
        raise FilingConflict(message, "compliance_domain")
    found = template_of(rows[0])
    if found.compliance_domain is not domain:
        message = f"the template is for {found.compliance_domain.value}, not {domain.value}"
        raise FilingConflict(message, "template_id")
    return found


async def create_template(
    session: Session, domain: ComplianceDomain, items: Sequence[ChecklistItemDefinition]
) -> ChecklistTemplate:
    """Write the next version of the tenant's template for a domain."""
    await session.fetch(
        statement("lock_checklist_templates"), session.viewer.tenant_id, domain.lower()
    )
    written = await _insert(session, domain, None, items)
    if written is None:
        raise RuntimeError("the next number of a locked domain was taken")
    return written


async def seed_template(
    session: Session,
    domain: ComplianceDomain,
    version: int,
    items: Sequence[ChecklistItemDefinition],
) -> ChecklistTemplate | None:
    """Write a template version under its number; None where the number is there already."""
    return await _insert(session, domain, version, items)


async def _insert(
    session: Session,
    domain: ComplianceDomain,
    version: int | None,
    items: Sequence[ChecklistItemDefinition],
) -> ChecklistTemplate | None:
    plain = [one.model_dump(exclude_none=True) for one in items]
    required = [place for place, one in enumerate(items) if one.required]
    rows = await session.fetch(
        statement("insert_checklist_template"),
        session.viewer.tenant_id,
        uuid4(),
        domain.lower(),
        version,
        json_column(plain),
        json_column(required),
        session.viewer.subject,
        datetime.now(UTC),
    )
    if not rows:
        return None
    written = template_of(rows[0])
    session.journal.record(
        Change(
            ChangeKind.CHECKLIST_TEMPLATE,
            str(written.id),
            None,
            written.document(),
            domain=domain.lower(),
        )
    )
    return written
