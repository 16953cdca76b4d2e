"""The Strawberry schema that operations run on, which takes documents as they were prepared."""

from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.directives import DirectivesExtension, DirectivesExtensionSync
from strawberry.types.execution import ExecutionContext

from graph_api.core.api.documents import Documents
from graph_api.core.api.plan.planning import Planner
from graph_api.settings import Settings

PREPARED = "prepared"
"""Under which name Strawberry is handed the parsed and validated document."""


class _PreparedDocument(SchemaExtension):
    """Spares Strawberry the parsing and validation of a document that was prepared."""

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        execution.graphql_document = (execution.operation_extensions or {}).get(PREPARED)
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        if PREPARED in (execution.operation_extensions or {}):
            execution.pre_execution_errors = []
        yield


class OperationSchema(strawberry.Schema):
    """A Strawberry schema whose documents are prepared, and errors reported, by `run_operation`."""

    def __init__(self, *, settings: Settings, **parts: Any) -> None:
        super().__init__(**parts, extensions=[_PreparedDocument])
        self.documents = Documents(self._schema, settings)
        self.planner: Planner | None = None
        """Answers what its plans cover; set once the schema is whole."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave errors to `run_operation`."""

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:
        """The schema's own; not Strawberry's for directives on fields, which slows every field."""
        return [
            one
            for one in super().get_extensions(sync)
            if not isinstance(one, DirectivesExtension | DirectivesExtensionSync)
        ]
