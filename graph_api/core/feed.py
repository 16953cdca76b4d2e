"""The change feed: the log of a tenant's changes, read in order, from any cursor, without a hole.

A cursor is a change's number. Numbers are given under the tenant's journal, in commit order and
without gaps, so a reader that has seen one has seen all before it. LISTEN/NOTIFY only wakes
readers: what they deliver comes from the log. The latest changes of a tenant that anybody follows
are kept in memory and shared; whoever falls further behind reads from the log, and neither makes
others wait nor memory grow.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import orjson

from graph_api.core.age import serving_options
from graph_api.core.database import Database, Row
from graph_api.core.errors import ApiError, bad_input
from graph_api.core.journal import ChangeKind
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

_log = logging.getLogger("graph_api")

CHANNEL = "graph_api_feed"
ALL_KINDS = frozenset(kind.value for kind in ChangeKind)
_PAGE = 500
_KEPT_IN_MEMORY = 2000
_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 0.5
_PROBE_SECONDS = 5.0
_CONNECT_SECONDS = 5.0
_UNASKED_SECONDS = 2.0
_LISTENING_FAILS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One change as it stands in the log."""

    sequence: int
    kind: str
    subject_id: str
    entity_type: str | None
    entity_id: str | None
    domain: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    cause: str
    actor: str
    rule_version_id: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Changes that retention has removed before they could be delivered."""

    first_sequence: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which changes a reader wants; None means all."""

    kinds: frozenset[str]
    domains: frozenset[str] | None = None
    entity_ids: frozenset[str] | None = None
    entity_types: frozenset[str] | None = None
    statuses: frozenset[str] | None = None

    def wants(self, event: ChangeEvent) -> bool:
        """Whether a change passes; replay and live delivery ask the same."""
        return (
            event.kind in self.kinds
            and (self.domains is None or event.domain in self.domains)
            and (self.entity_ids is None or event.entity_id in self.entity_ids)
            and (self.entity_types is None or event.entity_type in self.entity_types)
            and (
                self.statuses is None
                or str((event.after or {}).get("status")).lower() in self.statuses
            )
        )


class _Tail:
    """The latest changes of one tenant, and those who wait for more."""

    def __init__(self) -> None:
        self.events: deque[ChangeEvent] = deque(maxlen=_KEPT_IN_MEMORY)
        self.position: int | None = None
        self.followers = 0
        self.stale = asyncio.Event()
        self.grown = asyncio.Event()
        self.pump: asyncio.Task[None] | None = None

    def after(self, position: int) -> list[ChangeEvent] | None:
        """The kept changes after a position; None where it lies before what is kept."""
        if not self.events or position < self.events[0].sequence - 1:
            return None
        return [
            self.events[at]
            for at in range(position - self.events[0].sequence + 1, len(self.events))
        ]

    def add(self, events: Sequence[ChangeEvent]) -> None:
        """Keep new changes and wake who waits."""
        self.events.extend(events)
        self.position = events[-1].sequence
        self.grown.set()
        self.grown = asyncio.Event()


class ChangeFeed:
    """All followers of one process: one listening connection, one shared tail per tenant."""

    def __init__(self, dsn: str, database: Database) -> None:
        self._dsn = dsn
        self._database = database
        self._tails: dict[str, _Tail] = {}
        self._listener: asyncio.Task[None] | None = None
        self.connected = False
        self.lag_seconds: float | None = None
        """From the writing of the last change that arrived here to its arrival; None before it."""

    @property
    def followers(self) -> int:
        """How many subscriptions follow the feed in this process."""
        return sum(tail.followers for tail in self._tails.values())

    async def start(self) -> None:
        """Begin to listen; goes on, and comes back by itself, until `stop`."""
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening and reading."""
        tasks = [self._listener, *(tail.pump for tail in self._tails.values())]
        for task in tasks:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _listen(self) -> None:
        wait = _RETRY_SECONDS
        while True:
            try:
                async with self._database.reachability.wait(_CONNECT_SECONDS):
                    connection = await asyncpg.connect(
                        **await serving_options(self._dsn, _CONNECT_SECONDS)
                    )
                self._database.reachability.opened(connection)
                lost = asyncio.Event()
                connection.add_termination_listener(partial(_set, lost))
                try:
                    await connection.add_listener(CHANNEL, self._heard)
                    self.connected, wait = True, _RETRY_SECONDS
                    # whatever was missed while nobody listened is in the log
                    self._wake_all()
                    while True:
                        with suppress(TimeoutError):
                            await asyncio.wait_for(lost.wait(), _PROBE_SECONDS)
                        await connection.fetchval(
                            statement("probe_feed_connection").text, timeout=_PROBE_SECONDS
                        )
                finally:
                    self.connected = False
                    connection.terminate()
            except (ApiError, *_LISTENING_FAILS) as error:
                _log.warning("the feed's connection was lost and is made again: %s", error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_RETRY_SECONDS)

    def _heard(self, _connection: object, _pid: int, _channel: str, tenant_id: object) -> None:
        tail = self._tails.get(str(tenant_id))
        if tail is not None:
            tail.stale.set()

    def _wake_all(self) -> None:
        for tail in self._tails.values():
            tail.stale.set()

    async def cut(self, viewer: Viewer, first_sequence: int) -> int:
        """Retention: remove changes before a number; returns how many there were.

        Whoever asks for one of them later is told of the gap.
        """
        async with self._database.transaction(viewer, "pruneFeed") as session:
            rows = await session.fetch(statement("cut_feed"), viewer.tenant_id, first_sequence)
            if rows:
                session.journal.details["removed"] = len(rows)
        return len(rows)

    async def cut_before(self, viewer: Viewer, moment: datetime) -> int:
        """Retention by time: remove the changes written before a moment."""
        rows = await self._database.fetch(
            viewer, statement("first_change_since"), viewer.tenant_id, moment
        )
        return await self.cut(viewer, rows[0]["sequence"]) if rows else 0

    async def head(self, viewer: Viewer) -> int:
        """The number of the viewer's last change; 0 before the first."""
        rows = await self._database.fetch(viewer, statement("feed_head"), viewer.tenant_id)
        return int(rows[0]["last_sequence"]) if rows else 0

    async def page(
        self, viewer: Viewer, after: int, wanted: FeedFilter, limit: int
    ) -> tuple[list[ChangeEvent], Gap | None, int]:
        """Changes after a cursor, the gap before them if any, and how far the page has looked."""
        rows = await self._database.fetch(
            viewer,
            statement("changes_after"),
            viewer.tenant_id,
            after,
            sorted(wanted.kinds),
            _listed(wanted.domains),
            _listed(wanted.entity_ids),
            _listed(wanted.entity_types),
            _listed(wanted.statuses),
            limit,
        )
        if not rows:
            if after > 0:
                raise bad_input("is beyond the last change", argument="after")
            return [], None, after
        first, head = rows[0]["first_sequence"], rows[0]["last_sequence"]
        if after > head:
            raise bad_input("is beyond the last change", argument="after")
        events = [_event(row) for row in rows if row["sequence"] is not None]
        gap = Gap(after + 1, first - 1) if after + 1 < first else None
        looked = events[-1].sequence if len(events) == limit else head
        return events, gap, looked

    async def follow(
        self, viewer: Viewer, after: int | None, wanted: FeedFilter
    ) -> AsyncGenerator[ChangeEvent | Gap, None]:
        """Every wanted change after a cursor, in order, for as long as the caller listens."""
        tail = self._joined(viewer)
        try:
            position = after if after is not None else await self.head(viewer)
            # the first look at a cursor that was given is at the log, which knows its bounds
            unchecked = after is not None
            while True:
                grown = tail.grown
                kept = None if unchecked else tail.after(position)
                behind = tail.position is None or position < tail.position
                if kept is None and (unchecked or behind):
                    unchecked = False
                    events, gap, looked = await self._patiently(viewer, position, wanted)
                    if gap is not None:
                        yield gap
                    for event in events:
                        yield event
                        await _others_turn()
                    if looked > position:
                        position = max(looked, position)
                        continue
                for event in kept or ():
                    position = event.sequence
                    if wanted.wants(event):
                        yield event
                        await _others_turn()
                if not kept:
                    await grown.wait()
        finally:
            self._left(viewer.tenant_id, tail)

    async def _patiently(
        self, viewer: Viewer, after: int, wanted: FeedFilter
    ) -> tuple[list[ChangeEvent], Gap | None, int]:
        """A page of the log, however long the database is away."""
        while True:
            try:
                return await self.page(viewer, after, wanted, _PAGE)
            except ApiError as error:
                if error.code not in ("UNAVAILABLE", "TIMEOUT"):
                    raise
                await asyncio.sleep(_RETRY_SECONDS)

    def _joined(self, viewer: Viewer) -> _Tail:
        tail = self._tails.setdefault(viewer.tenant_id, _Tail())
        tail.followers += 1
        if tail.pump is None:
            tail.stale.set()
            # in a context of its own: it outlives the operation that happens to begin it
            tail.pump = asyncio.create_task(self._pump(viewer, tail), context=Context())
        return tail

    def _left(self, tenant_id: str, tail: _Tail) -> None:
        tail.followers -= 1
        if tail.followers == 0 and tail.pump is not None:
            tail.pump.cancel()
            self._tails.pop(tenant_id, None)

    async def _pump(self, viewer: Viewer, tail: _Tail) -> None:
        """Bring a tenant's tail up to date whenever it is told to, and now and then unasked."""
        everything = FeedFilter(ALL_KINDS)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(tail.stale.wait(), _UNASKED_SECONDS)
            tail.stale.clear()
            while True:
                try:
                    if tail.position is None:
                        tail.position = await self.head(viewer)
                        tail.grown.set()
                        tail.grown = asyncio.Event()
                    events, _, _ = await self.page(viewer, tail.position, everything, _PAGE)
                except (ApiError, asyncpg.PostgresError):
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if not events:
                    break
                tail.add(events)
                self.lag_seconds = (datetime.now(UTC) - events[-1].occurred_at).total_seconds()


async def _others_turn() -> None:
    """Let the process do something else: a socket that takes what it is sent does not wait.

    Without it a replay would keep all others waiting, and go on when its client has gone.
    """
    await asyncio.sleep(0)


def _set(event: asyncio.Event, _connection: object) -> None:
    event.set()


def _listed(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _event(row: Row) -> ChangeEvent:
    return ChangeEvent(
        sequence=row["sequence"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        entity_type=row["entity_type"],
        entity_id=row["entity_id"],
        domain=row["domain"],
        before=None if row["before"] is None else orjson.loads(row["before"]),
        after=None if row["after"] is None else orjson.loads(row["after"]),
        cause=row["cause"],
        actor=row["actor"],
        rule_version_id=row["rule_version_id"],
        occurred_at=row["occurred_at"],
    )
