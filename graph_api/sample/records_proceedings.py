"""Dockets, filings and flaring events of the sample."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from graph_api.sample.chance import between
from graph_api.sample.drilling import PERMITS
from graph_api.sample.flaring import (
    ABOVE_AUTHORIZED,
    EXCEPTIONS,
    MONTHS,
    OWN_UPSET,
    PRODUCTION,
    THIRD_PARTY,
    Exception32,
    authorized_mcf,
)
from graph_api.sample.links import Links, Row, flare_key, operator_key
from graph_api.sample.organisations import ORGANISATIONS, SALT_DRAW
from graph_api.sample.properties import WELLS, LeaseOfSample, lease
from graph_api.sample.records_assets import DISPOSAL_WELLS, PLUGGED_WELL
from graph_api.sample.records_network import disposal_key
from graph_api.sample.write_w1_pending import APPLICATIONS

_HEARINGS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    # docket, type, status, requested, heard, decided, subject
    ("OG-22-00098417", "RULE_37", "DECIDED", "2022-09-14", "", "2022-09-28",
     "Spacing exception for Mockingbird 12-24 Unit well 3H"),
    ("OG-22-00098502", "RULE_38", "DECIDED", "2022-04-11", "2022-05-19", "2022-06-07",
     "Spacing and density exceptions for an infill well of the Buffalo Wallow Unit"),
    ("OG-25-00094601", "RULE_37", "NOTICED", "2025-12-08", "", "", "Spacing exception for Kestrel 30-31 Unit well 4H"),
    ("OG-25-00094603", "RULE_37", "PROTESTED", "2025-12-09", "", "", "Spacing exception for Spring Gap 8 well 3H"),
    ("OG-25-00094604", "RULE_38", "NOTICED", "2025-12-10", "", "", "Spacing and density exceptions for Buffalo Wallow Unit well 9"),
    ("OG-25-00094690", "RULE_37", "REQUESTED", "2025-12-11", "", "", "Spacing exception for Brushy Tank 2, amended location"),
    ("OG-25-00096112", "RULE_32", "SCHEDULED", "2025-11-20", "", "", "Flaring beyond 180 days at the Mockingbird 12-24 Unit"),
    ("OG-25-00096140", "RULE_32", "REQUESTED", "2025-12-02", "", "", "Flaring at Spring Gap 8 before its gathering line is laid"),
    ("OG-25-00093305", "ENFORCEMENT", "DECIDED", "2025-04-22", "2025-06-24", "2025-08-05",
     "Holland Draw 34: gas flared above the authorised rate in March 2025"),
    ("OG-23-00091877", "ENFORCEMENT", "DECIDED", "2023-03-06", "2023-05-16", "2023-07-11",
     "Old Barn: operation without a current organisation report"),
)  # fmt: skip
_DECISIONS: dict[str, tuple[str, str, str]] = {
    "OG-22-00098417": ("GRANTED", "Granted without a hearing: nobody protested.", ""),
    "OG-22-00098502": (
        "GRANTED_WITH_CONDITIONS",
        "Granted to prevent waste.",
        "The well produces from the San Andres only;A production test is filed each year",
    ),
    "OG-25-00093305": (
        "GRANTED_WITH_CONDITIONS",
        "A penalty is assessed, and a capture plan is to be filed.",
        "File a gas capture plan within 90 days",
    ),
    "OG-23-00091877": ("GRANTED", "The certificate of compliance is cancelled.", ""),
}
_EVENT_CAUSES = {
    THIRD_PARTY: ("UPSET", "SYSTEM_UPSET_THIRD_PARTY"),
    OWN_UPSET: ("UPSET", "SYSTEM_UPSET_OPERATOR"),
    "Scheduled Maintenance": ("MAINTENANCE", "SCHEDULED_MAINTENANCE"),
    "Unscheduled Maintenance": ("MAINTENANCE", "UNSCHEDULED_MAINTENANCE"),
    "Insufficient Gas Gathering Capacity": ("ROUTINE", "INSUFFICIENT_GATHERING_CAPACITY"),
    "Extended clean-up beyond 10 days": ("COMPLETION", "EXTENDED_CLEANUP"),
}


def hearings(links: Links) -> Iterator[Row]:
    """Dockets about spacing, density, flaring and violations, and what each is about."""
    for docket, kind, status, requested, heard, decided, subject in _HEARINGS:
        asked = date.fromisoformat(requested)
        decision, summary, conditions = _DECISIONS.get(docket, ("", "", ""))
        noticed = status not in ("REQUESTED",)
        yield {
            "docket_number": docket, "hearing_type": kind, "status": status, "subject": subject,
            "requested_on": asked,
            "notice_issued_on": asked + timedelta(days=3) if noticed else "",
            "protest_deadline": asked + timedelta(days=24) if noticed else "",
            "scheduled_for": heard or ("2026-02-10" if status == "SCHEDULED" else ""),
            "heard_on": heard, "decided_on": decided, "decision": decision,
            "decision_summary": summary, "conditions": conditions,
            "order_number": f"FO-{docket[3:5]}-{docket[-5:]}" if decided else "",
            "order_effective_on": decided,
        }  # fmt: skip
    _subjects(links)


def _subjects(links: Links) -> None:
    for permit in PERMITS:
        if permit.rule_37_case:
            docket = f"OG-22-0{permit.rule_37_case}"
            links.add("SUBJECT_OF", ("Permit", permit.key), ("Hearing", docket))
            links.add("SUBJECT_OF", ("Well", permit.well.api), ("Hearing", docket))
    for one in APPLICATIONS:
        if one.rules:
            key = f"{one.permit_number.zfill(7)}|{99 - one.sequence}"
            docket = f"OG-25-0009{one.document[-4:]}"
            links.add("SUBJECT_OF", ("Permit", key), ("Hearing", docket))
    for exception in EXCEPTIONS:
        if exception.status == "Hearing Pending":
            docket = {"68214": "OG-25-00096112", "27690": "OG-25-00096140"}[exception.lease.number]
            number = ("FlaringAuthorization", exception.number)
            links.add("SUBJECT_OF", number, ("Hearing", docket))
    links.add("SUBJECT_OF", ("Lease", "O|08|68377"), ("Hearing", "OG-25-00093305"))
    links.add("SUBJECT_OF", ("Lease", "O|8A|78130"), ("Hearing", "OG-23-00091877"))


def _at(day: date, hour: int = 15) -> str:
    return datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC).isoformat()


def _last_working_day(month: date) -> date:
    day = month.replace(day=monthrange(month.year, month.month)[1])
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day


def _filing(
    links: Links, number: str, kind: str, form: str, operator: str, rule: str, **fields: object
) -> Row:
    links.add("FILED_BY", ("Filing", number), ("Operator", operator))
    links.add("GOVERNED_BY", ("Filing", number), ("Regulation", rule))
    return {"filing_number": number, "filing_type": kind, "form_number": form, **fields}


def _sent(day: date, *, accepted: bool = True) -> Row:
    after = {"accepted_at": _at(day + timedelta(days=2))} if accepted else {}
    return {
        "status": "ACCEPTED" if accepted else "SUBMITTED",
        "submitted_at": _at(day),
        "confirmation_number": f"RRC-{day:%y%m%d}-{int(between(1000, 9999, 'sent', day))}",
        **after,
    }


def filings(links: Links) -> Iterator[Row]:
    """Production reports, completions, exceptions, renewals and reports on injection."""
    for (key, month), _ in ABOVE_AUTHORIZED.items():
        yield _production_report(links, lease(key), month)
    for key in ("O|08|68214", "O|08|68219", "O|08|68377", "O|7C|27651"):
        yield _production_report(links, lease(key), MONTHS[-1])
    for permit in PERMITS:
        if permit.completed is not None and permit.completed >= date(2025, 1, 1):
            number = f"W2-{permit.well.api8}"
            day = permit.completed + timedelta(days=int(between(20, 85, "W-2", number)))
            links.add("FILED_FOR", ("Filing", number), ("Well", permit.well.api))
            yield _filing(
                links, number, "COMPLETION_REPORT", "W-2", operator_key(permit.lease.operator),
                "SWR_16", due_on=permit.completed + timedelta(days=90),
                **_sent(day, accepted=day < date(2025, 12, 20)),
            )  # fmt: skip
    for exception in EXCEPTIONS:
        if exception.effective >= date(2025, 6, 1):
            yield _flare_exception(links, exception)
    for organisation in ORGANISATIONS[:6]:
        day = organisation.last_filed
        yield _filing(
            links, f"P5-{organisation.number}-{day.year}", "ORGANIZATION_REPORT", "P-5",
            operator_key(organisation), "SWR_58", **_sent(day),
        )  # fmt: skip
    yield from _injection_and_plugging(links)


def _production_report(links: Links, one: LeaseOfSample, month: date) -> Row:
    number = f"PR-{one.district}-{one.number}-{month:%Y%m}"
    links.add("FILED_FOR", ("Filing", number), ("Lease", one.key))
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    due = _last_working_day(following)
    row = _filing(
        links, number, "PRODUCTION_REPORT", "PR", operator_key(one.operator), "SWR_58",
        period_start=month, period_end=following - timedelta(days=1), due_on=due,
    )  # fmt: skip
    if month == MONTHS[-1]:
        review = {"requires_human_review": "Y", "review_checkpoint": "REGULATORY_SUBMISSION"}
        return {**row, "status": "IN_REVIEW", "reviewer_id": "regulatory desk", **review}
    return {**row, **_sent(due - timedelta(days=4))}


def _flare_exception(links: Links, exception: Exception32) -> Row:
    number = f"R32-{exception.number}"
    filed = exception.effective - timedelta(days=12)
    links.add("FILED_FOR", ("Filing", number), ("Facility", flare_key(exception)))
    links.add("FILED_FOR", ("Filing", number), ("Lease", exception.lease.key))
    status = {"Returned": "RETURNED", "Denied": "REJECTED", "Cancelled": "WITHDRAWN"}
    sent = _sent(filed, accepted=exception.status == "Approved")
    if exception.status in status:
        sent["status"] = status[exception.status]
    return _filing(
        links, number, "FLARE_EXCEPTION", "R-32", operator_key(exception.lease.operator), "SWR_32",
        period_start=exception.effective, period_end=exception.expiration,
        requires_human_review="Y", review_checkpoint="EXCEPTION_REQUEST",
        reviewed_at=_at(filed - timedelta(days=1)), review_decision="APPROVED",
        fee_usd=375, **sent,
    )  # fmt: skip


def _injection_and_plugging(links: Links) -> Iterator[Row]:
    for order, (api, _, _, _) in enumerate(DISPOSAL_WELLS):
        number = f"H10-{api[3:6]}{api[7:]}-2025"
        links.add("FILED_FOR", ("Filing", number), ("Well", api))
        links.add("FILED_FOR", ("Filing", number), ("Facility", disposal_key(order)))
        yield _filing(
            links, number, "INJECTION_REPORT", "H-10", operator_key(SALT_DRAW), "SWR_9",
            period_start=date(2024, 9, 1), period_end=date(2025, 8, 31),
            due_on=date(2025, 10, 31), **_sent(date(2025, 10, 21 + order)),
        )  # fmt: skip
    injector = WELLS["O|8A|78093"][3]
    links.add("FILED_FOR", ("Filing", "H10-UNIT-2025"), ("Well", injector.api))
    unit = operator_key(lease("O|8A|78093").operator)
    yield _filing(
        links, "H10-UNIT-2025", "INJECTION_REPORT", "H-10", unit, "SWR_46",
        period_start=date(2024, 11, 1), period_end=date(2025, 10, 31),
        due_on=date(2025, 12, 31), status="DRAFT",
    )  # fmt: skip
    links.add("FILED_FOR", ("Filing", "W3-78137-2"), ("Well", PLUGGED_WELL.api))
    trust = operator_key(lease("O|8A|78137").operator)
    yield _filing(
        links, "W3-78137-2", "PLUGGING", "W-3", trust, "SWR_14",
        due_on=date(2025, 5, 16), **_sent(date(2025, 5, 12)),
    )  # fmt: skip


def flaring_events(links: Links) -> Iterator[Row]:
    """What operators recorded: one release for each month above, one for every other exception."""
    month_of = {(one.lease.key, one.month): one for one in PRODUCTION}
    for key, month in ABOVE_AUTHORIZED:
        reported = month_of[key, month]
        excess = reported.flared_mcf - authorized_mcf(reported.lease, month)
        exception = next(one for one in EXCEPTIONS if one.lease.key == key and one.days_in(month))
        yield _event(links, exception, month + timedelta(days=12), excess, above=True)
    for exception in EXCEPTIONS[::2]:
        reason = exception.reasons[0]
        if exception.status != "Approved" or reason not in _EVENT_CAUSES:
            continue
        day = exception.effective + timedelta(days=int(between(2, 28, "day", exception.number)))
        if day < date(2026, 1, 1):
            yield _event(links, exception, day, exception.rate_mcf_per_day * 1.5, above=False)


def _event(links: Links, exception: Exception32, day: date, mcf: float, *, above: bool) -> Row:
    of = exception.lease
    number = f"EV-{of.number}-{day:%Y%m%d}"
    event = ("FlaringEvent", number)
    links.add("OCCURRED_AT", event, ("Lease", of.key))
    links.add("OCCURRED_AT", event, ("Facility", flare_key(exception)))
    links.add("UNDER_AUTHORIZATION", event, ("FlaringAuthorization", exception.number))
    kind, cause = _EVENT_CAUSES[exception.reasons[0]]
    if kind == "COMPLETION":
        links.add("OCCURRED_AT", event, ("Well", WELLS[of.key][0].api))
    hours = (
        24 * int(between(3, 9, "hours", number)) if above else int(between(5, 40, "hours", number))
    )
    started = datetime(day.year, day.month, day.day, 11, 15, tzinfo=UTC)
    row: Row = {
        "event_number": number, "event_type": kind, "cause_category": cause,
        "source": "SCADA" if above else "OPERATOR_REPORT",
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(hours=hours)).isoformat(),
        "volume_mcf": int(mcf), "flared_mcf": int(mcf), "volume_source": "METERED",
        "disposition_code": "10", "gas_composition": "79 % methane, 11 % ethane",
        "rrc_report_status": "SUBMITTED" if above else "ACCEPTED",
        "rrc_reported_at": _at(day + timedelta(days=14)),
    }  # fmt: skip
    if above and kind in ("UPSET", "MAINTENANCE"):
        row |= {
            "repair_required": "Y", "repair_due_on": day + timedelta(days=30),
            "repaired_on": day + timedelta(days=17),
            "repair_description": "Compressor valves replaced and the flare line's meter proved.",
        }  # fmt: skip
    return row


def governed(links: Links) -> None:
    """Which rule each exception answers to, and which horizontal permits answer to Rule 86."""
    for exception in EXCEPTIONS:
        start = ("FlaringAuthorization", exception.number)
        links.add("GOVERNED_BY", start, ("Regulation", "SWR_32"))
    for permit in PERMITS:
        if permit.well.is_horizontal:
            links.add("GOVERNED_BY", ("Permit", permit.key), ("Regulation", "SWR_86"))
