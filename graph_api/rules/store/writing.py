"""The lifecycle of rule versions: draft, review, activation; each step in its own transaction.

Locks are taken in one order everywhere: the shared versions of a rule, then a tenant's own, then,
as the transaction's last act, the journal.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import orjson

from graph_api.core.database import Session
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import SHARED_TENANT
from graph_api.rules.lifecycle import (
    IllegalRuleMove,
    Place,
    RuleConflict,
    UnknownRuleVersion,
    place_in,
)
from graph_api.rules.models import NewRuleVersion, RuleStatus, RuleVersion
from graph_api.rules.store.reading import version_of_row

OnSuperseded = Callable[[Session, RuleVersion, RuleVersion], Awaitable[None]]
"""Called in the transaction of an activation, with the version that loses days and the one that
gains them: the end of `old` is already set. Where both are shared, the session acts for the shared
tenant and what hangs on `old` may belong to any tenant; where `old` is shared and `new` is not, the
tenant of `new` has begun a rule of its own."""


async def lock_rule(session: Session, identifier: str) -> None:
    """Take the tenant's versions of a rule until the transaction ends; before the journal."""
    if session.viewer.tenant_id != SHARED_TENANT:
        await session.fetch(statement("hold_rule"), SHARED_TENANT, identifier)
    await session.fetch(statement("lock_rule"), session.viewer.tenant_id, identifier)


async def hold_rules(session: Session, identifiers: Iterable[str]) -> None:
    """Keep rules as they are until the transaction ends, without keeping others from holding them.

    For a transaction that reads the rules in force and writes what rests on them: no activation
    comes in between.
    """
    for identifier in sorted(set(identifiers)):
        for tenant_id in sorted({SHARED_TENANT, session.viewer.tenant_id}):
            await session.fetch(statement("hold_rule"), tenant_id, identifier)


async def create_version(session: Session, new: NewRuleVersion) -> RuleVersion:
    """Write a draft under the next number of its rule.

    Raises RuleConflict where the rule's other versions are of another type, domain or field.
    """
    await lock_rule(session, new.rule_identifier)
    _check_same_rule(new, await timeline_in(session, new.rule_identifier))
    recorded_at, version_id = await _moment(session, new.rule_identifier), uuid4()
    await session.fetch(
        statement("create_rule_version"),
        session.viewer.tenant_id,
        new.rule_identifier,
        version_id,
        new.rule_type.lower(),
        new.rule_domain.lower(),
        new.effective_date,
        new.source.lower(),
        new.source_reference,
        orjson.dumps(new.rule_data).decode(),
        new.graph_node_id,
        new.change_summary,
        recorded_at,
        new.detected_by or session.viewer.subject[:100],
        session.viewer.subject,
    )
    created = await _version(session, version_id)
    _note(session, None, created)
    return created


async def submit(session: Session, version_id: UUID) -> RuleVersion:
    """Put a draft before a reviewer; raises UnknownRuleVersion or IllegalRuleMove."""
    return await _step(session, version_id, RuleStatus.PENDING_REVIEW, None)


async def reject(session: Session, version_id: UUID, reason: str) -> RuleVersion:
    """Send a version under review back to its author; raises as `submit` does."""
    return await _step(session, version_id, RuleStatus.DRAFT, reason)


async def activate(
    session: Session, version_id: UUID, on_superseded: OnSuperseded | None = None
) -> RuleVersion:
    """Put a version in force from its effective date, and end the one before on that day.

    A version that takes effect before a later one is in force up to that one's day. Raises
    UnknownRuleVersion, IllegalRuleMove, and RuleConflict where another version of the rule takes
    effect on the same day.
    """
    step = await _begin(session, version_id, RuleStatus.ACTIVE)
    place = place_in(step.own, step.version.effective_date)
    own = place.previous and await _end(session, step, place.previous, step.version)
    await _move(session, step, RuleStatus.ACTIVE, None)
    if place.following is not None:
        await _end(session, step, step.version, place.following, note=False)
    active = await _version(session, version_id)
    _note(session, step.version, active)
    if on_superseded is not None:
        overridden = _overridden(step.shared, active, place) if own is None else [own]
        for old in overridden:
            await on_superseded(session, old, active)
    return active


async def publish_version(
    session: Session, new: NewRuleVersion, on_superseded: OnSuperseded | None = None
) -> RuleVersion:
    """Create, submit and activate a version in one transaction."""
    draft = await create_version(session, new)
    await submit(session, draft.id)
    return await activate(session, draft.id, on_superseded)


@dataclass(frozen=True, slots=True)
class _Step:
    """A version about to change, its rule locked."""

    version: RuleVersion
    own: Sequence[RuleVersion]
    shared: Sequence[RuleVersion]
    recorded_at: datetime


async def _begin(session: Session, version_id: UUID, wanted: RuleStatus) -> _Step:
    found = await _version(session, version_id)
    await lock_rule(session, found.rule_identifier)
    timeline = await timeline_in(session, found.rule_identifier)
    version = next(one for one in timeline if one.id == version_id)
    if wanted not in (allowed := await _allowed(session, version.status)):
        raise IllegalRuleMove(version.status, wanted, allowed)
    tenant = session.viewer.tenant_id
    return _Step(
        version,
        [one for one in timeline if one.tenant_id == tenant],
        [one for one in timeline if one.tenant_id != tenant],
        await _moment(session, version.rule_identifier),
    )


async def _step(
    session: Session, version_id: UUID, wanted: RuleStatus, reason: str | None
) -> RuleVersion:
    step = await _begin(session, version_id, wanted)
    await _move(session, step, wanted, reason)
    moved = await _version(session, version_id)
    _note(session, step.version, moved)
    return moved


async def _move(session: Session, step: _Step, status: RuleStatus, reason: str | None) -> None:
    await session.fetch(
        statement("move_rule_version"),
        session.viewer.tenant_id,
        step.version.id,
        status.lower(),
        reason,
        step.recorded_at,
        session.viewer.subject,
    )


async def _end(
    session: Session, step: _Step, old: RuleVersion, by: RuleVersion, *, note: bool = True
) -> RuleVersion:
    """End a version where another takes effect."""
    await session.fetch(
        statement("end_rule_version"),
        session.viewer.tenant_id,
        old.id,
        by.effective_date,
        by.id,
        step.recorded_at,
        session.viewer.subject,
    )
    ended = await _version(session, old.id)
    if note:
        _note(session, old, ended)
    return ended


def _overridden(shared: Sequence[RuleVersion], new: RuleVersion, place: Place) -> list[RuleVersion]:
    """The shared versions that lose days to the first version of a tenant's own."""
    return [
        one
        for one in shared
        if one.status in (RuleStatus.ACTIVE, RuleStatus.SUPERSEDED)
        and (one.superseded_date is None or one.superseded_date > new.effective_date)
        and (place.end is None or one.effective_date < place.end)
    ]


def _check_same_rule(new: NewRuleVersion, timeline: Sequence[RuleVersion]) -> None:
    """Versions of one identifier are versions of one rule, the tenant's own and shared alike."""
    for one in timeline:
        for field in ("rule_type", "rule_domain", "field_number"):
            before, after = getattr(one, field), getattr(new, field)
            if before != after:
                where = "rule_data.field_number" if field == "field_number" else field
                raise RuleConflict(
                    f"{new.rule_identifier} is {before or 'of no field'} in version "
                    f"{one.version}, and not {after or 'of no field'}",
                    where,
                )


async def _allowed(session: Session, status: RuleStatus) -> list[RuleStatus]:
    rows = await session.fetch(statement("next_rule_statuses"), status.lower())
    return [RuleStatus[row["to_status"].upper()] for row in rows]


async def _moment(session: Session, identifier: str) -> datetime:
    rows = await session.fetch(
        statement("moment_of_rule_write"), session.viewer.tenant_id, identifier
    )
    recorded_at: datetime = rows[0]["recorded_at"]
    return recorded_at


async def timeline_in(session: Session, identifier: str) -> list[RuleVersion]:
    """Every version of a rule that a transaction sees; shared ones first."""
    rows = await session.fetch(
        statement("rule_timeline"), session.viewer.tenant_id, [identifier], None
    )
    return [version_of_row(row) for row in rows]


async def _version(session: Session, version_id: UUID) -> RuleVersion:
    """A version of the session's own tenant; a shared one is not another tenant's to write."""
    rows = await session.fetch(
        statement("rule_versions_by_ids"), session.viewer.tenant_id, [str(version_id)], None
    )
    found = [version_of_row(row) for row in rows]
    if not found or found[0].tenant_id != session.viewer.tenant_id:
        raise UnknownRuleVersion(version_id)
    return found[0]


def _note(session: Session, before: RuleVersion | None, after: RuleVersion) -> None:
    session.journal.record(
        Change(
            ChangeKind.RULE_VERSION,
            str(after.id),
            None if before is None else before.document(),
            after.document(),
            domain=after.rule_domain.value,
            rule_version_id=after.id,
        )
    )
