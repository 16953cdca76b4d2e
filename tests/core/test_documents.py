"""Documents are limited in depth and aliases, and a known one is not validated again."""

from typing import Any

import pytest
from graphql import validate

from graph_api.core.api.execution import run_operation
from graph_api.core.context import Services
from graph_api.core.viewer import Viewer
from graph_api.schema import graph_schema
from tests.conftest import Execute


async def test_a_known_document_is_not_validated_again(
    run: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated: list[Any] = []

    def counted(*arguments: Any, **named: Any) -> Any:
        validated.append(arguments)
        return validate(*arguments, **named)

    monkeypatch.setattr("graph_api.core.api.documents.validate", counted)
    document = "query KnownDocument { wells(first: 1) { nodes { apiNumber } } }"
    for _ in range(3):
        assert "errors" not in (await run(document)).body
    assert len(validated) == 1


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{ wells { nodes { leases { nodes { name } } } } }", "depth"),
        ("{ a: __typename b: __typename c: __typename }", "aliases"),
    ],
)
async def test_too_deep_or_too_many_aliases_is_refused_every_time(
    services: Services, viewer: Viewer, document: str, complaint: str
) -> None:
    narrow = services.settings.model_copy(
        update={"document_max_depth": 3, "document_max_aliases": 2}
    )
    schema = graph_schema(narrow).schema
    for _ in range(2):
        result = await run_operation(schema, services.operation(viewer), document)
        assert not result.executed
        assert complaint in result.body["errors"][0]["message"]
        assert "data" not in result.body
