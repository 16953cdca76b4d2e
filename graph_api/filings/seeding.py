"""The checklist templates that come with the service, written for all tenants."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.database import Database
from graph_api.core.journal import Cause
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.filings.models import ChecklistItemDefinition
from graph_api.filings.store import seed_template

_TEMPLATES = Path(__file__).with_name("templates.toml")


@dataclass(frozen=True, slots=True)
class TemplateSeed:
    """One template version of `templates.toml`."""

    domain: ComplianceDomain
    version: int
    items: tuple[ChecklistItemDefinition, ...]


@cache
def template_seeds() -> tuple[TemplateSeed, ...]:
    """The templates in `templates.toml`; raises ValidationError for an item that is malformed."""
    with _TEMPLATES.open("rb") as file:
        entries = tomllib.load(file)["template"]
    return tuple(
        TemplateSeed(
            ComplianceDomain[entry["domain"]],
            entry["version"],
            tuple(ChecklistItemDefinition.model_validate(one) for one in entry["items"]),
        )
        for entry in entries
    )


async def load_template_seeds(database: Database) -> int:
    """Write the templates that are missing, and say how many; changes nothing that is there."""
    viewer = Viewer(
        SHARED_TENANT, subject="migration", actor_type="system", administers_shared=True
    )
    written = 0
    async with database.transaction(viewer, "loadChecklistTemplates", Cause.IMPORT) as session:
        for seed in template_seeds():
            template = await seed_template(session, seed.domain, seed.version, seed.items)
            written += template is not None
    return written
