"""Examines what the service stands on: each finding says what was seen and what to do about it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from graph_api.core.age import (
    AGE_FUNCTIONS,
    PRIVILEGES_NEEDED,
    SERVING_ROLE,
    SESSION_SETTINGS,
    UNNEST,
    AgeUnavailableError,
    notice_of,
)
from graph_api.core.database import Database
from graph_api.core.errors import ApiError
from graph_api.core.graph.indexes import ExpectedIndex, key_indexes, reading_indexes
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.migrations import MigrationError, migrations
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings

_VIEWER = Viewer("", "doctor")
_OLDEST_POSTGRESQL = 17
_OLDEST_EXTENSIONS = {"age": (1, 5), "vector": (0, 7)}


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    """The service works, more slowly or less safely than it should."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw."""

    check: str
    verdict: Verdict
    found: str
    remedies: tuple[str, ...] = ()
    """What to do about it; empty where all is well."""


@dataclass(slots=True)
class Examination:
    """One examination of one database."""

    dsn: str
    settings: Settings
    registry: GraphRegistry
    database: Database
    is_superuser: bool = False

    async def findings(self) -> list[Finding]:
        """Every finding, in the order in which to put things right."""
        found = [await self.server()]
        found += await self.extensions()
        found.append(await self.applied_migrations())
        if any(one.verdict is Verdict.FAIL for one in found):
            return found  # what follows would only repeat that
        checks: tuple[tuple[str, Callable[[], Awaitable[Finding]]], ...] = (
            ("preloaded library", self.preloaded_library),
            ("age_unnest estimate", self.unnest_estimate),
            ("leakproof functions", self.leakproof_functions),
            ("row-level security", self.row_security),
            ("session settings", self.session_settings),
            ("labels", self.labels),
            ("unique keys", self.unique_keys),
            ("reading indexes", self.reading_indexes),
        )
        for name, check in checks:
            try:
                found.append(await check())
            except (asyncpg.PostgresError, ApiError) as error:
                advice = "grant the role what the message says, or run graph-api migrate"
                found.append(Finding(name, Verdict.FAIL, str(error), (advice,)))
        return found

    async def server(self) -> Finding:
        """That the server answers, and is new enough."""
        # as whoever logs in, who may be somebody else than serves
        connection = await asyncpg.connect(self.dsn, timeout=self.settings.connect_timeout_seconds)
        try:
            row = (await connection.fetch(statement("server_facts").text))[0]
        finally:
            await connection.close()
        self.is_superuser = row["is_superuser"]
        found = f"PostgreSQL {row['version']} as {row['role_name']}"
        if row["version_number"] < _OLDEST_POSTGRESQL * 10_000:
            advice = f"use a server of PostgreSQL {_OLDEST_POSTGRESQL} or later"
            return Finding("database", Verdict.FAIL, found, (advice,))
        return Finding("database", Verdict.OK, found)

    async def extensions(self) -> list[Finding]:
        """That AGE and pgvector are there, in versions the statements are written for."""
        rows = await self.database.fetch(
            _VIEWER, statement("extension_facts"), list(_OLDEST_EXTENSIONS)
        )
        return [
            _extension_finding(row["name"], row["available"], row["installed"], self.is_superuser)
            for row in rows
        ]

    async def applied_migrations(self) -> Finding:
        """That the database has the schema of this version."""
        try:
            missing = await self.database.pending_migrations()
        except MigrationError as error:
            advice = "see above which version of graph-api goes with this database"
            return Finding("migrations", Verdict.FAIL, str(error), (advice,))
        if missing:
            names = ", ".join(f"{one.number:04}_{one.name}" for one in missing)
            return Finding("migrations", Verdict.FAIL, f"missing: {names}", ("graph-api migrate",))
        return Finding("migrations", Verdict.OK, f"all {len(migrations())} applied")

    async def preloaded_library(self) -> Finding:
        """That a session knows AGE before it uses it, whatever client opened it."""
        check = "preloaded library"
        connection = await asyncpg.connect(self.dsn, timeout=self.settings.connect_timeout_seconds)
        try:
            await connection.fetch(statement("probe_preloaded_age").text)
        except asyncpg.InternalServerError:
            return Finding(
                check,
                Verdict.WARN,
                "the server does not preload AGE; graph-api loads it itself, other clients fail",
                ("set shared_preload_libraries = 'age' in postgresql.conf and restart",),
            )
        finally:
            await connection.close()
        return Finding(check, Verdict.OK, "AGE is loaded before a session's first statement")

    async def unnest_estimate(self) -> Finding:
        """That the planner takes a list of keys for a short one."""
        return await self._function_finding("age_unnest estimate", [UNNEST], self._severity())

    async def leakproof_functions(self) -> Finding:
        """That row-level security would keep the indexes."""
        functions = [one for one in AGE_FUNCTIONS if one != UNNEST]
        return await self._function_finding("leakproof functions", functions, Verdict.WARN)

    async def row_security(self) -> Finding:
        """That the database itself keeps tenants apart, for the role that serves."""
        rows = await self.database.fetch(_VIEWER, statement("row_security_facts"))
        check = "row-level security"
        open_tables = [row["relation"] for row in rows if not row["is_in_force"]]
        if open_tables:
            advice = "graph-api restore, or run again the statements of migration 0010 for them"
            found = f"not in force on {', '.join(open_tables)}"
            return Finding(check, Verdict.FAIL, found, (advice,))
        if not all(row["holds_this_role"] for row in rows):
            advice = f"as a superuser: grant {SERVING_ROLE} to the role of GRAPH_API_DATABASE_URL"
            return Finding(check, Verdict.FAIL, "the role that serves passes it by", (advice,))
        return Finding(check, Verdict.OK, f"in force on all {len(rows)} tables")

    def _severity(self) -> Verdict:
        # without the privilege nothing can be done here, and the service works
        return Verdict.FAIL if self.is_superuser else Verdict.WARN

    async def _function_finding(
        self, check: str, functions: list[str], verdict: Verdict
    ) -> Finding:
        rows = await self.database.fetch(_VIEWER, statement("age_function_facts"), functions)
        notices = [notice for row in rows if (notice := notice_of(row)) is not None]
        if not notices:
            return Finding(check, Verdict.OK, "as graph-api migrate sets it")
        remedies = ["graph-api migrate"] if self.is_superuser else []
        return Finding(
            check,
            verdict,
            "; ".join(one.problem for one in notices),
            tuple(remedies or [one.remedy for one in notices]),
        )

    async def session_settings(self) -> Finding:
        """That a pooled connection really runs with the settings it asked for."""
        rows = await self.database.fetch(
            _VIEWER, statement("session_facts"), [*SESSION_SETTINGS, "statement_timeout"]
        )
        in_force = {row["name"]: row["value"] for row in rows}
        timeout = str(int(self.settings.statement_timeout_seconds * 1000))
        wanted = {**SESSION_SETTINGS, "statement_timeout": timeout}
        wrong = [
            f"{name} is {in_force.get(name)!r} instead of {value!r}"
            for name, value in wanted.items()
            if in_force.get(name) != value
        ]
        if not wrong:
            return Finding("session settings", Verdict.OK, "in force on a pooled connection")
        return Finding(
            "session settings",
            Verdict.FAIL,
            "; ".join(wrong),
            ("connect to PostgreSQL itself: something between drops the start-up settings",),
        )

    async def labels(self) -> Finding:
        """That the graph has a table for every label."""
        rows = await self.database.fetch(_VIEWER, statement("label_facts"))
        there = {row["name"] for row in rows}
        calls = {one.label: one.repair for one in key_indexes(self.registry)}
        missing = [label for label in calls if label not in there]
        if not missing:
            return Finding("labels", Verdict.OK, f"all {len(calls)} are there")
        return Finding(
            "labels",
            Verdict.FAIL,
            f"missing: {', '.join(missing)}",
            tuple(calls[label] for label in missing),
        )

    async def unique_keys(self) -> Finding:
        """That two writers cannot make two vertices of one key, or two edges of one."""
        return await self._index_finding("unique keys", key_indexes(self.registry))

    async def reading_indexes(self) -> Finding:
        """That no list, lookup or traversal has to scan a whole label."""
        return await self._index_finding("reading indexes", reading_indexes(self.registry))

    async def _index_finding(self, check: str, expected: Iterable[ExpectedIndex]) -> Finding:
        rows = await self.database.fetch(_VIEWER, statement("index_facts"))
        there = {(row["label"], row["name"]): row for row in rows}
        problems: list[str] = []
        remedies: list[str] = []
        count = 0
        for index in expected:
            count += 1
            row = there.get((index.label, index.name))
            if row is None:
                problems.append(f"{index.name} is missing")
                remedies.append(index.repair)
            elif not row["is_valid"] or (index.is_unique and not row["is_unique"]):
                state = "not unique" if row["is_valid"] else "invalid"
                problems.append(f"{index.name} is {state}")
                remedies.append(index.replacement)
        if not problems:
            return Finding(check, Verdict.OK, f"all {count} indexes are valid")
        advice = tuple(dict.fromkeys(remedies))
        return Finding(check, Verdict.FAIL, "; ".join(problems), advice)


async def examine(dsn: str, settings: Settings, registry: GraphRegistry) -> list[Finding]:
    """Every finding about a database; never raises for what is wrong with it."""
    small_pool = settings.model_copy(update={"pool_min_size": 1, "pool_max_size": 1})
    try:
        database = await Database.connect(dsn, small_pool)
    except AgeUnavailableError as error:
        return [Finding("age", Verdict.FAIL, str(error), ("see the message above",))]
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        return [unreachable(str(error) or type(error).__name__)]
    try:
        return await Examination(dsn, settings, registry, database).findings()
    except (ApiError, asyncpg.PostgresError) as error:
        return [unreachable(str(error))]
    finally:
        await database.close()


HOW_TO_REACH = (
    "check GRAPH_API_DATABASE_URL and that its server runs and admits this role; "
    "unset it to use an embedded server in GRAPH_API_DATA_DIR"
)


def unreachable(reason: str) -> Finding:
    """The finding where there is no database to examine."""
    return Finding(
        "database",
        Verdict.FAIL,
        reason,
        (HOW_TO_REACH,),
    )


def _extension_finding(
    name: str, available: str | None, installed: str | None, is_superuser: bool
) -> Finding:
    check = f"extension {name}"
    if available is None and installed is None:
        package = {"age": "postgresql-NN-age", "vector": "postgresql-NN-pgvector"}[name]
        advice = f"install the package {package} of the server's PostgreSQL version NN"
        return Finding(check, Verdict.FAIL, "the server does not have it", (advice,))
    if installed is None:
        # pgvector is a trusted extension, which the owner of a database may create; AGE is not
        may_create = is_superuser or name != "age"
        advice = "graph-api migrate" if may_create else PRIVILEGES_NEEDED
        return Finding(check, Verdict.FAIL, "not created in the database", (advice,))
    if _version(installed) < _OLDEST_EXTENSIONS[name]:
        oldest = ".".join(str(part) for part in _OLDEST_EXTENSIONS[name])
        advice = f"install {oldest} or later, then: alter extension {name} update"
        return Finding(check, Verdict.FAIL, f"version {installed} is too old", (advice,))
    if available not in (None, installed):
        found = f"version {installed}, while the server has {available}"
        return Finding(check, Verdict.WARN, found, (f"alter extension {name} update",))
    return Finding(check, Verdict.OK, f"version {installed}")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
