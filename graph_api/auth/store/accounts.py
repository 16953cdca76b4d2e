"""Users and the hashes of their passwords."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from graph_api.auth.models import Account, User, checked_email
from graph_api.auth.store.rows import SIGN_IN_VIEWER, account_of, user_of
from graph_api.core.database import Database, Session
from graph_api.core.permissions import Role
from graph_api.core.statements import statement
from graph_api.core.viewer import Reach, Viewer


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to add to the tenant of a transaction."""

    email: str
    password_hash: str = field(repr=False)
    roles: Sequence[Role]
    display_name: str | None = None
    must_change_password: bool = False


async def find_account(database: Database, email: str) -> tuple[Account | None, int | None]:
    """Whoever signs in by an email, and what the dearest bcrypt hash there is costs, if any."""
    try:
        asked = checked_email(email)
    except ValueError:
        # nobody's; the statement runs all the same
        asked = ""
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("account_by_email"), asked, reach=Reach.ALL
    )
    row = rows[0]
    return None if row["id"] is None else account_of(row), row["bcrypt_cost"]


async def locked_account(session: Session, user_id: UUID) -> Account | None:
    """A user of the viewer's tenant, held until the transaction ends."""
    rows = await session.fetch(statement("lock_account"), session.viewer.tenant_id, user_id)
    return account_of(rows[0]) if rows else None


async def users_by_ids(database: Database, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, User]:
    """Users of the viewer's tenant by id; unknown ids are left out."""
    rows = await database.fetch(viewer, statement("users_by_ids"), viewer.tenant_id, list(ids))
    return {one.id: one for one in map(user_of, rows)}


async def users_of(database: Database, tenant_id: str | None) -> list[User]:
    """Every user of a tenant, or of all; for the operator."""
    rows = await database.fetch(
        SIGN_IN_VIEWER, statement("users_of_tenants"), tenant_id, reach=Reach.ALL
    )
    return [user_of(row) for row in rows]


async def has_users(database: Database) -> bool:
    """Whether anybody can sign in at all."""
    rows = await database.fetch(SIGN_IN_VIEWER, statement("is_any_user"), reach=Reach.ALL)
    return bool(rows[0]["is_any"])


async def add_user(session: Session, new: NewUser) -> User | None:
    """Add a user to the viewer's tenant; None where the email is taken, in whatever tenant."""
    rows = await session.fetch(
        statement("insert_user"),
        session.viewer.tenant_id,
        new.email,
        new.password_hash,
        [one.value for one in new.roles],
        new.display_name,
        new.must_change_password,
    )
    return user_of(rows[0]) if rows else None


async def set_password(
    session: Session, user_id: UUID, password_hash: str, *, must_change: bool
) -> None:
    """Give a user of the viewer's tenant another password."""
    tenant = session.viewer.tenant_id
    await session.fetch(statement("set_password_hash"), tenant, user_id, password_hash, must_change)


async def renew_hash(session: Session, user_id: UUID, old: str, new: str) -> None:
    """Keep a user's password by another hash of it."""
    tenant = session.viewer.tenant_id
    await session.fetch(statement("renew_password_hash"), tenant, user_id, old, new)


async def set_active(session: Session, user_id: UUID, is_active: bool) -> None:
    """Let a user of the viewer's tenant sign in, or no more."""
    tenant = session.viewer.tenant_id
    await session.fetch(statement("set_user_active"), tenant, user_id, is_active)


async def set_roles(session: Session, user_id: UUID, roles: Sequence[Role]) -> None:
    """Make a user of the viewer's tenant what the roles say, and nothing else."""
    names = [one.value for one in roles]
    await session.fetch(statement("set_user_roles"), session.viewer.tenant_id, user_id, names)
