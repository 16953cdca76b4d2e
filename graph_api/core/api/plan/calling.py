"""What a field is called with: its arguments, as its resolver would be given them."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLArgument, Undefined, VariableNode, get_argument_values
from graphql.execution.values import VariableValues
from strawberry.types.arguments import StrawberryArgument, convert_arguments
from strawberry.types.base import StrawberryOptional

from graph_api.core.api.plan.shapes import Call

_TAKEN_AS_THEY_COME = (str, int, float, bool, strawberry.ID)


class Calls:
    """Converts the arguments of one schema's fields."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._scalars = schema.schema_converter.scalar_registry
        self._config = schema.config

    def arguments(self, call: Call, variables: VariableValues) -> Mapping[str, Any]:
        """The arguments by Python name, without those left out; raises GraphQLError."""
        if call.arguments is not None:
            return call.arguments
        if call.by_variable is None:
            call.by_variable = self._by_variable(call)
        coerced = variables.coerced
        if call.by_variable:
            try:
                taken = {name: coerced[variable] for name, variable in call.by_variable.items()}
            except KeyError:
                taken = {}
            if taken and None not in taken.values():
                return taken
        given = get_argument_values(call.definition, call.node, variables)
        found: dict[str, Any] = convert_arguments(
            given, call.declared.arguments, self._scalars, self._config
        )
        if call.settled:
            call.arguments = found
        return found

    def _by_variable(self, call: Call) -> Mapping[str, str]:
        """Which variable each argument is, where each is one that is taken as it comes.

        Empty where that is not so of all.
        """
        nodes = {one.name.value: one.value for one in call.node.arguments or ()}
        found = {}
        for argument in call.declared.arguments:
            name = self._config.name_converter.from_argument(argument)
            node = nodes.get(name)
            if node is None:
                if _has_default(call.definition.args[name]):
                    return {}
                continue
            if not isinstance(node, VariableNode) or not _is_taken_as_it_comes(argument):
                return {}
            found[argument.python_name] = node.name.value
        return found


def _has_default(argument: GraphQLArgument) -> bool:
    return argument.default is not None or argument.default_value is not Undefined


def _is_taken_as_it_comes(argument: StrawberryArgument) -> bool:
    kind = argument.type
    while isinstance(kind, StrawberryOptional):
        kind = kind.of_type
    return kind in _TAKEN_AS_THEY_COME
