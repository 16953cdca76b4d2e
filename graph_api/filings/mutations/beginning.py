"""What begins: templates, checklists, and what is attached to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from graph_api.core.api.as_of import texas_day
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.idempotency import earlier_answer, keep_answer
from graph_api.core.api.outcomes import (
    FieldError,
    Forbidden,
    NotFound,
    Refused,
    invalid,
)
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import SHARED_TENANT
from graph_api.filings.inputs import (
    AttachArtifactInput,
    CreateChecklistInput,
    CreateChecklistTemplateInput,
)
from graph_api.filings.models import (
    ChecklistTemplate,
    FilingChecklist,
    NewArtifact,
)
from graph_api.filings.store import (
    NewChecklist,
    artifacts_of_checklists,
    attach,
    checklists_by_ids,
    create,
    create_template,
    templates_by_ids,
)

_LONGEST_WAY_TO_FIELD = 3


async def write_template(
    context: OperationContext, given: CreateChecklistTemplateInput
) -> dict[str, Any]:
    """Write a template version."""
    viewer = context.viewer
    if viewer.tenant_id == SHARED_TENANT and not viewer.administers_shared:
        message = "only administrators write a template that all tenants share"
        raise Refused(Forbidden(message=message))
    action = "createChecklistTemplate"
    # the whole is checked before anything is written
    items = ChecklistTemplate(
        tenant_id=context.viewer.tenant_id,
        compliance_domain=given.compliance_domain,
        version=1,
        items=[vars(one) for one in given.items],
    ).items
    key = given.idempotency_key
    async with context.database.transaction(context.viewer, action) as session:
        earlier = key and await earlier_answer(session, key, action, strawberry.asdict(given))
        if not earlier:
            created = await create_template(session, given.compliance_domain, items)
            if key:
                await keep_answer(session, key, {"id": str(created.id)})
            return {"template": created}
    template_id = UUID(earlier["id"])
    found = await templates_by_ids(context.database, context.viewer, [template_id])
    return {"template": found[template_id]}


async def write_checklist(context: OperationContext, given: CreateChecklistInput) -> dict[str, Any]:
    """Begin a checklist and freeze its rules."""
    action, key = "createChecklist", given.idempotency_key
    entity = await _entity(context, given.entity_id)
    new = NewChecklist(
        entity,
        given.compliance_domain,
        await _field_number(context, entity),
        texas_day(),
        given.template_id,
        _moment(given.deadline),
    )
    async with context.database.transaction(context.viewer, action) as session:
        earlier = key and await earlier_answer(session, key, action, strawberry.asdict(given))
        if not earlier:
            created = await create(session, new)
            if key:
                await keep_answer(session, key, {"id": str(created.id)})
            return {"checklist": created}
    return {"checklist": await _stored(context, UUID(earlier["id"]))}


async def _entity(context: OperationContext, text: str) -> GraphEntity:
    try:
        label, entity_id = parse_global_id(context.registry, text, "entityId")
    except ApiError as error:
        raise invalid([FieldError(path="entityId", message=error.message)]) from None
    entity = await context.loaders.entity(label, entity_id)
    if entity is None:
        raise Refused(NotFound(message="there is no such entity", path="entityId"))
    if context.registry.entity(label).shared:
        message = f"no filing is made for a {label}, which all tenants share"
        raise invalid([FieldError(path="entityId", message=message)])
    return entity


async def _field_number(context: OperationContext, entity: GraphEntity) -> str | None:
    """Number of the field that an entity is in, or its well, or its lease; None where unknown."""
    current: GraphEntity | None = entity
    for _ in range(_LONGEST_WAY_TO_FIELD):
        if current is None:
            return None
        references = context.registry.references(current.label())
        for name in ("field", "well", "lease"):
            target = references[name].references if name in references else None
            entity_id = getattr(current, f"{name}_id", None)
            if target is not None and entity_id is not None:
                current = await context.loaders.entity(target.label, entity_id)
                break
        else:
            return None
        if name == "field":
            return None if current is None else str(getattr(current, "rrc_field_id", "")) or None
    return None


def _moment(given: datetime | None) -> datetime | None:
    if given is not None and given.tzinfo is None:
        message = "must have a time zone, for example a Z at the end"
        raise invalid([FieldError(path="deadline", message=message)])
    return given


async def _stored(context: OperationContext, checklist_id: UUID) -> FilingChecklist:
    found = await checklists_by_ids(context.database, context.viewer, [checklist_id])
    return found[checklist_id]


async def write_artifact(context: OperationContext, given: AttachArtifactInput) -> dict[str, Any]:
    """Attach an artifact."""
    action, key = "attachArtifact", given.idempotency_key
    plain = strawberry.asdict(given)
    beside = ("id", "idempotency_key", "metadata")
    new = NewArtifact.model_validate(
        {
            **{name: value for name, value in plain.items() if name not in beside},
            "metadata": {} if given.metadata is None else given.metadata,
        }
    )
    async with context.database.transaction(context.viewer, action) as session:
        earlier = key and await earlier_answer(session, key, action, plain)
        if not earlier:
            checklist, artifact = await attach(session, given.id, new)
            if key:
                await keep_answer(session, key, {"id": str(artifact.id)})
            return {"checklist": checklist, "artifact": artifact}
    found = await artifacts_of_checklists(context.database, context.viewer, [given.id])
    known = next(one for one in found[given.id] if str(one.id) == earlier["id"])
    return {"checklist": await _stored(context, given.id), "artifact": known}
