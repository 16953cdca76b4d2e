"""What a field is called with: its arguments, as its resolver would be given them."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import get_argument_values
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments

from graph_api.core.api.plan.shapes import Call


class Calls:
    """Converts the arguments of one schema's fields."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._scalars = schema.schema_converter.scalar_registry
        self._config = schema.config

    def arguments(self, call: Call, variables: VariableValues) -> Mapping[str, Any]:
        """The arguments by Python name, without those left out; raises GraphQLError."""
        if call.arguments is not None:
            return call.arguments
        given = get_argument_values(call.definition, call.node, variables)
        found: dict[str, Any] = convert_arguments(
            given, call.declared.arguments, self._scalars, self._config
        )
        if call.settled:
            call.arguments = found
        return found
