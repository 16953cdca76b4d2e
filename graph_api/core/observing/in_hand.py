"""The request in hand, as everything that observes it knows it."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_api.core.observing.observer import Observer


@dataclass(slots=True)
class RequestInHand:
    """One HTTP request, or one WebSocket from its handshake to its end."""

    observer: "Observer"
    request_id: str
    client: str | None
    """The address of the peer, or of whom a trusted proxy speaks for."""
    transport: str
    """`http` or `websocket`."""
    trace: Any = None
    """What the spans of its operations hang on; None where nothing is traced."""
    operations: int = 0
    """How many operations it has carried so far."""


request_in_hand: ContextVar[RequestInHand | None] = ContextVar("request_in_hand", default=None)
"""The request that is being answered; None at the command line and in the background."""
