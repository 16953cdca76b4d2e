"""API keys for the benchmark's clients, good for a day."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.dataset import TENANT
from graph_api.auth.store import NewApiKey, NewUser, add_api_key, add_user, find_account
from graph_api.core.database import Database
from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings

WRITING_TENANT = f"{TENANT}-writes"
"""Whose rows the mixed load writes, so that the world stays as it is."""

# of no password: who has the key needs none
_NO_HASH = "$argon2id$none"


def key_headers(dsn: str, data_dir: Path, tenant: str, role: Role) -> tuple[tuple[str, str], ...]:
    """The headers of requests that show a new API key."""
    return (("X-API-Key", asyncio.run(api_key(dsn, data_dir, tenant, role))),)


async def api_key(dsn: str, data_dir: Path, tenant: str, role: Role) -> str:
    """A new API key of a role in a tenant, whose user is made where there is none."""
    settings = Settings(database_url=dsn, data_dir=data_dir)
    database = await Database.connect(dsn, settings)
    operator = Viewer(tenant, subject="bench", actor_type="system")
    email = f"{role.value}@{tenant}.test"
    try:
        account, _ = await find_account(database, email)
        async with database.transaction(operator, "createApiKey") as session:
            if account is None:
                user = await add_user(session, NewUser(email, _NO_HASH, [role]))
            else:
                user = account.user
            if user is None:
                raise ValueError(f"{email} is somebody else's")
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            new = NewApiKey(user.id, "bench", [role], None, tomorrow)
            _, text = await add_api_key(database, session, new)
        return text
    finally:
        await database.close()
