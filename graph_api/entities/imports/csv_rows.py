"""Rows of a delimited text file as it comes: compressed or not, with dirt in it.

Every line of the file either becomes a row or is named in a rejection. Lines are numbered as an
editor shows them, so a quoted field that holds a line break does not shift what follows.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from graph_api.entities.imports.records import Origin, Progress, Rejection, Remark

CsvRow = tuple[int, list[str]]
"""The number of the line a row begins on, and its fields as text."""

_GZIP_MAGIC = b"\x1f\x8b"
_ROWS_BETWEEN_PROGRESS = 2_000


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A delimited text file with a header line, plain or gzip-compressed (told by its content)."""

    path: Path
    delimiter: str = ","

    @property
    def name(self) -> str:
        """The file's name, as origins give it."""
        return self.path.name

    @property
    def stored_bytes(self) -> int:
        """The size of the file as stored, compressed where it is."""
        return self.path.stat().st_size

    def header(self) -> list[str]:
        """The column names in lower case; empty for a file without a readable first line."""
        try:
            with _opened(self.path) as (_, stream):
                fields = next(csv.reader(_TextLines(stream), delimiter=self.delimiter), [])
        except (csv.Error, EOFError, OSError, zlib.error):
            return []
        return [name.strip().lower() for name in fields]

    def rows(self, progress: Progress) -> Iterator[CsvRow | Rejection | Remark]:
        """The rows after the header, in constant memory; what is no row is a rejection.

        A byte that is no UTF-8 makes its line be read as Latin-1, with a remark. Blank lines
        are passed over. Damaged compression ends the file with a rejection of what is left.
        """
        with _opened(self.path) as (stored, stream):
            advance = _Advance(stored, progress)
            lines = _TextLines(stream)
            reader = csv.reader(lines, delimiter=self.delimiter)
            width = len(next(reader, []))
            lines.oddities.clear()
            last_line = reader.line_num
            countdown = _ROWS_BETWEEN_PROGRESS
            while True:
                line = last_line + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    break
                except csv.Error as error:
                    last_line = max(reader.line_num, line)
                    yield _rejected(self.name, line, f"{_lines(line, last_line)}: {error}")
                    continue
                except (EOFError, OSError, zlib.error) as error:
                    yield _rejected(
                        self.name, line, f"the file cannot be read from here on: {error}"
                    )
                    break
                last_line = reader.line_num
                if lines.oddities:
                    oddities, lines.oddities = lines.oddities, {}
                    yield from (found.about(self.name) for found in oddities.values())
                    if any(found.refused for found in oddities.values()):
                        continue
                if len(fields) == width:
                    yield line, fields
                elif fields:
                    yield _rejected(self.name, line, _wrong_width(fields, width, line, last_line))
                countdown -= 1
                if not countdown:
                    countdown = _ROWS_BETWEEN_PROGRESS
                    advance()
            advance()


@dataclass(frozen=True, slots=True)
class _Oddity:
    line: int
    text: str
    refused: bool

    def about(self, file: str) -> Rejection | Remark:
        origin = Origin(file, self.line)
        if self.refused:
            return Rejection(origin, "", self.text, "the line holds a NUL character")
        return Remark(origin, "", self.text, "the line is not UTF-8 and was read as Latin-1")


class _TextLines:
    """A binary stream's physical lines as text; only a line feed ends one, unlike splitlines."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.oddities: dict[int, _Oddity] = {}

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._stream, start=1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - a byte order mark
            try:
                text = line.decode()
            except UnicodeDecodeError:
                text = line.decode("latin-1")
                self.oddities[number] = _Oddity(number, text.strip(), refused=False)
            if "\0" in text:
                shown = text.strip().replace("\0", "\N{SYMBOL FOR NULL}")
                self.oddities[number] = _Oddity(number, shown, refused=True)
            yield text


class _Advance:
    """Tells progress how many stored bytes were consumed since it was last told."""

    def __init__(self, stored: BinaryIO, progress: Progress) -> None:
        self._stored = stored
        self._progress = progress
        self._told = 0

    def __call__(self) -> None:
        position = self._stored.tell()
        if position > self._told:
            self._progress.advance_bytes(position - self._told)
            self._told = position


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file as stored, and the stream of its content; the same where not compressed."""
    with path.open("rb") as stored:
        compressed = stored.read(2) == _GZIP_MAGIC
        stored.seek(0)
        if not compressed:
            yield stored, stored
            return
        with gzip.GzipFile(fileobj=stored) as content:
            yield stored, io.BufferedReader(content)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _wrong_width(fields: list[str], width: int, first: int, last: int) -> str:
    reason = f"the row has {len(fields)} fields where the header has {width}"
    return reason if first == last else f"{reason}; a quote spans {_lines(first, last)}"


def _rejected(file: str, line: int, reason: str) -> Rejection:
    return Rejection(Origin(file, line), "", "", reason)
