"""Rows of the filings' tables as models, and models as their columns."""

from typing import Any

import orjson

from graph_api.core.database import Row
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistTemplate,
    FilingChecklist,
    FilingRuleSnapshot,
    RuleChangeAlert,
    stored,
)


def template_of(row: Row) -> ChecklistTemplate:
    """A template version."""
    return ChecklistTemplate(
        id=row["id"],
        tenant_id=row["tenant_id"],
        compliance_domain=row["compliance_domain"],
        version=row["version"],
        items=orjson.loads(row["items"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def checklist_of(row: Row) -> FilingChecklist:
    """A checklist."""
    return FilingChecklist(
        id=row["id"],
        tenant_id=row["tenant_id"],
        entity_id=row["entity_id"],
        entity_type=row["entity_type"],
        entity_name=row["entity_name"],
        compliance_domain=row["compliance_domain"],
        template_id=row["template_id"],
        template_version=row["template_version"],
        status=row["status"],
        deadline=row["deadline"],
        items=orjson.loads(row["items"]),
        status_reason=row["status_reason"],
        filing_reference=row["filing_reference"],
        created_by=row["created_by"],
        reviewed_by=row["reviewed_by"],
        filed_at=row["filed_at"],
        is_stale=row["is_stale"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def artifact_of(row: Row) -> ChecklistArtifact:
    """An artifact, without its content."""
    return ChecklistArtifact(
        id=row["id"],
        tenant_id=row["tenant_id"],
        checklist_id=row["checklist_id"],
        item_index=row["item_index"],
        artifact_type=row["artifact_type"],
        name=row["name"],
        content_type=row["content_type"],
        file_path=row["file_path"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        metadata=orjson.loads(row["metadata"]),
        generated_by=row["generated_by"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["created_at"],
    )


def snapshot_of(row: Row) -> FilingRuleSnapshot:
    """A frozen rule."""
    return FilingRuleSnapshot(
        id=row["id"],
        tenant_id=row["tenant_id"],
        checklist_id=row["checklist_id"],
        rule_identifier=row["rule_identifier"],
        rule_version_id=row["rule_version_id"],
        snapshotted_at=row["snapshotted_at"],
        rule_data_at_snapshot=orjson.loads(row["rule_data_at_snapshot"]),
        is_current=row["is_current"],
        superseded_by=row["superseded_by"],
        acknowledged=row["acknowledged"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
    )


def alert_of(row: Row) -> RuleChangeAlert:
    """An alert."""
    return RuleChangeAlert(
        id=row["id"],
        tenant_id=row["tenant_id"],
        checklist_id=row["checklist_id"],
        snapshot_id=row["snapshot_id"],
        rule_identifier=row["rule_identifier"],
        old_version_id=row["old_version_id"],
        new_version_id=row["new_version_id"],
        raised_at=row["raised_at"],
        acknowledged=row["acknowledged"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        note=row["note"],
    )


def json_column(value: Any) -> str:
    """A value for a JSON column."""
    return orjson.dumps(stored(value)).decode()
