"""Rule versions to write, and the shortest ways to write them."""

import uuid
from datetime import date
from typing import Any

from graph_api.core.database import Database
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.rules.models import (
    NewRuleVersion,
    RuleDomain,
    RuleSource,
    RuleStatus,
    RuleType,
    RuleVersion,
)
from graph_api.rules.store import activate, create_version, publish_version, reject, submit
from tests.viewers import member

SHARED = member(SHARED_TENANT, subject="test", administers_shared=True)


def fresh_identifier() -> str:
    """An identifier that no other test uses, for rules that all tenants see."""
    return f"SWR_{uuid.uuid4().hex[:12]}"


def spacing(
    identifier: str, effective_date: date, lease_line_ft: float = 467, **changed: Any
) -> NewRuleVersion:
    content: dict[str, Any] = {
        "rule_type": RuleType.STATEWIDE,
        "rule_domain": RuleDomain.SPACING,
        "rule_identifier": identifier,
        "effective_date": effective_date,
        "source": RuleSource.MANUAL,
        "rule_data": {
            "min_distance_to_lease_line_ft": lease_line_ft,
            "min_distance_between_wells_ft": 1200,
        },
    }
    return NewRuleVersion.model_validate({**content, **changed})


async def created(database: Database, viewer: Viewer, new: NewRuleVersion) -> RuleVersion:
    async with database.transaction(viewer, "test") as session:
        return await create_version(session, new)


async def published(database: Database, viewer: Viewer, new: NewRuleVersion) -> RuleVersion:
    async with database.transaction(viewer, "test") as session:
        return await publish_version(session, new)


async def moved(
    database: Database, viewer: Viewer, version: RuleVersion, wanted: RuleStatus
) -> RuleVersion:
    """The version after the one step that leads to a status."""
    async with database.transaction(viewer, "test") as session:
        if wanted is RuleStatus.PENDING_REVIEW:
            return await submit(session, version.id)
        if wanted is RuleStatus.DRAFT:
            return await reject(session, version.id, "not yet")
        return await activate(session, version.id)
