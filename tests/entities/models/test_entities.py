import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from graph_api.core.model import GraphEntity
from graph_api.models import (
    ENTITY_MODELS,
    Equipment,
    Facility,
    Field,
    Filing,
    FlareEventSource,
    FlaringAuthorization,
    FlaringEvent,
    Formation,
    Hearing,
    InfrastructureProject,
    Lease,
    LeaseVolume,
    Operator,
    Permit,
    PipelineRoute,
    Regulation,
    Well,
    Wellpad,
    normalized_operator_name,
)
from tests.entities.models.samples import MINIMAL, TENANT, entity


def refused(model: type[GraphEntity], **values: Any) -> dict[str, str]:
    """Messages by field path of the errors that `values` cause."""
    with pytest.raises(ValidationError) as error:
        entity(model, **values)
    return {".".join(map(str, e["loc"])): e["msg"] for e in error.value.errors()}


def test_there_is_a_sample_of_every_model() -> None:
    assert set(MINIMAL) == set(ENTITY_MODELS)


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_minimal_values_make_an_entity(model: type[GraphEntity]) -> None:
    made = entity(model)
    assert made.tenant_id == TENANT
    assert isinstance(made.id, UUID)
    assert made.natural_key.strip("|")
    assert made.display_name


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_every_required_field_is_required(model: type[GraphEntity]) -> None:
    for name in MINIMAL[model]:
        values = {k: v for k, v in MINIMAL[model].items() if k != name}
        with pytest.raises(ValidationError) as error:
            model.model_validate({"tenant_id": TENANT, **values})
        assert [e["loc"] for e in error.value.errors()] == [(name,)]


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_a_blank_key_is_refused(model: type[GraphEntity]) -> None:
    for name in set(model.natural_key_fields) & set(MINIMAL[model]):
        if name != "facility_type":
            assert name in refused(model, **{name: "  "})


@pytest.mark.parametrize("model", ENTITY_MODELS)
def test_an_unknown_field_is_refused(model: type[GraphEntity]) -> None:
    assert "colour" in refused(model, colour="red")


@pytest.mark.parametrize(
    ("model", "values", "key"),
    [
        (Operator, {"p5_number": "36587"}, "P5|036587"),
        (Operator, {}, "NAME|PETROHUNTLLC"),
        (Field, {}, "85280300"),
        (Formation, {}, "WOLFCAMP"),
        (Formation, {"name": "A|B"}, "A\\|B"),
        (Lease, {}, "O|08|20882"),
        (Lease, {"oil_gas_code": "G", "rrc_lease_id": "284512"}, "G|08|284512"),
        (Well, {"api_number": "00312345"}, "42-003-12345"),
        (Permit, {}, "0911978|0"),
        (Permit, {"permit_number": "911978", "amendment_sequence": 2}, "0911978|2"),
        (Regulation, {}, "SWR_37"),
        (Hearing, {}, "OG-20-00005136"),
        (Filing, {}, "PR-2024-03"),
        (Equipment, {}, "FL-1|"),
        (Equipment, {"serial_number": "9"}, "FL-1|9"),
        (FlaringAuthorization, {}, "50123"),
        (FlaringEvent, {}, "EV-1"),
        (Wellpad, {}, "U10-A"),
        (Facility, {"rrc_serial_number": "1-0562"}, "GAS_PLANT|01-0562"),
        (
            Facility,
            {"latitude": 31.5, "longitude": -102},
            "GAS_PLANT|MIDKIFF|31.500000|-102.000000",
        ),
        (Facility, {"latitude": -1e-9, "longitude": 0}, "GAS_PLANT|MIDKIFF|0.000000|0.000000"),
        (Facility, {}, "GAS_PLANT|MIDKIFF||"),
        (PipelineRoute, {}, "MIDKIFF LATERAL"),
        (InfrastructureProject, {}, "MIDKIFF COMPRESSION"),
    ],
)
def test_natural_keys(model: type[GraphEntity], values: dict[str, Any], key: str) -> None:
    made = entity(model, **values)
    assert made.natural_key == key
    assert model.natural_key_of(made.model_dump(mode="json")) == key


def test_keys_from_parts_as_a_loader_has_them() -> None:
    assert Lease.key("O", "8", "020882") == entity(Lease).natural_key
    assert Well.key("42-003-12345-01-00") == entity(Well).natural_key
    assert Permit.key("911978") == entity(Permit).natural_key
    assert Operator.key("36587") == entity(Operator, p5_number="036587").natural_key
    assert Operator.key_of_name("PETRO HUNT LLC") == entity(Operator).natural_key
    assert Facility.key("GAS_PLANT", "1-0562") == "GAS_PLANT|01-0562"
    with pytest.raises(ValueError, match="must be O for an oil lease or G"):
        Lease.key("X", "08", "20882")
    with pytest.raises(ValueError, match="exactly 6 digits"):
        Lease.key("G", "08", "2845")
    with pytest.raises(ValueError, match="for example 08"):
        Lease.key("O", "99", "20882")


def test_two_names_with_separators_do_not_share_a_key() -> None:
    one = entity(Equipment, name="A|B", serial_number="C")
    two = entity(Equipment, name="A", serial_number="B|C")
    assert one.natural_key != two.natural_key


def test_an_operator_derives_its_number_and_normalised_name() -> None:
    made = entity(Operator, p5_number="036587", rrc_operator_id="000001", normalized_name="WRONG")
    dumped = made.model_dump(mode="json")
    assert dumped["rrc_operator_id"] == "036587"
    assert dumped["normalized_name"] == "PETROHUNTLLC"
    assert normalized_operator_name("Compañía Petróleo, S.A.") == "COMPANIAPETROLEOSA"
    assert "name" in refused(Operator, name="***")


def test_a_lease_number_fits_its_code() -> None:
    assert entity(Lease, rrc_lease_id="020882").rrc_lease_id == "20882"
    assert "up to 5 digits" in refused(Lease, rrc_lease_id="284512")["rrc_lease_id"]
    gas = refused(Lease, oil_gas_code="G", rrc_lease_id="2845")
    assert "exactly 6 digits" in gas["rrc_lease_id"]
    assert set(refused(Lease, oil_gas_code="X")) == {"oil_gas_code"}


def test_a_well_keeps_the_digits_after_its_number_apart() -> None:
    for written in ("42003123450100", "42-003-12345-01-00"):
        made = entity(Well, api_number=written)
        assert (made.api_number, made.api_suffix) == ("42-003-12345", "0100")
    assert entity(Well, api_number="420031234502").api_suffix == "02"
    assert entity(Well, api_number="42-003-12345", api_suffix="01").api_suffix == "01"
    assert entity(Well, api_number="42003123450100", api_suffix="0100").api_suffix == "0100"
    conflict = refused(Well, api_number="42003123450100", api_suffix="02")
    assert "must be 0100" in conflict["api_suffix"]


def test_a_wells_county_code_follows_its_county_else_its_number() -> None:
    assert entity(Well).county_code == "003"
    made = entity(Well, county="Howard", county_code="003")
    assert (made.county, made.model_dump()["county_code"]) == ("HOWARD", "227")


def test_the_duration_of_a_flaring_event_follows_its_times() -> None:
    made = entity(FlaringEvent, ended_at="2024-03-01T03:30:00-06:00", duration_hours=99)
    assert made.duration_hours == 3.5
    assert entity(FlaringEvent, duration_hours=99).duration_hours is None


def test_the_source_of_a_flaring_event_is_how_it_was_known() -> None:
    assert entity(FlaringEvent).source is FlareEventSource.SCADA
    assert "source" in refused(FlaringEvent, source="manual")


def test_a_regulation_belongs_to_all_tenants() -> None:
    assert Regulation.shared
    assert Regulation.model_validate(MINIMAL[Regulation]).tenant_id == "*"
    assert entity(Regulation).title == "Statewide spacing"


@pytest.mark.parametrize(
    ("model", "first", "last"),
    [
        (Operator, "p5_last_filed_on", "p5_renewal_due_on"),
        (Well, "spud_date", "completion_date"),
        (Well, "spud_date", "plugged_date"),
        (Well, "first_production_month", "last_production_month"),
        (Permit, "submitted_on", "approved_on"),
        (Permit, "approved_on", "expires_on"),
        (Permit, "submitted_on", "protest_deadline"),
        (Hearing, "notice_issued_on", "protest_deadline"),
        (Hearing, "requested_on", "heard_on"),
        (Hearing, "requested_on", "decided_on"),
        (Filing, "period_start", "period_end"),
        (Equipment, "installed_on", "last_inspected_on"),
        (FlaringAuthorization, "effective_date", "expiration_date"),
        (Facility, "constructed_on", "modified_on"),
        (InfrastructureProject, "planned_start_on", "planned_in_service_on"),
    ],
)
def test_an_end_before_its_start_is_refused_on_the_end(
    model: type[GraphEntity], first: str, last: str
) -> None:
    day, later = date(2024, 3, 1), date(2024, 4, 1)
    assert f"{last} must not be before {first}" in refused(model, **{first: later, last: day})[last]
    for start, end in ((day, later), (day, day), (None, day), (later, None)):
        made = entity(model, **{first: start, last: end})
        assert (getattr(made, first), getattr(made, last)) == (start, end)


def test_times_and_depths_in_the_wrong_order_are_refused() -> None:
    assert "ended_at" in refused(FlaringEvent, ended_at="2024-02-29T06:00:00Z")
    assert "accepted_at" in refused(
        Filing, submitted_at="2024-03-02T00:00:00Z", accepted_at="2024-03-01T00:00:00Z"
    )
    assert "depth_base_ft" in refused(Formation, depth_top_ft=9000, depth_base_ft=8000)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Well, "total_depth_ft"),
        (Well, "distance_to_lease_line_ft"),
        (Well, "last_month_oil_bbl"),
        (Permit, "acres"),
        (Permit, "amendment_sequence"),
        (Equipment, "capacity"),
        (FlaringAuthorization, "max_volume_mcf_per_day"),
        (FlaringEvent, "vented_mcf"),
        (Operator, "financial_security_usd"),
        (PipelineRoute, "max_pressure_psig"),
        (Wellpad, "well_slots"),
    ],
)
def test_a_negative_or_infinite_quantity_is_refused(model: type[GraphEntity], field: str) -> None:
    for value in (-1, float("inf"), float("nan")):
        assert set(refused(model, **{field: value})) == {field}


def test_a_whole_number_fits_in_32_bits() -> None:
    assert entity(Well, last_month_gas_mcf=2**31 - 1).last_month_gas_mcf == 2**31 - 1
    assert "last_month_gas_mcf" in refused(Well, last_month_gas_mcf=2**31)


def test_a_measured_number_is_kept_as_a_float() -> None:
    assert type(entity(Well, distance_to_lease_line_ft=467).distance_to_lease_line_ft) is float


def test_a_time_needs_a_zone_and_is_kept_in_utc() -> None:
    made = entity(FlaringEvent, started_at="2024-03-01T00:00:00-06:00")
    assert made.started_at == datetime(2024, 3, 1, 6, tzinfo=UTC)
    assert made.started_at.utcoffset().total_seconds() == 0
    assert "started_at" in refused(FlaringEvent, started_at="2024-03-01T00:00:00")
    assert (
        "outside the years"
        in refused(FlaringEvent, started_at="0001-01-01T00:00:00+05:00")["started_at"]
    )


@pytest.mark.parametrize(
    "values",
    [
        {"well_name": "A\0B"},
        {"source_reference": "\0"},
        {"attributes": {"remark": "A\0B"}},
        {"attributes": {"A\0B": 1}},
        {"attributes": {"deep": [{"list": ["A\0B"]}]}},
    ],
)
def test_a_nul_character_is_refused_wherever_it_stands(values: dict[str, Any]) -> None:
    assert "NUL character" in refused(Well, **values)[next(iter(values))]


def test_a_nul_character_in_lists_is_refused() -> None:
    assert "NUL" in refused(Permit, statewide_rules=["37", "3\0"])["statewide_rules"]
    nested = refused(Permit, restrictions=[{"code": "30", "text": "A\0B"}])
    assert "NUL" in nested["restrictions.0.text"]
    assert "rule_id" in refused(Regulation, rule_id="SWR\0")


def test_text_that_is_not_unicode_is_refused() -> None:
    assert "well_name" in refused(Well, well_name="\ud800")
    assert refused(Well, attributes={"remark": "\ud800"})


def test_attributes_hold_what_can_be_stored_and_come_back_equal() -> None:
    kept = {"remark": "as filed", "list": [1, 2.5, None, {"x": True}], "big": -(2**63) + 1}
    assert entity(Well, attributes=kept).attributes == kept
    assert "64 bits" in refused(Well, attributes={"n": [2**63]})["attributes"]
    assert refused(Well, attributes={"n": float("inf")})


def test_blank_optional_text_is_refused_and_surrounding_space_is_not_kept() -> None:
    assert "well_name" in refused(Well, well_name="   ")
    assert entity(Well, well_name="  UNIVERSITY 1 ").well_name == "UNIVERSITY 1"


def test_a_volume_is_of_a_month() -> None:
    lease = uuid4()
    made = LeaseVolume(lease_id=lease, month=date(2024, 3, 1), oil_bbl=12)
    assert (made.oil_bbl, made.flared_mcf) == (12, None)
    for values, field in (
        ({"month": "2024-03-02"}, "month"),
        ({"month": "2024-03-01", "flared_mcf": -1}, "flared_mcf"),
        ({"month": "2024-03-01", "oil_bbl": 1.5}, "oil_bbl"),
    ):
        with pytest.raises(ValidationError) as error:
            LeaseVolume.model_validate({"lease_id": lease, **values})
        assert [e["loc"] for e in error.value.errors()] == [(field,)]


def test_a_stored_entity_reads_back_from_json_text() -> None:
    made = entity(Permit, restrictions=[{"code": "30", "text": "NO"}], field_ids=[uuid4()])
    text = json.dumps(made.model_dump(mode="json"))
    assert Permit.model_validate(json.loads(text)) == made
