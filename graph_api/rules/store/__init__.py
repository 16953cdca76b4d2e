"""The only code that runs statements of rules: reading on both time axes, and the lifecycle."""

from graph_api.rules.store.listing import RuleSelection, count_rules, list_rules
from graph_api.rules.store.reading import (
    rule_timeline,
    rule_timelines,
    rule_versions_by_ids,
    rules_in_force,
    rules_of_regulations,
    version_of_row,
)
from graph_api.rules.store.writing import (
    OnSuperseded,
    activate,
    create_version,
    hold_rules,
    lock_rule,
    publish_version,
    reject,
    submit,
    timeline_in,
)

__all__ = [
    "OnSuperseded",
    "RuleSelection",
    "activate",
    "count_rules",
    "create_version",
    "hold_rules",
    "list_rules",
    "lock_rule",
    "publish_version",
    "reject",
    "rule_timeline",
    "rule_timelines",
    "rule_versions_by_ids",
    "rules_in_force",
    "rules_of_regulations",
    "submit",
    "timeline_in",
    "version_of_row",
]
