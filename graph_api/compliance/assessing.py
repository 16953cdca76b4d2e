"""Assesses entities: gathers what is on record, decides, and writes what has changed."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

from graph_api.compliance.assessments import (
    epa_oooo,
    flaring_monitor,
    form_pr,
    rule_32,
    rule_37,
)
from graph_api.compliance.assessments.epa_oooo import FacilityEmissions
from graph_api.compliance.assessments.findings import Finding
from graph_api.compliance.assessments.flaring_monitor import LeaseFlaring
from graph_api.compliance.assessments.form_pr import LeaseReporting
from graph_api.compliance.assessments.in_force import in_force
from graph_api.compliance.assessments.rule_32 import FlaringException
from graph_api.compliance.assessments.rule_37 import WellSpacing
from graph_api.compliance.models import (
    ASSESSED_LABELS,
    ComplianceDomain,
    ComplianceStatusCode,
    DecidedBy,
    FlaringChartEntry,
)
from graph_api.compliance.store.gathering import (
    emissions_of_facilities,
    exceptions_with_neighbours,
    flaring_of_leases,
    reporting_of_leases,
    spacing_of_wells,
)
from graph_api.compliance.store.rule_book import ASSESSED_BY, RuleBook, read_rule_book
from graph_api.compliance.store.statuses import (
    MOST_WRITTEN,
    lock_statuses,
    stands,
    touch_statuses,
    write_statuses,
)
from graph_api.compliance.store.subjects import (
    MOST_GATHERED,
    Subject,
    labels_of,
    stretches_of_ids,
)
from graph_api.core.database import Database
from graph_api.core.graph.filters import Filter
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.journal import Cause
from graph_api.core.viewer import Viewer
from graph_api.rules.models import RuleDomain

Found = list[tuple[Subject, Finding]]
Decide = Callable[[RuleBook], Finding]
"""What one entity comes to by the rules of a book."""

_DECIDED_AT_A_TIME = 50


@dataclass(slots=True)
class Selection:
    """Which entities to assess: by id, or by a filter for each label."""

    ids: Sequence[str] | None = None
    where: Mapping[str, Filter] | None = None
    """Filters by label; a label without one is left out. None: every entity of every label."""


@dataclass(slots=True)
class Assessed:
    """What an assessment came to."""

    by_status: Counter[tuple[ComplianceDomain, ComplianceStatusCode]] = field(
        default_factory=Counter
    )
    changed_ids: list[UUID] = field(default_factory=list)
    """The records that came to be or changed."""
    unchanged: int = 0
    kept: int = 0
    """Records that a person has decided and that were left as they are."""

    @property
    def total(self) -> int:
        """How many entities were assessed, counted once in each domain."""
        return self.by_status.total()


async def assess(
    database: Database,
    viewer: Viewer,
    registry: GraphRegistry,
    selection: Selection,
    domains: Sequence[ComplianceDomain],
    as_of: date,
    *,
    override_decisions: bool = False,
) -> Assessed:
    """Assess entities in domains as of a day; statements do not grow with their number.

    Records that a person has decided stay as they are, unless decisions are to be overridden.
    """
    result = Assessed()
    book = await read_rule_book(database, viewer, rule_domains(domains))
    for label, ids in await _stretches(database, viewer, registry, selection, domains):
        for domain in domains:
            if ASSESSED_LABELS[domain] == label:
                found = await findings(database, viewer, domain, ids, book, as_of)
                await _write(database, viewer, domain, found, result, override=override_decisions)
    return result


def rule_domains(domains: Iterable[ComplianceDomain]) -> list[RuleDomain]:
    """The domains of the rules that decide in domains of compliance."""
    wanted = set(domains)
    return [rules for rules, decided in ASSESSED_BY.items() if wanted.intersection(decided)]


async def _stretches(
    database: Database,
    viewer: Viewer,
    registry: GraphRegistry,
    selection: Selection,
    domains: Sequence[ComplianceDomain],
) -> list[tuple[str, list[str]]]:
    """The ids to assess, by label, as many at a time as are gathered together."""
    labels = list(dict.fromkeys(ASSESSED_LABELS[domain] for domain in domains))
    if selection.ids is not None:
        known = await labels_of(database, viewer, selection.ids)
        return [
            (label, ids[start : start + MOST_GATHERED])
            for label in labels
            for ids in [sorted(one for one, own in known.items() if own == label)]
            for start in range(0, len(ids), MOST_GATHERED)
        ]
    where = selection.where if selection.where is not None else {label: {} for label in labels}
    return [
        (label, ids)
        for label in labels
        if label in where
        async for ids in stretches_of_ids(database, viewer, registry, label, where[label])
    ]


async def findings(
    database: Database,
    viewer: Viewer,
    domain: ComplianceDomain,
    ids: Sequence[str],
    book: RuleBook,
    as_of: date,
) -> Found:
    """What many entities come to in a domain under a rule book; writes nothing."""
    (found,) = await findings_under(database, viewer, domain, ids, [book], as_of)
    return found


async def findings_under(
    database: Database,
    viewer: Viewer,
    domain: ComplianceDomain,
    ids: Sequence[str],
    books: Sequence[RuleBook],
    as_of: date,
) -> list[Found]:
    """What many entities come to in a domain under each of several rule books, gathered once."""
    gathered = await _gathered(database, viewer, domain, ids, as_of)
    return [await _decided(gathered, book) for book in books]


async def _gathered(
    database: Database, viewer: Viewer, domain: ComplianceDomain, ids: Sequence[str], as_of: date
) -> list[tuple[Subject, Decide]]:
    """What many entities come to in a domain, once it is said by which rules."""
    match domain:
        case ComplianceDomain.FLARING_MONITOR:
            leases = await flaring_of_leases(database, viewer, ids, as_of)
            return [(who, partial(_flaring_finding, lease)) for who, lease in leases]
        case ComplianceDomain.FORM_PR:
            reports = await reporting_of_leases(database, viewer, ids, as_of)
            return [(who, partial(_reporting_finding, lease, as_of)) for who, lease in reports]
        case ComplianceDomain.RULE_37:
            wells = await spacing_of_wells(database, viewer, ids)
            return [(who, partial(_spacing_finding, who, well, as_of)) for who, well in wells]
        case ComplianceDomain.RULE_32:
            exceptions = await exceptions_with_neighbours(database, viewer, ids)
            return [
                (who, partial(_exception_finding, who, one, others, as_of))
                for who, (one, others) in exceptions
            ]
        case ComplianceDomain.EPA_OOOO:
            facilities = await emissions_of_facilities(database, viewer, ids)
            return [(who, partial(_emissions_finding, one, as_of)) for who, one in facilities]


async def _decided(gathered: Iterable[tuple[Subject, Decide]], book: RuleBook) -> Found:
    """What entities come to; others have their turn in between, and a timeout its effect."""
    found: Found = []
    for number, (who, decide) in enumerate(gathered):
        if number % _DECIDED_AT_A_TIME == 0:
            await asyncio.sleep(0)
        found.append((who, decide(book)))
    return found


def _flaring_finding(lease: LeaseFlaring, book: RuleBook) -> Finding:
    return flaring_monitor.assess(lease, book.of(RuleDomain.FLARING))


def _reporting_finding(lease: LeaseReporting, as_of: date, book: RuleBook) -> Finding:
    versions = [one for one in book.of(RuleDomain.REPORTING) if one.parameters.form_number == "PR"]
    return form_pr.assess(lease, versions, as_of)


def _spacing_finding(who: Subject, well: WellSpacing, as_of: date, book: RuleBook) -> Finding:
    rule = in_force(book.of(RuleDomain.SPACING), as_of, who.field_number)
    return rule_37.assess(well, rule)


def _exception_finding(
    who: Subject,
    one: FlaringException,
    others: Sequence[FlaringException],
    as_of: date,
    book: RuleBook,
) -> Finding:
    rule = in_force(book.of(RuleDomain.FLARING), as_of, who.field_number)
    return rule_32.assess(one, others, rule, as_of)


def _emissions_finding(place: FacilityEmissions, as_of: date, book: RuleBook) -> Finding:
    rules = [one for one in book.of(RuleDomain.ENVIRONMENTAL) if one.governs(as_of)]
    return epa_oooo.assess(place, rules)


async def _write(
    database: Database,
    viewer: Viewer,
    domain: ComplianceDomain,
    found: Found,
    result: Assessed,
    *,
    override: bool,
) -> None:
    ordered = sorted(found, key=lambda one: one[0].entity_id)
    for start in range(0, len(ordered), MOST_WRITTEN):
        part = ordered[start : start + MOST_WRITTEN]
        await _write_part(database, viewer, domain, part, result, override=override)
    result.by_status.update((domain, finding.status) for _, finding in found)


async def _write_part(
    database: Database,
    viewer: Viewer,
    domain: ComplianceDomain,
    part: Found,
    result: Assessed,
    *,
    override: bool,
) -> None:
    """Write one transaction's worth: what stands is only noted as looked at again."""
    moment = datetime.now(UTC)
    ids = [subject.entity_id for subject, _ in part]
    async with database.transaction(viewer, "assessCompliance", Cause.ASSESSMENT) as session:
        before = await lock_statuses(session, domain, ids)
        kept = {
            one
            for one, record in before.items()
            if record.decided_by is DecidedBy.PERSON and not override
        }
        standing = [
            subject.entity_id
            for subject, finding in part
            if subject.entity_id in before
            and subject.entity_id not in kept
            and stands(before[subject.entity_id], subject, finding)
        ]
        settled = kept.union(standing)
        changed = [one for one in part if one[0].entity_id not in settled]
        if standing:
            await touch_statuses(session, domain, standing, moment)
        written = await write_statuses(session, domain, changed, before, moment) if changed else []
    result.kept += len(kept)
    result.unchanged += len(standing)
    result.changed_ids.extend(one.id for one in sorted(written, key=lambda one: one.entity_id))


async def flaring_months(
    database: Database, viewer: Viewer, lease_id: str, as_of: date
) -> list[FlaringChartEntry]:
    """Every reported month of a lease up to a day, judged; empty where there is no such lease."""
    book = await read_rule_book(database, viewer, [RuleDomain.FLARING])
    leases = await flaring_of_leases(database, viewer, [lease_id], as_of)
    versions = book.of(RuleDomain.FLARING)
    return [
        month for _, lease in leases for month in flaring_monitor.judged_months(lease, versions)
    ]
