"""The permian tables: on written fixtures, and on the genuine directory with its exact numbers."""

import gzip
import os
import shutil
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from graph_api.entities.imports.flare_proximity import confidence_at, distance_ft
from graph_api.entities.imports.permian import permian_mappings, read_permian
from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Record,
    Rejection,
    Remark,
    VolumeRecord,
)
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import ENTITY_MODELS

MODELS = {model.label(): model for model in ENTITY_MODELS}
HEADERS = {mapping.table: ",".join(mapping.columns) for mapping in permian_mappings()}

GENUINE = Path(
    os.environ.get("GRAPH_API_TEST_RRC_DIR")
    or Path(__file__).parents[3] / ".." / "shared" / "data" / "rrc"
)
with_genuine_data = pytest.mark.skipif(
    not (GENUINE / "permian").is_dir(), reason=f"the genuine RRC files are not at {GENUINE}"
)


class Bytes:
    """Counts what a reader says of its progress."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.advanced = 0

    def total_bytes(self, count: int) -> None:
        self.totals.append(count)

    def advance_bytes(self, count: int) -> None:
        self.advanced += count


def key_of(record: EntityRecord) -> EntityKey:
    return EntityKey(record.label, MODELS[record.label].natural_key_of(record.values))


class Seen:
    """The records of one reading, sorted by kind."""

    def __init__(self, *paths: Path) -> None:
        self.progress = Bytes()
        self.order: list[Record] = list(read_permian(list(paths), self.progress))
        self.entities: dict[EntityKey, EntityRecord] = {}
        for record in self.order:
            if isinstance(record, EntityRecord):
                assert key_of(record) not in self.entities, "an entity stands twice"
                self.entities[key_of(record)] = record
        self.links = [one for one in self.order if isinstance(one, LinkRecord)]
        self.volumes = [one for one in self.order if isinstance(one, VolumeRecord)]
        self.rejections = [one for one in self.order if isinstance(one, Rejection)]
        self.remarks = [one for one in self.order if isinstance(one, Remark)]

    def keys(self, label: str) -> list[str]:
        return [key.natural_key for key in self.entities if key.label == label]

    def values(self, label: str, natural_key: str) -> dict[str, object]:
        return dict(self.entities[EntityKey(label, natural_key)].values)

    def links_of(self, edge_type: str, end: str) -> list[LinkRecord]:
        return [one for one in self.links if (one.edge_type, one.end.label) == (edge_type, end)]

    def pairs(self, edge_type: str, end: str) -> set[tuple[str, str]]:
        links = self.links_of(edge_type, end)
        return {(one.start.natural_key, one.end.natural_key) for one in links}

    def rejected(self) -> list[tuple[str, int, str]]:
        return [(one.origin.file, one.origin.line, one.field) for one in self.rejections]


def write(directory: Path, table: str, *rows: str, name: str | None = None) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (name or f"{table}.csv")
    text = "\n".join([HEADERS[table], *rows, ""]).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def write_operators(directory: Path, *rows: str, name: str = "operators.csv") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text("\n".join(["operator_no,operator_name,seen_in", *rows, ""]))
    return path


OPERATORS = (
    "036587,BAKKE OPERATING LLC,x",
    "111111,TWIN OIL CO.,x",
    "100000,TWIN OIL CO,x",
    "222222,NEVER NAMED INC.,x",
)

LEASE = "7001,08,20882,O,3,120.0,Bakke Operating L.L.C.,BAKKE UNIT"
WELL = "00300161,O,08,20882,1H,BAKKE OPERATING LLC,32.2902,-102.5520,120.0,900.0,13.3,BAKKE UNIT"
PERMIT = (
    "21551,32.2910,-102.5530,BAKKE FLARE,ANDREWS,08,Flare,BAKKE OPERATING LLC,Approved,"
    "2023-10-30,2023-11-30,1453.0,System Upset (Third Party);Unscheduled Maintenance"
)


def test_leases_wells_and_operators(tmp_path: Path) -> None:
    write(tmp_path, "leases", LEASE, "7002,08,20882,O,3,120.0,,", "7003,8A,00012,O,1,0.0,,")
    write(tmp_path, "wells", WELL, "00300161,O,8A,00012,2,OLD OPERATOR,32.2902,-102.5520,0.0,0.0,,")
    write_operators(tmp_path, *OPERATORS)
    seen = Seen(tmp_path)
    assert seen.rejections == []
    assert seen.keys("Lease") == ["O|08|20882", "O|8A|00012"]
    assert seen.keys("Operator") == ["P5|036587", "NAME|OLDOPERATOR"]
    lease = seen.values("Lease", "O|08|20882")
    assert lease["name"] == "BAKKE UNIT"
    assert lease["attributes"] == {"well_count": 3, "reported_flared_mcf": 120.0}
    well = seen.values("Well", "42-003-00161")
    assert well["attributes"] == {
        "flared_mcf": 120.0,
        "produced_mcf": 900.0,
        "flaring_intensity_pct": 13.3,
    }
    wanted = {
        "well_name": "BAKKE UNIT 1H",
        "well_number": "1H",
        "well_type": "OIL",
        "latitude": 32.2902,
        "longitude": -102.552,
        "datum": "NAD27",
        "county": "ANDREWS",
        "district": "08",
    }
    assert {name: well[name] for name in wanted} == wanted
    has_well = {one.start.natural_key: one.properties for one in seen.links_of("HAS_WELL", "Well")}
    assert has_well == {
        "O|08|20882": {"well_number": "1H", "oil_gas_code": "O", "source": "dbf900"},
        "O|8A|00012": {"well_number": "2", "oil_gas_code": "O", "source": "dbf900"},
    }
    assert seen.pairs("OPERATES", "Lease") == {("P5|036587", "O|08|20882")}
    assert seen.pairs("OPERATES", "Well") == {
        ("P5|036587", "42-003-00161"),
        ("NAME|OLDOPERATOR", "42-003-00161"),
    }
    assert all(
        one.properties["role"] == "OPERATOR_OF_RECORD" for one in seen.links_of("OPERATES", "Well")
    )


def test_a_lease_has_the_operator_that_is_named_first(tmp_path: Path) -> None:
    write(
        tmp_path,
        "leases",
        "1,08,53921,O,1,0.0,,",
        "2,08,53921,O,1,0.0,FIRST CO,WADDELL",
        "3,08,53921,O,1,0.0,SECOND CO,JERSEY",
        "4,08,53921,O,1,0.0,FIRST CO,WADDELL",
    )
    seen = Seen(tmp_path)
    assert seen.pairs("OPERATES", "Lease") == {("NAME|FIRSTCO", "O|08|53921")}
    assert seen.values("Lease", "O|08|53921")["name"] == "WADDELL"
    told = [(one.origin.line, one.field, one.value) for one in seen.remarks[1:]]
    assert told == [(4, "OPERATES", "NAME|SECONDCO"), (4, "name", "JERSEY")]


def test_operators_come_first_and_links_follow_entities(tmp_path: Path) -> None:
    write(tmp_path, "wells", WELL)
    write(tmp_path, "permits", PERMIT)
    write(tmp_path, "production", "08,20882,2024-01-01,1,2")
    kinds = [
        (type(one).__name__, one.label == "Operator" if isinstance(one, EntityRecord) else None)
        for one in Seen(tmp_path).order
        if not isinstance(one, Remark)
    ]
    ranks = {
        ("EntityRecord", True): 0,
        ("EntityRecord", False): 1,
        ("LinkRecord", None): 2,
        ("VolumeRecord", None): 3,
    }
    order = [ranks[kind] for kind in kinds]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2, 3}


def test_an_operator_list_beside_the_data_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "permian", "wells", WELL)
    write_operators(tmp_path / "reference", *OPERATORS, name="operator_numbers_union.csv")
    assert Seen(tmp_path / "permian").keys("Operator") == ["P5|036587"]
    assert Seen(path).keys("Operator") == ["P5|036587"]


def test_without_an_operator_list_names_are_the_keys(tmp_path: Path) -> None:
    write(tmp_path, "wells", WELL)
    seen = Seen(tmp_path)
    assert seen.keys("Operator") == ["NAME|BAKKEOPERATINGLLC"]
    assert ["no operator list" in one.reason for one in seen.remarks] == [True]


def test_of_several_numbers_the_choice_is_the_same_and_told_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        "leases",
        "1,08,00001,O,1,0.0,TWIN OIL CO.,A",
        "1,08,00002,O,1,0.0,Twin Oil Co.,B",
        "1,08,00003,O,1,0.0,TWIN OIL CO.,C",
    )
    write_operators(tmp_path, *OPERATORS)
    seen = Seen(tmp_path)
    assert seen.pairs("OPERATES", "Lease") == {
        ("P5|111111", "O|08|00001"),  # spelt exactly alike
        ("P5|100000", "O|08|00002"),  # the lowest number
        ("P5|111111", "O|08|00003"),
    }
    assert [one.origin.line for one in seen.remarks] == [2]
    assert "100000, 111111" in seen.remarks[0].reason


def test_bad_rows_of_the_operator_list_are_rejected(tmp_path: Path) -> None:
    write(tmp_path, "wells", WELL)
    write_operators(tmp_path, "1234567,TOO LONG,x", "000000,ZERO,x", "123456,--,x", *OPERATORS)
    seen = Seen(tmp_path)
    assert seen.rejected() == [
        ("operators.csv", 2, "operator_no"),
        ("operators.csv", 3, "operator_no"),
        ("operators.csv", 4, "operator_name"),
    ]


def test_a_cut_gas_id_rejects_the_lease_and_keeps_the_wellbore(tmp_path: Path) -> None:
    write(tmp_path, "leases", "1,6E,1907,G,1,0.0,,", "1,08,,O,1,0.0,,X", "1,08,281907,G,1,0.0,,Y")
    write(tmp_path, "wells", "10330485,G,6E,1907,,BAKKE OPERATING LLC,31.4,-102.3,0.0,0.0,,")
    seen = Seen(tmp_path)
    assert seen.rejected() == [
        ("leases.csv", 2, "oil_gas_code, lease_number"),
        ("leases.csv", 3, "oil_gas_code, lease_number"),
        ("wells.csv", 2, "oil_gas_code, lease_number"),
    ]
    assert "cut" in seen.rejections[0].reason
    assert "blank" in seen.rejections[1].reason
    assert seen.keys("Lease") == ["G|08|281907"]
    assert seen.values("Well", "42-103-30485")["well_type"] == "GAS"
    assert "district" not in seen.values("Well", "42-103-30485")
    assert seen.links_of("HAS_WELL", "Well") == []


def test_dirty_wells(tmp_path: Path) -> None:
    write(
        tmp_path,
        "wells",
        "99900161,O,08,20882,1,BAKKE,32.29,-102.55,0.0,0.0,,",  # no such county
        "00300162,O,08,20882,1,BAKKE,NaN,inf,-5.0,0.0,,",
        "00300163,O,11,20882,1,BAKKE,32.29,-102.55,0.0,0.0,,",  # no such district
        "00300164,X,08,20882,1,BAKKE,32.29,-102.55,0.0,0.0,,",
        "00300165,O,08,20882,1,BAKKE,92.29,-102.55,0.0,0.0,,",
        "00300166,O,08,20882,1,...,32.29,-102.55,0.0,0.0,,",
        '00300167,O,08,20882,1,BAKKE,32.29,-102.55,0.0,0.0,,"TWO\nLINES"',
        "00300168,O,08,20882,1,BAKKE,29.0,-90.0,0.0,0.0,,",
        "00300169,O,08",
    )
    seen = Seen(tmp_path)
    assert seen.rejected() == [
        ("wells.csv", 2, "api"),
        ("wells.csv", 3, "latitude"),
        ("wells.csv", 3, "longitude"),
        ("wells.csv", 4, "lease_district"),
        ("wells.csv", 5, "oil_gas_code"),
        ("wells.csv", 5, "oil_gas_code, lease_number"),
        ("wells.csv", 6, "latitude"),
        ("wells.csv", 7, "operator_name"),
        ("wells.csv", 11, ""),
    ]
    assert [key[-1] for key in seen.keys("Well")] == ["2", "3", "4", "5", "6", "7", "8"]
    assert "latitude" not in seen.values("Well", "42-003-00165")
    assert seen.values("Well", "42-003-00164")["attributes"]["oil_gas_code"] == "X"  # type: ignore[index]
    assert seen.values("Well", "42-003-00167")["source_reference"] == "wells.csv:8"
    outside = [one for one in seen.remarks if "outside" in one.reason]
    assert [(one.origin.line, one.value) for one in outside] == [(10, "29.0, -90.0")]


def test_a_filing_is_merged_from_its_flare_points(tmp_path: Path) -> None:
    write(
        tmp_path,
        "permits",
        PERMIT,
        PERMIT,
        PERMIT.replace("32.2910", "32.4910").replace("ANDREWS", "MARTIN"),
        PERMIT.replace("21551", "21552")
        .replace("Flare,BAKKE", ",BAKKE")
        .replace("Approved", "Lost"),
        "21553,32.1,-102.1,,ANDREWS,08,Vent,,Denied,2023-10-30,2023-10-01,x,Sabotage;Other",
        "21554,32.1,-102.1,LAST,ANDREWS,08,Vent,Y CO,Denied,2023-10-30,2023-10-01,1.0,Sabotage",
    )
    seen = Seen(tmp_path)
    assert seen.keys("FlaringAuthorization") == ["21551", "21552", "21554"]
    filing = seen.values("FlaringAuthorization", "21551")
    wanted = {
        "release_type": "FLARE",
        "status": "APPROVED",
        "max_volume_mcf_per_day": 1453.0,
        "effective_date": date(2023, 10, 30),
        "expiration_date": date(2023, 11, 30),
        "exception_reasons": ["SYSTEM_UPSET_THIRD_PARTY", "UNSCHEDULED_MAINTENANCE"],
        "exception_reasons_text": "System Upset (Third Party);Unscheduled Maintenance",
        "county": "ANDREWS",
        "district": "08",
        "operator_name": "BAKKE OPERATING LLC",
    }
    assert {name: filing[name] for name in wanted} == wanted
    record = seen.entities[EntityKey("FlaringAuthorization", "21551")]
    assert record.references == {"operator_id": EntityKey("Operator", "NAME|BAKKEOPERATINGLLC")}
    assert seen.keys("Facility") == [
        "FLARE|BAKKE FLARE|32.291000|-102.553000",
        "FLARE|BAKKE FLARE|32.491000|-102.553000",
        "FLARE|LAST|32.100000|-102.100000",
    ]
    assert len(seen.pairs("AUTHORIZES", "Facility")) == len(seen.links_of("AUTHORIZES", "Facility"))
    assert len(seen.pairs("AUTHORIZES", "Facility")) == 4
    assert not any(one.properties["inferred"] for one in seen.links_of("AUTHORIZES", "Facility"))
    operates = seen.links_of("OPERATES", "Facility")
    assert {(one.properties["inferred"], one.properties["source"]) for one in operates} == {
        (True, "R-32")
    }
    assert seen.values("FlaringAuthorization", "21552")["attributes"] == {"status": "Lost"}
    assert seen.values("FlaringAuthorization", "21554")["exception_reasons"] == ["OTHER"]
    assert "expiration_date" not in seen.values("FlaringAuthorization", "21554")
    assert sorted(seen.rejected()) == [
        ("permits.csv", 6, "name"),
        ("permits.csv", 6, "release_rate_mcf_day"),
        ("permits.csv", 7, "expiration_date"),
    ]
    assert {(one.origin.line, one.field) for one in seen.remarks} == {
        (1, ""),  # no operator list
        (4, "county"),
        (5, "release_type"),
        (5, "status"),
        (6, "exception_reasons"),
        (7, "exception_reasons"),
    }


def test_a_filing_is_linked_to_near_wells_of_its_operator(tmp_path: Path) -> None:
    def well(api: int, lease: int, operator: str, latitude: float, longitude: float) -> str:
        return f"003{api:05},O,08,{lease:05},1,{operator},{latitude},{longitude},0.0,0.0,,"

    write(
        tmp_path,
        "wells",
        well(1, 1, "BAKKE OPERATING LLC", 32.2925, -102.5530),
        well(2, 1, "Bakke Operating L.L.C.", 32.2911, -102.5530),
        well(3, 2, "OTHER CO", 32.2910, -102.5530),
        well(4, 3, "BAKKE OPERATING LLC", 32.2910, -102.5571),  # 0.0041 degrees west
        well(5, 4, "BAKKE OPERATING LLC", 32.2943, -102.5491),  # in a corner of the window
        "00300002,O,08,00005,1,OTHER CO,32.2911,-102.5530,0.0,0.0,,",
    )
    write(tmp_path, "permits", PERMIT, PERMIT.replace("32.2910", "32.2926"))
    seen = Seen(tmp_path)
    assert seen.rejections == []
    assert seen.pairs("AUTHORIZES", "Lease") == {("21551", "O|08|00001"), ("21551", "O|08|00004")}
    assert seen.pairs("AUTHORIZES", "Well") == {
        ("21551", "42-003-00001"),
        ("21551", "42-003-00002"),
        ("21551", "42-003-00005"),
    }
    links = {one.end.natural_key: one for one in seen.links_of("AUTHORIZES", "Well")}
    near = links["42-003-00001"]
    assert near.properties == {
        "inferred": True,
        "distance_ft": pytest.approx(36.5, abs=0.2),
        "confidence": 0.89,
        "source": "position+operator",
    }
    assert near.origin.line == 3  # the flare point it is nearest to
    assert len(seen.links_of("AUTHORIZES", "Lease")) == 2


def test_distance_and_confidence() -> None:
    assert distance_ft((32.0, -102.0), (32.0, -102.0)) == 0
    # One minute of latitude is about 1,853 m.
    assert distance_ft((32.0, -102.0), (32.0 + 1 / 60, -102.0)) == pytest.approx(6080, abs=3)
    assert distance_ft((60.0, -102.0), (60.0, -101.0)) == pytest.approx(
        distance_ft((0.0, 0.0), (0.0, 0.5)), rel=1e-3
    )
    assert [confidence_at(feet) for feet in (0, 375 / 0.3048, 1e6)] == [0.9, 0.5, 0.1]


def test_gatherers_are_dated_and_merged(tmp_path: Path) -> None:
    write(
        tmp_path,
        "gatherers",
        "O,08,020882,Gatherer,50.0,036587,BAKKE GATHERING,0,1992-07-01,1993-07-01",
        "O,08,020882,Gatherer,60.0,036587,BAKKE GATHERING,1,1992-07-01,1992-07-01",
        "O,08,020882,Purchaser,40.0,036587,BAKKE GATHERING,0,1992-07-01,1992-08-01",
        "O,08,020882,Purchaser,30.0,036587,BAKKE GATHERING,0,1992-07-01,1995-08-01",
        "G,08,123456,Nominator,899.99,999999,NOMINATOR NOT REQUIRED / SWR 31,1,,",
        "G,08,1234,Nominator,0.0,036587,BAKKE GATHERING,1,,",
        "O,08,020882,Gatherer,0.0,ABC,BAKKE GATHERING,1,,",
        "O,08,020882,Buyer,0.0,036587,BAKKE GATHERING,1,,",
        "O,08,020882,Purchaser,0.0,036587,BAKKE GATHERING,0,1999-07-01,1998-07-01",
    )
    seen = Seen(tmp_path)
    assert seen.keys("Lease") == []
    assert sorted(seen.keys("Operator")) == ["P5|036587", "P5|999999"]
    found = [
        (one.start.natural_key, str(one.properties["role"]), one.properties)
        for one in seen.links_of("GATHERED_BY", "Operator")
    ]
    assert found == [
        (
            "O|08|20882",
            "GATHERER",
            {
                "role": "GATHERER",
                "percentage": 60.0,
                "is_current": True,
                "valid_from": date(1992, 7, 1),
                "source": "P-4",
            },
        ),
        (
            "O|08|20882",
            "PURCHASER",
            {
                "role": "PURCHASER",
                "percentage": 30.0,
                "is_current": False,
                "valid_from": date(1992, 7, 1),
                "valid_to": date(1995, 8, 1),
                "source": "P-4",
            },
        ),
        (
            "G|08|123456",
            "NOMINATOR",
            {"role": "NOMINATOR", "is_current": True, "source": "P-4"},
        ),
        (
            "O|08|20882",
            "PURCHASER",
            {
                "role": "PURCHASER",
                "percentage": 0.0,
                "is_current": False,
                "valid_from": date(1999, 7, 1),
                "source": "P-4",
            },
        ),
    ]
    assert seen.rejected() == [
        ("gatherers.csv", 6, "percentage"),
        ("gatherers.csv", 7, "oil_gas_code, lease_number"),
        ("gatherers.csv", 8, "gpn_number"),
        ("gatherers.csv", 9, "type"),
        ("gatherers.csv", 10, "valid_to"),
    ]


def test_gas_plants(tmp_path: Path) -> None:
    write(
        tmp_path,
        "facilities",
        "01-0562,MCMULLEN,Other,30.0,-100.0",
        "08-0001,LOVING GAS PLANT,Natural Gasoline,31.215,-103.4992",
        "99-0001,NOWHERE,Other,31.2,-103.4",
        "08-0002,,Other,31.2,-103.4",
        ",NUMBERLESS,Other,31.2,-103.4",
        "08-0003,ASTRAY,Other,931.2,-103.4",
    )
    seen = Seen(tmp_path)
    assert seen.keys("Facility") == [
        "GAS_PLANT|01-0562",
        "GAS_PLANT|08-0001",
        "GAS_PLANT|08-0003",
    ]
    quality = [seen.values("Facility", key)["location_quality"] for key in seen.keys("Facility")]
    assert quality == ["WHOLE_DEGREE", "UNKNOWN", "UNKNOWN"]
    assert seen.rejected() == [
        ("facilities.csv", 4, "serial_number"),
        ("facilities.csv", 5, "facility_name"),
        ("facilities.csv", 6, "serial_number"),
        ("facilities.csv", 7, "latitude"),
    ]


def test_production_needs_no_other_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "production",
        "08,20882,2024-01-01,9,1722",
        "08,053921,2024-01-01,1,7",
        "08,20882,2024-02-01,-9,1722",
        name="lease_monthly_full.csv.gz",
    )
    seen = Seen(path)
    assert [(one.lease, one.month, one.volumes) for one in seen.volumes] == [
        (
            EntityKey("Lease", "O|08|20882"),
            date(2024, 1, 1),
            {"flared_mcf": 9, "gas_mcf": 1722},
        ),
        (EntityKey("Lease", "G|08|053921"), date(2024, 1, 1), {"flared_mcf": 1, "gas_mcf": 7}),
        (EntityKey("Lease", "O|08|20882"), date(2024, 2, 1), {"gas_mcf": 1722}),
    ]
    assert seen.rejected() == [("lease_monthly_full.csv.gz", 4, "flared_mcf")]
    assert seen.entities == {}
    assert seen.remarks == []


def test_a_table_is_told_by_its_header(tmp_path: Path) -> None:
    columns = HEADERS["facilities"].split(",")
    path = tmp_path / "odd.csv"
    path.write_text(f"{','.join(reversed(columns))}\n-103.4,31.2,Other,PLANT,08-0001\n")
    assert Seen(path).keys("Facility") == ["GAS_PLANT|08-0001"]


def test_a_missing_column_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "wells.csv"
    path.write_text(HEADERS["wells"].replace("well_number,", "") + "\n")
    for given in (path, tmp_path):
        with pytest.raises(UnrecognisedFile, match=r"wells\.csv.*for wells it lacks well_number"):
            Seen(given)


def test_a_strange_file_is_an_error_if_named_and_told_if_found(tmp_path: Path) -> None:
    strange = tmp_path / "notes.csv"
    strange.write_text("a,b\n1,2\n")
    write(tmp_path, "wells", WELL)
    with pytest.raises(UnrecognisedFile, match=r"notes\.csv"):
        Seen(strange)
    seen = Seen(tmp_path)
    assert seen.rejected() == [("notes.csv", 1, "")]
    assert len(seen.keys("Well")) == 1


@pytest.mark.parametrize("content", [b"", b"\x1f\x8bbroken", b"\n", b"operator_no,operator_name\n"])
def test_what_holds_no_table_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnrecognisedFile):
        Seen(path)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for missing in (tmp_path / "wells.csv", tmp_path):
        with pytest.raises(UnrecognisedFile):
            Seen(missing)


def test_progress_is_told_once_and_reaches_its_total(tmp_path: Path) -> None:
    write(tmp_path, "wells", WELL)
    write(tmp_path, "production", "08,20882,2024-01-01,9,1722", name="p.csv.gz")
    write_operators(tmp_path, *OPERATORS)
    stored = sum(path.stat().st_size for path in tmp_path.iterdir())
    seen = Seen(tmp_path, tmp_path / "wells.csv")
    assert seen.progress.totals == [stored]
    assert seen.progress.advanced == stored
    assert len(seen.volumes) == 1


def test_a_second_reading_gives_the_same(tmp_path: Path) -> None:
    write(tmp_path, "leases", LEASE)
    write(tmp_path, "wells", WELL)
    write(tmp_path, "permits", PERMIT)
    assert Seen(tmp_path).order == Seen(tmp_path).order


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The genuine tables, without the long one."""
    tables = tmp_path_factory.mktemp("rrc") / "permian"
    tables.mkdir()
    for path in (GENUINE / "permian").glob("*.csv"):
        (tables / path.name).symlink_to(path.resolve())
    reference = tables.parent / "reference"
    reference.mkdir()
    shutil.copy(GENUINE / "reference" / "operator_numbers_union.csv", reference)
    return Seen(tables)


@with_genuine_data
def test_genuine_entities(genuine: Seen) -> None:
    counts = Counter(
        str(record.values["facility_type"]) if key.label == "Facility" else key.label
        for key, record in genuine.entities.items()
    )
    assert counts == {
        "Lease": 3_121,
        "Well": 5_947,
        "FlaringAuthorization": 6_739,
        "FLARE": 4_015,
        "GAS_PLANT": 596,
        "Operator": 1_209,
    }
    assert sum(key.startswith("NAME|") for key in genuine.keys("Operator")) == 147
    plants = [
        record.values["location_quality"]
        for record in genuine.entities.values()
        if record.values.get("facility_type") == "GAS_PLANT"
    ]
    assert plants.count("WHOLE_DEGREE") == 419


@with_genuine_data
def test_genuine_links(genuine: Seen) -> None:
    counts = Counter((one.edge_type, one.end.label) for one in genuine.links)
    assert counts["HAS_WELL", "Well"] == 6_652
    assert counts["OPERATES", "Lease"] == 1_791
    assert counts["GATHERED_BY", "Operator"] == 35_561 - 45
    identities = {
        (
            one.edge_type,
            one.start,
            one.end,
            one.properties.get("role"),
            one.properties.get("valid_from"),
        )
        for one in genuine.links
    }
    assert len(identities) == len(genuine.links)
    inferred = genuine.links_of("AUTHORIZES", "Lease")
    assert len({one.start for one in inferred}) == 1_542
    assert len({one.end for one in inferred}) == 804
    assert all(one.properties["inferred"] for one in inferred)
    known = set(genuine.entities)
    assert all(
        {one.start, one.end} <= known for one in genuine.links if one.edge_type != "GATHERED_BY"
    )


@with_genuine_data
def test_genuine_rejections(genuine: Seen) -> None:
    assert Counter((one.origin.file, one.field) for one in genuine.rejections) == {
        ("leases.csv", "oil_gas_code, lease_number"): 25,
        ("wells.csv", "oil_gas_code, lease_number"): 25,
        ("gatherers.csv", "percentage"): 55,
    }
    cut = [one for one in genuine.rejections if one.origin.file == "leases.csv"]
    assert len({one.origin.line for one in cut}) == 25
    assert not any("outside" in one.reason for one in genuine.remarks)


@with_genuine_data
def test_genuine_volumes(genuine: Seen) -> None:
    leases = set(genuine.entities)
    known = [one for one in genuine.volumes if one.lease in leases]
    unknown = Counter(one.lease.natural_key for one in genuine.volumes if one.lease not in leases)
    assert len(known) == 55_278
    assert unknown == {"G|08|053921": 20, "G|08|056377": 4}
    by_month: dict[tuple[str, date], set[tuple[int, int]]] = defaultdict(set)
    for one in genuine.volumes:
        volumes = (one.volumes["flared_mcf"], one.volumes["gas_mcf"])
        by_month[one.lease.natural_key, one.month].add(volumes)
    assert len(by_month) == 53_965
    assert all(len(stated) == 1 for stated in by_month.values())


@with_genuine_data
def test_every_genuine_entity_is_what_its_model_accepts(genuine: Seen) -> None:
    for key, record in genuine.entities.items():
        model = MODELS[key.label].model_validate({**record.values, "tenant_id": "t"})
        assert model.natural_key == key.natural_key


@with_genuine_data
def test_the_long_genuine_table_is_streamed() -> None:
    progress = Bytes()
    path = GENUINE / "permian" / "lease_monthly_full.csv.gz"
    count, leases = 0, set()
    for record in read_permian([path], progress):
        assert isinstance(record, VolumeRecord)
        count += 1
        leases.add(record.lease)
        if count == 1:
            assert progress.advanced < progress.totals[0] / 10
    assert count == 648_850
    assert len(leases) == 27_830
    assert progress.advanced == progress.totals[0] == path.stat().st_size
