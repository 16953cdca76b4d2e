"""What callers give to assess, to decide and to list."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graph_api.compliance.models import (
    ASSESSED_LABELS,
    ComplianceDomain,
    ComplianceStatusCode,
    DecidedBy,
    FlaringMonthOutcome,
)
from graph_api.compliance.store.lists import ComplianceFilter
from graph_api.core.api.as_of import texas_day
from graph_api.core.api.building import (
    InputValue,
    add_input_field,
    enum_type,
    input_type,
    list_of,
    name_enum,
)
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.schema import SchemaParts
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.graph.expressions import checked_text
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.pages import Order, OrderDirection
from graph_api.entities.models.described import DescribedEnum, enum_value_description

MOST_IDS = 10_000
_MOST_VALUES = 1000
_FIRST_DAY = date(1900, 1, 1)
_LONGEST_AHEAD = timedelta(days=3660)


class AssessedKind(DescribedEnum):
    """A kind of entity that is assessed."""

    WELL = "WELL", "Wells: spacing."
    LEASE = "LEASE", "Leases and gas wells' ids: production reports, flaring."
    FACILITY = "FACILITY", "Facilities: storage tanks."
    FLARING_AUTHORIZATION = "FLARING_AUTHORIZATION", "Exceptions to flare or vent gas."

    @property
    def label(self) -> str:
        """The label of these entities in the graph."""
        return "".join(part.capitalize() for part in self.value.split("_"))


for _enum in (
    ComplianceDomain,
    ComplianceStatusCode,
    DecidedBy,
    FlaringMonthOutcome,
    AssessedKind,
):
    enum_type(_enum, enum_value_description)

StatusOrderField = name_enum(
    "ComplianceStatusOrderField",
    "What compliance records may be ordered by.",
    {
        "ENTITY_NAME": ("entity_name", "What the entity is called."),
        "ENTITY_TYPE": ("entity_type", "Kind of the entity."),
        "ENTITY_DISTRICT": ("entity_district", "RRC district of the entity."),
        "COMPLIANCE_DOMAIN": ("compliance_domain", "The duty, by its name."),
        "STATUS": ("status", "The status, by its name."),
        "DEADLINE": ("deadline", "The deadline."),
        "LAST_ASSESSED_AT": ("last_assessed_at", "When it was last assessed or decided."),
    },
)
MatrixOrderField = name_enum(
    "ComplianceMatrixOrderField",
    "What rows of the matrix may be ordered by.",
    {
        "ENTITY_NAME": ("entity_name", "What the entity is called."),
        "ENTITY_TYPE": ("entity_type", "Kind of the entity."),
        "ENTITY_FIELD": ("entity_field", "Name of its field."),
        "ENTITY_DISTRICT": ("entity_district", "Its RRC district."),
        "WORST_STATUS": ("worst_status", "The gravest of its statuses; DESC: the worst first."),
        "NEXT_DEADLINE": ("next_deadline", "Its earliest deadline."),
    },
)


@strawberry.input(description="Conditions that must all hold for a compliance record.")
class ComplianceStatusFilter:
    """Which records."""

    domains: list[ComplianceDomain] | None = strawberry.field(
        default=None, description="Only of these domains."
    )
    statuses: list[ComplianceStatusCode] | None = strawberry.field(
        default=None, description="Only at these statuses."
    )
    entity_types: list[AssessedKind] | None = strawberry.field(
        default=None, description="Only of these kinds of entity."
    )
    entity_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these entities: global ids or UUIDs, at most 10,000."
    )
    districts: list[str] | None = strawberry.field(
        default=None, description="Only in these RRC districts: 08, 7C."
    )
    fields: list[str] | None = strawberry.field(
        default=None, description="Only in fields of these names."
    )
    deadline_from: datetime | None = strawberry.field(
        default=None, description="Only with a deadline at this moment or later."
    )
    deadline_before: datetime | None = strawberry.field(
        default=None, description="Only with a deadline before this moment."
    )
    name_contains: str | None = strawberry.field(
        default=None, description="Only of entities with this in their name, whatever the case."
    )
    decided_by: list[DecidedBy] | None = strawberry.field(
        default=None, description="Only computed ones, or only those that a person decided."
    )


@strawberry.input(description="A status that a person decides.")
class UpsertComplianceStatusInput:
    """What the person has decided, and why."""

    entity_id: strawberry.ID = strawberry.field(description="The entity: global id or UUID.")
    domain: ComplianceDomain = strawberry.field(description="The duty.")
    status: ComplianceStatusCode = strawberry.field(description="Where the entity stands.")
    reason: str = strawberry.field(description="Why, in 1 to 10,000 characters.")
    deadline: date | None = strawberry.field(
        default=None, description="The last day to act, if there is one."
    )
    details: JSON | None = strawberry.field(
        default=None, description="An object with the numbers the decision rests on."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Any text of your own: a second call with it answers what the first did, and "
        "writes once.",
    )


def record_filter(
    registry: GraphRegistry, given: ComplianceStatusFilter | None, path: str = "where"
) -> ComplianceFilter:
    """A filter as the store takes it; raises ApiError for what cannot be."""
    if given is None:
        return ComplianceFilter()
    for name in ("districts", "fields"):
        for value in getattr(given, name) or ():
            checked_text(value, f"{path}.{name}")
    for name in ("deadline_from", "deadline_before"):
        aware(getattr(given, name), f"{path}.{name}")
    return ComplianceFilter(
        domains=given.domains,
        statuses=given.statuses,
        entity_types=None
        if given.entity_types is None
        else [one.label for one in given.entity_types],
        entity_ids=None
        if given.entity_ids is None
        else entity_ids(registry, given.entity_ids, f"{path}.entityIds"),
        districts=given.districts,
        fields=given.fields,
        deadline_from=given.deadline_from,
        deadline_before=given.deadline_before,
        name_contains=None
        if given.name_contains is None
        else checked_text(given.name_contains, f"{path}.nameContains"),
        decided_by=given.decided_by,
    )


def aware(moment: datetime | None, argument: str) -> datetime | None:
    """A moment in UTC; raises ApiError BAD_USER_INPUT for one without a time zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise bad_input("must have a time zone, for example a Z at the end", argument=argument)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise bad_input("must lie in the years 1 to 9999", argument=argument) from None


def day_to_assess(day: date, argument: str) -> date:
    """A day that entities can be assessed as of; raises ApiError BAD_USER_INPUT for another.

    What falls due is worked out month by month, up to the day.
    """
    last = texas_day() + _LONGEST_AHEAD
    if not _FIRST_DAY <= day <= last:
        raise bad_input(f"must lie between {_FIRST_DAY} and {last}", argument=argument)
    return day


def entity_ids(registry: GraphRegistry, given: Sequence[str], argument: str) -> list[str]:
    """The UUIDs of entities, from global ids or UUIDs, each once."""
    if len(given) > MOST_IDS:
        raise limit_exceeded(argument, MOST_IDS, len(given))
    return list(dict.fromkeys(entity_id(registry, one, argument) for one in given))


def entity_id(registry: GraphRegistry, text: str, argument: str) -> str:
    """The UUID of an entity, from a global id or a UUID."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(parse_global_id(registry, text, argument)[1])


def order_input(name: str, fields: type[Enum]) -> type[InputValue]:
    """The input of one key of an order."""
    made = input_type(name, "One key of an order.")
    add_input_field(made, "field", fields, "What to order by.", required=True)
    add_input_field(made, "direction", OrderDirection, "Which way; ASC when left out.")
    return made


def orders_of(given: Sequence[InputValue] | None) -> list[Order]:
    """The keys of an order as a page takes them."""
    return [
        Order(one.given["field"].value, one.given.get("direction") is OrderDirection.DESC)
        for one in given or ()
    ]


def assess_input(parts: SchemaParts) -> type[InputValue]:
    """The input that says what to assess: ids, or a filter for each kind of entity."""
    made = input_type(
        "AssessComplianceInput",
        "What to assess: entities by id, or by a filter for their kind; everything that the "
        "domains are assessed for, where neither is given.",
    )
    add_input_field(
        made,
        "entity_ids",
        list_of(strawberry.ID),
        "These entities: global ids or UUIDs, at most 10,000.",
    )
    for label in dict.fromkeys(ASSESSED_LABELS.values()):
        plural = parts.types.registry.entity(label).plural
        where: Any = parts.types.list_arguments(label)[0].annotation
        words = plural.replace("_", " ")
        add_input_field(made, plural, where, f"The {words} that are like this.")
    add_input_field(
        made, "domains", list_of(ComplianceDomain), "The duties to assess; all, when left out."
    )
    add_input_field(
        made,
        "as_of",
        date,
        "The day to assess as of, by what is on record now, from 1900 on and up to ten years "
        "ahead; today in Texas, when left out.",
    )
    add_input_field(
        made,
        "override_decisions",
        bool,
        "true: also assess records that a person has decided. They stay as they are otherwise.",
    )
    return made
