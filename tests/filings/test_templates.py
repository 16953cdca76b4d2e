"""Checklist templates: those that come with the service, and a tenant's own versions."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database
from graph_api.filings.seeding import load_template_seeds, template_seeds
from tests.filings.filing_world import FilingWorld

SHOWN = """query($domain: ComplianceDomain, $every: Boolean) {
  checklistTemplates(domain: $domain, everyVersion: $every) {
    id complianceDomain version isShared minRequiredItems items { name required } } }"""


def items(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "itemType": "DATA", "completionMethod": "USER", **more} for name in names
    ]


def test_every_domain_has_a_template_with_required_items() -> None:
    seeds = template_seeds()
    assert {one.domain for one in seeds} == set(ComplianceDomain)
    assert len({(one.domain, one.version) for one in seeds}) == len(seeds)
    for seed in seeds:
        assert any(item.required for item in seed.items)
        assert all(item.description for item in seed.items)
        for item in seed.items:
            needs_user = item.completion_method.value in ("USER", "AGENT_THEN_USER")
            assert (item.user_role is not None) == needs_user, item.name
            needs_agent = "AGENT" in item.completion_method.value
            assert (item.agent_role is not None) == needs_agent, item.name


async def test_loading_them_again_changes_nothing(
    database: Database, sql: Any, seeded: None
) -> None:
    state = "select to_jsonb(t)::text from checklist_templates t where tenant_id = '*' order by 1"
    before = await sql.fetch(state)
    assert len(before) == len(template_seeds())
    assert await load_template_seeds(database) == 0
    assert await sql.fetch(state) == before


async def test_a_tenants_own_template_stands_before_the_shared_one(world: FilingWorld) -> None:
    shared = (await world.ask(SHOWN, domain="RULE_32"))["checklistTemplates"]
    assert [one["isShared"] for one in shared] == [True]
    begun = await world.checklist()
    given = {"complianceDomain": "RULE_32", "items": [*items("A"), *items("B", required=False)]}
    made = (await world.do("createChecklistTemplate", **given))["template"]
    assert (made["version"], made["isShared"], made["minRequiredItems"]) == (1, False, [0])
    again = (await world.do("createChecklistTemplate", **given))["template"]
    assert again["version"] == 2
    (used,) = (await world.ask(SHOWN, domain="RULE_32"))["checklistTemplates"]
    assert used["id"] == again["id"]
    every = (await world.ask(SHOWN, domain="RULE_32", every=True))["checklistTemplates"]
    assert [(one["isShared"], one["version"]) for one in every] == [
        *((False, 2), (False, 1), (True, 1))
    ]
    fresh = await world.checklist()
    assert [one["name"] for one in fresh["items"]] == ["A", "B"]
    assert fresh["missingItems"] == ["A"]
    kept = await world.ask(
        "query($id: UUID!) { checklist(id: $id) { items { name } } }", id=begun["id"]
    )
    assert len(kept["checklist"]["items"]) == 5
    older = await world.checklist(templateId=made["id"])
    assert older["items"][0]["name"] == "A"
    stranger = replace(world.viewer, tenant_id=f"other-{uuid4().hex}")
    seen = await world.ask(SHOWN, stranger, domain="RULE_32", every=True)
    assert [one["isShared"] for one in seen["checklistTemplates"]] == [True]


async def test_versions_increase_without_gaps_under_concurrent_writers(world: FilingWorld) -> None:
    answers = await asyncio.gather(
        *(
            world.do("createChecklistTemplate", complianceDomain="RULE_32", items=items(f"I{one}"))
            for one in range(8)
        )
    )
    versions = sorted(one["template"]["version"] for one in answers)
    assert versions == list(range(1, 9))


async def test_a_key_writes_one_version(world: FilingWorld) -> None:
    given = {"complianceDomain": "RULE_32", "items": items("A"), "idempotencyKey": "k"}
    first = await world.do("createChecklistTemplate", **given)
    assert await world.do("createChecklistTemplate", **given) == first
    other = await world.do("createChecklistTemplate", **{**given, "items": items("B")})
    assert (other["__typename"], other["path"]) == ("Conflict", "idempotencyKey")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([], "items"),
        (items("A", "a"), "items"),
        (items(*(f"I{one}" for one in range(101))), "items"),
        (items("A", ""), "items.1.name"),
        (items("x" * 201), "items.0.name"),
        (items("a\0b"), "items.0.name"),
        (items("A", userRole=""), "items.0.userRole"),
    ],
)
async def test_wrong_templates_are_refused_and_named(
    world: FilingWorld, given: list[dict[str, Any]], path: str
) -> None:
    answer = await world.do("createChecklistTemplate", complianceDomain="RULE_32", items=given)
    assert answer["__typename"] == "ValidationError", answer
    assert [one["path"] for one in answer["errors"]] == [path]


async def test_a_template_never_changes(world: FilingWorld, sql: Any) -> None:
    await world.do("createChecklistTemplate", complianceDomain="RULE_32", items=items("A"))
    for statement in (
        "update checklist_templates set version = 9",
        "delete from checklist_templates",
    ):
        with pytest.raises(Exception, match="append-only"):
            await sql.execute(f"{statement} where tenant_id = $1", world.viewer.tenant_id)
