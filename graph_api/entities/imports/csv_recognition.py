"""Tells which table of a format a CSV file holds: by its header, never by its name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from graph_api.entities.imports.csv_mapping_model import TableMapping
from graph_api.entities.imports.csv_rows import CsvFile
from graph_api.entities.imports.source_files import UnrecognisedFile


@dataclass(frozen=True, slots=True)
class RecognisedFile:
    """A file and the mapping its header fits."""

    file: CsvFile
    mapping: TableMapping
    header: list[str]


def csv_files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """The CSV files meant by the paths, each once, and whether a path named it itself.

    A directory stands for the `.csv` and `.csv.gz` files directly in it, in order of name.
    UnrecognisedFile for a path that does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UnrecognisedFile(path, "there is no such file or directory")
        named = not path.is_dir()
        found = [path] if named else sorted(p for p in path.iterdir() if _is_csv(p))
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, named


def recognise(path: Path, mappings: Sequence[TableMapping]) -> RecognisedFile:
    """The table in a file: that of the mapping with the most columns, all of them in the header.

    UnrecognisedFile names the columns that are missing from the likeliest table.
    """
    fits: list[RecognisedFile] = []
    for mapping in mappings:
        file = CsvFile(path, mapping.delimiter)
        header = file.header()
        if set(mapping.columns) <= set(header):
            fits.append(RecognisedFile(file, mapping, header))
    if not fits:
        raise UnrecognisedFile(path, _why_not(path, mappings))
    best = max(fits, key=lambda fit: len(fit.mapping.columns))
    if repeated := sorted({name for name in best.mapping.columns if best.header.count(name) > 1}):
        raise UnrecognisedFile(path, f"column {', '.join(repeated)} stands in the header twice")
    return best


def is_named_like_a_table(path: Path, mappings: Iterable[TableMapping]) -> bool:
    """Whether the file has a name that some table of the format usually has."""
    return any(fnmatch(path.name, pattern) for mapping in mappings for pattern in mapping.files)


def _why_not(path: Path, mappings: Sequence[TableMapping]) -> str:
    def likeness(mapping: TableMapping) -> tuple[bool, int]:
        header = set(CsvFile(path, mapping.delimiter).header())
        return is_named_like_a_table(path, [mapping]), len(header & set(mapping.columns))

    likeliest = max(mappings, key=likeness)
    header = set(CsvFile(path, likeliest.delimiter).header())
    missing = [column for column in likeliest.columns if column not in header]
    return (
        f"the header is of no table of the format {likeliest.format}: "
        f"for {likeliest.table} it lacks {', '.join(missing)}"
    )


def _is_csv(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith((".csv", ".csv.gz"))
