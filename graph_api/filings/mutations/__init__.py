"""The root fields that write filing checklists: one transaction each."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import GraphQLClass
from graph_api.core.api.mutating import add_mutation
from graph_api.core.api.outcomes import (
    Conflict,
    FieldError,
    IllegalTransition,
    NotFound,
    Refused,
    field_errors,
    invalid,
)
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.permissions import Permission
from graph_api.filings.inputs import (
    AcknowledgeRuleChangeInput,
    AttachArtifactInput,
    CreateChecklistInput,
    CreateChecklistTemplateInput,
)
from graph_api.filings.lifecycle import (
    FilingConflict,
    IllegalChecklistMove,
    MissingItems,
    UnknownRecord,
)
from graph_api.filings.mutations.beginning import write_artifact, write_checklist, write_template
from graph_api.filings.mutations.steps import STEPS, acknowledge_alert
from graph_api.filings.types import payload_type

Write = Callable[[OperationContext, Any], Awaitable[dict[str, Any]]]


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
        write_template,
        Permission.DECIDE_FILINGS,
        lifecycle=False,
    )
    _add(
        parts,
        "create_checklist",
        "Begin a filing for an entity: its items come from a template, and the rules that govern "
        "it today are frozen with it.",
        CreateChecklistInput,
        of_checklist,
        write_checklist,
        Permission.PREPARE_FILINGS,
        lifecycle=False,
    )
    _add(
        parts,
        "acknowledge_rule_change",
        "Note that the viewer knows that a rule has changed under a filing. A filing is not filed "
        "before every such change is acknowledged.",
        AcknowledgeRuleChangeInput,
        of_alert,
        acknowledge_alert,
        Permission.PREPARE_FILINGS,
        lifecycle=False,
    )
    _add(
        parts,
        "attach_artifact",
        "Attach text, JSON or a reference to a file to an item. An artifact is never changed.",
        AttachArtifactInput,
        of_artifact,
        write_artifact,
        Permission.PREPARE_FILINGS,
    )
    for name, description, given, write, permission in STEPS:
        _add(parts, name, description, given, of_checklist, write, permission)


def _add(
    parts: SchemaParts,
    name: str,
    description: str,
    given: GraphQLClass,
    payload: GraphQLClass,
    write: Write,
    permission: Permission,
    *,
    lifecycle: bool = True,
) -> None:
    async def told(context: OperationContext, asked: Any) -> Any:
        return await _told(write, context, asked)

    add_mutation(
        parts.mutation,
        name,
        description,
        given,
        payload,
        told,
        permission=permission,
        lifecycle=lifecycle,
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
