"""Lists rule versions: filtered, ordered, paged by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from graph_api.core.database import Database, Row
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.rules.models import RuleDomain, RuleStatus, RuleType, RuleVersion
from graph_api.rules.store.reading import version_of_row


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """Which versions a list has; what is None does not narrow it."""

    valid_on: date | None = None
    """Only what is in force on that day, a tenant's own version before the shared one."""
    known_at: datetime | None = None
    domains: Sequence[RuleDomain] | None = None
    types: Sequence[RuleType] | None = None
    statuses: Sequence[RuleStatus] | None = None
    identifier_prefix: str | None = None

    @property
    def values(self) -> tuple[object, ...]:
        """What the statements of lists take after the tenant, in their order."""
        return (
            self.valid_on,
            self.known_at,
            _stored(self.domains),
            _stored(self.types),
            _stored(self.statuses),
            self.identifier_prefix,
        )


async def list_rules(
    database: Database, viewer: Viewer, selection: RuleSelection, request: PageRequest
) -> Page[RuleVersion]:
    """One page of the versions that a viewer sees, in the order of the request's only key.

    The key is IDENTIFIER (then by version), EFFECTIVE_DATE or DETECTED_AT.
    """
    order = request.orders[0]
    above, below = request.after, request.before
    if order.descending:
        above, below = below, above
    rows = await database.fetch(
        viewer,
        statement("list_rules"),
        viewer.tenant_id,
        *selection.values,
        _bound(above),
        _bound(below),
        order.field,
        order.descending != request.backward,
        request.size + 1,
    )
    found = [_placed(row) for row in rows[: request.size]]
    return Page(
        found[::-1] if request.backward else found, request, has_more=len(rows) > request.size
    )


async def count_rules(database: Database, viewer: Viewer, selection: RuleSelection) -> int:
    """How many versions a list has on all its pages."""
    rows = await database.fetch(
        viewer, statement("count_rules"), viewer.tenant_id, *selection.values
    )
    return int(rows[0]["total"])


def _placed(row: Row) -> PageRow[RuleVersion]:
    return PageRow(version_of_row(row), Position((row["sort_key"],), row["row_id"]))


def _bound(position: Position | None) -> list[str] | None:
    return None if position is None else [str(position.values[0]), position.row_id]


def _stored(members: Sequence[RuleDomain | RuleType | RuleStatus] | None) -> list[str] | None:
    return None if members is None else [one.lower() for one in members]
