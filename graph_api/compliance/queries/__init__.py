"""The root fields that read compliance, and what puts the domain into a schema."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import strawberry

from graph_api.compliance.inputs import (
    ComplianceStatusFilter,
    MatrixOrderField,
    StatusOrderField,
    aware,
    entity_id,
    order_input,
    orders_of,
    record_filter,
)
from graph_api.compliance.models import (
    ComplianceDomain,
    ComplianceStatus,
    ComplianceSummary,
)
from graph_api.compliance.mutations import add_compliance_mutations
from graph_api.compliance.queries.charts import add_chart_queries
from graph_api.compliance.store.lists import (
    ComplianceFilter,
    count_entities,
    matrix_page,
    status_page,
    summary,
)
from graph_api.compliance.store.statuses import status_as_of
from graph_api.compliance.types import add_compliance_types, bounded, records_of
from graph_api.core.api.building import Argument, GraphQLClass, InputValue, add_field, list_of
from graph_api.core.api.connections import RecordConnection
from graph_api.core.api.entities import context_of
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.database import Database
from graph_api.core.pages import Order, Page, PageRequest, page_request
from graph_api.core.permissions import Permission
from graph_api.core.viewer import Viewer

_MOST_DAYS = 3660
_WHERE = Argument("where", ComplianceStatusFilter, "Which records; all, when left out.")

ReadPage = Callable[[Database, Viewer, ComplianceFilter, PageRequest], Awaitable[Page[Any]]]
ReadCount = Callable[[Database, Viewer, ComplianceFilter], Awaitable[int]]


def add_compliance(parts: SchemaParts) -> None:
    """Give a schema compliance: its types, its root fields, and the fields of entities."""
    add_compliance_types(parts)
    _add_one(parts)
    _add_list(
        parts,
        "compliance_statuses",
        "ComplianceStatusConnection",
        order_input("ComplianceStatusOrder", StatusOrderField),
        "Compliance records, filtered, ordered and paged.",
        status_page,
        _count_records,
    )
    _add_list(
        parts,
        "compliance_matrix",
        "ComplianceMatrixConnection",
        order_input("ComplianceMatrixOrder", MatrixOrderField),
        "Entities that have a record like this, each with its records in the domains asked for; "
        "the worst first when no order is given.",
        matrix_page,
        count_entities,
    )
    _add_summary(parts)
    add_chart_queries(parts)
    add_compliance_mutations(parts)


def _add_one(parts: SchemaParts) -> None:
    async def one(root: Any, info: strawberry.Info, **given: Any) -> ComplianceStatus | None:
        context = context_of(info)
        wanted = entity_id(context.registry, given["entity_id"], "entityId")
        domain: ComplianceDomain = given["domain"]
        moment = aware(given["as_of"], "asOf")
        if moment is not None:
            return await status_as_of(context.database, context.viewer, wanted, domain, moment)
        found = await records_of(info, wanted)
        return next((record for record in found if record.compliance_domain is domain), None)

    add_field(
        parts.query,
        "compliance_status",
        parts.records["ComplianceStatus"] | None,
        one,
        "Where an entity stands in a domain; null where it was never assessed for it.",
        [
            Argument("entity_id", strawberry.ID, "The entity: global id or UUID.", required=True),
            Argument("domain", ComplianceDomain, "The duty.", required=True),
            Argument(
                "as_of",
                datetime,
                "Where it stood at this moment, as it was recorded then; now, when left out.",
            ),
        ],
        permission=Permission.READ_COMPLIANCE,
    )


def _add_list(
    parts: SchemaParts,
    name: str,
    connection: str,
    order: type[InputValue],
    description: str,
    read: ReadPage,
    read_count: ReadCount,
) -> None:
    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> RecordConnection:
        context = context_of(info)
        where = record_filter(context.registry, given["where"])
        orders = orders_of(given["order_by"])
        if not orders and read is matrix_page:
            orders = [Order("worst_status", descending=True)]
        request = page_request(
            context.settings,
            orders,
            first=given["first"],
            after=given["after"],
            last=given["last"],
            before=given["before"],
        )

        async def page() -> Page[Any]:
            found: Page[Any] = await context.loaders.once(
                (name, info.path.key),
                lambda: read(context.database, context.viewer, where, request),
            )
            return found

        async def count() -> int:
            return await read_count(context.database, context.viewer, where)

        return RecordConnection(page, count)

    add_field(
        parts.query,
        name,
        parts.records[connection],
        resolve,
        description,
        [_WHERE, *_paging(order)],
        permission=Permission.READ_COMPLIANCE,
    )


def _paging(order: type[InputValue]) -> list[Argument]:
    return [
        Argument(
            "order_by",
            list_of(order),
            "Keys of the order, the first one leading; records without a value come last.",
        ),
        Argument("first", int, "How many from the start, or after `after`; 50 when left out."),
        Argument("after", str, "A cursor; the page begins after its row."),
        Argument("last", int, "How many from the end, or before `before`."),
        Argument("before", str, "A cursor; the page ends before its row."),
    ]


async def _count_records(database: Database, viewer: Viewer, where: ComplianceFilter) -> int:
    now = datetime.now(UTC)
    return (await summary(database, viewer, where, now, now)).total


def _add_summary(parts: SchemaParts) -> None:
    made: GraphQLClass = parts.records["ComplianceSummary"]

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> ComplianceSummary:
        context = context_of(info)
        where = record_filter(context.registry, given["where"])
        days = bounded("dueWithinDays", given["due_within_days"], 30, _MOST_DAYS)
        now = datetime.now(UTC)
        return await summary(
            context.database, context.viewer, where, now, now + timedelta(days=days)
        )

    add_field(
        parts.query,
        "compliance_summary",
        made,
        resolve,
        "How many records stand where, how many are due soon, and how many are amiss.",
        [
            _WHERE,
            Argument("due_within_days", int, "What soon is, in days; 30 when left out."),
        ],
        permission=Permission.READ_COMPLIANCE,
        cost=FieldCost(weight=50),
    )
