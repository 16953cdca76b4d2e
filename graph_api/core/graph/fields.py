"""What a model's field is to the graph and to the API, read once from its declaration."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache, cached_property
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from graph_api.core.errors import bad_input
from graph_api.core.model import AegisBase, Derived, Hidden, References, Sortable


class FieldKind(StrEnum):
    """How a field is stored, compared and shown."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    MOMENT = "MOMENT"
    UUID = "UUID"
    ENUM = "ENUM"
    LIST = "LIST"
    JSON = "JSON"

    @property
    def is_numeric(self) -> bool:
        """Whether values compare as numbers; all others compare as text in code point order."""
        return self in (FieldKind.INTEGER, FieldKind.NUMBER)


@dataclass(frozen=True)
class FieldDeclaration:
    """One field of a vertex or of an edge."""

    name: str
    kind: FieldKind
    annotation: Any
    """The type without `None`: for a list, of the whole list."""
    item: Any
    """For a list, the type of its items; otherwise the type itself."""
    nullable: bool
    required: bool
    description: str
    sortable: bool
    hidden: str | None
    derived: Derived | None
    """How the model computes it; None for a field that is written."""
    references: References | None

    @property
    def filterable(self) -> bool:
        """Whether lists may be filtered by the field."""
        if self.kind is FieldKind.LIST:
            return isinstance(self.item, type) and issubclass(self.item, str)
        return self.kind is not FieldKind.JSON and self.hidden is None

    def parse(self, value: object, argument: str) -> Any:
        """A caller's value, validated and normalised as the model would.

        Raises ApiError BAD_USER_INPUT that names the argument and the expected form.
        """
        try:
            return self.adapter.validate_python(value)
        except ValidationError as error:
            raise bad_input(error.errors()[0]["msg"], argument=argument) from None

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates one value of this field."""
        return TypeAdapter(self.annotation)


@cache
def fields_of(model: type[AegisBase]) -> dict[str, FieldDeclaration]:
    """The fields of a model by name, in the order of declaration."""
    return {name: _declared(name, info) for name, info in model.model_fields.items()}


def _declared(name: str, info: FieldInfo) -> FieldDeclaration:
    plain, nullable = _without_none(info.annotation)
    markers = {type(marker): marker for marker in info.metadata}
    kind, item = _kind_of(plain)
    constraints = tuple(
        marker
        for marker in info.metadata
        if not isinstance(marker, Sortable | Hidden | Derived | References)
    )
    hidden = markers.get(Hidden)
    return FieldDeclaration(
        name=name,
        kind=kind,
        annotation=Annotated[(plain, *constraints)] if constraints else plain,
        item=item,
        nullable=nullable,
        required=info.is_required(),
        description=info.description or "",
        sortable=Sortable in markers or name in ("created_at", "updated_at"),
        hidden=hidden.reason if isinstance(hidden, Hidden) else None,
        derived=markers.get(Derived),
        references=markers.get(References),
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def bare_type(annotation: Any) -> Any:
    """A type without its `Annotated` metadata and without `None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    plain, nullable = _without_none(annotation)
    if nullable:
        return bare_type(plain)
    return datetime if plain is AwareDatetime else plain


_KINDS: tuple[tuple[type, FieldKind], ...] = (
    (Enum, FieldKind.ENUM),
    (bool, FieldKind.BOOLEAN),
    (int, FieldKind.INTEGER),
    (float, FieldKind.NUMBER),
    (datetime, FieldKind.MOMENT),
    (date, FieldKind.DATE),
    (UUID, FieldKind.UUID),
    (str, FieldKind.TEXT),
)


def _kind_of(annotation: Any) -> tuple[FieldKind, Any]:
    bare = bare_type(annotation)
    if get_origin(bare) is list:
        return FieldKind.LIST, bare_type(get_args(bare)[0])
    if isinstance(bare, type) and not issubclass(bare, BaseModel):
        for base, kind in _KINDS:
            if issubclass(bare, base):
                return kind, bare
    return FieldKind.JSON, bare
