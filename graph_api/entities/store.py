"""The only code that runs statements of the entities' own tables."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from graph_api.core.database import Database, Session
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.entities.models import LeaseVolume

VOLUME_COLUMNS = (
    "oil_bbl",
    "gas_mcf",
    "casinghead_mcf",
    "condensate_bbl",
    "flared_mcf",
    "vented_mcf",
)


async def volumes_of_leases(
    database: Database, viewer: Viewer, lease_ids: Sequence[UUID], first: date, last: date
) -> dict[UUID, list[LeaseVolume]]:
    """The lease-months of many leases between two months, in order of month."""
    rows = await database.fetch(
        viewer,
        statement("volumes_of_leases"),
        viewer.tenant_id,
        [str(one) for one in lease_ids],
        first,
        last,
    )
    found: dict[UUID, list[LeaseVolume]] = {one: [] for one in lease_ids}
    for row in rows:
        lease_id = UUID(row["lease_id"])
        columns = {name: row[name] for name in VOLUME_COLUMNS}
        found[lease_id].append(LeaseVolume(lease_id=lease_id, month=row["month"], **columns))
    return found


async def write_volumes(
    session: Session, months: Sequence[tuple[str, date, dict[str, int]]]
) -> tuple[int, int]:
    """Write lease-months by lease id; returns how many were created and how many updated.

    Columns that a month does not give keep what they hold.
    """
    rows = await session.fetch(
        statement("write_volumes"),
        session.viewer.tenant_id,
        [lease_id for lease_id, _, _ in months],
        [month for _, month, _ in months],
        *([volumes.get(name) for _, _, volumes in months] for name in VOLUME_COLUMNS),
    )
    created = sum(1 for row in rows if row["created"])
    return created, len(rows) - created


async def delete_volumes(session: Session, lease_id: UUID) -> int:
    """Remove a lease's volumes; returns how many months there were."""
    rows = await session.fetch(
        statement("delete_volumes_of_lease"), session.viewer.tenant_id, str(lease_id)
    )
    return len(rows)
