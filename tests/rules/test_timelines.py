"""Both time axes against a slow, obvious model that keeps everything that was ever published."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.core.database import Database
from graph_api.core.pages import Order, page_request
from graph_api.core.viewer import Viewer
from graph_api.rules.lifecycle import RuleConflict
from graph_api.rules.models import RuleStatus
from graph_api.rules.store import (
    RuleSelection,
    count_rules,
    list_rules,
    rule_timeline,
    rule_versions_by_ids,
    rules_in_force,
)
from graph_api.settings import Settings
from tests.rules.drafts import SHARED, created, fresh_identifier, moved, published, spacing
from tests.viewers import member

DAYS = [date(2024, 1, 1) + timedelta(days) for days in range(8)]
CASES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Published:
    """One version that was put in force, and when that became known."""

    version_id: UUID
    effective_date: date
    known_from: datetime


@dataclass
class Model:
    """Two rules of one identifier: the tenant's own and the shared one."""

    own: list[Published] = field(default_factory=list)
    shared: list[Published] = field(default_factory=list)

    def in_force(self, day: date, known_at: datetime) -> UUID | None:
        """Of those known, the last that took effect by the day; the tenant's own comes first."""
        for rule in (self.own, self.shared):
            begun = [
                one for one in rule if one.known_from <= known_at and one.effective_date <= day
            ]
            if begun:
                return max(begun, key=lambda one: one.effective_date).version_id
        return None

    def end(self, version_id: UUID, known_at: datetime) -> date | None:
        """The day on which the next known version of the same rule takes effect."""
        for rule in (self.own, self.shared):
            for one in rule:
                if one.version_id == version_id:
                    later = [
                        other.effective_date
                        for other in rule
                        if other.known_from <= known_at
                        and other.effective_date > one.effective_date
                    ]
                    return min(later, default=None)
        raise AssertionError("not published")


STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(DAYS[1:-1]), st.sampled_from(["publish", "draft"])),
    max_size=9,
)


@given(steps=STEPS)
@CASES
async def test_both_axes_agree_with_everything_that_was_published(
    database: Database, steps: list[tuple[bool, date, str]]
) -> None:
    viewer = member(f"tenant-{uuid.uuid4().hex[:12]}", subject="test")
    identifier, model = fresh_identifier(), Model()
    moments = [datetime.now(UTC)]
    for is_own, day, step in steps:
        writer, rule = (viewer, model.own) if is_own else (SHARED, model.shared)
        new = spacing(identifier, day)
        if step == "draft":
            await created(database, writer, new)
        elif day in {one.effective_date for one in rule}:
            with pytest.raises(RuleConflict, match="takes effect on the same day"):
                await published(database, writer, new)
        else:
            before = datetime.now(UTC)
            version = await published(database, writer, new)
            assert before <= version.updated_at <= datetime.now(UTC)
            rule.append(Published(version.id, day, version.updated_at))
            moments += [version.updated_at - timedelta(microseconds=1), version.updated_at]
        moments.append(datetime.now(UTC))
    await check(database, viewer, identifier, model, moments)


async def check(
    database: Database,
    viewer: Viewer,
    identifier: str,
    model: Model,
    moments: list[datetime],
) -> None:
    for known_at in [None, *moments]:
        moment = known_at or datetime.max.replace(tzinfo=UTC)
        for day in DAYS:
            found = await rules_in_force(database, viewer, day, known_at, [identifier])
            expected = model.in_force(day, moment)
            assert [one.id for one in found] == ([] if expected is None else [expected])
            for one in found:
                assert one.superseded_date == model.end(one.id, moment)
                ended = one.superseded_date is not None
                assert one.status is (RuleStatus.SUPERSEDED if ended else RuleStatus.ACTIVE)
                assert one.is_in_force(day)
                by_id = await rule_versions_by_ids(database, viewer, [one.id], known_at)
                assert by_id == {one.id: one}


async def test_what_a_day_shows_is_what_the_list_of_that_day_shows(
    database: Database, viewer: Viewer, settings: Settings
) -> None:
    prefix = fresh_identifier()
    for number in range(3):
        for day in (DAYS[1], DAYS[4]):
            await published(database, SHARED, spacing(f"{prefix}.{number}", day))
    await published(database, viewer, spacing(f"{prefix}.1", DAYS[3]))
    await created(database, viewer, spacing(f"{prefix}.2", DAYS[3]))
    request = page_request(settings, [Order("IDENTIFIER")])
    seen = set()
    for day in DAYS:
        in_force = await rules_in_force(
            database, viewer, day, identifiers=[f"{prefix}.{one}" for one in range(3)]
        )
        selection = RuleSelection(valid_on=day, identifier_prefix=f"{prefix}.")
        page = await list_rules(database, viewer, selection, request)
        assert [row.node for row in page.rows] == in_force
        assert await count_rules(database, viewer, selection) == len(in_force)
        seen.add(tuple(one.id for one in in_force))
    assert len(seen) == 4, "nothing, the first ones, the tenant's own, the second ones"
    every = RuleSelection(identifier_prefix=f"{prefix}.")
    assert await count_rules(database, viewer, every) == 8


async def test_a_version_inserted_before_another_holds_up_to_it(
    database: Database, viewer: Viewer
) -> None:
    for day in (DAYS[0], DAYS[6], DAYS[3]):
        await published(database, viewer, spacing("SWR_37", day))
    found = await rule_timeline(database, viewer, "SWR_37")
    own = [one for one in found if not one.is_shared]
    spans = [(one.version, one.effective_date, one.superseded_date, one.status) for one in own]
    assert spans == [
        (1, DAYS[0], DAYS[3], RuleStatus.SUPERSEDED),
        (2, DAYS[6], None, RuleStatus.ACTIVE),
        (3, DAYS[3], DAYS[6], RuleStatus.SUPERSEDED),
    ]
    assert [one.superseded_by_id for one in own] == [own[2].id, None, own[1].id]


async def test_statuses_are_told_as_they_were_known(database: Database, viewer: Viewer) -> None:
    draft = await created(database, viewer, spacing("SWR_37", DAYS[0]))
    moments = {RuleStatus.DRAFT: datetime.now(UTC)}
    for status in (RuleStatus.PENDING_REVIEW, RuleStatus.ACTIVE):
        await moved(database, viewer, draft, status)
        moments[status] = datetime.now(UTC)
    await published(database, viewer, spacing("SWR_37", DAYS[5]))
    moments[RuleStatus.SUPERSEDED] = datetime.now(UTC)
    for status, known_at in moments.items():
        found = await rule_versions_by_ids(database, viewer, [draft.id], known_at)
        assert found[draft.id].status is status
        ended = DAYS[5] if status is RuleStatus.SUPERSEDED else None
        assert found[draft.id].superseded_date == ended
    early = draft.detected_at - timedelta(microseconds=1)
    assert await rule_versions_by_ids(database, viewer, [draft.id], early) == {}


@pytest.mark.parametrize("field", ["IDENTIFIER", "EFFECTIVE_DATE", "DETECTED_AT"])
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_of_any_order_and_direction_make_up_the_list(
    database: Database, viewer: Viewer, settings: Settings, field: str, *, descending: bool
) -> None:
    prefix = fresh_identifier()
    for name, day in (("b", 2), ("a", 2), ("a", 1), ("a.x", 2), ("a_x", 5), ("a", 0)):
        await created(database, viewer, spacing(f"{prefix}.{name}", DAYS[day]))
    selection = RuleSelection(identifier_prefix=f"{prefix}.")
    order = [Order(field, descending)]
    key = {
        "IDENTIFIER": lambda one: (one.rule_identifier, one.version),
        "EFFECTIVE_DATE": lambda one: (one.effective_date, str(one.id)),
        "DETECTED_AT": lambda one: (one.detected_at, str(one.id)),
    }[field]
    whole = await list_rules(database, viewer, selection, page_request(settings, order))
    expected = [row.node for row in whole.rows]
    assert len(expected) == 6
    assert expected == sorted(expected, key=key, reverse=descending)
    forward, backward = [], []
    request = page_request(settings, order, first=2)
    while True:
        page = await list_rules(database, viewer, selection, request)
        forward += [row.node for row in page.rows]
        if not page.info.has_next_page:
            break
        request = replace(request, after=page.rows[-1].position)
    request = page_request(settings, order, last=4)
    while True:
        page = await list_rules(database, viewer, selection, request)
        backward = [row.node for row in page.rows] + backward
        if not page.info.has_previous_page:
            break
        request = replace(request, before=page.rows[0].position)
    assert forward == expected
    assert backward == expected
