"""Whose rows a transaction may write is decided by the service, whatever a client sends."""

import ast
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from graph_api.core.database import Database
from graph_api.core.permissions import Role
from graph_api.core.statements import named_statements
from graph_api.core.viewer import SHARED_TENANT, Reach, Viewer
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.core.graph.worlds import sql
from tests.tenants.attempts import GIVEN, SPACING, attempts
from tests.tenants.locks import Intruder, Locks
from tests.tenants.test_mutations import stranger
from tests.tenants.world import Known
from tests.viewers import member

PACKAGE = Path(__file__).parents[2] / "graph_api"
ATTEMPTS = list(attempts(graph_schema(Settings())))
SAY_MORE = {
    "auth/store": "whoever signs in has no tenant yet; what presents itself says whose it is",
    "audit/store.py": "the operator's command asks which tenants there are",
    "rules/mutations.py": "a shared rule changes what hangs on it in every tenant",
    "rules/seeding.py": "so do the rules that come with the service",
}
"""What may ask for more than the viewer's own reach, and why."""


def test_few_ask_for_more_and_each_has_a_reason() -> None:
    asking = set()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in (
                "Reach.ALL",
                "Reach.SHARED",
            ):
                asking.add(name)
    assert {one for one in asking if not one.startswith((*SAY_MORE, "core/"))} == set()
    for place in SAY_MORE:
        assert any(one.startswith(place) for one in asking), f"{place} asks for nothing any more"
    assert {one for one in asking if one.startswith("core/")} == {"core/database.py"}


def test_few_statements_say_for_whom_a_transaction_acts() -> None:
    saying = {
        name
        for name, one in named_statements().items()
        if "app.tenant_id" in one.text or "app.reach" in one.text
    }
    by_itself = {"acting_alone", "entity_by_key"}
    assert saying == {"act_for_tenant", "act_for_tenant_literally", *by_itself}
    for name in by_itself:
        assert "'app.reach', 'own'" in named_statements()[name].text


@pytest.fixture
def reaches(monkeypatch: pytest.MonkeyPatch) -> list[Reach | None]:
    """The reach of every transaction from now on."""
    seen: list[Reach | None] = []
    open_transaction = Database.transaction

    @asynccontextmanager
    async def watched(
        self: Database, viewer: Viewer, *given: Any, reach: Reach | None = None
    ) -> AsyncIterator[Any]:
        seen.append(reach)
        if viewer.administers_shared:
            seen.append(Reach.SHARED)
        async with open_transaction(self, viewer, *given, reach=reach) as session:
            yield session

    monkeypatch.setattr(Database, "transaction", watched)
    return seen


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_no_mutation_of_a_tenants_own_reaches_further(
    attempt: Any, intruder: Intruder, known: Known, reaches: list[Reach | None]
) -> None:
    """With everything in the input that might ask for more."""
    given = attempt.given(known)
    if attempt.mutation == "createRuleVersion":
        given = {**given, "shared": True}
    await stranger(intruder).ask(Locks.BOTH, attempt.document, {"input": given})
    assert set(reaches) <= {None}


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.ADMIN])
async def test_a_member_of_the_shared_tenant_is_no_administrator_by_that(
    role: Role, intruder: Intruder, known: Known, reaches: list[Reach | None]
) -> None:
    someone = Viewer(SHARED_TENANT, "someone", roles=frozenset({role}))
    document = """mutation ($input: CreateRuleVersionInput!) {
        createRuleVersion(input: $input) { __typename } }"""
    for shared in (True, False):
        given = {
            "ruleIdentifier": "SWR_37",
            "ruleType": "STATEWIDE",
            "ruleDomain": "SPACING",
            "effectiveDate": "2030-01-01",
            "source": "MANUAL",
            "ruleData": SPACING,
            "shared": shared,
        }
        asker = replace(intruder, own=someone)
        answer = await asker.ask(Locks.BOTH, document, {"input": given})
        denied = answer.get("errors") or answer["data"]["createRuleVersion"]["__typename"]
        assert denied == "Forbidden" or denied[0]["extensions"]["code"] == "FORBIDDEN"
    template = """mutation ($input: CreateChecklistTemplateInput!) {
        createChecklistTemplate(input: $input) { __typename } }"""
    given = GIVEN["createChecklistTemplate"](known)
    answer = await replace(intruder, own=someone).ask(Locks.BOTH, template, {"input": given})
    denied = answer.get("errors") or answer["data"]["createChecklistTemplate"]["__typename"]
    assert denied == "Forbidden" or denied[0]["extensions"]["code"] == "FORBIDDEN"
    assert Reach.ALL not in reaches


INSERT = sql(
    """insert into public.idempotency_keys (tenant_id, key, mutation, fingerprint, answer)
    values ($1, gen_random_uuid()::text, '', '', 'null') returning key"""
)


@pytest.mark.parametrize(
    ("reach", "writes"),
    [(Reach.OWN, {"own"}), (Reach.SHARED, {"own"}), (Reach.ALL, {"own", "other", "*"})],
)
async def test_the_database_holds_a_transaction_to_its_reach(
    reach: Reach, writes: set[str], intruder: Intruder
) -> None:
    written = set()
    for tenant in ("own", "other", "*"):
        try:
            async with intruder.guarded.database.transaction(
                member("own"), "test", reach=reach
            ) as session:
                await session.fetch(INSERT, tenant)
        except asyncpg.InsufficientPrivilegeError as error:
            assert "row-level security" in str(error)
        else:
            written.add(tenant)
    assert written == writes
