"""GraphQL types of models, of the graph or of tables: their fields, as the model declares them."""

from collections.abc import Mapping
from types import MappingProxyType

import strawberry
from strawberry.annotation import StrawberryAnnotation

from graph_api.core.api.building import GraphQLClass, definition_of
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.graph.fields import fields_of
from graph_api.core.model import AegisBase


def record_type(
    fields: FieldTypes,
    model: type[AegisBase],
    nested: Mapping[str, GraphQLClass] = MappingProxyType({}),
) -> GraphQLClass:
    """The GraphQL type of a model, without its hidden fields.

    `nested` gives the types of fields that hold another record; any other field that is no scalar
    is shown as JSON.
    """
    declared = fields_of(model)
    # before Strawberry sees the model: it would show the enums in it without their descriptions
    outputs = {name: nested.get(name) or fields.output(own) for name, own in declared.items()}
    subclass: type[AegisBase] = type(model.__name__, (model,), {"__module__": __name__})
    made: GraphQLClass = strawberry.pydantic.type(subclass, description=model.__doc__)
    definition = definition_of(made)
    shown = []
    for field in definition.fields:
        own = declared.get(field.python_name)
        if own is None or own.hidden is not None:
            continue
        annotation = outputs[own.name]
        field.type_annotation = StrawberryAnnotation(
            annotation | None if own.nullable else annotation
        )
        shown.append(field)
    definition.fields[:] = shown
    definition.is_type_of = lambda record, _info: isinstance(record, model)
    return made
