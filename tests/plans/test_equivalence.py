"""Whatever is asked, plans answer what the standard executor answers, to the byte.

400 documents by default; `GRAPH_API_TEST_EXAMPLES=5000 pytest tests/plans/test_equivalence.py`
runs that many, each time other ones. What fails is shown in its smallest form.
"""

import asyncio
import gc
import os
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod, Viewer
from tests.core.graph.worlds import World
from tests.plans.both_ways import BothWays
from tests.plans.conftest import GENUINE
from tests.plans.documents import documents
from tests.plans.vocabulary import Vocabulary

# graphql-core ends what waits for a list's items before it has begun, where null spreads past the
# list; what that would have awaited is awaited by nobody
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

_ASKED = os.environ.get("GRAPH_API_TEST_EXAMPLES")

Worlds = list[tuple[World, Vocabulary]]


def _cases(usual: int) -> settings:
    count = usual if _ASKED is None else max(1, int(_ASKED) * usual // 400)
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=_ASKED is None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def _told_the_same(
    loop: asyncio.AbstractEventLoop,
    both_ways: BothWays,
    worlds: Worlds,
    usual: int,
    viewer: Viewer | None = None,
) -> Counter[str | None]:
    """Run documents both ways; returns how many plans answered, under None, and why not others."""
    before = Counter(both_ways.reasons)

    @_cases(usual)
    @given(data=st.data())
    def each(data: st.DataObject) -> None:
        world, vocabulary = data.draw(st.sampled_from(worlds))
        document = data.draw(documents(vocabulary))
        asking = viewer and replace(viewer, tenant_id=world.viewer.tenant_id)
        loop.run_until_complete(both_ways.same(asking or world.viewer, document))

    each()
    gc.collect()  # so that no other test is blamed for it
    return both_ways.reasons - before


def _assert_planned(reasons: Counter[str | None], usual: int) -> None:
    """A third at least, so that nobody is content with two answers of the same executor."""
    assert reasons[None] * 3 >= reasons.total() > usual // 2, reasons.most_common(10)


def test_generated_worlds(
    loop: asyncio.AbstractEventLoop, both_ways: BothWays, vocabularies: Worlds
) -> None:
    _assert_planned(_told_the_same(loop, both_ways, vocabularies, 400), 400)


_LESSER = {
    "nobody": Viewer("", "test", auth_method=AuthMethod.ANONYMOUS),
    "reader": Viewer("", "test", roles=frozenset({Role.VIEWER})),
    "program": Viewer("", "test", roles=frozenset({Role.SERVICE})),
    "analyst": Viewer("", "test", roles=frozenset({Role.ANALYST})),
    "key for rules": Viewer(
        "", "test", roles=frozenset({Role.ADMIN}), scopes=frozenset({Permission.READ_RULES})
    ),
    "key for the graph": Viewer(
        "", "test", roles=frozenset({Role.ADMIN}), scopes=frozenset({Permission.READ_GRAPH})
    ),
    "first password": Viewer("", "test", roles=frozenset({Role.ADMIN}), must_change_password=True),
}


@pytest.mark.parametrize("viewer", _LESSER.values(), ids=_LESSER)
def test_lesser_viewers(
    viewer: Viewer, loop: asyncio.AbstractEventLoop, both_ways: BothWays, vocabularies: Worlds
) -> None:
    """Who may see less is told the same, and the same of what it may not see."""
    reasons = _told_the_same(loop, both_ways, vocabularies, 20, viewer)
    assert reasons[None] > 0 or not viewer.may(Permission.READ_GRAPH), reasons.most_common(10)


@pytest.mark.skipif(
    not (GENUINE / "permian").is_dir(), reason=f"the genuine RRC files are not at {GENUINE}"
)
def test_genuine_records(
    loop: asyncio.AbstractEventLoop, both_ways: BothWays, genuine: Worlds
) -> None:
    _assert_planned(_told_the_same(loop, both_ways, genuine, 60), 60)
