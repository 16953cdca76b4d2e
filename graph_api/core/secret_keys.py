"""Keys that sign and verify: several at a time, so that one may replace another while both serve."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

SHORTEST_KEY_BYTES = 32


class SecretKeyError(Exception):
    """The keys of a setting cannot be used; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """Keys by id: the current one signs, the others still verify."""

    keys: Mapping[str, bytes] = field(repr=False)
    current: str


def secret_keys(text: str, variable: str) -> SecretKeys:
    """The keys of `id:base64,...`, the first one signing; `variable` names the setting.

    Raises SecretKeyError for keys that are malformed or too short.
    """
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) < SHORTEST_KEY_BYTES:
            raise SecretKeyError(
                f"{variable} must be id:base64 of at least {SHORTEST_KEY_BYTES} bytes, "
                "separated by commas"
            )
        keys[key_id] = key
    return SecretKeys(keys, next(iter(keys)))
