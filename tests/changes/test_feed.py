"""The change feed: order, replay, gaps, and readers of every speed."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import pytest

from graph_api.core.api.execution import stream_operation
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.database import Session
from graph_api.core.errors import ApiError
from graph_api.core.feed import ALL_KINDS, ChangeEvent, FeedFilter, Gap
from graph_api.core.journal import Change, ChangeKind
from graph_api.core.statements import Statement
from graph_api.core.viewer import Viewer
from tests.conftest import Execute
from tests.viewers import member

EVERYTHING = FeedFilter(ALL_KINDS)


async def note(services: Services, viewer: Viewer, *subjects: str, **more: Any) -> None:
    """Write changes that stand for whatever a transaction does."""
    async with services.database.transaction(viewer, "test") as session:
        for subject in subjects:
            session.journal.record(
                Change(ChangeKind.CHECKLIST, subject, None, {"status": "draft"}, **more)
            )


async def take(
    services: Services,
    viewer: Viewer,
    count: int,
    after: int | None = 0,
    wanted: FeedFilter = EVERYTHING,
) -> list[ChangeEvent | Gap]:
    """The next items of the feed; fails where they do not come within a few seconds."""
    taken: list[ChangeEvent | Gap] = []
    following = services.feed.follow(viewer, after, wanted)
    async with asyncio.timeout(10), aclosing(following):
        async for item in following:
            taken.append(item)
            if len(taken) == count:
                break
    return taken


def subjects(items: list[ChangeEvent | Gap]) -> list[str]:
    return [item.subject_id for item in items if isinstance(item, ChangeEvent)]


async def test_a_slower_transaction_is_never_skipped(services: Services, viewer: Viewer) -> None:
    began_first = asyncio.Event()
    may_commit = asyncio.Event()

    async def slow() -> None:
        async with services.database.transaction(viewer, "slow") as session:
            session.journal.record(Change(ChangeKind.CHECKLIST, "slow", None, {}))
            began_first.set()
            await may_commit.wait()

    writing = asyncio.create_task(slow())
    await began_first.wait()
    await note(services, viewer, "quick")
    seen = await take(services, viewer, 1)
    assert subjects(seen) == ["quick"]
    may_commit.set()
    await writing
    last = seen[-1]
    assert isinstance(last, ChangeEvent)
    assert subjects(await take(services, viewer, 1, after=last.sequence)) == ["slow"]


async def test_twenty_writers_give_numbers_without_gaps_in_the_order_delivered(
    services: Services, viewer: Viewer
) -> None:
    live = asyncio.create_task(take(services, viewer, 200, after=0))

    async def writer(number: int) -> None:
        for round_ in range(10):
            await note(services, viewer, f"{number}-{round_}")

    await asyncio.gather(*(writer(number) for number in range(20)))
    delivered = await live
    assert [item.sequence for item in delivered if isinstance(item, ChangeEvent)] == list(
        range(1, 201)
    )
    assert len(set(subjects(delivered))) == 200
    for number in range(20):
        own = [one for one in subjects(delivered) if one.startswith(f"{number}-")]
        assert own == [f"{number}-{round_}" for round_ in range(10)]


async def test_replay_goes_live_without_a_hole_or_a_duplicate(
    services: Services, viewer: Viewer
) -> None:
    await note(services, viewer, *(f"old-{place}" for place in range(700)))
    following = asyncio.create_task(take(services, viewer, 800, after=0))
    for place in range(100):
        await note(services, viewer, f"new-{place}")
    expected = [f"old-{place}" for place in range(700)] + [f"new-{place}" for place in range(100)]
    assert subjects(await following) == expected


async def test_without_a_cursor_only_what_happens_from_now_on(
    services: Services, viewer: Viewer
) -> None:
    await note(services, viewer, "before")
    following = asyncio.create_task(take(services, viewer, 1, after=None))
    while not following.done():
        # it may not have begun to follow yet: then it rightly hears of the next one
        await note(services, viewer, "after")
        await asyncio.sleep(0.05)
    assert subjects(await following) == ["after"]


async def test_a_slow_reader_falls_back_to_the_log_and_others_do_not_wait(
    services: Services, viewer: Viewer
) -> None:
    slow = services.feed.follow(viewer, 0, EVERYTHING)
    await note(services, viewer, "first")
    async with aclosing(slow):
        seen = [await anext(slow)]
        # far more than is kept in memory goes by while the slow reader reads nothing
        for batch in range(6):
            await note(services, viewer, *(f"{batch}-{place}" for place in range(500)))
        quick = await take(services, viewer, 3001)
        assert len(quick) == 3001
        while len(seen) < 3001:
            seen.append(await anext(slow))
    assert subjects(seen) == subjects(quick)


@pytest.mark.parametrize("after", [0, None])
async def test_between_two_changes_others_have_their_turn(
    services: Services, viewer: Viewer, after: int | None
) -> None:
    """From the log and live alike: a socket with room takes many changes without waiting."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    many = [str(number) for number in range(100)]
    await note(services, viewer, "first")
    if after is not None:
        await note(services, viewer, *many)
    following = services.feed.follow(viewer, after, EVERYTHING)
    async with aclosing(following):
        begun = asyncio.ensure_future(anext(following))
        if after is None:
            while not services.feed.followers:
                await asyncio.sleep(0)
            await asyncio.sleep(0.2)
            await note(services, viewer, *many)
        await begun
        other = asyncio.create_task(others())
        seen = []
        for _ in range(99):
            await anext(following)
            seen.append(turns)
        other.cancel()
    assert len(set(seen)) == 99


async def test_what_retention_has_cut_is_told_as_a_gap(services: Services, viewer: Viewer) -> None:
    await note(services, viewer, *(f"{place}" for place in range(1, 11)))
    assert await services.feed.cut(viewer, 6) == 5
    items = await take(services, viewer, 6, after=2)
    assert items[0] == Gap(3, 5)
    assert subjects(items[1:]) == ["6", "7", "8", "9", "10"]
    assert subjects(await take(services, viewer, 1, after=5)) == ["6"]
    assert await services.feed.cut(viewer, 100) == 0, "what is to come cannot be cut"


@pytest.mark.parametrize("live", [True, False])
async def test_filters_hold_for_replay_and_live_alike(
    services: Services, viewer: Viewer, live: bool
) -> None:
    wanted = FeedFilter(
        frozenset({"CHECKLIST"}),
        domains=frozenset({"rule_37"}),
        entity_ids=frozenset({"w1", "w2"}),
        statuses=frozenset({"draft"}),
    )

    async def write() -> None:
        await note(services, viewer, "other domain", domain="form_pr", entity_id="w1")
        await note(services, viewer, "other entity", domain="rule_37", entity_id="w3")
        await note(services, viewer, "a", domain="rule_37", entity_id="w1")
        async with services.database.transaction(viewer, "test") as session:
            for change in (
                Change(ChangeKind.ENTITY, "other kind", None, {"status": "draft"}),
                Change(ChangeKind.CHECKLIST, "other status", None, {"status": "filed"}),
            ):
                session.journal.record(change)
        await note(services, viewer, "b", domain="rule_37", entity_id="w2")

    if live:
        following = asyncio.create_task(take(services, viewer, 2, after=0, wanted=wanted))
        await asyncio.sleep(0.1)
        await write()
    else:
        await write()
        following = asyncio.create_task(take(services, viewer, 2, after=0, wanted=wanted))
    assert subjects(await following) == ["a", "b"]


async def test_five_hundred_followers_all_receive_everything(
    services: Services, viewer: Viewer
) -> None:
    followers = [asyncio.create_task(take(services, viewer, 20)) for _ in range(500)]
    for place in range(20):
        await note(services, viewer, f"{place}")
    for follower in followers:
        assert subjects(await follower) == [f"{place}" for place in range(20)]
    assert services.feed.followers == 0


async def test_one_tenant_never_sees_another(services: Services, viewer: Viewer) -> None:
    other = member(f"{viewer.tenant_id}-other", subject="other")
    await note(services, other, "theirs")
    await note(services, viewer, "ours")
    assert subjects(await take(services, viewer, 1)) == ["ours"]


@pytest.mark.parametrize("after", [1, 99])
async def test_a_cursor_from_the_future_is_refused(
    services: Services, viewer: Viewer, after: int
) -> None:
    with pytest.raises(ApiError, match="beyond the last change"):
        await take(services, viewer, 1, after=after)


@pytest.mark.parametrize(
    "step", ["open_journal", "take_journal", "write_changes", "wake_feed", "write_audit_entry"]
)
async def test_a_failure_at_any_step_of_the_journal_leaves_nothing(
    services: Services, viewer: Viewer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    genuine = Session.fetch

    async def fails(self: Session, statement: Statement, *arguments: object) -> Any:
        if statement.name == step:
            raise RuntimeError(step)
        return await genuine(self, statement, *arguments)

    monkeypatch.setattr(Session, "fetch", fails)
    with pytest.raises(RuntimeError, match=step):
        await note(services, viewer, "lost")
    monkeypatch.undo()
    assert await services.feed.head(viewer) == 0
    await note(services, viewer, "kept")
    assert [
        item.sequence for item in await take(services, viewer, 1) if isinstance(item, ChangeEvent)
    ] == [1]


async def test_changes_of_a_mutation_as_a_page(data: Execute) -> None:
    for name in ("A", "B"):
        await data(
            """mutation($name: String!) {
              upsertWell(input: {well: {apiNumber: "4200300161", wellName: $name}}) { __typename }
            }""",
            {"name": name},
        )
    found = await data(
        """{ changes(first: 10) { cursor hasMore items { ... on ChangeRecord {
          cursor kind entityType cause actor before after entity { displayName } } } } }"""
    )
    created, updated = found["changes"]["items"]
    assert found["changes"]["cursor"] == "2"
    assert found["changes"]["hasMore"] is False
    assert (created["cursor"], created["kind"], created["before"]) == ("1", "ENTITY", None)
    assert created["after"]["well_name"] == updated["before"]["well_name"] == "A"
    assert updated["after"]["well_name"] == "B"
    assert updated["entity"] == {"displayName": "B"}
    assert updated["actor"] == "test"


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "9" * 40, "٣"])
async def test_malformed_cursors_are_refused(run: Execute, cursor: str) -> None:
    result = await run(
        "query($after: String) { changes(after: $after) { cursor } }", {"after": cursor}
    )
    assert result.body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.fixture(autouse=True)
async def _nobody_is_left_following(services: Services) -> AsyncIterator[None]:
    yield
    assert services.feed.followers == 0


async def test_a_long_subscription_keeps_nothing_of_the_events_it_delivered(
    services: Services, viewer: Viewer, schema: GraphSchema
) -> None:
    document = 'subscription { entityChanged(after: "0") { ... on ChangeRecord { cursor after } } }'
    delivered = 0

    async def listen() -> None:
        nonlocal delivered
        following = stream_operation(schema.schema, services.operation(viewer), document)
        async with aclosing(following):
            async for _ in following:
                delivered += 1

    async def kept_after(count: int) -> int:
        async with services.database.transaction(viewer, "test") as session:
            for place in range(count):
                session.journal.record(Change(ChangeKind.ENTITY, f"{place}", None, {}))
        before = delivered
        async with asyncio.timeout(60):
            while delivered < before + count:
                await asyncio.sleep(0.02)
        gc.collect()
        return len(gc.get_objects())

    listening = asyncio.create_task(listen())
    # the shared tail fills first; from then on what comes in replaces what goes out
    full = await kept_after(2500)
    assert await kept_after(1000) - full < 1000
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


@pytest.mark.parametrize(
    ("field", "change"),
    [
        (
            "complianceChanged(domains: [RULE_37], statuses: [OVERDUE], entityTypes: [WELL]",
            Change(
                ChangeKind.COMPLIANCE_STATUS,
                "1",
                None,
                {"status": "overdue"},
                "Well",
                "w",
                "rule_37",
            ),
        ),
        (
            "ruleChanged(domains: [SPACING]",
            Change(ChangeKind.RULE_VERSION, "1", None, {}, domain="SPACING"),
        ),
        (
            "ruleChangeAlerts(domains: [RULE_37]",
            Change(ChangeKind.RULE_CHANGE_ALERT, "1", None, {}, domain="rule_37"),
        ),
        (
            "checklistChanged(domains: [FORM_PR], statuses: [DRAFT]",
            Change(ChangeKind.CHECKLIST, "1", None, {"status": "DRAFT"}, domain="form_pr"),
        ),
        ("entityChanged(kinds: [LEASE]", Change(ChangeKind.ENTITY, "1", None, {}, "Lease", "l")),
        (
            "entityChanged(edgeTypes: [HAS_WELL]",
            Change(ChangeKind.RELATIONSHIP, "1", None, {}, "HAS_WELL", "l"),
        ),
    ],
)
async def test_each_subscription_delivers_what_its_arguments_name(
    services: Services, viewer: Viewer, schema: GraphSchema, field: str, change: Change
) -> None:
    async with services.database.transaction(viewer, "test") as session:
        session.journal.record(Change(ChangeKind.ENTITY, "0", None, {}, "Operator", "o"))
        session.journal.record(change)
    document = f'subscription {{ {field}, after: "0") {{ ... on ChangeRecord {{ cursor }} }} }}'
    following = stream_operation(schema.schema, services.operation(viewer), document)
    async with asyncio.timeout(10), aclosing(following):
        result = await anext(following)
    assert "errors" not in result.body, result.body
    (item,) = result.body["data"].values()
    assert item == {"cursor": "2"}
