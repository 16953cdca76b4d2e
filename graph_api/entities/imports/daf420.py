"""Reader of `daf420`, the drilling permit master and trailer with latitudes and longitudes.

The Commission publishes it daily and monthly (manual OGA049). One application is a record 01
with the records that follow it up to the next 01. The reader holds one application at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph_api.entities.imports.daf420_application import Application, FieldRecords, Fields
from graph_api.entities.imports.daf420_layout import LAYOUTS, ROOT
from graph_api.entities.imports.daf420_permit import application_records
from graph_api.entities.imports.entity_drafts import Mentions
from graph_api.entities.imports.fixed_width import fixed_width_text
from graph_api.entities.imports.official_texts import plain_text
from graph_api.entities.imports.records import Origin, Progress, Record, Rejection, Remark
from graph_api.entities.imports.source_files import (
    announce,
    files_of,
    opening_lines,
    physical_lines,
)
from graph_api.entities.imports.w1_restrictions import Restriction

EXPECTED = (
    "a drilling permit master file (daf420): lines that begin with record ids 01 and 02, "
    "the status number in positions 3 to 9"
)
_BREAK = "\x85"
_SHOWN = 80


def read_daf420(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Permits, wells, operators, fields and their links from daily or monthly daf420 files.

    UnrecognisedFile if a path is not of the format; whatever is wrong inside a file is told by
    a rejection or a remark.
    """
    files = files_of(paths, _recognised, EXPECTED)
    announce(files, progress)
    mentions = Mentions()
    for path, _ in files:
        yield from _file_records(path, progress, mentions)


def _recognised(path: Path) -> bool | None:
    lines = [line.decode("latin-1") for line in opening_lines(path, 2)]
    root = lines[0]
    known = (
        root.startswith("01")
        and ROOT.too_short(root) is None
        and root[2:14].isdigit()
        and (len(lines) == 1 or not lines[1] or lines[1][:2] in LAYOUTS)
    )
    return True if known else None


def _file_records(path: Path, progress: Progress, mentions: Mentions) -> Iterator[Record]:
    application: Application | None = None
    for line in _logical_lines(path, progress):
        if isinstance(line, Rejection | Remark):
            yield line
            continue
        if line.kind == "01":
            if application is not None:
                yield from application_records(application, mentions)
            application = Application(line.origin, line.columns)
        elif application is None:
            yield _refused(line.origin, line.text, "no root record 01 stands before this record")
        else:
            yield from _add(application, line)
    if application is not None:
        yield from application_records(application, mentions)


@dataclass(frozen=True, slots=True)
class _Line:
    """One record: its id, the text of its columns, and the whole text."""

    origin: Origin
    kind: str
    text: str
    columns: Fields = field(repr=False)


def _logical_lines(path: Path, progress: Progress) -> Iterator[_Line | Rejection | Remark]:
    """The records of a file; a record that a line break in its text has cut is put together."""
    held: tuple[int, str] | None = None
    for number, raw in physical_lines(path, progress):
        text = fixed_width_text(raw)
        if not text:
            continue
        if held is not None and _continues(held[1], text):
            held = (held[0], f"{held[1]}\n{text}")
            yield Remark(
                Origin(path.name, number),
                "",
                plain_text(text),
                "a line break inside a text; the line was joined to the one before",
            )
            continue
        if held is not None:
            yield _line(path, *held)
        held = (number, text)
    if held is not None:
        yield _line(path, *held)


def _continues(before: str, text: str) -> bool:
    """Whether a line is the rest of the one before: that one is cut, this one has no record id."""
    layout = LAYOUTS.get(before[:2])
    if text.startswith(_BREAK):
        return layout is not None
    room = layout is not None and len(before) + 1 + len(text) <= layout.length
    return room and text[:2] not in LAYOUTS


def _line(path: Path, number: int, text: str) -> _Line | Rejection:
    origin = Origin(path.name, number)
    layout = LAYOUTS.get(text[:2])
    if layout is None:
        return _refused(origin, text, "the line begins with no known record id (01 to 15)")
    if reason := layout.too_short(text):
        return _refused(origin, text, reason)
    return _Line(origin, text[:2], text, layout.split(text))


_ONE_OF_A_KIND = {"10": "bottom_hole", "14": "surface_location", "15": "bottom_hole_location"}
_TEXTS = {"11": ("address", "address"), "12": ("remarks", "text")}


def _add(application: Application, line: _Line) -> Iterator[Rejection]:
    """Keep a record with its application; say so if it has no place there.

    Record 13, the register of fees paid, is passed over: nothing of it belongs to a permit.
    """
    columns = line.columns
    reason = None
    if line.kind == "02":
        if application.permit is None:
            application.permit, application.permit_origin = columns, line.origin
        else:
            reason = "a second record 02 for one root record"
    elif line.kind == "03":
        application.fields.append(FieldRecords(line.origin, columns))
    elif line.kind in ("04", "05"):
        if application.fields:
            where = "specific" if line.kind == "04" else "bottom_hole"
            setattr(application.fields[-1], where, columns)
        else:
            reason = "no field record 03 stands before this record"
    elif line.kind in ("06", "08"):
        application.restrictions.append(Restriction(line.kind == "08", columns))
    elif line.kind in ("07", "09"):
        reason = _restrict_field(application, columns["field_number"])
    elif line.kind in _TEXTS:
        where, column = _TEXTS[line.kind]
        getattr(application, where).append(columns[column])
    elif line.kind in _ONE_OF_A_KIND:
        setattr(application, _ONE_OF_A_KIND[line.kind], columns)
    if reason is not None:
        yield _refused(line.origin, line.text, reason)


def _restrict_field(application: Application, number: str) -> str | None:
    if not application.restrictions:
        return "no restriction stands before this record"
    application.restrictions[-1].field_numbers.append(number)
    return None


def _refused(origin: Origin, text: str, reason: str) -> Rejection:
    return Rejection(origin, "", plain_text(text)[:_SHOWN], reason)
