"""What callers give to sign in and out, and to make and revoke keys."""

from datetime import datetime
from uuid import UUID

import strawberry

# the enums are described there
import graph_api.auth.types  # noqa: F401
from graph_api.core.permissions import Permission, Role


@strawberry.input(description="Who signs in.")
class LoginInput:
    """An email and its password."""

    email: str = strawberry.field(description="The user's email address, in any case.")
    password: str = strawberry.field(description="The user's password.")
    cookies: bool = strawberry.field(
        default=False,
        description="true, in a browser: the tokens go into cookies that no script can read, and "
        "are not shown.",
    )


@strawberry.input(description="What a session goes on by.")
class RefreshInput:
    """A refresh token."""

    refresh_token: str | None = strawberry.field(
        default=None,
        description="The refresh token that was last given out; that of the cookie, when left out.",
    )


@strawberry.input(description="A new password, and the one that it replaces.")
class ChangePasswordInput:
    """Two passwords."""

    current_password: str = strawberry.field(description="The password of now.")
    new_password: str = strawberry.field(description="The password from now on.")


@strawberry.input(description="A session to end.")
class RevokeSessionInput:
    """Which session."""

    id: UUID = strawberry.field(description="UUID of the session.")


@strawberry.input(description="An API key to make.")
class CreateApiKeyInput:
    """What the key is for, and what it may do."""

    name: str = strawberry.field(description="What it is for, in 1 to 200 characters.")
    roles: list[Role] = strawberry.field(
        description="What it may do in the tenant: nothing that its maker may not."
    )
    scopes: list[Permission] | None = strawberry.field(
        default=None,
        description="Confines it to these permissions of its roles; all of them, when left out.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends, with a time zone; never, when left out."
    )


@strawberry.input(description="An API key to revoke.")
class RevokeApiKeyInput:
    """Which key."""

    id: UUID = strawberry.field(description="UUID of the key.")
