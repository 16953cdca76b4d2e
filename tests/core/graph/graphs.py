"""Documents that the tests of writing and walking the graph send again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import Viewer

REFUSALS = """... on ValidationError { message errors { path message } }
  ... on NotFound { message path } ... on Conflict { message path } ... on Forbidden { message }"""

LINK = f"""mutation ($input: LinkInput!) {{ link(input: $input) {{ __typename
  ... on LinkPayload {{ outcome }} {REFUSALS} }} }}"""

UNLINK = f"""mutation ($input: LinkInput!) {{ unlink(input: $input) {{ __typename
  ... on UnlinkPayload {{ removed }} {REFUSALS} }} }}"""

DELETE = f"""mutation ($input: DeleteEntityInput!) {{ deleteEntity(input: $input) {{ __typename
  ... on DeleteEntityPayload {{ deletedId relationshipsRemoved }} {REFUSALS} }} }}"""

BULK = f"""mutation ($input: BulkUpsertInput!) {{ bulkUpsert(input: $input) {{ __typename
  ... on BulkUpsertPayload {{ createdCount updatedCount unchangedCount nodes {{ id }} }}
  {REFUSALS} }} }}"""


@dataclass
class Caller:
    """One viewer at the API."""

    services: Services
    schema: GraphSchema
    viewer: Viewer

    async def result(self, document: str, variables: dict[str, Any]) -> OperationResult:
        return await run_operation(
            self.schema.schema, self.services.operation(self.viewer), document, variables
        )

    async def data(self, document: str, **variables: Any) -> Any:
        """The data of a document; any error fails the test."""
        result = await self.result(document, variables)
        assert "errors" not in result.body, result.body["errors"]
        return result.body["data"]

    async def one(self, document: str, **variables: Any) -> Any:
        """The answer of a document with one root field."""
        (answer,) = (await self.data(document, **variables)).values()
        return answer

    async def upsert(self, label: str, fields: str = "id", /, key: str = "", **given: Any) -> Any:
        """The answer of one upsert; the entity under `node`."""
        name = label[0].lower() + label[1:]
        document = f"""mutation ($input: Upsert{label}Input!) {{
          upsert{label}(input: $input) {{ __typename
            ... on Upsert{label}Payload {{ outcome node: {name} {{ {fields} }} }} {REFUSALS} }} }}"""
        wanted = {name: given} | ({"idempotencyKey": key} if key else {})
        return await self.one(document, input=wanted)

    async def id_of(self, label: str, /, **given: Any) -> str:
        """The global id of an upserted entity."""
        answer = await self.upsert(label, **given)
        assert "node" in answer, answer
        found: str = answer["node"]["id"]
        return found

    async def link(self, edge_type: str, start: str, end: str, **properties: Any) -> Any:
        """The answer of linking two entities by global id."""
        return await self.one(LINK, input=_link(edge_type, start, end, properties))

    async def unlink(self, edge_type: str, start: str, end: str, **properties: Any) -> Any:
        """The answer of unlinking two entities by global id."""
        return await self.one(UNLINK, input=_link(edge_type, start, end, properties))

    async def delete(self, node_id: str) -> Any:
        """The answer of deleting an entity."""
        return await self.one(DELETE, input={"id": node_id})

    async def found(self, text: str, kinds: Sequence[str] = ()) -> list[str]:
        """The titles that a search finds."""
        document = """query ($text: String!, $kinds: [EntityKind!]) {
          search(text: $text, kinds: $kinds) { nodes { title } } }"""
        answer = await self.one(document, text=text, kinds=list(kinds) or None)
        return [one["title"] for one in answer["nodes"]]


def _link(edge_type: str, start: str, end: str, properties: dict[str, Any]) -> dict[str, Any]:
    wanted = {"edgeType": edge_type, "from": {"id": start}, "to": {"id": end}}
    return wanted | ({"properties": properties} if properties else {})


def id_of(entity: GraphEntity) -> str:
    """The global id of an entity."""
    return global_id(entity.label(), entity.id)
