"""Reads the rows of one CSV file as its mapping says."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from graph_api.entities.imports.csv_compile import (
    UNUSABLE,
    Fields,
    RowReport,
    compile_condition,
    compile_value,
    read_slot,
)
from graph_api.entities.imports.csv_entities import EntityOfRow, LinkOfRow, Resolve, RowEntity
from graph_api.entities.imports.csv_mapping_model import TableMapping
from graph_api.entities.imports.csv_merge import Collector
from graph_api.entities.imports.csv_rows import CsvRow
from graph_api.entities.imports.records import Origin, Rejection, Remark

Rows = Iterable[CsvRow | Rejection | Remark]
Observe = Callable[[Mapping[str, RowEntity], Origin], None]
"""Is shown the entities of each row by their names in the mapping."""


class CsvTable:
    """A mapping made ready for one file: its columns found, its parts compiled to functions."""

    def __init__(
        self,
        mapping: TableMapping,
        file: str,
        header: list[str],
        resolvers: Mapping[str, Resolve] | None = None,
    ) -> None:
        self.mapping = mapping
        self._file = file
        positions = {column: header.index(column) for column in mapping.columns}
        self._positions = positions
        self._extra = [column for column in header if column not in positions]
        self._slots = [
            compile_value(name, value, positions) for name, value in mapping.values.items()
        ]
        index_of = {slot.name: index for index, slot in enumerate(self._slots)}
        self._entities = [
            EntityOfRow(entity, self._slots, positions, resolvers or {}, mapping.format)
            for entity in mapping.entities
        ]
        self._links = [LinkOfRow(link, self._slots, positions) for link in mapping.links]
        self._refusals = [
            (
                compile_condition(refusal.when, positions),
                None if refusal.value is None else index_of[refusal.value],
                refusal.reason,
            )
            for refusal in mapping.reject
        ]
        self._notices = [
            (notice, compile_condition(notice.when, positions)) for notice in mapping.remark
        ]
        self._noticed: set[tuple[str, str]] = set()

    def collect(
        self, rows: Rows, collector: Collector, observe: Observe | None = None
    ) -> Iterator[Rejection | Remark]:
        """Add the entities and edges of all rows to the collector; yields what is said of them."""
        yield from self._about_the_header()
        for item in rows:
            if not isinstance(item, tuple):
                yield item
                continue
            line, fields = item
            report = RowReport(Origin(self._file, line))
            self._collect_row(fields, report, collector, observe)
            yield from report.found

    def _collect_row(
        self, fields: Fields, report: RowReport, collector: Collector, observe: Observe | None
    ) -> None:
        values = self._read(fields, report)
        if values is None:
            return
        row: dict[str, RowEntity] = {}
        for entity in self._entities:
            if (found := entity.read(values, fields, report)) is not None:
                row[entity.name] = found
        for entity in self._entities:
            if entity.name in row:
                entity.collect(row[entity.name], row, values, fields, report, collector)
        for link in self._links:
            link.collect(row, values, fields, report, collector)
        if observe is not None:
            observe(row, report.origin)

    def _read(self, fields: Fields, report: RowReport) -> list[Any] | None:
        """The row's slots; None for a rejected row."""
        refused: dict[int, str] = {}
        for applies, index, reason in self._refusals:
            if applies(fields):
                if index is None:
                    report.reject("", ",".join(fields), reason)
                    return None
                refused.setdefault(index, reason)
        self._take_notice(fields, report)
        values: list[Any] = []
        for index, slot in enumerate(self._slots):
            if index in refused:
                report.reject(", ".join(slot.columns), slot.text(fields), refused[index])
                values.append(UNUSABLE)
            else:
                values.append(read_slot(slot, fields, report))
        return values

    def _take_notice(self, fields: Fields, report: RowReport) -> None:
        for notice, applies in self._notices:
            text = fields[self._positions[notice.column]]
            if (notice.reason, text) not in self._noticed and applies(fields):
                self._noticed.add((notice.reason, text))
                report.remark(notice.column, text, notice.reason)

    def _about_the_header(self) -> Iterator[Remark]:
        return about_extra_columns(self._file, self._extra)


def about_extra_columns(file: str, columns: Iterable[str]) -> Iterator[Remark]:
    """A remark for each column of a file that its mapping does not know."""
    for column in columns:
        yield Remark(Origin(file, 1), column, "", "the column is not in the mapping: not loaded")
