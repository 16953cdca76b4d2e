"""Filing checklists as GraphQL shows them, and the way from an entity to its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry

from graph_api.compliance.models import ComplianceDomain, ComplianceStatus
from graph_api.compliance.types import records_of
from graph_api.core.api.building import Argument, GraphQLClass, add_field, list_of, object_type
from graph_api.core.api.connections import record_connection
from graph_api.core.api.entities import Node, context_of
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import SHARED_TENANT
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistItemDefinition,
    ChecklistItemState,
    ChecklistStatus,
    ChecklistTemplate,
    FilingChecklist,
    FilingRuleSnapshot,
    RuleChangeAlert,
)
from graph_api.filings.store import (
    artifact_contents,
    artifacts_of_checklists,
    checklists_by_ids,
    checklists_of_entities,
    snapshots_of_checklists,
    templates_by_ids,
)
from graph_api.rules.models import FieldChange, RuleVersion, rule_changes
from graph_api.rules.types import rule_in_force_of, rule_version_of


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that has changed since a filing was begun under it."""

    snapshot: FilingRuleSnapshot
    before: RuleVersion | None
    after: RuleVersion | None

    @property
    def diff(self) -> list[FieldChange]:
        """What the later version says differently."""
        if self.before is None or self.after is None:
            return []
        return rule_changes(self.before, self.after)


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
    _add_content(artifact)
    _add_to_snapshot(snapshot, parts)
    _add_to_alert(alert, parts)
    _add_to_checklist(checklist, parts)
    _add_to_compliance(records["ComplianceStatus"], checklist)
    for label, model in parts.types.models.items():
        if not parts.types.registry.entity(label).shared:
            _add_to_entity(model, checklist)


def _add_content(artifact: GraphQLClass) -> None:
    async def content(root: ChecklistArtifact, info: strawberry.Info) -> str | None:
        context = context_of(info)

        async def batch(ids: Sequence[UUID]) -> list[str | None]:
            found = await artifact_contents(context.database, context.viewer, ids)
            return [found.get(one) for one in ids]

        loaded: str | None = await context.loaders.batched(("artifact content",), batch, root.id)
        return loaded

    add_field(
        artifact,
        "content",
        str | None,
        content,
        "Its text, or its JSON as text; null for a file that is kept elsewhere.",
    )


def _add_to_snapshot(snapshot: GraphQLClass, parts: SchemaParts) -> None:
    version = parts.records["RuleVersion"]

    async def rule_version(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.rule_version_id)

    async def superseded_by(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        if root.superseded_by is None:
            return None
        return await rule_version_of(info, root.superseded_by)

    async def rule(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        return await rule_in_force_of(info, root.rule_identifier)

    for name, resolver, description in (
        ("rule_version", rule_version, "The version that was frozen."),
        ("superseded_by", superseded_by, "The version that replaces it; null while none does."),
        (
            "rule",
            rule,
            "The version of the same rule in force on the day that the operation looks at; today, "
            "where it names none.",
        ),
    ):
        add_field(snapshot, name, version | None, resolver, description)


def _add_to_alert(alert: GraphQLClass, parts: SchemaParts) -> None:
    version = parts.records["RuleVersion"]

    async def before(root: RuleChangeAlert, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.old_version_id)

    async def after(root: RuleChangeAlert, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.new_version_id)

    async def diff(root: RuleChangeAlert, info: strawberry.Info) -> list[FieldChange]:
        old, new = await before(root, info), await after(root, info)
        return [] if old is None or new is None else rule_changes(old, new)

    async def checklist(root: RuleChangeAlert, info: strawberry.Info) -> FilingChecklist | None:
        return await checklist_of(info, root.checklist_id)

    add_field(alert, "old_version", version | None, before, "The version before.")
    add_field(alert, "new_version", version | None, after, "The version that replaces it.")
    add_field(
        alert, "diff", list_of(parts.records["FieldChange"]), diff, "What it says differently."
    )
    add_field(
        alert,
        "checklist",
        parts.records["FilingChecklist"] | None,
        checklist,
        "The filing that the rule changed under.",
    )


def _add_to_checklist(checklist: GraphQLClass, parts: SchemaParts) -> None:
    records = parts.records

    async def artifacts(
        root: FilingChecklist, info: strawberry.Info, item_index: int | None
    ) -> list[ChecklistArtifact]:
        context = context_of(info)

        async def batch(ids: Sequence[UUID]) -> list[list[ChecklistArtifact]]:
            found = await artifacts_of_checklists(context.database, context.viewer, ids)
            return [found[one] for one in ids]

        loaded: list[ChecklistArtifact] = await context.loaders.batched(
            ("artifacts of checklists",), batch, root.id
        )
        return [one for one in loaded if item_index is None or one.item_index == item_index]

    async def entity(root: FilingChecklist, info: strawberry.Info) -> GraphEntity | None:
        context = context_of(info)
        if root.entity_type not in context.registry.entities:
            return None
        return await context.loaders.entity(root.entity_type, root.entity_id)

    async def template(root: FilingChecklist, info: strawberry.Info) -> ChecklistTemplate | None:
        context = context_of(info)

        async def batch(ids: Sequence[UUID]) -> list[ChecklistTemplate | None]:
            found = await templates_by_ids(context.database, context.viewer, ids)
            return [found.get(one) for one in ids]

        loaded: ChecklistTemplate | None = await context.loaders.batched(
            ("checklist template",), batch, root.template_id
        )
        return loaded

    add_field(
        checklist,
        "artifacts",
        list_of(records["ChecklistArtifact"]),
        artifacts,
        "What is attached, in the order of the items.",
        [Argument("item_index", int, "Only of this item, counted from 0.")],
    )
    add_field(
        checklist,
        "snapshots",
        list_of(records["FilingRuleSnapshot"]),
        lambda root, info: _snapshots_of(info, root.id),
        "The rules it was begun under, as they then stood.",
    )
    add_field(
        checklist,
        "stale_because",
        list_of(_rule_change_type(parts)),
        _stale_because,
        "The rules that have changed since it was begun.",
    )
    add_field(checklist, "entity", Node | None, entity, "The entity; null if it is gone.")
    add_field(
        checklist,
        "template",
        records["ChecklistTemplate"] | None,
        template,
        "The template version it was made from.",
    )

    async def compliance(root: FilingChecklist, info: strawberry.Info) -> ComplianceStatus | None:
        for one in await records_of(info, str(root.entity_id)):
            if one.compliance_domain is root.compliance_domain:
                return one
        return None

    add_field(
        checklist,
        "compliance_status",
        records["ComplianceStatus"] | None,
        compliance,
        "Where the entity stands in the domain; null where it was never assessed.",
    )
    add_field(
        checklist,
        "missing_items",
        list_of(str),
        lambda root, info: [one.name for _, one in root.missing_items],
        "Names of the required items that are not done.",
    )


def _rule_change_type(parts: SchemaParts) -> GraphQLClass:
    version = parts.records["RuleVersion"]
    made = object_type("StaleRule", "A rule that has changed since a filing was begun under it.")
    add_field(
        made,
        "rule",
        str,
        lambda root, info: root.snapshot.rule_identifier,
        "Key of the rule, for example SWR_37.",
    )
    add_field(
        made, "from", version | None, lambda root, info: root.before, "The version frozen for it."
    )
    add_field(
        made, "to", version | None, lambda root, info: root.after, "The version that replaces it."
    )
    add_field(
        made,
        "diff",
        list_of(parts.records["FieldChange"]),
        lambda root, info: root.diff,
        "What the later version says differently, field by field.",
    )
    add_field(
        made,
        "snapshot",
        parts.records["FilingRuleSnapshot"],
        lambda root, info: root.snapshot,
        "What was frozen, and whether the change has been acknowledged.",
    )
    return made


async def _stale_because(root: FilingChecklist, info: strawberry.Info) -> list[RuleChange]:
    return [
        RuleChange(
            one,
            await rule_version_of(info, one.rule_version_id),
            await rule_version_of(info, one.superseded_by),
        )
        for one in await _snapshots_of(info, root.id)
        if one.superseded_by is not None
    ]


async def _snapshots_of(info: strawberry.Info, checklist_id: UUID) -> list[FilingRuleSnapshot]:
    context = context_of(info)

    async def batch(ids: Sequence[UUID]) -> list[list[FilingRuleSnapshot]]:
        found = await snapshots_of_checklists(context.database, context.viewer, ids)
        return [found[one] for one in ids]

    loaded: list[FilingRuleSnapshot] = await context.loaders.batched(
        ("snapshots of checklists",), batch, checklist_id
    )
    return loaded


async def checklist_of(info: strawberry.Info, checklist_id: UUID) -> FilingChecklist | None:
    """A checklist by id, None where the viewer has none; batched."""
    context = context_of(info)

    async def batch(ids: Sequence[UUID]) -> list[FilingChecklist | None]:
        found = await checklists_by_ids(context.database, context.viewer, ids)
        return [found.get(one) for one in ids]

    loaded: FilingChecklist | None = await context.loaders.batched(
        ("checklist",), batch, checklist_id
    )
    return loaded


def _add_to_compliance(status: GraphQLClass, checklist: GraphQLClass) -> None:
    async def of_status(root: ComplianceStatus, info: strawberry.Info) -> FilingChecklist | None:
        return None if root.checklist_id is None else await checklist_of(info, root.checklist_id)

    add_field(
        status, "checklist", checklist | None, of_status, "The filing checklist working on it."
    )


def _add_to_entity(model: GraphQLClass, checklist: GraphQLClass) -> None:
    async def checklists(
        root: GraphEntity,
        info: strawberry.Info,
        domain: ComplianceDomain | None,
        status: ChecklistStatus | None,
    ) -> list[FilingChecklist]:
        context = context_of(info)

        async def batch(ids: Sequence[UUID]) -> list[list[FilingChecklist]]:
            found = await checklists_of_entities(
                context.database, context.viewer, ids, domain, status
            )
            return [found[one] for one in ids]

        loaded: list[FilingChecklist] = await context.loaders.batched(
            ("checklists of entities", domain, status), batch, root.id
        )
        return loaded

    add_field(
        model,
        "checklists",
        list_of(checklist),
        checklists,
        "Filing checklists of the entity, the newest first, at most 100.",
        [
            Argument("domain", ComplianceDomain, "Only of this domain."),
            Argument("status", ChecklistStatus, "Only in this status."),
        ],
    )


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
