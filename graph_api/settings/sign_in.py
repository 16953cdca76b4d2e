"""Settings of signing in: passwords, sessions, tokens and an outside identity provider."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, model_validator

from graph_api.core.permissions import Role
from graph_api.settings.serving import is_loopback


class SignInSettings(BaseModel):
    """Who is believed, by what, and for how long."""

    auth_secret: str | None = Field(
        default=None,
        description="Secret that access tokens, refresh tokens and API keys rest on: text or "
        "base64 of at least 32 random bytes; unset: one in `DATA_DIR` that is made once.",
        repr=False,
    )
    min_password_length: int = Field(
        default=12, ge=8, le=1024, description="Fewest characters that a new password may have."
    )
    max_concurrent_sessions: int = Field(
        default=5,
        ge=0,
        description="Most sessions of one user; one more ends the oldest; 0 for no limit.",
    )
    refresh_expiry_minutes: int = Field(
        default=10_080,
        ge=1,
        le=525_600,
        description="How long a refresh token can be used, and a session rest, in minutes.",
    )
    lockout_threshold: int = Field(
        default=10, ge=1, le=1000, description="Failed sign-ins after which an account is locked."
    )
    lockout_window_minutes: int = Field(
        default=15, ge=1, le=10_080, description="Minutes within which failed sign-ins are counted."
    )
    lockout_duration_minutes: int = Field(
        default=15, ge=1, le=10_080, description="How long an account stays locked, in minutes."
    )
    dev_tenant: str | None = Field(
        default=None,
        description="Tenant of whoever gives no credential, as its administrator; refused outside "
        "loopback.",
    )
    jwt_keys: str | None = Field(
        default=None,
        description="Keys that sign access tokens, as `id:base64` separated by commas, the first "
        "one signing; unset: a key that follows from `AUTH_SECRET`.",
        repr=False,
    )
    jwt_expiry_minutes: float = Field(
        default=15.0, gt=0, le=1440, description="How long an access token is valid, in minutes."
    )
    cookie_secure: bool = Field(
        default=True,
        description="Send sign-in cookies over HTTPS only; `false` is refused outside loopback.",
    )
    oidc_jwks_url: str | None = Field(
        default=None,
        description="Where an outside identity provider publishes the keys of its tokens; unset: "
        "none is trusted.",
    )
    oidc_issuer: str | None = Field(
        default=None, description="The `iss` that its tokens must have; needed with the URL."
    )
    oidc_audience: str | None = Field(
        default=None, description="The `aud` that its tokens must have; needed with the URL."
    )
    oidc_tenant_claim: str = Field(
        default="tenant", description="The claim of its tokens that names the tenant."
    )
    oidc_roles_claim: str = Field(
        default="roles",
        description="The claim of its tokens that lists roles; `a.b` is `b` inside `a`.",
    )
    oidc_role_map: dict[str, Role] | None = Field(
        default=None,
        description="Its roles and ours, as a JSON object; others count for nothing. Unset: the "
        "roles that have our names.",
    )
    oidc_leeway_seconds: float = Field(
        default=30.0, ge=0, le=300, description="How far its clock may be off, in seconds."
    )

    @model_validator(mode="after")
    def _identity_provider_is_named(self) -> Self:
        if self.oidc_jwks_url is None:
            return self
        if not self.oidc_issuer or not self.oidc_audience:
            raise ValueError(
                "GRAPH_API_OIDC_JWKS_URL needs GRAPH_API_OIDC_ISSUER and GRAPH_API_OIDC_AUDIENCE: "
                "without them, a token that was made for another service would be accepted"
            )
        url = urlsplit(self.oidc_jwks_url)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
            raise ValueError("GRAPH_API_OIDC_JWKS_URL must be https: what it gives is trusted")
        return self
