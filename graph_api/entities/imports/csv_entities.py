"""What a row says: the entities it is about and the edges between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.entities.imports.csv_compile import (
    UNUSABLE,
    FieldFiller,
    Fields,
    RowReport,
    Slot,
    Slots,
    compile_condition,
    compile_fillers,
)
from graph_api.entities.imports.csv_mapping_model import Entity, Link
from graph_api.entities.imports.csv_merge import Collector, Rank
from graph_api.entities.imports.model_fields import (
    edge_model,
    entity_model,
    fault_of,
    field_check,
    required_fields,
)
from graph_api.entities.imports.records import EntityKey, LinkRecord

_CACHED_EDGES = 4_096

Resolve = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], str | None]]
"""Completes the fields of an entity before its key is made; the text is a remark, told once."""


@dataclass(frozen=True, slots=True)
class RowEntity:
    """An entity as one row describes it."""

    key: EntityKey
    values: Mapping[str, Any]


class EntityOfRow:
    """A compiled entity of a mapping."""

    def __init__(
        self,
        entity: Entity,
        slots: Sequence[Slot],
        positions: Mapping[str, int],
        resolvers: Mapping[str, Resolve],
        source: str,
    ) -> None:
        model = entity_model(entity.label)
        if model is None:
            raise ValueError(f"there is no entity type {entity.label}")
        if entity.resolve is not None and entity.resolve not in resolvers:
            raise ValueError(f"entity {entity.name}: there is no step {entity.resolve!r}")
        self.name = entity.name
        self._entity = entity
        self._source = source
        self._model: type[GraphEntity] = model
        self._applies = compile_condition(entity.when, positions)
        self._fillers = compile_fillers(
            entity.fields, partial(field_check, model), slots, positions
        )
        self._attributes = compile_fillers(
            entity.attributes, lambda _: _taken_as_it_is, slots, positions
        )
        needed = required_fields(model)
        if entity.gives == "reference":
            needed &= frozenset(model.natural_key_fields)
        self._needed = needed | frozenset(entity.key)
        # A bad text in a key must not lead to another key; a blank may, as the model sees fit.
        self._key = frozenset(entity.key or model.natural_key_fields) | self._needed
        self._resolve = resolvers[entity.resolve] if entity.resolve else None

    def read(self, values: Slots, fields: Fields, report: RowReport) -> RowEntity | None:
        """The entity as the row describes it; None where the row is about none, or names it badly."""
        if not self._applies(fields):
            return None
        filled: dict[str, Any] = {}
        usable = True
        for filler in self._fillers:
            value = filler.fill(values, fields, report)
            if value is not UNUSABLE and value is not None:
                filled[filler.name] = value
            elif value is UNUSABLE:
                usable = usable and filler.name not in self._key
            elif filler.name in self._needed:
                usable = False
                if not self._entity.optional:
                    reason = f"blank, and a {self._entity.label} cannot be without"
                    report.reject(filler.columns, filler.text(fields), reason)
        if not usable:
            return None
        complete: Mapping[str, Any] = filled
        if self._resolve is not None:
            complete, doubt = self._resolve(filled)
            if doubt is not None:
                report.remark(self.name, str(filled.get("name", "")), doubt)
        key = EntityKey(self._entity.label, self._model.natural_key_of(complete))
        return RowEntity(key, complete)

    def collect(
        self,
        found: RowEntity,
        row: Mapping[str, RowEntity],
        values: Slots,
        fields: Fields,
        report: RowReport,
        collector: Collector,
    ) -> None:
        """Add the entity, unless the row merely refers to it."""
        if self._entity.gives == "reference":
            return
        attributes: dict[str, Any] = {
            column: report.kept_texts[column]
            for filler in self._fillers
            if filler.slot and report.kept_texts
            for column in filler.slot.columns
            if column in report.kept_texts
        }
        for filler in self._attributes:
            value = filler.fill(values, fields, report)
            if value is not None and value is not UNUSABLE:
                attributes[filler.name] = value
        references = {
            field: row[name].key for field, name in self._entity.references.items() if name in row
        }
        collector.add_entity(
            found.key,
            found.values,
            report.origin,
            self._source,
            attributes=attributes,
            references=references,
            is_mention=self._entity.gives == "mention",
            report_conflicts=self._entity.report_conflicts,
        )


class LinkOfRow:
    """A compiled link of a mapping."""

    def __init__(self, link: Link, slots: Sequence[Slot], positions: Mapping[str, int]) -> None:
        model = edge_model(link.type)
        if model is None:
            raise ValueError(f"there is no edge type {link.type}")
        self._link = link
        self._model: type[EdgeProperties] = model
        self._needed = required_fields(model)
        self._applies = compile_condition(link.when, positions)
        self._fillers: tuple[FieldFiller, ...] = compile_fillers(
            link.properties, partial(field_check, model), slots, positions
        )
        index_of = {slot.name: index for index, slot in enumerate(slots)}
        self._preferred = tuple(index_of[name] for name in link.prefer)
        self._first: dict[EntityKey, EntityKey] = {}

    def collect(
        self,
        row: Mapping[str, RowEntity],
        values: Slots,
        fields: Fields,
        report: RowReport,
        collector: Collector,
    ) -> None:
        """Add the edge, if the row has both ends of it."""
        start, end = row.get(self._link.start), row.get(self._link.end)
        if start is None or end is None or not self._applies(fields):
            return
        properties: dict[str, Any] = {}
        for filler in self._fillers:
            value = filler.fill(values, fields, report)
            if value is not None and value is not UNUSABLE:
                properties[filler.name] = value
            elif filler.name in self._needed:
                if value is None:
                    reason = f"blank, and {self._link.type} cannot be without"
                    report.reject(filler.columns, filler.text(fields), reason)
                return
        if self._has_another(start.key, end.key, report):
            return
        edge_key, fault = _checked_edge(self._model, tuple(properties.items()))
        if fault is not None:
            report.reject(fault[0], str(properties.pop(fault[0], "")), fault[1])
        link = LinkRecord(self._link.type, start.key, end.key, report.origin, properties)
        collector.add_link(link, edge_key, self._rank(values))

    def _has_another(self, start: EntityKey, end: EntityKey, report: RowReport) -> bool:
        """Whether the end that has one such edge has it already, to something else."""
        if self._link.once_per is None:
            return False
        one, other = (start, end) if self._link.once_per == "from" else (end, start)
        kept = self._first.setdefault(one, other)
        if kept == other:
            return False
        reason = (
            f"{one.label} {one.natural_key} already has {self._link.type} with {kept.natural_key}"
        )
        report.remark(self._link.type, other.natural_key, f"{reason}, which is kept")
        return True

    def _rank(self, values: Slots) -> Rank:
        preferred = (values[index] for index in self._preferred)
        return tuple(
            (False,) if value is None or value is UNUSABLE else (True, value) for value in preferred
        )


@lru_cache(maxsize=_CACHED_EDGES)
def _checked_edge(
    model: type[EdgeProperties], properties: tuple[tuple[str, Any], ...]
) -> tuple[str, tuple[str, str] | None]:
    """The key of an edge with these properties, and the field that is at odds with the others."""
    given = dict(properties)
    fault = fault_of(model, given)
    if fault is not None:
        given.pop(fault[0], None)
    return model.model_construct(None, **given).edge_key, fault


def _taken_as_it_is(value: Any) -> tuple[Any, str | None]:
    return value, None
