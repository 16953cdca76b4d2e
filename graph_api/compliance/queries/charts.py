"""The root fields that the dashboard's charts are drawn from, and what a proposed rule would change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import strawberry
from strawberry.scalars import JSON

from graph_api.compliance.assessing import flaring_months
from graph_api.compliance.assessments.findings import span_of_days
from graph_api.compliance.inputs import aware, day_to_assess, entity_id
from graph_api.compliance.models import (
    ComplianceDomain,
    ComplianceTrendEntry,
    DeadlineChartEntry,
    FilingStatusEntry,
    FlaringChartEntry,
    RuleImpact,
)
from graph_api.compliance.rule_impact import rule_impact
from graph_api.compliance.store.charts import deadlines_by_month, filings_by_status, trend
from graph_api.compliance.types import bounded
from graph_api.core.api.as_of import as_of, texas_day
from graph_api.core.api.building import Argument, add_field, enum_type, list_of
from graph_api.core.api.entities import context_of
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.errors import bad_input
from graph_api.core.permissions import Permission
from graph_api.entities.models import FilingType
from graph_api.entities.models.described import enum_value_description

_MOST_POINTS = 366
_A_QUARTER = timedelta(days=90)
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_PROPOSED = "proposedRuleData"
_DOMAINS = Argument("domains", list_of(ComplianceDomain), "Which duties; all, when left out.")


def add_chart_queries(parts: SchemaParts) -> None:
    """Add every field."""
    _add_deadlines(parts)
    _add_trend(parts)
    _add_filings(parts)
    _add_flaring(parts)
    _add_impact(parts)


def _add_deadlines(parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[DeadlineChartEntry]:
        context = context_of(info)
        first: date = given["from"] or texas_day() - timedelta(days=365)
        last: date = given["to"] or texas_day() + timedelta(days=365)
        if last < first:
            raise bad_input("must not be before from", argument="to")
        start, end = span_of_days(first, last)
        return await deadlines_by_month(
            context.database, context.viewer, start, end, given["domains"]
        )

    add_field(
        parts.query,
        "deadline_chart",
        list_of(parts.records["DeadlineChartEntry"]),
        resolve,
        "Deadlines by month and domain, in order of month.",
        [
            Argument("from", date, "First day; a year ago, when left out."),
            Argument("to", date, "Last day; a year from now, when left out."),
            _DOMAINS,
        ],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=50, size=100),
    )


def _add_trend(parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[ComplianceTrendEntry]:
        context = context_of(info)
        end = aware(given["to"], "to") or datetime.now(UTC)
        start = aware(given["from"], "from") or end - min(_A_QUARTER, end - _BEGINNING)
        points = bounded("points", given["points"], 13, _MOST_POINTS)
        if end < start:
            raise bad_input("must not be before from", argument="to")
        step = (end - start) / max(1, points - 1)
        moments = [end - step * place for place in reversed(range(points))]
        return await trend(context.database, context.viewer, moments, given["domains"])

    add_field(
        parts.query,
        "compliance_trend",
        list_of(parts.records["ComplianceTrendEntry"]),
        resolve,
        "How many records stood where at each of some moments, as it was recorded then; a domain "
        "without records at a moment has no entry for it.",
        [
            Argument("from", datetime, "First moment; 90 days before the last, when left out."),
            Argument("to", datetime, "Last moment; now, when left out."),
            Argument("points", int, "How many moments, up to 366; 13 when left out."),
            _DOMAINS,
        ],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=50, size=13, most=_MOST_POINTS, sized_by=("points",)),
    )


def _add_filings(parts: SchemaParts) -> None:
    kinds = enum_type(FilingType, enum_value_description)

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[FilingStatusEntry]:
        context = context_of(info)
        wanted = given["filing_types"]
        names = None if wanted is None else [one.value for one in wanted]
        return await filings_by_status(context.database, context.viewer, names)

    add_field(
        parts.query,
        "filing_status_chart",
        list_of(parts.records["FilingStatusEntry"]),
        resolve,
        "How many filings in the graph stand at each status, the most first.",
        [Argument("filing_types", list_of(kinds), "Which filings; all, when left out.")],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=50),
    )


def _add_flaring(parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> list[FlaringChartEntry]:
        context = context_of(info)
        lease_id = entity_id(context.registry, given["lease_id"], "leaseId")
        day = as_of(info).valid_on
        months = await flaring_months(context.database, context.viewer, lease_id, day)
        first, last = given["from"] or date.min, given["to"] or date.max
        return [one for one in months if first <= one.month <= last]

    add_field(
        parts.query,
        "flaring_chart",
        list_of(parts.records["FlaringChartEntry"]),
        resolve,
        "What a lease released each month against what linked exceptions allow, each month under "
        "the rule in force in it; computed from what is on record now. Empty where no volumes are.",
        [
            Argument("lease_id", strawberry.ID, "The lease: global id or UUID.", required=True),
            Argument("from", date, "First month, by any day up to its first; all, when left out."),
            Argument("to", date, "Last month, by its first day or a later one."),
        ],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=50, size=60),
    )


def _add_impact(parts: SchemaParts) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> RuleImpact:
        context = context_of(info)
        proposed = given["proposed_rule_data"]
        if proposed is None:
            raise bad_input("the parameters of the proposal are missing", argument=_PROPOSED)
        if not isinstance(proposed, dict):
            raise bad_input("an object is expected", argument=_PROPOSED)
        return await rule_impact(
            context.database,
            context.viewer,
            context.registry,
            given["identifier"],
            proposed,
            given["effective_date"],
            day_to_assess(as_of(info).valid_on, "validOn"),
        )

    add_field(
        parts.query,
        "rule_impact",
        parts.records["RuleImpact"],
        resolve,
        "What a proposed rule would change, without writing it: every entity the rule decides for "
        "is assessed under the rule as it is and as proposed, on the day the operation looks at.",
        [
            Argument("identifier", str, "Key of the rule: SWR_37.", required=True),
            Argument(
                "proposed_rule_data",
                JSON,
                "All parameters of the proposal, by the schema of the rule's domain. Required; "
                "nullable for generic tools, which do not know the scalar.",
            ),
            Argument(
                "effective_date",
                date,
                "Day from which the proposal holds; that of the version in force, when left out, "
                "as if the proposal had held in its place.",
            ),
        ],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=5000),
    )
