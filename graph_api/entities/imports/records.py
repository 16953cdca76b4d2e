"""What a reader of a source format yields: entities, links, volumes, and what it had to refuse.

A reader is a generator over files. It knows a format and nothing of the database; the runner
knows the database and nothing of formats. Readers yield entities before the links that need them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record was read: a file's name and its 1-based line."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class EntityKey:
    """Names one entity by its label and natural key, as its model composes it."""

    label: str
    natural_key: str


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """Field values of one entity, as the source gives them; only fields the source knows.

    `values` are merged over what the graph holds; `references` are fields such as `operator_id`
    that name another entity and that no edge carries, `reference_lists` such as `field_ids`
    that name several. With `only_if_absent` the record creates
    an entity that another record merely mentions, and never changes one that is there.
    """

    label: str
    values: Mapping[str, Any]
    origin: Origin
    references: Mapping[str, EntityKey] = field(default_factory=dict)
    only_if_absent: bool = False
    reference_lists: Mapping[str, tuple[EntityKey, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """One edge between two entities, each of which must exist or the link is unmatched."""

    edge_type: str
    start: EntityKey
    end: EntityKey
    origin: Origin
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolumeRecord:
    """One lease-month; `month` is its first day. `volumes` holds whole bbl and mcf by column.

    A month about a lease that no file defines is unmatched and is never invented.
    """

    lease: EntityKey
    month: date
    volumes: Mapping[str, int]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line, or one field of it, that could not be taken, and why, in words for the report."""

    origin: Origin
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something taken as it stands that a person should look at, such as a position at sea."""

    origin: Origin
    field: str
    value: str
    reason: str


Record = EntityRecord | LinkRecord | VolumeRecord | Rejection | Remark


class Progress(Protocol):
    """Told how far a reader has come, for the progress bar."""

    def total_bytes(self, count: int) -> None:
        """The size of all input, in bytes as stored."""

    def advance_bytes(self, count: int) -> None:
        """`count` more bytes of input have been read."""


class Reader(Protocol):
    """A source format: reads files, in constant memory unless its documentation says otherwise."""

    def __call__(self, paths: list[Path], progress: Progress) -> Iterator[Record]:
        """Read the files at `paths`; a directory stands for the files of the format in it."""
