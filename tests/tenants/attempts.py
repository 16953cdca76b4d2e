"""What an intruder tries with every mutation, by what it knows of the other tenant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLField, GraphQLUnionType

from graph_api.core.api.schema import GraphSchema
from tests.entities.models.samples import MINIMAL
from tests.filings.filing_world import DONE
from tests.tenants.probes import _camel
from tests.tenants.world import ARTIFACT, FURTHER_KEYS, Known

REFUSALS = {
    "NotFound": "message path",
    "ValidationError": "message errors { path message }",
    "Conflict": "message path",
    "Forbidden": "message",
    "IllegalTransition": "message currentState allowedNextStates",
}
SPACING = {"min_distance_to_lease_line_ft": 500, "min_distance_between_wells_ft": 1000}


@dataclass(frozen=True)
class Attempt:
    """One mutation, and the input that names what a tenant has."""

    mutation: str
    document: str
    given: Callable[[Known], dict[str, Any]]

    def __str__(self) -> str:
        return self.mutation

    def variables(self, known: Known) -> dict[str, Any]:
        """The variables that name what a tenant has."""
        return {"input": self.given(known)}


def _reference(label: str) -> Callable[[Known], dict[str, str]]:
    return lambda known: {"id": known.ids[label]}


def _link(known: Known) -> dict[str, Any]:
    ends = {"from": {"id": known.ids["Lease"]}, "to": {"id": known.ids["Well"]}}
    return {"edgeType": "HAS_WELL", **ends, "properties": {"wellNumber": "9"}}


def _unlink(known: Known) -> dict[str, Any]:
    ends = {"from": {"id": known.ids["Wellpad"]}, "to": {"id": known.ids["Well"]}}
    return {"edgeType": "ON_PAD", "from": ends["to"], "to": ends["from"]}


def _on_checklist(mutation: str, **more: Any) -> Callable[[Known], dict[str, Any]]:
    return lambda known: {"id": known.checklists[mutation], **more}


GIVEN: dict[str, Callable[[Known], dict[str, Any]]] = {
    "bulkUpsert": lambda known: {"leases": [{**_values("Lease"), "county": "ANDREWS"}]},
    "link": _link,
    "unlink": _unlink,
    "deleteEntity": lambda known: {"id": known.ids["Hearing"]},
    "createRuleVersion": lambda known: {
        "ruleIdentifier": known.rule_identifier,
        "ruleType": "STATEWIDE",
        "ruleDomain": "SPACING",
        "effectiveDate": "2026-01-01",
        "source": "MANUAL",
        "ruleData": SPACING,
    },
    "submitRuleVersion": lambda known: {"id": known.rules["draft"]},
    "activateRuleVersion": lambda known: {"id": known.rules["pending_review"]},
    "rejectRuleVersion": lambda known: {"id": known.rules["rejected"], "reason": "no"},
    "assessCompliance": lambda known: {
        "entityIds": [known.lease],
        "domains": ["FLARING_MONITOR"],
    },
    "upsertComplianceStatus": lambda known: {
        "entityId": known.lease,
        "domain": "FLARING_MONITOR",
        "status": "COMPLIANT",
        "reason": "because",
    },
    "createChecklistTemplate": lambda known: {
        "complianceDomain": "EPA_OOOO",
        "items": [{"name": "x", "itemType": "REVIEW", "completionMethod": "USER"}],
    },
    "createChecklist": lambda known: {"entityId": known.lease, "complianceDomain": "RULE_32"},
    "acknowledgeRuleChange": lambda known: {"id": known.alert},
    "attachArtifact": _on_checklist("attachArtifact", itemIndex=0, **ARTIFACT),
    "updateChecklistItem": _on_checklist("updateChecklistItem", itemIndex=1, **DONE),
    "submitForReview": _on_checklist("submitForReview"),
    "approveChecklist": _on_checklist("approveChecklist"),
    "rejectChecklist": _on_checklist("rejectChecklist", reason="no"),
    "fileChecklist": _on_checklist("fileChecklist"),
    "markChecklistException": _on_checklist("markChecklistException", reason="no"),
    "revokeSession": lambda known: {"id": known.session},
    "revokeApiKey": lambda known: {"id": known.api_key},
}
NAME_NOBODY = {
    "login": "an email and a password say whose it is; no tenant is named",
    "refresh": "a refresh token says whose it is",
    "logout": "ends the session that asks",
    "logoutEverywhere": "ends the sessions of the user who asks",
    "changePassword": "of the user who asks",
    "createApiKey": "of the user who asks",
    "upsertRegulation": "regulations are everybody's",
}
"""Mutations that take nothing which could be another tenant's, by why."""


def attempts(schema: GraphSchema) -> Iterator[Attempt]:
    """An attempt with every mutation that could name what another tenant has."""
    root = schema.schema._schema.mutation_type
    assert root is not None
    for name, declared in root.fields.items():
        if name in NAME_NOBODY:
            continue
        document = (
            f"mutation ($input: {declared.args['input'].type}) "
            f"{{ {name}(input: $input) {_outcome(declared)} }}"
        )
        yield Attempt(name, document, _given(name))


def _given(name: str) -> Callable[[Known], dict[str, Any]]:
    label = name.removeprefix("upsert")
    if name != label and name not in GIVEN:
        return lambda known: {label[0].lower() + label[1:]: _values(label)}
    return GIVEN[name]


def _values(label: str) -> dict[str, Any]:
    """Values under the natural key of the other tenant's entity, changed besides."""
    (minimal,) = (values for model, values in MINIMAL.items() if model.label() == label)
    values = {**minimal, **FURTHER_KEYS.get(label, {})}
    if "name" in values and label not in ("Field", "Facility"):
        values["name"] = "ZEBRA"
    return {_camel(name): value for name, value in values.items()} | {"sourceReference": "changed"}


def _outcome(declared: GraphQLField) -> str:
    """What is told of the outcome: all that a refusal says, and of what was done its kind."""
    union = declared.type
    assert isinstance(union, GraphQLUnionType)
    known = [one.name for one in union.types if one.name in REFUSALS]
    return f"{{ __typename {' '.join(f'... on {one} {{ {REFUSALS[one]} }}' for one in known)} }}"
