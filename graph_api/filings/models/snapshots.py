"""The rules that a filing was begun under, and the alerts that one of them has changed."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue

from graph_api.core.model import AegisBase, Hidden, UtcDatetime
from graph_api.filings.models.vocabulary import stored


class FilingRuleSnapshot(AegisBase):
    """A rule as it stood when a filing was begun."""

    id: UUID = Field(description="The record's UUID, given once.")
    tenant_id: Annotated[str, Hidden("the viewer's own")] = Field(
        description="The tenant that owns the record."
    )
    checklist_id: UUID = Field(description="UUID of the checklist.")
    rule_identifier: str = Field(description="Key of the rule, for example SWR_37.")
    rule_version_id: UUID = Field(description="UUID of the version that governed.")
    snapshotted_at: UtcDatetime = Field(description="When it was frozen.")
    rule_data_at_snapshot: dict[str, JsonValue] = Field(
        description="The parameters of the version, as they were frozen."
    )
    is_current: bool = Field(
        description="Whether no later version of the rule is known; false once one was activated."
    )
    superseded_by: Annotated[UUID | None, Hidden("shown as the version itself")] = Field(
        default=None, description="UUID of the version that replaces it."
    )
    acknowledged: bool = Field(
        default=False, description="Whether somebody has acknowledged that the rule changed."
    )
    acknowledged_by: str | None = Field(default=None, description="Who acknowledged the change.")
    acknowledged_at: UtcDatetime | None = Field(
        default=None, description="When the change was acknowledged."
    )

    def document(self) -> dict[str, Any]:
        """The snapshot as the change feed and the audit tell of it."""
        shown: dict[str, Any] = stored(self.model_dump(exclude_none=True, exclude={"tenant_id"}))
        return shown


class RuleChangeAlert(AegisBase):
    """Says that a rule changed under a filing that is not filed yet."""

    id: UUID = Field(description="The record's UUID, given once.")
    tenant_id: Annotated[str, Hidden("the viewer's own")] = Field(
        description="The tenant that owns the record."
    )
    checklist_id: UUID = Field(description="UUID of the checklist.")
    snapshot_id: UUID = Field(description="UUID of the snapshot that became stale.")
    rule_identifier: str = Field(description="Key of the rule, for example SWR_37.")
    old_version_id: UUID = Field(description="UUID of the version that the filing was begun under.")
    new_version_id: UUID = Field(description="UUID of the version that replaces it.")
    raised_at: UtcDatetime = Field(description="When the new version was activated.")
    acknowledged: bool = Field(default=False, description="Whether somebody has acknowledged it.")
    acknowledged_by: str | None = Field(default=None, description="Who acknowledged it.")
    acknowledged_at: UtcDatetime | None = Field(default=None, description="When.")
    note: str | None = Field(default=None, description="What the person who did had to say.")

    def document(self) -> dict[str, Any]:
        """The alert as the change feed and the audit tell of it."""
        shown: dict[str, Any] = stored(self.model_dump(exclude_none=True, exclude={"tenant_id"}))
        return shown
