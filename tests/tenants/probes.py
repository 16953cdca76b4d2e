"""What an intruder asks of every root field, by what it knows of the other tenant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLField

from graph_api.core.api.schema import GraphSchema
from graph_api.core.graph.registry import GraphRegistry
from tests.core.graph.schema_walk import is_required, selection
from tests.tenants.world import Known, uuid_of

Variables = dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """One document, and the variables that name what a tenant has."""

    field: str
    what: str
    document: str
    variables: Callable[[Known], Variables]

    def __str__(self) -> str:
        return f"{self.field}-{self.what}"


def _probe(schema: GraphSchema, field: str, what: str, given: dict[str, Any]) -> Probe:
    """A probe of a field whose arguments are functions of what is known, or values."""
    declared = _roots(schema)[field]
    types = ", ".join(f"${name}: {declared.args[name].type}" for name in given)
    arguments = ", ".join(f"{name}: ${name}" for name in given)
    document = (
        f"query{f'({types})' if given else ''} "
        f"{{ {field}{f'({arguments})' if given else ''} {_wanted(schema, field, declared)} }}"
    )

    def variables(known: Known) -> Variables:
        return {name: one(known) if callable(one) else one for name, one in given.items()}

    return Probe(field, what, document, variables)


def _roots(schema: GraphSchema) -> dict[str, GraphQLField]:
    query = schema.schema._schema.query_type
    assert query is not None
    fields: dict[str, GraphQLField] = query.fields
    return fields


def _wanted(schema: GraphSchema, field: str, declared: GraphQLField) -> str:
    if field in ("node", "nodes"):
        return "{ __typename id ... on Lease { name rrcLeaseId } }"
    if field in ("neighborhood", "shortestPath"):
        return "{ nodes { id } edges { start end } }"
    if field == "search":
        return "{ nodes { title score node { id } } }"
    if field == "auditVerification":
        # not when it was looked at
        return "{ isIntact entryCount changeCount lastSignature keyIds }"
    if field == "changes":
        return "{ cursor hasMore items { ... on ChangeRecord { cursor subjectId after actor } } }"
    return selection(declared.type, 2)


def _id(label: str) -> Callable[[Known], str]:
    return lambda known: known.ids[label]


def _lists(known: Known) -> list[str]:
    return list(known.ids.values())


SPECIAL: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "node": [("id", {"id": _id("Lease")})],
    "nodes": [("ids", {"ids": _lists})],
    "neighborhood": [("id", {"id": _id("Lease"), "depth": 2})],
    "shortestPath": [("ids", {"from": _id("Lease"), "to": _id("Well")})],
    "search": [("text", {"text": "ZEBRA"}), ("number", {"text": "42-003-12345"})],
    "changes": [
        ("from the beginning", {"first": 3}),
        ("after a cursor", {"first": 3, "after": "2"}),
    ],
    "auditTrail": [
        ("all", {}),
        ("entity", {"entityId": lambda known: uuid_of(known.ids["Lease"])}),
        ("record", {"entityId": lambda known: known.checklists["read"]}),
    ],
    "rule": [("identifier", {"identifier": lambda known: known.rule_identifier})],
    "ruleVersion": [("id", {"id": lambda known: known.rules["active"]})],
    "ruleHistory": [("identifier", {"identifier": lambda known: known.rule_identifier})],
    "ruleDiff": [
        ("versions", {"identifier": lambda known: known.rule_identifier, "from": 1, "to": 2})
    ],
    "rules": [
        ("own", {"where": lambda known: {"identifierPrefix": known.rule_identifier}}),
    ],
    "ruleImpact": [
        (
            "own rule",
            {
                "identifier": lambda known: known.rule_identifier,
                "proposedRuleData": {
                    "min_distance_to_lease_line_ft": 9999,
                    "min_distance_between_wells_ft": 9999,
                },
            },
        )
    ],
    "complianceStatus": [
        ("entity", {"entityId": lambda known: known.lease, "domain": "FLARING_MONITOR"})
    ],
    "flaringChart": [
        ("lease", {"leaseId": lambda known: known.lease, "from": "2025-01-01", "to": "2025-06-01"})
    ],
    "complianceTrend": [("all", {"points": 2})],
    "checklist": [("id", {"id": lambda known: known.checklists["read"]})],
    "checklistTemplates": [("domain", {"domain": "EPA_OOOO", "everyVersion": True})],
    "ruleChangeAlerts": [
        ("all", {}),
        ("checklist", {"checklistId": lambda known: known.checklists["read"]}),
    ],
    "sessions": [("all", {"all": True})],
    "deadlineChart": [("all", {"from": "2020-01-01", "to": "2030-01-01"})],
}
"""What fields that need arguments are asked."""

OF_THE_VIEWER_ITSELF = {"me": "what the viewer was proved by, and its own account by its own id"}
"""Fields that show no rows but those of whoever asks, by why."""


def query_probes(schema: GraphSchema) -> Iterator[Probe]:
    """At least one probe of every root field."""
    lookups = _lookups(schema.registry)
    for name, declared in _roots(schema).items():
        if name in OF_THE_VIEWER_ITSELF:
            continue
        for what, given in SPECIAL.get(name, ()):
            yield _probe(schema, name, what, given)
        for what, given in lookups.get(name, ()):
            yield _probe(schema, name, what, given)
        needs = any(is_required(one) for one in declared.args.values())
        if name not in SPECIAL and name not in lookups and not needs:
            yield _probe(schema, name, "all", {})


def _lookups(registry: GraphRegistry) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Every entity by its id and by each of its keys."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for label, model in registry.entities.items():
        if model.shared:
            continue
        probes: list[tuple[str, dict[str, Any]]] = [("id", {"id": _id(label)})]
        for lookup in model.lookups:
            given = {_camel(name): _value_of(label, name) for name in lookup.fields}
            probes.append(("-".join(given), given))
        found[label[0].lower() + label[1:]] = probes
    return found


def _value_of(label: str, name: str) -> Callable[[Known], Any]:
    def value(known: Known) -> Any:
        found = getattr(known.entities[label], name)
        return getattr(found, "name", found)

    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(one.capitalize() for one in rest)


def list_fields(schema: GraphSchema) -> list[str]:
    """The root fields that give pages by cursor."""
    return [
        name
        for name, one in _roots(schema).items()
        if "after" in one.args and "Connection" in str(one.type)
    ]


def text_of(answer: dict[str, Any], swaps: dict[str, str]) -> str:
    """An answer as text, with the ids of what never was instead of those that it was asked for."""
    text = orjson.dumps(answer).decode()
    for known, ghost in swaps.items():
        text = text.replace(known, ghost)
    return text
