"""The root fields that write compliance: assessments, and the decisions of people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import strawberry
from pydantic import ValidationError as ModelError

from graph_api.compliance.assessing import Assessed, Selection, assess
from graph_api.compliance.assessments.findings import Finding
from graph_api.compliance.inputs import (
    UpsertComplianceStatusInput,
    assess_input,
    day_to_assess,
    entity_id,
    entity_ids,
)
from graph_api.compliance.models import (
    ASSESSED_LABELS,
    ComplianceDecision,
    ComplianceDomain,
    ComplianceStatus,
    ComplianceStatusCode,
    DecidedBy,
)
from graph_api.compliance.store.statuses import (
    lock_statuses,
    statuses_by_ids,
    write_statuses,
)
from graph_api.compliance.store.subjects import Subject, labels_of
from graph_api.compliance.types import bounded
from graph_api.core.api.as_of import texas_day
from graph_api.core.api.building import Argument, InputValue, add_field, list_of, object_type
from graph_api.core.api.entities import context_of
from graph_api.core.api.idempotency import earlier_answer, keep_answer
from graph_api.core.api.mutating import add_mutation
from graph_api.core.api.outcomes import (
    FieldError,
    NotFound,
    Refused,
    field_errors,
    invalid,
)
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission

_MOST_SHOWN = 500


def add_compliance_mutations(parts: SchemaParts) -> None:
    """Add every field."""
    _add_assess(parts)
    _add_upsert(parts)


def _add_assess(parts: SchemaParts) -> None:
    payload = object_type("AssessCompliancePayload", "What an assessment came to.")
    for name, attribute, meaning in (
        ("assessed_count", "total", "Entities assessed, counted once in each domain."),
        ("unchanged_count", "unchanged", "Records that stand as they stood."),
        ("kept_count", "kept", "Records that a person has decided and that stay as they are."),
    ):
        add_field(payload, name, int, _attribute(attribute), meaning)
    add_field(
        payload,
        "changed_count",
        int,
        lambda root, info: len(root.value.changed_ids),
        "Records that came to be or changed.",
    )
    _add_counts(payload)
    _add_changed(payload, parts)

    async def assess(context: OperationContext, given: InputValue) -> Any:
        return await _assess(context, given.plain())

    add_mutation(
        parts.mutation,
        "assess_compliance",
        "Assess entities in domains from what is on record and the rules in force, and keep what "
        "has changed. Written 500 records at a time, each time as one transaction, so that what "
        "follows the changes sees them come in bounded batches.",
        assess_input(parts),
        payload,
        assess,
        permission=Permission.ASSESS_COMPLIANCE,
        cost=FieldCost(weight=5000),
        input_description="What to assess.",
    )


def _attribute(name: str) -> Any:
    return lambda root, info: getattr(root.value, name)


@strawberry.type(description="How many entities came to one status in one domain.")
class ComplianceCount:
    """A count of an assessment."""

    domain: ComplianceDomain = strawberry.field(description="The duty.")
    status: ComplianceStatusCode = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many entities came to it.")


def _add_counts(payload: Any) -> None:
    def counts(root: Any, info: strawberry.Info) -> list[ComplianceCount]:
        result: Assessed = root.value
        return [
            ComplianceCount(domain=domain, status=status, count=count)
            for (domain, status), count in sorted(result.by_status.items())
        ]

    add_field(
        payload,
        "counts",
        list_of(ComplianceCount),
        counts,
        "How many entities came to each status, by domain; decided ones by what the assessment "
        "alone would say.",
    )


def _add_changed(payload: Any, parts: SchemaParts) -> None:
    async def changed(
        root: Any, info: strawberry.Info, first: int | None
    ) -> list[ComplianceStatus]:
        context = context_of(info)
        result: Assessed = root.value
        ids = result.changed_ids[: bounded("first", first, 50, _MOST_SHOWN)]
        found = await statuses_by_ids(context.database, context.viewer, ids)
        return [found[one] for one in ids if one in found]

    add_field(
        payload,
        "changed",
        list_of(parts.records["ComplianceStatus"]),
        changed,
        "Records that came to be or changed; the list `complianceStatuses` has all of them.",
        [Argument("first", int, "How many, up to 500; 50 when left out.")],
    )


async def _assess(context: OperationContext, given: dict[str, Any]) -> Assessed:
    return await assess(
        context.database,
        context.viewer,
        context.registry,
        _selection(context, given),
        list(dict.fromkeys(given.get("domains") or ComplianceDomain)),
        _day(given.get("as_of")),
        override_decisions=bool(given.get("override_decisions")),
    )


def _day(given: date | None) -> date:
    try:
        return texas_day() if given is None else day_to_assess(given, "asOf")
    except ApiError as error:
        raise invalid([FieldError(path="asOf", message=error.message)]) from None


def _selection(context: OperationContext, given: dict[str, Any]) -> Selection:
    where = {
        label: given[plural]
        for label in dict.fromkeys(ASSESSED_LABELS.values())
        for plural in [context.registry.entity(label).plural]
        if given.get(plural) is not None
    }
    if given.get("entity_ids") is None:
        return Selection(where=where or None)
    if where:
        message = "give entityIds or filters, not both"
        raise invalid([FieldError(path="entityIds", message=message)])
    try:
        return Selection(ids=entity_ids(context.registry, given["entity_ids"], "entityIds"))
    except ApiError as error:
        if error.code is not ErrorCode.BAD_USER_INPUT:
            raise
        raise invalid([FieldError(path="entityIds", message=error.message)]) from None


def _add_upsert(parts: SchemaParts) -> None:
    status = parts.records["ComplianceStatus"]
    payload = object_type("UpsertComplianceStatusPayload", "The record as it now is.")
    add_field(
        payload, "compliance_status", status, lambda root, info: root.value, "As it is stored."
    )

    add_mutation(
        parts.mutation,
        "upsert_compliance_status",
        "Keep what a person has decided of an entity in a domain, with the reason. Assessments "
        "leave it as it is until one overrides it.",
        UpsertComplianceStatusInput,
        payload,
        _decide,
        permission=Permission.ASSESS_COMPLIANCE,
        input_description="The decision.",
    )


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision found to be possible."""

    subject: Subject
    finding: Finding
    reason: str


async def _decide(
    context: OperationContext, given: UpsertComplianceStatusInput
) -> ComplianceStatus:
    decision = await _checked(context, given)
    action, key = "upsertComplianceStatus", given.idempotency_key
    async with context.database.transaction(context.viewer, action) as session:
        earlier = key and await earlier_answer(session, key, action, vars(given))
        if not earlier:
            before = await lock_statuses(session, given.domain, [decision.subject.entity_id])
            (written,) = await write_statuses(
                session,
                given.domain,
                [(decision.subject, decision.finding)],
                before,
                datetime.now(UTC),
                DecidedBy.PERSON,
                decision.reason,
            )
            if key:
                await keep_answer(session, key, {"id": str(written.id)})
            return written
    record_id = UUID(earlier["id"])
    return (await statuses_by_ids(context.database, context.viewer, [record_id]))[record_id]


async def _checked(context: OperationContext, given: UpsertComplianceStatusInput) -> _Decision:
    """The decision; raises Refused with what is wrong, or NotFound."""
    try:
        decision = ComplianceDecision.model_validate(
            {
                "status": given.status,
                "reason": given.reason,
                "deadline": given.deadline,
                "details": {} if given.details is None else given.details,
            }
        )
    except ModelError as error:
        raise invalid(field_errors(error, "")) from None
    try:
        wanted = entity_id(context.registry, given.entity_id, "entityId")
    except ApiError as error:
        raise invalid([FieldError(path="entityId", message=error.message)]) from None
    label = ASSESSED_LABELS[given.domain]
    labels = await labels_of(context.database, context.viewer, [wanted])
    entity = await context.loaders.entity(label, UUID(wanted))
    if entity is None and wanted in labels:
        message = f"{given.domain.value} is assessed for a {label}, and this is a {labels[wanted]}"
        raise invalid([FieldError(path="domain", message=message)])
    if entity is None:
        raise Refused(NotFound(message="there is no such entity", path="entityId"))
    explanation = f"Decided by {context.viewer.subject}: {decision.reason}"
    finding = Finding(decision.status, explanation, decision.deadline, decision.details)
    subject = _subject(entity, await _field_name(context, entity))
    return _Decision(subject, finding, decision.reason)


async def _field_name(context: OperationContext, entity: GraphEntity) -> str | None:
    field_id: UUID | None = getattr(entity, "field_id", None)
    found = None if field_id is None else await context.loaders.entity("Field", field_id)
    return None if found is None else found.display_name


def _subject(entity: GraphEntity, field_name: str | None) -> Subject:
    return Subject(
        str(entity.id),
        entity.label(),
        entity.display_name,
        field_name,
        getattr(entity, "district", None),
    )
