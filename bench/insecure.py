"""Serves without security, to measure by how much security slows the service.

The service has no switch for this, and gets none: here parts of it are replaced before the
application is made. There is no check of permissions, no cost and no budget; statements run as the
owner of the database, whom row-level security does not hold, and what is read is read without the
transaction that says for whom. Only `bench.security` starts it: `python -m bench.insecure`, with
the same settings as `graph-api serve`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from graph_api.core import database
from graph_api.core.age import CONNECTION_SETTINGS, SESSION_SETTINGS
from graph_api.core.api import cost, schema
from graph_api.core.api.plan import compiling
from graph_api.core.database import Database, Session
from graph_api.core.viewer import Reach, Viewer


def without_security() -> None:
    """Replace what keeps the service secure, in this process."""
    _replace(schema, "guard_fields", lambda _: None)
    _replace(compiling, "permission_of", lambda _: None)
    _replace(cost.OperationCost, "of", lambda _, __: 1)
    _replace(database, "serving_options", _as_owner)
    _replace(Database, "_reading", _reading)


def _replace(owner: Any, name: str, replacement: Any) -> None:
    # what has another name by now must not silently stay as it is
    getattr(owner, name)
    setattr(owner, name, replacement)


async def _as_owner(dsn: str, connect_timeout_seconds: float) -> dict[str, Any]:
    settings = {**SESSION_SETTINGS, **CONNECTION_SETTINGS}
    return {"dsn": dsn, "timeout": connect_timeout_seconds, "server_settings": settings}


@asynccontextmanager
async def _reading(self: Database, viewer: Viewer, _: Reach) -> AsyncIterator[Session]:
    async with self._pool.connection() as connection:
        yield Session(connection, viewer)


if __name__ == "__main__":
    without_security()
    # after the replacement, for they bind what they use when they are imported
    from graph_api.serving import serve
    from graph_api.settings import Settings

    serve(Settings())
