"""Filing checklists as GraphQL shows them, and the way from an entity to its own."""

from typing import Any

from graph_api.core.api.building import GraphQLClass, add_field, list_of, object_type
from graph_api.core.api.connections import record_connection
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.viewer import SHARED_TENANT
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistItemDefinition,
    ChecklistItemState,
    ChecklistTemplate,
    FilingChecklist,
    FilingRuleSnapshot,
    RuleChangeAlert,
)
from graph_api.filings.types.checklists import (
    add_content,
    add_to_checklist,
    add_to_compliance,
    add_to_entity,
)
from graph_api.filings.types.frozen import add_to_alert, add_to_snapshot
from graph_api.filings.types.loading import checklist_of

__all__ = ["add_filing_types", "checklist_of", "payload_type"]


def add_filing_types(parts: SchemaParts) -> None:
    """Make the types of filings, and give entities their own; rules and compliance come before."""
    records, fields = parts.records, parts.fields
    definition = record_type(fields, ChecklistItemDefinition)
    template = records["ChecklistTemplate"] = record_type(
        fields, ChecklistTemplate, {"items": list_of(definition)}
    )
    add_field(
        template,
        "is_shared",
        bool,
        lambda root, info: root.tenant_id == SHARED_TENANT,
        "Whether all tenants use this template; a tenant's own stands before it.",
    )
    state = record_type(fields, ChecklistItemState)
    checklist = records["FilingChecklist"] = record_type(
        fields, FilingChecklist, {"items": list_of(state)}
    )
    artifact = records["ChecklistArtifact"] = record_type(fields, ChecklistArtifact)
    snapshot = records["FilingRuleSnapshot"] = record_type(fields, FilingRuleSnapshot)
    alert = records["RuleChangeAlert"] = record_type(fields, RuleChangeAlert)
    for name, node, words in (
        ("FilingChecklist", checklist, "checklists"),
        ("RuleChangeAlert", alert, "alerts"),
    ):
        records[f"{name}Connection"] = record_connection(name, node, parts.types.page_info, words)
    add_content(artifact)
    add_to_snapshot(snapshot, parts)
    add_to_alert(alert, parts)
    add_to_checklist(checklist, parts)
    add_to_compliance(records["ComplianceStatus"], checklist)
    for label, model in parts.types.models.items():
        if not parts.types.registry.entity(label).shared:
            add_to_entity(model, checklist)


def payload_type(name: str, description: str, shown: dict[str, Any]) -> GraphQLClass:
    """A mutation's payload: its value is a mapping of its fields."""
    made = object_type(name, description)
    for field, annotation in shown.items():
        add_field(
            made, field, annotation, _entry(field), f"The {field.replace('_', ' ')} as it now is."
        )
    return made


def _entry(name: str) -> Any:
    return lambda root, info: root.value[name]
