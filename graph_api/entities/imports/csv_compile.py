"""Turns the parts of a mapping into functions over a row's fields, once per file.

A row's fields are first read into slots, one per named value; entities, edges and volumes are then
made from the slots. Whatever cannot be used is told to the row's report.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from graph_api.entities.imports.csv_conversions import CONVERSIONS, Doubtful
from graph_api.entities.imports.csv_mapping_model import (
    Condition,
    Conditional,
    Constant,
    Source,
    Test,
    Value,
)
from graph_api.entities.imports.records import Origin, Rejection, Remark

_CACHED_TEXTS = 16_384

Fields = Sequence[str]
Slots = Sequence[Any]


class _Unusable:
    """The content of a slot whose text was rejected."""


UNUSABLE: Final = _Unusable()


class Reading(NamedTuple):
    """What a text means, and what is to be said about it; `value` may be UNUSABLE."""

    value: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A compiled value: where its text stands in the row, and how it is read."""

    name: str
    columns: tuple[str, ...]
    positions: tuple[int, ...]
    read: Callable[..., Reading]

    def texts(self, fields: Fields) -> tuple[str, ...]:
        """The texts the value is read from."""
        return tuple([fields[position] for position in self.positions])

    def text(self, fields: Fields) -> str:
        """The texts as one, for reports."""
        return ", ".join(self.texts(fields))


class RowReport:
    """What is to be said about one row: rejections and remarks, each once."""

    __slots__ = ("found", "kept_texts", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.found: list[Rejection | Remark] = []
        self.kept_texts: dict[str, str] = {}
        """Texts of the row that no value stands for, by column."""

    def reject(self, field: str, value: str, reason: str) -> None:
        """Say that a field, or with an empty `field` the row, could not be taken."""
        self._say(Rejection(self.origin, field, value, reason))

    def remark(self, field: str, value: str, reason: str) -> None:
        """Say that something was taken as it stands and should be looked at."""
        self._say(Remark(self.origin, field, value, reason))

    def _say(self, found: Rejection | Remark) -> None:
        said = ((one.field, one.reason) for one in self.found)
        if (found.field, found.reason) not in said:
            self.found.append(found)


def compile_value(name: str, value: Value, positions: Mapping[str, int]) -> Slot:
    """The slot of a named value in a file whose columns stand at `positions`."""
    columns = value.columns_of(name)
    convert = CONVERSIONS[value.conversion].build(value.options)
    instead_of_blank = value.blank

    @lru_cache(maxsize=_CACHED_TEXTS)
    def read(*texts: str) -> Reading:
        stripped = [text.strip() for text in texts]
        if not any(stripped):
            if instead_of_blank is None:
                return Reading(None)
            return Reading(instead_of_blank, f"blank: taken as {instead_of_blank}")
        try:
            result = convert(*stripped)
        except ValueError as error:
            return Reading(UNUSABLE, str(error))
        return Reading(*result) if isinstance(result, Doubtful) else Reading(result)

    return Slot(name, columns, tuple(positions[column] for column in columns), read)


def read_slot(slot: Slot, fields: Fields, report: RowReport) -> Any:
    """The content of a slot in a row; what is to be said about it goes to the report."""
    texts = slot.texts(fields)
    value, reason = slot.read(*texts)
    if reason is None:
        return value
    columns = ", ".join(slot.columns)
    if value is UNUSABLE:
        report.reject(columns, ", ".join(texts), reason)
    else:
        report.remark(columns, ", ".join(texts), reason)
        report.kept_texts.update(
            (column, text) for column, text in zip(slot.columns, texts, strict=True) if text.strip()
        )
    return value


def compile_condition(
    condition: Condition, positions: Mapping[str, int]
) -> Callable[[Fields], bool]:
    """Whether a row's fields pass all tests of the condition."""
    tests = [(positions[column], _test(test)) for column, test in condition.items()]
    if not tests:
        return lambda fields: True
    if len(tests) == 1:
        position, passes = tests[0]
        return lambda fields: passes(fields[position].strip())
    return lambda fields: all(passes(fields[position].strip()) for position, passes in tests)


def _test(test: Test) -> Callable[[str], bool]:
    if test.one_of is not None:
        return frozenset(test.one_of).__contains__
    if test.blank is not None:
        blank = test.blank
        return lambda text: (not text) is blank
    assert test.matches is not None  # noqa: S101 - a test says exactly one thing
    matches = test.matches.fullmatch
    return lambda text: matches(text) is not None


def compile_source(
    source: Source, slots: Mapping[str, int], positions: Mapping[str, int]
) -> Callable[[Slots, Fields], Any]:
    """What a field is filled from, as a function of the row."""
    if isinstance(source, Constant):
        constant = source.constant
        return lambda values, fields: constant
    if isinstance(source, Conditional):
        index, applies = slots[source.value], compile_condition(source.when, positions)
        return lambda values, fields: values[index] if applies(fields) else None
    index = slots[source]
    return lambda values, fields: values[index]


@dataclass(frozen=True, slots=True)
class FieldFiller:
    """Fills one field of an entity or edge from a row, checked as its model checks it."""

    name: str
    source: Callable[[Slots, Fields], Any]
    check: Callable[[Any], tuple[Any, str | None]]
    slot: Slot | None
    """The slot it is filled from, for reports; None for a constant."""

    def fill(self, values: Slots, fields: Fields, report: RowReport) -> Any:
        """The field's value, None where the row says nothing, UNUSABLE where it is rejected."""
        value = self.source(values, fields)
        if value is None or value is UNUSABLE:
            return value
        checked, reason = self.check(value)
        if reason is None:
            return checked
        report.reject(self.columns, self.text(fields), reason)
        return UNUSABLE

    @property
    def columns(self) -> str:
        """The names of the columns it is filled from."""
        return ", ".join(self.slot.columns) if self.slot else self.name

    def text(self, fields: Fields) -> str:
        """The text it is filled from, for reports."""
        return self.slot.text(fields) if self.slot else ""


def compile_fillers(
    sources: Mapping[str, Source],
    checks: Callable[[str], Callable[[Any], tuple[Any, str | None]]],
    slots: Sequence[Slot],
    positions: Mapping[str, int],
) -> tuple[FieldFiller, ...]:
    """Fillers of the named fields; `checks` gives the check of a field by its name."""
    index_of = {slot.name: index for index, slot in enumerate(slots)}
    return tuple(
        FieldFiller(
            name, compile_source(source, index_of, positions), checks(name), _slot(source, slots)
        )
        for name, source in sources.items()
    )


def _slot(source: Source, slots: Iterable[Slot]) -> Slot | None:
    if isinstance(source, Constant):
        return None
    name = source.value if isinstance(source, Conditional) else source
    return next(slot for slot in slots if slot.name == name)
