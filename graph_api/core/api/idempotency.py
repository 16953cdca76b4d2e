"""Idempotency keys: the same key gives the same result once, whoever asks again."""

import hashlib
from typing import Any

import orjson

from graph_api.core.api.outcomes import Conflict, Refused
from graph_api.core.database import Session
from graph_api.core.statements import statement


async def earlier_answer(
    session: Session, key: str, mutation: str, given: object
) -> dict[str, Any] | None:
    """Claim a key in this transaction, or give what was answered under it before.

    Raises Refused with a Conflict where the key was used for another mutation or another input.
    """
    fingerprint = hashlib.sha256(
        orjson.dumps(given, option=orjson.OPT_SORT_KEYS, default=str)
    ).hexdigest()
    tenant = session.viewer.tenant_id
    claimed = await session.fetch(
        statement("claim_idempotency_key"), tenant, key, mutation, fingerprint
    )
    if claimed:
        return None
    rows = await session.fetch(statement("answer_of_idempotency_key"), tenant, key)
    if (rows[0]["mutation"], rows[0]["fingerprint"]) != (mutation, fingerprint):
        raise Refused(
            Conflict(
                message="the idempotency key was used before with another input",
                path="idempotencyKey",
            )
        )
    answer: dict[str, Any] = orjson.loads(rows[0]["answer"])
    return answer


async def keep_answer(session: Session, key: str, answer: dict[str, Any]) -> None:
    """Keep what is answered under a claimed key, in the write's own transaction."""
    await session.fetch(
        statement("record_idempotent_answer"),
        session.viewer.tenant_id,
        key,
        orjson.dumps(answer).decode(),
    )
