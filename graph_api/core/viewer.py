"""Who is asking: the one source of the tenant that every statement is scoped by."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from graph_api.core.permissions import WRITING, Permission, Role, permissions_of

SHARED_TENANT = "*"
"""The tenant of what all tenants read, such as regulations."""


class AuthMethod(StrEnum):
    """How a viewer proved who it is."""

    PASSWORD = "password"  # noqa: S105 - it names a method
    """A session that began with a password; its access token stands in a header or a cookie."""
    EXTERNAL = "external"
    """A token of an outside identity provider."""
    API_KEY = "api_key"
    ANONYMOUS = "anonymous"
    """Nothing was offered."""
    DEVELOPMENT = "development"
    """Nothing was proved: the service listens on this machine only, for its developer."""
    SYSTEM = "system"
    """The service itself, or its operator at the command line."""


class Reach(StrEnum):
    """Whose rows a transaction may write; the database holds it to that."""

    OWN = "own"
    """The viewer's own tenant's."""
    SHARED = "shared"
    """Its own, and those that all tenants read."""
    ALL = "all"
    """Any tenant's: a rule that all share changes what hangs on it everywhere."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller of one operation."""

    tenant_id: str
    subject: str
    """Who it is, as the audit names it."""
    actor_type: str = "user"
    """`user`, `agent` or `system`."""
    roles: frozenset[Role] = frozenset()
    administers_shared: bool = False
    """Whether the viewer may write what all tenants share."""
    scopes: frozenset[Permission] | None = None
    """What an API key is confined to; None where the roles alone decide."""
    auth_method: AuthMethod = AuthMethod.SYSTEM
    user_id: str | None = None
    session_id: str | None = None
    api_key_id: str | None = None
    expires_at: datetime | None = None
    """When what it was proved by ends; None where it does not."""
    must_change_password: bool = False
    permissions: frozenset[Permission] = field(init=False)
    """What the roles allow, within the scopes."""

    def __post_init__(self) -> None:
        allowed = permissions_of(self.roles)
        if self.must_change_password:
            # until then it is good for nothing else
            allowed &= {Permission.OWN_SESSIONS}
        if self.scopes is not None:
            allowed &= self.scopes
        if self.tenant_id == SHARED_TENANT and not self.administers_shared:
            # the rows of that tenant are everybody's to read
            allowed -= WRITING
        object.__setattr__(self, "permissions", allowed)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has signed in."""
        return self.auth_method is AuthMethod.ANONYMOUS

    def may(self, permission: Permission) -> bool:
        """Whether the viewer may do what a permission covers."""
        return permission is Permission.PUBLIC or permission in self.permissions
