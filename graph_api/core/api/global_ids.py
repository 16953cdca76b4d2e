"""Global ids: a label and an entity's UUID in one opaque text, as Relay clients expect them."""

import base64
import binascii
from uuid import UUID

from graph_api.core.errors import bad_input
from graph_api.core.graph.registry import GraphRegistry


def global_id(label: str, entity_id: UUID) -> str:
    """The global id of an entity."""
    return base64.urlsafe_b64encode(f"{label}:{entity_id}".encode()).decode().rstrip("=")


def parse_global_id(registry: GraphRegistry, text: str, argument: str) -> tuple[str, UUID]:
    """The label and UUID of a global id.

    Raises ApiError BAD_USER_INPUT, naming the argument, for anything else.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        label, _, entity_id = base64.b64decode(padded, b"-_", validate=True).decode().partition(":")
        parsed = UUID(entity_id)
    except (ValueError, UnicodeError, binascii.Error):
        raise bad_input("is not a global id of this API", argument=argument) from None
    if label not in registry.entities:
        raise bad_input("is a global id of an unknown kind", argument=argument)
    return label, parsed
