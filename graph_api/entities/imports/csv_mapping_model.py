"""The parts of a mapping file, as TOML states them: what the columns of a CSV table mean.

A mapping names the columns it needs, the values they hold and what a row says: entities, links
between them, monthly volumes. It holds no logic beyond named conversions and plain conditions.
`docs/loading-permian.md` explains the format by example.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graph_api.entities.imports.csv_conversions import CONVERSIONS, Options


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Test(_Part):
    """A test of one column's text: exactly one of the three."""

    one_of: tuple[str, ...] | None = Field(default=None, alias="in")
    blank: bool | None = None
    matches: re.Pattern[str] | None = None
    """A regular expression that the whole text matches."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a test has exactly one of `in`, `blank` and `matches`")
        return self


Condition = Mapping[str, Test]
"""Tests by column, all of which must hold."""


class Value(_Part):
    """A named value that a row holds: the columns it is read from and their conversion."""

    column: str | tuple[str, ...] | None = None
    """The column or columns; by default the one that has the value's own name."""
    conversion: str = Field(default="text", alias="as")
    separator: str | None = None
    values: Mapping[str, str] = {}
    other: str | None = None
    blank: str | None = None

    def columns_of(self, name: str) -> tuple[str, ...]:
        """The columns the value called `name` is read from."""
        if self.column is None:
            return (name,)
        return (self.column,) if isinstance(self.column, str) else self.column

    @property
    def options(self) -> Options:
        """What the conversion is told."""
        return Options(self.separator, self.values, self.other, self.blank)

    @model_validator(mode="after")
    def _is_a_known_conversion(self) -> Self:
        conversion = CONVERSIONS.get(self.conversion)
        if conversion is None:
            known = ", ".join(sorted(CONVERSIONS))
            raise ValueError(f"there is no conversion {self.conversion!r}; there are {known}")
        given = self.model_fields_set - {"column", "conversion"}
        if unknown := given - conversion.needs - conversion.takes:
            raise ValueError(f"{self.conversion} takes no {_names(unknown)}")
        if missing := conversion.needs - given:
            raise ValueError(f"{self.conversion} needs {_names(missing)}")
        columns = 1 if isinstance(self.column, str | None) else len(self.column)
        if conversion.columns not in (None, columns):
            raise ValueError(f"{self.conversion} reads {conversion.columns} columns, not {columns}")
        return self


class Constant(_Part):
    """A value that every row of the table has and no column holds."""

    constant: str | int | float | bool


class Conditional(_Part):
    """A value that is meant only in rows where a condition holds."""

    value: str
    when: Condition


Source = str | Constant | Conditional
"""Where a field's content comes from: a value by name, a constant, a value under a condition."""


class Entity(_Part):
    """An entity that a row is about.

    `gives` says what a row contributes: the `record` itself, a `mention` that creates the entity
    only where none is there, or just a `reference` for links and volumes to name.
    """

    name: str
    label: str
    gives: Literal["record", "mention", "reference"] = "record"
    key: tuple[str, ...] = ()
    """Fields that a row must have, besides those without which the model has no record."""
    optional: bool = False
    """Whether a row that lacks such a field simply is not about such an entity."""
    when: Condition = {}
    fields: Mapping[str, Source]
    attributes: Mapping[str, str] = {}
    """Entries of the entity's `attributes`, each from a value."""
    references: Mapping[str, str] = {}
    """UUID fields that name another entity of the row."""
    resolve: str | None = None
    """A step, provided by the format, that completes the fields before the key is made."""
    report_conflicts: tuple[str, ...] = ()
    """Fields that should agree between the rows about one entity: where not, a remark is made."""


class Link(_Part):
    """An edge between two entities of a row.

    Rows that state the same edge are merged: of two, the one with the greater `prefer` values is
    kept, and the earlier where these are equal.
    """

    type: str
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    when: Condition = {}
    properties: Mapping[str, Source] = {}
    prefer: tuple[str, ...] = ()
    once_per: Literal["from", "to"] | None = None
    """The end that has one such edge at most in this table: the first stays, others are remarked."""


class Volumes(_Part):
    """A month of a lease's reported volumes: the lease by entity name, columns by volume."""

    lease: str
    month: str
    volumes: Mapping[str, str]


class Refusal(_Part):
    """Rows, or single values in them, that are known to be wrong, and why."""

    when: Condition
    reason: str
    value: str | None = None
    """The value that is refused; without it, the whole row."""


class Notice(_Part):
    """Something to look at: remarked once for each text of the column."""

    column: str
    when: Condition
    reason: str


class TableMapping(_Part):
    """What one table of a format means."""

    format: str
    table: str
    title: str
    files: tuple[str, ...]
    """Names or patterns that files of this table usually have; a file is told by its header."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    columns: tuple[str, ...] = Field(min_length=1)
    """Columns the table must have, in any order."""
    unused: Mapping[str, str] = {}
    """Columns that are not loaded, each with the reason."""
    values: Mapping[str, Value]
    entities: tuple[Entity, ...] = Field(min_length=1)
    links: tuple[Link, ...] = ()
    volumes: Volumes | None = None
    reject: tuple[Refusal, ...] = ()
    remark: tuple[Notice, ...] = ()

    def conditions(self) -> Iterator[Condition]:
        """Every condition the mapping states."""
        yield from (entity.when for entity in self.entities)
        yield from (link.when for link in self.links)
        yield from (refusal.when for refusal in self.reject)
        yield from (notice.when for notice in self.remark)
        for source in self.sources():
            if isinstance(source, Conditional):
                yield source.when

    def sources(self) -> Iterator[Source]:
        """Everything that a field or property is filled from."""
        for entity in self.entities:
            yield from entity.fields.values()
            yield from entity.attributes.values()
        for link in self.links:
            yield from link.properties.values()
            yield from link.prefer
        if self.volumes:
            yield self.volumes.month
            yield from self.volumes.volumes.values()


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
