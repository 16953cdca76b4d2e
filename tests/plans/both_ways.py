"""Runs documents by plans and by the standard executor, and holds one answer against the other."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.operation_schema import OperationSchema
from graph_api.core.api.plan.planning import Answered, Planner
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from tests.plans.documents import Document


@dataclass
class _Observed:
    """A planner of which it is known what it answers."""

    planner: Planner
    reasons: Counter[str | None] = field(default_factory=Counter)
    last: Answered | None = None

    async def answer(self, *given: Any, **more: Any) -> Answered:
        self.last = await self.planner.answer(*given, **more)
        self.reasons[self.last.not_covered] += 1
        return self.last


class BothWays:
    """Two services that differ in whether they answer by plans."""

    def __init__(self, services: Services, schema: GraphSchema) -> None:
        assert isinstance(schema.schema, OperationSchema)
        assert schema.schema.planner is not None
        self._schema = schema.schema
        self._observed = _Observed(schema.schema.planner)
        self.services = services
        plain = services.settings.model_copy(update={"plans": False})
        self._without = replace(services, settings=plain)

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Count what the planner answers for as long as this lasts."""
        self._schema.planner = self._observed  # type: ignore[assignment]
        try:
            yield
        finally:
            self._schema.planner = self._observed.planner

    @property
    def reasons(self) -> Counter[str | None]:
        """How often plans have answered, under None, and why they have not."""
        return self._observed.reasons

    async def run(self, viewer: Viewer, document: Document, *, plans: bool) -> OperationResult:
        """The result of a document, one way."""
        services = self.services if plans else self._without
        return await run_operation(
            self._schema,
            services.operation(viewer),
            document.text,
            document.variables,
            document.operation_name,
        )

    async def same(self, viewer: Viewer, document: Document) -> OperationResult:
        """The result by plans, which must be that of the standard executor."""
        prepared = self._schema.documents.prepared(document.text)
        assert not prepared.errors, (document, prepared.errors)
        self._observed.last = None
        planned = await self.run(viewer, document, plans=True)
        standard = await self.run(viewer, document, plans=False)
        if self.fell_back and _cut_short(planned, standard):
            return planned
        if _written(planned) != _written(standard):
            raise AssertionError(f"{_difference(_told(planned), _told(standard))}\n{document!r}")
        return planned

    @property
    def fell_back(self) -> bool:
        """Whether the standard executor has answered, for all that plans were asked first."""
        last = self._observed.last
        return last is not None and last.not_covered is not None

    async def planned(self, viewer: Viewer, document: Document) -> OperationResult:
        """The same, where a plan must have answered."""
        result = await self.same(viewer, document)
        last = self._observed.last
        assert last is not None, "the operation was refused before"
        assert last.not_covered is None, (document, last.not_covered)
        return result

    async def by_plan_alone(self, viewer: Viewer, document: Document) -> OperationResult:
        """The same, where the plan must have left nothing to resolvers."""
        result = await self.planned(viewer, document)
        last = self._observed.last
        assert last is not None
        assert last.left_to_resolvers == (), document
        return result


def _told(result: OperationResult) -> dict[str, Any]:
    cost = result.body["extensions"]["cost"] if "extensions" in result.body else None
    return {
        "data": result.body.get("data", "none"),
        "errors": _without_ids(result.body.get("errors")),
        "executed": result.executed,
        # what is left of a budget falls with every operation, and rises with time
        "cost": cost and (cost["requested"], cost["limit"]),
    }


def _without_ids(errors: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Errors without the id under which the log has more, which is another one each time."""
    for one in errors or ():
        one.get("extensions", {}).pop("errorId", None)
    return errors


def _cut_short(one: OperationResult, other: OperationResult) -> bool:
    """Whether two answers of the standard executor differ in nothing but when it stopped.

    Where null spreads up to `data`, it ends what else is under way; whether an error of that is
    told as well, and in which order, is a matter of microseconds.
    """
    told, also = _told(one), _told(other)
    errors, more = told.pop("errors") or [], also.pop("errors") or []
    if told != also or told["data"] is not None or not (errors and more):
        return False
    fewer, most = sorted((errors, more), key=len)
    return all(error in most for error in fewer)


def _written(result: OperationResult) -> bytes:
    # byte for byte: what is equal in Python may differ on the wire, such as 1 and 1.0
    return orjson.dumps(_told(result))


def _difference(planned: Any, standard: Any, path: str = "") -> str:
    """Where two answers part, and how."""
    if isinstance(planned, dict) and isinstance(standard, dict):
        if list(planned) != list(standard):
            return f"{path}: plans have {list(planned)}, the executor {list(standard)}"
        inner = [(f"{path}.{name}", planned[name], standard[name]) for name in planned]
    elif isinstance(planned, list) and isinstance(standard, list):
        if len(planned) != len(standard):
            return f"{path}: plans have {len(planned)}, the executor {len(standard)}"
        inner = [
            (f"{path}[{n}]", *both) for n, both in enumerate(zip(planned, standard, strict=True))
        ]
    else:
        return f"{path}: plans have {planned!r}, the executor {standard!r}"
    return next(
        (
            _difference(one, other, at)
            for at, one, other in inner
            if orjson.dumps(one) != orjson.dumps(other)
        ),
        "nowhere",
    )
