"""What callers give to read and write rules."""

from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graph_api.core.api.building import InputValue, add_input_field, enum_type, input_type
from graph_api.core.pages import OrderDirection
from graph_api.entities.models.described import enum_value_description
from graph_api.rules.models import RuleDomain, RuleSource, RuleStatus, RuleType

for _enum in (RuleDomain, RuleSource, RuleStatus, RuleType):
    enum_type(_enum, enum_value_description)


class RuleOrderField(Enum):
    """What rule versions may be ordered by."""

    IDENTIFIER = "IDENTIFIER"
    EFFECTIVE_DATE = "EFFECTIVE_DATE"
    DETECTED_AT = "DETECTED_AT"


_ORDER_MEANINGS = {
    "IDENTIFIER": "The rule's identifier, then the version's number.",
    "EFFECTIVE_DATE": "The first day in force.",
    "DETECTED_AT": "When the version was recorded.",
}
enum_type(RuleOrderField, lambda member: _ORDER_MEANINGS[member.name])


@strawberry.input(description="Conditions that must all hold for a rule version.")
class RuleFilter:
    """Which versions a list has."""

    domains: list[RuleDomain] | None = strawberry.field(
        default=None, description="Only of these domains."
    )
    types: list[RuleType] | None = strawberry.field(
        default=None, description="Only of these types."
    )
    statuses: list[RuleStatus] | None = strawberry.field(
        default=None, description="Only in these statuses."
    )
    identifier_prefix: str | None = strawberry.field(
        default=None, description="Only of rules whose identifier begins with this: `SWR_37`."
    )


def rule_order_input() -> type[InputValue]:
    """The input that orders rule versions: its only key; the version's id decides between equals."""
    made = input_type("RuleOrder", "What a list of rule versions is ordered by.")
    add_input_field(made, "field", RuleOrderField, "What to order by.", required=True)
    add_input_field(made, "direction", OrderDirection, "Which way; ASC, when left out.")
    return made


@strawberry.input(description="A version of a rule to write as a draft.")
class CreateRuleVersionInput:
    """What the version says; its number and its status are given by the service."""

    rule_identifier: str = strawberry.field(
        description="Key of the rule: SWR_37; of a field rule, with the field: SWR_37.85280300."
    )
    rule_type: RuleType = strawberry.field(description="How far the rule reaches.")
    rule_domain: RuleDomain = strawberry.field(description="What the rule is about.")
    effective_date: date = strawberry.field(description="First day on which it is in force.")
    source: RuleSource = strawberry.field(description="How the version came to be known.")
    rule_data: JSON | None = strawberry.field(
        default=None,
        description="Parameters by the schema of the domain, as `RuleVersion.ruleData` shows them. "
        "Required; nullable for generic tools, which do not know the scalar.",
    )
    source_reference: str | None = strawberry.field(
        default=None, description="Citation, docket number or address."
    )
    graph_node_id: str | None = strawberry.field(
        default=None,
        description="Rule id of the regulation in the graph, where the identifier does not begin "
        "with it.",
    )
    change_summary: str | None = strawberry.field(
        default=None, description="What this version changes, in words."
    )
    detected_by: str | None = strawberry.field(
        default=None, description="Who or what found the change; the caller, when left out."
    )
    shared: bool = strawberry.field(
        default=False,
        description="Whether all tenants are to read the rule; only administrators may say so.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Any text of your own: a second call with it answers what the first did, and "
        "writes once.",
    )

    def content(self) -> dict[str, Any]:
        """What the version says, by the model's names, without what is left out."""
        beside = ("shared", "idempotency_key")
        return {
            name: value
            for name, value in vars(self).items()
            if name not in beside and value is not None
        }


@strawberry.input(description="A rule version to move one step on.")
class RuleVersionStepInput:
    """Which version."""

    id: UUID = strawberry.field(description="Id of the version.")


@strawberry.input(description="A rule version to send back to its author.")
class RejectRuleVersionInput:
    """Which version, and why."""

    id: UUID = strawberry.field(description="Id of the version.")
    reason: str = strawberry.field(description="Why it is not activated, 1 to 10,000 characters.")
