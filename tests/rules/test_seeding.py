"""The rules that come with the service: whole, sourced, written once, and found in the graph."""

import asyncio
import tomllib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

import graph_api.rules
from graph_api.core.database import Database
from graph_api.core.viewer import Viewer
from graph_api.entities.reference_data import load_reference_data
from graph_api.rules.models import RuleDomain, governing_rule
from graph_api.rules.seeding import load_rule_seeds, rule_seeds
from graph_api.rules.store import rule_timeline, rules_in_force
from graph_api.settings import Settings
from tests.databases import migrated_database

VIEWER = Viewer("somebody", subject="test")


@pytest.fixture
async def own_database(database_url: str, settings: Settings) -> AsyncIterator[Database]:
    """A migrated database of the test's own: seeds are seen by all tenants."""
    async with migrated_database(database_url) as url:
        database = await Database.connect(url, settings)
        yield database
        await database.close()


def test_every_seed_says_where_it_is_from() -> None:
    seeds = {one.rule_identifier: one for one in rule_seeds()}
    assert set(seeds) == {
        *("SWR_37", "SWR_38", "SWR_32", "FORM_PR"),
        *("40_CFR_60_OOOO", "40_CFR_60_OOOOa", "40_CFR_60_OOOOb"),
    }
    assert all(len(one.source_reference or "") > 20 for one in seeds.values())
    assert all(len(one.change_summary or "") > 50 for one in seeds.values())


def test_seeds_set_what_the_rules_set() -> None:
    data = {one.rule_identifier: one.rule_data for one in rule_seeds()}
    assert data["SWR_37"] == {
        "min_distance_to_lease_line_ft": 467,
        "min_distance_between_wells_ft": 1200,
    }
    assert data["SWR_38"]["acres_per_well"] == 40
    assert data["SWR_32"] == {
        "test_days_after_completion": 10,
        "step_days": 45,
        "administrative_max_days": 180,
        "small_volume_mcf_per_day": 50,
        "small_volume_gas_well_mcf_per_day": 15,
    }
    assert data["FORM_PR"] == {
        "form_number": "PR",
        "due_working_day": "last",
        "months_after": 1,
    }


def test_the_subparts_follow_one_another_without_a_gap() -> None:
    subparts = [
        one.rule_data for one in rule_seeds() if one.rule_domain is RuleDomain.ENVIRONMENTAL
    ]
    spans = [(one["applies_from"], one.get("applies_to")) for one in subparts]
    assert spans == [
        ("2011-08-24", "2015-09-18"),
        ("2015-09-19", "2022-12-06"),
        ("2022-12-07", None),
    ]
    assert [one.get("tank_methane_tons_per_year") for one in subparts] == [None, None, 20]


async def test_seeds_are_written_once_whoever_writes_them(own_database: Database) -> None:
    written = await asyncio.gather(*(load_rule_seeds(own_database) for _ in range(3)))
    assert sorted(written) == [0, 0, len(rule_seeds())]
    assert await load_rule_seeds(own_database) == 0
    for seed in rule_seeds():
        timeline = await rule_timeline(own_database, VIEWER, seed.rule_identifier)
        assert [one.version for one in timeline] == [1]
        assert timeline[0].rule_data == seed.rule_data
        assert timeline[0].is_shared
    in_force = await rules_in_force(own_database, VIEWER, date(2024, 6, 1))
    assert len(in_force) == len(rule_seeds())
    spacing = governing_rule(in_force, RuleDomain.SPACING)
    assert spacing is not None
    assert spacing.rule_identifier == "SWR_37"


async def test_every_seed_finds_its_regulation(own_database: Database) -> None:
    await load_reference_data(own_database)
    await load_rule_seeds(own_database)
    rows = {one.regulation_rule_id for one in await rules_in_force(own_database, VIEWER, date.max)}
    reference = Path(graph_api.rules.__file__).parents[1] / "entities/reference/regulations.csv"
    known = {line.split(",")[0] for line in reference.read_text("utf-8").splitlines()[1:]}
    assert rows <= known


def test_the_file_holds_nothing_that_is_not_read() -> None:
    text = Path(graph_api.rules.__file__).with_name("seeds.toml").read_text("utf-8")
    assert list(tomllib.loads(text)) == ["rule"]
    assert len(tomllib.loads(text)["rule"]) == len(rule_seeds())
