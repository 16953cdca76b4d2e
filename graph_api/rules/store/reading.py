"""Reads rules as they were in force on a day, by what was known of them at a moment."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import orjson

from graph_api.core.database import Database, Row
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.rules.models import RuleDomain, RuleSource, RuleStatus, RuleType, RuleVersion


async def rules_in_force(
    database: Database,
    viewer: Viewer,
    valid_on: date,
    known_at: datetime | None = None,
    identifiers: Sequence[str] | None = None,
    domains: Sequence[RuleDomain] | None = None,
) -> list[RuleVersion]:
    """The version of each rule in force on a day, by what was known at a moment or is known now.

    A tenant's own version of a rule stands before the one that all tenants share, on the days for
    which there is one. In order of identifier.
    """
    rows = await database.fetch(
        viewer,
        statement("rules_in_force"),
        viewer.tenant_id,
        valid_on,
        known_at,
        None if identifiers is None else list(identifiers),
        None if domains is None else [one.lower() for one in domains],
        None,
    )
    return [version_of_row(row) for row in rows]


async def rules_of_regulations(
    database: Database,
    viewer: Viewer,
    rule_ids: Sequence[str],
    valid_on: date,
    known_at: datetime | None = None,
) -> dict[str, list[RuleVersion]]:
    """The versions in force under regulations, by the regulation's rule id; field rules too."""
    rows = await database.fetch(
        viewer,
        statement("rules_in_force"),
        viewer.tenant_id,
        valid_on,
        known_at,
        None,
        None,
        list(rule_ids),
    )
    found: dict[str, list[RuleVersion]] = {one: [] for one in rule_ids}
    for row in rows:
        version = version_of_row(row)
        found[version.regulation_rule_id].append(version)
    return found


async def rule_timeline(
    database: Database, viewer: Viewer, identifier: str, known_at: datetime | None = None
) -> list[RuleVersion]:
    """Every version of a rule, whatever its status: shared ones first, then the tenant's own."""
    return (await rule_timelines(database, viewer, [identifier], known_at))[identifier]


async def rule_timelines(
    database: Database,
    viewer: Viewer,
    identifiers: Sequence[str],
    known_at: datetime | None = None,
) -> dict[str, list[RuleVersion]]:
    """Every version of each of several rules."""
    rows = await database.fetch(
        viewer, statement("rule_timeline"), viewer.tenant_id, list(identifiers), known_at
    )
    found: dict[str, list[RuleVersion]] = {one: [] for one in identifiers}
    for row in rows:
        version = version_of_row(row)
        found[version.rule_identifier].append(version)
    return found


async def rule_versions_by_ids(
    database: Database,
    viewer: Viewer,
    ids: Sequence[UUID],
    known_at: datetime | None = None,
) -> dict[UUID, RuleVersion]:
    """Versions by id, of the tenant's own and the shared ones; unknown ids are left out."""
    rows = await database.fetch(
        viewer,
        statement("rule_versions_by_ids"),
        viewer.tenant_id,
        [str(one) for one in ids],
        known_at,
    )
    return {version.id: version for version in map(version_of_row, rows)}


def version_of_row(row: Row) -> RuleVersion:
    """A version from a row of `rule_versions_known`."""
    return RuleVersion(
        id=row["id"],
        created_at=row["detected_at"],
        updated_at=row["changed_at"],
        tenant_id=row["tenant_id"],
        rule_type=RuleType[row["rule_type"].upper()],
        rule_domain=RuleDomain[row["rule_domain"].upper()],
        rule_identifier=row["rule_identifier"],
        version=row["version"],
        effective_date=row["effective_date"],
        superseded_date=row["superseded_date"],
        source=RuleSource[row["source"].upper()],
        source_reference=row["source_reference"],
        rule_data=orjson.loads(row["rule_data"]),
        graph_node_id=row["graph_node_id"],
        change_summary=row["change_summary"],
        detected_at=row["detected_at"],
        detected_by=row["detected_by"],
        status=RuleStatus[row["status"].upper()],
        superseded_by_id=row["superseded_by"],
    )
