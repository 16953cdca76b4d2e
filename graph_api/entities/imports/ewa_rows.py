"""Rows of the wellbore export (EWA), and a first look at a file before its rows are read."""

import csv
from collections.abc import Iterator
from pathlib import Path

from graph_api.entities.imports.delimited import Cells, decoded
from graph_api.entities.imports.ewa_codes import COLUMNS
from graph_api.entities.imports.records import Origin, Progress, Rejection
from graph_api.entities.imports.source_files import physical_lines
from graph_api.entities.models import district_name, district_of_tape_code

_SHOWN = 120
_ONLY_TAPE = {"07", "11", "12", "13", "14"}
_API_DIGITS = 8
_API_NUMBERS = 10**_API_DIGITS
_POSITION = {name: index for index, name in enumerate(COLUMNS)}


def fields_of(line: str) -> list[str]:
    """The fields of one CSV line; none where its quotes are broken."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def export_rows(path: Path, progress: Progress) -> Iterator[Cells | Rejection]:
    """The rows of a file; a line with another number of fields is a rejection."""
    for line_number, line in physical_lines(path, progress):
        text = decoded(line)
        fields = fields_of(text)
        if len(fields) == len(COLUMNS):
            if fields[2].strip().upper() != "API_NO":
                yield Cells(path.name, line_number, _POSITION, fields)
        elif text.strip():
            reason = f"the row has {len(fields)} fields where the format has {len(COLUMNS)}"
            yield Rejection(Origin(path.name, line_number), "", text[:_SHOWN], reason)


class FirstLook:
    """What must be known of a whole file before its first row can be read.

    Which way districts are written, and which wellbores have a row on schedule: one bit for each
    of the 8-digit API numbers, so the memory is the same for a file of any size.
    """

    def __init__(self, path: Path) -> None:
        self._on_schedule = bytearray(_API_NUMBERS // 8)
        self._districts: set[str] = set()
        for row in export_rows(path, _Unwatched()):
            if isinstance(row, Rejection):
                continue
            self._districts.add(row["DISTRICT_CODE"])
            number = _api_digits(row)
            if number is not None and is_on_schedule(row):
                self._on_schedule[number >> 3] |= 1 << (number & 7)

    @property
    def has_tape_codes(self) -> bool:
        """Whether districts can only be tape codes: some stand for no district, none has a letter."""
        has_letters = any(not code.isdigit() for code in self._districts if code)
        return bool(self._districts & _ONLY_TAPE) and not has_letters

    def district(self, text: str) -> str:
        """The district that a text of this file's district column means."""
        return district_of_tape_code(text) if self.has_tape_codes else district_name(text)

    def is_history(self, row: Cells) -> bool:
        """Whether a row is off schedule and another row of its wellbore is on schedule."""
        number = _api_digits(row)
        if number is None or is_on_schedule(row):
            return False
        return bool(self._on_schedule[number >> 3] & 1 << (number & 7))


class _Unwatched:
    """Takes the progress of a first look, which is not counted."""

    def total_bytes(self, count: int) -> None:
        """Nothing: the file is announced once."""

    def advance_bytes(self, count: int) -> None:
        """Nothing: only the reading itself counts."""


def is_on_schedule(row: Cells) -> bool:
    """Whether the completion is on the proration schedule; N is off, anything else is on."""
    return row["ON_SCHEDULE"].upper() != "N"


def _api_digits(row: Cells) -> int | None:
    text = row["API_NO"]
    return int(text) if len(text) == _API_DIGITS and text.isascii() and text.isdigit() else None
