"""One minimal and one full set of field values for every entity model, and generated ones."""

import functools
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AfterValidator, AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from graph_api.core.model import Derived, GraphEntity
from graph_api.models import (
    Equipment,
    Facility,
    Field,
    Filing,
    FlaringAuthorization,
    FlaringEvent,
    Formation,
    Hearing,
    InfrastructureProject,
    Lease,
    Operator,
    Permit,
    PipelineRoute,
    Regulation,
    Well,
    Wellpad,
)

TENANT = "acme"

MINIMAL: dict[type[GraphEntity], dict[str, Any]] = {
    Operator: {"name": "Petro-Hunt, L.L.C."},
    Field: {"name": "SPRABERRY (TREND AREA)", "rrc_field_id": "85280300"},
    Formation: {"name": "WOLFCAMP"},
    Lease: {"oil_gas_code": "O", "district": "08", "rrc_lease_id": "20882"},
    Well: {"api_number": "42-003-12345"},
    Permit: {"permit_number": "0911978", "permit_type": "DRILL"},
    Regulation: {
        "rule_id": "SWR_37",
        "title": "Statewide spacing",
        "citation": "16 TAC §3.37",
        "summary": "Least distances between wells and to lease lines.",
        "jurisdiction": "RRC",
    },
    Hearing: {"docket_number": "OG-20-00005136", "hearing_type": "RULE_32"},
    Filing: {
        "filing_number": "PR-2024-03",
        "filing_type": "PRODUCTION_REPORT",
        "form_number": "PR",
    },
    Equipment: {"equipment_type": "FLARE_STACK", "name": "FL-1"},
    FlaringAuthorization: {"authorization_number": "50123", "max_volume_mcf_per_day": 727},
    FlaringEvent: {
        "event_number": "EV-1",
        "event_type": "UPSET",
        "cause_category": "SYSTEM_UPSET_THIRD_PARTY",
        "source": "SCADA",
        "started_at": "2024-03-01T06:00:00Z",
        "volume_source": "METERED",
    },
    Wellpad: {"name": "UNIVERSITY 10 PAD A", "pad_id": "U10-A"},
    Facility: {"name": "MIDKIFF", "facility_type": "GAS_PLANT"},
    PipelineRoute: {"name": "MIDKIFF LATERAL"},
    InfrastructureProject: {"name": "MIDKIFF COMPRESSION", "project_type": "COMPRESSION"},
}

IDENTIFIERS: dict[str, list[str]] = {
    "api_number": ["42-003-12345", "00312345", "4222739999", "42-700-30001"],
    "api_suffix": ["01", "0100"],
    "p5_number": ["036587", "1"],
    "rrc_field_id": ["85280300", "00012001"],
    "permit_number": ["911978", "0911978"],
    "application_number": ["497309123"],
    "rule_37_case_number": ["0308609", "01-0308609"],
    "rule_38_docket_number": ["OG-20-00005136"],
    "docket_number": ["01-0308609", "og-20-00005136"],
    "rrc_serial_number": ["01-0562", "7b-0001"],
    "rrc_lease_id": ["020882", "020999"],
    "district": ["08", "8", "8a", "6E"],
    "county": ["ANDREWS", "De Witt", "219", "HIGH IS-E,S"],
    "form_number": ["W-1", "pr"],
    "related_forms": ["W-1", "P-4"],
    "rule_id": ["SWR_37", "40_CFR_60_OOOOb"],
    "disposition_code": ["4", "10", "11"],
    "url": ["https://www.rrc.texas.gov/"],
}
_RECORD_NUMBERS = ["50123", "OG-20/1", "T4 00123", "x"]
"""Values for fields whose validator accepts any record number."""

_DAY = st.dates(min_value=date(1901, 1, 1), max_value=date(2099, 12, 31))
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-6)), timezone(timedelta(hours=5.5))])
_MOMENT = st.datetimes(
    min_value=datetime(1901, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2099, 12, 30),  # noqa: DTZ001
    timezones=_ZONES,
)
_CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_CHARACTERS, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(_CHARACTERS, max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


def entity(model: type[GraphEntity], **values: Any) -> Any:
    """A valid instance: the minimal values with `values` over them."""
    return model.model_validate({"tenant_id": TENANT, **MINIMAL[model], **values})


def writable_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields that a writer sets: all but the derived ones."""
    return {
        name: field
        for name, field in model.model_fields.items()
        if not any(isinstance(mark, Derived) for mark in field.metadata)
    }


def _text(metadata: list[Any]) -> st.SearchStrategy[str]:
    largest = min((m.max_length for m in metadata if isinstance(m, MaxLen)), default=40)
    smallest = max((m.min_length for m in metadata if isinstance(m, MinLen)), default=0)
    texts = st.text(_CHARACTERS, min_size=smallest, max_size=min(largest, 40))
    return texts.map(lambda text: f"a{text}"[:largest])


def _constraints(metadata: tuple[Any, ...] | list[Any]) -> list[Any]:
    found: list[Any] = []
    for mark in metadata:
        found.extend(mark.metadata if isinstance(mark, FieldInfo) else [mark])
    return found


def strategy_of(name: str, annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Values that a field of this name and type accepts."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        return strategy_of(name, inner, _constraints(marks) + metadata)
    if origin in (Union, UnionType):
        (inner,) = (arm for arm in get_args(annotation) if arm is not NoneType)
        return st.none() | strategy_of(name, inner, metadata)
    if origin is list:
        return st.lists(strategy_of(name, get_args(annotation)[0], []), max_size=3)
    if origin is dict:
        return st.dictionaries(st.text(_CHARACTERS, max_size=5), _JSON, max_size=3)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if issubclass(annotation, BaseModel):
        return st.builds(dict, **_strategies(annotation))
    if annotation is bool:
        return st.booleans()
    if annotation is UUID:
        return st.uuids()
    if annotation in (datetime, AwareDatetime):
        return _MOMENT
    checked = any(isinstance(mark, AfterValidator) for mark in metadata)
    if annotation is date:
        return _DAY.map(lambda day: day.replace(day=1)) if checked else _DAY
    if annotation in (int, float):
        low = max((m.ge for m in metadata if isinstance(m, Ge)), default=-1000)
        high = min((m.le for m in metadata if isinstance(m, Le)), default=2**40)
        return st.integers(low, high) if annotation is int else st.floats(low, high)
    if name in IDENTIFIERS:
        return st.sampled_from(IDENTIFIERS[name])
    return st.sampled_from(_RECORD_NUMBERS) if checked else _text(metadata)


def _strategies(model: type[BaseModel]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        name: strategy_of(name, field.annotation, _constraints(field.metadata))
        for name, field in writable_fields(model).items()
    }


@functools.cache
def values_of(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Field values of a model; required fields always, others or not."""
    every = _strategies(model)
    required = {n: s for n, s in every.items() if model.model_fields[n].is_required()}
    optional = {n: s for n, s in every.items() if n not in required}
    return st.fixed_dictionaries(required, optional=optional)


def in_order(model: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    """An instance of generated values, without the ends that fall before their starts."""
    kept = dict(values)
    while True:
        try:
            return model.model_validate(kept)
        except ValidationError as refused:
            for error in refused.errors():
                assert "must not be before" in error["msg"], error
                del kept[str(error["loc"][0])]
