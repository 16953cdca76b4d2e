"""Files of a source format: which of the given paths are of it, and their physical lines."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from graph_api.entities.imports.records import Progress

_BYTES_BETWEEN_PROGRESS = 1 << 20
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}

Kind = TypeVar("Kind")


class UnrecognisedFile(Exception):  # noqa: N818 - it says what the file is, not what failed
    """A given path is not of the format it was given as; the message says what was expected."""

    def __init__(self, path: Path, expected: str) -> None:
        super().__init__(f"{path}: {expected}")
        self.path = path
        self.expected = expected


def files_of(
    paths: list[Path], recognised: Callable[[Path], Kind | None], expected: str
) -> list[tuple[Path, Kind]]:
    """The files to read, each with what `recognised` found it to be.

    A directory stands for those of its files that are recognised, by name; there must be one.
    UnrecognisedFile names a file that is not of the format, is missing or is packed.
    """
    found = []
    for path in paths:
        if path.is_dir():
            inside = [entry for entry in sorted(path.iterdir()) if entry.is_file()]
            kinds = [(entry, recognised(entry)) for entry in inside]
            known = [(entry, kind) for entry, kind in kinds if kind is not None]
            if not known:
                raise UnrecognisedFile(path, f"no file of the directory is {expected}")
            found += known
        else:
            found.append((path, _one(path, recognised, expected)))
    return found


def _one(path: Path, recognised: Callable[[Path], Kind | None], expected: str) -> Kind:
    if not path.is_file():
        raise UnrecognisedFile(path, "there is no such file")
    kind = recognised(path)
    if kind is None:
        with path.open("rb") as stream:
            packing = _PACKED.get(stream.read(2))
        told = f"the file is packed ({packing}); unpack it first: expected" if packing else "not"
        raise UnrecognisedFile(path, f"{told} {expected}")
    return kind


def announce(files: list[tuple[Path, Kind]], progress: Progress) -> None:
    """Tell progress how many bytes all the files hold."""
    progress.total_bytes(sum(path.stat().st_size for path, _ in files))


def opening_lines(path: Path, count: int) -> list[bytes]:
    """The first lines of a file, without line ends, by which its format is recognised."""
    with path.open("rb") as stream:
        start = stream.read(1 << 16).removeprefix(b"\xef\xbb\xbf")
    return [line.removesuffix(b"\r") for line in start.split(b"\n")[:count]]


def physical_lines(path: Path, progress: Progress) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without their line end, in constant memory.

    Only a line feed ends a line, with or without a carriage return before it: texts of the
    Commission hold other characters (0x85) that `str.splitlines` would split on.
    """
    told = 0
    position = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            position += len(line)
            if position - told >= _BYTES_BETWEEN_PROGRESS:
                progress.advance_bytes(position - told)
                told = position
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - a byte order mark
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
    progress.advance_bytes(position - told)
