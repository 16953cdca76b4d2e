"""What `bench.fuzzing` makes of the fuzzer's words; the fuzzing itself takes minutes."""

from bench.fuzzing import Found, dealt, fields, found_in

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


def test_a_clean_run() -> None:
    assert found_in(CLEAN, 0, 66.0) == Found(2120, 0, 66.0)


def test_failures_and_errors_are_counted_and_warnings_are_not() -> None:
    assert found_in(FAILED, 1, 40.0) == Found(1044, 76, 40.0)
    assert found_in(TIMED_OUT, 1, 145.0) == Found(2112, 1, 145.0)


def test_a_run_that_says_nothing_has_failed() -> None:
    assert found_in("", 124, 900.0) == Found(0, 1, 900.0)
    assert found_in(CLEAN + "NOT ALIVE after the fuzz", 99, 1.0).failures == 1


def test_every_field_is_dealt_out_once() -> None:
    names = fields()
    assert {"Query.wells", "Mutation.login"} <= set(names)
    assert not any(one.startswith("Subscription") for one in names)
    for examples in (1, 100, 1000, 1_000_000):
        runs = dealt(names, examples)
        assert sorted(name for run in runs for name in run) == sorted(names)
        assert all(runs)
    assert len(dealt(names, 1000)) > len(dealt(names, 100)) >= 1
