"""Where the keys that sign the audit come from."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from graph_api.core.journal import AuditKeys
from graph_api.settings import Settings

_SHORTEST_KEY_BYTES = 32
_KEY_FILE = "audit.key"


class AuditKeyError(Exception):
    """The audit keys cannot be used; the message says what is expected."""


def audit_keys(settings: Settings) -> AuditKeys:
    """The keys of GRAPH_API_AUDIT_KEYS, or the one key that the data directory keeps.

    Raises AuditKeyError for keys that are malformed or too short.
    """
    text = settings.audit_keys if settings.audit_keys is not None else _kept_key(settings.data_dir)
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) < _SHORTEST_KEY_BYTES:
            raise AuditKeyError(
                "GRAPH_API_AUDIT_KEYS must be id:base64 of at least 32 bytes, separated by commas"
            )
        keys[key_id] = key
    return AuditKeys(keys, next(iter(keys)))


def _kept_key(directory: Path) -> str:
    path = directory / _KEY_FILE
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True)
    made = f"local:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    partial = directory / f".{_KEY_FILE}.{os.getpid()}"
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_text(made, "ascii")
    try:
        # of processes that start at once, the first to get here has the say
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path.read_text("ascii").strip()
