"""What Apache AGE needs of every connection and of every server, in one place.

The measurements behind each setting are in `docs/decisions/`; `doctor` checks the same facts.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

from graph_api.core.statements import statement

GRAPH_NAME = "oilgas"

SERVING_ROLE = "graph_api_service"
"""The role that serves: it owns nothing, and row-level security holds it."""

SESSION_SETTINGS = {
    "search_path": "ag_catalog,public",
    # a custom plan per call costs more than a lookup itself
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
    # compiling a plan costs more than any statement here takes
    "jit": "off",
    "application_name": "graph-api",
    # a client that is stuck must not hold locks for ever
    "lock_timeout": "15000",
    "idle_in_transaction_session_timeout": "60000",
}

CONNECTION_SETTINGS = {
    # nor one whose machine is gone; over a Unix socket they mean nothing
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

UNNEST = "ag_catalog.age_unnest(ag_catalog.agtype)"
UNNEST_ROWS = 10
"""Rows the planner must expect of a list of keys, instead of the 1000 it supposes by itself."""

LEAKPROOF_FUNCTIONS = (
    "ag_catalog.agtype_access_operator(ag_catalog.agtype[])",
    "ag_catalog.agtype_object_field_text(ag_catalog.agtype,text)",
    "ag_catalog.agtype_eq(ag_catalog.agtype,ag_catalog.agtype)",
    "ag_catalog.graphid_eq(ag_catalog.graphid,ag_catalog.graphid)",
    # where a page of a relationship begins or ends
    "ag_catalog.graphid_gt(ag_catalog.graphid,ag_catalog.graphid)",
    "ag_catalog.graphid_lt(ag_catalog.graphid,ag_catalog.graphid)",
    # a number of a label is its text, read as one
    "pg_catalog.textout(text)",
    "pg_catalog.float8in(cstring)",
    "pg_catalog.ts_match_vq(tsvector,tsquery)",
    "pg_catalog.arraycontains(anyarray,anyarray)",
)
"""Functions without whose mark row-level security would lose indexes: of the labels, of search, and
of the audit by record."""

AGE_FUNCTIONS = (UNNEST, *LEAKPROOF_FUNCTIONS)

PRIVILEGES_NEEDED = (
    "as a superuser, in this database: create extension if not exists age; "
    "create extension if not exists vector schema public; "
    "grant usage on schema ag_catalog to ROLE; "
    "ROLE being the one of GRAPH_API_DATABASE_URL, which should own the database"
)
"""What a superuser must do for a role that is none; AGE itself grants nothing to anybody."""


class AgeUnavailableError(Exception):
    """AGE is installed in the database and cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class AgeNotice:
    """Something about the server that could not be put right, and what to do about it."""

    problem: str
    remedy: str


async def prepare_connection(connection: Any) -> None:
    """Make a pooled connection ready: AGE loaded, and its first agtype prepare paid for.

    Where the server does not preload the library, the first call of one of its functions loads
    it, for every role; only `LOAD` itself is for superusers. Raises AgeUnavailableError where the
    role may not use AGE or the server lacks its library.
    """
    try:
        await connection.fetchval(statement("load_age").text)
    except (asyncpg.UndefinedObjectError, asyncpg.InvalidSchemaNameError):
        return  # before the first migration there is no extension
    except asyncpg.InsufficientPrivilegeError as error:
        raise AgeUnavailableError(
            f"this role may not use AGE ({error}); {PRIVILEGES_NEEDED}"
        ) from error
    except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError):
        raise  # the server went away meanwhile, which says nothing of AGE
    except asyncpg.PostgresError as error:
        raise AgeUnavailableError(
            f"the server cannot load AGE ({error}); install the package of AGE for its version "
            "of PostgreSQL, such as postgresql-18-age, and set shared_preload_libraries = 'age'"
        ) from error


class RowSecurityError(Exception):
    """The service would run past row-level security; the message says what to do."""


async def serving_options(dsn: str, connect_timeout_seconds: float) -> dict[str, Any]:
    """How to connect as the role that row-level security holds: arguments for the driver.

    It logs in as that role where it can without a password, as on an embedded server. Elsewhere
    whoever logs in acts as that role, if it is another. Raises RowSecurityError where the role
    that logs in is above row-level security and may not act as another.
    """
    options: dict[str, Any] = {
        "dsn": dsn,
        "timeout": connect_timeout_seconds,
        "server_settings": {**SESSION_SETTINGS, **CONNECTION_SETTINGS},
    }
    connection = await asyncpg.connect(**options)
    try:
        role = (await connection.fetch(statement("serving_role").text))[0]
    finally:
        await connection.close()
    if not role["is_serving"] and role["may_serve"]:
        if role["is_local"] and await _connects(login := {**options, "user": SERVING_ROLE}):
            return login
        options["server_settings"] |= {"role": SERVING_ROLE}
        return options
    if role["bypasses"] and role["is_protected"]:
        raise RowSecurityError(
            "the database role passes row-level security by, and may not act as "
            f"{SERVING_ROLE}; as a superuser: grant {SERVING_ROLE} to ROLE; or give "
            "GRAPH_API_DATABASE_URL a role of its own"
        )
    return options


async def _connects(options: dict[str, Any]) -> bool:
    try:
        await (await asyncpg.connect(**options)).close()
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    return True


async def assert_server_settings(connection: Any) -> list[AgeNotice]:
    """Re-assert what AGE's statements rely on, as far as privileges allow; returns the rest."""
    rows = await connection.fetch(statement("age_function_facts").text, list(AGE_FUNCTIONS))
    notices = []
    for row in rows:
        notice = notice_of(row)
        if notice is not None and not (row["is_present"] and await _put_right(connection, row)):
            notices.append(notice)
    return notices


async def _put_right(connection: Any, row: Any) -> bool:
    """Whether the role could set what a function lacks."""
    wanted = statement("estimate_age_unnest")
    if row["signature"] != UNNEST:
        wanted = statement("mark_leakproof").fill(function=row["signature"])
    try:
        await connection.execute(wanted.text)
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


def notice_of(row: Any) -> AgeNotice | None:
    """What is wrong with one row of `age_function_facts`; None where nothing is."""
    function = row["signature"]
    if not row["is_present"]:
        return AgeNotice(f"this version of AGE has no {function}", "install a version from 1.5 on")
    if function == UNNEST:
        if row["rows_estimated"] == UNNEST_ROWS:
            return None
        return AgeNotice(
            f"age_unnest is estimated at {row['rows_estimated']:g} rows, "
            "so lookups and reads of two hops may scan whole tables",
            f"as a superuser: {statement('estimate_age_unnest').text}",
        )
    if row["is_leakproof"]:
        return None
    return AgeNotice(
        f"{function} is not leakproof, so row-level security would lose its indexes",
        f"as a superuser: {statement('mark_leakproof').fill(function=function).text}",
    )
