"""Checks, in one place, that a viewer may use a field; fields only declare what they ask."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLResolveInfo
from strawberry.types.field import StrawberryField

from graph_api.core.api.building import permission_of
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class GuardedField:
    """A field of a schema and what it asks of its viewer, if anything."""

    type_name: str
    name: str
    permission: Permission | None
    is_root: bool
    field: GraphQLField


def fields_of_schema(schema: strawberry.Schema) -> Iterator[GuardedField]:
    """Every field of every object type, with its permission."""
    core = schema._schema
    roots = {core.query_type, core.mutation_type, core.subscription_type}
    for name, kind in core.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field_name, field in kind.fields.items():
            declared = field.extensions.get("strawberry-definition")
            permission = permission_of(declared) if isinstance(declared, StrawberryField) else None
            yield GuardedField(name, field_name, permission, kind in roots, field)


def guard_fields(schema: strawberry.Schema) -> None:
    """Let every field that asks a permission check it before it resolves.

    Raises ValueError for a root field that declares none: what is not declared is denied.
    """
    for one in fields_of_schema(schema):
        if one.permission is None:
            if one.is_root:
                raise ValueError(f"{one.type_name}.{one.name} declares no permission")
        elif one.field.subscribe is not None:
            one.field.subscribe = _guarded(one.field.subscribe, one.permission)
        elif one.field.resolve is not None:
            one.field.resolve = _guarded(one.field.resolve, one.permission)


def _guarded(resolve: Callable[..., Any], permission: Permission) -> Callable[..., Any]:
    def resolve_if_permitted(
        root: Any, info: GraphQLResolveInfo[OperationContext], **given: Any
    ) -> Any:
        require(info.context, permission)
        return resolve(root, info, **given)

    return resolve_if_permitted


def require(context: OperationContext, permission: Permission) -> None:
    """Raise ApiError UNAUTHENTICATED or FORBIDDEN unless the viewer may do what is asked."""
    viewer = context.viewer
    if viewer.may(permission):
        return
    if viewer.is_anonymous:
        raise ApiError(ErrorCode.UNAUTHENTICATED, "sign in first, or send a token or an API key")
    if viewer.must_change_password:
        raise ApiError(ErrorCode.FORBIDDEN, "change the password first: it was given for one use")
    raise ApiError(
        ErrorCode.FORBIDDEN,
        f"this asks for the permission {permission.value}, which the viewer does not have",
        permission=permission.value,
    )
