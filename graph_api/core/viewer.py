"""Who is asking: the one source of the tenant that every statement is scoped by."""

from dataclasses import dataclass

SHARED_TENANT = "*"
"""The tenant of what all tenants read, such as regulations."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller of one operation."""

    tenant_id: str
    subject: str
    """Who it is, as the audit names it."""
    actor_type: str = "user"
    """`user`, `agent` or `system`."""
    is_admin: bool = False
    """Whether the viewer may write what all tenants share."""
