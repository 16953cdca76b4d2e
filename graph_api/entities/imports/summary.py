"""What a load came to: counts by kind, and a report of every line that was not taken as it is."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from graph_api.core.graph.linking import Outcome
from graph_api.entities.imports.records import Origin, Rejection, Remark

REPORT_COLUMNS = ("kind", "file", "line", "field", "value", "reason")
_LONGEST_VALUE = 200


@dataclass(slots=True)
class LoadSummary:
    """Counts of one load; `by_kind` is keyed by label, edge type or `lease-month`."""

    read: int = 0
    rejected: int = 0
    remarks: int = 0
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)
    unmatched: Counter[str] = field(default_factory=Counter)
    """How often each missing entity was named: `Lease G|08|053921`."""

    def count(self, kind: str, outcome: str, number: int = 1) -> None:
        """Note what became of records of a kind."""
        if number:
            self.by_kind.setdefault(kind, Counter())[outcome] += number

    def total(self, outcome: str) -> int:
        """How many records of all kinds came to this."""
        return sum(counts[outcome] for counts in self.by_kind.values())

    @property
    def unmatched_count(self) -> int:
        """How many records named an entity that is not there."""
        return self.total("UNMATCHED")

    @property
    def changed(self) -> int:
        """How many records created or updated something: none on a second run."""
        return self.total(Outcome.CREATED) + self.total(Outcome.UPDATED)


class LoadReport:
    """A CSV of everything a person should look at; nothing is dropped silently.

    Without a path it is kept in memory, for the few records that the service itself brings.
    """

    def __init__(self, path: Path | None) -> None:
        self._stream = (
            io.StringIO() if path is None else path.open("w", encoding="utf-8", newline="")
        )
        self._writer = csv.writer(self._stream)
        self._writer.writerow(REPORT_COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def note(self, found: Rejection | Remark) -> None:
        """Note what a reader refused or remarked on."""
        kind = "rejected" if isinstance(found, Rejection) else "remark"
        self.line(kind, found.origin, found.field, found.value, found.reason)

    def line(self, kind: str, origin: Origin, name: str, value: str, reason: str) -> None:
        """Add one line."""
        shown = value.encode("utf-8", "backslashreplace").decode()[:_LONGEST_VALUE]
        self._writer.writerow((kind, origin.file, origin.line, name, shown, reason))

    def unmatched(self, named: Iterable[tuple[str, int]]) -> None:
        """Add what was named and is not there, with how often."""
        for key, count in sorted(named):
            reason = f"named by {count} records, and no file defines it"
            self._writer.writerow(("unmatched", "", "", "", key, reason))
