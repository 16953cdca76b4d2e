"""Reader of `records`, the project's own format: CSV files with the fields of the models.

One file for each kind, named by its list field (`hearings.csv`), and `links.csv` for edges. It
serves what no official format covers, and whatever a person keeps in a spreadsheet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from graph_api.core.model import GraphEntity
from graph_api.entities.imports.csv_recognition import csv_files
from graph_api.entities.imports.csv_rows import CsvFile
from graph_api.entities.imports.model_fields import referenced_label
from graph_api.entities.imports.records import Origin, Progress, Record, Rejection
from graph_api.entities.imports.records_entities import EntityTable
from graph_api.entities.imports.records_links import LINK_COLUMNS, LinkTable
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.models import ENTITY_MODELS

LINKS = "links"
KINDS: dict[str, type[GraphEntity]] = {model.plural: model for model in ENTITY_MODELS}
"""The model of each kind of record, by the name of its file without `.csv`."""

EXPECTED = f"a file of records is named by what is in it, one of {', '.join(KINDS)} or {LINKS}"


@dataclass(frozen=True, slots=True)
class _RecordsFile:
    file: CsvFile
    kind: str
    header: list[str]


def read_records(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Entities in an order in which what they name comes before them, then links; streamed.

    A path is a file or a directory of them. UnrecognisedFile, before anything is read, for a
    named file that is no kind of record and for a header with an unknown, missing or repeated
    column. Whatever is wrong inside a file is told by a rejection.
    """
    files, strangers = _sorted_out(paths)
    progress.total_bytes(sum(found.file.stored_bytes for found in files))
    yield from strangers
    tables = [(found, _table(found)) for found in files]
    for found, table in tables:
        for item in found.file.rows(progress):
            if isinstance(item, tuple):
                yield from table.records(*item)
            else:
                yield item


def _sorted_out(paths: Iterable[Path]) -> tuple[list[_RecordsFile], list[Rejection]]:
    """The files in the order of reading, and rejections of files in directories of no kind."""
    files: list[_RecordsFile] = []
    strangers: list[Rejection] = []
    for path, named in csv_files(paths):
        kind = path.name.lower().removesuffix(".gz").removesuffix(".csv")
        if kind in KINDS or kind == LINKS:
            file = CsvFile(path)
            files.append(_RecordsFile(file, kind, file.header()))
        elif named:
            raise UnrecognisedFile(path, EXPECTED)
        else:
            strangers.append(Rejection(Origin(path.name, 1), "", "", EXPECTED))
    if not files:
        raise UnrecognisedFile(next(iter(paths)), f"no file of records is there; {EXPECTED}")
    order = [*_referenced_first(), LINKS]
    return sorted(files, key=lambda found: order.index(found.kind)), strangers


def _referenced_first() -> list[str]:
    """The kinds, each after those that its fields name."""
    plural_of = {model.label(): model.plural for model in ENTITY_MODELS}
    graph = {
        kind: {
            plural_of[label]
            for name in model.model_fields
            if (label := referenced_label(model, name)) is not None and label != model.label()
        }
        for kind, model in KINDS.items()
    }
    return list(TopologicalSorter(graph).static_order())


def _table(found: _RecordsFile) -> EntityTable | LinkTable:
    """The file's header made ready for its rows; UnrecognisedFile if it does not fit."""
    if repeated := sorted({name for name in found.header if found.header.count(name) > 1}):
        told = f"column {', '.join(repeated)} stands in the header twice"
        raise UnrecognisedFile(found.file.path, told)
    if found.kind == LINKS:
        known, needed = LINK_COLUMNS, LinkTable.NEEDED
    else:
        known, needed = EntityTable.columns_of(KINDS[found.kind])
    if unknown := [name for name in found.header if name not in known]:
        raise UnrecognisedFile(
            found.file.path,
            f"{found.kind} have no field {', '.join(map(repr, unknown))}; the columns may be "
            f"{', '.join(known)}",
        )
    if missing := [name for name in known if name in needed and name not in found.header]:
        raise UnrecognisedFile(
            found.file.path, f"{found.kind} cannot be without column {', '.join(missing)}"
        )
    if found.kind == LINKS:
        return LinkTable(found.file.name, found.header)
    return EntityTable(KINDS[found.kind], found.file.name, found.header)
