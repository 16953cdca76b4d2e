"""Named SQL and Cypher statements: the only text that ever reaches the database.

A file under `sql/` or `cypher/` holds statements, each under `-- name: wells_of_leases` (`//` in
Cypher) and a comment that says what it is for. A statement may have slots, `{label}`, that are
filled from the graph's declarations, never from a request; values are always parameters.
"""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_api.core.resources import resource_directory

_NAME = re.compile(r"^(?:--|//) name: ([a-z][a-z0-9_]*)\s*$")
_COMMENT = re.compile(r"^(?:--|//) ?(.*)$")
_FORMATTER = string.Formatter()


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement, as its file has it or with its slots filled."""

    name: str
    text: str
    purpose: str
    language: str
    """`sql` or `cypher`."""

    @property
    def slots(self) -> frozenset[str]:
        """The names of the slots that `fill` must be given."""
        return frozenset(slot for _, slot, _, _ in _FORMATTER.parse(self.text) if slot is not None)

    def fill(self, **slots: str) -> "Statement":
        """The statement with every slot filled; raises KeyError for a slot left out."""
        return Statement(self.name, self.text.format(**slots), self.purpose, self.language)


class Statements(Mapping[str, Statement]):
    """All named statements; an unknown name raises KeyError where it is used."""

    def __init__(self, statements: Mapping[str, Statement]) -> None:
        self._statements = dict(statements)

    def __getitem__(self, name: str) -> Statement:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


@cache
def named_statements() -> Statements:
    """Every statement of `sql/*.sql` and `cypher/*.cypher`; raises ValueError for a double name."""
    found: dict[str, Statement] = {}
    for language in ("sql", "cypher"):
        for path in sorted(resource_directory(language).glob(f"*.{language}")):
            for statement in _parse(path, language):
                if statement.name in found:
                    raise ValueError(f"statement {statement.name!r} of {path} is defined twice")
                found[statement.name] = statement
    return Statements(found)


def statement(name: str) -> Statement:
    """The statement of that name."""
    return named_statements()[name]


def _parse(path: Path, language: str) -> Iterator[Statement]:
    name: str | None = None
    purpose: list[str] = []
    body: list[str] = []
    for line in [*path.read_text("utf-8").splitlines(), "-- name: end"]:
        if match := _NAME.match(line):
            if name is not None:
                text = "\n".join(body).strip().removesuffix(";")
                yield Statement(name, text, " ".join(purpose), language)
            name, purpose, body = match.group(1), [], []
        elif not body and (comment := _COMMENT.match(line)):
            purpose.append(comment.group(1))
        elif name is not None and (body or line.strip()):
            body.append(line)
