"""The root fields that read filing checklists, and what puts the domain into a schema."""

from typing import Any
from uuid import UUID

import strawberry

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.api.building import Argument, GraphQLClass, add_field, list_of
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import context_of, requested_page
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.graph.expressions import checked_text
from graph_api.core.pages import Order, page_request
from graph_api.core.permissions import Permission
from graph_api.filings.inputs import ChecklistFilter, checklist_order_input
from graph_api.filings.models import ChecklistTemplate, FilingChecklist
from graph_api.filings.mutations import add_filing_mutations
from graph_api.filings.store import (
    AlertSelection,
    ChecklistSelection,
    alert_page,
    checklist_page,
    count_alerts,
    count_checklists,
    templates,
)
from graph_api.filings.types import add_filing_types, checklist_of

_MOST_IDS = 1000
_PAGE_ARGUMENTS = [
    Argument("first", int, "How many from the start, or after `after`; 50 when left out."),
    Argument("after", str, "A cursor; the page begins after its row."),
    Argument("last", int, "How many from the end, or before `before`."),
    Argument("before", str, "A cursor; the page ends before its row."),
]


def add_filings(parts: SchemaParts) -> None:
    """Add filing checklists to a schema; rules come before."""
    add_filing_types(parts)
    _add_checklist(parts.query, parts)
    _add_checklists(parts.query, parts)
    _add_templates(parts.query, parts)
    _add_alerts(parts.query, parts)
    add_filing_mutations(parts)


def _add_checklist(query: GraphQLClass, parts: SchemaParts) -> None:
    async def checklist(root: Any, info: strawberry.Info, **given: UUID) -> FilingChecklist | None:
        return await checklist_of(info, given["id"])

    add_field(
        query,
        "checklist",
        parts.records["FilingChecklist"] | None,
        checklist,
        "A filing checklist by id; null when there is none.",
        [Argument("id", UUID, "UUID of the checklist.", required=True)],
        permission=Permission.READ_FILINGS,
    )


def _add_checklists(query: GraphQLClass, parts: SchemaParts) -> None:
    async def checklists(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        wanted = _selection(context, given["where"] or ChecklistFilter())
        request = requested_page(context, given)

        async def page() -> Any:
            return await context.loaders.once(
                ("checklists", info.path.key),
                lambda: checklist_page(context.database, context.viewer, wanted, request),
            )

        async def count() -> int:
            return await count_checklists(context.database, context.viewer, wanted)

        return RecordConnection(page, count)

    add_field(
        query,
        "checklists",
        parts.records["FilingChecklistConnection"],
        checklists,
        "Filing checklists, filtered, ordered and paged.",
        [
            Argument("where", ChecklistFilter, "Which ones; all, when left out."),
            Argument(
                "order_by",
                list_of(checklist_order_input()),
                "Keys of the order, the first one leading; rows without a value come last.",
            ),
            *_PAGE_ARGUMENTS,
        ],
        permission=Permission.READ_FILINGS,
    )


def _selection(context: OperationContext, where: ChecklistFilter) -> ChecklistSelection:
    entity_ids = None
    if where.entity_ids is not None:
        if len(where.entity_ids) > _MOST_IDS:
            raise limit_exceeded("entityIds", _MOST_IDS, len(where.entity_ids))
        entity_ids = [
            parse_global_id(context.registry, one, "entityIds")[1] for one in where.entity_ids
        ]
    types = where.entity_types
    if types is not None and not set(types) <= set(context.registry.entities):
        raise bad_input("names a kind that there is not", argument="entityTypes")
    if where.due_before is not None and where.due_before.tzinfo is None:
        raise bad_input("must have a time zone, for example a Z at the end", argument="dueBefore")
    return ChecklistSelection(
        domains=where.domains,
        statuses=where.statuses,
        entity_ids=entity_ids,
        entity_types=types,
        due_before=where.due_before,
        is_stale=where.is_stale,
        created_by=where.created_by and checked_text(where.created_by, "createdBy"),
    )


def _add_templates(query: GraphQLClass, parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[ChecklistTemplate]:
        context = context_of(info)
        domains = None if given["domain"] is None else [given["domain"]]
        return await templates(
            context.database, context.viewer, domains, only_latest=not given["every_version"]
        )

    add_field(
        query,
        "checklist_templates",
        list_of(parts.records["ChecklistTemplate"]),
        resolve,
        "Of each domain the template that new checklists are made from: the tenant's newest, or "
        "else the newest that all tenants share.",
        [
            Argument("domain", ComplianceDomain, "Only of this domain."),
            Argument("every_version", bool, "Whether to show the others too."),
        ],
        permission=Permission.READ_FILINGS,
    )


def _add_alerts(query: GraphQLClass, parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        wanted = AlertSelection(given["acknowledged"], given["checklist_id"])
        request = page_request(
            context.settings,
            [Order("raised_at", descending=True)],
            given["first"],
            given["after"],
            given["last"],
            given["before"],
        )

        async def page() -> Any:
            return await context.loaders.once(
                ("ruleChangeAlerts", info.path.key),
                lambda: alert_page(context.database, context.viewer, wanted, request),
            )

        async def count() -> int:
            return await count_alerts(context.database, context.viewer, wanted)

        return RecordConnection(page, count)

    add_field(
        query,
        "rule_change_alerts",
        parts.records["RuleChangeAlertConnection"],
        resolve,
        "Alerts that a rule changed under a filing, the newest first.",
        [
            Argument("acknowledged", bool, "Only those that are, or are not, acknowledged."),
            Argument("checklist_id", UUID, "Only those about this checklist."),
            *_PAGE_ARGUMENTS,
        ],
        permission=Permission.READ_FILINGS,
    )
