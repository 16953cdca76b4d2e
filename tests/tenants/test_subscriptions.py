"""Every subscription, while another tenant writes, with each lock alone."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from graph_api.core.api.execution import stream_operation
from graph_api.schema import graph_schema
from graph_api.settings import Settings
from tests.tenants.locks import Intruder, Locks, sessions_act_for
from tests.tenants.world import Known
from tests.viewers import member

KIND_OF = {
    "complianceChanged": "COMPLIANCE_STATUS",
    "ruleChanged": "RULE_VERSION",
    "ruleChangeAlerts": "RULE_CHANGE_ALERT",
    "checklistChanged": "CHECKLIST",
    "entityChanged": "ENTITY",
}
WRITE = """
with taken as (
    insert into public.tenant_journals as j (tenant_id, last_sequence) values ($1, 1)
    on conflict (tenant_id) do update set last_sequence = j.last_sequence + 1
    returning last_sequence
), written as (
    insert into public.change_log (tenant_id, sequence, kind, subject_id, after, cause, actor,
                                   occurred_at)
    select $1, last_sequence, $2, $3, '{}', 'mutation', 'test', now() from taken
)
select last_sequence, pg_notify('graph_api_feed', $1) from taken
"""


def test_no_subscription_is_left_out() -> None:
    root = graph_schema(Settings()).schema._schema.subscription_type
    assert root is not None
    assert set(root.fields) == set(KIND_OF)


async def heard(
    intruder: Intruder, locks: Locks, field: str, after: int, admin: Any, theirs: str
) -> dict[str, Any]:
    """What is heard first while the other tenant writes twice, and one's own once."""
    document = f"""subscription ($after: String) {{ {field}(after: $after) {{
        ... on ChangeRecord {{ subjectId }} }} }}"""
    services = intruder.guarded if locks.row_security else intruder.unguarded
    viewer = intruder.own if locks.statements else intruder.theirs
    with sessions_act_for(intruder.own.tenant_id):
        stream = stream_operation(
            intruder.schema.schema, services.operation(viewer), document, {"after": str(after)}
        )
        async with asyncio.timeout(20), aclosing(stream):
            first = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.2)
            own = intruder.own.tenant_id
            for tenant, subject in ((theirs, "theirs"), (theirs, "theirs"), (own, "own")):
                await admin.fetchrow(WRITE, tenant, KIND_OF[field], subject)
            return (await first).body


@pytest.mark.parametrize("field", KIND_OF)
async def test_a_subscription_tells_nothing_of_another_tenant(
    field: str, scratch: Intruder, known: Known, admin: Any, scratch_admin: Any
) -> None:
    def stranger() -> Intruder:
        return replace(scratch, own=member(f"own-{uuid4().hex[:12]}", subject="test"))

    theirs = known.tenant_id
    for locks, connection in ((Locks.BOTH, admin), (Locks.STATEMENTS, scratch_admin)):
        body = await heard(stranger(), locks, field, 0, connection, theirs)
        assert body["data"][field] == {"subjectId": "own"}, locks
    head = "select last_sequence from public.tenant_journals where tenant_id = $1"
    after = await admin.fetchval(head, theirs)
    body = await heard(stranger(), Locks.ROW_SECURITY, field, after, admin, theirs)
    assert body["errors"][0]["message"] == "after: is beyond the last change", body
    after = await scratch_admin.fetchval(head, theirs)
    body = await heard(stranger(), Locks.NEITHER, field, after, scratch_admin, theirs)
    assert body["data"][field] == {"subjectId": "theirs"}, "nothing to be heard proves nothing"
