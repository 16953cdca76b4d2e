"""The rules that assessments are made by: every version, so that each month has its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from graph_api.compliance.assessments.in_force import GoverningRule
from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database, Row
from graph_api.core.statements import statement
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.rules.models import PARAMETERS, RuleDomain, RuleParameters

ASSESSED_BY: Mapping[RuleDomain, tuple[ComplianceDomain, ...]] = {
    RuleDomain.SPACING: (ComplianceDomain.RULE_37,),
    RuleDomain.DENSITY: (),
    RuleDomain.FLARING: (ComplianceDomain.RULE_32, ComplianceDomain.FLARING_MONITOR),
    RuleDomain.REPORTING: (ComplianceDomain.FORM_PR,),
    RuleDomain.ENVIRONMENTAL: (ComplianceDomain.EPA_OOOO,),
}
"""Which assessments the rules of a domain decide."""

PROPOSED = UUID(int=0)
"""Stands for the id of a version that does not exist yet."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The versions of the rules of each domain."""

    versions: Mapping[RuleDomain, Sequence[GoverningRule[Any]]]

    def of(self, domain: RuleDomain) -> Sequence[GoverningRule[Any]]:
        """Every version of every rule of a domain."""
        return self.versions.get(domain, ())

    def domain_of(self, identifier: str) -> RuleDomain | None:
        """The domain of a rule; None where no version of it is known."""
        for domain, versions in self.versions.items():
            if any(one.identifier == identifier for one in versions):
                return domain
        return None

    def with_proposal(
        self, identifier: str, parameters: RuleParameters, effective_on: date
    ) -> "RuleBook":
        """This book with a version that takes the place of a rule's own from a day on."""
        domain = self.domain_of(identifier)
        if domain is None:
            raise ValueError(f"no version of {identifier} is known")
        others = [one for one in self.of(domain) if one.identifier != identifier]
        own = [one for one in self.of(domain) if one.identifier == identifier]
        kept = _ended(own, effective_on)
        number = max(one.version for one in own) + 1
        proposed = GoverningRule(identifier, number, PROPOSED, effective_on, None, parameters)
        return RuleBook({**self.versions, domain: [*others, *kept, proposed]})


async def read_rule_book(
    database: Database, viewer: Viewer, domains: Iterable[RuleDomain]
) -> RuleBook:
    """Every version of every rule of domains that is, was or will be in force, as known now."""
    wanted = list(domains)
    rows = await database.fetch(
        viewer,
        statement("rules_to_assess_by"),
        viewer.tenant_id,
        [one.value.lower() for one in wanted],
    )
    found: dict[RuleDomain, list[GoverningRule[Any]]] = {one: [] for one in wanted}
    for _, versions in groupby(rows, key=lambda row: str(row["rule_identifier"])):
        chain = list(versions)
        found[RuleDomain[chain[0]["rule_domain"].upper()]] += _chain(chain)
    return RuleBook(found)


def _chain(rows: Sequence[Row]) -> list[GoverningRule[Any]]:
    """One rule's versions: the shared ones up to the day from which the tenant has its own."""
    shared = [_governing(row) for row in rows if row["tenant_id"] == SHARED_TENANT]
    own = [_governing(row) for row in rows if row["tenant_id"] != SHARED_TENANT]
    if not own:
        return shared
    return [*_ended(shared, min(one.effective_on for one in own)), *own]


def _ended(versions: Iterable[GoverningRule[Any]], day: date) -> list[GoverningRule[Any]]:
    """Versions in force before a day, none of them on it or after."""
    return [
        replace(one, superseded_on=min(one.superseded_on or day, day))
        for one in versions
        if one.effective_on < day
    ]


def _governing(row: Row) -> GoverningRule[Any]:
    return GoverningRule(
        row["rule_identifier"],
        row["version"],
        row["id"],
        row["effective_date"],
        row["superseded_date"],
        PARAMETERS[RuleDomain[row["rule_domain"].upper()]].model_validate_json(row["rule_data"]),
    )
