"""Rows as no writer of this version leaves them, but older ones and other programs may have."""

import json
from typing import Any
from uuid import uuid4

from tests.core.graph.worlds import World

_VERTEX = """insert into oilgas."{label}" (properties) values ($1::text::ag_catalog.agtype)"""
_EDGE = """insert into oilgas."{type}" (start_id, end_id, properties)
values ($1::text::ag_catalog.graphid, $2::text::ag_catalog.graphid,
        $3::text::ag_catalog.agtype)"""
_ANY = """select id::text from oilgas."{label}"
where properties ->> 'tenant_id'::text = $1 limit 1"""
_MOMENT = "2024-01-01T00:00:00.000000Z"

BARE: dict[str, dict[str, Any]] = {
    "Operator": {"name": "BARE OPERATOR"},
    "Well": {"api_number": "42-003-99990"},
    "Lease": {"oil_gas_code": "O", "district": "08", "rrc_lease_id": "99999"},
    "Formation": {"name": "BARE FORMATION"},
    "Permit": {"permit_number": "0999999", "permit_type": "DRILL"},
    "Facility": {"name": "BARE FACILITY", "facility_type": "FLARE"},
    "Equipment": {"equipment_type": "FLARE_STACK", "name": "BARE"},
}
"""What entities must have, and nothing else: every other field is read with its default."""

_EVENT = {
    "event_type": "UPSET",
    "cause_category": "SYSTEM_UPSET_THIRD_PARTY",
    "source": "SCADA",
    "started_at": "2024-05-05T05:05:05+05:00",
    "volume_source": "METERED",
}

ODD: list[tuple[str, dict[str, Any]]] = [
    (
        "Well",
        {
            "api_number": f"42-003-9998{place}",
            "created_at": created,
            "attributes": attributes,
            **more,
        },
    )
    for place, (created, attributes, more) in enumerate(
        [
            ("0999-12-31T23:59:59.000001Z", {"a": {"b": [1, 1.5, None, "ä", {}]}}, {}),
            ("2024-05-05T05:05:05.120000Z", {"f": [1e-7, 1e22, 0.1 + 0.2, -0.0, 1e300]}, {}),
            ("2024-05-05T05:05:05Z", {"i": [2**31, -(2**63) + 1, 2**53 + 1]}, {}),
            ("2024-05-05T05:05:05+05:00", {}, {"total_depth_ft": 2**31 - 1}),
            ("2024-05-05T05:05:05.5Z", {}, {"longitude": -1e-7, "latitude": 31}),
        ]
    )
] + [
    # of what the model computes, whatever is stored counts for nothing
    ("Well", {"api_number": "42-003-99970", "county": "HOWARD", "county_code": "003"}),
    ("Well", {"api_number": "42-003-99971", "county": None, "well_name": None}),
    ("Well", {"api_number": "42-003-99972", "well_number": "1H"}),
    ("Operator", {"name": "Odd & Söns", "p5_number": "654321", "normalized_name": "OLD"}),
    ("Operator", {"name": "ODDER", "rrc_operator_id": "111111", "p5_number": None}),
    ("FlaringEvent", _EVENT | {"event_number": "ODD-1"}),
    ("FlaringEvent", _EVENT | {"event_number": "ODD-2", "ended_at": "2024-05-05T09:00:00.25Z"}),
    (
        "FlaringEvent",
        _EVENT | {"event_number": "ODD-3", "ended_at": "2024-05-06T04:05:05Z", "duration_hours": 1},
    ),
    (
        "Permit",
        {
            "permit_number": "0999998",
            "permit_type": "DRILL",
            "field_ids": [str(uuid4()), str(uuid4())],
            "restrictions": [
                {"text": "a"},
                {"code": None, "text": "b"},
                {"code": "30", "text": "c"},
            ],
        },
    ),
    (
        "FlaringAuthorization",
        {
            "authorization_number": "99998",
            "max_volume_mcf_per_day": 1,
            "exception_reasons": ["SCHEDULED_MAINTENANCE", "SYSTEM_UPSET_OPERATOR"],
        },
    ),
]


async def write_odd_rows(admin: Any, world: World) -> None:
    """Give a world such rows; `admin` is a connection above row-level security."""
    tenant = world.viewer.tenant_id
    for label, values in [*BARE.items(), *ODD]:
        model = world.oracle.registry.entity(label)
        whole = {
            "id": str(uuid4()),
            "tenant_id": tenant,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
            **values,
        }
        validated = model.model_validate(whole)
        stored = {**whole, "natural_key": validated.natural_key}
        await admin.execute(_VERTEX.format(label=label), json.dumps(stored))
    lease, well = [
        await admin.fetchval(_ANY.format(label=one), tenant) for one in ("Lease", "Well")
    ]
    bare = json.dumps({"tenant_id": tenant})
    await admin.execute(_EDGE.format(type="HAS_WELL"), lease, well, bare)
