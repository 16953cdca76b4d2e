"""The feed as a query and as subscriptions."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from enum import Enum
from typing import Annotated

import strawberry

from graph_api.changes.types import ChangeFeedItem, ChangePage, shown
from graph_api.compliance.models import ComplianceDomain, ComplianceStatusCode
from graph_api.core.api.building import asks, enum_type, merge_fields
from graph_api.core.api.entities import context_of
from graph_api.core.api.permitting import require
from graph_api.core.api.schema import SchemaParts
from graph_api.core.context import OperationContext
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.feed import FeedFilter
from graph_api.core.journal import ChangeKind
from graph_api.core.permissions import Permission
from graph_api.entities.models import enum_value_description
from graph_api.filings.models import ChecklistStatus
from graph_api.rules.models import RuleDomain

_LARGEST_PAGE = 500
_PERMISSION_OF_KIND = {
    ChangeKind.ENTITY: Permission.READ_GRAPH,
    ChangeKind.RELATIONSHIP: Permission.READ_GRAPH,
    ChangeKind.RULE_VERSION: Permission.READ_RULES,
    ChangeKind.RULE_SNAPSHOT: Permission.READ_FILINGS,
    ChangeKind.RULE_CHANGE_ALERT: Permission.READ_FILINGS,
    ChangeKind.COMPLIANCE_STATUS: Permission.READ_COMPLIANCE,
    ChangeKind.CHECKLIST: Permission.READ_FILINGS,
    ChangeKind.CHECKLIST_TEMPLATE: Permission.READ_FILINGS,
}
_MOST_IDS = 1000

for _enum in (ComplianceDomain, ComplianceStatusCode, ChecklistStatus, RuleDomain):
    enum_type(_enum, enum_value_description)

After = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor: everything after it comes first, then what happens from now on; "
        "when left out, only what happens from now on."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(
        description="How many changes to deliver, at least 1: the subscription completes after so "
        "many. When left out, it goes on until you end it."
    ),
]
Ids = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="UUIDs of entities; all, when left out."),
]
Duties = Annotated[
    list[ComplianceDomain] | None,
    strawberry.argument(description="Domains of compliance; all, when left out."),
]


def position_of(cursor: str | None) -> int | None:
    """The number that a cursor stands for; raises ApiError for what is none."""
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise bad_input("is not a cursor of the feed", argument="after")
    return int(cursor)


def feed_filter(
    kinds: Iterable[str],
    domains: Iterable[Enum] | None = None,
    entity_ids: list[strawberry.ID] | None = None,
    entity_types: Iterable[Enum] | None = None,
    statuses: Iterable[Enum] | None = None,
) -> FeedFilter:
    """A filter from a field's arguments."""
    if entity_ids is not None and len(entity_ids) > _MOST_IDS:
        raise limit_exceeded("entityIds", _MOST_IDS, len(entity_ids))
    return FeedFilter(
        frozenset(kinds),
        None if domains is None else frozenset(str(one.value).lower() for one in domains),
        None if entity_ids is None else frozenset(str(one) for one in entity_ids),
        None if entity_types is None else frozenset(str(one.value) for one in entity_types),
        None if statuses is None else frozenset(str(one.value).lower() for one in statuses),
    )


async def _follow(
    info: strawberry.Info, after: str | None, first: int | None, wanted: FeedFilter
) -> AsyncGenerator[ChangeFeedItem, None]:
    if first is not None and first < 1:
        raise bad_input("must be at least 1", argument="first")
    context = context_of(info)
    following = context.feed.follow(context.viewer, position_of(after), wanted)
    delivered = 0
    # who stops listening is forgotten at once, not when garbage is next collected
    async with aclosing(following):
        async for found in following:
            # an event sees the present, not what an earlier event has read
            context.renew_loaders()
            yield shown(found)
            delivered += 1
            if delivered == first:
                return


@strawberry.type
class ChangeQueries:
    """The feed for clients that poll."""

    @strawberry.field(
        description="The change feed after a cursor, for clients that poll; of the kinds that the "
        "viewer may read.",
        metadata=asks(Permission.READ_CHANGES),
    )
    async def changes(
        self,
        info: strawberry.Info,
        after: Annotated[
            str | None,
            strawberry.argument(description="A cursor; from the beginning, when left out."),
        ] = None,
        first: Annotated[
            int, strawberry.argument(description="How many changes, up to 500.")
        ] = 100,
        kinds: Annotated[
            list[ChangeKind] | None,
            strawberry.argument(description="Kinds of record; all, when left out."),
        ] = None,
    ) -> ChangePage:
        """A stretch of the feed."""
        if not 1 <= first <= _LARGEST_PAGE:
            raise limit_exceeded("first", _LARGEST_PAGE, first)
        context = context_of(info)
        wanted = feed_filter(_readable(context, kinds))
        position = position_of(after) or 0
        events, gap, looked = await context.feed.page(context.viewer, position, wanted, first)
        items = [shown(found) for found in ([gap] if gap else []) + events]
        return ChangePage(items=items, cursor=str(looked), has_more=len(events) == first)


def _readable(context: OperationContext, kinds: list[ChangeKind] | None) -> list[ChangeKind]:
    """The kinds asked for, or all that the viewer may read.

    Raises ApiError FORBIDDEN where one is asked for that the viewer may not read.
    """
    for kind in kinds or ():
        require(context, _PERMISSION_OF_KIND[kind])
    return kinds or [kind for kind in ChangeKind if context.viewer.may(_PERMISSION_OF_KIND[kind])]


def _subscriptions(entity_kinds: type[Enum], edge_kinds: type[Enum]) -> type[object]:
    """The feed as it grows, for the kinds that a graph has."""
    kinds_argument = Annotated[
        list[entity_kinds] | None,  # type: ignore[valid-type]
        strawberry.argument(description="Kinds of entity; all, when left out."),
    ]
    edges_argument = Annotated[
        list[edge_kinds] | None,  # type: ignore[valid-type]
        strawberry.argument(
            description="Kinds of relationship; when left out, all, or none if `kinds` is given."
        ),
    ]

    @strawberry.type
    class ChangeSubscriptions:
        """The feed as it grows."""

        @strawberry.subscription(
            description="Every change of compliance, in order.",
            metadata=asks(Permission.READ_COMPLIANCE),
        )
        def compliance_changed(
            self,
            info: strawberry.Info,
            domains: Duties = None,
            entity_ids: Ids = None,
            entity_types: kinds_argument = None,
            statuses: Annotated[
                list[ComplianceStatusCode] | None,
                strawberry.argument(description="Statuses after the change; all, when left out."),
            ] = None,
            after: After = None,
            first: First = None,
        ) -> AsyncGenerator[ChangeFeedItem, None]:
            """Changes of compliance status."""
            wanted = feed_filter(
                [ChangeKind.COMPLIANCE_STATUS], domains, entity_ids, entity_types, statuses
            )
            return _follow(info, after, first, wanted)

        @strawberry.subscription(
            description="Every change of a rule's versions, in order.",
            metadata=asks(Permission.READ_RULES),
        )
        def rule_changed(
            self,
            info: strawberry.Info,
            domains: Annotated[
                list[RuleDomain] | None,
                strawberry.argument(description="What rules are about; all, when left out."),
            ] = None,
            after: After = None,
            first: First = None,
        ) -> AsyncGenerator[ChangeFeedItem, None]:
            """Changes of rule versions."""
            wanted = feed_filter([ChangeKind.RULE_VERSION], domains)
            return _follow(info, after, first, wanted)

        @strawberry.subscription(
            description="Alerts that a rule changed under a filing, in order.",
            metadata=asks(Permission.READ_FILINGS),
        )
        def rule_change_alerts(
            self,
            info: strawberry.Info,
            domains: Duties = None,
            after: After = None,
            first: First = None,
        ) -> AsyncGenerator[ChangeFeedItem, None]:
            """Alerts about rule changes."""
            wanted = feed_filter([ChangeKind.RULE_CHANGE_ALERT], domains)
            return _follow(info, after, first, wanted)

        @strawberry.subscription(
            description="Every change of a filing checklist and of the rules it froze, in order.",
            metadata=asks(Permission.READ_FILINGS),
        )
        def checklist_changed(
            self,
            info: strawberry.Info,
            domains: Duties = None,
            entity_ids: Ids = None,
            statuses: Annotated[
                list[ChecklistStatus] | None,
                strawberry.argument(description="Statuses after the change; all, when left out."),
            ] = None,
            after: After = None,
            first: First = None,
        ) -> AsyncGenerator[ChangeFeedItem, None]:
            """Changes of checklists and of the rule snapshots they froze."""
            kinds = [ChangeKind.CHECKLIST, ChangeKind.RULE_SNAPSHOT]
            wanted = feed_filter(kinds, domains, entity_ids, None, statuses)
            return _follow(info, after, first, wanted)

        @strawberry.subscription(
            description="Every change of an entity or a relationship of the graph, in order.",
            metadata=asks(Permission.READ_GRAPH),
        )
        def entity_changed(
            self,
            info: strawberry.Info,
            kinds: kinds_argument = None,
            edge_types: edges_argument = None,
            entity_ids: Ids = None,
            after: After = None,
            first: First = None,
        ) -> AsyncGenerator[ChangeFeedItem, None]:
            """Changes of the graph."""
            types = [*(kinds or ()), *(edge_types or ())] if kinds or edge_types else None
            changed = [ChangeKind.ENTITY, ChangeKind.RELATIONSHIP]
            return _follow(info, after, first, feed_filter(changed, None, entity_ids, types))

    return ChangeSubscriptions


def add_changes(parts: SchemaParts) -> None:
    """Add the feed to a schema."""
    merge_fields(parts.query, ChangeQueries)
    merge_fields(parts.subscription, _subscriptions(parts.entity_kinds, parts.edge_kinds))
