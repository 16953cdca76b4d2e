"""Answers operations by plans: compiled once for a document, kept with it, run for each viewer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import strawberry
from graphql import (
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues

from graph_api.core.api.documents import PreparedDocument
from graph_api.core.api.executor import OperationExecutor
from graph_api.core.api.plan.calling import Calls
from graph_api.core.api.plan.compiling import Compiler
from graph_api.core.api.plan.delegating import Delegation
from graph_api.core.api.plan.paths import Paths, PlanPaths
from graph_api.core.api.plan.projecting import NotCoveredError
from graph_api.core.api.plan.running import PlanRun
from graph_api.core.api.plan.shapes import OperationPlan
from graph_api.core.api.plan.tracing import Trace, TracedDelegation, TracedRun
from graph_api.core.api.plan.variables import VariableReader
from graph_api.core.context import OperationContext
from graph_api.core.graph.registry import GraphRegistry

_log = logging.getLogger("graph_api.plans")
_CONDITIONS = ("skip", "include")
_MOST_PLANS = 32


@dataclass(frozen=True, slots=True)
class Answered:
    """What a plan made of an operation, or why it is the standard executor's."""

    data: dict[str, Any] | None = None
    not_covered: str | None = None
    left_to_resolvers: Paths = ()
    """The fields in it that only their resolvers know how to read."""


@dataclass(slots=True)
class Compiled:
    """One operation of a document, with a plan for each set of conditions met so far."""

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableReader
    conditions: tuple[str, ...]
    """The variables that stand in `@skip` and `@include`."""
    plans: dict[tuple[Any, ...], tuple[OperationPlan, PlanPaths] | str]


class Planner:
    """Answers the operations of one schema that its plans cover."""

    def __init__(self, schema: strawberry.Schema, registry: GraphRegistry) -> None:
        self._schema = schema._schema
        self._registry = registry
        self._calls = Calls(schema)

    async def answer(
        self,
        context: OperationContext,
        document: PreparedDocument,
        operation_name: str | None,
        given: Mapping[str, Any] | None,
        trace: Trace | None = None,
    ) -> Answered:
        """The data of an operation; none where only the standard executor can tell it.

        With a trace, it notes there what ran for each level of the plan. Where anything goes wrong,
        nothing is told of it here: the standard executor runs the operation again, and its errors
        are what the client sees. What the database did not answer fails then without being asked
        for again.
        """
        compiled = self._compiled(document, operation_name)
        variables = compiled.variables.read(given)
        if variables is None:
            return Answered(not_covered="variables that are not as declared")
        known = self._plan(compiled, variables)
        if isinstance(known, str):
            return Answered(not_covered=known)
        plan, paths = known
        if not plan.permissions <= context.viewer.permissions:
            return Answered(not_covered="a field that the viewer may not use")
        make_executor = partial(
            OperationExecutor.build,
            self._schema,
            document.node,
            context_value=context,
            raw_variable_values=dict(given or {}),
            operation_name=operation_name,
        )
        run: PlanRun
        try:
            if trace is None:
                delegation = Delegation(make_executor, self._registry)
                run = PlanRun(context, plan, self._calls, variables, delegation)
            else:
                traced = TracedDelegation(trace, paths, make_executor, self._registry)
                run = TracedRun(trace, paths, context, plan, self._calls, variables, traced)
            data = await run.data()
        except Exception as error:
            _log.debug("a plan was given up", exc_info=error)
            # what its resolvers wait for was cancelled with the first that failed
            context.end_loaders()
            context.database.settle_failures()
            return Answered(not_covered="an error")
        return Answered(data, left_to_resolvers=paths.left_to_resolvers)

    def _compiled(self, document: PreparedDocument, name: str | None) -> Compiled:
        known: Compiled | None = document.compiled.get(name)
        if known is None:
            operation = document.operation(name)
            fragments = {
                one.name.value: one
                for one in document.node.definitions
                if isinstance(one, FragmentDefinitionNode)
            }
            conditions = _Conditions()
            visit(document.node, conditions)
            variables = VariableReader(self._schema, operation.variable_definitions)
            known = Compiled(operation, fragments, variables, tuple(sorted(conditions.names)), {})
            document.compiled[name] = known
        return known

    def _plan(
        self, compiled: Compiled, variables: VariableValues
    ) -> tuple[OperationPlan, PlanPaths] | str:
        key = tuple(variables.coerced.get(name) for name in compiled.conditions)
        known = compiled.plans.get(key)
        if known is None:
            compiler = Compiler(
                self._schema, self._registry, compiled.operation, compiled.fragments, variables
            )
            try:
                plan = compiler.compile()
                known = plan, PlanPaths(plan)
            except (NotCoveredError, GraphQLError) as error:
                # the latter for a condition that is null
                known = error.message if isinstance(error, GraphQLError) else str(error)
            if len(compiled.plans) >= _MOST_PLANS:
                compiled.plans.clear()
            compiled.plans[key] = known
        return known


class _Conditions(Visitor):
    """Finds the variables that decide what of a document is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in _CONDITIONS:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.names.add(argument.value.name.value)
