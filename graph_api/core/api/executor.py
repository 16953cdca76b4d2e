"""graphql-core's executor, as operations run on it."""

from typing import Any

from graphql.execution.executor import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with a subscription's events kept apart.

    graphql-core 3.3.2 remembers the fields of every event for as long as the subscription lasts,
    about a kilobyte each.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """An executor for one event, with a memory of its own."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor
