"""Documents made ready to run: measured, parsed and validated once, and then remembered."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)
from strawberry.types.graphql import OperationType

from graph_api.core.api.cost import CostModel, OperationCost
from graph_api.core.api.limits import DocumentFacts, check_document, check_text
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.settings import Settings

_MOST_DOCUMENTS = 500
# a parsed document takes a few hundred times the memory of its text
_MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """An operation of a document, as it is known before it runs."""

    document: DocumentNode
    operation_name: str | None
    operation_type: OperationType


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that was measured and parsed; with errors, one that must not run."""

    node: DocumentNode
    facts: DocumentFacts
    errors: tuple[GraphQLError, ...]
    """What validation found."""
    costs: dict[str, OperationCost]
    """The cost of each operation, by its name; an operation without one goes by no text."""
    compiled: dict[str | None, Any] = field(default_factory=dict)
    """What the planner has made of each operation."""
    named: dict[str | None, "NamedOperation"] = field(default_factory=dict)
    """The operations that were asked for so far."""

    def named_operation(self, name: str | None) -> "NamedOperation":
        """The same, as it is known before it runs."""
        known = self.named.get(name)
        if known is None:
            found = self.operation(name)
            own_name = found.name.value if found.name else None
            known = NamedOperation(self.node, own_name, OperationType(found.operation.value))
            self.named[name] = known
        return known

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of a name, or the only one.

        Raises ApiError BAD_USER_INPUT where the document does not say which one is meant.
        """
        found = [
            one
            for one in self.node.definitions
            if isinstance(one, OperationDefinitionNode)
            and (name is None or (one.name is not None and one.name.value == name))
        ]
        if len(found) != 1:
            raise bad_input(
                "the document has several operations, or none of that name; give operationName"
            )
        return found[0]


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._cost_model = CostModel(schema, settings)
        self._kept: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._characters = 0

    def prepared(self, text: str) -> PreparedDocument:
        """A document made ready.

        Raises ApiError LIMIT_EXCEEDED for one that would take too long to look at, GraphQLError
        for one that is no GraphQL.
        """
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        check_text(text, self._settings)
        try:
            made = self._made(text)
        except RecursionError:
            raise limit_exceeded("nesting", self._settings.document_max_nesting) from None
        self._keep(text, made)
        return made

    def _made(self, text: str) -> PreparedDocument:
        # comments are no tokens to the parser, and were counted with them
        node = parse(text, max_tokens=self._settings.document_max_tokens)
        facts = check_document(node, self._settings)
        errors = tuple(validate(self._schema, node))
        costs = {} if errors else self._cost_model.costs(node)
        return PreparedDocument(node, facts, errors, costs)

    def _keep(self, text: str, made: PreparedDocument) -> None:
        self._kept[text] = made
        self._characters += len(text)
        while len(self._kept) > _MOST_DOCUMENTS or self._characters > _MOST_CHARACTERS:
            forgotten, _ = self._kept.popitem(last=False)
            self._characters -= len(forgotten)
