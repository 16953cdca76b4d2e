"""The inputs of mutations, and how they become entities and edges."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry
from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import InputValue, add_input_field, input_type
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.outcomes import FieldError, field_errors, invalid
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.errors import ApiError, bad_input
from graph_api.core.graph.fields import FieldDeclaration, FieldKind, fields_of
from graph_api.core.graph.registry import EdgeType, GraphRegistry
from graph_api.core.model import EdgeProperties, GraphEntity
from graph_api.core.viewer import Viewer

_NOT_WRITABLE = ("id", "tenant_id", "created_at", "updated_at")


class EntityInputs:
    """The inputs that write entities, one for each label."""

    def __init__(self, registry: GraphRegistry, fields: FieldTypes) -> None:
        self._registry = registry
        self._fields = fields
        self._carried = {
            (own.label(), edge.current_as)
            for edge in registry.edges
            if edge.current_as is not None
            for own in [edge.start if edge.current_on == "start" else edge.end]
        }
        self._types = {label: self._make(label) for label in registry.entities}

    def type_of(self, label: str) -> type[InputValue]:
        """The input of a label."""
        return self._types[label]

    def writable(self, label: str) -> dict[str, FieldDeclaration]:
        """The fields that a caller may write; those that an edge carries are written by `link`."""
        return {
            name: field
            for name, field in self._registry.fields(label).items()
            if name not in _NOT_WRITABLE
            and not field.derived
            and (label, name) not in self._carried
        }

    def _make(self, label: str) -> type[InputValue]:
        made = input_type(
            f"{label}Input",
            f"A {label} to write: fields left out stay as they are, null clears a field.",
        )
        for field in self.writable(label).values():
            shown = strawberry.ID if field.references else self._fields.input(field)
            description = field.description
            if field.references:
                description = f"{description} A global id or a UUID."
            add_input_field(made, field.name, shown, description, required=field.required)
        return made

    def candidate(
        self, label: str, given: Mapping[str, Any], viewer: Viewer, path: str
    ) -> GraphEntity:
        """A valid entity from an input; raises Refused with everything that is wrong."""
        values = dict(given)
        errors: list[FieldError] = []
        for name, field in self.writable(label).items():
            if field.references is not None and values.get(name) is not None:
                try:
                    values[name] = self.reference(field.references.label, values[name], name)
                except ApiError as error:
                    at = f"{path}.{to_camel_case(name)}"
                    errors.append(FieldError(path=at, message=error.message))
            if values.get(name, 0) is None and not field.nullable:
                # clearing a field that always has a value gives it its first value back
                del values[name]
        values.setdefault("tenant_id", self._registry.tenant_of(label, viewer))
        if label_takes_text_source(self._registry.fields(label)):
            values.setdefault("source", "manual")
        try:
            entity = self._registry.entity(label).model_validate(values)
        except ModelError as error:
            raise invalid([*errors, *field_errors(error, path)]) from None
        if errors:
            raise invalid(errors)
        return entity

    def reference(self, label: str, text: str, argument: str) -> UUID:
        """The UUID of an entity of a label, from a UUID or a global id."""
        try:
            return UUID(text)
        except ValueError:
            found, entity_id = parse_global_id(self._registry, text, argument)
        if found != label:
            raise bad_input(f"is the id of a {found}; a {label} is expected", argument=argument)
        return entity_id


def label_takes_text_source(fields: Mapping[str, FieldDeclaration]) -> bool:
    """Whether `source` is the provenance that every entity has, not a field of its own meaning."""
    source = fields.get("source")
    return source is not None and source.kind is FieldKind.TEXT


class EdgeInputs:
    """The input that says what an edge's own data is, whatever its type."""

    def __init__(self, registry: GraphRegistry, fields: FieldTypes) -> None:
        self.properties = input_type(
            "EdgePropertiesInput",
            "What a relationship says about itself; each kind takes its own fields only.",
        )
        declared: dict[str, tuple[FieldDeclaration, list[str]]] = {}
        for edge in registry.edge_types.values():
            for field in fields_of(edge.properties).values():
                declared.setdefault(field.name, (field, []))[1].append(edge.name)
        for field, owners in declared.values():
            everywhere = len(owners) == len(registry.edge_types)
            shown = str if field.kind is FieldKind.ENUM else fields.input(field)
            where = "" if everywhere else f" Of {', '.join(owners)}."
            add_input_field(self.properties, field.name, shown, f"{field.description}{where}")

    def candidate(self, edge: EdgeType, given: Mapping[str, Any], path: str) -> EdgeProperties:
        """Valid edge properties from an input; raises Refused with everything that is wrong."""
        values = {name: value for name, value in given.items() if value is not None}
        try:
            valid = edge.properties.model_validate(values)
        except ModelError as error:
            raise invalid(field_errors(error, path)) from None
        # a new edge has a source; one that is there keeps its own, so this one is not "set"
        stored = {**valid.__dict__, "source": valid.source or "manual"}
        return edge.properties.model_construct(_fields_set=valid.model_fields_set, **stored)
