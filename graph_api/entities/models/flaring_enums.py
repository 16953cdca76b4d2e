"""The terms in which flaring is applied for, recorded and reported."""

from graph_api.entities.models.described import DescribedEnum


class ReleaseType(DescribedEnum):
    """What happens to the gas; a release beyond 24 hours must be burned."""

    FLARE = "FLARE", "Burned."
    VENT = "VENT", "Released unburned."


class FlaringAuthorizationStatus(DescribedEnum):
    """Where an exception under 16 TAC §3.32 stands."""

    PENDING = "PENDING", "Under review."
    HEARING_PENDING = "HEARING_PENDING", "A hearing must decide."
    APPROVED = "APPROVED", "Granted."
    RETURNED = "RETURNED", "Sent back to the applicant."
    DENIED = "DENIED", "Refused."
    CANCELLED = "CANCELLED", "Withdrawn or cancelled."
    EXPIRED = "EXPIRED", "Past its last day."


class FlareEventType(DescribedEnum):
    """The kind of operation or upset during which gas was released."""

    EMERGENCY = "EMERGENCY", "To protect people or equipment."
    UPSET = "UPSET", "Something failed or stopped."
    MAINTENANCE = "MAINTENANCE", "During maintenance."
    STARTUP = "STARTUP", "While starting up."
    SHUTDOWN = "SHUTDOWN", "While shutting down."
    WELL_TEST = "WELL_TEST", "During a well test."
    COMPLETION = "COMPLETION", "While completing a well; 10 days need no exception (16 TAC §3.32)."
    ROUTINE = "ROUTINE", "As a matter of course, for want of another outlet."
    OTHER = "OTHER", "Another kind."


class FlareEventCauseCategory(DescribedEnum):
    """Why gas was or is to be released, by the reasons of Form R-32."""

    SYSTEM_UPSET_THIRD_PARTY = (
        "SYSTEM_UPSET_THIRD_PARTY",
        "A gatherer, plant or pipeline of someone else failed.",
    )
    SYSTEM_UPSET_OPERATOR = "SYSTEM_UPSET_OPERATOR", "The operator's own system failed."
    SCHEDULED_MAINTENANCE = "SCHEDULED_MAINTENANCE", "Planned maintenance."
    UNSCHEDULED_MAINTENANCE = "UNSCHEDULED_MAINTENANCE", "Maintenance that was not planned."
    INSUFFICIENT_GATHERING_CAPACITY = (
        "INSUFFICIENT_GATHERING_CAPACITY",
        "The gathering system cannot take the gas.",
    )
    NO_PIPELINE = "NO_PIPELINE", "No pipeline or market is available for casinghead gas."
    LOW_PRESSURE_GAS = (
        "LOW_PRESSURE_GAS",
        "Pressure is too low for an authorised use to be practicable.",
    )
    EXTENDED_CLEANUP = "EXTENDED_CLEANUP", "Clean-up of a well beyond 10 days."
    UNLOADING = "UNLOADING", "Unloading of formation fluid."
    WASTE_PREVENTION = (
        "WASTE_PREVENTION",
        "Curtailment would reduce what can be recovered in the end.",
    )
    OTHER = "OTHER", "Another reason."


class FlareEventSource(DescribedEnum):
    """How an event came to be known."""

    OPERATOR_REPORT = "OPERATOR_REPORT", "The operator reported it."
    PRODUCTION_REPORT = "PRODUCTION_REPORT", "A monthly production report (Form PR) shows it."
    SCADA = "SCADA", "Field automation recorded it."
    SATELLITE = "SATELLITE", "A satellite saw it."
    INSPECTION = "INSPECTION", "An inspector found it."


class VolumeSource(DescribedEnum):
    """How a volume was found."""

    METERED = "METERED", "A meter measured it."
    ESTIMATED = "ESTIMATED", "Someone estimated it."
    CALCULATED = "CALCULATED", "Calculated from other measurements."
    REPORTED = "REPORTED", "Taken from a report that does not say."


class RRCReportStatus(DescribedEnum):
    """Where the report of an event to the Railroad Commission stands."""

    NOT_REQUIRED = "NOT_REQUIRED", "Nothing need be reported."
    PENDING = "PENDING", "To be reported."
    SUBMITTED = "SUBMITTED", "Reported."
    ACCEPTED = "ACCEPTED", "Reported and accepted."
    OVERDUE = "OVERDUE", "Not reported in time."
