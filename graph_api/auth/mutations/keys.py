"""How API keys are made and revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError

from graph_api.auth.inputs import CreateApiKeyInput, RevokeApiKeyInput
from graph_api.auth.store import NewApiKey, add_api_key, locked_account, revoke_key
from graph_api.core.api.outcomes import (
    FieldError,
    Forbidden,
    NotFound,
    Refused,
    field_errors,
    invalid,
)
from graph_api.core.context import OperationContext
from graph_api.core.model import AegisBase, UtcDatetime
from graph_api.core.permissions import Permission, Role, permissions_of
from graph_api.core.viewer import Viewer


class _Asked(AegisBase):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    expires_at: UtcDatetime | None


async def create_api_key(context: OperationContext, given: CreateApiKeyInput) -> dict[str, Any]:
    """Make a key for the user who asks."""
    try:
        asked = _Asked(name=given.name, expires_at=given.expires_at)
    except ValidationError as error:
        raise invalid(field_errors(error, "")) from None
    roles = list(dict.fromkeys(given.roles))
    scopes = None if given.scopes is None else list(dict.fromkeys(given.scopes))
    problems = [*_problems(roles, scopes)]
    if asked.expires_at is not None and asked.expires_at <= datetime.now(UTC):
        problems.append(FieldError(path="expiresAt", message="must lie in the future"))
    if problems:
        raise invalid(problems)
    user_id = _maker(context.viewer, roles, scopes)
    async with context.database.transaction(context.viewer, "createApiKey") as session:
        if await locked_account(session, user_id) is None:
            raise _no_maker()
        new = NewApiKey(user_id, asked.name, roles, scopes, asked.expires_at)
        key, secret = await add_api_key(context.database, session, new)
        session.journal.details.update(
            api_key_id=str(key.id),
            name=key.name,
            prefix=key.prefix,
            roles=[one.value for one in roles],
            scopes=None if scopes is None else [one.value for one in scopes],
            expires_at=key.expires_at and key.expires_at.isoformat(),
        )
    return {"api_key": key, "secret": secret}


def _problems(roles: Sequence[Role], scopes: Sequence[Permission] | None) -> list[FieldError]:
    if not roles:
        return [FieldError(path="roles", message="must name at least one role")]
    if scopes is None:
        return []
    if not scopes:
        return [FieldError(path="scopes", message="must name at least one permission")]
    allowed = permissions_of(roles)
    return [
        FieldError(path=f"scopes.{place}", message=f"no role of the key has {one.name}")
        for place, one in enumerate(scopes)
        if one not in allowed
    ]


def _maker(viewer: Viewer, roles: Sequence[Role], scopes: Sequence[Permission] | None) -> UUID:
    """Who makes a key; refused, where it could do what its maker may not."""
    wanted = permissions_of(roles)
    if scopes is not None:
        wanted &= frozenset(scopes)
    beyond = sorted(one.name for one in wanted - viewer.permissions)
    if beyond:
        message = f"a key may do no more than its maker, who lacks {', '.join(beyond)}"
        raise Refused(Forbidden(message=message))
    try:
        return UUID(viewer.user_id or "")
    except ValueError:
        raise _no_maker() from None


def _no_maker() -> Refused:
    return Refused(Forbidden(message="only a user of this service can make keys"))


async def revoke_api_key(context: OperationContext, given: RevokeApiKeyInput) -> dict[str, Any]:
    """Revoke a key of the tenant."""
    async with context.database.transaction(context.viewer, "revokeApiKey") as session:
        key = await revoke_key(session, given.id)
        if key is None:
            message = "there is no such key, or it is revoked"
            raise Refused(NotFound(message=message, path="id"))
        session.journal.details.update(api_key_id=str(key.id), name=key.name, prefix=key.prefix)
    return {"api_key": key}
