"""Restores a backup: into an empty database, or beside a full one whose place it then takes."""

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from graph_api.backup.archive import Archive, opened_archive
from graph_api.backup.checking import check_restored
from graph_api.backup.connecting import connected
from graph_api.backup.dumping import EXTENSIONS
from graph_api.backup.manifest import Manifest
from graph_api.backup.programs import BackupError, Target, client_program, listing, run
from graph_api.backup.replacing import replaced_database
from graph_api.core.age import AgeNotice
from graph_api.core.migrations import Migration, MigrationError, migrate, migrations
from graph_api.core.statements import statement

_MOST_JOBS = 4
# Entries that extensions bring by themselves, or that are given to whoever owns the target.
_LEFT_OUT = (" SCHEMA - ag_catalog ", " EXTENSION - ", " COMMENT - EXTENSION ", " DEFAULT ACL ")
# Entries of what belongs to the server's administrator, who restores, and not to the owner.
_ADMINISTRATORS = (" ag_catalog ", " SCHEMA ag_catalog ", " SCHEMA public ", " SCHEMA - public ")
_POLICY = re.compile(r"\d+; \d+ \d+ (ROW SECURITY|POLICY) ")

Tell = Callable[[str], None]


@dataclass(slots=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    replaced: bool
    applied: list[Migration] = field(default_factory=list)
    notices: list[AgeNotice] = field(default_factory=list)
    roles_made: list[str] = field(default_factory=list)
    settings_lost: list[str] = field(default_factory=list)
    """Settings that the replaced database had of its own, and that the new one lacks."""


async def restore(target: Target, path: Path, *, force: bool, tell: Tell) -> Restored:
    """Restore a backup and check it; `tell` hears of each step.

    A database that holds something is refused without `force`. With it the backup is restored and
    checked beside the database, which is replaced only then. Raises BackupError; a database that
    was empty may then hold part of the backup, one that was to be replaced is as it was.
    """
    with (
        tempfile.TemporaryDirectory(prefix="graph-api-restore-") as scratch,
        opened_archive(path, Path(scratch)) as archive,
    ):
        tell(f"{path} is whole, and of {archive.manifest.created_at:%Y-%m-%d %H:%M:%S %Z}")
        _refuse_newer(archive.manifest)
        async with connected(target) as connection:
            facts = await connection.fetchrow(statement("restore_target").text)
            found = await connection.fetch(statement("objects_in_database").text)
            await _refuse_unfit(connection, facts, archive.manifest, replaces=bool(found))
            if found and not force:
                raise BackupError(
                    f"the database {facts['database']} is not empty: it has {found[0]['name']}. "
                    "Restore into a new one, or give --force to replace all that it holds"
                )
            made = await _make_roles(connection, facts, archive.manifest, tell)
            if found:
                async with replaced_database(target, connection, facts["database"], tell) as place:
                    done = await _fill(place.target, archive, tell)
                done.replaced, done.settings_lost = True, place.settings_lost
            else:
                done = await _restore_in_place(target, archive, tell)
            done.roles_made = made
            return done


async def _restore_in_place(target: Target, archive: Archive, tell: Tell) -> Restored:
    try:
        return await _fill(target, archive, tell)
    except BackupError as error:
        raise BackupError(
            f"{error}\nThe database holds an unfinished restore: do not use it. "
            "Restore again with --force, or drop it"
        ) from error


async def _fill(target: Target, archive: Archive, tell: Tell) -> Restored:
    """Restore into an empty database, repair what AGE keeps, and check the whole."""
    manifest = archive.manifest
    async with connected(target) as connection:
        facts = await connection.fetchrow(statement("restore_target").text)
        await _make_extensions(connection, facts)
    major = max(facts["version_number"] // 10_000, int(manifest.pg_dump_version.partition(".")[0]))
    program = client_program("pg_restore", major)
    owners, administrators, policies = _lists(listing(program, archive.dump))
    jobs = f"--jobs={min(os.cpu_count() or 1, _MOST_JOBS)}"
    as_owner = f"--role={facts['owner']}"
    chosen = archive.dump.with_name("chosen.list")
    for entries, how in ((owners, (as_owner, jobs)), (policies, (as_owner,)), (administrators, ())):
        chosen.write_text("\n".join([*entries, ""]), "utf-8")
        common = ("--exit-on-error", "--no-owner", f"--use-list={chosen}")
        await run(program, target, *common, *how, str(archive.dump))
    rows = sum(manifest.rows.values())
    tell(f"restored {rows:,} rows, of them {manifest.vertices_and_edges:,} vertices and edges")
    async with connected(target) as connection:
        await _repair(connection, facts, manifest)
        await connection.execute(statement("analyze_database").text)
    try:
        applied, notices = await migrate(target.dsn)
    except (MigrationError, asyncpg.PostgresError) as error:
        raise BackupError(f"the restored database could not be migrated: {error}") from error
    await check_restored(target, manifest, {one.number for one in applied})
    tell("checked: rows, numbering of labels, lookups by index")
    return Restored(manifest, False, applied, notices)


def _lists(entries: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Entries to restore as the database's owner, those of the administrator, and the policies.

    Policies come after all that the owner restores: forced, they would hold the owner too, and
    foreign keys could not be checked.
    """
    owners, administrators, policies = [], [], []
    for one in entries:
        if any(part in one for part in _LEFT_OUT):
            continue
        if _POLICY.match(one):
            policies.append(one)
        elif any(part in one for part in _ADMINISTRATORS):
            administrators.append(one)
        else:
            owners.append(one)
    return owners, administrators, policies


async def _repair(connection: Any, facts: Any, manifest: Manifest) -> None:
    """Put right what names the graph by a number, and grant what later objects are to have."""
    async with connection.transaction():
        row = await connection.fetchrow(statement("repair_graph_ids").text)
        if row["label_count"] < len(manifest.labels):
            raise BackupError(
                f"the graph has {row['label_count']} labels, and {len(manifest.labels)} were backed up"
            )
        for one in manifest.default_privileges:
            command = await connection.fetchval(
                statement("default_privilege_command").text,
                facts["owner"],
                one.schema_name,
                one.kind,
                one.privilege,
                one.grantee,
                one.is_grantable,
            )
            await connection.execute(command)


def _refuse_newer(manifest: Manifest) -> None:
    known = {one.number: one.checksum for one in migrations()}
    for one in manifest.migrations:
        if one.number not in known:
            raise BackupError(
                f"the backup has migration {one.number:04}, which this version does not know: it "
                f"was made by graph-api {manifest.graph_api_version}; restore it with that version "
                "or a newer one"
            )
        if one.checksum != known[one.number]:
            raise BackupError(
                f"the backup's migration {one.number:04} is another one than this version's"
            )


async def _refuse_unfit(connection: Any, facts: Any, manifest: Manifest, *, replaces: bool) -> None:
    """Raise BackupError where the server is too old, or the role lacks what a restore takes."""
    major = facts["version_number"] // 10_000
    if major < manifest.server_major:
        raise BackupError(
            f"the backup is of PostgreSQL {manifest.server_version}, and the server of {major}; "
            "restore it into a server of that version or a later one"
        )
    rows = await connection.fetch(statement("extension_facts").text, EXTENSIONS)
    for row in rows:
        there = row["installed"] or row["available"]
        wanted = manifest.extensions.get(row["name"], "0")
        if there is None or _numbers(there) < _numbers(wanted):
            raise BackupError(
                f"the backup needs the extension {row['name']} {wanted} or later, and the server "
                f"has {there or 'none'}"
            )
    if facts["is_superuser"]:
        return
    if replaces:
        raise BackupError(
            f"replacing a database takes a superuser, and {facts['role_name']} is none; "
            "restore into an empty database instead"
        )
    ready = all(row["installed"] for row in rows)
    granted = await connection.fetchval(statement("graph_catalog_privileges").text)
    if not (ready and granted and facts["sees_all_rows"]):
        role = facts["role_name"]
        raise BackupError(
            f"a restore takes a superuser, and {role} is none; or, as a superuser in the database "
            "to restore into: create extension age; create extension vector schema public; "
            f"alter role {role} bypassrls; grant usage on schema ag_catalog to {role} with grant option; "
            f"grant select, insert, update on ag_catalog.ag_graph, ag_catalog.ag_label to {role}"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


async def _make_roles(connection: Any, facts: Any, manifest: Manifest, tell: Tell) -> list[str]:
    """Make the roles that grants and policies name and the server lacks, without a password."""
    made = []
    names = [one.name for one in manifest.roles]
    rows = await connection.fetch(statement("roles_present").text, names)
    there = {row["name"] for row in rows}
    for one in manifest.roles:
        if one.name in there:
            continue
        command = await connection.fetchval(statement("role_command").text, one.name, one.can_login)
        try:
            await connection.execute(command)
        except asyncpg.InsufficientPrivilegeError as error:
            raise BackupError(
                f"the server lacks the role {one.name}, and {facts['role_name']} may not make it; "
                f"as a superuser: {command}"
            ) from error
        made.append(one.name)
        tell(f"made the role {one.name}, without a password: see docs/backup.md")
    return made


async def _make_extensions(connection: Any, facts: Any) -> None:
    await connection.execute(statement("create_age").text)
    await connection.execute(statement("create_vector").text)
    if facts["is_superuser"]:
        command = await connection.fetchval(statement("grant_age_command").text, facts["owner"])
        await connection.execute(command)
