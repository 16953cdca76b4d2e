"""Mapping files are checked when they are loaded, and mean for a row what they say."""

import copy
import gzip
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph_api.entities.imports.csv_conversions import CONVERSIONS, Doubtful, Options
from graph_api.entities.imports.csv_mapping import MappingError, load_mapping, mapping_of
from graph_api.entities.imports.csv_merge import Collector
from graph_api.entities.imports.csv_rows import CsvFile
from graph_api.entities.imports.csv_table import CsvTable
from graph_api.entities.imports.csv_volumes import VolumeTable
from graph_api.entities.imports.permian import permian_mappings
from graph_api.entities.imports.records import (
    EntityRecord,
    LinkRecord,
    Rejection,
    Remark,
    VolumeRecord,
)

MAPPING = """
format = "example"
table = "leases"
title = "Leases"
files = ["leases.csv"]
columns = ["code", "district", "number", "name", "api", "since", "share", "kind"]

[values]
code = { as = "oil_gas_code" }
district = { as = "district" }
number = { column = ["code", "number"], as = "lease_number" }
name = {}
api = { as = "api8" }
since = { as = "date" }
share = { as = "decimal" }
kind = { as = "enum", values = { Producing = "ACTIVE", Shut = "INACTIVE" }, other = "UNKNOWN" }

[[reject]]
when = { name = { matches = "TEST .*" } }
reason = "a test lease"

[[remark]]
column = "name"
when = { name = { in = ["UNKNOWN"] } }
reason = "a lease without a proper name"

[[entities]]
name = "lease"
label = "Lease"
fields = { oil_gas_code = "code", district = "district", rrc_lease_id = "number", name = "name", status = "kind" }
attributes = { share = "share" }
report_conflicts = ["name"]

[[entities]]
name = "well"
label = "Well"
gives = "mention"
optional = true
fields = { api_number = "api", datum = { constant = "NAD27" } }

[[links]]
type = "HAS_WELL"
from = "lease"
to = "well"
prefer = ["share"]
[links.properties]
oil_gas_code = "code"
valid_from = { value = "since", when = { code = { in = ["O"] } } }
source = { constant = "example" }
"""

HEADER = "code,district,number,name,api,since,share,kind"


class NoProgress:
    def __init__(self) -> None:
        self.total = 0
        self.advanced = 0

    def total_bytes(self, count: int) -> None:
        self.total += count

    def advance_bytes(self, count: int) -> None:
        self.advanced += count


def content() -> dict[str, Any]:
    return tomllib.loads(MAPPING)


class Read:
    """What the example mapping makes of rows."""

    def __init__(self, directory: Path, *rows: str, text: bytes | None = None) -> None:
        path = directory / "leases.csv"
        path.write_bytes(text or "\n".join([HEADER, *rows, ""]).encode())
        file = CsvFile(path)
        collector = Collector()
        table = CsvTable(mapping_of(content(), "example.toml"), file.name, file.header())
        self.findings = [*table.collect(file.rows(NoProgress()), collector)]
        records = list(collector.records())
        self.entities = [record for record in records if isinstance(record, EntityRecord)]
        self.links = [record for record in records if isinstance(record, LinkRecord)]
        self.findings += [r for r in records if isinstance(r, Rejection | Remark)]

    def told(self) -> list[tuple[str, int, str]]:
        return [(type(one).__name__, one.origin.line, one.field) for one in self.findings]

    def of(self, label: str) -> list[EntityRecord]:
        return [entity for entity in self.entities if entity.label == label]


def wrong(change: Callable[[dict[str, Any]], object]) -> str:
    stated = copy.deepcopy(content())
    change(stated)
    with pytest.raises(MappingError) as error:
        mapping_of(stated, "example.toml")
    assert str(error.value).startswith("example.toml: ")
    return str(error.value)


def test_a_mapping_loads_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(MAPPING)
    assert load_mapping(path).table == "leases"


def test_what_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text("columns = [")
    with pytest.raises(MappingError, match=r"example\.toml is no TOML"):
        load_mapping(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: m["values"]["since"].update({"as": "dat"}), "no conversion 'dat'"),
        (lambda m: m["values"]["since"].update(separator=";"), "date takes no separator"),
        (lambda m: m["values"]["kind"].pop("values"), "enum needs values"),
        (lambda m: m["values"]["number"].update(column="number"), "reads 2 columns, not 1"),
        (lambda m: m["values"]["name"].update(column="titel"), "no column titel"),
        (lambda m: m["columns"].append("acres"), "nothing reads column acres"),
        (lambda m: m["values"].update(acres={"column": "share"}), "nothing uses value acres"),
        (lambda m: m["entities"][0].update(label="Leese"), "no entity type Leese"),
        (lambda m: m["entities"][0]["fields"].update(nane="name"), "field nane"),
        (lambda m: m["entities"][0]["fields"].update(id="name"), "field id"),
        (lambda m: m["entities"][1]["fields"].update(county_code="api"), "field county_code"),
        (
            lambda m: m["entities"][0]["fields"].pop("district"),
            "a Lease cannot be without district",
        ),
        (lambda m: m["entities"][0]["fields"].update(name="nome"), "no value nome"),
        (lambda m: m["entities"][0].update(key=["nome"]), "key field nome"),
        (lambda m: m["links"][0].update(once_per="both"), "once_per"),
        (lambda m: m["entities"][1].update(name="lease"), "two entities are called lease"),
        (
            lambda m: m["entities"][1].update(references={"lease_id": "well"}),
            "must name an entity of type Lease",
        ),
        (lambda m: m["links"][0].update(type="HAS_WEL"), "no such edge type"),
        (lambda m: m["links"][0].update(type="GATHERED_BY"), "joins a Lease to a Well"),
        (lambda m: m["links"][0].update(to="wel"), "entity wel"),
        (lambda m: m["links"][0]["properties"].update(role="code"), "property role"),
        (lambda m: m["links"][0].update(perfer=["share"]), "perfer"),
        (lambda m: m["reject"][0].update(when={"nam": {"blank": True}}), "no column nam"),
        (lambda m: m["reject"][0].update(when={"name": {}}), "exactly one of"),
        (
            lambda m: m["reject"][0].update(when={"name": {"blank": True, "in": ["X"]}}),
            "exactly one of",
        ),
        (lambda m: m["reject"][0].update(when={"name": {"matches": "("}}), "matches"),
        (lambda m: m["reject"][0].update(value="nome"), "no value nome"),
        (
            lambda m: m.update(volumes={"lease": "lease", "month": "since", "volumes": {}}),
            "says nothing else",
        ),
        (
            lambda m: m.update(
                volumes={"lease": "well", "month": "since", "volumes": {"gas": "share"}}
            ),
            "well is no Lease",
        ),
        (lambda m: m.update(delimiter=";;"), "delimiter"),
        (lambda m: m.pop("title"), "title"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_named(
    change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    assert expected in wrong(change)


def test_all_that_is_wrong_is_told_at_once() -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["columns"].append("acres")
        stated["links"][0]["type"] = "HAS_WEL"

    told = wrong(change)
    assert "acres" in told
    assert "HAS_WEL" in told


def test_a_step_that_the_format_lacks_is_named() -> None:
    stated = content()
    stated["entities"][0]["resolve"] = "lease_number"
    with pytest.raises(ValueError, match="no step 'lease_number'"):
        CsvTable(mapping_of(stated, "example.toml"), "x.csv", HEADER.split(","))


def test_a_row_gives_entities_and_their_link(tmp_path: Path) -> None:
    read = Read(tmp_path, "O,8,20882,BAKKE UNIT,00300161,2020-02-01,50.5,Producing")
    assert read.findings == []
    [lease], [well] = read.of("Lease"), read.of("Well")
    assert lease.values == {
        "oil_gas_code": "O",
        "district": "08",
        "rrc_lease_id": "20882",
        "name": "BAKKE UNIT",
        "status": "ACTIVE",
        "attributes": {"share": 50.5},
        "source": "example",
        "source_reference": "leases.csv:2",
    }
    assert (well.values["api_number"], well.only_if_absent) == ("42-003-00161", True)
    [link] = read.links
    assert (link.start.natural_key, link.end.natural_key) == ("O|08|20882", "42-003-00161")
    assert link.properties == {
        "oil_gas_code": "O",
        "valid_from": date(2020, 2, 1),
        "source": "example",
    }


def test_a_conditional_value_is_meant_only_under_its_condition(tmp_path: Path) -> None:
    read = Read(tmp_path, "G,08,123456,GAS ONE,00300161,2020-02-01,1,Shut")
    assert "valid_from" not in read.links[0].properties


def test_an_optional_entity_may_be_blank_and_another_may_not(tmp_path: Path) -> None:
    read = Read(
        tmp_path,
        "O,08,20882,BAKKE UNIT,,,,Producing",
        "O,08,,NAMELESS,00300161,,,Producing",
    )
    assert [lease.values["name"] for lease in read.of("Lease")] == ["BAKKE UNIT"]
    assert len(read.of("Well")) == 1
    assert read.links == []
    assert read.told() == [("Rejection", 3, "code, number")]


def test_a_bad_value_costs_only_what_needs_it(tmp_path: Path) -> None:
    read = Read(tmp_path, "O,08,20882,BAKKE UNIT,99900161,2020-02-30,nan,Producing")
    assert len(read.of("Lease")) == 1
    assert read.of("Well") == []
    assert read.told() == [
        ("Rejection", 2, "api"),
        ("Rejection", 2, "since"),
        ("Rejection", 2, "share"),
    ]
    assert "attributes" not in read.of("Lease")[0].values


def test_an_unlisted_text_is_kept_in_the_attributes(tmp_path: Path) -> None:
    read = Read(tmp_path, "O,08,20882,BAKKE UNIT,,,,Leased out")
    [lease] = read.of("Lease")
    assert lease.values["status"] == "UNKNOWN"
    assert lease.values["attributes"] == {"kind": "Leased out"}
    assert read.told() == [("Remark", 2, "kind")]


def test_rows_about_one_entity_are_merged(tmp_path: Path) -> None:
    read = Read(
        tmp_path,
        "O,08,20882,,,,,",
        "O,08,20882,BAKKE UNIT,,,,Producing",
        "O,08,020882,BAKKE,,,7,Shut",
    )
    [lease] = read.of("Lease")
    assert lease.values["name"] == "BAKKE UNIT"
    assert lease.values["status"] == "ACTIVE"
    assert lease.values["attributes"] == {"share": 7.0}
    assert lease.origin.line == 2
    [remark] = read.findings
    assert (remark.origin.line, remark.field, remark.value) == (4, "name", "BAKKE")


def test_of_two_rows_about_an_edge_the_preferred_stays(tmp_path: Path) -> None:
    rows = [
        "O,08,20882,A,00300161,2020-01-01,,Shut",
        "O,08,20882,A,00300161,2021-01-01,60,Shut",
        "O,08,20882,A,00300161,2022-01-01,60,Shut",
        "O,08,20882,A,00300161,2023-01-01,50,Shut",
    ]
    [link] = Read(tmp_path, *rows).links
    assert link.properties["valid_from"] == date(2021, 1, 1)


def test_a_rejected_row_gives_nothing_and_a_notice_is_given_once(tmp_path: Path) -> None:
    read = Read(
        tmp_path,
        "O,08,20882,TEST LEASE,00300161,,,Shut",
        "O,08,20883,UNKNOWN,,,,Shut",
        "O,08,20884,UNKNOWN,,,,Shut",
    )
    assert len(read.entities) == 2
    assert read.told() == [("Rejection", 2, ""), ("Remark", 3, "name")]


def test_a_column_the_mapping_does_not_know_is_told(tmp_path: Path) -> None:
    text = f"{HEADER},acres\nO,08,20882,A,,,,Shut,40\n".encode()
    read = Read(tmp_path, text=text)
    assert read.told() == [("Remark", 1, "acres")]
    assert len(read.of("Lease")) == 1


def test_dirty_lines_are_rejected_by_their_physical_number(tmp_path: Path) -> None:
    text = (
        b"\xef\xbb\xbfCODE,District,number,name,api,since,share,kind\r\n"  # 1
        b'O,08,00001,"TWO\r\nLINES",,,,Shut\r\n'  # 2 and 3
        b"\r\n"  # 4
        b"O,08,00002,FEW,,,Shut\r\n"  # 5
        b"O,08,00003,N\0L,,,,Shut\r\n"  # 6
        b"O,08,00004,CA\xd1ON,,,,Shut\r\n"  # 7
        b"O,08,00005,\xc3\x91,,,,Shut\r\n"  # 8
        b"O,08,00006,RE\rTURN,,,,Shut\r\n"  # 9
        b"O,08,00007,LAST,,,,Shut"  # 10
    )
    read = Read(tmp_path, text=text)
    names = [(lease.origin.line, lease.values["name"]) for lease in read.of("Lease")]
    assert names == [(2, "TWO\r\nLINES"), (7, "CAÑON"), (8, "Ñ"), (10, "LAST")]
    assert [(kind, line) for kind, line, _ in read.told()] == [
        ("Rejection", 5),
        ("Rejection", 6),
        ("Remark", 7),
        ("Rejection", 9),
    ]


def test_an_open_quote_does_not_swallow_the_rest_unseen(tmp_path: Path) -> None:
    read = Read(tmp_path, 'O,08,00001,"OPEN,,,,Shut', "O,08,00002,NEXT,,,,Shut")
    [rejection] = read.findings
    assert rejection.origin.line == 2
    assert "lines 2 to 3" in rejection.reason


def test_a_damaged_archive_is_told_and_what_precedes_is_read(tmp_path: Path) -> None:
    rows = "".join(f"O,08,{number:05},LEASE {number},,,,Shut\n" for number in range(1, 9_000))
    packed = gzip.compress(f"{HEADER}\n{rows}".encode())
    read = Read(tmp_path, text=packed[: len(packed) // 2])
    assert len(read.of("Lease")) > 100
    assert read.told() == [("Rejection", len(read.of("Lease")) + 2, "")]


def test_progress_counts_bytes_as_stored(tmp_path: Path) -> None:
    rows = "".join(f"O,08,{number:05},LEASE {number},,,,Shut\n" for number in range(1, 9_000))
    for name, stored in (
        ("plain.csv", f"{HEADER}\n{rows}".encode()),
        ("packed.csv", gzip.compress(f"{HEADER}\n{rows}".encode())),
    ):
        path = tmp_path / name
        path.write_bytes(stored)
        progress = NoProgress()
        assert sum(1 for _ in CsvFile(path).rows(progress)) == 8_999
        assert progress.advanced == len(stored) == CsvFile(path).stored_bytes


VOLUMES = """
format = "example"
table = "volumes"
title = "Volumes"
files = ["volumes.csv"]
delimiter = ";"
columns = ["district", "number", "month", "oil", "flared"]

[values]
code = { column = "number", as = "oil_gas_code_by_length" }
number = { as = "lease_number_by_length" }
district = { as = "tape_district" }
month = { as = "month" }
oil = { as = "integer" }
flared = { as = "integer" }

[[reject]]
when = { district = { in = ["20"] } }
reason = "a total of the state"

[[entities]]
name = "lease"
label = "Lease"
gives = "reference"
fields = { oil_gas_code = "code", district = "district", rrc_lease_id = "number" }

[volumes]
lease = "lease"
month = "month"
volumes = { oil_bbl = "oil", flared_mcf = "flared" }
"""


def test_volumes_keep_what_is_good_of_a_row(tmp_path: Path) -> None:
    path = tmp_path / "volumes.csv"
    rows = [
        "district;number;month;oil;flared",
        "10;20882;2024-01-01;12;0",
        "10;123456;2024-01-01;;7.0",
        "10;20882;2024-02-01;-1;5",
        "10;20882;2024-03-01;nan;inf",
        "10;20882;2024-04-01;;",
        "10;20882;2024-05-02;1;1",
        "10;20882;;1;1",
        "99;20882;2024-06-01;1;1",
        "10;2088;2024-07-01;1;1",
        "10;20882;2024-08-01;99999999999;1.5",
        "20;20882;2024-09-01;1;1",
        "10;;2024-10-01;1;1",
        "10;20882;2024-11-01;1",
    ]
    path.write_text("\n".join(rows))
    file = CsvFile(path, ";")
    table = VolumeTable(mapping_of(tomllib.loads(VOLUMES), "v.toml"), file.name, file.header())
    records = list(table.records(file.rows(NoProgress())))
    volumes = [one for one in records if isinstance(one, VolumeRecord)]
    assert [(one.lease.natural_key, one.month, one.volumes) for one in volumes] == [
        ("O|08|20882", date(2024, 1, 1), {"oil_bbl": 12, "flared_mcf": 0}),
        ("G|08|123456", date(2024, 1, 1), {"flared_mcf": 7}),
        ("O|08|20882", date(2024, 2, 1), {"flared_mcf": 5}),
    ]
    rejected = [(one.origin.line, one.field) for one in records if isinstance(one, Rejection)]
    assert rejected == [
        (4, "oil"),
        (5, "oil"),
        (5, "flared"),
        (6, ""),
        (7, "month"),
        (8, "month"),
        (9, "district"),
        (10, "number"),
        (11, "oil"),
        (11, "flared"),
        (12, ""),
        (13, "number"),
        (14, ""),
    ]


@pytest.mark.parametrize(
    ("conversion", "texts", "expected"),
    [
        ("upper", ["Bakke"], "BAKKE"),
        ("integer", ["12.0"], 12),
        ("integer", ["-3"], -3),
        ("decimal", ["-1.5e2"], -150.0),
        ("date", ["2024-02-29"], date(2024, 2, 29)),
        ("month", ["2024-02-01"], date(2024, 2, 1)),
        ("yes_no", ["y"], True),
        ("yes_no", ["0"], False),
        ("district", ["8a"], "8A"),
        ("tape_district", ["7"], "6E"),
        ("county", ["Andrews County"], "ANDREWS"),
        ("county_of_api8", ["00300161"], "ANDREWS"),
        ("api8", ["00300161"], "42-003-00161"),
        ("p5_number", ["36587"], "036587"),
        ("lease_number", ["O", "020882"], "20882"),
        ("lease_number", ["O", ""], None),
        ("lease_number", ["G", "123456"], "123456"),
        ("location_quality", ["30.0", "-100.0"], "WHOLE_DEGREE"),
        ("location_quality", ["30.5", "-100.0"], "UNKNOWN"),
        ("location_quality", ["30.0", ""], "UNKNOWN"),
        ("join", ["BAKKE", "", "1"], "BAKKE 1"),
    ],
)
def test_conversions(conversion: str, texts: list[str], expected: object) -> None:
    converted = CONVERSIONS[conversion].build(Options())(*texts)
    assert converted == expected
    assert type(converted) is type(expected) or isinstance(converted, str)


@pytest.mark.parametrize(
    ("conversion", "texts"),
    [
        ("integer", ["1.5"]),
        ("integer", ["1_000"]),
        ("integer", ["１２"]),
        ("integer", ["inf"]),
        ("integer", ["9" * 16]),
        ("decimal", ["NaN"]),
        ("decimal", ["inf"]),
        ("decimal", ["1,5"]),
        ("decimal", ["1e999"]),
        ("date", ["20240229"]),
        ("date", ["2023-02-29"]),
        ("month", ["2024-02-02"]),
        ("yes_no", ["maybe"]),
        ("district", ["11"]),
        ("tape_district", ["20"]),
        ("county", ["NOWHERE"]),
        ("api8", ["4200300161"]),
        ("api8", ["00300000"]),
        ("p5_number", ["1234567"]),
        ("oil_gas_code", ["X"]),
        ("lease_number", ["G", "1234"]),
        ("lease_number", ["O", "123456"]),
        ("lease_number_by_length", ["1234"]),
        ("operator_name", ["---"]),
    ],
)
def test_conversions_refuse(conversion: str, texts: list[str]) -> None:
    with pytest.raises(ValueError, match="must be"):
        CONVERSIONS[conversion].build(Options())(*texts)


def test_lists_and_tables_of_texts() -> None:
    options = Options(separator=";", values={"Upset": "UPSET", "Outage": "UPSET"}, other="OTHER")
    assert CONVERSIONS["list"].build(options)("a; b;;") == ("a", "b")
    convert = CONVERSIONS["enum_list"].build(options)
    assert convert("UPSET; outage") == ("UPSET",)
    doubtful = convert("Upset;Sabotage")
    assert isinstance(doubtful, Doubtful)
    assert doubtful.value == ("UPSET", "OTHER")
    assert "Sabotage" in doubtful.reason


def test_every_shipped_mapping_agrees_with_the_models() -> None:
    assert sorted(mapping.table for mapping in permian_mappings()) == [
        "facilities",
        "gatherers",
        "leases",
        "permits",
        "production",
        "wells",
    ]


def test_the_documented_example_is_a_mapping() -> None:
    text = (Path(__file__).parents[3] / "docs" / "loading-permian.md").read_text()
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert mapping_of(tomllib.loads(example), "example.toml").table == "pads"
    for conversion in CONVERSIONS:
        assert f"`{conversion}`" in text
