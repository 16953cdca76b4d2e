"""Idempotency keys: the same key gives the same result once, whoever asks again."""

import hashlib
import json
from typing import Any

import orjson

from graph_api.core.api.building import InputValue, add_input_field
from graph_api.core.api.outcomes import Conflict, Refused
from graph_api.core.database import Session
from graph_api.core.statements import statement

_LONGEST_KEPT = 200


async def earlier_answer(
    session: Session, key: str, mutation: str, given: object
) -> dict[str, Any] | None:
    """Claim a key in this transaction, or give what was answered under it before.

    Raises Refused with a Conflict where the key was used for another mutation or another input.
    """
    session.idempotency_key = key
    fingerprint = _digest(json.dumps(given, sort_keys=True, default=str))
    tenant = session.viewer.tenant_id
    claimed = await session.fetch(
        statement("claim_idempotency_key"), tenant, _stored(key), mutation, fingerprint
    )
    if claimed:
        return None
    rows = await session.fetch(statement("answer_of_idempotency_key"), tenant, _stored(key))
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
        _stored(key),
        orjson.dumps(answer).decode(),
    )


def _stored(key: str) -> str:
    """A key as it is stored: any text may be one, and an index holds only short ones."""
    if len(key) <= _LONGEST_KEPT and key.isprintable():
        return key
    return f"sha256:{_digest(key)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def add_idempotency_key(given: type[InputValue]) -> None:
    """Let a mutation's input carry an idempotency key."""
    add_input_field(
        given,
        "idempotency_key",
        str,
        "Any text of your own: a second call with it answers what the first did, and writes once.",
    )
