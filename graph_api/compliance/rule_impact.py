"""What a proposed rule would change: every entity assessed under both rules, nothing written."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from graph_api.compliance.assessing import findings_under
from graph_api.compliance.models import (
    ASSESSED_LABELS,
    ComplianceDomain,
    RuleImpact,
    RuleImpactCount,
    RuleImpactEntry,
)
from graph_api.compliance.store.charts import open_checklists_under
from graph_api.compliance.store.rule_book import ASSESSED_BY, RuleBook, read_rule_book
from graph_api.compliance.store.subjects import stretches_of_ids
from graph_api.core.database import Database
from graph_api.core.errors import bad_input
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.viewer import Viewer
from graph_api.rules.models import PARAMETERS, RuleDomain, RuleParameters


async def rule_impact(
    database: Database,
    viewer: Viewer,
    registry: GraphRegistry,
    identifier: str,
    proposed: Mapping[str, Any],
    effective_on: date | None,
    as_of: date,
) -> RuleImpact:
    """Which entities' status would change if a rule were as proposed from a day on.

    Without a day, the proposal takes the place of the version in force. Raises ApiError
    BAD_USER_INPUT for a rule that is not in force and for parameters that break its schema.
    """
    book = await read_rule_book(database, viewer, RuleDomain)
    domain = book.domain_of(identifier)
    if domain is None:
        raise bad_input("no version of this rule is known", argument="identifier")
    start = effective_on or _start_of(book, domain, identifier, as_of)
    other = book.with_proposal(identifier, _parameters(domain, proposed), start)
    entries: list[RuleImpactEntry] = []
    assessed = 0
    for duty in ASSESSED_BY[domain]:
        async for ids in stretches_of_ids(database, viewer, registry, ASSESSED_LABELS[duty], {}):
            now, then = await findings_under(database, viewer, duty, ids, [book, other], as_of)
            assessed += len(now)
            entries += [
                _entry(duty, *pair) for pair in zip(now, then, strict=True) if _differs(*pair)
            ]
    return RuleImpact(
        rule_identifier=identifier,
        effective_date=start,
        assessed_count=assessed,
        changed_count=len(entries),
        counts=_counts(entries),
        entries=entries,
        stale_checklist_ids=await open_checklists_under(database, viewer, identifier),
    )


def _start_of(book: RuleBook, domain: RuleDomain, identifier: str, as_of: date) -> date:
    """The first day of the version in force."""
    own = [one for one in book.of(domain) if one.identifier == identifier and one.governs(as_of)]
    if not own:
        raise bad_input("no version of this rule is in force on the day", argument="identifier")
    return max(one.effective_on for one in own)


def _parameters(domain: RuleDomain, proposed: Mapping[str, Any]) -> RuleParameters:
    try:
        return PARAMETERS[domain].model_validate(proposed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["proposedRuleData", *(str(part) for part in first["loc"])])
        raise bad_input(first["msg"].removeprefix("Value error, "), argument=where) from None


def _differs(now: Any, then: Any) -> bool:
    return now[1].status is not then[1].status


def _entry(duty: ComplianceDomain, now: Any, then: Any) -> RuleImpactEntry:
    (subject, before), (_, after) = now, then
    return RuleImpactEntry(
        entity_id=subject.entity_id,
        entity_type=subject.entity_type,
        entity_name=subject.name,
        compliance_domain=duty,
        status_now=before.status,
        status_proposed=after.status,
        explanation_now=before.explanation,
        explanation_proposed=after.explanation,
    )


def _counts(entries: list[RuleImpactEntry]) -> list[RuleImpactCount]:
    counted = Counter(
        (one.compliance_domain, one.status_now, one.status_proposed) for one in entries
    )
    return [
        RuleImpactCount(compliance_domain=domain, status_now=now, status_proposed=then, count=count)
        for (domain, now, then), count in counted.most_common()
    ]
