"""Viewers for tests that are not about who may do what."""

from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer


def member(
    tenant_id: str, subject: str = "test", *, administers_shared: bool = False, actor: str = "user"
) -> Viewer:
    """Somebody who may do everything in a tenant."""
    return Viewer(
        tenant_id,
        subject,
        actor,
        roles=frozenset({Role.ADMIN}),
        administers_shared=administers_shared,
    )
