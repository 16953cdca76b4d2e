"""The project's own CSV files: every kind of field, every way a line can be wrong."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from graph_api.core.model import Derived
from graph_api.entities.graph import EDGES
from graph_api.entities.imports.entity_keys import KEY_EXAMPLES, key_parts, read_key
from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Record,
    Rejection,
    Remark,
)
from graph_api.entities.imports.records_csv import KINDS, read_records
from graph_api.entities.imports.records_links import LINK_COLUMNS
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import ENTITY_MODELS, Facility, HearingType, LeaseStatus
from tests.entities.imports.official_reading import Bytes

GUIDE = Path(__file__).parents[3] / "docs" / "loading-records.md"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(*paths: Path) -> list[Record]:
    progress = Bytes()
    found = list(read_records(list(paths), progress))
    assert progress.advanced == progress.total == sum(_size(path) for path in paths)
    return found


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    kinds = {*KINDS, "links"}
    return sum(one.stat().st_size for one in files if one.stem in kinds)


def entities(records: list[Record]) -> list[EntityRecord]:
    return [record for record in records if isinstance(record, EntityRecord)]


def rejected(records: list[Record]) -> list[tuple[int, str, str]]:
    return [
        (found.origin.line, found.field, found.value)
        for found in records
        if isinstance(found, Rejection)
    ]


def reasons(records: list[Record]) -> str:
    return "\n".join(found.reason for found in records if isinstance(found, Rejection))


def of_one(tmp_path: Path, kind: str, **cells: str) -> list[Record]:
    """What a file of one row says."""
    quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells.values())
    return read(write(tmp_path / f"{kind}.csv", ",".join(cells), ",".join(quoted)))


def test_every_kind_of_field_is_read(tmp_path: Path) -> None:
    records = of_one(
        tmp_path,
        "hearings",
        docket_number="og-25-00012345",
        hearing_type="RULE_37",
        requested_on="2025-03-31",
        conditions="No vent; Test each year ;",
        attributes='{"room": 2, "tags": ["a"]}',
    )

    (found,) = entities(records)
    assert found.values == {
        "docket_number": "OG-25-00012345",
        "hearing_type": HearingType.RULE_37,
        "requested_on": date(2025, 3, 31),
        "conditions": ["No vent", "Test each year"],
        "attributes": {"room": 2, "tags": ["a"]},
        "source": "records",
        "source_reference": "hearings.csv:2",
    }
    assert found.origin.line == 2
    assert len(records) == 1


def test_numbers_times_and_flags_are_read(tmp_path: Path) -> None:
    records = of_one(
        tmp_path,
        "flaring_events",
        event_number="EV-1",
        event_type="UPSET",
        cause_category="NO_PIPELINE",
        source="SCADA",
        started_at="2025-03-31T18:30:00-06:00",
        volume_mcf="12.5",
        volume_source="METERED",
        repair_required="Y",
    )

    (found,) = entities(records)
    assert found.values["started_at"] == datetime(2025, 4, 1, 0, 30, tzinfo=UTC)
    assert found.values["volume_mcf"] == 12.5
    assert found.values["repair_required"] is True
    assert found.values["source"] == "SCADA"


def test_a_list_is_a_json_array_where_an_item_holds_a_semicolon_or_is_an_object(
    tmp_path: Path,
) -> None:
    records = of_one(
        tmp_path,
        "permits",
        permit_number="987001",
        permit_type="DRILL",
        statewide_rules='["37; a", "38"]',
        restrictions='[{"code": "29", "text": "No pits."}]',
    )

    (found,) = entities(records)
    assert found.values["statewide_rules"] == ["37; a", "38"]
    assert [one.text for one in found.values["restrictions"]] == ["No pits."]
    assert rejected(
        of_one(
            tmp_path,
            "permits",
            permit_number="987001",
            permit_type="DRILL",
            restrictions="No pits",
        )
    ) == [(2, "restrictions", "No pits")]


def test_a_blank_cell_says_nothing(tmp_path: Path) -> None:
    records = of_one(tmp_path, "formations", name="DEAN", basin=" ", depth_top_ft="")
    assert set(entities(records)[0].values) == {"name", "source", "source_reference"}


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("depth_top_ft", "8,200", "must be a whole number, for example 1250"),
        ("depth_top_ft", "-1", "greater than or equal to 0"),
        ("depth_top_ft", "nan", "must be a whole number"),
        ("depth_top_ft", "1_0", "must be a whole number"),
        ("attributes", "{", "must be JSON"),
        ("attributes", "[1]", "valid dictionary"),
        ("basin", "x" * 201, "at most 200 characters"),
    ],
)
def test_a_bad_value_is_rejected_and_costs_only_itself(
    tmp_path: Path, field: str, text: str, expected: str
) -> None:
    records = of_one(tmp_path, "formations", name="DEAN", lithology="siltstone", **{field: text})

    assert rejected(records) == [(2, field, text)]
    assert expected in reasons(records)
    (found,) = entities(records)
    assert found.values["lithology"] == "siltstone"
    assert field not in found.values


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("requested_on", "31.03.2025", "must be a date, for example 2024-03-31"),
        ("requested_on", "1743379200", "must be a date"),
        ("status", "GONE", "'REQUESTED', 'NOTICED'"),
        ("conditions", "[1]", "valid string"),
    ],
)
def test_the_expected_form_is_told(tmp_path: Path, field: str, text: str, expected: str) -> None:
    cells = {"docket_number": "OG-25-00012345", "hearing_type": "OTHER", field: text}
    records = of_one(tmp_path, "hearings", **cells)
    assert rejected(records) == [(2, field, text)]
    assert expected in reasons(records)


@pytest.mark.parametrize("text", ["2025-03-31T18:30:00", "1743379200", "2025-03-31"])
def test_a_time_without_its_zone_is_rejected(tmp_path: Path, text: str) -> None:
    records = of_one(
        tmp_path, "filings", filing_number="F-1", filing_type="OTHER", form_number="X",
        submitted_at=text,
    )  # fmt: skip
    assert rejected(records) == [(2, "submitted_at", text)]
    assert "with its zone" in reasons(records)


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"docket_number": "", "hearing_type": "OTHER"}, "docket_number"),
        ({"docket_number": "25-1", "hearing_type": "OTHER"}, "docket_number"),
        ({"docket_number": "OG-25-00012345", "hearing_type": "ODD"}, "hearing_type"),
        ({"docket_number": "OG-25-00012345", "hearing_type": ""}, "hearing_type"),
    ],
)
def test_a_row_without_what_its_kind_needs_gives_nothing(
    tmp_path: Path, cells: dict[str, str], field: str
) -> None:
    records = of_one(tmp_path, "hearings", **cells)
    assert [name for _, name, _ in rejected(records)] == [field]
    assert entities(records) == []


def test_a_bad_part_of_a_key_does_not_lead_to_another_key(tmp_path: Path) -> None:
    records = of_one(
        tmp_path,
        "equipments",
        equipment_type="METER",
        name="M 1",
        serial_number="x" * 201,
    )
    assert entities(records) == []
    assert [name for _, name, _ in rejected(records)] == ["serial_number"]


def test_fields_at_odds_with_one_another_are_rejected_one_by_one(tmp_path: Path) -> None:
    records = of_one(
        tmp_path,
        "wells",
        api_number="42-317-60001",
        spud_date="2025-05-01",
        completion_date="2025-04-01",
        plugged_date="2025-03-01",
        status="COMPLETED",
    )
    assert [name for _, name, _ in rejected(records)] == ["completion_date", "plugged_date"]
    (found,) = entities(records)
    assert found.values["status"] == "COMPLETED"
    assert not {"completion_date", "plugged_date"} & found.values.keys()


def test_a_lease_number_that_its_code_does_not_allow_costs_the_row(tmp_path: Path) -> None:
    cells = {"oil_gas_code": "G", "district": "08", "rrc_lease_id": "12345"}
    records = of_one(tmp_path, "leases", **cells)
    assert entities(records) == []
    assert "gas well id of exactly 6 digits" in reasons(records)


def test_a_position_outside_texas_is_taken_and_told(tmp_path: Path) -> None:
    records = of_one(tmp_path, "wellpads", pad_id="A", name="A", latitude="31.5", longitude="102.1")
    assert [(found.field, found.value) for found in records if isinstance(found, Remark)] == [
        ("latitude", "31.5, 102.1")
    ]
    assert len(entities(records)) == 1


def test_a_reference_that_an_edge_carries_becomes_the_edge(tmp_path: Path) -> None:
    records = of_one(
        tmp_path,
        "leases",
        oil_gas_code="O",
        district="8",
        rrc_lease_id="020882",
        status="ACTIVE",
        operator_id="P5|36587",
        field_id="85280300",
    )

    lease = EntityKey("Lease", "O|08|20882")
    (found,) = entities(records)
    assert found.values["status"] is LeaseStatus.ACTIVE
    assert found.references == {}
    ends = {
        record.edge_type: (record.start, record.end)
        for record in records
        if isinstance(record, LinkRecord)
    }
    assert ends == {
        "OPERATES": (EntityKey("Operator", "P5|036587"), lease),
        "IN_FIELD": (lease, EntityKey("Field", "85280300")),
    }


def test_a_reference_that_no_edge_carries_stays_one(tmp_path: Path) -> None:
    records = of_one(
        tmp_path, "permits", permit_number="987001", permit_type="DRILL", lease_id="O|08|20882"
    )
    (found,) = entities(records)
    assert found.references == {"lease_id": EntityKey("Lease", "O|08|20882")}
    assert "lease_id" not in found.values
    assert len(records) == 1


def test_a_malformed_reference_is_rejected_with_the_form_of_a_key(tmp_path: Path) -> None:
    records = of_one(
        tmp_path, "permits", permit_number="987001", permit_type="DRILL", lease_id="20882"
    )
    assert rejected(records) == [(2, "lease_id", "20882")]
    assert "O|08|20882" in reasons(records)
    assert len(entities(records)) == 1


def test_files_are_read_in_an_order_in_which_what_is_named_comes_first(tmp_path: Path) -> None:
    write(tmp_path / "links.csv", ",".join(LINK_COLUMNS[:5]), "OFFSETS,Well,4231760001,Well,x")
    write(
        tmp_path / "equipments.csv", "equipment_type,name,facility_id", "PUMP,P,GAS_PLANT|08-9001"
    )
    write(
        tmp_path / "facilities.csv", "facility_type,name,rrc_serial_number", "GAS_PLANT,A,08-9001"
    )
    write(tmp_path / "operators.csv", "p5_number,name", "1,A")

    records = read(tmp_path)

    order = [found.label if isinstance(found, EntityRecord) else type(found) for found in records]
    assert order.index("Facility") < order.index("Equipment") < order.index(LinkRecord)
    assert isinstance(records[-1], Rejection)


def test_a_link_names_its_ends_by_their_keys(tmp_path: Path) -> None:
    path = write(
        tmp_path / "links.csv",
        "edge_type,from_kind,from_key,to_kind,to_key,distance_ft,same_horizon,valid_from,role",
        "OFFSETS,Well,4231760001,wells,42-317-60002,880.5,Y,2025-01-01,",
        "gathered_by,lease,O|08|20882,OPERATOR,P5|36587,,,,GATHERER",
    )

    first, second = read(path)

    assert isinstance(first, LinkRecord)
    assert isinstance(second, LinkRecord)
    assert (first.start.natural_key, first.end.natural_key) == ("42-317-60001", "42-317-60002")
    assert first.properties == {
        "distance_ft": 880.5,
        "same_horizon": True,
        "valid_from": date(2025, 1, 1),
        "source": "records",
    }
    assert (second.edge_type, second.end) == ("GATHERED_BY", EntityKey("Operator", "P5|036587"))


LINK = {
    "edge_type": "OFFSETS",
    "from_kind": "Well",
    "from_key": "42-317-60001",
    "to_kind": "Well",
    "to_key": "42-317-60002",
    "distance_ft": "880",
}


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"edge_type": "NEAR"}, "edge_type", "one of OPERATES, HAS_WELL"),
        ({"edge_type": ""}, "edge_type", "one of OPERATES"),
        ({"from_kind": "Bore"}, "from_kind", "one of Operator, Field"),
        ({"to_kind": "Lease", "to_key": "O|08|1"}, "edge_type", "leads from Well to Well"),
        ({"to_key": "42-002-60002"}, "to_key", "county code"),
        ({"to_key": ""}, "to_key", "must not be blank"),
        ({"distance_ft": ""}, "distance_ft", "OFFSETS cannot be without distance_ft"),
        ({"distance_ft": "far"}, "distance_ft", "must be a number, for example 31.25"),
    ],
)
def test_a_bad_link_is_rejected_with_the_column_and_the_expected_form(
    tmp_path: Path, change: dict[str, str], field: str, expected: str
) -> None:
    records = of_one(tmp_path, "links", **{**LINK, **change})
    assert [name for _, name, _ in rejected(records)] == [field]
    assert expected in reasons(records)
    assert not any(isinstance(record, LinkRecord) for record in records)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "GATHERER"}, "role"),
        ({"confidence": "2"}, "confidence"),
        ({"valid_from": "2025-02-01", "valid_to": "2025-01-01"}, "valid_to"),
    ],
)
def test_a_bad_property_costs_only_itself(
    tmp_path: Path, change: dict[str, str], field: str
) -> None:
    records = of_one(tmp_path, "links", **{**LINK, **change})
    assert [name for _, name, _ in rejected(records)] == [field]
    (link,) = (record for record in records if isinstance(record, LinkRecord))
    assert field not in link.properties
    assert link.properties["distance_ft"] == 880


@pytest.mark.parametrize(
    ("name", "header", "expected"),
    [
        ("hearings", "docket_number,hearing_type,judge", "'judge'"),
        ("hearings", "docket_number", "cannot be without column hearing_type"),
        ("hearings", "docket_number,hearing_type,status,status", "twice"),
        ("links", "edge_type,from_kind,from_key,to_kind", "to_key"),
        ("links", "edge_type,from_kind,from_key,to_kind,to_key,colour", "'colour'"),
        ("flaring_events", "event_number,duration_hours", "'duration_hours'"),
        ("wells", "api_number,id", "'id'"),
        ("hearing", "docket_number", "one of operators"),
    ],
)
def test_a_header_that_does_not_fit_stops_the_load_before_anything_is_read(
    tmp_path: Path, name: str, header: str, expected: str
) -> None:
    good = write(tmp_path / "formations.csv", "name", "DEAN")
    bad = write(tmp_path / f"{name}.csv", header)
    with pytest.raises(UnrecognisedFile, match=expected):
        next(read_records([good, bad], Bytes()))


def test_another_csv_file_in_a_directory_is_told_and_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "formations.csv", "name", "DEAN")
    write(tmp_path / "notes.csv", "a", "b")
    write(tmp_path / "readme.txt", "a")

    records = read(tmp_path)

    assert rejected(records) == [(1, "", "")]
    assert len(entities(records)) == 1
    (tmp_path / "formations.csv").unlink()
    with pytest.raises(UnrecognisedFile, match="no file of records"):
        read(tmp_path)


def test_lines_that_are_no_rows_are_rejected_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "formations.csv", "name,basin", "DEAN,A", "X", "", "A,B,C", "WOLFCAMP,")
    records = read(path)
    assert [line for line, _, _ in rejected(records)] == [3, 5]
    assert [found.values["name"] for found in entities(records)] == ["DEAN", "WOLFCAMP"]


@pytest.mark.parametrize("label", [model.label() for model in ENTITY_MODELS])
def test_the_key_shown_for_a_label_is_one(label: str) -> None:
    for example in KEY_EXAMPLES[label].split(", or "):
        written = example.partition(" for ")[0].partition(" where ")[0]
        assert read_key(label, written) == EntityKey(label, written)


@pytest.mark.parametrize(
    ("label", "written", "kept"),
    [
        ("Well", "4231760001", "42-317-60001"),
        ("Lease", "O|8|020882", "O|08|20882"),
        ("Permit", "911978|0", "0911978|0"),
        ("Operator", "P5|1", "P5|000001"),
        ("Operator", "NAME|Acme Oil, Inc.", "NAME|ACMEOILINC"),
        ("Facility", "FLARE|A|32.5|-102", "FLARE|A|32.500000|-102.000000"),
        ("Facility", "TANK_BATTERY|A||", "TANK_BATTERY|A||"),
        ("Facility", "GAS_PLANT|8-9001", "GAS_PLANT|08-9001"),
        ("Hearing", "og-25-00012345", "OG-25-00012345"),
        ("Equipment", r"A\|B|1", r"A\|B|1"),
    ],
)
def test_a_key_is_written_the_one_way(label: str, written: str, kept: str) -> None:
    assert read_key(label, written).natural_key == kept


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("Lease", "20882"),
        ("Lease", "X|08|20882"),
        ("Lease", "G|08|20882"),
        ("Permit", "0911978"),
        ("Operator", "036587"),
        ("Operator", "NAME|-"),
        ("Operator", "P5|x"),
        ("Facility", "PLANT|08-9001"),
        ("Facility", "FLARE|A|north|-102"),
        ("Facility", "FLARE|A"),
        ("Formation", ""),
        ("Formation", "A|B"),
        ("Formation", "A\\"),
        ("Bore", "1"),
    ],
)
def test_a_malformed_key_is_refused(label: str, written: str) -> None:
    with pytest.raises(ValueError, match=r"a key of \w+ reads|there is no kind|single backslash"):
        read_key(label, written)


def test_the_parts_of_a_key_come_out_as_they_went_in() -> None:
    for parts in (["A", "B"], ["A|B", "C\\D"], ["", ""], ["A"]):
        values: dict[str, Any] = {"equipment_type": "PUMP", "name": parts[0]}
        joined = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
        assert key_parts(joined) == parts, values
    assert key_parts(Facility.key_of_place("FLARE", "A|B", 32.5, None)) == [
        "FLARE", "A|B", "32.500000", "",
    ]  # fmt: skip


def test_every_kind_takes_every_field_that_a_source_may_give(tmp_path: Path) -> None:
    for kind, model in KINDS.items():
        settable = [
            name
            for name, info in model.model_fields.items()
            if name not in ("id", "tenant_id", "created_at", "updated_at")
            and not any(isinstance(marker, Derived) for marker in info.metadata)
        ]
        assert read(write(tmp_path / f"{kind}.csv", ",".join(settable))) == []


def test_the_guide_names_every_kind_key_and_edge_type() -> None:
    text = GUIDE.read_text("utf-8")
    for kind, model in KINDS.items():
        assert f"`{kind}.csv`" in text
        assert f"`{KEY_EXAMPLES[model.label()].split(',')[0]}`".replace("|", "\\|") in text
    for edge in EDGES:
        assert f"`{edge.edge_type.name}`" in text
