"""The values of an operation's variables: as graphql-core reads them, and without it where it can be.

Most variables are plain: a text or a number that is taken as it comes. Whether a value is one of
these is decided once for the variable; any other value, and any error, is graphql-core's.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    get_variable_values,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

NO_VARIABLES = VariableValues({}, {})
_LARGEST_INT = 2**31 - 1


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_int(value: Any) -> bool:
    return type(value) is int and -_LARGEST_INT - 1 <= value <= _LARGEST_INT


def _is_float(value: Any) -> bool:
    return type(value) is float and isfinite(value)


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


_TAKEN_AS_IT_COMES: dict[Any, Callable[[Any], bool]] = {
    GraphQLString: _is_text,
    GraphQLID: _is_text,
    GraphQLInt: _is_int,
    GraphQLFloat: _is_float,
    GraphQLBoolean: _is_boolean,
}


class VariableReader:
    """Reads the variables of one operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode] | None
    ) -> None:
        self._schema = schema
        self._definitions = definitions or ()
        self._plain = [
            plain for one in self._definitions if (plain := self._if_plain(one)) is not None
        ]
        self._are_plain = len(self._plain) == len(self._definitions)

    def read(self, given: Mapping[str, Any] | None) -> VariableValues | None:
        """The values of a run; None where they are not as declared."""
        if not self._definitions:
            return NO_VARIABLES
        if given is not None and self._are_plain:
            sources, coerced = {}, {}
            for name, signature, is_taken in self._plain:
                value = given.get(name)
                if not is_taken(value):
                    break
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = value
            else:
                return VariableValues(sources, coerced)
        found = get_variable_values(self._schema, self._definitions, dict(given or {}))
        return found if isinstance(found, VariableValues) else None

    def _if_plain(
        self, definition: VariableDefinitionNode
    ) -> tuple[str, Any, Callable[[Any], bool]] | None:
        signature = get_variable_signature(self._schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        kind: Any = signature.type
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        is_taken = _TAKEN_AS_IT_COMES.get(kind)
        return None if is_taken is None else (signature.name, signature, is_taken)
