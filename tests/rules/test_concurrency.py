"""Many writers of one rule: numbers without gaps, and at every moment one version for every day."""

import asyncio
import random
from datetime import date, timedelta
from itertools import chain
from typing import Any

import asyncpg

from graph_api.core.database import Database
from graph_api.core.viewer import Viewer
from graph_api.rules.lifecycle import RuleConflict
from graph_api.rules.models import RuleStatus
from graph_api.rules.store import hold_rules, rule_timeline, rules_in_force
from tests.rules.drafts import created, moved, published, spacing

WRITERS = 8
DAY = date(2024, 1, 1)

COUNT_IN_FORCE = """
select day::date, (
    select count(*) from rule_versions v
    where v.tenant_id = $1 and v.rule_identifier = 'SWR_37'
      and v.status in ('active', 'superseded') and v.effective_date <= day
      and (v.superseded_date is null or v.superseded_date > day)) as versions
from generate_series('2024-01-01'::date, '2024-03-31'::date, '1 day') day
"""


async def test_eight_creators_leave_no_gap(database: Database, viewer: Viewer) -> None:
    async def create_several(writer: int) -> list[int]:
        numbers = []
        for _ in range(5):
            new = spacing("SWR_37", DAY + timedelta(writer))
            numbers.append((await created(database, viewer, new)).version)
        return numbers

    written = await asyncio.gather(*(create_several(one) for one in range(WRITERS)))
    assert sorted(chain.from_iterable(written)) == list(range(1, 5 * WRITERS + 1))
    assert all(numbers == sorted(numbers) for numbers in written)


async def test_eight_activators_leave_every_day_one_version(
    database: Database, database_url: str, viewer: Viewer
) -> None:
    await published(database, viewer, spacing("SWR_37", DAY))
    days = [*range(1, 41)]
    random.Random(37).shuffle(days)
    done = asyncio.Event()

    async def activate_several(mine: list[int]) -> None:
        for days_later in mine:
            version = await created(
                database, viewer, spacing("SWR_37", DAY + timedelta(days_later))
            )
            await moved(database, viewer, version, RuleStatus.PENDING_REVIEW)
            await moved(database, viewer, version, RuleStatus.ACTIVE)

    async def watch() -> int:
        connection: Any = await asyncpg.connect(database_url)
        try:
            looks = 0
            while not done.is_set():
                rows = await connection.fetch(COUNT_IN_FORCE, viewer.tenant_id)
                assert {row["versions"] for row in rows} == {1}
                looks += 1
            return looks
        finally:
            await connection.close()

    async def write() -> None:
        try:
            await asyncio.gather(*(activate_several(days[one::WRITERS]) for one in range(WRITERS)))
        finally:
            done.set()

    looks, _ = await asyncio.gather(watch(), write())
    assert looks > 10
    timeline = await rule_timeline(database, viewer, "SWR_37")
    spans = sorted((one.effective_date, one.superseded_date) for one in timeline)
    assert [start for start, _ in spans] == [DAY + timedelta(days) for days in range(41)]
    assert [end for _, end in spans] == [*(start for start, _ in spans[1:]), None]
    assert sorted(one.version for one in timeline) == list(range(1, 42))
    # what was known at each moment of the past was whole as well
    for moment in sorted(one.updated_at for one in timeline)[::8]:
        for days_later in range(0, 41, 5):
            day = DAY + timedelta(days_later)
            assert len(await rules_in_force(database, viewer, day, moment, ["SWR_37"])) == 1


async def test_of_two_that_take_effect_on_one_day_one_is_refused(
    database: Database, viewer: Viewer
) -> None:
    versions = [await created(database, viewer, spacing("SWR_37", DAY)) for _ in range(WRITERS)]
    for one in versions:
        await moved(database, viewer, one, RuleStatus.PENDING_REVIEW)
    results = await asyncio.gather(
        *(moved(database, viewer, one, RuleStatus.ACTIVE) for one in versions),
        return_exceptions=True,
    )
    assert sum(isinstance(one, RuleConflict) for one in results) == WRITERS - 1
    active = [one for one in results if not isinstance(one, BaseException)]
    assert [one.status for one in active] == [RuleStatus.ACTIVE]


async def test_a_rule_that_is_held_is_not_activated_until_it_is_let_go(
    database: Database, viewer: Viewer
) -> None:
    await published(database, viewer, spacing("SWR_37", DAY))
    order: list[str] = []
    holders = asyncio.Barrier(3)

    async def hold(name: str) -> None:
        async with database.transaction(viewer, "hold") as session:
            await hold_rules(session, ["SWR_37"])
            order.append(f"{name} holds")
            await holders.wait()
            await asyncio.sleep(0.1)
            order.append(f"{name} lets go")

    async def publish() -> None:
        await holders.wait()
        await published(database, viewer, spacing("SWR_37", DAY + timedelta(1)))
        order.append("published")

    await asyncio.wait_for(asyncio.gather(hold("one"), hold("two"), publish()), 20)
    assert order[-1] == "published"
    assert {"one holds", "two holds"} == set(order[:2])
