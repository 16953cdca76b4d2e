"""Records of fixed width: a table of columns, and their texts in a line.

Positions are counted from 1, as the Commission's manuals print them. Lines are read as Latin-1,
in which every byte is one character, so a stray byte never moves a column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


def fixed_width_text(line: bytes) -> str:
    """The line as Latin-1; a NUL character, which cannot be stored, becomes a blank."""
    return line.decode("latin-1").replace("\0", " ")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of record.

    `length` is the width in full; `needed` how much of it a line must have to be usable, as some
    tools cut trailing blanks.
    """

    name: str
    columns: Mapping[str, slice]
    length: int
    needed: int

    @classmethod
    def of(
        cls, name: str, *columns: tuple[str, int, int], length: int, needed: int | None = None
    ) -> Self:
        """A layout of (column, first position, width); ValueError if two columns overlap."""
        end = 0
        for column, start, width in columns:
            if start <= end or width < 1:
                raise ValueError(f"{name}.{column} starts inside the column before it")
            end = start + width - 1
        if end > length:
            raise ValueError(f"{name} is {length} wide and its columns end at {end}")
        slices = {column: slice(start - 1, start - 1 + width) for column, start, width in columns}
        return cls(name, slices, length, length if needed is None else needed)

    def split(self, line: str) -> dict[str, str]:
        """The text of each column, blanks included; empty where the line ends before it."""
        return {column: line[position] for column, position in self.columns.items()}

    def too_short(self, line: str) -> str | None:
        """Why the line cannot be used, if it is shorter than what is needed of it."""
        if len(line) >= self.needed:
            return None
        return (
            f"the {self.name} record is {len(line)} characters long "
            f"where at least {self.needed} of {self.length} are needed"
        )
