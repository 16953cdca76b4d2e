"""A failure at any statement leaves nothing: no record, no audit entry, no change."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from graph_api.core.api.as_of import texas_day
from graph_api.core.database import Database, Row, Session
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.statements import Statement
from tests.filings.filing_world import DONE, FilingWorld

TABLES = (
    *("checklist_templates", "filing_checklists", "checklist_artifacts", "filing_rule_snapshots"),
    *("rule_change_alerts", "rule_versions", "audit_logs", "change_log", "tenant_journals"),
    "idempotency_keys",
)
Act = Callable[[FilingWorld], Awaitable[Callable[[], Awaitable[Any]]]]


async def creating(world: FilingWorld) -> Callable[[], Awaitable[Any]]:
    return lambda: world.do(
        "createChecklist",
        entityId=world.lease_id,
        complianceDomain="RULE_32",
        idempotencyKey="once",
    )


async def templating(world: FilingWorld) -> Callable[[], Awaitable[Any]]:
    items = [{"name": "A", "itemType": "DATA", "completionMethod": "USER"}]
    return lambda: world.do(
        "createChecklistTemplate", complianceDomain="RULE_32", items=items, idempotencyKey="once"
    )


def stepping(status: str, name: str, /, **given: Any) -> Act:
    async def act(world: FilingWorld) -> Callable[[], Awaitable[Any]]:
        checklist = await world.at(status)
        return lambda: world.do(name, id=checklist["id"], **given)

    return act


async def acknowledging(world: FilingWorld) -> Callable[[], Awaitable[Any]]:
    await world.checklist()
    await world.publish(40, texas_day() - timedelta(days=1))
    found = await world.ask("{ ruleChangeAlerts { nodes { id } } }")
    alert = found["ruleChangeAlerts"]["nodes"][0]
    return lambda: world.do("acknowledgeRuleChange", id=alert["id"])


async def activating(world: FilingWorld) -> Callable[[], Awaitable[Any]]:
    await world.checklist()
    return lambda: world.publish(40, texas_day() - timedelta(days=1))


ACTS: dict[str, Act] = {
    "createChecklist": creating,
    "createChecklistTemplate": templating,
    "updateChecklistItem": stepping("DRAFT", "updateChecklistItem", itemIndex=0, **DONE),
    "attachArtifact": stepping(
        "DRAFT",
        "attachArtifact",
        itemIndex=0,
        artifactType="DOCUMENT",
        text="t",
        **{"name": "n", "idempotencyKey": "once"},
    ),
    "submitForReview": stepping("READY_FOR_REVIEW", "submitForReview"),
    "approveChecklist": stepping("IN_REVIEW", "approveChecklist"),
    "rejectChecklist": stepping("IN_REVIEW", "rejectChecklist", reason="r"),
    "fileChecklist": stepping("APPROVED", "fileChecklist"),
    "markChecklistException": stepping("DRAFT", "markChecklistException", reason="r"),
    "acknowledgeRuleChange": acknowledging,
    "activation": activating,
}


class Fault:
    """Lets so many statements of transactions pass, and fails the next one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.seen: list[str] = []
        fetch = Session.fetch

        async def counted(session: Session, given: Statement, *values: object) -> Sequence[Row]:
            if session._journal is None:
                return await fetch(session, given, *values)
            self.seen.append(given.name)
            if self.left is not None:
                if self.left == 0:
                    raise ApiError(ErrorCode.UNAVAILABLE, "injected")
                self.left -= 1
            return await fetch(session, given, *values)

        monkeypatch.setattr(Session, "fetch", counted)


async def stored(sql: Any, tenant: str) -> list[list[Any]]:
    return [
        await sql.fetch(
            f"select to_jsonb(t)::text from {table} t where tenant_id = $1 order by 1",  # noqa: S608
            tenant,
        )
        for table in TABLES
    ]


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_a_failure_at_any_statement_leaves_nothing(
    world: FilingWorld, sql: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    act = await ACTS[name](world)
    before = await stored(sql, world.viewer.tenant_id)
    fault = Fault(monkeypatch)
    place = 0
    while True:
        fault.left, fault.seen = place, []
        try:
            await act()
        except (AssertionError, ApiError):
            assert await stored(sql, world.viewer.tenant_id) == before, fault.seen
            place += 1
            continue
        break
    assert fault.seen[-1] == "sign_journal"
    assert place == len(fault.seen) >= 6, "every statement was made to fail once"
    after = await stored(sql, world.viewer.tenant_id)
    assert after != before
    for table, old, new in zip(TABLES, before, after, strict=True):
        if table == "audit_logs":
            assert len(new) == len(old) + 1
        if table == "change_log":
            assert len(new) > len(old)


async def test_a_cancelled_caller_leaves_nothing(
    world: FilingWorld, database: Database, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = await creating(world)
    before = await stored(sql, world.viewer.tenant_id)
    reached = asyncio.Event()
    fetch = Session.fetch

    async def hanging(session: Session, given: Statement, *values: object) -> Sequence[Row]:
        if given.name == "sign_journal":
            reached.set()
            await asyncio.sleep(60)
        return await fetch(session, given, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "fetch", hanging)
        task = asyncio.ensure_future(act())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await stored(sql, world.viewer.tenant_id) == before
    assert (await act())["__typename"] == "ChecklistPayload"
