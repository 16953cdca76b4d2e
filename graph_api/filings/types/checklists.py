"""What a checklist leads to, and what leads to it."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from graph_api.compliance.models import ComplianceDomain, ComplianceStatus
from graph_api.compliance.types import records_of
from graph_api.core.api.building import Argument, GraphQLClass, add_field, list_of
from graph_api.core.api.entities import Node, context_of
from graph_api.core.api.schema import SchemaParts
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission
from graph_api.filings.models import (
    ChecklistArtifact,
    ChecklistStatus,
    ChecklistTemplate,
    FilingChecklist,
)
from graph_api.filings.store import (
    artifact_contents,
    artifacts_of_checklists,
    checklists_of_entities,
    templates_by_ids,
)
from graph_api.filings.types.frozen import rule_change_type, stale_because
from graph_api.filings.types.loading import checklist_of, snapshots_of


def add_content(artifact: GraphQLClass) -> None:
    """Give artifacts their content, read when it is asked for."""

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


def add_to_checklist(checklist: GraphQLClass, parts: SchemaParts) -> None:
    """Give checklists what they lead to."""
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
        lambda root, info: snapshots_of(info, root.id),
        "The rules it was begun under, as they then stood.",
    )
    add_field(
        checklist,
        "stale_because",
        list_of(rule_change_type(parts)),
        stale_because,
        "The rules that have changed since it was begun.",
    )
    add_field(
        checklist,
        "entity",
        Node | None,
        entity,
        "The entity; null if it is gone.",
        permission=Permission.READ_GRAPH,
    )
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
        permission=Permission.READ_COMPLIANCE,
    )
    add_field(
        checklist,
        "missing_items",
        list_of(str),
        lambda root, info: [one.name for _, one in root.missing_items],
        "Names of the required items that are not done.",
    )


def add_to_compliance(status: GraphQLClass, checklist: GraphQLClass) -> None:
    """Lead from a record of compliance to the checklist that works on it."""

    async def of_status(root: ComplianceStatus, info: strawberry.Info) -> FilingChecklist | None:
        return None if root.checklist_id is None else await checklist_of(info, root.checklist_id)

    add_field(
        status,
        "checklist",
        checklist | None,
        of_status,
        "The filing checklist working on it.",
        permission=Permission.READ_FILINGS,
    )


def add_to_entity(model: GraphQLClass, checklist: GraphQLClass) -> None:
    """Give entities of a label their checklists."""

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
        list_of(checklist) | None,
        checklists,
        "Filing checklists of the entity, the newest first, at most 100.",
        [
            Argument("domain", ComplianceDomain, "Only of this domain."),
            Argument("status", ChecklistStatus, "Only in this status."),
        ],
        permission=Permission.READ_FILINGS,
    )
