"""Natural keys as people write them in files: read part by part, and written the one way."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graph_api.core.model import GraphEntity
from graph_api.entities.imports.csv_conversions import decimal_number
from graph_api.entities.imports.model_fields import entity_model, field_check, required_fields
from graph_api.entities.imports.records import EntityKey
from graph_api.entities.models import Facility, Operator

_CACHED_KEYS = 16_384
_PART = re.compile(r"((?:[^|\\]|\\.)*)(?:\||$)")

KEY_EXAMPLES = {
    "Operator": "P5|036587, or NAME|ACMEOIL for one without a number",
    "Field": "85280300",
    "Formation": "WOLFCAMP A",
    "Lease": "O|08|20882",
    "Well": "42-003-12345",
    "Permit": "0911978|0",
    "Regulation": "SWR_37",
    "Hearing": "OG-20-00005136",
    "Filing": "PR-2024-03",
    "Equipment": "FL-1|SN-100, or FL-1| where no serial number is known",
    "FlaringAuthorization": "50123",
    "FlaringEvent": "EV-1",
    "Wellpad": "U10-A",
    "Facility": "GAS_PLANT|01-0562, or FLARE|NORTH FLARE|32.301200|-101.900100",
    "PipelineRoute": "MIDKIFF LATERAL",
    "InfrastructureProject": "MIDKIFF COMPRESSION",
}
"""A natural key of each label, as error messages and the guide show it."""


@lru_cache(maxsize=_CACHED_KEYS)
def read_key(label: str, text: str) -> EntityKey:
    """The key of an entity from its natural key, `O|08|20882`; ValueError names the form.

    Parts stand in the order of the model's key with `|` between them, a `|` inside a part as
    `\\|`. Each is read as its field would be, so 4200312345 and 42-003-12345 are one key.
    """
    model = entity_model(label)
    if model is None:
        raise ValueError(f"there is no kind {label}")
    parts = key_parts(text.strip())
    try:
        return EntityKey(label, _READERS.get(label, _of_fields)(model, parts))
    except ValueError as error:
        raise ValueError(f"{error}; a key of {label} reads {KEY_EXAMPLES[label]}") from None


def key_parts(text: str) -> list[str]:
    """The parts of a natural key, as `key_text` joined them."""
    parts, position = [], 0
    while (found := _PART.match(text, position)) is not None:
        parts.append(re.sub(r"\\(.)", r"\1", found[1]).strip())
        position = found.end()
        if not found[0].endswith("|"):
            break
    if position != len(text):
        raise ValueError("must not end in a single backslash")
    return parts


def _of_fields(model: type[GraphEntity], parts: list[str]) -> str:
    """The key of a model that joins its key fields, which most do."""
    names = model.natural_key_fields
    if len(parts) != len(names):
        raise ValueError(f"must have {len(names)} parts with | between them: {', '.join(names)}")
    values = {}
    for name, part in zip(names, parts, strict=True):
        if part:
            values[name] = _checked(model, name, part)
        elif name in required_fields(model):
            raise ValueError(f"{name} must not be blank")
    # The form of a lease's number depends on its code, which a field alone does not know.
    make: Callable[..., str] | None = getattr(model, "key", None)
    if make is not None and len(values) == len(names):
        return make(*values.values())
    return model.natural_key_of(values)


def _of_operator(_: type[GraphEntity], parts: list[str]) -> str:
    if len(parts) == 2 and parts[0] == "P5":
        return Operator.key(parts[1])
    if len(parts) == 2 and parts[0] == "NAME":
        key = Operator.key_of_name(parts[1])
        if key == Operator.key_of_name(""):
            raise ValueError("must be a name with a letter or a digit")
        return key
    raise ValueError("must be P5 and a number, or NAME and a name")


def _of_facility(model: type[GraphEntity], parts: list[str]) -> str:
    if len(parts) == 2:
        return Facility.key(_checked(model, "facility_type", parts[0]), parts[1])
    if len(parts) == 4:
        kind, name = (
            _checked(model, field, part)
            for field, part in zip(("facility_type", "name"), parts[:2], strict=True)
        )
        latitude, longitude = (decimal_number(part) if part else None for part in parts[2:])
        return Facility.key_of_place(kind, name, latitude, longitude)
    raise ValueError("must be type and R-3 serial number, or type, name, latitude and longitude")


def _checked(model: type[GraphEntity], field: str, text: str) -> Any:
    value, reason = _check(model, field)(text)
    if reason is not None:
        raise ValueError(reason)
    return value


_check = lru_cache(maxsize=None)(field_check)
_READERS: dict[str, Callable[[type[GraphEntity], list[str]], str]] = {
    "Operator": _of_operator,
    "Facility": _of_facility,
}
