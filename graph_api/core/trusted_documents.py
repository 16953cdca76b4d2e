"""Documents that were registered beforehand: clients send their id, and may be held to them."""

import hashlib
import time
from collections import OrderedDict
from typing import Any

from graph_api.core.database import Database
from graph_api.core.errors import ApiError, ErrorCode, bad_input
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

SHA256 = "sha256:"
_KEPT = 1000
_KEPT_SECONDS = 30.0
_LONGEST_ID = 200
_READER = Viewer("", subject="trusted documents", actor_type="system")


class TrustedDocuments:
    """What was registered; kept in memory for half a minute, by which what is taken out ends."""

    def __init__(self, database: Database, *, only: bool) -> None:
        self._database = database
        self.only = only
        """Whether no other documents are accepted."""
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def document(self, query: str | None, document_id: str | None) -> str:
        """The text of what a request asks.

        Raises ApiError BAD_USER_INPUT for a request that has neither text nor id, or both and
        they differ; NOT_FOUND for an id that is not registered; FORBIDDEN where only registered
        documents are accepted and this is none.
        """
        if document_id is None:
            if not query:
                raise bad_input("must be a non-empty string", argument="query")
            if self.only:
                digest = digest_of(query)
                if await self._registered(f"{SHA256}{digest}") != query:
                    raise ApiError(
                        ErrorCode.FORBIDDEN,
                        "only registered documents are accepted here; register this one with "
                        "`graph-api documents register`, or send the id of another",
                        documentSha256=digest,
                    )
            return query
        found = await self._registered(document_id)
        if found is None:
            raise ApiError(
                ErrorCode.NOT_FOUND, "documentId: no document is registered under this id"
            )
        if query and query != found:
            raise bad_input("is not the text of documentId; send one of them", argument="query")
        return found

    async def _registered(self, document_id: str) -> str | None:
        if len(document_id) > _LONGEST_ID:
            return None
        now = time.monotonic()
        since, text = self._kept.get(document_id, (-_KEPT_SECONDS, ""))
        if now - since < _KEPT_SECONDS:
            return text
        rows = await self._database.fetch(
            _READER,
            statement("trusted_document"),
            document_id,
            document_id.removeprefix(SHA256),
        )
        self._kept.pop(document_id, None)
        if not rows:
            return None
        text = str(rows[0]["document"])
        self._kept[document_id] = (now, text)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return text


def digest_of(document: str) -> str:
    """The SHA-256 of a document's text, by which it is registered and logged."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def document_id_of(request: dict[str, Any]) -> str | None:
    """The id that a request names: `documentId`, or Apollo's persisted query; raises ApiError."""
    given = request.get("documentId")
    extensions = request.get("extensions")
    if given is None and isinstance(extensions, dict):
        persisted = extensions.get("persistedQuery")
        if isinstance(persisted, dict):
            given = persisted.get("sha256Hash")
            if isinstance(given, str):
                given = f"{SHA256}{given}"
    if given is not None and (not isinstance(given, str) or not given):
        raise bad_input("must be a non-empty string", argument="documentId")
    return given
