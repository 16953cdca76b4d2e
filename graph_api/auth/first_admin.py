"""The first user of a database, so that somebody can sign in at all."""

from dataclasses import dataclass, field

from graph_api.auth.passwords import hash_password, one_time_password
from graph_api.auth.store import NewUser, add_user, has_users
from graph_api.core.database import Database
from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer

FIRST_EMAIL = "admin@localhost"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """An administrator with a password for one use, which is told once and kept nowhere."""

    email: str
    tenant_id: str
    password: str = field(repr=False)


async def make_first_admin(database: Database, tenant_id: str) -> FirstAdmin | None:
    """Make an administrator of a tenant in a database without users; None where there are users.

    Of several processes that do so at once, one makes it: an email is given once.
    """
    if await has_users(database):
        return None
    password = one_time_password()
    new = NewUser(
        FIRST_EMAIL, await hash_password(password), [Role.ADMIN], must_change_password=True
    )
    operator = Viewer(tenant_id, subject="first-start", actor_type="system")
    async with database.transaction(operator, "addUser") as session:
        user = await add_user(session, new)
        if user is None:
            return None
        session.journal.details.update(
            user_id=str(user.id), email=user.email, roles=[Role.ADMIN.value]
        )
    return FirstAdmin(FIRST_EMAIL, tenant_id, password)
