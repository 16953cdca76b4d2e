"""Rows of `links.csv`: edges between entities that are named by their natural keys."""

from collections.abc import Iterator
from typing import Any, ClassVar

from graph_api.core.model import EdgeProperties
from graph_api.entities.graph import EDGES
from graph_api.entities.imports.entity_keys import read_key
from graph_api.entities.imports.model_fields import (
    edge_may_join,
    edge_model,
    fault_of,
    required_fields,
)
from graph_api.entities.imports.records import (
    EntityKey,
    LinkRecord,
    Origin,
    Record,
    Rejection,
)
from graph_api.entities.imports.records_values import read_value
from graph_api.entities.models import ENTITY_MODELS

SOURCE = "records"
_ENDS = ("edge_type", "from_kind", "from_key", "to_kind", "to_key")
_PROPERTIES = {name: None for edge in EDGES for name in edge.edge_type.properties.model_fields}

LINK_COLUMNS = [*_ENDS, *_PROPERTIES]
"""Every column `links.csv` may have; a property stands under its own name, whatever edge has it."""

_LABELS = {model.label().casefold(): model.label() for model in ENTITY_MODELS} | {
    model.plural: model.label() for model in ENTITY_MODELS
}
_JOINED = {
    edge_type: sorted(
        f"{edge.start.label()} to {edge.end.label()}"
        for edge in EDGES
        if edge.edge_type.name == edge_type
    )
    for edge_type in dict.fromkeys(edge.edge_type.name for edge in EDGES)
}


class _Refused(Exception):  # noqa: N818 - it carries what a rejection needs
    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class LinkTable:
    """A file of links, ready for its rows."""

    NEEDED: ClassVar[frozenset[str]] = frozenset(_ENDS)

    def __init__(self, file: str, header: list[str]) -> None:
        self._file = file
        self._header = header

    def records(self, line: int, cells: list[str]) -> Iterator[Record]:
        """The edge of a row after what is wrong with its properties, or why there is none."""
        origin = Origin(self._file, line)
        row = {name: cell.strip() for name, cell in zip(self._header, cells, strict=True)}
        try:
            edge_type, model = _edge_type(row["edge_type"])
            start, end = _end(row, "from"), _end(row, "to")
        except _Refused as refused:
            yield Rejection(origin, refused.column, refused.value, refused.reason)
            return
        if not edge_may_join(edge_type, start.label, end.label):
            told = f"{edge_type} does not lead from {start.label} to {end.label}"
            reason = f"{told}; it leads from {', or from '.join(_JOINED[edge_type])}"
            yield Rejection(origin, "edge_type", edge_type, reason)
            return
        properties, found = _properties(row, edge_type, model, origin)
        yield from found
        missing = sorted(required_fields(model) - properties.keys())
        if not missing:
            properties.setdefault("source", SOURCE)
            yield LinkRecord(edge_type, start, end, origin, properties)
        elif missing[0] not in {one.field for one in found}:
            reason = f"blank, and {edge_type} cannot be without {missing[0]}"
            yield Rejection(origin, missing[0], "", reason)


def _edge_type(text: str) -> tuple[str, type[EdgeProperties]]:
    name = text.upper()
    model = edge_model(name)
    if model is None:
        raise _Refused("edge_type", text, f"must be an edge type, one of {', '.join(_JOINED)}")
    return name, model


def _end(row: dict[str, str], side: str) -> EntityKey:
    kind, key = row[f"{side}_kind"], row[f"{side}_key"]
    label = _LABELS.get(kind.casefold())
    if label is None:
        kinds = ", ".join(model.label() for model in ENTITY_MODELS)
        raise _Refused(f"{side}_kind", kind, f"must be the kind of an entity, one of {kinds}")
    try:
        return read_key(label, key)
    except ValueError as error:
        raise _Refused(f"{side}_key", key, str(error)) from None


def _properties(
    row: dict[str, str], edge_type: str, model: type[EdgeProperties], origin: Origin
) -> tuple[dict[str, Any], list[Rejection]]:
    """The properties that can be taken, and rejections of the others."""
    values: dict[str, Any] = {}
    found: list[Rejection] = []
    for name in _PROPERTIES:
        text = row.get(name, "")
        if not text:
            continue
        if name not in model.model_fields:
            known = ", ".join(model.model_fields)
            reason = f"{edge_type} has no property {name}; it has {known}"
            found.append(Rejection(origin, name, text, reason))
            continue
        try:
            values[name] = read_value(model, name, text)
        except ValueError as error:
            found.append(Rejection(origin, name, text, str(error)))
    while (fault := fault_of(model, values)) is not None and fault[0] in values:
        found.append(Rejection(origin, fault[0], str(values.pop(fault[0])), fault[1]))
    return values, found
