"""The records of compliance: what stands now, what stood at a moment, and writing either."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from graph_api.compliance.assessments.findings import Finding, end_of_day
from graph_api.compliance.models import (
    ComplianceDomain,
    ComplianceStatus,
    ComplianceStatusCode,
    DecidedBy,
    RecordedComplianceStatus,
)
from graph_api.compliance.store.subjects import Subject, stored_domain
from graph_api.core.database import Database, Row, Session
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

MOST_WRITTEN = 500
"""Records written in one transaction, so that a long assessment keeps nobody waiting."""


async def lock_statuses(
    session: Session, domain: ComplianceDomain, ids: Sequence[str]
) -> dict[str, ComplianceStatus]:
    """Take the records of entities in a domain for writing; by entity id."""
    tenant, stored = session.viewer.tenant_id, stored_domain(domain)
    await session.fetch(statement("take_compliance_domain"), tenant, stored)
    rows = await session.fetch(statement("lock_compliance_statuses"), tenant, sorted(ids), stored)
    return {row["entity_id"]: status_of(row) for row in rows}


async def write_statuses(
    session: Session,
    domain: ComplianceDomain,
    found: Sequence[tuple[Subject, Finding]],
    before: dict[str, ComplianceStatus],
    moment: datetime,
    decided_by: DecidedBy = DecidedBy.ASSESSMENT,
    reason: str | None = None,
) -> list[ComplianceStatus]:
    """Write the records of locked entities, and note each change for the feed and the audit."""
    rows = await session.fetch(
        statement("write_compliance_statuses"),
        session.viewer.tenant_id,
        stored_domain(domain),
        decided_by.value.lower(),
        session.viewer.subject,
        reason,
        moment,
        *_columns(found),
    )
    written = [status_of(row) for row in rows]
    for after in sorted(written, key=lambda one: str(one.entity_id)):
        session.journal.record(_change(before.get(str(after.entity_id)), after))
    return written


async def touch_statuses(
    session: Session, domain: ComplianceDomain, ids: Sequence[str], moment: datetime
) -> None:
    """Note that records were assessed and stand as they stood: no change, and no history."""
    await session.fetch(
        statement("touch_compliance_statuses"),
        session.viewer.tenant_id,
        list(ids),
        stored_domain(domain),
        moment,
    )


def stands(record: ComplianceStatus, subject: Subject, finding: Finding) -> bool:
    """Whether a record says already what an assessment has found."""
    deadline = end_of_day(finding.deadline)
    return (
        record.decided_by is DecidedBy.ASSESSMENT
        and record.status is finding.status
        and record.deadline == deadline
        and record.rule_version_id == finding.rule_version_id
        and record.explanation == finding.explanation
        and record.details == finding.details
        and (record.entity_name, record.entity_field, record.entity_district)
        == (subject.name, subject.field_name, subject.district)
    )


async def statuses_of_entities(
    database: Database,
    viewer: Viewer,
    ids: Sequence[str],
    domains: Sequence[ComplianceDomain] | None = None,
) -> dict[str, list[ComplianceStatus]]:
    """The records of many entities, in all domains or some; by entity id."""
    rows = await database.fetch(
        viewer,
        statement("compliance_of_entities"),
        viewer.tenant_id,
        list(ids),
        None if domains is None else [stored_domain(one) for one in domains],
    )
    found: dict[str, list[ComplianceStatus]] = {one: [] for one in ids}
    for row in rows:
        found[row["entity_id"]].append(status_of(row))
    order = list(ComplianceDomain)
    for records in found.values():
        records.sort(key=lambda one: order.index(one.compliance_domain))
    return found


async def status_as_of(
    database: Database, viewer: Viewer, entity_id: str, domain: ComplianceDomain, moment: datetime
) -> ComplianceStatus | None:
    """The record of an entity in a domain as it stood at a moment; None where there was none."""
    rows = await database.fetch(
        viewer,
        statement("compliance_as_of"),
        viewer.tenant_id,
        entity_id,
        stored_domain(domain),
        moment,
    )
    return status_of(rows[0]) if rows else None


async def statuses_by_ids(
    database: Database, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, ComplianceStatus]:
    """Records by their own ids."""
    rows = await database.fetch(
        viewer, statement("compliance_of_ids"), viewer.tenant_id, [str(one) for one in ids]
    )
    return {one.id: one for one in map(status_of, rows)}


async def histories(
    database: Database, viewer: Viewer, ids: Sequence[UUID], most: int
) -> dict[UUID, list[RecordedComplianceStatus]]:
    """The latest recorded states of many records, the latest first; by record id."""
    rows = await database.fetch(
        viewer, statement("compliance_histories"), viewer.tenant_id, [str(one) for one in ids], most
    )
    found: dict[UUID, list[RecordedComplianceStatus]] = {one: [] for one in ids}
    for row in rows:
        recorded = RecordedComplianceStatus(
            recorded_at=row["recorded_at"], assessed_at=row["assessed_at"], **_state(row)
        )
        found[UUID(row["status_id"])].append(recorded)
    return found


def status_of(row: Row) -> ComplianceStatus:
    """A record from its row."""
    return ComplianceStatus(
        id=row["id"],
        tenant_id=row["tenant_id"],
        entity_id=row["entity_id"],
        entity_type=row["entity_type"],
        entity_name=row["entity_name"],
        entity_field=row["entity_field"],
        entity_district=row["entity_district"],
        compliance_domain=ComplianceDomain[row["compliance_domain"].upper()],
        checklist_id=row["checklist_id"],
        last_assessed_at=row["last_assessed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        **_state(row),
    )


def _state(row: Row) -> dict[str, Any]:
    return {
        "status": ComplianceStatusCode[row["status"].upper()],
        "deadline": row["deadline"],
        "details": orjson.loads(row["details"]),
        "explanation": row["explanation"],
        "rule_version_id": row["rule_version_id"],
        "decided_by": DecidedBy[row["decided_by"].upper()],
        "actor": row["actor"],
        "reason": row["reason"],
    }


def _columns(found: Sequence[tuple[Subject, Finding]]) -> list[list[Any]]:
    rows = [
        (
            subject.entity_id,
            subject.entity_type,
            subject.name,
            subject.field_name,
            subject.district,
            finding.status.value.lower(),
            end_of_day(finding.deadline),
            orjson.dumps(finding.details).decode(),
            finding.explanation,
            None if finding.rule_version_id is None else str(finding.rule_version_id),
        )
        for subject, finding in found
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _change(before: ComplianceStatus | None, after: ComplianceStatus) -> Change:
    return Change(
        ChangeKind.COMPLIANCE_STATUS,
        str(after.id),
        None if before is None else _document(before),
        _document(after),
        entity_type=after.entity_type,
        entity_id=str(after.entity_id),
        domain=stored_domain(after.compliance_domain),
        rule_version_id=after.rule_version_id,
    )


def _document(record: ComplianceStatus) -> dict[str, Any]:
    """A record as the feed tells of it: without the details, which the record itself gives."""
    shown = record.model_dump(
        mode="json",
        exclude_none=True,
        exclude={"tenant_id", "details", "created_at", "updated_at"},
    )
    for name in ("status", "compliance_domain", "decided_by"):
        shown[name] = shown[name].lower()
    return shown
