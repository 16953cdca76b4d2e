"""The feed as a query and as subscriptions."""

from collections.abc import AsyncGenerator, Iterable
from typing import Annotated

import strawberry

from graph_api.changes.types import ChangeFeedItem, ChangePage, shown
from graph_api.core.api.building import merge_fields
from graph_api.core.api.entities import context_of
from graph_api.core.api.schema import SchemaParts
from graph_api.core.errors import bad_input, limit_exceeded
from graph_api.core.feed import ALL_KINDS, FeedFilter
from graph_api.core.journal import ChangeKind

_LARGEST_PAGE = 500
_MOST_IDS = 1000

After = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor: everything after it comes first, then what happens from now on; "
        "when left out, only what happens from now on."
    ),
]
Ids = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="UUIDs of entities; all, when left out."),
]
Types = Annotated[
    list[str] | None,
    strawberry.argument(description="Kinds of entity such as `Lease`; all, when left out."),
]
Domains = Annotated[
    list[str] | None,
    strawberry.argument(description="Domains such as `flaring_monitor`; all, when left out."),
]
Statuses = Annotated[
    list[str] | None,
    strawberry.argument(description="Statuses after the change; all, when left out."),
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
    domains: list[str] | None = None,
    entity_ids: list[strawberry.ID] | None = None,
    entity_types: list[str] | None = None,
    statuses: list[str] | None = None,
) -> FeedFilter:
    """A filter from a field's arguments; case does not matter in domains and statuses."""
    for name, values in (("entityIds", entity_ids), ("entityTypes", entity_types)):
        if values is not None and len(values) > _MOST_IDS:
            raise limit_exceeded(name, _MOST_IDS, len(values))
    return FeedFilter(
        frozenset(kinds),
        _set(domains, lower=True),
        _set(entity_ids),
        _set(entity_types),
        _set(statuses, lower=True),
    )


def _set(values: Iterable[str] | None, *, lower: bool = False) -> frozenset[str] | None:
    if values is None:
        return None
    return frozenset(value.lower() if lower else str(value) for value in values)


async def _follow(
    info: strawberry.Info, after: str | None, wanted: FeedFilter
) -> AsyncGenerator[ChangeFeedItem, None]:
    context = context_of(info)
    async for found in context.feed.follow(context.viewer, position_of(after), wanted):
        # an event sees the present, not what an earlier event has read
        context.renew_loaders()
        yield shown(found)


@strawberry.type
class ChangeQueries:
    """The feed for clients that poll."""

    @strawberry.field(description="The change feed after a cursor, for clients that poll.")
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
        wanted = feed_filter([kind.value for kind in kinds] if kinds else ALL_KINDS)
        position = position_of(after) or 0
        events, gap, looked = await context.feed.page(context.viewer, position, wanted, first)
        items = [shown(found) for found in ([gap] if gap else []) + events]
        return ChangePage(items=items, cursor=str(looked), has_more=len(events) == first)


@strawberry.type
class ChangeSubscriptions:
    """The feed as it grows."""

    @strawberry.subscription(description="Every change of compliance, in order.")
    async def compliance_changed(
        self,
        info: strawberry.Info,
        domains: Domains = None,
        entity_ids: Ids = None,
        entity_types: Types = None,
        statuses: Statuses = None,
        after: After = None,
    ) -> AsyncGenerator[ChangeFeedItem, None]:
        """Changes of compliance status."""
        wanted = feed_filter(
            [ChangeKind.COMPLIANCE_STATUS], domains, entity_ids, entity_types, statuses
        )
        async for item in _follow(info, after, wanted):
            yield item

    @strawberry.subscription(description="Every change of a rule's versions, in order.")
    async def rule_changed(
        self, info: strawberry.Info, domains: Domains = None, after: After = None
    ) -> AsyncGenerator[ChangeFeedItem, None]:
        """Changes of rule versions."""
        wanted = feed_filter([ChangeKind.RULE_VERSION], domains)
        async for item in _follow(info, after, wanted):
            yield item

    @strawberry.subscription(description="Alerts that a rule changed under a filing, in order.")
    async def rule_change_alerts(
        self, info: strawberry.Info, after: After = None
    ) -> AsyncGenerator[ChangeFeedItem, None]:
        """Alerts, and rule snapshots that became stale."""
        kinds = [ChangeKind.RULE_CHANGE_ALERT]
        async for item in _follow(info, after, feed_filter(kinds)):
            yield item

    @strawberry.subscription(description="Every change of a filing checklist, in order.")
    async def checklist_changed(
        self,
        info: strawberry.Info,
        domains: Domains = None,
        entity_ids: Ids = None,
        statuses: Statuses = None,
        after: After = None,
    ) -> AsyncGenerator[ChangeFeedItem, None]:
        """Changes of checklists and of the rule snapshots they froze."""
        kinds = [ChangeKind.CHECKLIST, ChangeKind.RULE_SNAPSHOT]
        wanted = feed_filter(kinds, domains, entity_ids, None, statuses)
        async for item in _follow(info, after, wanted):
            yield item

    @strawberry.subscription(
        description="Every change of an entity or a relationship of the graph, in order."
    )
    async def entity_changed(
        self,
        info: strawberry.Info,
        kinds: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Kinds of entity such as `Lease`, and types of relationship such as "
                "`HAS_WELL`; all, when left out."
            ),
        ] = None,
        entity_ids: Ids = None,
        after: After = None,
    ) -> AsyncGenerator[ChangeFeedItem, None]:
        """Changes of the graph."""
        changed = [ChangeKind.ENTITY, ChangeKind.RELATIONSHIP]
        async for item in _follow(info, after, feed_filter(changed, None, entity_ids, kinds)):
            yield item


def add_changes(parts: SchemaParts) -> None:
    """Add the feed to a schema."""
    merge_fields(parts.query, ChangeQueries)
    merge_fields(parts.subscription, ChangeSubscriptions)
