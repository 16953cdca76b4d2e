"""Which tests one process runs, one after another, where two processes share them."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

# They kill, wait for deadlines or measure: two of them at one time would be in each other's way.
_MACHINE = frozenset(
    f"tests/{name}.py"
    for name in (
        "bench/test_bench",
        "bench/test_compare",
        "bench/test_every_caller",
        "bench/test_scale",
        "changes/test_chaos",
        "core/test_budget",
        "core/test_embedded",
        "core/test_failures",
        "core/test_shutdown",
        "core/test_slow_clients",
    )
)
# Their tests stand on one database, which takes long to fill.
_DIRECTORIES = ("plans", "backup", "tenants", "compliance", "filings")
# The longest first, so that neither process has much left when the other has nothing.
_ORDER = ("machine", *_DIRECTORIES)


def group_of(test: str) -> str:
    """The group that a test belongs to, by its id: the machine's, a directory's or its file's."""
    file = test.partition("::")[0]
    if file in _MACHINE:
        return "machine"
    directory = file.split("/")[1]
    return directory if directory in _DIRECTORIES else file


def place_of(test: str) -> int:
    """When a test's group begins, among the groups."""
    group = group_of(test)
    return _ORDER.index(group) if group in _ORDER else len(_ORDER)


class Scheduling(LoadScopeScheduling):
    """Gives a whole group to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def make_scheduler(config: Any, log: Any) -> Scheduling:
    """The scheduling of a run; groups begin in the order that the processes collected them in."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)
