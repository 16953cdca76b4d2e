"""The root fields that write rules: one transaction each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError as ModelError
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.building import GraphQLClass
from graph_api.core.api.idempotency import earlier_answer, keep_answer
from graph_api.core.api.mutating import add_mutation
from graph_api.core.api.outcomes import (
    Conflict,
    FieldError,
    Forbidden,
    IllegalTransition,
    NotFound,
    Refused,
    invalid,
)
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.database import Session
from graph_api.core.permissions import Permission
from graph_api.core.viewer import SHARED_TENANT, Reach, Viewer
from graph_api.rules.inputs import (
    CreateRuleVersionInput,
    RejectRuleVersionInput,
    RuleVersionStepInput,
)
from graph_api.rules.lifecycle import IllegalRuleMove, RuleConflict, UnknownRuleVersion
from graph_api.rules.models import NewRuleVersion, RuleVersion
from graph_api.rules.store import (
    OnSuperseded,
    activate,
    create_version,
    reject,
    rule_versions_by_ids,
    submit,
)

_LONGEST_REASON = 10_000
_ONLY_ADMINISTRATORS = "only administrators write a rule that all tenants share"


def add_rule_mutations(parts: SchemaParts, on_superseded: Sequence[OnSuperseded]) -> None:
    """Add the mutations; `on_superseded` runs in the transaction of each activation."""

    async def all_of(session: Session, old: RuleVersion, new: RuleVersion) -> None:
        for one in on_superseded:
            await one(session, old, new)

    async def activated(session: Session, version_id: UUID) -> RuleVersion:
        return await activate(session, version_id, all_of)

    _add(
        parts,
        "create_rule_version",
        "Write a version of a rule as a draft, under the rule's next number.",
        CreateRuleVersionInput,
        _create,
    )
    _add(
        parts,
        "submit_rule_version",
        "Put a draft before a reviewer.",
        RuleVersionStepInput,
        _step("submitRuleVersion", submit),
    )
    _add(
        parts,
        "activate_rule_version",
        "Put a submitted version in force from its effective date. The version before ends on that "
        "day in the same transaction; a version that takes effect before a later one holds up to "
        "that one's day.",
        RuleVersionStepInput,
        _step("activateRuleVersion", activated),
    )
    _add(
        parts,
        "reject_rule_version",
        "Send a submitted version back to its author, as a draft.",
        RejectRuleVersionInput,
        _reject,
    )


Write = Callable[[OperationContext, Any], Awaitable[RuleVersion]]


def _add(
    parts: SchemaParts, name: str, description: str, given: GraphQLClass, write: Write
) -> None:
    payload = parts.records["RuleVersionPayload"]

    async def told(context: OperationContext, asked: Any) -> Any:
        return await _told(write, context, asked)

    add_mutation(
        parts.mutation,
        name,
        description,
        given,
        payload,
        told,
        permission=Permission.WRITE_RULES,
        lifecycle=write is not _create,
    )


async def _told(write: Write, context: OperationContext, given: Any) -> RuleVersion:
    """Write, and tell what the store refuses as the API tells it."""
    try:
        return await write(context, given)
    except UnknownRuleVersion as error:
        message = f"there is no rule version {error.version_id}"
        raise Refused(NotFound(message=message, path="id")) from None
    except RuleConflict as error:
        where = ".".join([to_camel_case(part) for part in error.field.split(".")[:1]])
        path = where if isinstance(given, CreateRuleVersionInput) else "id"
        raise Refused(Conflict(message=error.message, path=path)) from None
    except IllegalRuleMove as error:
        raise Refused(
            IllegalTransition(
                message=str(error),
                current_state=error.current.value,
                allowed_next_states=[one.value for one in error.allowed],
            )
        ) from None


async def _create(context: OperationContext, given: CreateRuleVersionInput) -> RuleVersion:
    new = _validated(given)
    viewer = context.viewer
    viewer = _acting_for(viewer, SHARED_TENANT if given.shared else viewer.tenant_id)
    key = given.idempotency_key and (
        # keys of administrators of several tenants do not meet among the shared rules
        f"{context.viewer.tenant_id} {given.idempotency_key}"
        if given.shared
        else given.idempotency_key
    )
    async with context.database.transaction(
        viewer, "createRuleVersion", reach=_reach_of(viewer)
    ) as session:
        earlier = key and await earlier_answer(session, key, "createRuleVersion", vars(given))
        if not earlier:
            created = await create_version(session, new)
            if key:
                await keep_answer(session, key, {"id": str(created.id)})
            return created
    version_id = UUID(earlier["id"])
    return (await rule_versions_by_ids(context.database, context.viewer, [version_id]))[version_id]


def _step(action: str, move: Callable[[Session, UUID], Awaitable[RuleVersion]]) -> Write:
    async def write(context: OperationContext, given: RuleVersionStepInput) -> RuleVersion:
        viewer = await _writer_of(context, given.id)
        async with context.database.transaction(viewer, action, reach=_reach_of(viewer)) as session:
            return await move(session, given.id)

    return write


async def _reject(context: OperationContext, given: RejectRuleVersionInput) -> RuleVersion:
    reason = given.reason.strip()
    if not 1 <= len(reason) <= _LONGEST_REASON or "\0" in reason:
        message = "a reason of 1 to 10,000 characters, without NUL, is expected"
        raise invalid([FieldError(path="reason", message=message)])
    viewer = await _writer_of(context, given.id)
    async with context.database.transaction(
        viewer, "rejectRuleVersion", reach=_reach_of(viewer)
    ) as session:
        return await reject(session, given.id, reason)


async def _writer_of(context: OperationContext, version_id: UUID) -> Viewer:
    """The viewer, acting for the tenant whose version it is."""
    found = await rule_versions_by_ids(context.database, context.viewer, [version_id])
    if version_id not in found:
        raise UnknownRuleVersion(version_id)
    return _acting_for(context.viewer, found[version_id].tenant_id)


def _reach_of(viewer: Viewer) -> Reach | None:
    """A rule that all tenants share changes what hangs on it in every tenant."""
    return Reach.ALL if viewer.tenant_id == SHARED_TENANT else None


def _acting_for(viewer: Viewer, tenant_id: str) -> Viewer:
    # a member of the shared tenant itself is no administrator by that
    if tenant_id == SHARED_TENANT and not viewer.administers_shared:
        raise Refused(Forbidden(message=_ONLY_ADMINISTRATORS))
    return viewer if tenant_id == viewer.tenant_id else replace(viewer, tenant_id=tenant_id)


def _validated(given: CreateRuleVersionInput) -> NewRuleVersion:
    try:
        return NewRuleVersion.model_validate(given.content())
    except ModelError as error:
        raise invalid(
            [
                FieldError(path=_path(one["loc"]), message=one["msg"].removeprefix("Value error, "))
                for one in error.errors(include_url=False, include_input=False)
            ]
        ) from None


def _path(location: tuple[int | str, ...]) -> str:
    """Where in the input; below `ruleData` by the parameters' own names, as it shows them."""
    first, *rest = location or ("input",)
    return ".".join([to_camel_case(str(first)), *map(str, rest)])
