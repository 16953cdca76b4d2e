"""What a request's `extensions` ask beyond GraphQL, whichever way it came."""

from collections.abc import Mapping
from typing import Any


def asks_to_explain(extensions: Mapping[str, Any] | None) -> bool:
    """Whether the answer shall tell how it came about: `{"explain": true}`, and nothing else."""
    return extensions is not None and extensions.get("explain") is True
