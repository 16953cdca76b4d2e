"""What becomes of a rule that all tenants share is told to each of them."""

from datetime import date

from graph_api.core.context import Services
from graph_api.core.feed import ChangeEvent, FeedFilter
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.viewer import Viewer
from graph_api.rules.models import RuleStatus
from tests.rules.drafts import SHARED, created, fresh_identifier, moved, published, spacing

RULES = FeedFilter(frozenset({ChangeKind.RULE_VERSION}))


async def test_tenants_hear_of_a_shared_rule_that_comes_into_force_and_not_of_its_drafts(
    services: Services, viewer: Viewer
) -> None:
    database = services.database
    async with database.transaction(viewer, "test") as session:
        session.journal.record(Change(ChangeKind.CHECKLIST, "a tenant that writes", None, {}))
    identifier = fresh_identifier()
    first = await published(database, SHARED, spacing(identifier, date(2024, 1, 1)))
    second = await created(database, SHARED, spacing(identifier, date(2024, 6, 1), 330))
    second = await moved(database, SHARED, second, RuleStatus.PENDING_REVIEW)
    await moved(database, SHARED, second, RuleStatus.ACTIVE)

    events, _, _ = await services.feed.page(viewer, 0, RULES, 100)
    heard = [
        (event.subject_id, (event.after or {})["status"])
        for event in events
        if isinstance(event, ChangeEvent) and event.subject_id in {str(first.id), str(second.id)}
    ]
    assert heard == [
        (str(first.id), "ACTIVE"),
        (str(first.id), "SUPERSEDED"),
        (str(second.id), "ACTIVE"),
    ]
