"""The one settings class: every knob of the service, read from `GRAPH_API_*` variables."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph_api.core.permissions import Role


class Settings(BaseSettings):
    """Settings of one service process; each field is the variable `GRAPH_API_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GRAPH_API_", extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL URL of a server with AGE and pgvector; unset: an embedded server.",
        repr=False,
    )
    owner_database_url: str | None = Field(
        default=None,
        description="URL of the role that owns the database, for `migrate`, `backup` and `restore`; "
        "unset: `DATABASE_URL`.",
        repr=False,
    )
    service_password: str | None = Field(
        default=None,
        description="Password that `migrate` gives the role `graph_api_service`, as which the "
        "service should log in; unset: left as it is.",
        repr=False,
    )
    data_dir: Path = Field(
        default=Path(".graph-api"),
        description="Directory of the embedded database; unused with `DATABASE_URL`.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks one.")
    pool_min_size: int = Field(
        default=2, ge=0, le=1000, description="Database connections kept open."
    )
    pool_max_size: int = Field(
        default=10, ge=1, le=1000, description="Most database connections at one time."
    )
    pool_acquire_timeout_seconds: float = Field(
        default=5.0, gt=0, description="How long a request waits for a connection, in seconds."
    )
    connect_timeout_seconds: float = Field(
        default=5.0, gt=0, description="How long opening a connection may take, in seconds."
    )
    database_silence_seconds: float = Field(
        default=1.25,
        gt=0,
        description="How long the database may leave everything unanswered before it is taken to "
        "be away, in seconds.",
    )
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long one database statement may run, in seconds."
    )
    connections_max: int = Field(
        default=4000,
        ge=16,
        description="Most connections at one time; beyond, one that is idle makes room for a new "
        "one.",
    )
    request_header_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long the header of a request may take, from the connection's opening on, "
        "in seconds.",
    )
    request_header_max_bytes: int = Field(
        default=65_536, ge=8192, description="Largest header of a request accepted, in bytes."
    )
    request_body_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long the body of a request may come slower than "
        "`CLIENT_MIN_BYTES_PER_SECOND`, in seconds.",
    )
    response_stall_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long a client may read its answer slower than "
        "`CLIENT_MIN_BYTES_PER_SECOND`, in seconds.",
    )
    client_min_bytes_per_second: int = Field(
        default=16_384, ge=1, description="Least speed of a client that is not slow."
    )
    keep_alive_seconds: float = Field(
        default=10.0, gt=0, description="How long a connection may be idle after an answer."
    )
    shutdown_grace_seconds: float = Field(
        default=10.0,
        ge=0,
        description="How long operations under way may take to finish when the process is told to "
        "stop, in seconds.",
    )
    request_body_max_bytes: int = Field(
        default=4_194_304, ge=1024, description="Largest request body accepted, in bytes."
    )
    document_max_characters: int = Field(
        default=200_000, ge=1000, description="Longest GraphQL document accepted, in characters."
    )
    document_max_tokens: int = Field(
        default=20_000, ge=100, description="Most lexical tokens a GraphQL document may have."
    )
    document_max_nesting: int = Field(
        default=100,
        ge=10,
        le=150,
        description="Deepest nesting of brackets of any kind in a GraphQL document.",
    )
    document_max_depth: int = Field(
        default=20,
        ge=1,
        description="Deepest nesting of fields in a GraphQL document; what clients ask about the "
        "schema may always be 16 deep.",
    )
    document_max_fields: int = Field(
        default=10_000,
        ge=10,
        description="Most fields a GraphQL document may select, with its fragments spread.",
    )
    document_max_root_fields: int = Field(
        default=100, ge=1, description="Most fields an operation may select at its root."
    )
    document_max_overlaps: int = Field(
        default=5000,
        ge=0,
        description="Most pairs of fields of one name in one place in a GraphQL document: each "
        "pair is compared.",
    )
    document_max_aliases: int = Field(
        default=200, ge=0, description="Most aliased fields a GraphQL document may have."
    )
    document_max_directives: int = Field(
        default=200, ge=0, description="Most directives a GraphQL document may have."
    )
    document_max_fragments: int = Field(
        default=200,
        ge=0,
        le=400,
        description="Most fragments a GraphQL document may define.",
    )
    document_max_spreads: int = Field(
        default=1000, ge=0, description="Most times a GraphQL document may spread a fragment."
    )
    document_max_operations: int = Field(
        default=20, ge=1, description="Most operations a GraphQL document may hold."
    )
    document_max_variables: int = Field(
        default=200, ge=0, description="Most variables a GraphQL document may declare."
    )
    value_max_depth: int = Field(
        default=32,
        ge=1,
        le=100,
        description="Deepest nesting of lists and objects in an argument or a variable.",
    )
    introspection: bool = Field(
        default=True,
        description="Let those with the permission `schema:read` ask what the schema offers.",
    )
    operation_max_cost: int = Field(
        default=100_000,
        ge=1,
        description="Highest cost of an operation: the objects it may return at most, and what "
        "its expensive fields add.",
    )
    cost_budget: int = Field(
        default=1_000_000,
        ge=0,
        description="Cost that a viewer may run up at once; 0: no budget.",
    )
    cost_budget_refill_per_second: float = Field(
        default=20_000, gt=0, description="Cost that a viewer's budget regains in a second."
    )
    cost_budget_store: Literal["memory", "postgres"] = Field(
        default="memory",
        description="Where budgets are kept: `memory`, one for each process, or `postgres`, one "
        "for all of them.",
    )
    operation_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long a query or a mutation may take, in seconds."
    )
    operations_max_concurrent: int = Field(
        default=100, ge=1, description="Most queries and mutations under way in a process."
    )
    operations_max_waiting: int = Field(
        default=200,
        ge=0,
        description="Most queries and mutations that wait for their turn; more are told to come "
        "back.",
    )
    page_default_size: int = Field(
        default=50, ge=1, le=500, description="Nodes in a page when `first` is not given."
    )
    page_max_size: int = Field(
        default=500, ge=1, le=500, description="Largest `first` or `last` accepted."
    )
    audit_keys: str | None = Field(
        default=None,
        description="Keys that sign the audit, as `id:base64` separated by commas, the first one "
        "signing; unset: a key in `DATA_DIR` that is made once.",
        repr=False,
    )
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
    subscriptions_max_per_connection: int = Field(
        default=100, ge=1, description="Most operations under way on one WebSocket."
    )
    websocket_message_max_bytes: int = Field(
        default=1_048_576, ge=1024, description="Largest WebSocket message accepted, in bytes."
    )
    websocket_init_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long a WebSocket may wait with its connection_init."
    )
    websocket_ping_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds between the server's pings on a WebSocket, and how long one may stay "
        "unanswered.",
    )
    feed_heartbeat_seconds: float = Field(
        default=12.0, gt=0, description="Silence after which an event stream sends a comment."
    )
    plans: bool = Field(
        default=True,
        description="Answer queries by compiled plans where they cover them; off: by the standard "
        "executor alone, to compare.",
    )
    trusted_documents_only: bool = Field(
        default=False,
        description="Accept only documents that `graph-api documents` has registered.",
    )
    graphiql: bool = Field(default=True, description="Serve GraphiQL to browsers at `/graphql`.")
    log_level: str = Field(
        default="info", description="Least severe level written to the log (debug … critical)."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="How the log is written: `json`, one object a line; `console`, for people; "
        "`auto`: `console` on a terminal, else `json`.",
    )
    metrics: bool = Field(default=True, description="Serve metrics to Prometheus at `/metrics`.")
    metrics_token: str | None = Field(
        default=None,
        min_length=16,
        description="Bearer token that `/metrics` asks for; unset: it answers this machine only.",
        repr=False,
    )
    otel_endpoint: str | None = Field(
        default=None,
        description="URL of an OpenTelemetry collector (OTLP over HTTP) that takes traces; unset: "
        "none, unless `OTEL_EXPORTER_OTLP_ENDPOINT` names one.",
    )
    hsts_seconds: int = Field(
        default=0,
        ge=0,
        description="How long browsers shall insist on TLS, in seconds; set it where a proxy "
        "terminates TLS; 0 says nothing.",
    )
    allowed_origins: str | None = Field(
        default=None,
        description="Origins of other sites whose pages may use the API with credentials, such as "
        "`https://app.example.org`, separated by commas; unset: none.",
    )
    forwarded_allow_ips: str | None = Field(
        default=None,
        description="Addresses or networks of proxies whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed, separated by commas; unset: none.",
    )

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_exact(cls, text: str | None) -> str | None:
        for origin in _listed(text):
            if not re.fullmatch(
                r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?", origin
            ):
                raise ValueError(
                    f"{origin!r} is no origin: give scheme, host and, unless it is the scheme's "
                    "own, port, in lower case, without a path"
                )
        return text

    @property
    def other_origins(self) -> frozenset[str]:
        """The origins, besides our own, whose pages may use the API."""
        return frozenset(_listed(self.allowed_origins))

    @model_validator(mode="after")
    def _dev_tenant_only_on_loopback(self) -> Self:
        if self.dev_tenant is not None and not is_loopback(self.host):
            raise ValueError(
                f"GRAPH_API_DEV_TENANT is for a loopback address only, and GRAPH_API_HOST is "
                f"{self.host!r}: anybody who reaches it would read and write that tenant"
            )
        if not self.cookie_secure and not is_loopback(self.host):
            raise ValueError(
                f"GRAPH_API_COOKIE_SECURE=false is for a loopback address only, and "
                f"GRAPH_API_HOST is {self.host!r}: sign-in cookies would cross a network in clear"
            )
        self._check_identity_provider()
        if self.pool_min_size > self.pool_max_size:
            raise ValueError("GRAPH_API_POOL_MIN_SIZE must not exceed GRAPH_API_POOL_MAX_SIZE")
        if self.page_default_size > self.page_max_size:
            raise ValueError("GRAPH_API_PAGE_DEFAULT_SIZE must not exceed GRAPH_API_PAGE_MAX_SIZE")
        if 0 < self.cost_budget < self.operation_max_cost:
            raise ValueError(
                "GRAPH_API_OPERATION_MAX_COST must not exceed GRAPH_API_COST_BUDGET: such an "
                "operation could never run"
            )
        return self

    def _check_identity_provider(self) -> None:
        if self.oidc_jwks_url is None:
            return
        if not self.oidc_issuer or not self.oidc_audience:
            raise ValueError(
                "GRAPH_API_OIDC_JWKS_URL needs GRAPH_API_OIDC_ISSUER and GRAPH_API_OIDC_AUDIENCE: "
                "without them, a token that was made for another service would be accepted"
            )
        url = urlsplit(self.oidc_jwks_url)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
            raise ValueError("GRAPH_API_OIDC_JWKS_URL must be https: what it gives is trusted")


def _listed(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


def is_loopback(host: str) -> bool:
    """Whether a listening address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
