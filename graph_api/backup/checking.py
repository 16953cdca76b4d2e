"""Checks a restored database against the manifest, and that the service can work with it."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import asyncpg

from graph_api.audit.models import AuditVerification
from graph_api.audit.store import audited_tenants
from graph_api.audit.verification import verify_chain
from graph_api.backup.connecting import connected, rows_of_tables
from graph_api.backup.manifest import Manifest
from graph_api.backup.programs import BackupError, Target
from graph_api.core.database import Database
from graph_api.core.graph.cypher import cypher_parameters, cypher_statement
from graph_api.core.statements import statement
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.entities.graph import graph_registry
from graph_api.settings import Settings

_SUBJECT = "restore"
_KEY_FILES = {"audit_keys": "audit.key", "auth_secret": "auth.key"}


async def check_restored(
    target: Target, manifest: Manifest, migrated_since: Collection[int] = ()
) -> None:
    """Raise BackupError where the database is not what was backed up, or AGE cannot work on it.

    Rows are compared unless migrations have been applied since, which may add and remove some.
    """
    async with connected(target) as connection:
        if not migrated_since:
            rows, _ = await rows_of_tables(connection)
            names = rows.keys() | manifest.rows.keys()
            wrong = [
                f"{name} has {rows.get(name, 'no')} rows instead of {manifest.rows.get(name, 'no')}"
                for name in sorted(names)
                if rows.get(name) != manifest.rows.get(name)
            ]
            if wrong:
                raise BackupError(f"not everything came back: {'; '.join(wrong)}")
        await _check_numbering(connection)
        await _check_lookups(connection)


async def _check_numbering(connection: Any) -> None:
    """That the next vertex, edge and label get numbers that none has."""
    for row in await connection.fetch(statement("label_numbers").text):
        label = row["label"]
        if not row["is_right"]:
            raise BackupError(f"AGE does not find the label {label}: its graph's number is wrong")
        if row["last_label"] < row["label_number"]:
            raise BackupError(f"the numbering of labels is behind: {label} has a later one")
        named = statement("highest_number").fill(table=row["label_table"])
        highest = await connection.fetchrow(named.text)
        if highest is None:
            continue
        if highest["label_number"] != row["label_number"] or highest["number"] > row["last_given"]:
            raise BackupError(f"the numbering of {label} is behind what its table holds")


async def _check_lookups(connection: Any) -> None:
    """That a lookup in each label, in Cypher, is planned by the index of its key."""
    async with connection.transaction():
        await connection.execute(statement("prefer_indexes").text)
        for label in graph_registry().entities:
            lookup = cypher_statement("vertices_by_field", label=label, field="id")
            plan = await connection.fetchval(
                statement("explain").fill(statement=lookup.text).text,
                cypher_parameters(values=["x"], tenant="x"),
            )
            if f'"Index Name": "{label}_id"' not in plan:
                raise BackupError(f"a lookup in {label} does not use its index {label}_id")


def with_keys_kept(settings: Settings, elsewhere: Path) -> Settings:
    """Settings with the keys that are here, and another directory for those that are not.

    A database that is only looked at must not leave a new key behind: it would vouch for nothing
    that was restored, and hide that the old one is missing.
    """
    kept = {
        name: path.read_text("ascii").strip()
        for name, file in _KEY_FILES.items()
        if getattr(settings, name) is None and (path := settings.data_dir / file).exists()
    }
    return settings.model_copy(update={**kept, "data_dir": elsewhere})


async def verified_audits(
    settings: Settings, target: Target
) -> list[tuple[str, AuditVerification]]:
    """Each tenant with what its audit chain is found to be."""
    try:
        database = await Database.connect(target.dsn, settings)
    except (OSError, asyncpg.PostgresError) as error:
        raise BackupError(f"the restored database cannot be reached: {error}") from error
    try:
        tenants = await audited_tenants(database, Viewer(SHARED_TENANT, _SUBJECT, "system"))
        return [
            (one, await verify_chain(database, Viewer(one, _SUBJECT, "system"))) for one in tenants
        ]
    finally:
        await database.close()
