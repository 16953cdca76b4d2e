"""What `bench.fuzzing` makes of the fuzzer's words; the fuzzing itself takes minutes."""

from collections import Counter

from bench.every_caller import Counts
from bench.fuzzing import Run, dealt, fields, rows, runs_of

CLEAN = """Test cases:
  2120 generated, 2120 passed

============================= 1 warning in 66.34s ==============================
"""
FAILED = """Test cases:
  1,044 generated, 74 found 74 unique failures

================== 74 failures, 2 errors, 1 warning in 40.22s ==================
"""
TIMED_OUT = """Test cases:
  2112 generated, 2112 passed, 11 errored

======================== 1 error, 1 warning in 145.43s =========================
"""


def ended(output: str, status: int) -> tuple[int, int]:
    run = Run(1, 1, ["Query.wells"], ["admin"])
    run.tell(output, status)
    return run.examples, run.failures


def test_a_clean_run() -> None:
    assert ended(CLEAN, 0) == (2120, 0)


def test_failures_and_errors_are_counted_and_warnings_are_not() -> None:
    assert ended(FAILED, 1) == (1044, 76)
    assert ended(TIMED_OUT, 1) == (2112, 1)


def test_a_run_that_says_nothing_has_failed() -> None:
    assert ended("", 124) == (0, 1)
    assert ended(CLEAN + "NOT ALIVE after the fuzz", 99) == (2120, 1)


def test_the_table_adds_up_the_runs_of_a_seed() -> None:
    both = ["admin", "viewer"]
    done = [
        Run(1, 1, ["Query.wells", "Query.well"], both, examples=2000),
        Run(1, 2, ["Mutation.login"], ["viewer"], examples=1000),
        Run(2, 1, ["Query.wells"], both, examples=1000),
        Run(2, 3, ["Query.well"], both, failures=1),  # came to no end
    ]
    counts = {
        "1-1": Counts(Counter(admin=2002, viewer=2002), Counter(viewer=3)),
        "1-2": Counts(Counter(viewer=1002), Counter(viewer=1)),
        "2-1": Counts(Counter(admin=1001, viewer=1001)),
        "2-2": Counts(Counter(admin=7), Counter(admin=6)),  # is not finished
        "2-3": Counts(Counter(admin=10, viewer=10)),
    }
    assert [*rows(done, counts)][2:] == [
        "| 1 | `admin` | 2 | 2,000 | 2,002 | 0 |",
        "| 1 | `viewer` | 3 | 3,000 | 3,004 | 4 |",
        "| 2 | `admin` | 1 | 1,000 | 1,018 | 6 |",
        "| 2 | `viewer` | 1 | 1,000 | 1,011 | 0 |",
    ]


def test_every_caller_asks_for_every_field_once() -> None:
    callers = ["admin", "viewer", "anonymous"]
    runs = [*runs_of(3, fields(), callers, 1000)]
    assert len({run.name for run in runs}) == len(runs)
    asked = [(who, name) for run in runs for who in run.callers for name in run.fields]
    assert sorted(asked) == sorted((who, name) for who in callers for name in fields())
    assert [run.callers for run in runs if "Mutation.login" in run.fields] == [
        [who] for who in callers
    ]


def test_every_field_is_dealt_out_once() -> None:
    names = fields()
    assert {"Query.wells", "Mutation.login"} <= set(names)
    assert not any(one.startswith("Subscription") for one in names)
    for examples in (1, 100, 1000, 1_000_000):
        runs = dealt(names, examples)
        assert sorted(name for run in runs for name in run) == sorted(names)
        assert all(runs)
    assert len(dealt(names, 1000)) > len(dealt(names, 100)) >= 1
