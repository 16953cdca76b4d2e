"""Keys that sign and verify: several at a time, so that one may replace another while both serve."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graph_api.core.kept_secrets import kept_secret

_SHORTEST_KEY_BYTES = 32


class SecretKeyError(Exception):
    """The keys of a setting cannot be used; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """Keys by id: the current one signs, the others still verify."""

    keys: Mapping[str, bytes]
    current: str


def secret_keys(given: str | None, variable: str, kept_in: Path) -> SecretKeys:
    """The keys that a setting gives as `id:base64,...`, or the one key that a file keeps.

    `variable` is the setting's name, for errors. The file is made with a random key where it is
    not there. Raises SecretKeyError for keys that are malformed or too short.
    """
    text = given
    if text is None:
        made = f"local:{base64.b64encode(secrets.token_bytes(_SHORTEST_KEY_BYTES)).decode()}"
        text = kept_secret(kept_in.parent, kept_in.name, made)
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) < _SHORTEST_KEY_BYTES:
            raise SecretKeyError(
                f"{variable} must be id:base64 of at least 32 bytes, separated by commas"
            )
        keys[key_id] = key
    return SecretKeys(keys, next(iter(keys)))
