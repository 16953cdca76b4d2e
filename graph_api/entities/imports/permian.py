"""The `permian` format: linked CSV tables of leases, wells, flaring exceptions and their gas.

What each column means is in `mappings/permian/*.toml`, one file for each table. This module adds
what a mapping cannot say: operators' P-5 numbers from a list of names, and the leases and wells a
flaring exception is about, concluded from position and operator.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from graph_api.entities.imports.csv_mapping import load_mapping
from graph_api.entities.imports.csv_mapping_model import TableMapping
from graph_api.entities.imports.csv_merge import Collector
from graph_api.entities.imports.csv_recognition import (
    RecognisedFile,
    csv_files,
    is_named_like_a_table,
    recognise,
)
from graph_api.entities.imports.csv_rows import CsvFile
from graph_api.entities.imports.csv_table import CsvTable
from graph_api.entities.imports.csv_volumes import VolumeTable
from graph_api.entities.imports.flare_proximity import FlareProximity
from graph_api.entities.imports.operator_numbers import OPERATOR_LIST_COLUMNS, OperatorNumbers
from graph_api.entities.imports.records import (
    Origin,
    Progress,
    Record,
    Rejection,
    Remark,
)
from graph_api.entities.imports.source_files import UnrecognisedFile

_MAPPINGS = Path(__file__).parent / "mappings" / "permian"
_OPERATOR_LIST_BESIDE = Path("..") / "reference" / "operator_numbers_union.csv"
_TABLE_ORDER = ("leases", "wells", "permits", "facilities", "gatherers")
"""Of two tables about one entity, the earlier has the say."""


@lru_cache(maxsize=1)
def permian_mappings() -> tuple[TableMapping, ...]:
    """The mappings of all tables of the format; MappingError if one is at odds with the models."""
    return tuple(load_mapping(path) for path in sorted(_MAPPINGS.glob("*.toml")))


def read_permian(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Read the tables at `paths`: operators, then other entities, edges and, last, volumes.

    A path is a table, an operator list or a directory of them; any subset of the tables will do,
    told by header. Without an operator list among the paths, `operator_numbers_union.csv` in a
    directory `reference` beside the data is used if it is there. Memory is one entry for each
    entity and edge; volumes are streamed. UnrecognisedFile for a path that is not there or
    holds no table, for a named file, and for one named like a table, whose header is no table's.
    """
    tables, lists, strangers = _sorted_out(paths)
    files = [*(table.file for table in tables), *lists]
    progress.total_bytes(sum(file.stored_bytes for file in files))
    yield from strangers

    numbers = OperatorNumbers()
    for file in lists:
        yield from numbers.read(file, progress)
    if not lists and _name_operators(tables):
        origin = Origin(tables[0].file.name, 1)
        yield Remark(
            origin, "", "", "no operator list is at hand: operators are keyed by their names"
        )

    yield from _graph_of(
        [table for table in tables if table.mapping.volumes is None], numbers, progress
    )
    for table in tables:
        if table.mapping.volumes is not None:
            volumes = VolumeTable(table.mapping, table.file.name, table.header)
            yield from volumes.records(table.file.rows(progress))


def _graph_of(
    tables: list[RecognisedFile], numbers: OperatorNumbers, progress: Progress
) -> Iterator[Record]:
    """Entities and edges of the tables, merged; what is said of rows comes first."""
    collector, proximity = Collector(), FlareProximity()
    observers = {"wells": proximity.see_well, "permits": proximity.see_filing}
    resolvers = {"operator_number": numbers.complete}
    for table in sorted(tables, key=lambda table: _TABLE_ORDER.index(table.mapping.table)):
        rows = table.file.rows(progress)
        compiled = CsvTable(table.mapping, table.file.name, table.header, resolvers)
        yield from compiled.collect(rows, collector, observers.get(table.mapping.table))
    yield from collector.records()
    yield from proximity.links()


def _sorted_out(
    paths: list[Path],
) -> tuple[list[RecognisedFile], list[CsvFile], list[Rejection]]:
    """The tables, the operator lists, and rejections of files in directories that are neither."""
    mappings = permian_mappings()
    tables: list[RecognisedFile] = []
    lists: list[CsvFile] = []
    strangers: list[Rejection] = []
    for path, named in csv_files(paths):
        if set(OPERATOR_LIST_COLUMNS) <= set(CsvFile(path).header()):
            lists.append(CsvFile(path))
            continue
        try:
            tables.append(recognise(path, mappings))
        except UnrecognisedFile as error:
            if named or is_named_like_a_table(path, mappings):
                raise
            strangers.append(Rejection(Origin(path.name, 1), "", "", str(error)))
    if not tables:
        raise UnrecognisedFile(paths[0], "no table of the format permian is there")
    if not lists and _name_operators(tables):
        lists = _lists_beside(paths)
    return tables, lists, strangers


def _lists_beside(paths: Iterable[Path]) -> list[CsvFile]:
    directories = {(path if path.is_dir() else path.parent).resolve() for path in paths}
    beside = {(directory / _OPERATOR_LIST_BESIDE).resolve() for directory in directories}
    return [CsvFile(path) for path in sorted(beside) if path.is_file()]


def _name_operators(tables: Iterable[RecognisedFile]) -> bool:
    """Whether some table knows operators by name only."""
    return any(entity.resolve is not None for table in tables for entity in table.mapping.entities)
