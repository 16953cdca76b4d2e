"""Rows of a file of records about one kind of entity."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from graph_api.core.graph.fields import FieldKind, fields_of
from graph_api.core.model import GraphEntity
from graph_api.entities.graph import EDGES
from graph_api.entities.imports.entity_keys import read_key
from graph_api.entities.imports.model_fields import (
    fault_of,
    referenced_label,
    required_fields,
    settable_fields,
)
from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Origin,
    Record,
    Rejection,
    Remark,
)
from graph_api.entities.imports.records_values import read_value
from graph_api.entities.models import in_texas

SOURCE = "records"


class EntityTable:
    """A file of one kind of entity, ready for its rows."""

    def __init__(self, model: type[GraphEntity], file: str, header: list[str]) -> None:
        self._model = model
        self._label = model.label()
        self._file = file
        self._header = header
        self._required = required_fields(model)
        self._gives_source = fields_of(model)["source"].kind is FieldKind.TEXT

    @staticmethod
    def columns_of(model: type[GraphEntity]) -> tuple[list[str], frozenset[str]]:
        """The columns a file of this kind may have, in the model's order, and those it must."""
        settable = settable_fields(model)
        return [name for name in model.model_fields if name in settable], required_fields(model)

    def records(self, line: int, cells: list[str]) -> Iterator[Record]:
        """What a row says: first what is wrong with it, then the entity, then its edges."""
        origin = Origin(self._file, line)
        values, named, found = self._read(origin, cells)
        yield from found
        usable = self._required <= values.keys()
        if not usable and not found:
            missing = sorted(self._required - values.keys())[0]
            yield Rejection(
                origin, missing, "", f"blank, and a {self._label} cannot be without {missing}"
            )
        # A rejected part of the key must not lead to another entity's key.
        lost = {one.field for one in found} & set(self._model.natural_key_fields)
        if not usable or lost:
            return
        for rejected in self._without_faults(origin, values):
            yield rejected
            if rejected.field not in values:
                return
            del values[rejected.field]
        yield from _remarks(origin, values)
        yield from self._entity(origin, values, named)

    def _read(
        self, origin: Origin, cells: list[str]
    ) -> tuple[dict[str, Any], dict[str, EntityKey], list[Rejection]]:
        """The row's values, the entities it names by field, and what could not be taken."""
        values: dict[str, Any] = {}
        named: dict[str, EntityKey] = {}
        found: list[Rejection] = []
        for name, cell in zip(self._header, cells, strict=True):
            text = cell.strip()
            if not text:
                continue
            label = referenced_label(self._model, name)
            try:
                if label is None:
                    values[name] = read_value(self._model, name, text)
                else:
                    named[name] = read_key(label, text)
            except ValueError as error:
                found.append(Rejection(origin, name, text, str(error)))
        return values, named, found

    def _without_faults(self, origin: Origin, values: Mapping[str, Any]) -> Iterator[Rejection]:
        """One rejection after another while a field is at odds with the rest."""
        while (fault := fault_of(self._model, values)) is not None:
            name, reason = fault
            droppable = name in values and name not in self._required
            yield Rejection(origin, name if droppable else "", str(values.get(name, "")), reason)

    def _entity(
        self, origin: Origin, values: dict[str, Any], named: Mapping[str, EntityKey]
    ) -> Iterator[Record]:
        # Only the model as a whole knows how a lease's number is written for its code.
        entity = self._model.model_validate({**values, "tenant_id": ""})
        key = EntityKey(self._label, entity.natural_key)
        if self._gives_source:
            values.setdefault("source", SOURCE)
        values.setdefault("source_reference", f"{origin.file}:{origin.line}")
        carried = _edge_of_reference(self._model)
        references = {name: other for name, other in named.items() if name not in carried}
        yield EntityRecord(self._label, values, origin, references)
        for name, other in named.items():
            if name in carried:
                edge_type, is_start = carried[name]
                start, end = (key, other) if is_start else (other, key)
                stated = {"source": SOURCE, "inferred": False}
                yield LinkRecord(edge_type, start, end, origin, stated)


@cache
def _edge_of_reference(model: type[GraphEntity]) -> dict[str, tuple[str, bool]]:
    """Reference fields that follow an edge: its type, and whether the entity is its start."""
    found = {}
    for edge in EDGES:
        is_start = edge.current_on == "start"
        own, other = (edge.start, edge.end) if is_start else (edge.end, edge.start)
        reference = edge.current_as
        if own is model and reference and referenced_label(model, reference) == other.label():
            found[reference] = (edge.edge_type.name, is_start)
    return found


def _remarks(origin: Origin, values: Mapping[str, Any]) -> Iterator[Remark]:
    """A position outside Texas is taken and told."""
    for prefix in ("", "surface_", "bottom_hole_"):
        latitude, longitude = (values.get(f"{prefix}{axis}") for axis in ("latitude", "longitude"))
        if latitude is None or longitude is None or in_texas(latitude, longitude):
            continue
        shown = f"{latitude}, {longitude}"
        yield Remark(origin, f"{prefix}latitude", shown, "the position lies outside Texas")
