"""Tables with `}` between the fields, in the two ways the Commission writes them.

Plain: `a}b}c` with one header line and no quotes (Production Data Query dump). Quoted:
`"a"} "b"}` with every field in quotes, a `}` at the end, blank lines between, and a header that
may be broken over several lines, even inside a name (W-1 applications pending approval).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from graph_api.entities.imports.records import Origin, Progress, Rejection
from graph_api.entities.imports.source_files import opening_lines, physical_lines

_BETWEEN_QUOTED_FIELDS = re.compile(r'"\} ?"')
_LINES_OF_ONE_QUOTED_ROW = 50
_HEADER_LINES = 8
_SHOWN = 200

Row = tuple[int, list[str]]
"""The number of the line a row begins on, and its fields as text, not stripped."""


def decoded(line: bytes) -> str:
    """The line as UTF-8, or as Latin-1 where it is none; a NUL character becomes a blank."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return text.replace("\0", " ")


def plain_header(path: Path) -> list[str]:
    """The column names of a plain table."""
    first = decoded(opening_lines(path, 1)[0])
    return _names(first)


def quoted_header(path: Path) -> list[str]:
    """The column names of a quoted table, from all lines before the first quoted or blank one."""
    lines = (decoded(line) for line in opening_lines(path, _HEADER_LINES))
    return _names("".join(takewhile(_is_header, lines)))


def _is_header(line: str) -> bool:
    return bool(line.strip()) and not line.startswith('"')


def _names(header: str) -> list[str]:
    return [name.strip().upper() for name in header.rstrip().removesuffix("}").split("}")]


def plain_rows(path: Path, progress: Progress) -> Iterator[Row | Rejection]:
    """The rows after the header line; a line with another number of fields is a rejection."""
    width = 0
    for number, line in physical_lines(path, progress):
        text = decoded(line)
        if number == 1:
            width = len(_names(text))
            continue
        fields = text.split("}")
        if len(fields) == width + 1 and not fields[-1].strip():
            fields.pop()
        if len(fields) == width:
            yield number, fields
        elif text.strip():
            yield _wrong_width(path, number, text, len(fields), width)


def quoted_rows(path: Path, progress: Progress) -> Iterator[Row | Rejection]:
    """The rows after the header; quotes and `}` inside a value are kept.

    A row that a line break inside a value has cut is joined with the lines that follow.
    """
    width = len(quoted_header(path))
    open_row = _OpenRow(width)
    in_header = True
    for number, line in physical_lines(path, progress):
        text = decoded(line)
        in_header = in_header and _is_header(text)
        if in_header:
            continue
        if not open_row.lines:
            if not text.strip():
                continue
            open_row.first = number
        elif text.startswith('"') and open_row.is_whole_when_next(text):
            yield _given_up(path, open_row)
            open_row.start(number)
        open_row.lines.append(text)
        fields = open_row.fields()
        if fields is not None:
            yield open_row.first, fields
            open_row.start(number + 1)
        elif len(open_row.lines) >= _LINES_OF_ONE_QUOTED_ROW:
            yield _given_up(path, open_row)
            open_row.start(number + 1)
    if open_row.lines:
        yield _given_up(path, open_row)


class _OpenRow:
    """The lines of a quoted row so far."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.first = 0
        self.lines: list[str] = []

    def start(self, line: int) -> None:
        self.first = line
        self.lines = []

    def fields(self) -> list[str] | None:
        """The fields, if the row is complete."""
        fields = _quoted_fields("\n".join(self.lines))
        return fields if fields is not None and len(fields) == self.width else None

    def is_whole_when_next(self, line: str) -> bool:
        """Whether the next line is a row by itself, so that this one will never be complete."""
        fields = _quoted_fields(line)
        return fields is not None and len(fields) == self.width


def _quoted_fields(row: str) -> list[str] | None:
    stripped = row.strip().removesuffix("}")
    if len(stripped) < 2 or not (stripped.startswith('"') and stripped.endswith('"')):
        return None
    return _BETWEEN_QUOTED_FIELDS.split(stripped[1:-1])


def _given_up(path: Path, row: _OpenRow) -> Rejection:
    text = " ".join(row.lines)
    return _wrong_width(path, row.first, text, len(_quoted_fields(text) or [text]), row.width)


def _wrong_width(path: Path, line: int, text: str, found: int, width: int) -> Rejection:
    reason = f"the row has {found} fields where the header has {width}"
    return Rejection(Origin(path.name, line), "", text[:_SHOWN], reason)


@dataclass(frozen=True, slots=True)
class Cells:
    """The fields of one row by column name; a column that the file lacks is blank."""

    file: str
    line: int
    position: dict[str, int]
    fields: list[str]

    def __getitem__(self, column: str) -> str:
        index = self.position.get(column)
        return "" if index is None else self.fields[index].strip()

    @property
    def origin(self) -> Origin:
        """Where the row was read."""
        return Origin(self.file, self.line)


def cells_of(
    path: Path,
    header: list[str],
    rows: Callable[[Path, Progress], Iterator[Row | Rejection]],
    progress: Progress,
) -> Iterator[Cells | Rejection]:
    """The rows of a table, to be read by column name."""
    position = {name: index for index, name in enumerate(header)}
    for row in rows(path, progress):
        if isinstance(row, Rejection):
            yield row
        else:
            yield Cells(path.name, row[0], position, row[1])
