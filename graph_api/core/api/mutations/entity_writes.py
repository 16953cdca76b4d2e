"""Entities from inputs: checked, and written label by label."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.inputs import EntityInputs
from graph_api.core.api.outcomes import FieldError, Forbidden, Refused, field_errors, invalid
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.writing import Upsert, Written
from graph_api.core.model import GraphEntity


class EntityWrites:
    """Writes entities of any labels in one transaction."""

    def __init__(self, registry: GraphRegistry, inputs: EntityInputs) -> None:
        self._registry = registry
        self._entities = inputs

    async def upsert_all(
        self,
        context: OperationContext,
        session: Session,
        writes: Sequence[tuple[str, Mapping[str, Any], str]],
    ) -> list[Written]:
        """Write entities of any labels; `writes` are label, input and the input's path.

        Raises Refused with everything that is wrong.
        """
        candidates = [
            (label, self._candidate(context, label, given, path)) for label, given, path in writes
        ]
        await self._check_references(context, session, candidates, [path for _, _, path in writes])
        results: dict[int, Written] = {}
        for label in self._registry.entities:
            places = [place for place, (own, _) in enumerate(candidates) if own == label]
            if places:
                upserts = [Upsert(candidates[place][1]) for place in places]
                try:
                    written = await context.writer.upsert(session, label, upserts)
                except ModelError as error:
                    path = writes[places[0]][2] if len(places) == 1 else ""
                    raise invalid(field_errors(error, path)) from None
                results.update(zip(places, written, strict=True))
        return [results[place] for place in range(len(candidates))]

    def _candidate(
        self, context: OperationContext, label: str, given: Mapping[str, Any], path: str
    ) -> GraphEntity:
        if self._registry.entity(label).shared and not context.viewer.administers_shared:
            raise Refused(
                Forbidden(message=f"only administrators write a {label}, which all tenants share")
            )
        return self._entities.candidate(label, given, context.viewer, path)

    async def _check_references(
        self,
        context: OperationContext,
        session: Session,
        candidates: Sequence[tuple[str, GraphEntity]],
        paths: Sequence[str],
    ) -> None:
        wanted: dict[str, dict[UUID, str]] = {}
        for (label, entity), path in zip(candidates, paths, strict=True):
            for reference in self._registry.references(label).values():
                entity_id = getattr(entity, reference.name)
                if entity_id is not None and reference.references is not None:
                    ids = wanted.setdefault(reference.references.label, {})
                    ids[entity_id] = f"{path}.{to_camel_case(reference.name)}"
        for label, ids in sorted(wanted.items()):
            found = await context.writer.ends_by_id(session, label, ids)
            for entity_id, path in ids.items():
                if entity_id not in found:
                    message = f"there is no {label} of this id"
                    raise invalid([FieldError(path=path, message=message)])
