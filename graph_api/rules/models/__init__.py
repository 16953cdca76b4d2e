"""Models of rules: their versions, and the parameters that each domain's rules have."""

from graph_api.rules.models.parameters import (
    DensityRule,
    EnvironmentalRule,
    FlaringRule,
    ReportingRule,
    RuleParameters,
    SpacingRule,
)
from graph_api.rules.models.versions import (
    PARAMETERS,
    FieldChange,
    NewRuleVersion,
    RuleDomain,
    RuleSource,
    RuleStatus,
    RuleType,
    RuleVersion,
    governing_rule,
    rule_changes,
    rule_parameters,
)

__all__ = [
    "PARAMETERS",
    "DensityRule",
    "EnvironmentalRule",
    "FieldChange",
    "FlaringRule",
    "NewRuleVersion",
    "ReportingRule",
    "RuleDomain",
    "RuleParameters",
    "RuleSource",
    "RuleStatus",
    "RuleType",
    "RuleVersion",
    "SpacingRule",
    "governing_rule",
    "rule_changes",
    "rule_parameters",
]
