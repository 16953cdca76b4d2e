"""Which of the media types that an answer may have a client takes best (RFC 9110, section 12.5)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON_RESPONSE = "application/json"
EVENT_STREAM = "text/event-stream"

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_LONGEST_REMEMBERED = 500
_CHARSETS = frozenset({"utf-8", "utf8", "*"})


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    quality: float


def response_type(accept: Iterable[str]) -> str | None:
    """The client's best of the three; None where it takes none of them.

    A client that takes anything gets `application/json`, which all can read; one that takes two
    alike gets what it names first. A stream must be asked for by its name.
    """
    given = ",".join(accept)
    return _best(given) if len(given) <= _LONGEST_REMEMBERED else _best.__wrapped__(given)


@lru_cache(maxsize=256)
def _best(given: str) -> str | None:
    if not given.strip(", "):
        return JSON_RESPONSE
    ranges = list(_ranges(given))
    named = {one.name: one.quality for one in reversed(ranges)}
    anything = named.get("application/*", named.get("*/*", 0.0))
    offered = [
        one.name for one in ranges if one.name in (GRAPHQL_RESPONSE, JSON_RESPONSE, EVENT_STREAM)
    ]
    best = max(offered, key=lambda name: named[name], default=None)
    if best is not None and named[best] >= anything and named[best] > 0:
        return best
    rest = [one for one in (JSON_RESPONSE, GRAPHQL_RESPONSE) if one not in named]
    return rest[0] if rest and anything > 0 else best if best and named[best] > 0 else None


def _ranges(accept: str) -> Iterable[_Range]:
    for part in accept.split(","):
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        if not name:
            continue
        given = dict(one.partition("=")[::2] for one in parameters)
        quality = given.get("q", "1")
        if not _QUALITY.fullmatch(quality):
            continue
        if given.get("charset", "utf-8").strip('"') not in _CHARSETS:
            continue
        yield _Range(name, float(quality))
