"""What a follower of the feed receives."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from graph_api.core.api.building import asks, enum_type
from graph_api.core.api.entities import Node, context_of
from graph_api.core.feed import ChangeEvent, Gap
from graph_api.core.journal import ChangeKind
from graph_api.core.model import GraphEntity
from graph_api.core.permissions import Permission

_KINDS = {
    "ENTITY": "An entity of the graph.",
    "RELATIONSHIP": "A relationship between two entities.",
    "RULE_VERSION": "A version of a rule.",
    "RULE_SNAPSHOT": "A rule frozen for a filing checklist.",
    "RULE_CHANGE_ALERT": "An alert that a rule changed under a filing.",
    "COMPLIANCE_STATUS": "The compliance of an entity in one domain.",
    "CHECKLIST": "A filing checklist.",
    "CHECKLIST_TEMPLATE": "A version of what filings in a domain need.",
}


class ChangeCause(Enum):
    """What made a change."""

    MUTATION = "mutation"
    ASSESSMENT = "assessment"
    IMPORT = "import"


_CAUSES = {
    "MUTATION": "Somebody's mutation.",
    "ASSESSMENT": "An assessment of compliance.",
    "IMPORT": "A load of files.",
}

enum_type(ChangeKind, lambda member: _KINDS[member.name])
enum_type(ChangeCause, lambda member: _CAUSES[member.name])


@strawberry.type(description="One record that changed.")
class ChangeRecord:
    """A change, with what the record was and is."""

    cursor: str = strawberry.field(
        description="Where the change stands: give it as `after` to go on from here."
    )
    kind: ChangeKind = strawberry.field(description="What kind of record changed.")
    subject_id: str = strawberry.field(description="The changed record's own id.")
    entity_type: str | None = strawberry.field(
        description="Kind of the entity it is about; of a relationship, its type."
    )
    entity_id: str | None = strawberry.field(description="UUID of the entity it is about.")
    domain: str | None = strawberry.field(description="Domain of compliance or of the rule.")
    before: JSON | None = strawberry.field(description="The record before; null if it is new.")
    after: JSON | None = strawberry.field(description="The record after; null if it is gone.")
    cause: ChangeCause = strawberry.field(description="What made the change.")
    actor: str = strawberry.field(description="Who made it.")
    rule_version_id: strawberry.ID | None = strawberry.field(
        description="The rule version that the change rests on."
    )
    occurred_at: datetime = strawberry.field(description="When it was written.")

    @strawberry.field(
        description="The entity it is about, as it is now; null if it is gone.",
        metadata=asks(Permission.READ_GRAPH),
    )
    async def entity(self, info: strawberry.Info) -> Node | None:
        """The entity, read when asked for."""
        context = context_of(info)
        if self.entity_id is None or self.entity_type not in context.registry.entities:
            return None
        found: GraphEntity | None = await context.loaders.entity_of_text(
            self.entity_type, self.entity_id
        )
        return found  # type: ignore[return-value]


@strawberry.type(description="Changes that were removed before they could be delivered.")
class ChangeGap:
    """A hole that retention made: read the present state anew, and go on from `cursor`."""

    cursor: str = strawberry.field(description="The last cursor that is missing.")
    first_missing: str = strawberry.field(description="The first cursor that is missing.")


ChangeFeedItem = Annotated[
    ChangeRecord | ChangeGap,
    strawberry.union("ChangeFeedItem", description="A change, or a hole before the next one."),
]


@strawberry.type(description="A stretch of the feed.")
class ChangePage:
    """Changes after a cursor, for clients that poll."""

    items: list[ChangeFeedItem] = strawberry.field(description="Changes in order, holes included.")
    cursor: str = strawberry.field(
        description="Where the stretch ends: give it as `after` the next time."
    )
    has_more: bool = strawberry.field(description="Whether there is more by now.")


def shown(found: ChangeEvent | Gap) -> ChangeRecord | ChangeGap:
    """An item of the feed as GraphQL shows it."""
    if isinstance(found, Gap):
        return ChangeGap(cursor=str(found.last_sequence), first_missing=str(found.first_sequence))
    return ChangeRecord(
        cursor=str(found.sequence),
        kind=ChangeKind(found.kind),
        subject_id=found.subject_id,
        entity_type=found.entity_type,
        entity_id=found.entity_id,
        domain=found.domain,
        before=None if found.before is None else JSON(found.before),
        after=None if found.after is None else JSON(found.after),
        cause=ChangeCause(found.cause),
        actor=found.actor,
        rule_version_id=None
        if found.rule_version_id is None
        else strawberry.ID(found.rule_version_id),
        occurred_at=found.occurred_at,
    )
