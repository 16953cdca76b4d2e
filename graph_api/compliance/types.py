"""Compliance as GraphQL shows it, with the ways from a record to its entity and rule, and back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from graph_api.compliance.models import (
    ASSESSED_LABELS,
    ComplianceDomain,
    ComplianceMatrixRow,
    ComplianceStatus,
    ComplianceSummary,
    ComplianceTrendEntry,
    DeadlineChartEntry,
    FilingStatusEntry,
    FlaringChartEntry,
    RecordedComplianceStatus,
    RuleImpact,
    RuleImpactCount,
    RuleImpactEntry,
)
from graph_api.compliance.store.statuses import histories, statuses_of_entities
from graph_api.core.api.building import Argument, GraphQLClass, add_field, list_of
from graph_api.core.api.connections import record_connection
from graph_api.core.api.entities import Node, context_of
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission
from graph_api.rules.models import RuleVersion
from graph_api.rules.types import rule_version_of

_MOST_STATES = 500
_MOST_ENTRIES = 1000


def add_compliance_types(parts: SchemaParts) -> None:
    """Make the types of compliance, and give the entities that are assessed their records."""
    records, page_info = parts.records, parts.types.page_info
    status = records["ComplianceStatus"] = record_type(parts.fields, ComplianceStatus)
    records["RecordedComplianceStatus"] = record_type(parts.fields, RecordedComplianceStatus)
    row = record_type(parts.fields, ComplianceMatrixRow, {"statuses": list_of(status)})
    for model in (
        ComplianceSummary,
        ComplianceTrendEntry,
        DeadlineChartEntry,
        FilingStatusEntry,
        FlaringChartEntry,
    ):
        records[model.__name__] = record_type(parts.fields, model)
    records["ComplianceStatusConnection"] = record_connection(
        "ComplianceStatus", status, page_info, "compliance records"
    )
    records["ComplianceMatrixConnection"] = record_connection(
        "ComplianceMatrix", row, page_info, "rows of the compliance matrix"
    )
    _add_relations(status, parts)
    _add_entity(row)
    _add_impact(parts)
    for label in dict.fromkeys(ASSESSED_LABELS.values()):
        _add_to_entity(parts.types.models[label], status)


async def records_of(info: strawberry.Info, entity_id: str) -> list[ComplianceStatus]:
    """An entity's records in all domains; batched."""
    context = context_of(info)

    async def batch(ids: Sequence[str]) -> list[list[ComplianceStatus]]:
        found = await statuses_of_entities(context.database, context.viewer, ids)
        return [found[one] for one in ids]

    loaded: list[ComplianceStatus] = await context.loaders.batched(
        ("compliance of entity",), batch, entity_id
    )
    return loaded


async def _entity_of(root: Any, info: strawberry.Info) -> GraphEntity | None:
    return await context_of(info).loaders.entity(root.entity_type, root.entity_id)


def _add_entity(made: GraphQLClass) -> None:
    add_field(
        made,
        "entity",
        Node | None,
        _entity_of,
        "The entity in the graph; null where it has been deleted since.",
        permission=Permission.READ_GRAPH,
    )


def _add_relations(status: GraphQLClass, parts: SchemaParts) -> None:
    version = parts.records["RuleVersion"]

    async def rule_version(root: Any, info: strawberry.Info) -> RuleVersion | None:
        if root.rule_version_id is None:
            return None
        return await rule_version_of(info, root.rule_version_id)

    async def history(
        root: ComplianceStatus, info: strawberry.Info, first: int | None
    ) -> list[RecordedComplianceStatus]:
        context, most = context_of(info), bounded("first", first, 50, _MOST_STATES)

        async def batch(ids: Sequence[UUID]) -> list[list[RecordedComplianceStatus]]:
            found = await histories(context.database, context.viewer, ids, most)
            return [found[one] for one in ids]

        loaded: list[RecordedComplianceStatus] = await context.loaders.batched(
            ("compliance history", most), batch, root.id
        )
        return loaded

    _add_entity(status)
    for made in (status, parts.records["RecordedComplianceStatus"]):
        add_field(
            made,
            "rule_version",
            version | None,
            rule_version,
            "The version of the rule that decided, by what the operation looks at.",
            permission=Permission.READ_RULES,
        )
    add_field(
        status,
        "history",
        list_of(parts.records["RecordedComplianceStatus"]),
        history,
        "Every state that was recorded, the latest first.",
        [Argument("first", int, "How many, up to 500; 50 when left out.")],
    )


def _add_to_entity(entity: type[GraphEntity], status: GraphQLClass) -> None:
    async def one(
        root: GraphEntity, info: strawberry.Info, domain: ComplianceDomain
    ) -> ComplianceStatus | None:
        found = await records_of(info, str(root.id))
        return next((record for record in found if record.compliance_domain is domain), None)

    async def every(root: GraphEntity, info: strawberry.Info) -> list[ComplianceStatus]:
        return await records_of(info, str(root.id))

    add_field(
        entity,
        "compliance",
        status | None,
        one,
        "Where it stands in a domain; null where it was never assessed for it.",
        [Argument("domain", ComplianceDomain, "The duty.", required=True)],
        permission=Permission.READ_COMPLIANCE,
    )
    add_field(
        entity,
        "compliance_statuses",
        list_of(status) | None,
        every,
        "Where it stands in each domain that it was assessed for.",
        permission=Permission.READ_COMPLIANCE,
    )


def _add_impact(parts: SchemaParts) -> None:
    entry = record_type(parts.fields, RuleImpactEntry)
    count = record_type(parts.fields, RuleImpactCount)
    nested = {"entries": list_of(entry), "counts": list_of(count)}
    made = parts.records["RuleImpact"] = record_type(parts.fields, RuleImpact, nested)
    _add_entity(entry)

    async def entries(
        root: RuleImpact, info: strawberry.Info, first: int | None
    ) -> list[RuleImpactEntry]:
        return root.entries[: bounded("first", first, 100, _MOST_ENTRIES)]

    add_field(
        made,
        "changes",
        list_of(entry),
        entries,
        "The entities whose status would change, in order of domain and id.",
        [Argument("first", int, "How many, up to 1,000; 100 when left out.")],
        cost=FieldCost(size=100, most=_MOST_ENTRIES),
    )


def bounded(name: str, given: int | None, default: int, most: int) -> int:
    """A count that a caller may give; raises ApiError where it is negative or too large."""
    if given is None:
        return default
    if given < 0:
        raise bad_input("must not be negative", argument=name)
    if given > most:
        raise limit_exceeded(name, most, given)
    return given
