"""GraphQL fields of entities that do not come from the graph."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import strawberry

from graph_api.core.api.building import Argument, add_field, definition_of, list_of
from graph_api.core.api.entities import context_of
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.errors import bad_input
from graph_api.core.model import GraphEntity
from graph_api.entities.models import LeaseVolume
from graph_api.entities.store import volumes_of_leases

_FIRST_MONTH = date(1, 1, 1)
_LAST_MONTH = date(9999, 12, 1)


def add_volumes(parts: SchemaParts) -> None:
    """Give leases their monthly volumes."""
    subclass: type[LeaseVolume] = type("LeaseVolume", (LeaseVolume,), {"__module__": __name__})
    volume = strawberry.pydantic.type(subclass, description=LeaseVolume.__doc__)
    fields = definition_of(volume).fields
    fields[:] = [field for field in fields if field.python_name != "lease_id"]

    async def resolve(
        root: GraphEntity, info: strawberry.Info, **given: date | None
    ) -> list[LeaseVolume]:
        context = context_of(info)
        first, last = given["from"] or _FIRST_MONTH, given["to"] or _LAST_MONTH
        if last < first:
            raise bad_input("must not be before from", argument="to")

        async def batch(lease_ids: Sequence[UUID]) -> list[list[LeaseVolume]]:
            found = await volumes_of_leases(
                context.database, context.viewer, lease_ids, first, last
            )
            return [found[one] for one in lease_ids]

        months: list[LeaseVolume] = await context.loaders.batched(
            ("volumes", first, last), batch, root.id
        )
        return months

    add_field(
        parts.types.models["Lease"],
        "volumes",
        list_of(volume),
        resolve,
        "Reported volumes (Form PR), one entry for each month that was reported, in order.",
        [
            Argument("from", date, "First month, by any day up to its first; all, when left out."),
            Argument("to", date, "Last month, by its first day or a later one."),
        ],
        cost=FieldCost(size=60),
    )
