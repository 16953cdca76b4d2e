"""The root fields that write the graph: one transaction each, all of it or nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import (
    Argument,
    GraphQLClass,
    InputValue,
    add_field,
    add_input_field,
    enum_type,
    input_type,
    list_of,
    object_type,
    snake_case,
)
from graph_api.core.api.entities import EntityTypes, Node, context_of
from graph_api.core.api.global_ids import global_id, parse_global_id
from graph_api.core.api.idempotency import earlier_answer, keep_answer
from graph_api.core.api.inputs import EdgeInputs, EntityInputs
from graph_api.core.api.outcomes import (
    FieldError,
    Forbidden,
    NotFound,
    Refusal,
    Refused,
    answered,
    field_errors,
    invalid,
    result_union,
)
from graph_api.core.api.queries import GraphQueries
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.errors import ApiError
from graph_api.core.graph.expressions import checked_text
from graph_api.core.graph.linking import Outcome, VertexEnd
from graph_api.core.graph.registry import Edge
from graph_api.core.graph.writing import Upsert, Written
from graph_api.core.model import EdgeProperties, GraphEntity

OnDelete = Callable[[Session, UUID], Awaitable[int]]

MOST_BULK_ITEMS = 1000

_OUTCOMES = {
    Outcome.CREATED: "It was not there and is now.",
    Outcome.UPDATED: "It was there and has changed.",
    Outcome.UNCHANGED: "It was there as it is.",
}


@dataclass(slots=True)
class LinkRequest:
    """One edge that an input asks for, found to be possible."""

    edge: Edge
    start: VertexEnd
    end: VertexEnd
    properties: EdgeProperties


@dataclass(slots=True)
class BulkAnswer:
    """What a bulk upsert did, by place in the input."""

    entities: list[tuple[str, UUID, Outcome]] = field(default_factory=list)
    links: list[Outcome] = field(default_factory=list)
    nodes: list[GraphEntity] = field(default_factory=list)


class GraphMutations:
    """Adds the writing root fields of a graph to a mutation type."""

    def __init__(
        self,
        types: EntityTypes,
        fields: FieldTypes,
        queries: GraphQueries,
        on_delete: Mapping[str, OnDelete],
    ) -> None:
        self._types = types
        self._registry = types.registry
        self._queries = queries
        self._on_delete = on_delete
        self._entities = EntityInputs(types.registry, fields)
        self._edges = EdgeInputs(types.registry, fields)
        self._outcome = enum_type(Outcome, _describe_outcome, name="WriteOutcome")
        self._link = self._link_input()

    def add_to(self, mutation: GraphQLClass) -> None:
        """Add every field."""
        for label in self._registry.entities:
            self._add_upsert(mutation, label)
        self._add_bulk(mutation)
        self._add_link(mutation)
        self._add_unlink(mutation)
        self._add_delete(mutation)

    def _add_upsert(self, mutation: GraphQLClass, label: str) -> None:
        name = snake_case(label)
        given = input_type(f"Upsert{label}Input", f"A {label} to create or change.")
        add_input_field(given, name, self._entities.type_of(label), "What to write.", required=True)
        _add_idempotency_key(given)
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
                    written = (await self._upsert_all(context, session, writes))[0]
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
    ) -> None:
        async def resolve(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
            context = context_of(info)
            plain = arguments["input"].plain()
            result = await answered(lambda: write(context, plain))
            context.renew_loaders()
            return _typed(result, payload)

        pascal = "".join(part.capitalize() for part in name.split("_"))
        add_field(
            mutation,
            name,
            result_union(f"{pascal}Result", payload),
            resolve,
            description,
            [Argument("input", given, "What to do.", required=True)],
        )

    async def _upsert_all(
        self,
        context: OperationContext,
        session: Session,
        writes: Sequence[tuple[str, Mapping[str, Any], str]],
    ) -> list[Written]:
        """Write entities of any labels; `writes` are label, input and the input's path."""
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
        if self._registry.entity(label).shared and not context.viewer.is_admin:
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

    def _link_input(self) -> type[InputValue]:
        made = input_type("LinkInput", "One relationship to write.")
        end = input_type("NodeReferenceInput", "Names an entity: by id, or by kind and key.")
        add_input_field(end, "id", strawberry.ID, "Global id.")
        add_input_field(end, "kind", self._queries.kind_enum, "With `naturalKey`: its kind.")
        add_input_field(end, "natural_key", str, "The entity's `naturalKey`.")
        add_input_field(
            made, "edge_type", self._queries.edge_enum, "Which relationship.", required=True
        )
        add_input_field(made, "from", end, "The entity it runs from.", required=True)
        add_input_field(made, "to", end, "The entity it runs to.", required=True)
        add_input_field(
            made, "properties", self._edges.properties, "What it says; merged into what it said."
        )
        return made

    async def _end(
        self, context: OperationContext, session: Session, given: Mapping[str, Any], path: str
    ) -> tuple[str, VertexEnd]:
        if given.get("id") is not None:
            label, entity_id = _parsed_id(self._registry, given["id"], f"{path}.id")
            by_id = await context.writer.ends_by_id(session, label, [entity_id])
            found = by_id.get(entity_id)
        elif isinstance(given.get("kind"), Enum) and given.get("natural_key"):
            label = given["kind"].value
            key = _storable(given["natural_key"], f"{path}.naturalKey")
            found = (await context.writer.ends_by_natural_key(session, label, [key])).get(key)
        else:
            raise invalid([FieldError(path=path, message="give id, or kind and naturalKey")])
        if found is None:
            raise Refused(NotFound(message="there is no such entity", path=path))
        return label, found

    async def _requested_ends(
        self, context: OperationContext, session: Session, given: Mapping[str, Any], path: str
    ) -> tuple[Edge, VertexEnd, VertexEnd]:
        prefix = f"{path}." if path else ""
        start_label, start = await self._end(context, session, given["from"], f"{prefix}from")
        end_label, end = await self._end(context, session, given["to"], f"{prefix}to")
        name = given["edge_type"].value
        edges = self._registry.edges_between(name, start_label, end_label)
        if not edges:
            message = f"{name} does not run from {start_label} to {end_label}"
            raise invalid([FieldError(path=f"{prefix}edgeType", message=message)])
        return edges[0], start, end

    async def _requested_link(
        self, context: OperationContext, session: Session, given: Mapping[str, Any], path: str
    ) -> LinkRequest:
        edge, start, end = await self._requested_ends(context, session, given, path)
        properties = self._edges.candidate(
            edge.edge_type,
            given.get("properties") or {},
            f"{path}.properties" if path else "properties",
        )
        return LinkRequest(edge, start, end, properties)

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
                wanted = await self._requested_link(context, session, plain, "")
                link = (wanted.start, wanted.end, wanted.properties)
                outcomes = await context.writer.link(session, wanted.edge, [link])
                return {"outcome": outcomes[0]}

        description = "Connect two entities, or change what their relationship says."
        self._add(mutation, "link", description, self._link, payload, write)

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
                edge, start, end = await self._requested_ends(context, session, plain, "")
                key = None
                if given := plain.get("properties"):
                    key = self._edges.candidate(edge.edge_type, given, "properties").edge_key
                removed = await context.writer.unlink(session, edge, start, end, key)
                return {"removed": removed}

        description = (
            "Disconnect two entities. Where several relationships of the kind join them, "
            "`properties` tells which; without it all are removed."
        )
        self._add(mutation, "unlink", description, self._link, payload, write)

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
            label, entity_id = _parsed_id(self._registry, plain["id"], "id")
            if self._registry.entity(label).shared and not context.viewer.is_admin:
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

    def _add_bulk(self, mutation: GraphQLClass) -> None:
        given = input_type(
            "BulkUpsertInput", "Up to 1,000 entities and relationships, written all or none."
        )
        for label, model in self._registry.entities.items():
            entities = list_of(self._entities.type_of(label))
            add_input_field(given, model.plural, entities, f"Every {label} to write.")
        add_input_field(
            given, "links", list_of(self._link), "Relationships to write, after the entities."
        )
        _add_idempotency_key(given)
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

        async def write(context: OperationContext, plain: dict[str, Any]) -> BulkAnswer:
            return await self._write_bulk(context, plain)

        description = "Write many entities and relationships in one transaction."
        self._add(mutation, "bulk_upsert", description, given, payload, write)

    async def _write_bulk(self, context: OperationContext, plain: dict[str, Any]) -> BulkAnswer:
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
            written = await self._upsert_all(context, session, writes) if writes else []
            answer.entities = [
                (label, one.entity.id, one.outcome)
                for (label, _, _), one in zip(writes, written, strict=True)
            ]
            answer.links = await self._link_all(context, session, links)
            if key:
                await keep_answer(session, key, _bulk_document(answer))
        return answer

    async def _link_all(
        self, context: OperationContext, session: Session, links: Sequence[Mapping[str, Any]]
    ) -> list[Outcome]:
        wanted = [
            await self._requested_link(context, session, one, f"links.{place}")
            for place, one in enumerate(links)
        ]
        outcomes: dict[int, Outcome] = {}
        for edge in self._registry.edges:
            places = [place for place, one in enumerate(wanted) if one.edge is edge]
            if places:
                triples = [
                    (wanted[place].start, wanted[place].end, wanted[place].properties)
                    for place in places
                ]
                done = await context.writer.link(session, edge, triples)
                outcomes.update(zip(places, done, strict=True))
        return [outcomes[place] for place in range(len(wanted))]


def _add_idempotency_key(given: type[InputValue]) -> None:
    add_input_field(
        given,
        "idempotency_key",
        str,
        "Any text of your own: a second call with it answers what the first did, and writes once.",
    )


def _describe_outcome(member: Enum) -> str:
    return _OUTCOMES[Outcome(member.value)]


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


def _parsed_id(registry: Any, text: str, path: str) -> tuple[str, UUID]:
    try:
        return parse_global_id(registry, text, path)
    except ApiError as error:
        raise invalid([FieldError(path=path, message=error.message)]) from None


def _storable(text: str, path: str) -> str:
    try:
        return checked_text(text, path)
    except ApiError as error:
        raise invalid([FieldError(path=path, message=error.message)]) from None


def _typed(result: Any, payload: GraphQLClass) -> Any:
    """A refusal as it is, anything else inside its payload type, by which the union knows it."""
    if isinstance(result, Refusal):
        return result
    made = payload()
    made.value = result
    return made
