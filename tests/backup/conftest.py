"""A service with something of everything in it, and one backup of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph_api.backup.dumping import back_up
from graph_api.core.api.schema import GraphSchema
from graph_api.core.migrations import migrate
from graph_api.demo import load_sample
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.seeding import load_rule_seeds
from tests.backup.places import TENANT, VIEWER, Place, owned_database, place, settings_in
from tests.backup.questions import remembered

# A name that a command line, a URL or a shell could trip over.
AWKWARD = 'it\'s a "place" of its own'

LEASE = """{ leases(first: 1, orderBy: [{field: NAME}]) { nodes { id } } }"""
ASSESS = """mutation { assessCompliance(input: {asOf: "2025-06-15"}) {
  ... on AssessCompliancePayload { assessedCount } } }"""
CREATE = """mutation($id: ID!) { createChecklist(input: {
    entityId: $id, complianceDomain: FLARING_MONITOR}) {
  __typename ... on ChecklistPayload { checklist { id } }
  ... on ValidationError { errors { path message } } ... on NotFound { path message } } }"""
ATTACH = """mutation($id: UUID!) { attachArtifact(input: {id: $id, itemIndex: 0,
    artifactType: DOCUMENT, name: "note", contentType: "text/plain",
    text: "measured by hand"}) { __typename ... on ValidationError { errors { path message } } } }"""
RULE = """mutation($data: JSON!) { createRuleVersion(input: {ruleIdentifier: "SWR_32_LOCAL",
    ruleType: STATEWIDE, ruleDomain: FLARING, effectiveDate: "2024-01-01", source: MANUAL,
    ruleData: $data}) { __typename ... on RuleVersionPayload { ruleVersion { id } }
  ... on ValidationError { errors { path message } } } }"""
WELL = """mutation($api: String!, $name: String!) { upsertWell(input: {well: {
    apiNumber: $api, wellName: $name}}) { __typename ... on UpsertWellPayload { well { id } }
    ... on ValidationError { errors { path message } } } }"""


@pytest.fixture(scope="package")
async def source(
    tmp_path_factory: pytest.TempPathFactory, schema: GraphSchema
) -> AsyncIterator[Place]:
    """The sample, loaded and worked with over the API."""
    directory = tmp_path_factory.mktemp("source") / AWKWARD
    settings = settings_in(directory)
    async with owned_database(settings) as target:
        await migrate(target.dsn)
        async with place(settings, schema) as whole:
            await load_reference_data(whole.database)
            await load_rule_seeds(whole.database, mark_snapshots_stale)
            await load_template_seeds(whole.database)
            await load_sample(whole.database, TENANT, directory)
            await work(whole)
            yield whole


async def work(whole: Place) -> None:
    """What an analyst does: assesses, files, attaches, writes a rule, adds wells."""
    lease = (await whole.data(LEASE))["leases"]["nodes"][0]
    assert (await whole.data(ASSESS))["assessCompliance"]["assessedCount"] > 10
    made = await whole.data(CREATE, {"id": lease["id"]})
    assert "checklist" in made["createChecklist"], made
    checklist = made["createChecklist"]["checklist"]["id"]
    attached = await whole.data(ATTACH, {"id": checklist})
    assert attached["attachArtifact"]["__typename"] == "ChecklistArtifactPayload", attached
    written = await whole.data(RULE, {"data": {"small_volume_mcf_per_day": 40}})
    assert written["createRuleVersion"]["__typename"] == "RuleVersionPayload", written
    for number in range(1, 6):
        await add_well(whole, number)


async def add_well(whole: Place, number: int) -> str:
    """A well of a number, written over the API; its id."""
    given = {"api": f"42-501-{number:05}", "name": f"DRILLED {number}"}
    answer = (await whole.data(WELL, given, VIEWER))["upsertWell"]
    assert answer["__typename"] == "UpsertWellPayload", answer
    return str(answer["well"]["id"])


@pytest.fixture(scope="package")
async def asked(source: Place) -> dict[str, Any]:
    """What a client of the source keeps between its questions."""
    return await remembered(source)


@pytest.fixture(scope="package")
async def backup_file(source: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the source."""
    path = tmp_path_factory.mktemp("backups") / 'o\'clock "1" $HOME.tar'
    await back_up(source.target, path)
    return path
