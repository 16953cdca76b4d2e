"""Walks a tenant's audit chain and finds the first thing that is wrong with it.

An entry's signature covers its place, the signature before it and its canonical payload, so an
entry that was changed, moved, removed or put in cannot be told from a forgery without the key. The
payload repeats every column and holds a digest of the entry's rows in the change feed; the
tenant's journal says where the chain ends.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785

from graph_api.audit.models import AuditProblem, AuditProblemKind, AuditVerification
from graph_api.audit.pace import Pace
from graph_api.audit.store import (
    ChainEntry,
    ChainHead,
    chain_entries,
    chain_head,
    change_digests,
)
from graph_api.core.database import Database
from graph_api.core.journal import AuditKeys
from graph_api.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Vouched:
    """The rows of the feed that an entry vouches for: `count` of them, from `first` on."""

    entry: ChainEntry
    first: int
    count: int
    digest: str | None

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + self.count - 1


@dataclass(slots=True)
class ChainWalk:
    """How far a walk has come, and what the next entry must fit."""

    tenant_id: str
    keys: AuditKeys
    number: int = 0
    signature: str = ""
    next_sequence: int = 1
    key_ids: set[str] = field(default_factory=set)

    def step(self, entry: ChainEntry) -> Vouched | AuditProblem:
        """Take the next entry: what it vouches for, or what is wrong with it."""
        expected = self.number + 1
        if entry.chain_number > expected:
            message = f"entry {expected} is missing; entry {entry.chain_number} comes next"
            return AuditProblem(
                chain_number=expected, kind=AuditProblemKind.MISSING, message=message
            )
        if entry.chain_number < expected:
            message = f"a second entry stands at place {entry.chain_number}"
            return _problem(entry, AuditProblemKind.INSERTED, message)
        if entry.key_id not in self.keys.keys:
            message = f"it names the key {entry.key_id!r}, which is not listed"
            return _problem(entry, AuditProblemKind.UNKNOWN_KEY, message)
        if not self._is_signed(entry):
            message = "its signature does not fit its place, its predecessor and its payload"
            return _problem(entry, AuditProblemKind.ALTERED, message)
        payload = json.loads(entry.canonical_payload)
        if wrong := self._wrong_columns(entry, payload):
            message = f"{', '.join(wrong)} is not what was signed"
            return _problem(entry, AuditProblemKind.ALTERED, message)
        if payload["first_sequence"] != self.next_sequence:
            message = (
                f"changes from {self.next_sequence} on should be vouched for, and it begins with "
                f"{payload['first_sequence']}"
            )
            return _problem(entry, AuditProblemKind.JOURNAL, message)
        self._pass(entry, payload)
        return Vouched(
            entry, payload["first_sequence"], payload["change_count"], payload["changes_sha256"]
        )

    def start_after(self, entry: ChainEntry) -> None:
        """Begin behind an entry that an earlier walk has found to be right."""
        self._pass(entry, json.loads(entry.canonical_payload))
        self.key_ids.clear()

    def _pass(self, entry: ChainEntry, payload: Mapping[str, Any]) -> None:
        self.number, self.signature = entry.chain_number, entry.signature
        self.next_sequence = payload["first_sequence"] + payload["change_count"]
        self.key_ids.add(entry.key_id)

    def _is_signed(self, entry: ChainEntry) -> bool:
        signed = self.keys.sign(
            entry.key_id, entry.chain_number, self.signature, entry.canonical_payload.encode()
        )
        return hmac.compare_digest(signed, entry.signature.encode("ascii", "replace").decode())

    def _wrong_columns(self, entry: ChainEntry, payload: Mapping[str, Any]) -> list[str]:
        signed = {
            "id": (entry.id, payload["id"]),
            "tenant_id": (entry.tenant_id, payload["tenant_id"]),
            "event_type": (entry.event_type, payload["event_type"]),
            "actor_id": (entry.actor_id, payload["actor_id"]),
            "actor_type": (entry.actor_type, payload["actor_type"]),
            "entity_ids": (entry.entity_ids, payload["entity_ids"]),
            "created_at": (
                entry.created_at.astimezone(UTC).isoformat(),
                payload["occurred_at"],
            ),
            "previous_signature": (entry.previous_signature, self.signature),
            "event_data": (canonical(entry.event_data), entry.canonical_payload),
        }
        return [name for name, (stored, expected) in signed.items() if stored != expected]


def canonical(stored: str) -> str | None:
    """JSON as the database prints it in the form of RFC 8785, whose numbers are all doubles.

    None where it has no such form.
    """
    try:
        return rfc8785.dumps(json.loads(stored, parse_int=float)).decode()
    except (ValueError, RecursionError):
        return None


async def verify_chain(
    database: Database,
    viewer: Viewer,
    after: int = 0,
    most: int | None = None,
    seconds: float | None = None,
) -> AuditVerification:
    """Verify the viewer's tenant's audit, or at most so many entries of it behind a place.

    With a number of seconds, the walk takes about that long and ends where it has come to.
    """
    started = datetime.now(UTC)
    pace = Pace(seconds)
    head = await chain_head(database, viewer)
    walk = ChainWalk(viewer.tenant_id, database.audit_keys)
    checked = _Checked(last=after)
    entry: ChainEntry | None = None
    problem: AuditProblem | None = None
    if after > 0:
        known = await chain_entries(database, viewer, after, after, 1)
        if known:
            entry = known[0]
            walk.start_after(entry)
    while problem is None and (most is None or checked.entries < most):
        size = pace.entries if most is None else min(pace.entries, most - checked.entries)
        page = await chain_entries(database, viewer, entry, head.audit_count, size)
        problem = await _check_page(database, viewer, walk, head, page, checked)
        if len(page) < size:
            problem = problem or end_problem(walk, head)
            checked.complete = problem is None
            break
        entry = page[-1]
        pace.next()
        if pace.is_over:
            break
    return AuditVerification(
        is_intact=problem is None,
        is_complete=checked.complete,
        entry_count=checked.entries,
        change_count=checked.changes,
        last_chain_number=checked.last,
        last_signature=checked.signature,
        key_ids=sorted(walk.key_ids),
        problem=problem,
        verified_at=started,
    )


@dataclass(slots=True)
class _Checked:
    last: int
    entries: int = 0
    changes: int = 0
    signature: str = ""
    complete: bool = False


async def _check_page(
    database: Database,
    viewer: Viewer,
    walk: ChainWalk,
    head: ChainHead,
    page: Sequence[ChainEntry],
    checked: _Checked,
) -> AuditProblem | None:
    """The first problem of a page: of its entries, or of the feed rows of those before it."""
    problem: AuditProblem | None = None
    vouched: list[Vouched] = []
    for entry in page:
        # a large one takes a while, in which nobody else has a turn
        await asyncio.sleep(0)
        step = walk.step(entry)
        if isinstance(step, AuditProblem):
            problem = step
            break
        vouched.append(step)
    in_feed, found = await _feed_problem(database, viewer, vouched, head.first_sequence)
    right = [
        one for one in vouched if in_feed is None or one.entry.chain_number < in_feed.chain_number
    ]
    checked.entries += len(right)
    checked.changes += found
    if right:
        checked.last = right[-1].entry.chain_number
        checked.signature = right[-1].entry.signature
    return in_feed or problem


async def _feed_problem(
    database: Database, viewer: Viewer, vouched: Sequence[Vouched], first_kept: int
) -> tuple[AuditProblem | None, int]:
    """The first entry whose rows in the feed are not those it vouches for; how many rows were right.

    Entries are left out whose rows retention has begun to cut.
    """
    kept = [one for one in vouched if one.count and one.first >= first_kept]
    right = 0
    if not kept:
        return None, right
    digests = change_digests(database, viewer, kept[0].first, kept[-1].last)
    row = await anext(digests, None)
    for one in kept:
        hashed, count = sha256(), 0
        while row is not None and row[0] <= one.last:
            hashed.update(row[1])
            count += 1
            row = await anext(digests, None)
        if count != one.count or hashed.hexdigest() != one.digest:
            cut = (await chain_head(database, viewer)).first_sequence
            if cut > one.first:
                # retention went by while we looked
                again, more = await _feed_problem(database, viewer, vouched, cut)
                return again, more
            message = f"changes {one.first} to {one.last} are not the {one.count} it vouches for"
            return _problem(one.entry, AuditProblemKind.FEED, message), right
        right += count
    return None, right


def end_problem(walk: ChainWalk, head: ChainHead) -> AuditProblem | None:
    """What is wrong with the end of a chain that was walked to it, by the tenant's journal."""
    following = walk.number + 1
    if not head.has_journal and head.entry_beyond is not None:
        message = "the tenant's journal is gone, which says where the chain ends"
        return AuditProblem(chain_number=1, kind=AuditProblemKind.JOURNAL, message=message)
    if walk.number < head.audit_count:
        message = f"the chain ends with entry {walk.number}; {head.audit_count} were written"
        return AuditProblem(chain_number=following, kind=AuditProblemKind.MISSING, message=message)
    if head.entry_beyond is not None:
        message = f"entry {head.entry_beyond} stands beyond the {head.audit_count} written"
        return AuditProblem(
            chain_number=head.entry_beyond, kind=AuditProblemKind.INSERTED, message=message
        )
    if walk.signature != head.audit_signature:
        message = "the journal keeps another signature of the last entry"
        return AuditProblem(
            chain_number=walk.number, kind=AuditProblemKind.JOURNAL, message=message
        )
    if walk.next_sequence != head.last_sequence + 1:
        message = (
            f"the journal counts {head.last_sequence} changes, and the entries vouch for "
            f"{walk.next_sequence - 1}"
        )
        return AuditProblem(
            chain_number=walk.number, kind=AuditProblemKind.JOURNAL, message=message
        )
    if head.change_outside is not None:
        message = f"the feed has a change {head.change_outside} that no entry vouches for"
        return AuditProblem(chain_number=following, kind=AuditProblemKind.FEED, message=message)
    return None


def _problem(entry: ChainEntry, kind: AuditProblemKind, message: str) -> AuditProblem:
    return AuditProblem(
        chain_number=entry.chain_number, entry_id=UUID(entry.id), kind=kind, message=message
    )
