"""Search over names and numbers: what is stored to match, and what a text asks for.

Names are compared in capitals without accents or punctuation, so that `DIAMONDBACK E&P` finds
`DIAMONDBACK E&P LLC` and `4200300161` finds `42-003-00161`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from graph_api.core.database import Database
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.model import GraphEntity
from graph_api.core.statements import statement
from graph_api.core.viewer import SHARED_TENANT, Viewer

_NOT_WORD = re.compile(r"[^\w]+|_", re.UNICODE)
_LONGEST_LEXEME = 200
_MOST_WORDS = 16


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One entity that a search found; more telling matches score higher."""

    kind: str
    entity_id: UUID
    title: str
    score: float


def plain_form(text: str) -> str:
    """A name or number in capitals, without accents, spaces and punctuation."""
    return _NOT_WORD.sub("", _folded(text))[:_LONGEST_LEXEME]


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.upper())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _words(text: str) -> list[str]:
    """The words of a text, both as spaces part them and as punctuation does."""
    folded = _folded(text)
    spaced = [_NOT_WORD.sub("", word) for word in folded.split()]
    return [word[:_LONGEST_LEXEME] for word in [*spaced, *_NOT_WORD.split(folded)] if word]


def _searched_texts(entity: GraphEntity) -> list[str]:
    values = (getattr(entity, name) for name in entity.searched_fields)
    return [str(value) for value in values if value]


def search_names(entity: GraphEntity) -> list[str]:
    """The whole names and numbers of an entity, in plain form."""
    forms = (plain_form(text) for text in _searched_texts(entity))
    return list(dict.fromkeys(form for form in forms if form))


def search_lexemes(entity: GraphEntity) -> list[str]:
    """Everything of an entity that a prefix may match."""
    words = (word for text in _searched_texts(entity) for word in _words(text))
    return list(dict.fromkeys([*search_names(entity), *words]))


def prefix_query(text: str) -> str | None:
    """A text as a tsquery: the whole as one prefix, or each of its words; None without a word."""
    whole = plain_form(text)
    if not whole:
        return None
    words = [word for word in (_NOT_WORD.sub("", one) for one in _folded(text).split()) if word]
    parts = " & ".join(f"'{word[:_LONGEST_LEXEME]}':*" for word in words[:_MOST_WORDS])
    return f"'{whole}':* | ({parts})"


class GraphSearch:
    """Finds entities of any kind by name, number or prefix."""

    def __init__(self, database: Database, registry: GraphRegistry) -> None:
        self._database = database
        self._registry = registry

    async def find(
        self, viewer: Viewer, text: str, kinds: Sequence[str], first: int
    ) -> list[SearchHit]:
        """The best matches of a text among the given kinds."""
        query = prefix_query(text)
        if query is None or first == 0:
            return []
        rows = await self._database.fetch(
            viewer,
            statement("search_entities"),
            [viewer.tenant_id, SHARED_TENANT],
            list(kinds),
            query,
            plain_form(text),
            first,
        )
        return [
            SearchHit(row["kind"], UUID(row["entity_id"]), row["title"], float(row["score"]))
            for row in rows
        ]
