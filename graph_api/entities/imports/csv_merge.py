"""Merges what several rows say about one entity or one edge into one record.

Memory is one entry per entity and per edge, whatever the number of rows. The result depends on
the order of rows and files only as stated: of two values the earlier stays, a blank never does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_api.entities.imports.model_fields import entity_model, fault_of, required_fields
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

Rank = tuple[Any, ...]
"""How much a row's statement of an edge is preferred; compared element by element."""

_LinkIdentity = tuple[str, EntityKey, EntityKey, str]


@dataclass(slots=True)
class _Merged:
    origin: Origin
    source: str
    is_mention: bool
    values: dict[str, Any]
    attributes: dict[str, Any]
    references: dict[str, EntityKey]
    conflicts: dict[str, dict[Any, Origin]] = field(default_factory=dict)


class Collector:
    """Gathers the entities and edges of all tables of a load, each once."""

    def __init__(self) -> None:
        self._entities: dict[EntityKey, _Merged] = {}
        self._links: dict[_LinkIdentity, tuple[Rank, LinkRecord]] = {}

    def add_entity(
        self,
        key: EntityKey,
        values: Mapping[str, Any],
        origin: Origin,
        source: str,
        *,
        attributes: Mapping[str, Any],
        references: Mapping[str, EntityKey],
        is_mention: bool,
        report_conflicts: tuple[str, ...],
    ) -> None:
        """Add what a row says about an entity; None in `values` says nothing."""
        merged = self._entities.get(key)
        if merged is None:
            known = {name: value for name, value in values.items() if value is not None}
            self._entities[key] = _Merged(
                origin, source, is_mention, known, dict(attributes), dict(references)
            )
            return
        if merged.is_mention and not is_mention:
            # The record itself says it better than rows that only mention the entity.
            merged.origin, merged.source, merged.is_mention = origin, source, False
            merged.values |= {name: value for name, value in values.items() if value is not None}
        for name, value in values.items():
            if value is None:
                continue
            kept = merged.values.setdefault(name, value)
            if kept != value and name in report_conflicts:
                merged.conflicts.setdefault(name, {}).setdefault(value, origin)
        for name, value in attributes.items():
            merged.attributes.setdefault(name, value)
        for name, target in references.items():
            merged.references.setdefault(name, target)

    def add_link(self, link: LinkRecord, edge_key: str, rank: Rank = ()) -> None:
        """Add an edge; of two with the same ends and `edge_key` the greater rank stays."""
        identity = (link.edge_type, link.start, link.end, edge_key)
        present = self._links.get(identity)
        if present is None or rank > present[0]:
            self._links[identity] = (rank, link)

    def records(self) -> Iterator[Record]:
        """All entities, operators first, then all edges; findings before what they are about."""
        ordered = sorted(self._entities.items(), key=lambda item: item[0].label != "Operator")
        for key, merged in ordered:
            yield from _entity_records(key, merged)
        for _, link in self._links.values():
            yield link


def _entity_records(key: EntityKey, merged: _Merged) -> Iterator[Record]:
    """The entity's record, without fields that are at odds with the others: those are rejected."""
    model = entity_model(key.label)
    values = merged.values
    while model is not None and (fault := fault_of(model, values)) is not None:
        field_name, reason = fault
        text = str(values.get(field_name, key.natural_key))
        yield Rejection(merged.origin, field_name, text, reason)
        if field_name not in values or field_name in required_fields(model):
            return
        del values[field_name]
    yield from _remarks(key, merged)
    if merged.attributes:
        values["attributes"] = merged.attributes
    values["source"] = merged.source
    values["source_reference"] = f"{merged.origin.file}:{merged.origin.line}"
    yield EntityRecord(key.label, values, merged.origin, merged.references, merged.is_mention)


def _remarks(key: EntityKey, merged: _Merged) -> Iterator[Remark]:
    for name, others in merged.conflicts.items():
        kept = merged.values.get(name)
        for value, origin in others.items():
            yield Remark(
                origin,
                name,
                str(value),
                f"another row about {key.label} {key.natural_key} says {kept}, which is kept",
            )
    latitude, longitude = merged.values.get("latitude"), merged.values.get("longitude")
    if latitude is not None and longitude is not None and not in_texas(latitude, longitude):
        yield Remark(
            merged.origin,
            "latitude, longitude",
            f"{latitude}, {longitude}",
            "the position is outside the box around Texas, 25.5 to 36.6 north, 107 to 93 west",
        )
