"""The compliance dashboard: status records, and what its cards, matrix and charts show."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue

from graph_api.core.model import AegisBase, AegisEntity, Hidden, UtcDatetime
from graph_api.entities.models.described import DescribedEnum


class ComplianceDomain(DescribedEnum):
    """A duty that entities are assessed for."""

    RULE_37 = "RULE_37", "Spacing of wells (16 TAC §3.37), assessed for wells."
    RULE_32 = (
        "RULE_32",
        "Exceptions to flare or vent gas (Form R-32, 16 TAC §3.32), assessed for each exception.",
    )
    FORM_PR = "FORM_PR", "Monthly production report (Form PR), assessed for leases."
    FLARING_MONITOR = (
        "FLARING_MONITOR",
        "Gas flared and vented each month against what linked exceptions allow, for leases.",
    )
    EPA_OOOO = (
        "EPA_OOOO",
        "Storage tanks under 40 CFR Part 60 Subparts OOOO, OOOOa and OOOOb, for facilities.",
    )


ASSESSED_LABELS: dict[ComplianceDomain, str] = {
    ComplianceDomain.RULE_37: "Well",
    ComplianceDomain.RULE_32: "FlaringAuthorization",
    ComplianceDomain.FORM_PR: "Lease",
    ComplianceDomain.FLARING_MONITOR: "Lease",
    ComplianceDomain.EPA_OOOO: "Facility",
}
"""The label of the entities that a domain is assessed for."""


class ComplianceStatusCode(DescribedEnum):
    """Where an entity stands in a domain."""

    COMPLIANT = "COMPLIANT", "Nothing on record stands against it."
    ACTION_NEEDED = "ACTION_NEEDED", "Something on record has to be put right or done in time."
    OVERDUE = "OVERDUE", "A deadline has passed with nothing on record to meet it."
    NOT_APPLICABLE = (
        "NOT_APPLICABLE",
        "The duty does not apply, or data to decide it is missing; the details name which.",
    )
    IN_REVIEW = "IN_REVIEW", "The records do not settle it: an agency or a person has to decide."


class DecidedBy(DescribedEnum):
    """What stands behind a status."""

    ASSESSMENT = "ASSESSMENT", "It was computed from the records and the rules in force."
    PERSON = "PERSON", "A person set it and gave a reason; assessments leave it as it is."


class ComplianceStatus(AegisEntity):
    """Where one entity stands in one domain: an aid to a person's judgement, no legal finding."""

    tenant_id: Annotated[str, Hidden("the viewer's tenant, the same on every row it sees")] = Field(
        description="The tenant that owns the record."
    )
    entity_id: UUID = Field(description="UUID of the entity: its `entityId`.")
    entity_type: str = Field(description="Kind of the entity: Well, Lease, Facility and so on.")
    entity_name: str | None = Field(
        default=None, description="What the entity was called when it was assessed."
    )
    entity_field: str | None = Field(
        default=None, description="Name of the field the entity was in when it was assessed."
    )
    entity_district: str | None = Field(default=None, description="RRC district of the entity.")
    compliance_domain: ComplianceDomain = Field(description="The duty it was assessed for.")
    status: ComplianceStatusCode = Field(description="Where the entity stands.")
    deadline: UtcDatetime | None = Field(
        default=None,
        description="End, by the clocks of Austin, of the last day to act; of the earliest such "
        "day where there are several.",
    )
    checklist_id: UUID | None = Field(
        default=None, description="The filing checklist that is working on it, if any."
    )
    details: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="The numbers the status rests on; `missing` names data that is not on record.",
    )
    explanation: str = Field(
        default="", description="Why the status is what it is, in words that can be checked."
    )
    rule_version_id: UUID | None = Field(
        default=None, description="The version of the rule that decided."
    )
    decided_by: DecidedBy = Field(
        default=DecidedBy.ASSESSMENT, description="Whether an assessment or a person decided."
    )
    actor: str = Field(default="", description="Who had it assessed, or decided.")
    reason: str | None = Field(default=None, description="The reason a person gave.")
    last_assessed_at: UtcDatetime = Field(description="When it was last assessed or decided.")


class ComplianceDecision(AegisBase):
    """What a person decides of an entity in a domain."""

    status: ComplianceStatusCode = Field(description="Where the entity stands.")
    reason: Annotated[str, Field(min_length=1, max_length=10_000)] = Field(description="Why.")
    deadline: date | None = Field(default=None, description="The last day to act.")
    details: dict[str, JsonValue] = Field(
        default_factory=dict, description="The numbers the decision rests on."
    )


class RecordedComplianceStatus(AegisBase):
    """A status as it was recorded at one moment; the history only ever grows."""

    recorded_at: UtcDatetime = Field(description="When it was recorded.")
    assessed_at: UtcDatetime = Field(description="The moment it was assessed or decided.")
    status: ComplianceStatusCode = Field(description="Where the entity stood.")
    deadline: UtcDatetime | None = Field(default=None, description="The deadline it had then.")
    details: dict[str, JsonValue] = Field(
        default_factory=dict, description="The numbers it rested on."
    )
    explanation: str = Field(description="Why it was so, in words.")
    rule_version_id: UUID | None = Field(
        default=None, description="The version of the rule that decided then."
    )
    decided_by: DecidedBy = Field(description="Whether an assessment or a person decided.")
    actor: str = Field(description="Who had it assessed, or decided.")
    reason: str | None = Field(default=None, description="The reason a person gave.")


class ComplianceSummary(AegisBase):
    """The counts of the dashboard's cards."""

    total: int = Field(description="Records: one for each entity and domain.")
    compliant: int = Field(description="Records that are COMPLIANT.")
    action_needed: int = Field(description="Records that are ACTION_NEEDED.")
    overdue: int = Field(description="Records that are OVERDUE.")
    not_applicable: int = Field(description="Records that are NOT_APPLICABLE.")
    in_review: int = Field(description="Records that are IN_REVIEW.")
    due_soon: int = Field(
        description="Records not overdue whose deadline lies within the days asked for."
    )
    anomalies: int = Field(
        description="Leases whose reported gas exceeds what linked exceptions allow: "
        "FLARING_MONITOR records that are ACTION_NEEDED."
    )


class ComplianceMatrixRow(AegisBase):
    """One entity with its record in each domain."""

    entity_id: UUID = Field(description="UUID of the entity.")
    entity_type: str = Field(description="Kind of the entity.")
    entity_name: str | None = Field(default=None, description="What the entity is called.")
    entity_field: str | None = Field(default=None, description="Name of its field.")
    entity_district: str | None = Field(default=None, description="Its RRC district.")
    worst_status: ComplianceStatusCode = Field(
        description="The gravest of its statuses: OVERDUE, ACTION_NEEDED, IN_REVIEW, COMPLIANT, "
        "NOT_APPLICABLE, in that order."
    )
    next_deadline: UtcDatetime | None = Field(
        default=None, description="The earliest deadline of its records."
    )
    statuses: list[ComplianceStatus] = Field(
        default_factory=list, description="Its records, in the order of the domains."
    )


class ComplianceMatrixResponse(AegisBase):
    """A page of the matrix of entities by domains."""

    rows: list[ComplianceMatrixRow] = Field(description="The rows of the page.")
    total_count: int = Field(description="Rows on all pages.")


class DeadlineChartEntry(AegisBase):
    """The deadlines of one month."""

    month: date = Field(description="The month the deadlines fall in, as its first day.")
    compliance_domain: ComplianceDomain = Field(description="The duty that is due.")
    open_count: int = Field(description="Records with a deadline in the month, not overdue.")
    overdue_count: int = Field(description="Records with a deadline in the month that are OVERDUE.")


class ComplianceTrendEntry(AegisBase):
    """How many records stood where at one moment, as it was recorded then."""

    at: datetime = Field(description="The moment.")
    compliance_domain: ComplianceDomain = Field(description="The duty.")
    compliant: int = Field(description="Records that were COMPLIANT.")
    action_needed: int = Field(description="Records that were ACTION_NEEDED.")
    overdue: int = Field(description="Records that were OVERDUE.")
    not_applicable: int = Field(description="Records that were NOT_APPLICABLE.")
    in_review: int = Field(description="Records that were IN_REVIEW.")


class FilingStatusEntry(AegisBase):
    """How many filings stand at one status."""

    status: str = Field(description="Status of the filings.")
    count: int = Field(description="How many filings have it.")


class FlaringMonthOutcome(DescribedEnum):
    """What a month's reported gas comes to against the exceptions on record."""

    NONE_RELEASED = "NONE_RELEASED", "No gas was reported flared or vented."
    WITHIN = "WITHIN", "What was released does not exceed what linked exceptions allow."
    ABOVE = "ABOVE", "An exception was in force, and more was released than it allows."
    TEST_PERIOD = (
        "TEST_PERIOD",
        "More was released than exceptions allow, in a month with days right after a completion, "
        "when a test needs no exception (16 TAC §3.32): monthly volumes cannot tell them apart.",
    )
    SMALL_VOLUME = (
        "SMALL_VOLUME",
        "No linked exception was in force, and the volume is so small that an exception without "
        "end date can be had administratively (16 TAC §3.32).",
    )
    NOT_LINKED = (
        "NOT_LINKED",
        "Gas was released and no linked exception was in force: the release may be exempt, or the "
        "link may be missing.",
    )
    NOT_COVERED = (
        "NOT_COVERED",
        "The exceptions on record begin only after the month: it cannot be judged.",
    )


class FlaringChartEntry(AegisBase):
    """One month of a lease: gas released against gas authorised."""

    month: date = Field(description="The month, as its first day.")
    flared_mcf: int = Field(description="Gas flared in mcf, as reported on Form PR.")
    vented_mcf: int = Field(description="Gas vented in mcf, as reported on Form PR.")
    authorized_mcf: float = Field(
        description="Sum of rate times days in force over linked exceptions, in mcf; on a day on "
        "which several name one flare point, the greatest rate counts."
    )
    excess_mcf: float = Field(description="Gas released beyond what was authorised, in mcf.")
    days_in_force: int = Field(description="Days of the month on which an exception was in force.")
    authorizations: list[str] = Field(
        description="Filing numbers of the exceptions in force in the month."
    )
    inferred: bool = Field(
        description="Whether a link from one of these exceptions to the lease is inferred, from "
        "position and operator, and stated by no record."
    )
    outcome: FlaringMonthOutcome = Field(description="What the month comes to.")


class RuleImpactEntry(AegisBase):
    """One entity whose status a proposed rule would change."""

    entity_id: UUID = Field(description="UUID of the entity.")
    entity_type: str = Field(description="Kind of the entity.")
    entity_name: str | None = Field(default=None, description="What the entity is called.")
    compliance_domain: ComplianceDomain = Field(description="The duty.")
    status_now: ComplianceStatusCode = Field(description="Its status under the rule as it is.")
    status_proposed: ComplianceStatusCode = Field(description="Its status under the proposal.")
    explanation_now: str = Field(
        description="Why it stands where it does, under the rule as it is."
    )
    explanation_proposed: str = Field(description="Why it would stand elsewhere.")


class RuleImpactCount(AegisBase):
    """How many entities a proposed rule would move from one status to another."""

    compliance_domain: ComplianceDomain = Field(description="The duty.")
    status_now: ComplianceStatusCode = Field(description="Status under the rule as it is.")
    status_proposed: ComplianceStatusCode = Field(description="Status under the proposal.")
    count: int = Field(description="How many entities.")


class RuleImpact(AegisBase):
    """What a proposed rule would change, found without writing anything."""

    rule_identifier: str = Field(description="The rule.")
    effective_date: date = Field(description="Day from which the proposal is taken to hold.")
    assessed_count: int = Field(
        description="Entities assessed under both rules, counted once in each domain."
    )
    changed_count: int = Field(description="Entities whose status would change.")
    counts: list[RuleImpactCount] = Field(description="How many would move from what to what.")
    entries: Annotated[list[RuleImpactEntry], Hidden("`changes` gives as many as asked for")] = (
        Field(description="The entities whose status would change.")
    )
    stale_checklist_ids: list[UUID] = Field(
        description="Open filing checklists that rest on the rule as it is and would become stale."
    )
