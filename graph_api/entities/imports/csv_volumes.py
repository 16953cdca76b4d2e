"""Reads lease-months from a CSV file as its mapping says: a row a month, in constant memory.

These tables are the long ones, so each distinct text is converted and checked once: a row costs
some look-ups. Nothing else differs from other tables.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from graph_api.entities.imports.csv_compile import (
    UNUSABLE,
    Fields,
    RowReport,
    Slot,
    compile_condition,
    compile_value,
    read_slot,
)
from graph_api.entities.imports.csv_entities import EntityOfRow
from graph_api.entities.imports.csv_mapping_model import Entity, TableMapping
from graph_api.entities.imports.csv_table import Rows, about_extra_columns
from graph_api.entities.imports.model_fields import field_check
from graph_api.entities.imports.records import (
    EntityKey,
    Origin,
    Rejection,
    Remark,
    VolumeRecord,
)
from graph_api.entities.models.volumes import LeaseVolume

_CACHED_LEASES = 65_536
_CACHED_TEXTS = 65_536

_LeaseReading = tuple[EntityKey | None, list[Rejection | Remark]]


class VolumeTable:
    """A mapping of volumes made ready for one file; ValueError if the mapping states none."""

    def __init__(self, mapping: TableMapping, file: str, header: list[str]) -> None:
        if mapping.volumes is None:
            raise ValueError(f"table {mapping.table} has no volumes")
        self._file = file
        positions = {column: header.index(column) for column in mapping.columns}
        self._extra = [column for column in header if column not in positions]
        slots = {
            name: compile_value(name, value, positions) for name, value in mapping.values.items()
        }
        stated = mapping.volumes
        self._month = _column_reader("month", slots.pop(stated.month), may_be_blank=False)
        self._volumes = [
            _column_reader(name, slots.pop(value), may_be_blank=True)
            for name, value in stated.volumes.items()
        ]
        lease = next(one for one in mapping.entities if one.name == stated.lease)
        self._leases = _LeaseReader(lease, list(slots.values()), positions)
        self._refusals = [
            (compile_condition(refusal.when, positions), refusal.reason)
            for refusal in mapping.reject
        ]

    def records(self, rows: Rows) -> Iterator[VolumeRecord | Rejection | Remark]:
        """A lease-month for each row that has a lease, a month and at least one volume."""
        yield from about_extra_columns(self._file, self._extra)
        file, leases, month_reader, readers = self._file, self._leases, self._month, self._volumes
        for item in rows:
            if not isinstance(item, tuple):
                yield item
                continue
            line, fields = item
            origin = Origin(file, line)
            if self._refusals and (reason := self._refusal(fields)) is not None:
                yield Rejection(origin, "", ",".join(fields), reason)
                continue
            lease, found = leases.read(fields)
            month, reason = month_reader.read(fields[month_reader.position])
            volumes: dict[str, int] = {}
            for reader in readers:
                value, doubt = reader.read(fields[reader.position])
                if doubt is not None:
                    yield Rejection(origin, reader.column, fields[reader.position], doubt)
                elif value is not None:
                    volumes[reader.name] = value
            if found:
                yield from (replace(one, origin=origin) for one in found)
            if reason is not None:
                text = fields[month_reader.position]
                yield Rejection(origin, month_reader.column, text, reason)
            elif lease is not None and volumes:
                yield VolumeRecord(lease, month, volumes, origin)
            elif not any(fields[reader.position].strip() for reader in readers):
                yield Rejection(origin, "", ",".join(fields), "the row reports no volume")

    def _refusal(self, fields: Fields) -> str | None:
        return next((reason for applies, reason in self._refusals if applies(fields)), None)


@dataclass(frozen=True, slots=True)
class _ColumnReader:
    """Reads one column by the conversion of its value and the check of the field it is for."""

    name: str
    column: str
    position: int
    read: Callable[[str], tuple[Any, str | None]]


def _column_reader(name: str, slot: Slot, *, may_be_blank: bool) -> _ColumnReader:
    check = field_check(LeaseVolume, name)

    @lru_cache(maxsize=_CACHED_TEXTS)
    def read(text: str) -> tuple[Any, str | None]:
        value, reason = slot.read(text)
        if value is UNUSABLE:
            return None, reason
        if value is None:
            return None, None if may_be_blank else "blank, and a lease-month cannot be without"
        return check(value)

    return _ColumnReader(name, slot.columns[0], slot.positions[0], read)


class _LeaseReader:
    """Reads the lease of a row; the answer depends on the texts of a few columns only."""

    def __init__(self, entity: Entity, slots: Sequence[Slot], positions: Mapping[str, int]) -> None:
        self._slots = slots
        self._entity = EntityOfRow(entity, slots, positions, {}, "")
        places = {place for slot in slots for place in slot.positions}
        places |= {positions[column] for column in entity.when}
        self._places = tuple(sorted(places))
        self._known: dict[tuple[str, ...], _LeaseReading] = {}

    def read(self, fields: Fields) -> _LeaseReading:
        """The lease's key, or None, and what is to be said of every row with these texts."""
        texts = tuple([fields[place] for place in self._places])
        known = self._known.get(texts)
        if known is None:
            if len(self._known) >= _CACHED_LEASES:
                self._known.clear()
            known = self._known[texts] = self._read_anew(fields)
        return known

    def _read_anew(self, fields: Fields) -> _LeaseReading:
        report = RowReport(Origin("", 0))
        values = [read_slot(slot, fields, report) for slot in self._slots]
        found = self._entity.read(values, fields, report)
        return (found.key if found else None), report.found
