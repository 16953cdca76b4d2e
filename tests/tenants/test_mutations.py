"""Every mutation, given what is another tenant's: nothing happens, and nothing is told."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.tenants.attempts import NAME_NOBODY, Attempt, attempts
from tests.tenants.locks import Intruder, Locks
from tests.tenants.probes import text_of
from tests.tenants.rows import stored_rows
from tests.tenants.world import Known
from tests.viewers import member

SCHEMA = graph_schema(Settings())
ATTEMPTS = list(attempts(SCHEMA))


def stranger(intruder: Intruder) -> Intruder:
    """Somebody of yet another tenant, which has nothing either."""
    return replace(intruder, own=member(f"own-{uuid4().hex[:12]}", subject="test"))


def test_no_mutation_is_left_out() -> None:
    root = SCHEMA.schema._schema.mutation_type
    assert root is not None
    assert {one.mutation for one in ATTEMPTS} | set(NAME_NOBODY) == set(root.fields)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_a_mutation_by_anothers_ids_does_and_tells_nothing(
    attempt: Attempt, intruder: Intruder, known: Known, admin: Any, unguarded_admin: Any
) -> None:
    """The answer is the one for what never was, and every row of the other stays as it is."""
    ghost, swaps = known.ghost()
    before = await stored_rows(admin, known.tenant_id)
    unguarded_before = await stored_rows(unguarded_admin, known.tenant_id)
    document, variables = attempt.document, attempt.variables(known)
    nothing = await stranger(intruder).ask(Locks.BOTH, document, attempt.variables(ghost))
    assert "errors" not in nothing, nothing
    for locks in (Locks.BOTH, Locks.STATEMENTS):
        answer = await stranger(intruder).ask(locks, document, variables)
        assert text_of(answer, swaps) == text_of(nothing, {}), locks
    # what only the database stops is answered in many ways
    await intruder.ask(Locks.ROW_SECURITY, document, variables)
    assert await stored_rows(admin, known.tenant_id) == before
    assert await stored_rows(unguarded_admin, known.tenant_id) == unguarded_before


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_without_either_lock_the_same_mutation_would_have_an_effect(
    attempt: Attempt, scratch: Intruder, known: Known, scratch_admin: Any
) -> None:
    before = await stored_rows(scratch_admin, known.tenant_id)
    answer = await scratch.ask(Locks.NEITHER, attempt.document, attempt.variables(known))
    assert answer["data"][attempt.mutation]["__typename"].endswith("Payload"), answer
    assert await stored_rows(scratch_admin, known.tenant_id) != before
