"""Adds a root field that writes: one input, and a payload or why nothing was written."""

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from graph_api.core.api.building import Argument, GraphQLClass, add_field
from graph_api.core.api.entities import context_of
from graph_api.core.api.outcomes import IllegalTransition, Refusal, answered, result_union
from graph_api.core.api.pricing import FieldCost
from graph_api.core.context import OperationContext
from graph_api.core.permissions import Permission

Write = Callable[[OperationContext, Any], Awaitable[Any]]
"""Writes what an input asks for; raises Refused where it does not."""


def add_mutation(
    mutation: GraphQLClass,
    name: str,
    description: str,
    given: Any,
    payload: GraphQLClass,
    write: Write,
    *,
    permission: Permission,
    input_description: str = "What to do.",
    lifecycle: bool = False,
    also: GraphQLClass | None = None,
    cost: FieldCost | None = None,
) -> None:
    """Give a mutation type a field.

    The payload's resolvers find what `write` gave as `root.value`. What the operation has read is
    forgotten afterwards. With `given` None there is no input. With `lifecycle` the answer may be an
    IllegalTransition; `also` is a refusal that this mutation alone has.
    """
    arguments = []
    if given is not None:
        arguments.append(Argument("input", given, input_description, required=True))
    refusals = (Refusal, IllegalTransition) if also is None else (Refusal, IllegalTransition, also)

    async def resolve(root: Any, info: strawberry.Info, **asked: Any) -> Any:
        context = context_of(info)
        result = await answered(lambda: write(context, asked.get("input")))
        context.renew_loaders()
        if isinstance(result, refusals):
            return result
        made = payload()
        made.value = result
        return made

    pascal = "".join(part.capitalize() for part in name.split("_"))
    add_field(
        mutation,
        name,
        result_union(f"{pascal}Result", payload, lifecycle=lifecycle, also=also),
        resolve,
        description,
        arguments,
        permission=permission,
        cost=cost,
    )
