"""Rules as GraphQL shows them: versions, their parameters, and the way to the regulation and back."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from graph_api.core.api.as_of import as_of
from graph_api.core.api.building import (
    Argument,
    GraphQLClass,
    add_field,
    list_of,
    object_type,
)
from graph_api.core.api.connections import record_connection
from graph_api.core.api.entities import context_of
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission
from graph_api.rules.models import (
    PARAMETERS,
    FieldChange,
    RuleParameters,
    RuleType,
    RuleVersion,
    rule_changes,
    rule_parameters,
)
from graph_api.rules.store import (
    rule_timelines,
    rule_versions_by_ids,
    rules_in_force,
    rules_of_regulations,
)


def add_rule_types(parts: SchemaParts) -> None:
    """Make the types of rules, for this domain and those after it, and give regulations theirs."""
    version = parts.records["RuleVersion"] = record_type(parts.fields, RuleVersion)
    parts.records["FieldChange"] = record_type(parts.fields, FieldChange)
    parts.records["RuleVersionConnection"] = record_connection(
        "RuleVersion", version, parts.types.page_info, "rule versions"
    )
    parts.records["RuleVersionPayload"] = _payload(version)
    _add_own_fields(version, parts)
    _add_relations(version, parts)
    _add_to_regulation(parts.types.models["Regulation"], version)


async def rule_version_of(info: strawberry.Info, version_id: UUID) -> RuleVersion | None:
    """A version by id, as the operation looks at it; None where it was not known then.

    All that one operation asks for are read in one statement.
    """
    context, known_at = context_of(info), as_of(info).known_at

    async def batch(ids: Sequence[UUID]) -> list[RuleVersion | None]:
        found = await rule_versions_by_ids(context.database, context.viewer, ids, known_at)
        return [found.get(one) for one in ids]

    loaded: RuleVersion | None = await context.loaders.batched(
        ("rule version", known_at), batch, version_id
    )
    return loaded


async def rule_in_force_of(info: strawberry.Info, identifier: str) -> RuleVersion | None:
    """The version of a rule in force on the day that the operation looks at; batched."""
    context, moment = context_of(info), as_of(info)

    async def batch(identifiers: Sequence[str]) -> list[RuleVersion | None]:
        found = await rules_in_force(
            context.database,
            context.viewer,
            moment.valid_on,
            moment.known_at,
            identifiers=identifiers,
        )
        by_identifier = {one.rule_identifier: one for one in found}
        return [by_identifier.get(one) for one in identifiers]

    loaded: RuleVersion | None = await context.loaders.batched(
        ("rule in force", moment.valid_on, moment.known_at), batch, identifier
    )
    return loaded


async def rule_history_of(info: strawberry.Info, identifier: str) -> list[RuleVersion]:
    """Every version of a rule, as the operation looks at it; batched."""
    context, known_at = context_of(info), as_of(info).known_at

    async def batch(identifiers: Sequence[str]) -> list[list[RuleVersion]]:
        found = await rule_timelines(context.database, context.viewer, identifiers, known_at)
        return [found[one] for one in identifiers]

    loaded: list[RuleVersion] = await context.loaders.batched(
        ("rule timeline", known_at), batch, identifier
    )
    return loaded


def _payload(version: GraphQLClass) -> GraphQLClass:
    made = object_type("RuleVersionPayload", "A rule version as it now is.")
    add_field(
        made, "rule_version", version, lambda root, info: root.value, "The version as stored."
    )
    return made


def _add_own_fields(version: GraphQLClass, parts: SchemaParts) -> None:
    kinds = [record_type(parts.fields, model) for model in PARAMETERS.values()]
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union |= kind
    described = strawberry.union("RuleParameters", description="What a rule sets, by its domain.")

    def parameters(root: RuleVersion, info: strawberry.Info) -> RuleParameters:
        return rule_parameters(root)

    add_field(
        version,
        "parameters",
        Annotated[union, described],
        parameters,
        "The parameters in `ruleData`, typed by the rule's domain.",
    )
    add_field(
        version,
        "is_shared",
        bool,
        lambda root, info: root.is_shared,
        "Whether all tenants read this version; a tenant's own version of the rule stands before "
        "it.",
    )


def _add_relations(version: GraphQLClass, parts: SchemaParts) -> None:
    async def superseded_by(root: RuleVersion, info: strawberry.Info) -> RuleVersion | None:
        if root.superseded_by_id is None:
            return None
        return await rule_version_of(info, root.superseded_by_id)

    async def regulation(root: RuleVersion, info: strawberry.Info) -> GraphEntity | None:
        return await _regulation_of(context_of(info), root.regulation_rule_id)

    async def diff(root: RuleVersion, info: strawberry.Info, to: int) -> list[FieldChange]:
        timeline = await rule_history_of(info, root.rule_identifier)
        same_tenant = [one for one in timeline if one.tenant_id == root.tenant_id]
        return rule_changes(root, numbered(same_tenant, to, "to"))

    add_field(
        version,
        "superseded_by",
        version | None,
        superseded_by,
        "The version in force from the superseded date on.",
    )
    add_field(
        version,
        "regulation",
        parts.types.models["Regulation"] | None,
        regulation,
        "The regulation, in the graph, that the version is of.",
        permission=Permission.READ_GRAPH,
    )
    add_field(
        version,
        "diff",
        list_of(parts.records["FieldChange"]),
        diff,
        "What another version of the same rule says differently, field by field.",
        [Argument("to", int, "Number of the other version.", required=True)],
    )


def numbered(timeline: Sequence[RuleVersion], number: int, argument: str) -> RuleVersion:
    """The version of a number; raises ApiError BAD_USER_INPUT, naming the argument."""
    for one in timeline:
        if one.version == number:
            return one
    raise bad_input("there is no such version of the rule", argument=argument)


def _add_to_regulation(regulation: type[GraphEntity], version: GraphQLClass) -> None:
    async def rules(root: GraphEntity, info: strawberry.Info) -> list[RuleVersion]:
        return await _rules_of(info, root.natural_key)

    async def rule(root: GraphEntity, info: strawberry.Info) -> RuleVersion | None:
        found = await _rules_of(info, root.natural_key)
        ranked = sorted(
            (one for one in found if one.rule_type is not RuleType.FIELD_SPECIFIC),
            key=lambda one: (one.rule_identifier != root.natural_key, one.rule_identifier),
        )
        return ranked[0] if ranked else None

    add_field(
        regulation,
        "rules",
        list_of(version) | None,
        rules,
        "What sets the regulation's parameters on the day that the operation looks at: the "
        "statewide rule and every field rule.",
        permission=Permission.READ_RULES,
    )
    add_field(
        regulation,
        "rule",
        version | None,
        rule,
        "The statewide version in force on the day that the operation looks at.",
        permission=Permission.READ_RULES,
    )


async def _rules_of(info: strawberry.Info, rule_id: str) -> list[RuleVersion]:
    context, moment = context_of(info), as_of(info)

    async def batch(rule_ids: Sequence[str]) -> list[list[RuleVersion]]:
        found = await rules_of_regulations(
            context.database, context.viewer, rule_ids, moment.valid_on, moment.known_at
        )
        return [found[one] for one in rule_ids]

    loaded: list[RuleVersion] = await context.loaders.batched(
        ("rules of regulation", moment.valid_on, moment.known_at), batch, rule_id
    )
    return loaded


async def _regulation_of(context: OperationContext, rule_id: str) -> GraphEntity | None:
    async def batch(rule_ids: Sequence[str]) -> list[GraphEntity | None]:
        found = await context.reader.by_natural_keys(context.viewer, "Regulation", rule_ids)
        return [found.get(one) for one in rule_ids]

    loaded: GraphEntity | None = await context.loaders.batched(
        ("regulation by rule id",), batch, rule_id
    )
    return loaded
