"""What every write leaves behind in its own transaction: its changes, and one audit entry.

A tenant's journal is taken as the last thing a transaction does and held until it commits. That
gives the change feed numbers in commit order without gaps, keeps concurrent writers from forking
the audit chain, and lets writers of different tenants pass one another.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import rfc8785

from graph_api.core.statements import statement

if TYPE_CHECKING:
    from graph_api.core.database import Session

_MOST_CHANGES_LISTED = 1000


class ChangeKind(StrEnum):
    """What kind of record changed."""

    ENTITY = "ENTITY"
    RELATIONSHIP = "RELATIONSHIP"
    RULE_VERSION = "RULE_VERSION"
    RULE_SNAPSHOT = "RULE_SNAPSHOT"
    RULE_CHANGE_ALERT = "RULE_CHANGE_ALERT"
    COMPLIANCE_STATUS = "COMPLIANCE_STATUS"
    CHECKLIST = "CHECKLIST"
    CHECKLIST_TEMPLATE = "CHECKLIST_TEMPLATE"


class Cause(StrEnum):
    """What made a change."""

    MUTATION = "mutation"
    ASSESSMENT = "assessment"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after; None before it was there, None after it is gone."""

    kind: ChangeKind
    subject_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    entity_type: str | None = None
    entity_id: str | None = None
    domain: str | None = None
    rule_version_id: UUID | None = None
    tenant_id: str | None = None
    """Whose record it is: None for the viewer's own tenant.

    A rule that all tenants share changes records of others; each finds that in its own feed and
    audit.
    """


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """The keys that audit entries are signed with: old ones verify, the current one signs."""

    keys: Mapping[str, bytes]
    current: str

    def sign(self, key_id: str, chain_number: int, previous: str, payload: bytes) -> str:
        """HMAC-SHA256 over an entry's place, its predecessor's signature and its payload."""
        message = b"%d\n%s\n%s" % (chain_number, previous.encode(), payload)
        return hmac.new(self.keys[key_id], message, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Journal:
    """The changes of one transaction, written when it ends."""

    action: str
    cause: Cause
    changes: list[Change] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def record(self, change: Change) -> None:
        """Note a change; it is published when, and only when, the transaction commits."""
        self.changes.append(change)

    async def write(self, session: "Session", keys: AuditKeys) -> None:
        """Write the changes and an audit entry for each tenant whose records changed.

        Nothing is written where nothing changed. Journals are taken in the order of their tenants,
        so writers that need several cannot wait for one another in a circle.
        """
        own = session.viewer.tenant_id
        changes: dict[str, list[Change]] = {own: []} if self.details else {}
        for change in self.changes:
            changes.setdefault(change.tenant_id or own, []).append(change)
        for tenant_id in sorted(changes):
            details = self.details if tenant_id == own else {}
            await self._write_for(session, keys, tenant_id, changes[tenant_id], details)

    async def _write_for(
        self,
        session: "Session",
        keys: AuditKeys,
        tenant_id: str,
        changes: Sequence[Change],
        details: Mapping[str, Any],
    ) -> None:
        viewer, now = session.viewer, datetime.now(UTC)
        await session.fetch(statement("open_journal"), tenant_id)
        rows = await session.fetch(statement("take_journal"), tenant_id, len(changes))
        last, chain_number = rows[0]["last_sequence"], rows[0]["audit_count"]
        previous = rows[0]["audit_signature"]
        first = last - len(changes)
        digest = None
        if changes:
            columns = [_columns(change) for change in changes]
            rows = await session.fetch(
                statement("write_changes"),
                tenant_id,
                first,
                self.cause.value,
                viewer.subject,
                now,
                *(list(column) for column in zip(*columns, strict=True)),
            )
            digest = rows[0]["changes_sha256"]
            await session.fetch(statement("wake_feed"), tenant_id)
        entry_id, entity_ids = uuid4(), _entity_ids(changes)
        payload = rfc8785.dumps(
            {
                "id": str(entry_id),
                "tenant_id": tenant_id,
                "actor_id": viewer.subject,
                "actor_type": viewer.actor_type,
                "event_type": self.action,
                "cause": self.cause.value,
                "occurred_at": now.isoformat(),
                "entity_ids": entity_ids,
                "first_sequence": first + 1,
                "change_count": len(changes),
                "changes_sha256": digest,
                "changes": _listed(changes),
                "details": _plain(details),
            }
        )
        signature = keys.sign(keys.current, chain_number, previous, payload)
        await session.fetch(
            statement("write_audit_entry"),
            entry_id,
            tenant_id,
            chain_number,
            self.action,
            payload.decode(),
            viewer.subject,
            viewer.actor_type,
            entity_ids,
            now,
            previous,
            signature,
            keys.current,
        )
        await session.fetch(statement("sign_journal"), tenant_id, signature)


def _listed(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as the audit entry lists them; none, where only their digest stands for them."""
    if len(changes) > _MOST_CHANGES_LISTED:
        return []
    return [
        {
            "kind": change.kind.value,
            "subject_id": change.subject_id,
            "before": _plain(change.before),
            "after": _plain(change.after),
        }
        for change in changes
    ]


def _entity_ids(changes: Sequence[Change]) -> list[str]:
    named = (
        one
        for change in changes[:_MOST_CHANGES_LISTED]
        for one in (change.subject_id, change.entity_id)
        if one is not None
    )
    return list(dict.fromkeys(named))


def _columns(change: Change) -> tuple[str | None, ...]:
    return (
        change.kind.value,
        change.subject_id,
        change.entity_type,
        change.entity_id,
        None if change.domain is None else change.domain.lower(),
        _json(change.before),
        _json(change.after),
        None if change.rule_version_id is None else str(change.rule_version_id),
    )


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value, default=str).decode()


def _plain(value: Mapping[str, Any] | None) -> Any:
    """A value as canonical JSON can hold it: numbers beyond a double's whole range as text."""
    return None if value is None else _canonical(orjson.loads(orjson.dumps(value, default=str)))


_LARGEST_WHOLE = 2**53 - 1


def _canonical(value: Any) -> Any:
    match value:
        case dict():
            return {name: _canonical(one) for name, one in value.items()}
        case list():
            return [_canonical(one) for one in value]
        case int() if not isinstance(value, bool) and abs(value) > _LARGEST_WHOLE:
            return str(value)
        case _:
            return value
