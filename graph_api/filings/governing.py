"""Which rules govern a filing: those of its domain, the field's own before the statewide ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from graph_api.compliance.models import ComplianceDomain
from graph_api.rules.models import RuleDomain, RuleStatus, RuleVersion, governing_rule

RULE_DOMAINS: Mapping[ComplianceDomain, tuple[RuleDomain, ...]] = {
    ComplianceDomain.RULE_37: (RuleDomain.SPACING, RuleDomain.DENSITY),
    ComplianceDomain.RULE_32: (RuleDomain.FLARING,),
    ComplianceDomain.FORM_PR: (RuleDomain.REPORTING,),
    ComplianceDomain.FLARING_MONITOR: (RuleDomain.FLARING,),
    ComplianceDomain.EPA_OOOO: (RuleDomain.ENVIRONMENTAL,),
}
"""The domains of the rules that a filing in a domain is begun under."""


def governing_versions(
    in_force: Sequence[RuleVersion], domain: ComplianceDomain, field_number: str | None
) -> list[RuleVersion]:
    """Of the versions in force, those that govern a filing for an entity in a field.

    One version governs in each domain of rules; the subparts of 40 CFR 60 govern together, each
    the sources of its own years.
    """
    found: list[RuleVersion] = []
    for rule_domain in RULE_DOMAINS[domain]:
        if rule_domain is RuleDomain.ENVIRONMENTAL:
            found += [one for one in in_force if one.rule_domain is rule_domain]
        elif governing := governing_rule(in_force, rule_domain, field_number):
            found.append(governing)
    return found


def known_successor(
    timeline: Sequence[RuleVersion], version: RuleVersion, day: date
) -> UUID | None:
    """The version already activated to replace one that governs on a day; None without one.

    A tenant's own version replaces a shared one from its effective date on.
    """
    own = [
        one
        for one in timeline
        if not one.is_shared
        and one.status in (RuleStatus.ACTIVE, RuleStatus.SUPERSEDED)
        and one.effective_date > day
    ]
    if version.is_shared and own:
        first = min(own, key=lambda one: one.effective_date)
        if version.superseded_date is None or first.effective_date <= version.superseded_date:
            return first.id
    return version.superseded_by_id
