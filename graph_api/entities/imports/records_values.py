"""What the text of one cell of a file of records means to the field it stands under."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.model import AegisBase
from graph_api.entities.imports.csv_conversions import (
    decimal_number,
    iso_date,
    whole_number,
    yes_or_no,
)

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)


def read_value(model: type[AegisBase], name: str, text: str) -> Any:
    """The value of a field from a text that is not blank; ValueError says what is expected."""
    declaration = fields_of(model)[name]
    convert = _CONVERSIONS.get(declaration.kind)
    value = text if convert is None else convert(text)
    if declaration.kind is FieldKind.LIST:
        value = _items(text, declaration)
    try:
        return declaration.adapter.validate_python(value)
    except ValidationError as error:
        reason = str(error.errors(include_url=False)[0]["msg"])
        raise ValueError(reason.removeprefix("Value error, ")) from None


def _items(text: str, declaration: FieldDeclaration) -> object:
    """The items of a list: a JSON array, or texts with `;` between them."""
    if text.startswith("["):
        return _json(text)
    if isinstance(declaration.item, type) and issubclass(declaration.item, BaseModel):
        fields = ", ".join(declaration.item.model_fields)
        raise ValueError(f"must be a JSON array of objects with {fields}")
    return [item.strip() for item in text.split(";") if item.strip()]


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f'must be JSON, for example {{"plat": "A-17"}}: {error}') from None


def _moment(text: str) -> str:
    if _MOMENT.fullmatch(text) is None:
        raise ValueError("must be a time with its zone, for example 2024-03-31T18:30:00-06:00")
    return text


_CONVERSIONS: dict[FieldKind, Callable[[str], object]] = {
    FieldKind.INTEGER: whole_number,
    FieldKind.NUMBER: decimal_number,
    FieldKind.BOOLEAN: yes_or_no,
    FieldKind.DATE: iso_date,
    FieldKind.MOMENT: _moment,
    FieldKind.JSON: _json,
}
