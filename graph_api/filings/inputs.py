"""What callers give to read and write filing checklists."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.api.building import InputValue, add_input_field, enum_type, input_type
from graph_api.core.pages import OrderDirection
from graph_api.entities.models.described import enum_value_description
from graph_api.filings.models import (
    ArtifactType,
    ChecklistItemStatus,
    ChecklistItemType,
    ChecklistStatus,
    CompletionMethod,
    GeneratedBy,
)

for _enum in (
    ArtifactType,
    ChecklistItemStatus,
    ChecklistItemType,
    ChecklistStatus,
    CompletionMethod,
    ComplianceDomain,
    GeneratedBy,
):
    enum_type(_enum, enum_value_description)

_IDEMPOTENCY_KEY = (
    "Any text of your own: a second call with it answers what the first did, and writes once."
)
_CHECKLIST_ID = "UUID of the checklist."


class ChecklistOrderField(Enum):
    """What checklists may be ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    DEADLINE = "DEADLINE"
    STATUS = "STATUS"
    ENTITY_NAME = "ENTITY_NAME"


_ORDER_MEANINGS = {
    "CREATED_AT": "When it was created.",
    "UPDATED_AT": "When it was last changed.",
    "DEADLINE": "When it must be filed.",
    "STATUS": "Where it stands, by the status's name.",
    "ENTITY_NAME": "What its entity is called, in code point order.",
}
enum_type(ChecklistOrderField, lambda member: _ORDER_MEANINGS[member.name])


def checklist_order_input() -> type[InputValue]:
    """The input of one key of an order of checklists."""
    made = input_type("ChecklistOrder", "One key of an order.")
    add_input_field(made, "field", ChecklistOrderField, "What to order by.", required=True)
    add_input_field(made, "direction", OrderDirection, "Which way; ASC when left out.")
    return made


@strawberry.input(description="Conditions that must all hold for a checklist.")
class ChecklistFilter:
    """Which checklists a list has."""

    domains: list[ComplianceDomain] | None = strawberry.field(
        default=None, description="Only of these domains."
    )
    statuses: list[ChecklistStatus] | None = strawberry.field(
        default=None, description="Only in these statuses."
    )
    entity_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these entities: global ids, at most 1,000."
    )
    entity_types: list[str] | None = strawberry.field(
        default=None, description="Only of entities of these kinds, such as `Well`."
    )
    due_before: datetime | None = strawberry.field(
        default=None, description="Only with a deadline before this moment."
    )
    is_stale: bool | None = strawberry.field(
        default=None,
        description="true: only those under a rule that has changed; false: only the others.",
    )
    created_by: str | None = strawberry.field(
        default=None, description="Only those that this actor created."
    )


@strawberry.input(description="What one item of a new template asks for.")
class ChecklistItemInput:
    """An item's definition."""

    name: str = strawberry.field(description="What has to be done, in up to 200 characters.")
    item_type: ChecklistItemType = strawberry.field(description="What the item asks for.")
    completion_method: CompletionMethod = strawberry.field(description="Who completes the item.")
    required: bool = strawberry.field(
        default=True, description="Whether the filing cannot be reviewed without it."
    )
    description: str | None = strawberry.field(
        default=None, description="What is expected, and the rule or form that asks for it."
    )
    agent_role: str | None = strawberry.field(
        default=None, description="Role of the agent that works on it."
    )
    user_role: str | None = strawberry.field(
        default=None, description="Role of the person who works on it."
    )


@strawberry.input(description="The next version of the tenant's own template for a domain.")
class CreateChecklistTemplateInput:
    """What filings in the domain need from now on."""

    compliance_domain: ComplianceDomain = strawberry.field(description="The duty it serves.")
    items: list[ChecklistItemInput] = strawberry.field(
        description="The items in the order of work, 1 to 100."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_IDEMPOTENCY_KEY)


@strawberry.input(description="A checklist to begin for an entity.")
class CreateChecklistInput:
    """What the filing is for."""

    entity_id: strawberry.ID = strawberry.field(description="Global id of the entity.")
    compliance_domain: ComplianceDomain = strawberry.field(
        description="The duty that the filing serves."
    )
    template_id: UUID | None = strawberry.field(
        default=None,
        description="UUID of a template version; the tenant's newest, or else the newest that all "
        "tenants share, when left out.",
    )
    deadline: datetime | None = strawberry.field(
        default=None, description="When it must be filed, with a time zone."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_IDEMPOTENCY_KEY)


@strawberry.input(
    description="What is now said about an item: fields left out stay, null clears one."
)
class UpdateChecklistItemInput:
    """An item's state."""

    id: UUID = strawberry.field(description=_CHECKLIST_ID)
    item_index: int = strawberry.field(description="Place of the item, counted from 0.")
    status: ChecklistItemStatus | None = strawberry.field(
        default=strawberry.UNSET, description="How far the item is."
    )
    summary: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What was found or done; required where it is blocked or not applicable.",
    )
    data: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="What was found: a JSON object of up to 64 KiB."
    )

    def changes(self) -> dict[str, Any]:
        """What was given; a status that is cleared is pending again."""
        given = {
            name: value
            for name, value in vars(self).items()
            if name not in ("id", "item_index") and value is not strawberry.UNSET
        }
        if "status" in given and given["status"] is None:
            given["status"] = ChecklistItemStatus.PENDING
        return given


@strawberry.input(description="A file that is kept elsewhere.")
class FileReferenceInput:
    """Where the file is, and what proves that it is the same one."""

    file_path: str = strawberry.field(
        description="A relative path, or an address such as s3://…, up to 1,000 characters."
    )
    size_bytes: int = strawberry.field(description="Its size in bytes, at most 100 MiB.")
    sha256: str = strawberry.field(description="SHA-256 of its bytes, in hexadecimal.")


@strawberry.input(description="Something to attach to an item: exactly one of text, data, file.")
class AttachArtifactInput:
    """An artifact."""

    id: UUID = strawberry.field(description=_CHECKLIST_ID)
    item_index: int = strawberry.field(description="Place of the item, counted from 0.")
    artifact_type: ArtifactType = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name, up to 500 characters.")
    content_type: str | None = strawberry.field(
        default=None,
        description="Its media type; needed for a file, and of text and JSON the usual one when "
        "left out.",
    )
    text: str | None = strawberry.field(default=None, description="Text of at most 1 MiB.")
    data: JSON | None = strawberry.field(default=None, description="JSON of at most 1 MiB.")
    file: FileReferenceInput | None = strawberry.field(
        default=None, description="A file that is kept elsewhere."
    )
    metadata: JSON | None = strawberry.field(
        default=None, description="Where it comes from, its version, how sure it is: an object."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_IDEMPOTENCY_KEY)


@strawberry.input(description="A checklist to move one step on.")
class ChecklistStepInput:
    """Which checklist."""

    id: UUID = strawberry.field(description=_CHECKLIST_ID)


@strawberry.input(description="A checklist to send back or set aside.")
class ChecklistReasonInput:
    """Which checklist, and why."""

    id: UUID = strawberry.field(description=_CHECKLIST_ID)
    reason: str = strawberry.field(description="Why, in 1 to 4,000 characters.")


@strawberry.input(description="An approved checklist that has been filed with the agency.")
class FileChecklistInput:
    """Which checklist, and the agency's number."""

    id: UUID = strawberry.field(description=_CHECKLIST_ID)
    filing_reference: str | None = strawberry.field(
        default=None, description="The agency's number for the filing, up to 200 characters."
    )


@strawberry.input(description="An alert to acknowledge.")
class AcknowledgeRuleChangeInput:
    """Which alert, and what there is to say."""

    id: UUID = strawberry.field(description="UUID of the alert.")
    note: str | None = strawberry.field(
        default=None, description="What follows for the filing, up to 4,000 characters."
    )
