"""The statement of a lookup, with the entities that the one looked up names, and those name."""

from collections.abc import Sequence

from graph_api.core.api.lookups import LookupKey
from graph_api.core.api.plan.shapes import ObjectPlan
from graph_api.core.graph.read_statements import Prepared
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer

Joined = tuple[str, str, int | None]
"""An entity that comes along: its label, the field that names it, and whose field that is: the
place of another one that comes along, or None for the entity that was looked up."""

_OWN = "act.tenant_id"
_SHARED = "'*' and act.tenant_id is not null"


def by_key(
    registry: GraphRegistry, viewer: Viewer, plan: ObjectPlan, key: LookupKey
) -> tuple[Prepared, Sequence[Joined]]:
    """The statement of a lookup, and what comes along with it in numbered columns."""
    known = plan.by_key.get(key.field)
    if known is None:
        joined: list[Joined] = []
        _collect(plan, None, joined)
        known = _text(registry, plan.label, key.field, tuple(joined)), tuple(joined)
        plan.by_key[key.field] = known
    text, came_along = known
    return Prepared(text, (viewer.tenant_id, key.agtype)), came_along


def _collect(plan: ObjectPlan, parent: int | None, joined: list[Joined]) -> None:
    for reference in plan.references:
        joined.append((reference.target.label, reference.attribute, parent))
        _collect(reference.target, len(joined) - 1, joined)


def _tenant(registry: GraphRegistry, label: str) -> str:
    return _SHARED if registry.entity(label).shared else _OWN


def _text(registry: GraphRegistry, label: str, field: str, joined: tuple[Joined, ...]) -> Statement:
    key = (label, field, joined)
    known = _TEXTS.get(key)
    if known is None:
        columns = "".join(
            f", r{place}.graph_id as graph_id_{place}, r{place}.properties as properties_{place}"
            for place in range(len(joined))
        )
        parts = [
            f"left join lateral ({_named(registry, one)}) r{place} on true"
            for place, one in enumerate(joined)
        ]
        known = statement("entity_by_key").fill(
            label=label,
            field=field,
            more_columns=columns,
            tenant=_tenant(registry, label),
            with_named="\n".join(parts),
        )
        if len(_TEXTS) >= _MOST_TEXTS:
            _TEXTS.clear()
        _TEXTS[key] = known
    return known


def _named(registry: GraphRegistry, joined: Joined) -> str:
    label, reference, parent = joined
    alias = "t" if parent is None else f"r{parent}"
    named_by = (
        "ag_catalog.agtype_access_operator(variadic array"
        f"[{alias}.properties, '\"{reference}\"'::ag_catalog.agtype])"
    )
    filled = statement("named_entity").fill(
        label=label, named_by=named_by, tenant=_tenant(registry, label)
    )
    return filled.text


_MOST_TEXTS = 1000
_TEXTS: dict[tuple[str, str, tuple[Joined, ...]], Statement] = {}
