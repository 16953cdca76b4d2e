"""Where the keys that sign the audit come from."""

import base64
import secrets

from graph_api.core.journal import AuditKeys
from graph_api.core.kept_secrets import kept_secret
from graph_api.core.secret_keys import SHORTEST_KEY_BYTES, secret_keys
from graph_api.settings import Settings

_KEY_FILE = "audit.key"


def audit_keys(settings: Settings) -> AuditKeys:
    """The keys of GRAPH_API_AUDIT_KEYS, or the one key that the data directory keeps.

    Raises SecretKeyError for keys that are malformed or too short.
    """
    text = settings.audit_keys
    if text is None:
        made = f"local:{base64.b64encode(secrets.token_bytes(SHORTEST_KEY_BYTES)).decode()}"
        text = kept_secret(settings.data_dir, _KEY_FILE, made)
    keys = secret_keys(text, "GRAPH_API_AUDIT_KEYS")
    return AuditKeys(keys.keys, keys.current)
