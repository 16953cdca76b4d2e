"""What a run reads: each thing once, and what several root fields want at one time together."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[list[Any]], Awaitable[dict[Any, Any]]]
"""Reads many things of one kind in one statement; answers by what was asked for."""


@dataclass(slots=True)
class _Batch:
    """What is to be read together, and who waits for it."""

    read: Read
    wanted: dict[Any, None]
    done: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class RunReads:
    """The reads of one run, remembered by kind."""

    def __init__(self, *, together: bool) -> None:
        self._known: dict[Hashable, dict[Any, Any]] = {}
        self._together = together
        """Whether root fields run at one time, so that what they want can be read together."""
        self._waiting: dict[Hashable, _Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def known(self, kind: Hashable) -> dict[Any, Any]:
        """What has been read of a kind."""
        return self._known.setdefault(kind, {})

    async def many(self, kind: Hashable, wanted: Collection[Any], read: Read) -> dict[Any, Any]:
        """Things of a kind, those among them that are not known read in one statement."""
        known = self.known(kind)
        missing = [one for one in dict.fromkeys(wanted) if one not in known]
        if not missing:
            return known
        if not self._together:
            known.update(await read(missing))
            return known
        batch = self._waiting.get(kind)
        if batch is None:
            batch = self._waiting[kind] = _Batch(read, {})
            # after all who are about to ask have asked
            asyncio.get_running_loop().call_soon(self._dispatch, kind)
        batch.wanted.update(dict.fromkeys(missing))
        await asyncio.shield(batch.done)
        return known

    def _dispatch(self, kind: Hashable) -> None:
        batch = self._waiting.pop(kind)
        task = asyncio.get_running_loop().create_task(self._run(kind, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, kind: Hashable, batch: _Batch) -> None:
        try:
            self.known(kind).update(await batch.read(list(batch.wanted)))
        except BaseException as error:
            if not batch.done.done():
                batch.done.set_exception(error)
                batch.done.exception()  # whoever waits has it; nobody need
            raise
        if not batch.done.done():
            batch.done.set_result(None)

    async def end(self) -> None:
        """End what is still being read: nobody waits for it."""
        if not self._tasks:
            return
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
