"""Checklist templates, and the checklists that are made from them."""

from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from pydantic import Field, JsonValue, StringConstraints, model_validator

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.model import AegisBase, AegisEntity, Hidden, UtcDatetime, field_error
from graph_api.filings.models.vocabulary import (
    STORED,
    ChecklistItemStatus,
    ChecklistItemType,
    ChecklistStatus,
    CompletionMethod,
    stored,
)

MOST_ITEMS = 100
LARGEST_ITEM_DATA_BYTES = 65_536

ItemName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Role = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=4000)]

_OWNER = Hidden("the viewer's own, or the one that all tenants share")


class ChecklistItemDefinition(AegisBase):
    """What one item of a checklist asks for."""

    name: ItemName = Field(description="What has to be done, in a few words.")
    item_type: Annotated[ChecklistItemType, STORED] = Field(description="What the item asks for.")
    completion_method: Annotated[CompletionMethod, STORED] = Field(
        description="Who completes the item."
    )
    required: bool = Field(
        default=True, description="Whether the filing cannot be reviewed without it."
    )
    description: Reason | None = Field(
        default=None, description="What is expected, and the rule or form that asks for it."
    )
    agent_role: Role | None = Field(
        default=None, description="Role of the agent that works on it, for example rule_37."
    )
    user_role: Role | None = Field(
        default=None, description="Role of the person who works on it, for example landman."
    )


class ChecklistTemplate(AegisEntity):
    """One version of what a filing in a domain needs; it never changes, a new version replaces it."""

    tenant_id: Annotated[str, _OWNER] = Field(
        description="Whose template it is; `*` where all tenants share it."
    )
    compliance_domain: Annotated[ComplianceDomain, STORED] = Field(
        description="The duty that filings made from it serve."
    )
    version: int = Field(ge=1, description="Number of the version, counted by domain from 1.")
    items: list[ChecklistItemDefinition] = Field(
        min_length=1, max_length=MOST_ITEMS, description="The items, in the order of work."
    )
    min_required_items: list[int] = Field(
        default_factory=list,
        description="Places of the items that a review needs, counted from 0.",
    )
    created_by: str = Field(default="", description="Who wrote this version.")

    @model_validator(mode="after")
    def _items_are_told_apart(self) -> Self:
        names = [one.name.casefold() for one in self.items]
        if len(set(names)) != len(names):
            raise field_error("items", "two items must not have the same name", names)
        self.min_required_items = [place for place, one in enumerate(self.items) if one.required]
        return self

    def document(self) -> dict[str, Any]:
        """The template as the change feed and the audit tell of it."""
        shown: dict[str, Any] = stored(self.model_dump(exclude_none=True, exclude={"tenant_id"}))
        return shown


class ChecklistItemState(ChecklistItemDefinition):
    """How far one item of a checklist is."""

    status: Annotated[ChecklistItemStatus, STORED] = Field(
        default=ChecklistItemStatus.PENDING, description="How far the item is."
    )
    summary: Reason | None = Field(
        default=None, description="What was found or done; why, where it is blocked or not needed."
    )
    data: dict[str, JsonValue] | None = Field(
        default=None, description="What was found, as JSON; at most 64 KiB."
    )
    updated_by: str | None = Field(default=None, description="Who last worked on the item.")
    updated_at: UtcDatetime | None = Field(
        default=None, description="When the item was last worked on."
    )

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        unexplained = (ChecklistItemStatus.NOT_APPLICABLE, ChecklistItemStatus.BLOCKED)
        if self.status in unexplained and self.summary is None:
            raise field_error("summary", f"say why the item is {self.status.value}", None)
        if self.data is not None and len(orjson.dumps(self.data)) > LARGEST_ITEM_DATA_BYTES:
            message = f"must not exceed {LARGEST_ITEM_DATA_BYTES} bytes; attach an artifact instead"
            raise field_error("data", message)
        return self


class FilingChecklist(AegisEntity):
    """The work on one filing of one entity, from its draft to the agency."""

    tenant_id: Annotated[str, _OWNER] = Field(description="The tenant that owns the record.")
    entity_id: UUID = Field(description="UUID of the entity: its `entityId`.")
    entity_type: str = Field(description="Kind of the entity: Well, Lease, Facility and so on.")
    entity_name: str | None = Field(
        default=None, description="What the entity was called when the checklist was created."
    )
    compliance_domain: Annotated[ComplianceDomain, STORED] = Field(
        description="The duty that the filing serves."
    )
    template_id: UUID = Field(description="UUID of the template version it was made from.")
    template_version: int = Field(description="Number of that version.")
    status: Annotated[ChecklistStatus, STORED] = Field(
        default=ChecklistStatus.DRAFT, description="Where the filing stands."
    )
    deadline: UtcDatetime | None = Field(default=None, description="When it must be filed.")
    items: list[ChecklistItemState] = Field(description="The items, in the order of work.")
    status_reason: str | None = Field(
        default=None, description="The reason given with a rejection or an exception."
    )
    filing_reference: str | None = Field(
        default=None, description="The agency's number for the filing, once it is filed."
    )
    created_by: str = Field(description="Who created the checklist.")
    reviewed_by: str | None = Field(default=None, description="Who approved or rejected it last.")
    filed_at: UtcDatetime | None = Field(default=None, description="When it was filed.")
    is_stale: bool = Field(
        default=False,
        description="Whether a rule that it was begun under has been superseded since.",
    )

    @property
    def missing_items(self) -> list[tuple[int, ChecklistItemState]]:
        """The required items that are not done, with their places."""
        return [
            (place, one)
            for place, one in enumerate(self.items)
            if one.required and not one.status.is_done
        ]

    def document(self) -> dict[str, Any]:
        """The checklist as the change feed and the audit tell of it."""
        shown: dict[str, Any] = stored(self.model_dump(exclude_none=True, exclude={"tenant_id"}))
        return shown


def new_items(template: ChecklistTemplate) -> list[ChecklistItemState]:
    """The items of a checklist that is made from a template."""
    return [ChecklistItemState(**one.model_dump()) for one in template.items]
