"""Failed sign-ins: counted in a sliding window by a hash of the email, whether it is known or not."""

from graph_api.auth.store.rows import SIGN_IN_VIEWER
from graph_api.core.database import Database
from graph_api.core.statements import statement
from graph_api.settings import Settings

_TENANT = SIGN_IN_VIEWER.tenant_id


async def lock_of(database: Database, email_hash: str) -> bool | None:
    """Whether sign-in by an email is locked at present; None where nobody has failed lately."""
    rows = await database.fetch(SIGN_IN_VIEWER, statement("login_lock"), _TENANT, email_hash)
    return rows[0]["is_locked"] if rows else None


async def count_failure(database: Database, settings: Settings, email_hash: str) -> bool:
    """Count a failed sign-in; gives whether it was the one that locks the email."""
    window = settings.lockout_window_minutes
    duration = settings.lockout_duration_minutes
    async with database.transaction(SIGN_IN_VIEWER, "login") as session:
        await session.fetch(statement("forget_old_logins"), _TENANT, window)
        rows = await session.fetch(statement("count_failed_login"), _TENANT, email_hash, window)
        locks: bool = rows[0]["failures"] >= settings.lockout_threshold
        if locks:
            await session.fetch(statement("lock_login"), _TENANT, email_hash, duration)
    return locks


async def forget_failures(database: Database, email_hash: str) -> None:
    """Begin to count anew for an email, and unlock it."""
    async with database.transaction(SIGN_IN_VIEWER, "login") as session:
        await session.fetch(statement("forget_failed_logins"), _TENANT, email_hash)
