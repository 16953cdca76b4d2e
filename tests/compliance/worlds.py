"""Small worlds of wells, leases, exceptions and facilities, written as the service writes them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from graph_api.compliance.assessing import Assessed, Selection, assess
from graph_api.compliance.models import ComplianceDomain
from graph_api.core.context import OperationContext
from graph_api.core.graph.linking import VertexEnd
from graph_api.core.graph.writing import Upsert
from graph_api.core.model import GraphEntity
from graph_api.entities.store import write_volumes
from graph_api.rules.models import NewRuleVersion, RuleDomain, RuleSource, RuleType, RuleVersion
from graph_api.rules.store import publish_version

TODAY = date(2025, 6, 15)

Ask = Callable[..., Awaitable[Any]]
"""Runs a document and gives its data."""


class World:
    """Writes entities, edges, volumes and rules of one tenant."""

    def __init__(self, context: OperationContext) -> None:
        self.context = context
        self.made = 0

    async def entity(self, kind: str, **values: Any) -> GraphEntity:
        context = self.context
        model = context.registry.entity(kind)
        candidate = model.model_validate({"tenant_id": context.viewer.tenant_id, **values})
        async with context.database.transaction(context.viewer, "test") as session:
            (written,) = await context.writer.upsert(session, kind, [Upsert(candidate)])
        return written.entity

    async def link(
        self, edge_type: str, start: GraphEntity, end: GraphEntity, **properties: Any
    ) -> None:
        context = self.context
        (edge,) = context.registry.edges_between(edge_type, start.label(), end.label())
        first, last = (VertexEnd(one.graph_id, str(one.id)) for one in (start, end))
        data = edge.edge_type.properties.model_validate(properties)
        async with context.database.transaction(context.viewer, "test") as session:
            await context.writer.link(session, edge, [(first, last, data)])

    async def volumes(self, lease: GraphEntity, months: Mapping[str, tuple[int, int]]) -> None:
        rows = [
            (str(lease.id), date.fromisoformat(f"{month}-01"), {"flared_mcf": f, "vented_mcf": v})
            for month, (f, v) in months.items()
        ]
        async with self.context.database.transaction(self.context.viewer, "test") as session:
            await write_volumes(session, rows)

    async def lease(self, number: int | None = None, **values: Any) -> GraphEntity:
        self.made += 1
        return await self.entity(
            "Lease",
            **{
                "oil_gas_code": "O",
                "district": "08",
                "rrc_lease_id": f"{number or self.made:05}",
                "name": f"LEASE {number or self.made}",
                **values,
            },
        )

    async def flare(self, name: str = "FLARE") -> GraphEntity:
        return await self.entity("Facility", facility_type="FLARE", name=name, district="08")

    async def exception(
        self, number: str, rate: float, first: str, last: str | None, **values: Any
    ) -> GraphEntity:
        return await self.entity(
            "FlaringAuthorization",
            **{
                "authorization_number": number,
                "max_volume_mcf_per_day": rate,
                "effective_date": first,
                "expiration_date": last,
                "status": "APPROVED",
                **values,
            },
        )

    async def rule(
        self, identifier: str, domain: RuleDomain, effective: str, **data: Any
    ) -> RuleVersion:
        """Put a version of the tenant's own in force."""
        field_specific = data.get("field_number") is not None
        new = NewRuleVersion(
            rule_type=RuleType.FIELD_SPECIFIC if field_specific else RuleType.STATEWIDE,
            rule_domain=domain,
            rule_identifier=identifier,
            effective_date=date.fromisoformat(effective),
            source=RuleSource.MANUAL,
            rule_data=data,
        )
        context = self.context
        async with context.database.transaction(context.viewer, "test") as session:
            return await publish_version(session, new)

    async def assess(
        self, domain: ComplianceDomain, as_of: date = TODAY, **options: Any
    ) -> Assessed:
        context = self.context
        return await assess(
            context.database,
            context.viewer,
            context.registry,
            options.pop("selection", Selection()),
            [domain],
            as_of,
            **options,
        )


async def lease_above(world: World, number: int | None = None) -> GraphEntity:
    """A lease with 1,000 mcf flared in March 2025 and 10 mcf a day authorised for ten days of it."""
    lease, flare = await world.lease(number), await world.flare(f"FLARE {number}")
    one = await world.exception(f"5{number or 0:04}", 10, "2025-03-01", "2025-03-10")
    await world.link("AUTHORIZES", one, flare)
    await world.link("AUTHORIZES", one, lease, inferred=True)
    await world.volumes(lease, {"2025-02": (0, 0), "2025-03": (900, 100)})
    return lease
