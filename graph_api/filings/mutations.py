"""The root fields that write filing checklists: one transaction each."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from pydantic import TypeAdapter
from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.as_of import texas_day
from graph_api.core.api.building import Argument, GraphQLClass, add_field
from graph_api.core.api.entities import context_of
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.idempotency import earlier_answer, keep_answer
from graph_api.core.api.outcomes import (
    Conflict,
    FieldError,
    IllegalTransition,
    NotFound,
    Refusal,
    Refused,
    answered,
    field_errors,
    invalid,
    result_union,
)
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.errors import ApiError
from graph_api.core.model import GraphEntity
from graph_api.filings.inputs import (
    AcknowledgeRuleChangeInput,
    AttachArtifactInput,
    ChecklistReasonInput,
    ChecklistStepInput,
    CreateChecklistInput,
    CreateChecklistTemplateInput,
    FileChecklistInput,
    UpdateChecklistItemInput,
)
from graph_api.filings.lifecycle import (
    FilingConflict,
    IllegalChecklistMove,
    MissingItems,
    UnknownRecord,
)
from graph_api.filings.models import (
    ChecklistItemDefinition,
    ChecklistTemplate,
    FilingChecklist,
    NewArtifact,
    Reason,
)
from graph_api.filings.store import (
    NewChecklist,
    acknowledge,
    approve,
    artifacts_of_checklists,
    attach,
    checklists_by_ids,
    create,
    create_template,
    file,
    reject,
    set_aside,
    submit,
    templates_by_ids,
    update_item,
)
from graph_api.filings.types import payload_type

Write = Callable[[OperationContext, Any], Awaitable[dict[str, Any]]]

_REASON: TypeAdapter[str] = TypeAdapter(Reason)
_LONGEST_REFERENCE = 200
_LONGEST_WAY_TO_FIELD = 3


def add_filing_mutations(parts: SchemaParts) -> None:
    """Add every mutation of filing checklists."""
    records = parts.records
    checklist, template = records["FilingChecklist"], records["ChecklistTemplate"]
    of_template = payload_type(
        "ChecklistTemplatePayload", "A template version.", {"template": template}
    )
    of_checklist = payload_type("ChecklistPayload", "A checklist.", {"checklist": checklist})
    of_artifact = payload_type(
        "ChecklistArtifactPayload",
        "An artifact and its checklist.",
        {"artifact": records["ChecklistArtifact"], "checklist": checklist},
    )
    of_alert = payload_type(
        "RuleChangeAlertPayload", "An alert.", {"alert": records["RuleChangeAlert"]}
    )
    _add(
        parts,
        "create_checklist_template",
        "Write the next version of the tenant's own template for a domain; checklists that exist "
        "keep the version they were made from.",
        CreateChecklistTemplateInput,
        of_template,
        _create_template,
        lifecycle=False,
    )
    _add(
        parts,
        "create_checklist",
        "Begin a filing for an entity: its items come from a template, and the rules that govern "
        "it today are frozen with it.",
        CreateChecklistInput,
        of_checklist,
        _create,
        lifecycle=False,
    )
    _add(
        parts,
        "acknowledge_rule_change",
        "Note that the viewer knows that a rule has changed under a filing. A filing is not filed "
        "before every such change is acknowledged.",
        AcknowledgeRuleChangeInput,
        of_alert,
        _acknowledge,
        lifecycle=False,
    )
    _add(
        parts,
        "attach_artifact",
        "Attach text, JSON or a reference to a file to an item. An artifact is never changed.",
        AttachArtifactInput,
        of_artifact,
        _attach,
    )
    for name, description, given, write in _STEPS:
        _add(parts, name, description, given, of_checklist, write)


def _add(
    parts: SchemaParts,
    name: str,
    description: str,
    given: GraphQLClass,
    payload: GraphQLClass,
    write: Write,
    *,
    lifecycle: bool = True,
) -> None:
    async def resolve(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
        context = context_of(info)
        result = await answered(lambda: _told(write, context, arguments["input"]))
        context.renew_loaders()
        if isinstance(result, Refusal | IllegalTransition):
            return result
        made = payload()
        made.value = result
        return made

    pascal = "".join(part.capitalize() for part in name.split("_"))
    add_field(
        parts.mutation,
        name,
        result_union(f"{pascal}Result", payload, lifecycle=lifecycle),
        resolve,
        description,
        [Argument("input", given, "What to do.", required=True)],
    )


async def _told(write: Write, context: OperationContext, given: Any) -> dict[str, Any]:
    """Write, and tell what the store refuses as the API tells it."""
    try:
        return await write(context, given)
    except ModelError as error:
        raise invalid(field_errors(error, "")) from None
    except UnknownRecord as error:
        raise Refused(NotFound(message=str(error), path=to_camel_case(error.field))) from None
    except FilingConflict as error:
        raise Refused(Conflict(message=error.message, path=to_camel_case(error.field))) from None
    except MissingItems as error:
        raise invalid(
            [
                FieldError(
                    path=f"items.{place}",
                    message=f"“{one.name}” is required and is {one.status.value}",
                )
                for place, one in error.items
            ]
        ) from None
    except IllegalChecklistMove as error:
        raise Refused(
            IllegalTransition(
                message=str(error),
                current_state=error.current.value,
                allowed_next_states=[one.value for one in error.allowed],
            )
        ) from None


async def _create_template(
    context: OperationContext, given: CreateChecklistTemplateInput
) -> dict[str, Any]:
    action = "createChecklistTemplate"
    items = [ChecklistItemDefinition.model_validate(vars(one)) for one in given.items]
    # the whole is checked before anything is written
    ChecklistTemplate(
        tenant_id=context.viewer.tenant_id,
        compliance_domain=given.compliance_domain,
        version=1,
        items=items,
    )
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


async def _create(context: OperationContext, given: CreateChecklistInput) -> dict[str, Any]:
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


async def _update_item(
    context: OperationContext, given: UpdateChecklistItemInput
) -> dict[str, Any]:
    changes = given.changes()
    if not changes:
        message = "give at least one of status, summary and data"
        raise invalid([FieldError(path="input", message=message)])
    async with context.database.transaction(context.viewer, "updateChecklistItem") as session:
        return {"checklist": await update_item(session, given.id, given.item_index, changes)}


async def _attach(context: OperationContext, given: AttachArtifactInput) -> dict[str, Any]:
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


async def _acknowledge(
    context: OperationContext, given: AcknowledgeRuleChangeInput
) -> dict[str, Any]:
    note = None if given.note is None else _text(given.note, "note")
    async with context.database.transaction(context.viewer, "acknowledgeRuleChange") as session:
        return {"alert": await acknowledge(session, given.id, note)}


async def _file(context: OperationContext, given: FileChecklistInput) -> dict[str, Any]:
    reference = given.filing_reference
    if reference is not None and len(_text(reference, "filingReference")) > _LONGEST_REFERENCE:
        message = f"must not be longer than {_LONGEST_REFERENCE} characters"
        raise invalid([FieldError(path="filingReference", message=message)])
    async with context.database.transaction(context.viewer, "fileChecklist") as session:
        return {"checklist": await file(session, given.id, reference)}


def _step(action: str, move: Callable[[Session, UUID], Awaitable[FilingChecklist]]) -> Write:
    async def write(context: OperationContext, given: ChecklistStepInput) -> dict[str, Any]:
        async with context.database.transaction(context.viewer, action) as session:
            return {"checklist": await move(session, given.id)}

    return write


def _reasoned(
    action: str, move: Callable[[Session, UUID, str], Awaitable[FilingChecklist]]
) -> Write:
    async def write(context: OperationContext, given: ChecklistReasonInput) -> dict[str, Any]:
        reason = _text(given.reason, "reason")
        async with context.database.transaction(context.viewer, action) as session:
            return {"checklist": await move(session, given.id, reason)}

    return write


def _text(given: str, path: str) -> str:
    """Text of 1 to 4,000 characters that can be stored; raises Refused."""
    try:
        text = _REASON.validate_python(given.strip())
        if "\0" not in text:
            return text
    except ModelError:
        pass
    message = "1 to 4,000 characters, without NUL, are expected"
    raise invalid([FieldError(path=path, message=message)])


_STEPS: tuple[tuple[str, str, GraphQLClass, Write], ...] = (
    (
        "update_checklist_item",
        "Say how far an item is. The checklist is ready for review once every required item is "
        "done, and in progress as long as one is not.",
        UpdateChecklistItemInput,
        _update_item,
    ),
    (
        "submit_for_review",
        "Put a checklist before a reviewer; refused, with their names, while required items are "
        "not done.",
        ChecklistStepInput,
        _step("submitForReview", submit),
    ),
    (
        "approve_checklist",
        "Approve a checklist under review.",
        ChecklistStepInput,
        _step("approveChecklist", approve),
    ),
    (
        "reject_checklist",
        "Send a checklist back, under review or already approved.",
        ChecklistReasonInput,
        _reasoned("rejectChecklist", reject),
    ),
    (
        "file_checklist",
        "Note that an approved checklist was filed with the agency; nothing in it changes "
        "afterwards.",
        FileChecklistInput,
        _file,
    ),
    (
        "mark_checklist_exception",
        "Set a checklist aside that cannot go on as planned; work on it takes it up again.",
        ChecklistReasonInput,
        _reasoned("markChecklistException", set_aside),
    ),
)
