"""Settings of the database and of the connections to it."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, model_validator


class DatabaseSettings(BaseModel):
    """Where the database is, and how long it may take."""

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

    @model_validator(mode="after")
    def _pool_has_room(self) -> Self:
        if self.pool_min_size > self.pool_max_size:
            raise ValueError("GRAPH_API_POOL_MIN_SIZE must not exceed GRAPH_API_POOL_MAX_SIZE")
        return self
