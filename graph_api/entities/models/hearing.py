"""Hearings: docketed cases before the Commission (16 TAC Chapter 1)."""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from graph_api.core.model import GraphEntity, Lookup, Sortable
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import DocketNumber, RecordNumber
from graph_api.entities.models.quantities import Name, Text


class HearingType(DescribedEnum):
    """What a docket is about."""

    RULE_37 = "RULE_37", "An exception to well spacing (16 TAC §3.37)."
    RULE_38 = "RULE_38", "An exception to well density (16 TAC §3.38)."
    RULE_32 = "RULE_32", "An exception to flare or vent gas (16 TAC §3.32)."
    FIELD_RULES = "FIELD_RULES", "Adoption or change of the rules of a field."
    ENFORCEMENT = "ENFORCEMENT", "A violation and its penalty."
    POOLING = "POOLING", "Pooling of interests in one unit."
    OTHER = "OTHER", "Another matter."


class HearingStatus(DescribedEnum):
    """Where a docket stands: application, notice, protest, hearing, proposal, order."""

    REQUESTED = "REQUESTED", "A hearing is asked for."
    NOTICED = "NOTICED", "Notice is given to affected persons."
    PROTESTED = "PROTESTED", "An affected person protests."
    SCHEDULED = "SCHEDULED", "A day is set."
    CONTINUED = "CONTINUED", "Put off to another day."
    HEARD = "HEARD", "The hearing took place."
    PROPOSAL_FOR_DECISION = "PROPOSAL_FOR_DECISION", "The examiners propose a decision."
    DECIDED = "DECIDED", "The Commission signed a final order."
    DISMISSED = "DISMISSED", "Closed without a decision on the matter."
    WITHDRAWN = "WITHDRAWN", "The applicant withdrew."
    APPEALED = "APPEALED", "A rehearing or a court is asked to change the order."


class HearingDecision(DescribedEnum):
    """How the Commission decided."""

    GRANTED = "GRANTED", "Granted as asked."
    GRANTED_WITH_CONDITIONS = "GRANTED_WITH_CONDITIONS", "Granted, with conditions."
    DENIED = "DENIED", "Refused."
    DISMISSED = "DISMISSED", "Dismissed without a decision on the matter."


class Hearing(GraphEntity):
    """A docketed case, from the request to the final order."""

    plural: ClassVar[str] = "hearings"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("docket_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("docket_number",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("docket_number", "subject", "examiner")

    docket_number: Annotated[DocketNumber, Sortable()] = Field(
        description="Docket number: 01-0308609, or since 2019 OG-20-00005136."
    )
    hearing_type: Annotated[HearingType, Sortable()] = Field(description="What it is about.")
    status: Annotated[HearingStatus, Sortable()] = Field(
        default=HearingStatus.REQUESTED, description="Where the docket stands."
    )
    subject: Text | None = Field(default=None, description="The matter in words.")
    requested_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the hearing was asked for."
    )
    notice_issued_on: date | None = Field(
        default=None, description="Day notice went to affected persons."
    )
    protest_deadline: date | None = Field(
        default=None,
        description="Last day to protest; 21 days after notice under 16 TAC §3.38.",
    )
    scheduled_for: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day for which the hearing is set."
    )
    heard_on: date | None = Field(default=None, description="Day the hearing took place.")
    decided_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the Commission decided."
    )
    examiner: Name | None = Field(
        default=None, description="Administrative law judge or technical examiner."
    )
    decision: HearingDecision | None = Field(default=None, description="How it was decided.")
    decision_summary: Text | None = Field(default=None, description="The decision in words.")
    conditions: list[Text] = Field(
        default_factory=list, description="Conditions under which it was granted."
    )
    order_number: RecordNumber | None = Field(
        default=None, description="Number of the final order."
    )
    order_effective_on: date | None = Field(
        default=None, description="Day from which the final order holds."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "notice_issued_on", "protest_deadline")
        refuse_reversed(self, "requested_on", "heard_on")
        refuse_reversed(self, "requested_on", "decided_on")
        return self
