"""What `bench.killing` would call a loss; the killing itself takes minutes."""

from bench.killing import wrong
from bench.writers import NO_ANSWER, Records

FEED = [(1, "0-0"), (2, "1-0"), (3, "0-1")]
WELLS: dict[str, str | None] = {"42-003-10000": "0-1", "42-003-10001": "1-0"}


def told() -> Records:
    records = Records(
        acknowledged={"0-0": "42-003-10000", "1-0": "42-003-10001", "0-1": "42-003-10000"}
    )
    for one in records.delivered:
        one.extend(FEED)
    records.told[NO_ANSWER] += 1
    return records


def found(
    records: Records,
    feed: list[tuple[int, str]] | None = None,
    wells: dict[str, str | None] | None = None,
) -> dict[str, int]:
    counts = wrong(records, FEED if feed is None else feed, WELLS if wells is None else wells)
    return {what: count for what, count in counts if count}


def test_nothing_is_wrong() -> None:
    assert found(told()) == {}


def test_a_lost_write() -> None:
    assert found(told(), feed=FEED[:2])["acknowledged writes that are lost"] == 1


def test_a_write_made_twice() -> None:
    assert found(told(), feed=[*FEED, (4, "0-1")])["writes made twice under one key"] == 1


def test_a_write_that_nobody_was_told_of() -> None:
    assert found(told(), feed=[*FEED, (4, "0-2")])["writes that nobody was told of"] == 1


def test_a_well_that_is_not_as_it_was_acknowledged() -> None:
    wells = WELLS | {"42-003-10000": "0-0"}
    assert found(told(), wells=wells) == {"wells that are not as last acknowledged": 1}


def test_what_followers_were_told() -> None:
    records = told()
    records.delivered[0].pop(1)
    records.delivered[1].append(FEED[0])
    assert found(records) == {
        "changes that a follower missed": 1,
        "changes delivered twice or out of order": 1,
    }


def test_an_answer_that_nothing_explains() -> None:
    records = told()
    records.told["INTERNAL"] += 1
    assert found(records) == {"answers that no failure explains": 1}
