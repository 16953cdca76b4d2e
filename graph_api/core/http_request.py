"""An HTTP request whose headers are looked up and not searched for."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope


class IndexedHeaders(Headers):
    """Headers by their names; a dozen of them are asked for in every request."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        index: dict[bytes, list[bytes]] = {}
        for name, value in self._list:
            index.setdefault(name, []).append(value)
        self._index = index

    def getlist(self, key: str) -> list[str]:
        """Every value of a header, in the order that they came in."""
        return [one.decode("latin-1") for one in self._index.get(key.lower().encode("latin-1"), ())]

    def __getitem__(self, key: str) -> str:
        return self._index[key.lower().encode("latin-1")][0].decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return key.lower().encode("latin-1") in self._index


class HttpRequest(Request):
    """A request as the endpoint reads it."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = IndexedHeaders(scope)
