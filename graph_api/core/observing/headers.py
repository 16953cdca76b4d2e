"""The headers that every answer has, unless its route has said something of its own."""

import re
import secrets
from collections.abc import Iterable
from typing import Final

from graph_api.settings import Settings

RawHeaders = list[tuple[bytes, bytes]]

REQUEST_ID: Final = b"x-request-id"
_SANE_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._~-]{1,64}")

_SECURITY: Final[dict[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    # a document of ours that is no page needs nothing; the pages bring a policy of their own
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class ResponseHeaders:
    """Completes the headers of answers."""

    def __init__(self, settings: Settings) -> None:
        always = dict(_SECURITY)
        if settings.hsts_seconds:
            always[b"strict-transport-security"] = f"max-age={settings.hsts_seconds}".encode()
        self._always = list(always.items())

    def completed(self, headers: Iterable[tuple[bytes, bytes]], request_id: str) -> RawHeaders:
        """What is to be sent: the route's headers, those that are missing, and the request's id."""
        complete = [one for one in headers if one[0].lower() != b"server"]
        present = {name.lower() for name, _ in complete}
        complete += [one for one in self._always if one[0] not in present]
        complete.append((REQUEST_ID, request_id.encode()))
        return complete


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the client or its proxy gave the request, if it is a sane one, or a new one."""
    for name, value in headers:
        if name == REQUEST_ID and _SANE_REQUEST_ID.fullmatch(value):
            return value.decode()
    return secrets.token_hex(16)
