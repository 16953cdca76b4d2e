"""Pages of users, sessions and API keys, the newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graph_api.auth.models import ApiKey, User, UserSession
from graph_api.auth.store.rows import api_key_shown, session_of, user_of
from graph_api.core.database import Database, Row
from graph_api.core.graph.expressions import Parameters
from graph_api.core.graph.keyset import SortKey, TieBreaker, page_segments
from graph_api.core.pages import Page, PageRequest, PageRow, Position
from graph_api.core.statements import Statement, statement
from graph_api.core.viewer import Viewer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# as text, so that a cursor of another list is beyond or before all rows, and no fault
_ROW_ID = '(t.id::text collate "C")'
# as microseconds since 1970: a number, so that a cursor holds it exactly
_CREATED = SortKey(
    "(extract(epoch from t.created_at) * 1000000)::float8", "float8", True, nullable=False
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which rows a list has, as a condition on `t`."""

    parameters: Parameters
    condition: str


def _of_tenant(viewer: Viewer) -> _Wanted:
    return _Wanted(Parameters(viewer.tenant_id), "t.tenant_id = $1::text")


def _live_sessions(viewer: Viewer, user_id: UUID | None) -> _Wanted:
    parameters = Parameters(viewer.tenant_id)
    condition = "t.tenant_id = $1::text and t.revoked_at is null and t.expires_at > now()"
    if user_id is not None:
        condition += f" and t.user_id = {parameters.add(user_id, 'uuid')}"
    return _Wanted(parameters, condition)


async def user_page(database: Database, viewer: Viewer, request: PageRequest) -> Page[User]:
    """A page of the users of the viewer's tenant."""
    wanted = _of_tenant(viewer)
    return await _page(database, viewer, statement("user_segment"), wanted, request, user_of)


async def count_users(database: Database, viewer: Viewer) -> int:
    """How many users the viewer's tenant has."""
    return await _count(database, viewer, statement("user_count"), _of_tenant(viewer))


async def session_page(
    database: Database, viewer: Viewer, user_id: UUID | None, request: PageRequest
) -> Page[UserSession]:
    """A page of the sessions that go on, of one user of the viewer's tenant or of all."""
    wanted = _live_sessions(viewer, user_id)
    return await _page(database, viewer, statement("session_segment"), wanted, request, session_of)


async def count_sessions(database: Database, viewer: Viewer, user_id: UUID | None) -> int:
    """How many sessions go on, of one user of the viewer's tenant or of all."""
    wanted = _live_sessions(viewer, user_id)
    return await _count(database, viewer, statement("session_count"), wanted)


async def api_key_page(database: Database, viewer: Viewer, request: PageRequest) -> Page[ApiKey]:
    """A page of the API keys of the viewer's tenant, revoked ones included."""
    segment, wanted = statement("api_key_segment"), _of_tenant(viewer)
    return await _page(database, viewer, segment, wanted, request, api_key_shown)


async def count_api_keys(database: Database, viewer: Viewer) -> int:
    """How many API keys the viewer's tenant has or had."""
    return await _count(database, viewer, statement("api_key_count"), _of_tenant(viewer))


async def _page(
    database: Database,
    viewer: Viewer,
    segment: Statement,
    wanted: _Wanted,
    request: PageRequest,
    record_of: Callable[[Row], Any],
) -> Page[Any]:
    limit = str(request.size + 1)
    segments = [
        segment.fill(
            predicate=f"{wanted.condition} and {one.predicate}", order_by=one.order_by, limit=limit
        ).text
        for one in page_segments([_CREATED], request, TieBreaker(_ROW_ID), wanted.parameters)
    ]
    rows: Sequence[Row] = []
    if segments:
        text = statement("auth_page").fill(segments=" union all ".join(segments), limit=limit)
        rows = await database.fetch(viewer, text, *wanted.parameters.values)
    found = [PageRow(one, _position(one)) for one in map(record_of, rows)]
    kept = found[: request.size]
    return Page(kept[::-1] if request.backward else kept, request, len(found) > request.size)


def _position(record: Any) -> Position:
    microseconds = float(round((record.created_at - _EPOCH).total_seconds() * 1_000_000))
    return Position((microseconds,), str(record.id))


async def _count(database: Database, viewer: Viewer, named: Statement, wanted: _Wanted) -> int:
    text = named.fill(predicate=wanted.condition)
    rows = await database.fetch(viewer, text, *wanted.parameters.values)
    return int(rows[0]["total"])
