"""The root fields that read rules, and what puts the domain into a schema."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from graph_api.core.api.as_of import AS_OF_ARGUMENTS, as_of, hold_as_of
from graph_api.core.api.building import Argument, GraphQLClass, InputValue, add_field, list_of
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import context_of
from graph_api.core.api.schema import Domain, SchemaParts
from graph_api.core.pages import Order, OrderDirection, page_request
from graph_api.core.permissions import Permission
from graph_api.rules.inputs import RuleFilter, RuleOrderField, rule_order_input
from graph_api.rules.models import FieldChange, RuleVersion, rule_changes
from graph_api.rules.mutations import add_rule_mutations
from graph_api.rules.store import (
    OnSuperseded,
    RuleSelection,
    count_rules,
    list_rules,
    rules_in_force,
)
from graph_api.rules.types import add_rule_types, numbered, rule_history_of, rule_version_of

_IDENTIFIER = Argument("identifier", str, "Key of the rule: SWR_37.", required=True)


def add_rules(on_superseded: Sequence[OnSuperseded] = ()) -> Domain:
    """What adds rules to a schema.

    Each of `on_superseded` runs in the transaction of every activation, for every version that
    loses days by it.
    """

    def add(parts: SchemaParts) -> None:
        add_rule_types(parts)
        _add_rule(parts.query, parts)
        _add_list(parts.query, parts)
        _add_history(parts.query, parts)
        add_rule_mutations(parts, on_superseded)

    return add


def _add_rule(query: GraphQLClass, parts: SchemaParts) -> None:
    version = parts.records["RuleVersion"]

    async def rule(root: Any, info: strawberry.Info, **given: Any) -> RuleVersion | None:
        context = context_of(info)
        moment = hold_as_of(info, given["valid_on"], given["known_at"])
        found = await rules_in_force(
            context.database,
            context.viewer,
            moment.valid_on,
            moment.known_at,
            identifiers=[given["identifier"]],
        )
        return found[0] if found else None

    async def rule_version(root: Any, info: strawberry.Info, **given: UUID) -> RuleVersion | None:
        return await rule_version_of(info, given["id"])

    add_field(
        query,
        "rule",
        version | None,
        rule,
        "The version of a rule in force on a day, by what was known at a moment: the tenant's own, "
        "or the one that all tenants share. Null where none was.",
        [_IDENTIFIER, *AS_OF_ARGUMENTS],
        permission=Permission.READ_RULES,
    )
    add_field(
        query,
        "rule_version",
        version | None,
        rule_version,
        "One version of a rule by id, whatever its status; null when there is none.",
        [Argument("id", UUID, "Id of the version.", required=True)],
        permission=Permission.READ_RULES,
    )


def _add_list(query: GraphQLClass, parts: SchemaParts) -> None:
    async def rules(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        selection = _selection(info, given)
        request = page_request(
            context.settings,
            [_order(given["order_by"])],
            first=given["first"],
            after=given["after"],
            last=given["last"],
            before=given["before"],
        )

        async def page() -> Any:
            return await context.loaders.once(
                ("rules", info.path.key),
                lambda: list_rules(context.database, context.viewer, selection, request),
            )

        async def count() -> int:
            return await count_rules(context.database, context.viewer, selection)

        return RecordConnection(page, count)

    add_field(
        query,
        "rules",
        parts.records["RuleVersionConnection"],
        rules,
        "Rule versions, filtered, ordered and paged. Where the operation or the arguments name a "
        "day or a moment, the one version of each rule in force then; otherwise every version, "
        "drafts included.",
        [
            Argument("where", RuleFilter, "Which ones; all, when left out."),
            Argument(
                "order_by", rule_order_input(), "The order; by identifier and number when left out."
            ),
            *AS_OF_ARGUMENTS,
            Argument("first", int, "How many from the start, or after `after`; 50 when left out."),
            Argument("after", str, "A cursor; the page begins after its row."),
            Argument("last", int, "How many from the end, or before `before`."),
            Argument("before", str, "A cursor; the page ends before its row."),
        ],
        permission=Permission.READ_RULES,
    )


def _order(given: InputValue | None) -> Order:
    if given is None:
        return Order(RuleOrderField.IDENTIFIER.value)
    field: RuleOrderField = given.given["field"]
    return Order(field.value, given.given.get("direction") is OrderDirection.DESC)


def _selection(info: strawberry.Info, given: dict[str, Any]) -> RuleSelection:
    moment = hold_as_of(info, given["valid_on"], given["known_at"])
    where: RuleFilter = given["where"] or RuleFilter()
    return RuleSelection(
        valid_on=moment.valid_on if moment.is_given else None,
        known_at=moment.known_at,
        domains=where.domains,
        types=where.types,
        statuses=where.statuses,
        identifier_prefix=where.identifier_prefix,
    )


def _add_history(query: GraphQLClass, parts: SchemaParts) -> None:
    async def history(root: Any, info: strawberry.Info, **given: str) -> list[RuleVersion]:
        as_of(info)
        return await rule_history_of(info, given["identifier"])

    async def diff(root: Any, info: strawberry.Info, **given: Any) -> list[FieldChange]:
        timeline = await rule_history_of(info, given["identifier"])
        own = [one for one in timeline if not one.is_shared]
        versions = own or timeline
        return rule_changes(
            numbered(versions, given["from"], "from"), numbered(versions, given["to"], "to")
        )

    add_field(
        query,
        "rule_history",
        list_of(parts.records["RuleVersion"]),
        history,
        "Every version of a rule, whatever its status, by number: those that all tenants share, "
        "then the tenant's own.",
        [_IDENTIFIER],
        permission=Permission.READ_RULES,
    )
    add_field(
        query,
        "rule_diff",
        list_of(parts.records["FieldChange"]),
        diff,
        "What one version of a rule says differently from another, field by field; of the "
        "tenant's own versions where it has any.",
        [
            _IDENTIFIER,
            Argument("from", int, "Number of the version to start from.", required=True),
            Argument("to", int, "Number of the version to compare with.", required=True),
        ],
        permission=Permission.READ_RULES,
    )
