"""Manifests of documents, as the tools of frontends write them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate

from graph_api.core.trusted_documents import SHA256, digest_of


class ManifestError(Exception):
    """A manifest that cannot be registered; the message names each document and what is wrong."""


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    """One document of a manifest."""

    id: str
    operation_name: str | None
    text: str

    @property
    def sha256(self) -> str:
        """The digest of the text."""
        return digest_of(self.text)


def read_manifest(path: Path, schema: GraphQLSchema) -> list[ManifestDocument]:
    """The documents of a manifest, each valid against the schema; raises ManifestError, OSError.

    Three forms are known: Apollo's (`{"format": "apollo-persisted-query-manifest", "operations":
    [{"id", "name", "body"}]}`), a mapping of id to text as Relay writes it, and a `.graphql` file,
    whose document is registered under its digest.
    """
    text = path.read_text("utf-8")
    if path.suffix in (".graphql", ".gql"):
        found = [ManifestDocument(f"{SHA256}{digest_of(text)}", None, text)]
    else:
        found = list(_listed(path, text))
    checked = [_checked(one, schema) for one in found]
    problems = [one for one in checked if isinstance(one, str)]
    if problems:
        raise ManifestError("\n".join(problems))
    return [one for one in checked if isinstance(one, ManifestDocument)]


def _listed(path: Path, text: str) -> list[ManifestDocument]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ManifestError(f"{path} is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise ManifestError(f"{path} must hold a JSON object")
    if "operations" in given:
        entries = given["operations"]
        if not isinstance(entries, list) or not all(_is_operation(one) for one in entries):
            raise ManifestError(f"{path}: every operation needs an id and a body, both texts")
        return [ManifestDocument(one["id"], one.get("name"), one["body"]) for one in entries]
    if not all(isinstance(one, str) for one in given.values()):
        raise ManifestError(f"{path} must map ids to the texts of documents")
    return [ManifestDocument(key, None, one) for key, one in given.items()]


def _is_operation(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("id"), str)
        and isinstance(one.get("body"), str)
    )


def _checked(one: ManifestDocument, schema: GraphQLSchema) -> ManifestDocument | str:
    try:
        document = parse(one.text)
    except GraphQLError as error:
        return f"{one.id}: {error.message}"
    if errors := validate(schema, document):
        return f"{one.id}: {errors[0].message}"
    names = [
        node.name.value
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name is not None
    ]
    return ManifestDocument(one.id, one.operation_name or (names[0] if names else None), one.text)
