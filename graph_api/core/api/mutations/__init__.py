"""The root fields that write the graph: one transaction each, all of it or nothing."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import (
    GraphQLClass,
    InputValue,
    add_field,
    add_input_field,
    enum_type,
    input_type,
    object_type,
    snake_case,
)
from graph_api.core.api.entities import EntityTypes
from graph_api.core.api.exploring import GraphExploration
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.idempotency import add_idempotency_key, earlier_answer, keep_answer
from graph_api.core.api.inputs import EdgeInputs, EntityInputs
from graph_api.core.api.mutating import add_mutation
from graph_api.core.api.mutations.bulk import MOST_BULK_ITEMS, BulkUpsert
from graph_api.core.api.mutations.entity_writes import EntityWrites
from graph_api.core.api.mutations.link_writes import LinkWrites, parsed_id
from graph_api.core.api.outcomes import (
    Forbidden,
    NotFound,
    Refused,
)
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.graph.linking import Outcome
from graph_api.core.graph.writing import Written
from graph_api.core.permissions import Permission

OnDelete = Callable[[Session, UUID], Awaitable[int]]

_OUTCOMES = {
    Outcome.CREATED: "It was not there and is now.",
    Outcome.UPDATED: "It was there and has changed.",
    Outcome.UNCHANGED: "It was there as it is.",
}


class GraphMutations:
    """Adds the writing root fields of a graph to a mutation type."""

    def __init__(
        self,
        types: EntityTypes,
        fields: FieldTypes,
        exploration: GraphExploration,
        on_delete: Mapping[str, OnDelete],
    ) -> None:
        self._types = types
        self._registry = types.registry
        self._on_delete = on_delete
        self._entities = EntityInputs(types.registry, fields)
        self._outcome = enum_type(Outcome, _describe_outcome, name="WriteOutcome")
        self._writes = EntityWrites(types.registry, self._entities)
        self._links = LinkWrites(types.registry, exploration, EdgeInputs(types.registry, fields))
        self._bulk = BulkUpsert(types.registry, self._entities, self._writes, self._links)

    def add_to(self, mutation: GraphQLClass) -> None:
        """Add every field."""
        for label in self._registry.entities:
            self._add_upsert(mutation, label)
        self._add(
            mutation,
            "bulk_upsert",
            "Write many entities and relationships in one transaction.",
            self._bulk.input,
            self._bulk.payload,
            self._bulk.write,
            FieldCost(size=1, most=MOST_BULK_ITEMS, sized_by=("input",)),
        )
        self._add_link(mutation)
        self._add_unlink(mutation)
        self._add_delete(mutation)

    def _add_upsert(self, mutation: GraphQLClass, label: str) -> None:
        name = snake_case(label)
        given = input_type(f"Upsert{label}Input", f"A {label} to create or change.")
        add_input_field(given, name, self._entities.type_of(label), "What to write.", required=True)
        add_idempotency_key(given)
        payload = object_type(f"Upsert{label}Payload", f"The {label} as it now is.")
        node = self._types.models[label]
        add_field(payload, name, node, lambda root, info: root.value.entity, "As it is stored.")
        add_field(
            payload,
            "outcome",
            self._outcome,
            lambda root, info: root.value.outcome,
            "What was done.",
        )

        async def write(context: OperationContext, plain: dict[str, Any]) -> Written:
            key = plain.get("idempotency_key")
            async with context.database.transaction(context.viewer, f"upsert{label}") as session:
                earlier = key and await earlier_answer(session, key, f"upsert{label}", plain)
                if not earlier:
                    writes = [(label, plain[name], to_camel_case(name))]
                    written = (await self._writes.upsert_all(context, session, writes))[0]
                    if key:
                        answer = {"id": str(written.entity.id), "outcome": written.outcome}
                        await keep_answer(session, key, answer)
                    return written
            entity = await context.loaders.entity(label, UUID(earlier["id"]))
            if entity is None:
                raise Refused(
                    NotFound(message="it has been deleted since", path=to_camel_case(name))
                )
            return Written(entity, Outcome(earlier["outcome"]))

        self._add(
            mutation,
            f"upsert_{name}",
            f"Create a {label}, or change the one of the same natural key.",
            given,
            payload,
            write,
        )

    def _add(
        self,
        mutation: GraphQLClass,
        name: str,
        description: str,
        given: type[InputValue],
        payload: GraphQLClass,
        write: Callable[[OperationContext, dict[str, Any]], Awaitable[Any]],
        cost: FieldCost | None = None,
    ) -> None:
        async def write_plain(context: OperationContext, asked: InputValue) -> Any:
            return await write(context, asked.plain())

        add_mutation(
            mutation,
            name,
            description,
            given,
            payload,
            write_plain,
            permission=Permission.WRITE_GRAPH,
            cost=cost,
        )

    def _add_link(self, mutation: GraphQLClass) -> None:
        payload = object_type("LinkPayload", "What became of a relationship.")
        add_field(
            payload,
            "outcome",
            self._outcome,
            lambda root, info: root.value["outcome"],
            "What was done.",
        )

        async def write(context: OperationContext, plain: dict[str, Any]) -> dict[str, Any]:
            async with context.database.transaction(context.viewer, "link") as session:
                outcomes = await self._links.link_all(context, session, [plain], [""])
                return {"outcome": outcomes[0]}

        description = "Connect two entities, or change what their relationship says."
        self._add(mutation, "link", description, self._links.input, payload, write)

    def _add_unlink(self, mutation: GraphQLClass) -> None:
        payload = object_type("UnlinkPayload", "What became of a relationship.")
        add_field(
            payload,
            "removed",
            int,
            lambda root, info: root.value["removed"],
            "How many were removed.",
        )

        async def write(context: OperationContext, plain: dict[str, Any]) -> dict[str, Any]:
            async with context.database.transaction(context.viewer, "unlink") as session:
                ends = (await self._links.ends(context, session, [plain], [""]))[0]
                key = None
                if given := plain.get("properties"):
                    key = self._links.properties(ends.edge, given, "properties").edge_key
                removed = await context.writer.unlink(session, ends.edge, ends.start, ends.end, key)
                return {"removed": removed}

        description = (
            "Disconnect two entities. Where several relationships of the kind join them, "
            "`properties` tells which; without it all are removed."
        )
        self._add(mutation, "unlink", description, self._links.input, payload, write)

    def _add_delete(self, mutation: GraphQLClass) -> None:
        given = input_type("DeleteEntityInput", "An entity to remove.")
        add_input_field(given, "id", strawberry.ID, "Global id.", required=True)
        payload = object_type("DeleteEntityPayload", "What was removed.")
        add_field(
            payload,
            "deleted_id",
            strawberry.ID,
            lambda root, info: root.value["deleted_id"],
            "Global id of the entity that is no more.",
        )
        add_field(
            payload,
            "relationships_removed",
            int,
            lambda root, info: root.value["relationships_removed"],
            "How many relationships went with it.",
        )

        async def write(context: OperationContext, plain: dict[str, Any]) -> dict[str, Any]:
            label, entity_id = parsed_id(self._registry, plain["id"], "id")
            if self._registry.entity(label).shared and not context.viewer.administers_shared:
                message = f"only administrators remove a {label}, which all tenants share"
                raise Refused(Forbidden(message=message))
            async with context.database.transaction(context.viewer, "deleteEntity") as session:
                entity = await context.writer.lock(session, label, entity_id)
                if entity is None:
                    raise Refused(NotFound(message="there is no such entity", path="id"))
                removed = await context.writer.delete(session, entity)
                if label in self._on_delete:
                    await self._on_delete[label](session, entity_id)
            return {"deleted_id": global_id(label, entity_id), "relationships_removed": removed}

        description = "Remove an entity with its relationships and every mention of it."
        self._add(mutation, "delete_entity", description, given, payload, write)


def _describe_outcome(member: Enum) -> str:
    return _OUTCOMES[Outcome(member.value)]
