"""Many entities and relationships in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import (
    GraphQLClass,
    InputValue,
    add_field,
    add_input_field,
    input_type,
    list_of,
    object_type,
)
from graph_api.core.api.entities import Node, context_of
from graph_api.core.api.idempotency import add_idempotency_key, earlier_answer, keep_answer
from graph_api.core.api.inputs import EntityInputs
from graph_api.core.api.mutations.entity_writes import EntityWrites
from graph_api.core.api.mutations.link_writes import LinkWrites
from graph_api.core.api.outcomes import FieldError, invalid
from graph_api.core.context import OperationContext
from graph_api.core.graph.linking import Outcome
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.model import GraphEntity

MOST_BULK_ITEMS = 1000


@dataclass(slots=True)
class BulkAnswer:
    """What a bulk upsert did, by place in the input."""

    entities: list[tuple[str, UUID, Outcome]] = field(default_factory=list)
    links: list[Outcome] = field(default_factory=list)


class BulkUpsert:
    """The input, the payload and the write of `bulkUpsert`."""

    def __init__(
        self,
        registry: GraphRegistry,
        inputs: EntityInputs,
        entities: EntityWrites,
        links: LinkWrites,
    ) -> None:
        self._registry = registry
        self._entities = entities
        self._links = links
        self.input = self._input_type(inputs)
        self.payload = _payload_type()

    def _input_type(self, inputs: EntityInputs) -> type[InputValue]:
        given = input_type(
            "BulkUpsertInput", "Up to 1,000 entities and relationships, written all or none."
        )
        for label, model in self._registry.entities.items():
            entities = list_of(inputs.type_of(label))
            add_input_field(given, model.plural, entities, f"Every {label} to write.")
        links = list_of(self._links.input)
        add_input_field(given, "links", links, "Relationships to write, after the entities.")
        add_idempotency_key(given)
        return given

    async def write(self, context: OperationContext, plain: dict[str, Any]) -> BulkAnswer:
        """Write everything or, raising Refused, nothing."""
        writes = [
            (label, one, f"{to_camel_case(model.plural)}.{place}")
            for label, model in self._registry.entities.items()
            for place, one in enumerate(plain.get(model.plural) or ())
        ]
        links = plain.get("links") or ()
        if len(writes) + len(links) > MOST_BULK_ITEMS:
            message = f"at most {MOST_BULK_ITEMS} entities and relationships at a time"
            raise invalid([FieldError(path="input", message=message)])
        key = plain.get("idempotency_key")
        answer = BulkAnswer()
        async with context.database.transaction(context.viewer, "bulkUpsert") as session:
            earlier = key and await earlier_answer(session, key, "bulkUpsert", plain)
            if earlier:
                return _bulk_answer(earlier)
            written = await self._entities.upsert_all(context, session, writes) if writes else []
            answer.entities = [
                (label, one.entity.id, one.outcome)
                for (label, _, _), one in zip(writes, written, strict=True)
            ]
            answer.links = await self._links.link_all(
                context, session, links, [f"links.{place}." for place in range(len(links))]
            )
            if key:
                await keep_answer(session, key, _bulk_document(answer))
        return answer


def _payload_type() -> GraphQLClass:
    payload = object_type("BulkUpsertPayload", "What was written.")
    for outcome in Outcome:
        add_field(
            payload,
            f"{outcome.lower()}_count",
            int,
            _counter(outcome),
            f"How many entities and relationships came out as {outcome}.",
        )

    async def nodes(root: Any, info: strawberry.Info) -> list[GraphEntity | None]:
        wanted = [(label, entity_id) for label, entity_id, _ in root.value.entities]
        return await context_of(info).loaders.entities(wanted)

    add_field(
        payload,
        "nodes",
        list_of(Node | None),
        nodes,
        "The entities, kind by kind in the order of the input's fields.",
    )
    return payload


def _counter(outcome: Outcome) -> Callable[..., int]:
    def count(root: Any, info: strawberry.Info) -> int:
        answer: BulkAnswer = root.value
        done = [*(one for _, _, one in answer.entities), *answer.links]
        return done.count(outcome)

    return count


def _bulk_document(answer: BulkAnswer) -> dict[str, Any]:
    return {
        "entities": [[label, str(one), outcome] for label, one, outcome in answer.entities],
        "links": list(answer.links),
    }


def _bulk_answer(document: Mapping[str, Any]) -> BulkAnswer:
    return BulkAnswer(
        [(label, UUID(one), Outcome(outcome)) for label, one, outcome in document["entities"]],
        [Outcome(one) for one in document["links"]],
    )
