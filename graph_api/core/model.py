"""The base of every Pydantic model, and the markers that say what the API does with a field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self
from uuid import UUID, uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

_LARGEST_STORED_INTEGER = 2**63 - 1


class AegisBase(BaseModel):
    """Root of every model: strips text; refuses unknown fields, NaN, infinity and NUL characters."""

    model_config = ConfigDict(
        from_attributes=True,
        populate_by_name=True,
        str_strip_whitespace=True,
        extra="forbid",
        allow_inf_nan=False,
    )

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        for name, value in self.__dict__.items():
            kind = type(value)
            if kind is str:
                if "\0" in value:
                    raise field_error(name, _NUL_REFUSED, value)
            elif (kind is list or kind is dict) and value:
                _refuse_unstorable(name, value)
        return self


_NUL_REFUSED = "the text must not contain the NUL character (U+0000), which cannot be stored"


def field_error(field: str, message: str, value: object = None) -> ValidationError:
    """An error a model validator raises to say which field is wrong, not only which record."""
    error = PydanticCustomError("value_error", "{reason}", {"reason": message})
    return ValidationError.from_exception_data(
        "value", [InitErrorDetails(type=error, loc=(field,), input=value)]
    )


def _refuse_unstorable(field: str, value: object) -> None:
    """Refuse what PostgreSQL and the graph cannot hold, at any depth of lists and objects."""
    if isinstance(value, str):
        if "\0" in value:
            raise field_error(field, _NUL_REFUSED, value)
    elif isinstance(value, int):
        if abs(value) > _LARGEST_STORED_INTEGER:
            raise field_error(field, "a whole number must fit in 64 bits; give it as text", value)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(field, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(field, key)
            _refuse_unstorable(field, item)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the years 1 to 9999 in UTC") from error


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A moment with its time zone, kept in UTC; a time without a zone is refused."""


class AegisEntity(AegisBase):
    """A persistent record with an identity and timestamps."""

    id: UUID = Field(default_factory=uuid4, description="The record's UUID, given once.")
    created_at: UtcDatetime = Field(
        default_factory=lambda: datetime.now(UTC), description="When the record was first written."
    )
    updated_at: UtcDatetime = Field(
        default_factory=lambda: datetime.now(UTC), description="When the record was last changed."
    )


@dataclass(frozen=True, slots=True)
class Sortable:
    """Marks a field that lists may be ordered by; a migration must index it."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Marks a field that the API does not show, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Derived:
    """Marks a field that the model computes and that no writer may set.

    It is what `by` makes of the values of the fields `made_of`, and nothing else.
    """

    made_of: tuple[str, ...]
    by: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class References:
    """Marks a UUID field that names another entity, and the to-one field that leads there."""

    label: str
    field: str


class TenantEntity(AegisEntity):
    """A record that belongs to one tenant."""

    tenant_id: Annotated[str, Hidden("the viewer's tenant, the same on every row it sees")] = Field(
        description="The tenant that owns the record."
    )


class Lookup(NamedTuple):
    """A set of fields that find one entity.

    `fields` must all be given, `optional` narrow the choice. Where several match, the greatest
    `latest_by` is meant; without it an ambiguous lookup is an error.
    """

    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()
    latest_by: str | None = None


class GraphEntity(TenantEntity):
    """A vertex of the graph.

    A subclass declares its natural key, how it is looked up and what search finds it by; labels,
    GraphQL types, inputs, filters, orders and statements follow from that.
    """

    plural: ClassVar[str]
    """Name of the list field in snake_case: `flaring_authorizations`."""
    natural_key_fields: ClassVar[tuple[str, ...]]
    lookups: ClassVar[tuple[Lookup, ...]]
    searched_fields: ClassVar[tuple[str, ...]]
    """Fields that search matches: names and numbers, the most telling first."""
    shared: ClassVar[bool] = False
    """Whether all tenants read the same rows, which only administrators write."""

    _graph_id: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _compute_derived(self) -> Self:
        for name, derived in _derived_fields(type(self)):
            setattr(self, name, derived.by(*(getattr(self, one) for one in derived.made_of)))
        return self

    source: str | None = Field(
        default=None, description="Where the record comes from: a file format, or `manual`."
    )
    source_reference: str | None = Field(
        default=None, description="The file and line, or the record number, within the source."
    )
    attributes: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="What the source says and no field holds, by the source's own names.",
    )

    @classmethod
    def label(cls) -> str:
        """The vertex label: the model's name as the reference documents have it."""
        return cls.__name__

    @classmethod
    def natural_key_of(cls, values: Mapping[str, Any]) -> str:
        """The natural key, as one text, of validated field values: unique in a tenant and label."""
        return key_text(*(values.get(name) for name in cls.natural_key_fields))

    @property
    def natural_key(self) -> str:
        """The natural key of this entity."""
        return self.natural_key_of(self.__dict__)

    @property
    def graph_id(self) -> str:
        """AGE's own id of the vertex, by which edges name it; empty until it is stored."""
        return self._graph_id

    def stored_as(self, graph_id: str) -> Self:
        """This entity, knowing under which id AGE keeps it."""
        self._graph_id = graph_id
        return self

    @property
    def display_name(self) -> str:
        """What a person calls this entity: the first searched field that has a value."""
        for name in self.searched_fields:
            if value := getattr(self, name):
                return str(value)
        return self.natural_key


@cache
def _derived_fields(model: type[GraphEntity]) -> tuple[tuple[str, Derived], ...]:
    return tuple(
        (name, marker)
        for name, info in model.model_fields.items()
        for marker in info.metadata
        if isinstance(marker, Derived)
    )


class EdgeProperties(AegisBase):
    """What every edge of the graph says about itself."""

    identity_fields: ClassVar[tuple[str, ...]] = ()
    """Properties that tell two edges of one type between the same two vertices apart."""

    valid_from: date | None = Field(
        default=None, description="First day on which the relationship held, where known."
    )
    valid_to: date | None = Field(
        default=None, description="Last day on which the relationship held; null while it holds."
    )
    source: str | None = Field(default=None, description="Where the relationship comes from.")
    inferred: bool = Field(
        default=False,
        description="True where no record states the relationship and it was concluded from others.",
    )
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="How sure an inferred relationship is, from 0 to 1."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise field_error("valid_to", "valid_to must not be before valid_from", self.valid_to)
        return self

    @property
    def edge_key(self) -> str:
        """The identifying properties as one text; empty where the two ends identify the edge."""
        return key_text(*(getattr(self, name) for name in self.identity_fields))


def key_text(*parts: object) -> str:
    """Parts of a key as one text, joined by `|`; a `|` or `\\` inside a part is escaped."""
    return "|".join(_key_part(part) for part in parts)


def _key_part(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|")
