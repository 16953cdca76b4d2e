"""Whether the process is on its way down: it finishes what it has begun, and begins nothing new."""

import asyncio

RESUMABLE = "resumable_stream"
"""Key of a request's state: true where the client carries on elsewhere if its stream breaks off."""


class Draining:
    """Begins once, when the process is asked to stop, and never ends."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether the process is on its way down."""
        return self._event.is_set()

    def begin(self) -> None:
        """Say that the process is on its way down; call it from the loop that serves."""
        self._event.set()

    async def wait(self) -> None:
        """Wait until the process is on its way down."""
        await self._event.wait()
