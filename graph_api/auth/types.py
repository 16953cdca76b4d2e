"""Users, sessions and keys as GraphQL shows them."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from graph_api.auth.models import ApiKey, RefreshRejectReason, User, UserSession
from graph_api.core.api.building import (
    GraphQLClass,
    add_field,
    enum_type,
    list_of,
    object_type,
)
from graph_api.core.api.connections import record_connection
from graph_api.core.api.entities import context_of
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod
from graph_api.entities.models.described import enum_value_description

_ROLES: Mapping[Enum, str] = {
    Role.VIEWER: "Reads the graph and the rules.",
    Role.ANALYST: "Reads compliance, filings and changes as well, and tries what a rule would "
    "change.",
    Role.OPERATOR: "An analyst who prepares filings for an operator and keeps its entities.",
    Role.COMPLIANCE_OFFICER: "An operator who also decides: rules, assessments, approval of "
    "filings.",
    Role.ADMIN: "May do everything in the tenant.",
    Role.AUDITOR: "Reads everything, the audit included, and writes nothing.",
    Role.SERVICE: "A program that loads entities and follows changes.",
}
_PERMISSIONS: Mapping[Enum, str] = {
    Permission.PUBLIC: "Nothing is asked: who has not signed in may use it too.",
    Permission.OWN_SESSIONS: "One's own account: who am I, sign out, change the password.",
    Permission.READ_GRAPH: "Read entities, relationships, volumes and search.",
    Permission.WRITE_GRAPH: "Write entities, relationships and volumes.",
    Permission.READ_RULES: "Read rules and their history.",
    Permission.WRITE_RULES: "Propose versions of rules, and decide on them.",
    Permission.READ_COMPLIANCE: "Read compliance and what it was decided by.",
    Permission.ASSESS_COMPLIANCE: "Compute compliance anew, or state it by hand.",
    Permission.READ_FILINGS: "Read filing checklists and what hangs on them.",
    Permission.PREPARE_FILINGS: "Begin checklists, attach artifacts, tick items, submit for "
    "review.",
    Permission.DECIDE_FILINGS: "Approve, reject and file checklists; write their templates.",
    Permission.READ_CHANGES: "Follow the change feed.",
    Permission.READ_AUDIT: "Read and verify the audit.",
    Permission.MANAGE_API_KEYS: "Make and revoke the tenant's API keys.",
    Permission.MANAGE_USERS: "See the tenant's users and sessions, and end sessions.",
    Permission.INTROSPECT: "Ask the API what it offers.",
    Permission.EXPLAIN: "See how an operation was carried out: statements, rows, times.",
}
_METHODS: Mapping[Enum, str] = {
    AuthMethod.PASSWORD: "A session that began with a password.",
    AuthMethod.EXTERNAL: "A token of an outside identity provider.",
    AuthMethod.API_KEY: "An API key.",
    AuthMethod.DEVELOPMENT: "Nothing: the service is for its developer, on this machine only.",
    AuthMethod.SYSTEM: "The service itself, or its operator at the command line.",
    AuthMethod.ANONYMOUS: "Nothing: nobody has signed in.",
}
enum_type(Role, _ROLES.get)
enum_type(Permission, _PERMISSIONS.get)
enum_type(AuthMethod, _METHODS.get)
enum_type(RefreshRejectReason, enum_value_description)


@strawberry.type(description="The refresh token is good for nothing; sign in again.")
class RefreshRejected:
    """Why nothing was refreshed."""

    message: str = strawberry.field(description="A summary for a person.")
    reason: RefreshRejectReason = strawberry.field(description="What is wrong with the token.")


def add_auth_types(parts: SchemaParts) -> None:
    """Make the types of users, sessions and keys."""
    records, fields = parts.records, parts.fields
    records["User"] = record_type(fields, User)
    session = records["UserSession"] = record_type(fields, UserSession)
    records["ApiKey"] = record_type(fields, ApiKey)
    add_field(session, "is_current", bool, _is_current, "Whether it is the one that asks.")
    for name, words in (("User", "users"), ("UserSession", "sessions"), ("ApiKey", "API keys")):
        records[f"{name}Connection"] = record_connection(
            name, records[name], parts.types.page_info, words
        )
    records["Me"] = _me(parts)


def _is_current(root: UserSession, info: strawberry.Info) -> bool:
    return str(root.id) == context_of(info).viewer.session_id


def _me(parts: SchemaParts) -> GraphQLClass:
    made = object_type("Me", "Who asks, and what it may do.")
    for name, annotation, resolve, description in (
        ("subject", str, lambda viewer: viewer.subject, "Who it is, as the audit names it."),
        ("tenant", str, lambda viewer: viewer.tenant_id, "The tenant whose records it sees."),
        ("roles", list_of(Role), _roles, "What it is in the tenant."),
        ("permissions", list_of(Permission), _permissions, "What it may do now."),
        ("auth_method", AuthMethod, lambda viewer: viewer.auth_method, "What it was proved by."),
        (
            "must_change_password",
            bool,
            lambda viewer: viewer.must_change_password,
            "Whether it can do nothing else before the password is changed.",
        ),
    ):
        add_field(made, name, annotation, _of_viewer(resolve), description)
    add_field(
        made,
        "user",
        parts.records["User"] | None,
        lambda root, info: root.user,
        "The account; null, where the viewer has none here.",
    )
    add_field(
        made,
        "session",
        parts.records["UserSession"] | None,
        lambda root, info: root.session,
        "The session; null, where the viewer has none.",
    )
    return made


def _of_viewer(resolve: Any) -> Any:
    return lambda root, info: resolve(context_of(info).viewer)


def _roles(viewer: Any) -> list[Role]:
    return sorted(viewer.roles)


def _permissions(viewer: Any) -> list[Permission]:
    return sorted(viewer.permissions)


def with_tokens(name: str, description: str, parts: SchemaParts) -> GraphQLClass:
    """A payload of a session's tokens; its value has them as attributes."""
    made = object_type(name, description)
    for field, annotation, text in (
        (
            "access_token",
            str | None,
            "What to send as `Authorization: Bearer`; null, where it went into a cookie.",
        ),
        ("refresh_token", str | None, "Good for one `refresh`; null, where it went into a cookie."),
        ("expires_at", datetime, "When the access token ends."),
        (
            "must_change_password",
            bool,
            "Whether nothing but `changePassword` can be done until it was.",
        ),
        ("user", parts.records["User"], "Who has signed in."),
    ):
        add_field(made, field, annotation, _attribute(field), text)
    return made


def _attribute(name: str) -> Any:
    return lambda root, info: getattr(root.value, name)


def value_payload(
    name: str, description: str, shown: Mapping[str, tuple[Any, str]]
) -> GraphQLClass:
    """A payload whose value is a mapping of its fields; each by its type and its meaning."""
    made = object_type(name, description)
    for field, (annotation, text) in shown.items():
        add_field(made, field, annotation, _entry(field), text)
    return made


def _entry(name: str) -> Any:
    return lambda root, info: root.value[name]
