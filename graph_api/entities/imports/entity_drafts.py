"""An entity as it is read, field by field: what is bad becomes a rejection, the rest stays."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from graph_api.core.model import GraphEntity
from graph_api.entities.imports.model_fields import field_check, required_fields
from graph_api.entities.imports.official_texts import plain_text
from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Origin,
    Record,
    Rejection,
    Remark,
)
from graph_api.entities.models import in_texas

_MENTIONS_REMEMBERED = 100_000

_check = lru_cache(maxsize=None)(field_check)
_required = lru_cache(maxsize=None)(required_fields)


class Draft:
    """One entity in the making, from one record of a source."""

    def __init__(self, model: type[GraphEntity], origin: Origin, source: str) -> None:
        self.model = model
        self.origin = origin
        self.source = source
        self.values: dict[str, Any] = {}
        self.attributes: dict[str, JsonValue] = {}
        self.references: dict[str, EntityKey] = {}
        self.reference_lists: dict[str, tuple[EntityKey, ...]] = {}
        self.findings: list[Rejection | Remark] = []
        self._rejected = False

    def read(
        self,
        field: str,
        text: str,
        convert: Callable[[str], object] = plain_text,
        column: str | None = None,
    ) -> Any:
        """Set a field from a text; a blank is no value, a bad one is rejected by its column."""
        stripped = text.strip()
        if not stripped:
            return None
        try:
            value = convert(stripped)
        except ValueError as error:
            self.reject(column or field, stripped, str(error))
            return None
        return self.put(field, value, stripped, column)

    def put(
        self, field: str, value: object, text: str | None = None, column: str | None = None
    ) -> Any:
        """Set a field to a value that its model accepts; None is no value."""
        if value is None or value == "":
            return None
        kept, reason = _check(self.model, field)(value)
        if reason is not None:
            self.reject(column or field, str(value) if text is None else text, reason)
            return None
        self.values[field] = kept
        return kept

    def code(
        self,
        field: str,
        text: str,
        meanings: Mapping[str, object],
        column: str,
        unknown: object = None,
    ) -> Any:
        """Set a field from a code; an unlisted one is kept in the attributes, with a remark."""
        stripped = text.strip()
        if not stripped:
            return None
        if stripped in meanings:
            return self.put(field, meanings[stripped], stripped, column)
        self.attribute(column, stripped)
        told = f" and was read as {unknown}" if unknown is not None else ""
        self.remark(column, stripped, f"the code is not known{told}; it is kept in the attributes")
        return self.put(field, unknown, stripped, column)

    def attribute(self, name: str, value: JsonValue) -> None:
        """Keep what the source says and no field holds; blanks are not kept."""
        kept = plain_text(value) if isinstance(value, str) else value
        if kept not in ("", None, [], {}):
            self.attributes[name] = kept

    def reject(self, field: str, value: str, reason: str) -> None:
        """Note a value that could not be taken."""
        self._rejected = True
        self.findings.append(Rejection(self.origin, field, plain_text(value), reason))

    def remark(self, field: str, value: str, reason: str) -> None:
        """Note a value that was taken and that someone should look at."""
        self.findings.append(Remark(self.origin, field, plain_text(value), reason))

    def position(self, prefix: str, latitude: float | None, longitude: float | None) -> bool:
        """Set both coordinates or neither; a position outside Texas is kept with a remark."""
        if latitude is None or longitude is None:
            return False
        shown = f"{latitude} {longitude}"
        names = (f"{prefix}latitude", f"{prefix}longitude")
        if self.put(names[0], latitude, shown) is None or self.put(names[1], longitude) is None:
            for name in names:
                self.values.pop(name, None)
            return False
        if not in_texas(latitude, longitude):
            self.remark(names[0], shown, "the position lies outside Texas")
        return True

    def in_order(self, first: str, last: str) -> None:
        """Reject the later of two dates that stand in the wrong order."""
        start, end = self.values.get(first), self.values.get(last)
        if start is not None and end is not None and end < start:
            self.reject(last, str(end), f"{last} must not be before {first} ({start})")
            del self.values[last]

    def tell_once(self, told: set[tuple[str, str]]) -> None:
        """Drop findings about a column and text that another draft of the row has told of."""
        self.findings = [found for found in self.findings if (found.field, found.value) not in told]
        told.update((found.field, found.value) for found in self.findings)

    @property
    def key(self) -> EntityKey | None:
        """The entity's key, or None while a field that every record needs is missing."""
        if not _required(self.model) <= self.values.keys():
            return None
        return EntityKey(self.model.label(), self.model.natural_key_of(self.values))

    def record(self, *, only_if_absent: bool = False) -> EntityRecord:
        """The entity as a record, whether or not it is complete."""
        reference = f"{self.origin.file}:{self.origin.line}"
        values = {**self.values, "source": self.source, "source_reference": reference}
        if self.attributes:
            values["attributes"] = self.attributes
        return EntityRecord(
            self.model.label(),
            values,
            self.origin,
            self.references,
            only_if_absent,
            self.reference_lists,
        )

    def records(self, *, only_if_absent: bool = False) -> Iterator[Record]:
        """What was found on the way, and the record if the entity has all it needs."""
        missing = sorted(_required(self.model) - self.values.keys())
        if missing and not self._rejected:
            label = self.model.label()
            self.reject(missing[0], "", f"the record gives no {missing[0]} for its {label}")
        yield from self.findings
        if not missing:
            yield self.record(only_if_absent=only_if_absent)


class Mentions:
    """Entities that a reader mentioned not long ago and need not mention again.

    It remembers so many at most, so a reader's memory stays bounded; to forget one only repeats
    a record that changes nothing.
    """

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()

    def is_new(self, key: Hashable) -> bool:
        """Whether this is not remembered; from now on it is."""
        if key in self._seen:
            return False
        if len(self._seen) >= _MENTIONS_REMEMBERED:
            self._seen.clear()
        self._seen.add(key)
        return True


def link(
    edge_type: str,
    start: EntityKey | None,
    end: EntityKey | None,
    origin: Origin,
    source: str,
    **properties: object,
) -> Iterator[LinkRecord]:
    """A link that the source states, if both its ends are known."""
    if start is not None and end is not None:
        given = {name: value for name, value in properties.items() if value is not None}
        stated = {**given, "source": source, "inferred": False}
        yield LinkRecord(edge_type, start, end, origin, stated)
