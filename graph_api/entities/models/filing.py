"""Filings: forms sent, or to be sent, to a regulator."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import GraphEntity, Lookup, Sortable, UtcDatetime
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import FormNumber, RecordNumber
from graph_api.entities.models.quantities import Name, NotNegative, Text


class FilingType(DescribedEnum):
    """What a filing is for."""

    COMPLETION_REPORT = "COMPLETION_REPORT", "Completion of a well (Forms W-2, G-1)."
    PRODUCTION_REPORT = "PRODUCTION_REPORT", "Monthly production of a lease (Form PR)."
    ORGANIZATION_REPORT = "ORGANIZATION_REPORT", "Organisation report and renewal (Form P-5)."
    DRILLING_PERMIT = "DRILLING_PERMIT", "Application to drill, recomplete or re-enter (Form W-1)."
    FLARE_EXCEPTION = "FLARE_EXCEPTION", "Exception to flare or vent gas (Form R-32)."
    TRANSPORT_AUTHORITY = (
        "TRANSPORT_AUTHORITY",
        "Certificate of compliance and transportation authority (Form P-4).",
    )
    INJECTION_REPORT = "INJECTION_REPORT", "Annual injection report (Form H-10)."
    LOSS_REPORT = "LOSS_REPORT", "Loss of crude oil or condensate (Form H-8)."
    PLUGGING = "PLUGGING", "Plugging of a well (Forms W-3, W-3A, W-3X)."
    WELL_TEST = "WELL_TEST", "Well status test (Forms W-10, G-10)."
    H2S_CERTIFICATE = "H2S_CERTIFICATE", "Hydrogen sulfide certificate (Form H-9)."
    TAX_INCENTIVE = "TAX_INCENTIVE", "Severance tax incentive certification (Form ST-1)."
    OTHER = "OTHER", "Another filing."


class FilingStatus(DescribedEnum):
    """Where a filing stands."""

    DRAFT = "DRAFT", "Being prepared."
    IN_REVIEW = "IN_REVIEW", "With a reviewer in the company."
    SUBMITTED = "SUBMITTED", "Sent to the regulator."
    ACCEPTED = "ACCEPTED", "Accepted by the regulator."
    RETURNED = "RETURNED", "Sent back to be corrected."
    REJECTED = "REJECTED", "Refused by the regulator."
    AMENDED = "AMENDED", "Replaced by a later version."
    WITHDRAWN = "WITHDRAWN", "Withdrawn by the filer."


class ReviewCheckpoint(DescribedEnum):
    """The point at which a person must look at a filing."""

    PRE_FILING = "PRE_FILING", "Before the filing is prepared for submission."
    DATA_VALIDATION = "DATA_VALIDATION", "When its data need a person's confirmation."
    COST_THRESHOLD = "COST_THRESHOLD", "When cost passes a limit."
    REGULATORY_SUBMISSION = "REGULATORY_SUBMISSION", "Before it goes to the regulator."
    EXCEPTION_REQUEST = "EXCEPTION_REQUEST", "When it asks for an exception to a rule."


class ReviewDecision(DescribedEnum):
    """What the reviewer of a filing decided."""

    APPROVED = "APPROVED", "May go on as it is."
    REJECTED = "REJECTED", "May not go on."
    MODIFIED = "MODIFIED", "May go on with the reviewer's changes."


class Filing(GraphEntity):
    """One form for one period or event, through review, submission and acceptance."""

    plural: ClassVar[str] = "filings"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("filing_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (
        Lookup(("filing_number",)),
        Lookup(("confirmation_number",)),
    )
    searched_fields: ClassVar[tuple[str, ...]] = (
        "filing_number",
        "form_number",
        "confirmation_number",
    )

    filing_number: Annotated[RecordNumber, Sortable()] = Field(
        description="Number of the filing: the regulator's tracking number, or one's own."
    )
    filing_type: Annotated[FilingType, Sortable()] = Field(description="What the filing is for.")
    form_number: Annotated[FormNumber, Sortable()] = Field(
        description="Form: W-1, W-2, G-1, P-4, P-5, PR, R-32, H-8, H-10, W-3, ST-1 and others."
    )
    status: Annotated[FilingStatus, Sortable()] = Field(
        default=FilingStatus.DRAFT, description="Where the filing stands."
    )
    period_start: date | None = Field(default=None, description="First day it reports on.")
    period_end: Annotated[date | None, Sortable()] = Field(
        default=None, description="Last day it reports on."
    )
    due_on: Annotated[date | None, Sortable()] = Field(
        default=None,
        description="Day by which it is due; Form PR on the last working day of the next month.",
    )
    submitted_at: Annotated[UtcDatetime | None, Sortable()] = Field(
        default=None, description="When it was sent to the regulator."
    )
    accepted_at: UtcDatetime | None = Field(
        default=None, description="When the regulator accepted it."
    )
    confirmation_number: RecordNumber | None = Field(
        default=None, description="Number by which the regulator confirmed receipt."
    )
    requires_human_review: bool = Field(
        default=False, description="Whether a person must approve it before it goes on."
    )
    review_checkpoint: ReviewCheckpoint | None = Field(
        default=None, description="The point at which a person must look at it."
    )
    reviewer_id: Name | None = Field(default=None, description="Who reviewed it or is to.")
    reviewed_at: UtcDatetime | None = Field(default=None, description="When it was reviewed.")
    review_decision: ReviewDecision | None = Field(
        default=None, description="What the reviewer decided."
    )
    review_comments: Text | None = Field(default=None, description="The reviewer's words.")
    checklist_id: UUID | None = Field(
        default=None, description="The checklist by which the filing is prepared."
    )
    fee_usd: NotNegative | None = Field(
        default=None, description="Filing fee in US dollars (16 TAC §3.78)."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "period_start", "period_end")
        refuse_reversed(self, "submitted_at", "accepted_at")
        return self
