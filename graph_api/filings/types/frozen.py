"""Frozen rules and alerts as GraphQL shows them."""

from dataclasses import dataclass

import strawberry

from graph_api.core.api.building import GraphQLClass, add_field, list_of, object_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.permissions import Permission
from graph_api.filings.models import (
    FilingChecklist,
    FilingRuleSnapshot,
    RuleChangeAlert,
)
from graph_api.filings.types.loading import checklist_of, snapshots_of
from graph_api.rules.models import FieldChange, RuleVersion, rule_changes
from graph_api.rules.types import rule_in_force_of, rule_version_of


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that has changed since a filing was begun under it."""

    snapshot: FilingRuleSnapshot
    before: RuleVersion | None
    after: RuleVersion | None

    @property
    def diff(self) -> list[FieldChange]:
        """What the later version says differently."""
        if self.before is None or self.after is None:
            return []
        return rule_changes(self.before, self.after)


def add_to_snapshot(snapshot: GraphQLClass, parts: SchemaParts) -> None:
    """Give frozen rules their versions."""
    version = parts.records["RuleVersion"]

    async def rule_version(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.rule_version_id)

    async def superseded_by(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        if root.superseded_by is None:
            return None
        return await rule_version_of(info, root.superseded_by)

    async def rule(root: FilingRuleSnapshot, info: strawberry.Info) -> RuleVersion | None:
        return await rule_in_force_of(info, root.rule_identifier)

    for name, resolver, description in (
        ("rule_version", rule_version, "The version that was frozen."),
        ("superseded_by", superseded_by, "The version that replaces it; null while none does."),
        (
            "rule",
            rule,
            "The version of the same rule in force on the day that the operation looks at; today, "
            "where it names none.",
        ),
    ):
        add_field(
            snapshot, name, version | None, resolver, description, permission=Permission.READ_RULES
        )


def add_to_alert(alert: GraphQLClass, parts: SchemaParts) -> None:
    """Give alerts their versions and their checklist."""
    version = parts.records["RuleVersion"]

    async def before(root: RuleChangeAlert, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.old_version_id)

    async def after(root: RuleChangeAlert, info: strawberry.Info) -> RuleVersion | None:
        return await rule_version_of(info, root.new_version_id)

    async def diff(root: RuleChangeAlert, info: strawberry.Info) -> list[FieldChange]:
        old, new = await before(root, info), await after(root, info)
        return [] if old is None or new is None else rule_changes(old, new)

    async def checklist(root: RuleChangeAlert, info: strawberry.Info) -> FilingChecklist | None:
        return await checklist_of(info, root.checklist_id)

    add_field(
        alert,
        "old_version",
        version | None,
        before,
        "The version before.",
        permission=Permission.READ_RULES,
    )
    add_field(
        alert,
        "new_version",
        version | None,
        after,
        "The version that replaces it.",
        permission=Permission.READ_RULES,
    )
    add_field(
        alert, "diff", list_of(parts.records["FieldChange"]), diff, "What it says differently."
    )
    add_field(
        alert,
        "checklist",
        parts.records["FilingChecklist"] | None,
        checklist,
        "The filing that the rule changed under.",
    )


def rule_change_type(parts: SchemaParts) -> GraphQLClass:
    """The type of a rule that has changed since a filing was begun."""
    version = parts.records["RuleVersion"]
    made = object_type("StaleRule", "A rule that has changed since a filing was begun under it.")
    add_field(
        made,
        "rule",
        str,
        lambda root, info: root.snapshot.rule_identifier,
        "Key of the rule, for example SWR_37.",
    )
    add_field(
        made,
        "from",
        version | None,
        lambda root, info: root.before,
        "The version frozen for it.",
        permission=Permission.READ_RULES,
    )
    add_field(
        made,
        "to",
        version | None,
        lambda root, info: root.after,
        "The version that replaces it.",
        permission=Permission.READ_RULES,
    )
    add_field(
        made,
        "diff",
        list_of(parts.records["FieldChange"]),
        lambda root, info: root.diff,
        "What the later version says differently, field by field.",
    )
    add_field(
        made,
        "snapshot",
        parts.records["FilingRuleSnapshot"],
        lambda root, info: root.snapshot,
        "What was frozen, and whether the change has been acknowledged.",
    )
    return made


async def stale_because(root: FilingChecklist, info: strawberry.Info) -> list[RuleChange]:
    """The rules that have changed since a filing was begun."""
    return [
        RuleChange(
            one,
            await rule_version_of(info, one.rule_version_id),
            await rule_version_of(info, one.superseded_by),
        )
        for one in await snapshots_of(info, root.id)
        if one.superseded_by is not None
    ]
