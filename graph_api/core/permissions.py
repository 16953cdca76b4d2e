"""Who may do what: the roles, the permissions that fields declare, and which role has which."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """A role of a user or an API key in its tenant."""

    VIEWER = "viewer"
    """Reads the graph and the rules."""
    ANALYST = "analyst"
    """Reads compliance, filings and changes as well, and tries what a rule would change."""
    OPERATOR = "operator"
    """An analyst who prepares filings for an operator and keeps its entities."""
    COMPLIANCE_OFFICER = "compliance_officer"
    """An operator who also decides: rules, assessments, approval of filings."""
    ADMIN = "admin"
    """Everything in the tenant."""
    AUDITOR = "auditor"
    """Reads everything, the audit included, and writes nothing."""
    SERVICE = "service"
    """A program that loads entities and follows changes."""


class Permission(StrEnum):
    """What a field asks of its viewer."""

    PUBLIC = "public"
    """Nothing: who has not signed in may use the field too."""
    OWN_SESSIONS = "own_sessions"
    """One's own account: who am I, sign out, change the password."""
    READ_GRAPH = "graph:read"
    """Entities, relationships, volumes and search."""
    WRITE_GRAPH = "graph:write"
    READ_RULES = "rules:read"
    WRITE_RULES = "rules:write"
    """Propose versions of rules, and decide on them."""
    READ_COMPLIANCE = "compliance:read"
    ASSESS_COMPLIANCE = "compliance:assess"
    """Compute compliance anew, or state it by hand."""
    READ_FILINGS = "filings:read"
    PREPARE_FILINGS = "filings:prepare"
    """Begin checklists, attach artifacts, tick items, submit for review."""
    DECIDE_FILINGS = "filings:decide"
    """Approve, reject and file checklists; write their templates."""
    READ_CHANGES = "changes:read"
    """The change feed."""
    READ_AUDIT = "audit:read"
    MANAGE_API_KEYS = "api_keys:manage"
    """Make and revoke the tenant's API keys."""
    MANAGE_USERS = "users:manage"
    """See the tenant's users and sessions, and end sessions."""
    INTROSPECT = "schema:read"
    """Ask the API what it offers."""
    EXPLAIN = "operations:explain"
    """See how an operation was carried out: statements, rows, times."""


WRITING = frozenset(
    {
        Permission.WRITE_GRAPH,
        Permission.WRITE_RULES,
        Permission.ASSESS_COMPLIANCE,
        Permission.PREPARE_FILINGS,
        Permission.DECIDE_FILINGS,
    }
)
"""What changes records of a tenant."""

_READING = frozenset(
    {
        Permission.OWN_SESSIONS,
        Permission.READ_GRAPH,
        Permission.READ_RULES,
        Permission.INTROSPECT,
    }
)
_ANALYSING = _READING | {
    Permission.READ_COMPLIANCE,
    Permission.READ_FILINGS,
    Permission.READ_CHANGES,
    Permission.EXPLAIN,
}
_OPERATING = _ANALYSING | {Permission.PREPARE_FILINGS, Permission.WRITE_GRAPH}

PERMISSIONS_OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _READING,
    Role.ANALYST: _ANALYSING,
    Role.OPERATOR: _OPERATING,
    Role.COMPLIANCE_OFFICER: _OPERATING
    | {Permission.WRITE_RULES, Permission.ASSESS_COMPLIANCE, Permission.DECIDE_FILINGS},
    Role.ADMIN: frozenset(Permission) - {Permission.PUBLIC},
    Role.AUDITOR: _ANALYSING | {Permission.READ_AUDIT},
    Role.SERVICE: _READING
    | {
        Permission.WRITE_GRAPH,
        Permission.READ_COMPLIANCE,
        Permission.ASSESS_COMPLIANCE,
        Permission.READ_CHANGES,
    },
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What any of the roles allows."""
    return frozenset().union(*(PERMISSIONS_OF_ROLE[role] for role in roles))
