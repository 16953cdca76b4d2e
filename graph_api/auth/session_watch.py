"""Whether sessions and API keys still hold: asked rarely, and told to what is under way.

The database is asked for a session or key at most once in `INTERVAL_SECONDS`, however many requests
name it. What lasts longer than a request waits in `until_ended`.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from graph_api.auth.models import LiveApiKey, LiveSession
from graph_api.auth.store import (
    api_key_of,
    live_api_keys,
    live_sessions,
    note_key_use,
    note_session_use,
)
from graph_api.auth.tokens import expired
from graph_api.core.database import Database
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.viewer import Viewer

_log = logging.getLogger("graph_api")

INTERVAL_SECONDS: Final = 2.0
"""How old what is known of a session or key may be; a revocation is seen within it."""
NOTE_USE_SECONDS: Final = 60.0
"""How exact the last use of a session or an API key is."""

State = TypeVar("State")


@dataclass(slots=True)
class _Known(Generic[State]):
    state: State
    asked_at: float


class _Recent(Generic[State]):
    """What was asked a moment ago, by key; those who ask at the same time ask once."""

    def __init__(self) -> None:
        self._known: dict[str, _Known[State]] = {}
        self._asking: dict[str, asyncio.Task[State | None]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[State | None]]) -> State | None:
        known = self._known.get(key)
        if known is not None and time.monotonic() - known.asked_at < INTERVAL_SECONDS:
            return known.state
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key, ask))
            task.add_done_callback(_retrieve)
        # one who gives up waiting must not take the answer from the others
        return await asyncio.shield(task)

    async def _ask(self, key: str, ask: Callable[[], Awaitable[State | None]]) -> State | None:
        asked_at = time.monotonic()
        try:
            state = await ask()
        finally:
            # not so, where it was forgotten meanwhile: what comes is of before
            wanted = self._asking.get(key) is asyncio.current_task()
            if wanted:
                del self._asking[key]
        if wanted and state is not None:
            self._known[key] = _Known(state, asked_at)
        return state

    def forget(self, key: str) -> None:
        self._known.pop(key, None)
        self._asking.pop(key, None)

    def forget_all(self) -> None:
        self._known.clear()
        self._asking.clear()

    def drop_old(self) -> None:
        oldest = time.monotonic() - INTERVAL_SECONDS
        self._known = {key: one for key, one in self._known.items() if one.asked_at > oldest}


class _Uses:
    """What was used since that was last written down, which is done once a minute for each."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._noted_at: dict[str, float] = {}

    def add(self, used_id: str) -> None:
        self._used.add(used_id)

    def due(self) -> list[str]:
        oldest = time.monotonic() - NOTE_USE_SECONDS
        self._noted_at = {one: at for one, at in self._noted_at.items() if at > oldest}
        return sorted(self._used - self._noted_at.keys())

    def noted(self, used_ids: list[str]) -> None:
        self._used.difference_update(used_ids)
        self._noted_at.update(dict.fromkeys(used_ids, time.monotonic()))


class SessionWatch:
    """Knows which sessions and API keys are live, a moment ago at the latest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions: _Recent[LiveSession] = _Recent()
        self._keys: _Recent[LiveApiKey] = _Recent()
        self._waiting: dict[asyncio.Event, Viewer] = {}
        self._used_keys = _Uses()
        self._used_sessions = _Uses()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching; what waits goes on waiting."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def session(self, session_id: str) -> LiveSession | None:
        """The session of an id while it is live; raises ApiError where the database fails."""

        async def ask() -> LiveSession | None:
            return (await live_sessions(self._database, [session_id])).get(session_id)

        found = await self._sessions.get(session_id, ask)
        if found is not None and found.must_change_password:
            # it is about to change, and the next request must not be told to change it again
            self._sessions.forget(session_id)
        if found is None or found.expires_at <= datetime.now(UTC):
            return None
        self._used_sessions.add(session_id)
        return found

    async def api_key(self, presented: str) -> LiveApiKey | None:
        """The API key that was presented while it is live, and note that it is used."""
        name = hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()
        found = await self._keys.get(name, lambda: api_key_of(self._database, presented))
        if found is None or (found.expires_at and found.expires_at <= datetime.now(UTC)):
            return None
        self._used_keys.add(found.api_key_id)
        return found

    def forget(self, viewer: Viewer) -> None:
        """Ask the database again before the viewer's credential is believed: it has changed."""
        if viewer.session_id is not None:
            self._sessions.forget(viewer.session_id)
        if viewer.api_key_id is not None:
            self._keys.forget_all()

    async def until_ended(self, viewer: Viewer) -> ApiError:
        """Wait until what a viewer was proved by has expired or was revoked, and say which.

        Waits for ever for a viewer that was proved by nothing that ends.
        """
        ended = asyncio.Event()
        self._waiting[ended] = viewer
        try:
            async with asyncio.timeout(_seconds_left(viewer)):
                await ended.wait()
        except TimeoutError:
            return expired()
        finally:
            del self._waiting[ended]
        return ApiError(ErrorCode.UNAUTHENTICATED, "the session or API key has ended or changed")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            try:
                await self._tell_the_ended()
                await self._note_uses()
            except ApiError:
                # nothing is known to have been revoked, and requests find the database away too
                continue
            except Exception:
                _log.exception("the watch over sessions failed; it goes on")
            self._sessions.drop_old()
            self._keys.drop_old()

    async def _tell_the_ended(self) -> None:
        waiting = dict(self._waiting)
        sessions = sorted({one.session_id for one in waiting.values() if one.session_id})
        keys = sorted({one.api_key_id for one in waiting.values() if one.api_key_id})
        live: dict[str, LiveSession | LiveApiKey] = {}
        if sessions:
            live.update(await live_sessions(self._database, sessions))
        if keys:
            live.update(await live_api_keys(self._database, keys))
        for ended, viewer in waiting.items():
            named = viewer.session_id or viewer.api_key_id
            if named is not None and not _still_holds(viewer, live.get(named)):
                # whoever is told comes back at once, and must not be believed from memory
                self.forget(viewer)
                ended.set()

    async def _note_uses(self) -> None:
        if keys := self._used_keys.due():
            await note_key_use(self._database, keys)
            self._used_keys.noted(keys)
        if sessions := self._used_sessions.due():
            await note_session_use(self._database, sessions)
            self._used_sessions.noted(sessions)


def _still_holds(viewer: Viewer, live: LiveSession | LiveApiKey | None) -> bool:
    """Whether a viewer may go on as it began; one whose roles have changed begins anew."""
    if live is None or live.roles != viewer.roles:
        return False
    return not isinstance(live, LiveApiKey) or live.scopes == viewer.scopes


def _seconds_left(viewer: Viewer) -> float | None:
    if viewer.expires_at is None:
        return None
    return (viewer.expires_at - datetime.now(UTC)).total_seconds()


def _retrieve(task: "asyncio.Task[State | None]") -> None:
    """Take note of a failure that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
