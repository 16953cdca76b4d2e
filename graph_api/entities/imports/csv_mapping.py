"""Loads a mapping file and checks it against the models before a row is read.

A wrong column, field, label or edge type fails here, by name, and not on row 40,000; all that is
wrong in a file is told at once.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graph_api.entities.imports.csv_mapping_model import (
    Conditional,
    Constant,
    Entity,
    Link,
    Source,
    TableMapping,
)
from graph_api.entities.imports.model_fields import (
    edge_may_join,
    edge_model,
    entity_model,
    referenced_label,
    required_fields,
    settable_fields,
)
from graph_api.entities.models.volumes import LeaseVolume


class MappingError(ValueError):
    """A mapping file that cannot be used, with the file and each thing that is wrong in it."""


def load_mapping(path: Path) -> TableMapping:
    """The mapping in the TOML file at `path`; MappingError lists everything wrong in it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is no TOML: {error}") from error
    return mapping_of(content, path.name)


def mapping_of(content: Mapping[str, Any], file: str) -> TableMapping:
    """The mapping that a parsed TOML document states; MappingError lists everything wrong."""
    try:
        mapping = TableMapping.model_validate(content)
    except ValidationError as error:
        problems = [_problem(found) for found in error.errors(include_url=False)]
    else:
        problems = list(_problems(mapping))
        if not problems:
            return mapping
    raise MappingError(f"{file}: {'; '.join(problems)}")


def _problem(found: Any) -> str:
    place = ".".join(str(part) for part in found["loc"])
    message = str(found["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _problems(mapping: TableMapping) -> Iterator[str]:
    yield from _column_problems(mapping)
    yield from _value_problems(mapping)
    names = [entity.name for entity in mapping.entities]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"two entities are called {name}"
    labels = {entity.name: entity.label for entity in mapping.entities}
    for entity in mapping.entities:
        yield from _entity_problems(entity, labels)
    for link in mapping.links:
        yield from _link_problems(link, labels)
    if mapping.volumes:
        yield from _volume_problems(mapping, labels)


def _column_problems(mapping: TableMapping) -> Iterator[str]:
    columns = set(mapping.columns)
    read = {column for name, value in mapping.values.items() for column in value.columns_of(name)}
    tested = {column for condition in mapping.conditions() for column in condition}
    noticed = {notice.column for notice in mapping.remark}
    yield from _unknown("column", read | tested | noticed | set(mapping.unused), columns)
    if silent := columns - read - tested - set(mapping.unused):
        yield f"nothing reads column {_names(silent)}: map it, or say in `unused` why not"
    if odd := {column for column in columns if column != column.strip().lower()}:
        yield f"columns are named in lower case: {_names(odd)}"


def _value_problems(mapping: TableMapping) -> Iterator[str]:
    used = {name for source in mapping.sources() if (name := _value_of(source))}
    yield from _unknown("value", used, mapping.values)
    yield from _unknown(
        "value", {refusal.value for refusal in mapping.reject if refusal.value}, mapping.values
    )
    if idle := set(mapping.values) - used:
        yield f"nothing uses value {_names(idle)}"


def _entity_problems(entity: Entity, labels: Mapping[str, str]) -> Iterator[str]:
    model = entity_model(entity.label)
    if model is None:
        yield f"entity {entity.name}: there is no entity type {entity.label}"
        return
    place = f"entity {entity.name}: "
    yield from _unknown(f"{place}field", entity.fields, settable_fields(model))
    yield from _unknown(f"{place}reported field", entity.report_conflicts, entity.fields)
    yield from _unknown(f"{place}key field", entity.key, entity.fields)
    needed = required_fields(model)
    if entity.gives == "reference":
        needed &= set(model.natural_key_fields)
        if entity.attributes or entity.references or entity.report_conflicts:
            yield f"{place}a reference has nothing but the fields of its key"
    if missing := needed - set(entity.fields):
        yield f"{place}a {entity.label} cannot be without {_names(missing)}"
    for field, name in entity.references.items():
        wanted = referenced_label(model, field)
        if wanted is None:
            yield f"{place}{field} names no other entity"
        elif labels.get(name) != wanted:
            yield f"{place}{field} must name an entity of type {wanted}, not {name}"


def _link_problems(link: Link, labels: Mapping[str, str]) -> Iterator[str]:
    place = f"link {link.type} from {link.start} to {link.end}: "
    model = edge_model(link.type)
    if model is None:
        yield f"{place}there is no such edge type"
        return
    yield from _unknown(f"{place}entity", {link.start, link.end}, labels)
    if link.start in labels and link.end in labels:
        start, end = labels[link.start], labels[link.end]
        if not edge_may_join(link.type, start, end):
            yield f"{place}no such edge joins a {start} to a {end}"
    yield from _unknown(f"{place}property", link.properties, model.model_fields)
    if missing := required_fields(model) - set(link.properties):
        yield f"{place}it cannot be without {_names(missing)}"


def _volume_problems(mapping: TableMapping, labels: Mapping[str, str]) -> Iterator[str]:
    assert mapping.volumes is not None  # noqa: S101 - the caller looked
    if labels.get(mapping.volumes.lease) != "Lease":
        yield f"volumes: {mapping.volumes.lease} is no Lease of this table"
    known = set(LeaseVolume.model_fields) - {"lease_id", "month"}
    yield from _unknown("volumes: column", mapping.volumes.volumes, known)
    if mapping.links or any(entity.gives != "reference" for entity in mapping.entities):
        yield "volumes: a table of volumes refers to its leases and says nothing else"
    if mapping.remark or any(refusal.value for refusal in mapping.reject):
        yield "volumes: a table of volumes rejects whole rows, and has no remarks of its own"


def _value_of(source: Source) -> str | None:
    if isinstance(source, Constant):
        return None
    return source.value if isinstance(source, Conditional) else source


def _unknown(what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    if unknown := set(names) - set(known):
        yield f"there is no {what} {_names(unknown)}; there are {_names(known)}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
