"""The root fields of the audit."""

from typing import Any

import strawberry

from graph_api.audit.models import AuditVerification
from graph_api.audit.store import audit_trail, audit_trail_count
from graph_api.audit.types import audit_types
from graph_api.audit.verification import verify_chain
from graph_api.core.api.building import Argument, GraphQLClass, add_field
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import context_of
from graph_api.core.api.global_ids import parse_global_id
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import ApiError, bad_input, limit_exceeded
from graph_api.core.graph.expressions import checked_text
from graph_api.core.pages import page_request
from graph_api.core.permissions import Permission

_MOST_ENTRIES = 50_000
_MOST_SECONDS = 3.0
_LONGEST_ID = 200


def add_audit(parts: SchemaParts) -> None:
    """Add the audit's root fields to a schema."""
    trail, verification = audit_types(parts)
    _add_trail(parts.query, trail)
    _add_verification(parts.query, verification)


def _add_trail(query: GraphQLClass, trail: GraphQLClass) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        record_id = _record_id(context, given["entity_id"])
        request = page_request(context.settings, (), given["first"], given["after"])

        async def page() -> Any:
            return await context.loaders.once(
                ("auditTrail", info.path.key),
                lambda: audit_trail(context.database, context.viewer, record_id, request),
            )

        async def count() -> int:
            return await audit_trail_count(context.database, context.viewer, record_id)

        return RecordConnection(page, count)

    add_field(
        query,
        "audit_trail",
        trail,
        resolve,
        "What was done to one record or entity, or by anybody in the tenant; the newest first.",
        [
            Argument(
                "entity_id",
                strawberry.ID,
                "Global id of an entity, or the UUID of any record; all entries, when left out.",
            ),
            Argument("first", int, "How many, up to 500; 50 when left out."),
            Argument("after", str, "A cursor; the page begins after its entry."),
        ],
        permission=Permission.READ_AUDIT,
    )


def _record_id(context: OperationContext, given: str | None) -> str | None:
    """The id as entries name it: a global id stands for its entity's UUID."""
    if given is None:
        return None
    if len(given) > _LONGEST_ID:
        raise limit_exceeded("characters of entityId", _LONGEST_ID, len(given))
    try:
        return str(parse_global_id(context.registry, given, "entityId")[1])
    except ApiError:
        # rules and relationships are named otherwise than by a global id
        return checked_text(given, "entityId")


def _add_verification(query: GraphQLClass, verification: GraphQLClass) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> AuditVerification:
        context = context_of(info)
        after, most = given["after"] or 0, given["first"]
        most = _MOST_ENTRIES if most is None else most
        if after < 0:
            raise bad_input("must not be negative", argument="after")
        if not 1 <= most <= _MOST_ENTRIES:
            raise limit_exceeded("first", _MOST_ENTRIES, most)
        return await verify_chain(context.database, context.viewer, after, most, _MOST_SECONDS)

    add_field(
        query,
        "audit_verification",
        verification,
        resolve,
        "Walks the tenant's audit chain and says whether anything in it was altered, removed, "
        "reordered or put in, and what the first such entry is.",
        [
            Argument(
                "after",
                int,
                "Place of an entry that was verified before; the walk begins behind it.",
            ),
            Argument(
                "first",
                int,
                "How many entries at most, up to 50,000, which is the default. The walk also ends "
                "after about 3 seconds: go on behind `lastChainNumber` until `isComplete`.",
            ),
        ],
        permission=Permission.READ_AUDIT,
        cost=FieldCost(weight=5000, sized_by=()),
    )
