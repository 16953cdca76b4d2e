"""Reads of filings that one operation asks for many times, each in one statement."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from graph_api.core.api.entities import context_of
from graph_api.filings.models import (
    FilingChecklist,
    FilingRuleSnapshot,
)
from graph_api.filings.store import (
    checklists_by_ids,
    snapshots_of_checklists,
)


async def checklist_of(info: strawberry.Info, checklist_id: UUID) -> FilingChecklist | None:
    """A checklist by id, None where the viewer has none; batched."""
    context = context_of(info)

    async def batch(ids: Sequence[UUID]) -> list[FilingChecklist | None]:
        found = await checklists_by_ids(context.database, context.viewer, ids)
        return [found.get(one) for one in ids]

    loaded: FilingChecklist | None = await context.loaders.batched(
        ("checklist",), batch, checklist_id
    )
    return loaded


async def snapshots_of(info: strawberry.Info, checklist_id: UUID) -> list[FilingRuleSnapshot]:
    """The rules that a checklist was begun under; batched."""
    context = context_of(info)

    async def batch(ids: Sequence[UUID]) -> list[list[FilingRuleSnapshot]]:
        found = await snapshots_of_checklists(context.database, context.viewer, ids)
        return [found[one] for one in ids]

    loaded: list[FilingRuleSnapshot] = await context.loaders.batched(
        ("snapshots of checklists",), batch, checklist_id
    )
    return loaded
