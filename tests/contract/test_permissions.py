"""Every field says what it asks of its viewer; what is denied neither answers nor acts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import GraphQLNonNull, get_named_type

from graph_api.core.api.building import add_field, object_type
from graph_api.core.api.execution import run_operation
from graph_api.core.api.permitting import GuardedField, fields_of_schema, guard_fields
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.permissions import PERMISSIONS_OF_ROLE, WRITING, Permission, Role
from graph_api.core.viewer import SHARED_TENANT, AuthMethod, Viewer
from graph_api.schema import graph_schema, permissions_text
from graph_api.settings import Settings
from tests.conftest import Execute
from tests.core.graph.schema_walk import SCALAR_EXAMPLES, smallest_operation

FIELDS = list(fields_of_schema(graph_schema(Settings()).schema))
ROOTS = [one for one in FIELDS if one.is_root]
READS = {
    "ComplianceStatus": Permission.READ_COMPLIANCE,
    "RecordedComplianceStatus": Permission.READ_COMPLIANCE,
    "RuleVersion": Permission.READ_RULES,
    "FilingChecklist": Permission.READ_FILINGS,
    "RuleChangeAlert": Permission.READ_FILINGS,
    "AuditEntry": Permission.READ_AUDIT,
    "Node": Permission.READ_GRAPH,
}
"""What it takes to read a record of a kind, however one comes to it."""


def test_the_page_is_of_this_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "permissions.md"
    assert page.read_text("utf-8") == permissions_text()


def test_every_root_field_declares_a_permission() -> None:
    assert [one.name for one in ROOTS if one.permission is None] == []
    assert len(ROOTS) > 90


def test_a_root_field_without_one_is_no_schema() -> None:
    query = object_type("Query", "What can be read.")
    add_field(query, "open", str, lambda root, info: "", "Open to all.")
    with pytest.raises(ValueError, match=r"Query\.open declares no permission"):
        guard_fields(strawberry.Schema(query))


@pytest.mark.parametrize(
    "one",
    [one for one in FIELDS if not one.is_root and get_named_type(one.field.type).name in READS],
    ids=lambda one: f"{one.type_name}.{one.name}",
)
def test_a_field_that_leads_to_another_kind_of_record_asks_for_it(one: GuardedField) -> None:
    home = {READS[name] for name in homes(one.type_name)}
    target = READS[get_named_type(one.field.type).name]
    if one.type_name.endswith("Payload") or target in home:
        return
    assert one.permission is target
    assert not isinstance(one.field.type, GraphQLNonNull), "what is denied must be able to be null"


def homes(type_name: str) -> Iterator[str]:
    """The kinds of record that whoever holds a value of a type may read already."""
    if type_name in READS:
        yield type_name
    # parts of records, their connections and rows
    for prefix in READS:
        if type_name.startswith(prefix) and type_name.endswith(("Connection", "Edge")):
            yield prefix
    yield from {"Subgraph": ["Node"], "GraphPath": ["Node"], "SearchHit": ["Node"]}.get(
        type_name, ()
    )
    if type_name == "ComplianceMatrixRow":
        yield "ComplianceStatus"
    if type_name.endswith(("Checklist", "Snapshot", "Artifact", "Template")):
        yield "FilingChecklist"


def test_nothing_that_asks_a_permission_further_down_kills_its_parent() -> None:
    wrong = [
        f"{one.type_name}.{one.name}"
        for one in FIELDS
        if one.permission and not one.is_root and isinstance(one.field.type, GraphQLNonNull)
    ]
    assert wrong == []


def asking(viewer: Viewer, *roles: Role) -> Viewer:
    return replace(viewer, roles=frozenset(roles), administers_shared=False)


@pytest.mark.parametrize("one", ROOTS, ids=lambda one: f"{one.type_name}.{one.name}")
async def test_a_root_field_is_denied_to_who_has_no_role(
    one: GuardedField, services: Services, schema: GraphSchema, viewer: Viewer
) -> None:
    if one.permission is Permission.PUBLIC or one.type_name == "Subscription":
        return
    document, variables = smallest_operation(
        one.type_name.lower(), one.name, one.field, SCALAR_EXAMPLES
    )
    anonymous = Viewer("", "anonymous", auth_method=AuthMethod.ANONYMOUS)
    for nobody, code in ((asking(viewer), "FORBIDDEN"), (anonymous, "UNAUTHENTICATED")):
        result = await run_operation(schema.schema, services.operation(nobody), document, variables)
        assert [error["extensions"]["code"] for error in result.body["errors"]] == [code], document
        assert result.statements.names == []


async def test_a_denied_relationship_is_null_and_the_rest_stands(
    run: Execute, viewer: Viewer
) -> None:
    await run(
        "mutation ($input: UpsertLeaseInput!) { upsertLease(input: $input) { __typename } }",
        {"input": {"lease": {"rrcLeaseId": "12345", "district": "08", "oilGasCode": "O"}}},
    )
    result = await run(
        "{ leases { nodes { rrcLeaseId complianceStatuses { status } checklists { id } } } }",
        as_viewer=asking(viewer, Role.VIEWER),
    )
    assert result.body["data"] == {
        "leases": {
            "nodes": [{"rrcLeaseId": "12345", "complianceStatuses": None, "checklists": None}]
        }
    }
    told = [(one["path"][-1], one["extensions"]) for one in result.body["errors"]]
    assert [(name, extensions["code"], extensions["permission"]) for name, extensions in told] == [
        ("complianceStatuses", "FORBIDDEN", "compliance:read"),
        ("checklists", "FORBIDDEN", "filings:read"),
    ]


async def test_a_denied_mutation_had_no_effect(run: Execute, data: Execute, viewer: Viewer) -> None:
    document = "mutation ($input: UpsertLeaseInput!) { upsertLease(input: $input) { __typename } }"
    variables: dict[str, Any] = {
        "input": {"lease": {"rrcLeaseId": "54321", "district": "08", "oilGasCode": "O"}}
    }
    for role in (Role.VIEWER, Role.ANALYST, Role.AUDITOR):
        denied = await run(document, variables, as_viewer=asking(viewer, role))
        assert denied.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await data("{ leases { totalCount } }"))["leases"]["totalCount"] == 0


async def test_scopes_confine_a_key_to_some_of_what_its_roles_allow(
    run: Execute, viewer: Viewer
) -> None:
    key = replace(
        asking(viewer, Role.ANALYST),
        scopes=frozenset({Permission.READ_RULES, Permission.WRITE_GRAPH}),
    )
    assert key.permissions == {Permission.READ_RULES}
    result = await run("{ rules(first: 1) { totalCount } leases { totalCount } }", as_viewer=key)
    assert result.body["errors"][0]["path"] == ["leases"]


async def test_the_feed_leaves_out_what_the_viewer_may_not_read(
    run: Execute, viewer: Viewer
) -> None:
    service = asking(viewer, Role.SERVICE)
    assert Permission.READ_FILINGS not in service.permissions
    document = "query ($kinds: [ChangeKind!]) { changes(kinds: $kinds) { cursor } }"
    refused = await run(document, {"kinds": ["ENTITY", "CHECKLIST"]}, as_viewer=service)
    assert refused.body["errors"][0]["extensions"]["permission"] == "filings:read"
    assert "errors" not in (await run(document, as_viewer=service)).body


def test_roles_grow_one_from_another() -> None:
    of = PERMISSIONS_OF_ROLE
    assert of[Role.VIEWER] < of[Role.ANALYST] < of[Role.OPERATOR] < of[Role.COMPLIANCE_OFFICER]
    assert of[Role.COMPLIANCE_OFFICER] < of[Role.ADMIN]
    assert not of[Role.AUDITOR] & WRITING


def test_a_member_of_the_shared_tenant_only_reads_unless_it_administers_that() -> None:
    officer = Viewer(SHARED_TENANT, "s", roles=frozenset({Role.COMPLIANCE_OFFICER}))
    assert officer.permissions == PERMISSIONS_OF_ROLE[Role.COMPLIANCE_OFFICER] - WRITING
    administrator = replace(officer, roles=frozenset({Role.ADMIN}), administers_shared=True)
    assert administrator.permissions >= WRITING


def test_who_must_change_the_password_may_do_nothing_else() -> None:
    viewer = Viewer("t", "s", roles=frozenset({Role.ADMIN}), must_change_password=True)
    assert viewer.permissions == {Permission.OWN_SESSIONS}
