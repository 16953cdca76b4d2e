"""Reads files of an official format in a test, and checks every record against the models."""

import os
import re
from pathlib import Path
from typing import Any

from graph_api.entities.imports.records import (
    EntityKey,
    EntityRecord,
    LinkRecord,
    Reader,
    Record,
    Rejection,
    Remark,
    VolumeRecord,
)
from graph_api.entities.models import EDGE_MODELS, ENTITY_MODELS, LeaseVolume

GENUINE = Path(
    os.environ.get("GRAPH_API_TEST_RRC_DIR")
    or Path(__file__).parents[3] / ".." / "shared" / "data" / "rrc"
)
MODELS = {model.label(): model for model in ENTITY_MODELS}
EDGES = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", m.__name__).upper(): m for m in EDGE_MODELS}


class Bytes:
    """Counts what a reader says of its progress."""

    def __init__(self) -> None:
        self.total = 0
        self.advanced = 0

    def total_bytes(self, count: int) -> None:
        self.total += count

    def advance_bytes(self, count: int) -> None:
        self.advanced += count


class Reading:
    """All records of one reading; links must name what came before them."""

    def __init__(self, reader: Reader, *paths: Path) -> None:
        self.progress = Bytes()
        self.records: list[Record] = list(reader(list(paths), self.progress))
        self.keys: set[EntityKey] = set()
        for record in self.records:
            if isinstance(record, EntityRecord):
                self._check_entity(record)
            elif isinstance(record, LinkRecord):
                EDGES[record.edge_type](**record.properties)
                for end in (record.start, record.end):
                    assert end.label == "Regulation" or end in self.keys, record
            elif isinstance(record, VolumeRecord):
                assert record.volumes.keys() <= LeaseVolume.model_fields.keys()
        assert self.progress.advanced == self.progress.total

    def _check_entity(self, record: EntityRecord) -> None:
        entity = MODELS[record.label](**record.values, tenant_id="t1")
        self.keys.add(EntityKey(record.label, entity.natural_key))
        for name, key in record.references.items():
            assert name in MODELS[record.label].model_fields
            assert key in self.keys, record

    def entities(self, label: str, *, only_if_absent: bool | None = None) -> list[dict[str, Any]]:
        return [
            dict(record.values)
            for record in self.records
            if isinstance(record, EntityRecord)
            and record.label == label
            and only_if_absent in (None, record.only_if_absent)
        ]

    def entity(self, label: str, *, only_if_absent: bool | None = None) -> dict[str, Any]:
        (found,) = self.entities(label, only_if_absent=only_if_absent)
        return found

    def links(self, edge_type: str) -> list[LinkRecord]:
        return [
            record
            for record in self.records
            if isinstance(record, LinkRecord) and record.edge_type == edge_type
        ]

    def ends(self, edge_type: str) -> list[tuple[str, str]]:
        return [(found.start.natural_key, found.end.natural_key) for found in self.links(edge_type)]

    @property
    def volumes(self) -> list[VolumeRecord]:
        return [record for record in self.records if isinstance(record, VolumeRecord)]

    @property
    def rejections(self) -> list[Rejection]:
        return [record for record in self.records if isinstance(record, Rejection)]

    @property
    def remarks(self) -> list[Remark]:
        return [record for record in self.records if isinstance(record, Remark)]

    @property
    def rejected(self) -> list[tuple[int, str, str]]:
        return [(found.origin.line, found.field, found.value) for found in self.rejections]


def columns(length: int, **texts: tuple[int, str]) -> str:
    """A fixed-width line: each text is put at its position, counted from 1."""
    line = [" "] * length
    for start, text in texts.values():
        line[start - 1 : start - 1 + len(text)] = text
    assert len(line) == length
    return "".join(line)
