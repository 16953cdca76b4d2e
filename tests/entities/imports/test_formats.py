"""The registry of formats, and that no reader fails on what is inside a file of its format."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from graph_api.entities.imports.fixed_width import Layout
from graph_api.entities.imports.formats import FORMATS
from tests.entities.imports import test_daf420, test_ewa, test_p5, test_pdq, test_w1_pending
from tests.entities.imports.official_reading import Reading


def test_every_format_has_a_name_and_one_line() -> None:
    assert {"daf420", "w1-pending", "pdq", "p5", "ewa", "permian", "records"} == FORMATS.keys()
    for name, source in FORMATS.items():
        assert source.name == name
        assert source.description
        assert "\n" not in source.description


def _daf420(folder: Path) -> None:
    lines = [
        test_daf420.root(),
        test_daf420.permit(),
        test_daf420.field(rule37="Y"),
        "0410SAMPLE",
        test_daf420.free("A TEXT"),
        test_daf420.SURFACE,
        test_daf420.BOTTOM,
    ]
    (folder / "a").write_text("\n".join(lines * 3), encoding="latin-1")


def _w1_pending(folder: Path) -> None:
    for row in (
        test_w1_pending.PERMIT,
        test_w1_pending.WELLBORE,
        test_w1_pending.FIELD,
        test_w1_pending.PROFILE,
        test_w1_pending.RESTRICTION,
    ):
        test_w1_pending.write(folder / str(len(row)), row, row)


def _pdq(folder: Path) -> None:
    rows = (
        test_pdq.OPERATOR,
        test_pdq.FIELD,
        test_pdq.LEASE,
        test_pdq.COMPLETION,
        test_pdq.CYCLE,
        test_pdq.DISPOSITION,
    )
    for number, row in enumerate(rows):
        test_pdq.write(folder / str(number), row, row, row)


def _p5(folder: Path) -> None:
    lines = [test_p5.TABLE, test_p5.organisation(), test_p5.record("U ", "OPRS/O")]
    (folder / "a").write_text("\n".join(lines * 3), encoding="latin-1")


def _ewa(folder: Path) -> None:
    (folder / "a").write_text("\n".join([test_ewa.line()] * 6), encoding="latin-1")


@pytest.mark.parametrize(
    ("name", "write"),
    [("daf420", _daf420), ("w1-pending", _w1_pending), ("pdq", _pdq), ("p5", _p5), ("ewa", _ewa)],
)
def test_damage_inside_a_file_never_stops_a_reader(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path)
    whole = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    damage = random.Random(7)
    told = 0
    for _ in range(150):
        for path, content in whole.items():
            path.write_bytes(_damaged(content, damage))
        told += len(Reading(FORMATS[name].read, *whole).rejections)
    assert told > 100


def _damaged(content: bytes, damage: random.Random) -> bytes:
    """The content with some bytes after the first lines overwritten, left out or put in."""
    start = content.index(b"\n", content.index(b"\n") + 1) + 1
    body = bytearray(content[start:])
    for _ in range(damage.randint(1, 12)):
        at = damage.randrange(len(body))
        what = damage.choice(
            [b"\x00", b"\x85", b"\xb2", b'"', b"}", b"9", b"\n", b"", b"-", b"1e9"]
        )
        body[at : at + damage.randint(0, 3)] = what
    return content[:start] + bytes(body)


def test_a_layout_refuses_columns_that_overlap_or_do_not_fit() -> None:
    with pytest.raises(ValueError, match="starts inside"):
        Layout.of("x", ("a", 1, 4), ("b", 4, 1), length=9)
    with pytest.raises(ValueError, match="is 3 wide"):
        Layout.of("x", ("a", 1, 4), length=3)
    layout = Layout.of("x", ("a", 1, 2), ("b", 5, 2), length=6, needed=5)
    assert layout.split("12345") == {"a": "12", "b": "5"}
    assert layout.too_short("12345") is None
    assert "4 characters long where at least 5 of 6" in str(layout.too_short("1234"))
