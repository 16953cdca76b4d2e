"""Says, as a page for people, which role may use which field: generated, so that it is true."""

from collections.abc import Iterable

import strawberry

from graph_api.core.api.permitting import GuardedField, fields_of_schema
from graph_api.core.permissions import PERMISSIONS_OF_ROLE, Permission, Role

_HEAD = """# Permissions

Written by `graph-api export-schema` from the code; a test compares.

Every root field, and every field that leads from one kind of record to another, declares the
permission that it asks of its viewer. A role is a set of permissions, an API key may be confined to
some of them (its scopes), and what is not declared is denied. A root field that is denied is an
error `FORBIDDEN`, or `UNAUTHENTICATED` for who has not signed in; a denied field further down is null
with such an error, and the rest of the answer stands. Which rows one sees is decided apart from
this, by the tenant: see [0008](decisions/0008-tenants-by-row-level-security.md).
"""


def permission_table(schema: strawberry.Schema) -> str:
    """The page: roles and what they may do, and then every field by what it asks."""
    fields = [one for one in fields_of_schema(schema) if one.permission is not None]
    return "\n".join(
        [
            _HEAD,
            "## Roles",
            "",
            _row("permission", (role.value for role in Role)),
            _row("---", (":-:" for _ in Role)),
            *(
                _row(f"`{one.value}`", (_mark(role, one) for role in Role))
                for one in Permission
                if one is not Permission.PUBLIC
            ),
            "",
            "## Fields",
            "",
            _row("field", ("permission", *(role.value for role in Role))),
            _row("---", ("---", *(":-:" for _ in Role))),
            *(_field_row(one) for one in sorted(fields, key=_order)),
            "",
        ]
    )


def _order(one: GuardedField) -> tuple[bool, str, str]:
    return not one.is_root, one.type_name, one.name


def _field_row(one: GuardedField) -> str:
    permission = one.permission or Permission.PUBLIC
    return _row(
        f"`{one.type_name}.{one.name}`",
        (f"`{permission.value}`", *(_mark(role, permission) for role in Role)),
    )


def _mark(role: Role, permission: Permission) -> str:
    may = permission is Permission.PUBLIC or permission in PERMISSIONS_OF_ROLE[role]
    return "yes" if may else ""


def _row(first: str, rest: Iterable[str]) -> str:
    return f"| {' | '.join([first, *rest])} |"
