"""The one settings class: every knob of the service, read from `GRAPH_API_*` variables."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one service process; each field is the variable `GRAPH_API_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GRAPH_API_", extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL URL of a server with AGE and pgvector; unset: an embedded server.",
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
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long one database statement may run, in seconds."
    )
    request_body_max_bytes: int = Field(
        default=4_194_304, ge=1024, description="Largest request body accepted, in bytes."
    )
    query_max_depth: int = Field(
        default=20, ge=1, description="Deepest nesting of fields a query may have."
    )
    query_max_tokens: int = Field(
        default=20_000, ge=100, description="Most lexical tokens a GraphQL document may have."
    )
    query_max_aliases: int = Field(
        default=200, ge=0, description="Most aliased fields a GraphQL document may have."
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
    dev_tenant: str | None = Field(
        default=None,
        description="Tenant of every viewer while there is no sign-in; refused outside loopback.",
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
    feed_heartbeat_seconds: float = Field(
        default=12.0, gt=0, description="Silence after which an event stream sends a comment."
    )
    graphiql: bool = Field(default=True, description="Serve GraphiQL to browsers at `/graphql`.")
    log_level: str = Field(
        default="info", description="Least severe level written to the log (debug … critical)."
    )

    @model_validator(mode="after")
    def _dev_tenant_only_on_loopback(self) -> Self:
        if self.dev_tenant is not None and not is_loopback(self.host):
            raise ValueError(
                f"GRAPH_API_DEV_TENANT is for a loopback address only, and GRAPH_API_HOST is "
                f"{self.host!r}: anybody who reaches it would read and write that tenant"
            )
        if self.pool_min_size > self.pool_max_size:
            raise ValueError("GRAPH_API_POOL_MIN_SIZE must not exceed GRAPH_API_POOL_MAX_SIZE")
        if self.page_default_size > self.page_max_size:
            raise ValueError("GRAPH_API_PAGE_DEFAULT_SIZE must not exceed GRAPH_API_PAGE_MAX_SIZE")
        return self


def is_loopback(host: str) -> bool:
    """Whether a listening address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
