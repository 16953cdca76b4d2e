"""Changes of the graph, as the feed and the audit tell of them."""

from typing import Any

from graph_api.core.graph.rows import decode_properties
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.model import GraphEntity

_INTERNAL = ("tenant_id", "natural_key", "edge_key")


def entity_change(before: GraphEntity | None, after: GraphEntity | None) -> Change:
    """An entity created, changed or removed."""
    known = after or before
    if known is None:
        raise ValueError("a change has a record before or after it")
    return Change(
        ChangeKind.ENTITY,
        str(known.id),
        _document(before),
        _document(after),
        entity_type=known.label(),
        entity_id=str(known.id),
    )


def stored_entity_change(label: str, before: str, after: str) -> Change:
    """An entity that a statement changed, from its stored properties."""
    shown = _shown(decode_properties(after))
    return Change(
        ChangeKind.ENTITY,
        shown["id"],
        _shown(decode_properties(before)),
        shown,
        entity_type=label,
        entity_id=shown["id"],
    )


def edge_change(
    edge_type: str,
    edge_id: str,
    start_id: str,
    end_id: str,
    before: str | None,
    after: str | None,
) -> Change:
    """A relationship created, changed or removed; `start_id` and `end_id` are entities' ids."""
    return Change(
        ChangeKind.RELATIONSHIP,
        edge_id,
        _edge_document(edge_type, start_id, end_id, before),
        _edge_document(edge_type, start_id, end_id, after),
        entity_type=edge_type,
        entity_id=start_id,
    )


def _document(entity: GraphEntity | None) -> dict[str, Any] | None:
    if entity is None:
        return None
    return entity.model_dump(mode="json", exclude_none=True, exclude={"tenant_id"})


def _edge_document(
    edge_type: str, start_id: str, end_id: str, text: str | None
) -> dict[str, Any] | None:
    if text is None:
        return None
    return {
        "edge_type": edge_type,
        "start_id": start_id,
        "end_id": end_id,
        **_shown(decode_properties(text)),
    }


def _shown(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in properties.items()
        if value is not None and name not in _INTERNAL
    }
