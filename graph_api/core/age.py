"""What Apache AGE needs of every connection and of every server, in one place.

The measurements behind each setting are in `docs/decisions/`; `doctor` checks the same facts.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

GRAPH_NAME = "oilgas"

SESSION_SETTINGS = {
    "search_path": "ag_catalog,public",
    # a custom plan per call costs more than a lookup itself
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
    # compiling a plan costs more than any statement here takes
    "jit": "off",
    "application_name": "graph-api",
}

# Without these marks every index on a label table is lost under row-level security.
LEAKPROOF_FUNCTIONS = (
    "ag_catalog.agtype_access_operator(variadic ag_catalog.agtype[])",
    "ag_catalog.agtype_object_field_text(ag_catalog.agtype,text)",
    "ag_catalog.agtype_eq(ag_catalog.agtype,ag_catalog.agtype)",
    "ag_catalog.graphid_eq(ag_catalog.graphid,ag_catalog.graphid)",
    "pg_catalog.float8in(cstring)",
)


@dataclass(frozen=True, slots=True)
class AgeNotice:
    """Something about the server that could not be put right, and what to do about it."""

    problem: str
    remedy: str


async def prepare_connection(connection: Any) -> None:
    """Make a pooled connection ready: AGE loaded, and its first agtype prepare paid for.

    Raises asyncpg errors where AGE is neither preloaded nor loadable.
    """
    try:
        await connection.fetchval("select '1'::agtype")
    except asyncpg.UndefinedObjectError:
        return  # before the first migration there is no extension
    except asyncpg.PostgresError:
        await connection.execute("load 'age'")


async def assert_server_settings(connection: Any) -> list[AgeNotice]:
    """Re-assert what AGE's statements rely on, as far as privileges allow; returns the rest."""
    notices: list[AgeNotice] = []
    try:
        await connection.execute("alter function ag_catalog.age_unnest(ag_catalog.agtype) rows 10")
    except asyncpg.InsufficientPrivilegeError:
        notices.append(
            AgeNotice(
                "age_unnest is estimated at 1000 rows, so two-hop reads may scan whole tables",
                "as a superuser: alter function ag_catalog.age_unnest(agtype) rows 10",
            )
        )
    for function in LEAKPROOF_FUNCTIONS:
        try:
            await connection.execute(f"alter function {function} leakproof")
        except asyncpg.InsufficientPrivilegeError:
            notices.append(
                AgeNotice(
                    f"{function} is not leakproof, so row-level security would lose its indexes",
                    f"as a superuser: alter function {function} leakproof",
                )
            )
    return notices
