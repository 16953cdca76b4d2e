"""How fast a walk along the audit may go."""

from time import monotonic

_ENTRIES_AT_A_TIME = 200
# an entry may name thousands of entities, and vouch for as many changes: with little time, few are
# taken until it shows how long they last, and never so many that some large ones last too long
_ENTRIES_AT_FIRST = 5
_ENTRIES_IN_A_HURRY = 50
_SECONDS_AT_A_TIME = 0.25


class Pace:
    """How many entries to take at a time, so that a walk ends after about so many seconds.

    Without a number of seconds, it never has to end.
    """

    def __init__(self, seconds: float | None) -> None:
        self._began = monotonic()
        self._ends = None if seconds is None else self._began + seconds
        self.entries = _ENTRIES_AT_A_TIME if seconds is None else _ENTRIES_AT_FIRST

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._ends is not None and monotonic() >= self._ends

    def next(self) -> None:
        """Take more at a time where the last ones went fast, fewer where they did not."""
        if self._ends is None:
            return
        before, self._began = self._began, monotonic()
        if self._began - before > _SECONDS_AT_A_TIME:
            self.entries = max(1, self.entries // 2)
        else:
            self.entries = min(_ENTRIES_IN_A_HURRY, self.entries * 2)
