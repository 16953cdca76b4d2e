"""Which entities are assessed, and how an assessment refers to them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database
from graph_api.core.graph.expressions import Parameters, text_of
from graph_api.core.graph.filters import Filter, FilterCompiler
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

MOST_GATHERED = 5000
"""Entities whose records are gathered together: one statement for each kind of input."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity that is assessed, as its compliance record names it."""

    entity_id: str
    entity_type: str
    name: str | None
    field_name: str | None
    district: str | None
    field_number: str | None = None


async def stretches_of_ids(
    database: Database, viewer: Viewer, registry: GraphRegistry, label: str, where: Filter
) -> AsyncIterator[list[str]]:
    """The ids of a label's entities that match a filter, in stretches that are gathered at once."""
    after = ""
    while True:
        parameters = Parameters()
        compiler = FilterCompiler(registry, viewer, parameters)
        predicate = " and ".join(
            [
                compiler.tenant("t", label),
                compiler.vertices(label, "t", where, "where"),
                f"{text_of('t', 'id')} > {parameters.add(after)}",
            ]
        )
        text = statement("entity_ids_to_assess").fill(
            label=label, predicate=predicate, limit=str(MOST_GATHERED)
        )
        rows = await database.fetch(viewer, text, *parameters.values)
        ids = [str(row["entity_id"]) for row in rows]
        if ids:
            yield ids
        if len(ids) < MOST_GATHERED:
            return
        after = ids[-1]


async def labels_of(database: Database, viewer: Viewer, ids: Sequence[str]) -> dict[str, str]:
    """The label of each of many entities that can be assessed; others are left out."""
    rows = await database.fetch(
        viewer, statement("labels_of_entities"), viewer.tenant_id, list(ids)
    )
    return {row["entity_id"]: row["label"] for row in rows}


def stored_domain(domain: ComplianceDomain) -> str:
    """A domain as its column and the change feed have it."""
    return domain.value.lower()
