"""A tenant that has something of everything, each row to be looked for by another."""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from graph_api.compliance.models import ComplianceDomain
from graph_api.core.api.execution import OperationResult, run_operation
from graph_api.core.api.global_ids import global_id
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.model import GraphEntity
from graph_api.core.viewer import Viewer
from graph_api.models import ENTITY_MODELS
from graph_api.rules.models import RuleDomain, RuleVersion
from graph_api.rules.store import create_version, submit
from tests.compliance.worlds import World, lease_above
from tests.entities.models.samples import MINIMAL
from tests.filings.filing_world import DONE, FilingWorld, filing_world
from tests.rules.drafts import spacing

IDEMPOTENCY_KEY = "a key of theirs"
ARTIFACT = {
    "artifactType": "DOCUMENT",
    "name": "ZEBRA",
    "contentType": "application/pdf",
    "file": {"filePath": "a.pdf", "sizeBytes": 1, "sha256": "0" * 64},
}
REQUIRED_OF_EDGES: dict[str, dict[str, Any]] = {
    "GATHERED_BY": {"role": "GATHERER"},
    "OFFSETS": {"distance_ft": 7},
}
FURTHER_KEYS: dict[str, dict[str, Any]] = {
    "Operator": {"p5_number": "036587"},
    "Permit": {"application_number": "497309123"},
    "Filing": {"confirmation_number": "C-1"},
    "Equipment": {"serial_number": "S-1"},
    "Facility": {"rrc_serial_number": "01-0562"},
    "Field": {"district": "08"},
    "PipelineRoute": {"t4_permit_number": "00123"},
}
"""What entities can be looked up by besides what they must have."""
TRIED_ON_CHECKLISTS = {
    "updateChecklistItem": "IN_PROGRESS",
    "attachArtifact": "IN_PROGRESS",
    "submitForReview": "READY_FOR_REVIEW",
    "approveChecklist": "IN_REVIEW",
    "rejectChecklist": "IN_REVIEW",
    "fileChecklist": "APPROVED",
    "markChecklistException": "IN_PROGRESS",
}
"""What may be tried with a checklist, and where it must stand for it to have an effect."""


@dataclass
class Known:
    """What a stranger might know of a tenant."""

    tenant_id: str
    ids: dict[str, str] = field(default_factory=dict)
    """Global ids of an entity of each label."""
    entities: dict[str, GraphEntity] = field(default_factory=dict)
    checklists: dict[str, str] = field(default_factory=dict)
    """Checklists by what is to be tried with each."""
    rules: dict[str, str] = field(default_factory=dict)
    """Rule versions by status."""
    rule_identifier: str = ""
    alert: str = ""
    user: str = field(default_factory=lambda: str(uuid4()))
    session: str = field(default_factory=lambda: str(uuid4()))
    api_key: str = field(default_factory=lambda: str(uuid4()))
    lease: str = ""
    """A lease with volumes and compliance on record."""

    def marks(self) -> set[str]:
        """What must stand in no answer to anybody else."""
        found = {self.tenant_id, "ZEBRA", self.alert, self.user, self.session, self.api_key}
        return found.union(self.ids.values(), self.checklists.values(), self.rules.values())

    def ghost(self) -> tuple["Known", dict[str, str]]:
        """The same of what never was, and which of its ids stands for which."""
        swaps: dict[str, str] = {}

        def other(text: str) -> str:
            return swaps.setdefault(text, _another(text))

        changed: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in ("ids", "checklists", "rules"):
                changed[one.name] = {key: other(text) for key, text in value.items()}
            elif one.name in ("alert", "user", "session", "api_key", "lease"):
                changed[one.name] = other(value)
        return replace(self, **changed), swaps


def uuid_of(node_id: str) -> str:
    """The UUID in a global id."""
    return urlsafe_b64decode(node_id + "=" * (-len(node_id) % 4)).decode().partition(":")[2]


def _another(text: str) -> str:
    try:
        UUID(text)
    except ValueError:
        label = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")[0]
        return global_id(label, uuid4())
    return str(uuid4())


async def fill(services: Services, schema: GraphSchema, viewer: Viewer, admin: Any) -> Known:
    """Give a tenant something of everything; `admin` is a connection above row-level security."""
    known = Known(viewer.tenant_id)
    world = World(services.operation(viewer))
    await _entities(world, known)
    await _edges(services, world, known)
    lease = await lease_above(world, 77)
    known.lease = global_id("Lease", lease.id)
    await world.assess(ComplianceDomain.FLARING_MONITOR)
    await world.assess(ComplianceDomain.FORM_PR)
    await _rules(services, viewer, known)
    await _filings(services, schema, viewer, known)
    for statement in _PAST_THE_API:
        given = (known.tenant_id, known.user, known.session, known.api_key)
        await admin.execute(statement, *given[: max(map(int, re.findall(r"\$(\d)", statement)))])
    return known


async def _entities(world: World, known: Known) -> None:
    for model in ENTITY_MODELS:
        if model.shared:
            continue
        label = model.label()
        values = {**MINIMAL[model], **FURTHER_KEYS.get(label, {})}
        for name in model.searched_fields:
            if name in ("name", "well_name", "title"):
                values[name] = "ZEBRA"
        one = await world.entity(label, **values)
        known.ids[label], known.entities[label] = global_id(label, one.id), one


async def _edges(services: Services, world: World, known: Known) -> None:
    """An edge of every kind between every two labels that it may join."""
    (regulation, *_) = (
        await services.operation(world.context.viewer).reader.by_natural_keys(
            world.context.viewer, "Regulation", ["SWR_37"]
        )
    ).values()
    neighbour = await world.entity("Well", api_number="42-003-54321", well_name="ZEBRA 2")
    for edge in services.registry.edges:
        start = known.entities[edge.start.label()]
        end = {"Regulation": regulation}.get(edge.end.label()) or known.entities[edge.end.label()]
        if edge.start is edge.end:
            end = neighbour
        await world.link(
            edge.edge_type.name, start, end, **REQUIRED_OF_EDGES.get(edge.edge_type.name, {})
        )


async def _rules(services: Services, viewer: Viewer, known: Known) -> None:
    """A rule of the tenant's own, with a version of every status."""
    known.rule_identifier = identifier = f"SWR_{uuid4().hex[:8]}"
    world = World(services.operation(viewer))
    versions: dict[str, RuleVersion] = {}
    for status, year in (("superseded", 2020), ("active", 2021)):
        new = spacing(identifier, date(year, 1, 1)).rule_data
        versions[status] = await world.rule(identifier, RuleDomain.SPACING, f"{year}-01-01", **new)
    async with services.database.transaction(viewer, "test") as session:
        for status, year in (("draft", 2022), ("pending_review", 2023), ("rejected", 2024)):
            versions[status] = await create_version(session, spacing(identifier, date(year, 1, 1)))
        for status in ("pending_review", "rejected"):
            await submit(session, versions[status].id)
    known.rules = {status: str(one.id) for status, one in versions.items()}


async def _filings(services: Services, schema: GraphSchema, viewer: Viewer, known: Known) -> None:
    async def run(
        query: str, variables: dict[str, Any] | None = None, as_viewer: Viewer | None = None
    ) -> OperationResult:
        context = services.operation(as_viewer or viewer)
        return await run_operation(schema.schema, context, query, variables)

    world = await filing_world(run, services.database, viewer)
    await world.publish(50, date(2020, 1, 1))
    await _with_template_and_alert(world, known)
    # begun under the rule of now: what is stale cannot be filed
    for tried, status in TRIED_ON_CHECKLISTS.items():
        known.checklists[tried] = (await world.at(status))["id"]


async def _with_template_and_alert(world: FilingWorld, known: Known) -> None:
    item = {"name": "ZEBRA", "itemType": "REVIEW", "completionMethod": "USER"}
    answer = await world.do("createChecklistTemplate", complianceDomain="EPA_OOOO", items=[item])
    assert answer["__typename"] == "ChecklistTemplatePayload", answer
    made = await world.checklist(idempotencyKey=IDEMPOTENCY_KEY)
    known.checklists["read"] = made["id"]
    await world.do("updateChecklistItem", id=made["id"], itemIndex=0, **DONE)
    answer = await world.do("attachArtifact", id=made["id"], itemIndex=0, **ARTIFACT)
    assert answer["__typename"] == "ChecklistArtifactPayload", answer
    await world.publish(60, date(2022, 1, 1))
    alerts = await world.ask("{ ruleChangeAlerts(first: 1) { nodes { id } } }")
    known.alert = alerts["ruleChangeAlerts"]["nodes"][0]["id"]


_PAST_THE_API = (
    # what all tenants share has a place for a row that is one's own
    """insert into oilgas."Regulation" (properties)
    select format('{"id": "%s", "tenant_id": "%s", "natural_key": "ZEBRA"}', gen_random_uuid(),
                  $1::text)::ag_catalog.agtype""",
    """insert into public.users (tenant_id, id, email, password_hash, roles, display_name)
    values ($1, $2::text::uuid, $2::text || '@zebra.example', '$argon2id$x', array['admin'], 'ZEBRA')
    """,
    """insert into public.sessions (tenant_id, user_id, id, roles, expires_at)
    values ($1, $2::text::uuid, $3::text::uuid, array['admin'], now() + interval '1 day')""",
    """insert into public.api_keys (tenant_id, user_id, id, name, prefix, key_hash, roles)
    select $1, $2::text::uuid, $4::text::uuid, 'ZEBRA', 'zebrazeb',
           encode(sha256($3::text::bytea), 'hex'), array['viewer']""",
    """insert into public.refresh_tokens (tenant_id, user_id, session_id, token_hash, expires_at)
    select $1, $2::text::uuid, $3::text::uuid, encode(sha256($3::text::bytea), 'hex'),
           now() + interval '1 day'""",
    """insert into public.login_attempts (tenant_id, email_hash, failed_at)
    select $1, encode(sha256($1::text::bytea), 'hex'), array[now()]""",
    """insert into public.viewer_budgets (tenant_id, holder, level, fits, filled_at)
    values ($1, 'ZEBRA', 1, true, now())""",
)
