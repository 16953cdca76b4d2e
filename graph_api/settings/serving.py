"""Settings of the server: where it listens, whom it answers, and how long clients may take."""

import re
from ipaddress import ip_address

from pydantic import BaseModel, Field, field_validator


class ServingSettings(BaseModel):
    """How requests, answers and sockets come and go."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks one.")
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
    graphiql: bool = Field(default=True, description="Serve GraphiQL to browsers at `/graphql`.")

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
