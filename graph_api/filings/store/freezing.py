"""Rules frozen for filings: when a filing is begun, and when a later version leaves them behind.

A transaction that freezes rules holds them, and one that activates a version takes its rule, so no
activation can come between reading what is in force and writing what rests on it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from graph_api.core.database import Session
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.statements import statement
from graph_api.filings.governing import RULE_DOMAINS, governing_versions, known_successor
from graph_api.filings.lifecycle import FilingConflict
from graph_api.filings.models import FilingChecklist, FilingRuleSnapshot, RuleChangeAlert
from graph_api.filings.store.rows import checklist_of, json_column, snapshot_of
from graph_api.rules.models import RuleVersion
from graph_api.rules.store import hold_rules, timeline_in, version_of_row

# a rule of a field that is activated between reading and holding is held in the next round
_MOST_ROUNDS = 10


async def freeze_rules(
    session: Session, checklist: FilingChecklist, field_number: str | None, day: date
) -> list[FilingRuleSnapshot]:
    """Freeze what governs a new checklist on a day; raises FilingConflict where nothing does.

    A version that is known to be replaced later is frozen as stale at once, with an alert.
    """
    versions = await _held(session, checklist, field_number, day)
    if not versions:
        message = f"no rule for {checklist.compliance_domain.value} is in force on {day}"
        raise FilingConflict(message, "compliance_domain")
    now = checklist.created_at
    snapshots = []
    for version in versions:
        timeline = await timeline_in(session, version.rule_identifier)
        successor = known_successor(timeline, version, day)
        snapshots.append(
            FilingRuleSnapshot(
                id=uuid4(),
                tenant_id=checklist.tenant_id,
                checklist_id=checklist.id,
                rule_identifier=version.rule_identifier,
                rule_version_id=version.id,
                snapshotted_at=now,
                rule_data_at_snapshot=version.rule_data,
                is_current=successor is None,
                superseded_by=successor,
            )
        )
    return snapshots


async def write_snapshots(
    session: Session, checklist: FilingChecklist, snapshots: Sequence[FilingRuleSnapshot]
) -> None:
    """Write the frozen rules of a new checklist, and alerts for those known to be replaced."""
    await session.fetch(
        statement("insert_snapshots"),
        session.viewer.tenant_id,
        checklist.id,
        checklist.created_at,
        [one.id for one in snapshots],
        [one.rule_version_id for one in snapshots],
        [one.rule_identifier for one in snapshots],
        [json_column(one.rule_data_at_snapshot) for one in snapshots],
        [one.superseded_by for one in snapshots],
    )
    for snapshot in snapshots:
        note_snapshot(session, checklist, None, snapshot)
    stale = [(checklist, one, one.rule_version_id) for one in snapshots if not one.is_current]
    await _raise_alerts(session, stale, checklist.created_at)


async def _held(
    session: Session, checklist: FilingChecklist, field_number: str | None, day: date
) -> list[RuleVersion]:
    """The versions that govern on a day, held until the transaction ends."""
    domain = checklist.compliance_domain
    held: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        rows = await session.fetch(
            statement("rules_in_force"),
            session.viewer.tenant_id,
            day,
            None,
            None,
            [one.lower() for one in RULE_DOMAINS[domain]],
            None,
        )
        versions = governing_versions([version_of_row(row) for row in rows], domain, field_number)
        missing = {one.rule_identifier for one in versions} - held
        if not missing:
            return versions
        await hold_rules(session, missing)
        held |= missing
    raise FilingConflict("the rules are being changed; try again", "compliance_domain")


async def mark_snapshots_stale(session: Session, old: RuleVersion, new: RuleVersion) -> None:
    """Mark what was frozen of a version that loses days to another, and raise an alert for each.

    Runs in the transaction of the activation. Filings that are filed stay as they were. A snapshot
    that was stale before, because of `old`, is now stale because of `new`, and has to be
    acknowledged anew.
    """
    tenant, now = session.viewer.tenant_id, datetime.now(UTC)
    rows = await session.fetch(statement("lock_checklists_under_rule"), tenant, old.id, new.id)
    if not rows:
        return
    before = {checklist.id: checklist for checklist in map(checklist_of, rows)}
    rows = await session.fetch(
        statement("lock_snapshots_under_rule"), tenant, list(before), old.id, new.id
    )
    snapshots = [snapshot_of(row) for row in rows]
    ids = [one.id for one in snapshots]
    await session.fetch(statement("supersede_snapshots"), tenant, ids, new.id)
    await session.fetch(statement("touch_checklists"), tenant, list(before), now)
    stale: list[tuple[FilingChecklist, FilingRuleSnapshot, UUID]] = []
    for snapshot in snapshots:
        marked = snapshot.model_copy(
            update={
                "is_current": False,
                "superseded_by": new.id,
                "acknowledged": False,
                "acknowledged_by": None,
                "acknowledged_at": None,
            }
        )
        note_snapshot(session, before[snapshot.checklist_id], snapshot, marked)
        stale.append((before[snapshot.checklist_id], marked, old.id))
    await _raise_alerts(session, stale, now)
    for checklist in before.values():
        after = checklist.model_copy(update={"is_stale": True, "updated_at": now})
        note_checklist(session, checklist, after)


async def _raise_alerts(
    session: Session,
    stale: Sequence[tuple[FilingChecklist, FilingRuleSnapshot, UUID]],
    now: datetime,
) -> None:
    """Raise an alert for each stale snapshot, with the version it was under until now."""
    alerts = [
        (
            checklist,
            RuleChangeAlert(
                id=uuid4(),
                tenant_id=checklist.tenant_id,
                checklist_id=checklist.id,
                snapshot_id=snapshot.id,
                rule_identifier=snapshot.rule_identifier,
                old_version_id=old_id,
                new_version_id=snapshot.superseded_by,
                raised_at=now,
            ),
        )
        for checklist, snapshot, old_id in stale
        if snapshot.superseded_by is not None
    ]
    if not alerts:
        return
    made = [alert for _, alert in alerts]
    await session.fetch(
        statement("insert_alerts"),
        now,
        [one.tenant_id for one in made],
        [one.id for one in made],
        [one.checklist_id for one in made],
        [one.snapshot_id for one in made],
        [one.rule_identifier for one in made],
        [one.old_version_id for one in made],
        [one.new_version_id for one in made],
    )
    for checklist, alert in alerts:
        note_alert(session, checklist, None, alert)


def note_checklist(
    session: Session,
    before: FilingChecklist | None,
    after: FilingChecklist,
    **more: object,
) -> None:
    """Note that a checklist has changed; `more` is what happened to it besides."""
    session.journal.record(
        Change(
            ChangeKind.CHECKLIST,
            str(after.id),
            None if before is None else before.document(),
            {**after.document(), **more},
            entity_type=after.entity_type,
            entity_id=str(after.entity_id),
            domain=after.compliance_domain.lower(),
            tenant_id=after.tenant_id,
        )
    )


def note_snapshot(
    session: Session,
    checklist: FilingChecklist,
    before: FilingRuleSnapshot | None,
    after: FilingRuleSnapshot,
) -> None:
    """Note that a frozen rule of a checklist has changed."""
    session.journal.record(
        Change(
            ChangeKind.RULE_SNAPSHOT,
            str(after.id),
            None if before is None else before.document(),
            after.document(),
            entity_type=checklist.entity_type,
            entity_id=str(checklist.entity_id),
            domain=checklist.compliance_domain.lower(),
            rule_version_id=after.superseded_by or after.rule_version_id,
            tenant_id=checklist.tenant_id,
        )
    )


def note_alert(
    session: Session,
    checklist: FilingChecklist,
    before: RuleChangeAlert | None,
    after: RuleChangeAlert,
) -> None:
    """Note that an alert of a checklist was raised or acknowledged."""
    session.journal.record(
        Change(
            ChangeKind.RULE_CHANGE_ALERT,
            str(after.id),
            None if before is None else before.document(),
            after.document(),
            entity_type=checklist.entity_type,
            entity_id=str(checklist.entity_id),
            domain=checklist.compliance_domain.lower(),
            rule_version_id=after.new_version_id,
            tenant_id=checklist.tenant_id,
        )
    )
