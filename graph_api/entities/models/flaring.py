"""Flaring: exceptions to burn or release gas, and the events of doing so."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from graph_api.core.model import Derived, GraphEntity, Lookup, References, Sortable, UtcDatetime
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.flaring_enums import (
    FlareEventCauseCategory,
    FlareEventSource,
    FlareEventType,
    FlaringAuthorizationStatus,
    ReleaseType,
    RRCReportStatus,
    VolumeSource,
)
from graph_api.entities.models.geography import County, District
from graph_api.entities.models.identifiers import FlaringDispositionCode, RecordNumber
from graph_api.entities.models.quantities import Mcf, Name, ShortText, Text


class FlaringAuthorization(GraphEntity):
    """An exception to flare or vent gas, applied for on Form R-32 (16 TAC §3.32).

    Administrative exceptions run 45 days at a time up to 180 days; beyond that a final order
    after a hearing is needed.
    """

    plural: ClassVar[str] = "flaring_authorizations"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("authorization_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("authorization_number",)),)
    searched_fields: ClassVar[tuple[str, ...]] = (
        "authorization_number",
        "operator_name",
        "final_order_number",
    )

    authorization_number: Annotated[RecordNumber, Sortable()] = Field(
        description="Filing number of the R-32 application, as the Commission's query shows it."
    )
    release_type: ReleaseType = Field(
        default=ReleaseType.FLARE, description="Whether gas is burned or released."
    )
    status: Annotated[FlaringAuthorizationStatus, Sortable()] = Field(
        default=FlaringAuthorizationStatus.PENDING, description="Where the exception stands."
    )
    max_volume_mcf_per_day: Annotated[Mcf, Sortable()] = Field(
        description="Greatest release allowed, in mcf a day."
    )
    effective_date: Annotated[date | None, Sortable()] = Field(
        default=None, description="First day of the exception."
    )
    expiration_date: Annotated[date | None, Sortable()] = Field(
        default=None, description="Last day of the exception."
    )
    submitted_on: date | None = Field(default=None, description="Day Form R-32 was filed.")
    exception_reasons: list[FlareEventCauseCategory] = Field(
        default_factory=list, description="Reasons given for the exception."
    )
    exception_reasons_text: Text | None = Field(
        default=None, description="The reasons in the words of the filing."
    )
    is_administrative: bool | None = Field(
        default=None, description="Whether it was granted without a hearing."
    )
    final_order_number: RecordNumber | None = Field(
        default=None, description="Final order that grants it, needed past 180 days."
    )
    district: Annotated[District | None, Sortable()] = Field(
        default=None, description="RRC district of the flare point."
    )
    county: Annotated[County | None, Sortable()] = Field(
        default=None, description="County of the flare point."
    )
    operator_name: Annotated[Name | None, Sortable()] = Field(
        default=None, description="Operator's name as filed."
    )
    operator_id: Annotated[UUID | None, References("Operator", "operator")] = Field(
        default=None, description="The operator that filed."
    )
    lease_id: Annotated[UUID | None, References("Lease", "lease")] = Field(
        default=None, description="The lease whose gas is released, where known."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "effective_date", "expiration_date")
        return self


def _hours_between(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 3600


class FlaringEvent(GraphEntity):
    """One release of gas, burned or vented, with its cause, volumes, repair and reports.

    `source` says how the event came to be known; where its record comes from is in
    `source_reference`.
    """

    plural: ClassVar[str] = "flaring_events"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("event_number",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("event_number",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("event_number", "repair_description")

    event_number: Annotated[RecordNumber, Sortable()] = Field(
        description="Number the operator gave the event."
    )
    event_type: Annotated[FlareEventType, Sortable()] = Field(description="Kind of event.")
    cause_category: Annotated[FlareEventCauseCategory, Sortable()] = Field(
        description="Cause, by the reasons of Form R-32."
    )
    # The reference names this field `source`; it takes the place of the base's text.
    source: FlareEventSource = Field(description="How the event came to be known.")
    started_at: Annotated[UtcDatetime, Sortable()] = Field(description="When it began.")
    ended_at: Annotated[UtcDatetime | None, Sortable()] = Field(
        default=None, description="When it ended; null while it goes on."
    )
    duration_hours: Annotated[float | None, Derived(("started_at", "ended_at"), _hours_between)] = (
        Field(default=None, description="Hours from start to end.")
    )
    volume_mcf: Annotated[Mcf | None, Sortable()] = Field(
        default=None, description="Gas released in all, in mcf."
    )
    flared_mcf: Mcf | None = Field(default=None, description="Gas burned, in mcf.")
    vented_mcf: Mcf | None = Field(default=None, description="Gas released unburned, in mcf.")
    volume_source: VolumeSource = Field(description="How the volumes were found.")
    disposition_code: FlaringDispositionCode | None = Field(
        default=None,
        description="Gas disposition on Form PR: 04 flared or vented, not told apart, to 31 August "
        "2021; since then 10 flared and 11 vented.",
    )
    gas_composition: ShortText | None = Field(
        default=None, description="Composition as reported, for example 78 % methane."
    )
    repair_required: bool = Field(default=False, description="Whether something must be repaired.")
    repair_due_on: date | None = Field(default=None, description="Day the repair is due.")
    repaired_on: date | None = Field(default=None, description="Day it was repaired.")
    repair_description: Text | None = Field(default=None, description="The repair in words.")
    rrc_report_status: Annotated[RRCReportStatus, Sortable()] = Field(
        default=RRCReportStatus.PENDING, description="Where the report to the Commission stands."
    )
    rrc_reported_at: UtcDatetime | None = Field(
        default=None, description="When it was reported to the Commission."
    )
    epa_reportable: bool = Field(
        default=False, description="Whether it must be reported to EPA (40 CFR Part 60)."
    )
    epa_reported_at: UtcDatetime | None = Field(
        default=None, description="When it was reported to EPA."
    )
    epa_subpart: ShortText | None = Field(
        default=None, description="Subpart that applies: OOOO, OOOOa or OOOOb."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "started_at", "ended_at")
        return self
