"""Where the keys that sign the audit come from."""

from graph_api.core.journal import AuditKeys
from graph_api.core.secret_keys import secret_keys
from graph_api.settings import Settings

_KEY_FILE = "audit.key"


def audit_keys(settings: Settings) -> AuditKeys:
    """The keys of GRAPH_API_AUDIT_KEYS, or the one key that the data directory keeps.

    Raises SecretKeyError for keys that are malformed or too short.
    """
    keys = secret_keys(settings.audit_keys, "GRAPH_API_AUDIT_KEYS", settings.data_dir / _KEY_FILE)
    return AuditKeys(keys.keys, keys.current)
