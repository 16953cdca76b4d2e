"""Where the secret that sign-in rests on comes from, and the keys that are derived from it."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from graph_api.core.kept_secrets import kept_secret
from graph_api.settings import Settings

_SHORTEST_SECRET_BYTES = 32
_SECRET_FILE = "auth.key"  # noqa: S105 - the name of the file


class AuthSecretError(Exception):
    """The secret of sign-in cannot be used; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class AuthKeys:
    """One secret, and a key of its own for each purpose; neither is ever shown."""

    _secret: bytes = field(repr=False)

    def derived(self, purpose: str) -> bytes:
        """The key of a purpose, 32 bytes: who has one has neither the secret nor another key."""
        return hmac.digest(self._secret, f"graph-api {purpose}".encode(), "sha256")

    def digest(self, purpose: str, text: str) -> str:
        """HMAC-SHA256 of a text under the key of a purpose, in hexadecimal."""
        plain = text.encode("utf-8", "surrogatepass")
        return hmac.new(self.derived(purpose), plain, hashlib.sha256).hexdigest()


def auth_keys(settings: Settings) -> AuthKeys:
    """The keys under GRAPH_API_AUTH_SECRET, or under the secret that the data directory keeps.

    Raises AuthSecretError for a secret that is too short.
    """
    text = settings.auth_secret
    if text is None:
        made = base64.b64encode(secrets.token_bytes(_SHORTEST_SECRET_BYTES)).decode()
        text = kept_secret(settings.data_dir, _SECRET_FILE, made)
    secret = text.strip().encode()
    try:
        decoded = base64.b64decode(secret, validate=True)
    except binascii.Error:
        decoded = b""
    # text that happens to be base64 of too little is taken as it stands
    if len(decoded) >= _SHORTEST_SECRET_BYTES:
        secret = decoded
    if len(secret) < _SHORTEST_SECRET_BYTES:
        raise AuthSecretError(
            "GRAPH_API_AUTH_SECRET must be text or base64 of at least 32 random bytes"
        )
    return AuthKeys(secret)
