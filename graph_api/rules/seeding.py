"""The rules that come with the service, written for all tenants."""

import tomllib
from functools import cache
from pathlib import Path

from graph_api.core.database import Database
from graph_api.core.journal import Cause
from graph_api.core.viewer import SHARED_TENANT, Reach, Viewer
from graph_api.rules.models import NewRuleVersion
from graph_api.rules.store import OnSuperseded, lock_rule, publish_version, timeline_in

_SEEDS = Path(__file__).with_name("seeds.toml")


@cache
def rule_seeds() -> tuple[NewRuleVersion, ...]:
    """The versions in `seeds.toml`; raises ValidationError for one that breaks its schema."""
    with _SEEDS.open("rb") as file:
        entries = tomllib.load(file)["rule"]
    return tuple(
        NewRuleVersion.model_validate({**entry, "detected_by": "graph-api"}) for entry in entries
    )


async def load_rule_seeds(database: Database, on_superseded: OnSuperseded | None = None) -> int:
    """Publish the rules that are missing, and say how many; changes nothing where they are there.

    A version is there if one of its rule takes effect on the same day, whatever has become of it.
    """
    viewer = Viewer(
        SHARED_TENANT, subject="migration", actor_type="system", administers_shared=True
    )
    written = 0
    async with database.transaction(
        viewer, "loadRuleSeeds", Cause.IMPORT, reach=Reach.ALL
    ) as session:
        for identifier in sorted({one.rule_identifier for one in rule_seeds()}):
            await lock_rule(session, identifier)
            there = {one.effective_date for one in await timeline_in(session, identifier)}
            for seed in rule_seeds():
                if seed.rule_identifier == identifier and seed.effective_date not in there:
                    await publish_version(session, seed, on_superseded)
                    written += 1
    return written
