"""The analyst's question on the genuine Permian records, against an answer worked out by hand."""

import os
from pathlib import Path

import pytest

from graph_api.compliance.assessing import Selection, assess
from graph_api.compliance.models import ComplianceDomain, ComplianceStatusCode
from graph_api.compliance.store.lists import ComplianceFilter, status_page
from graph_api.core.database import Database, StatementLog, statement_log
from graph_api.core.graph.reading import GraphReader
from graph_api.core.pages import page_request
from graph_api.core.viewer import Viewer
from graph_api.entities.graph import graph_registry
from graph_api.entities.imports.permian import read_permian
from graph_api.entities.imports.runner import ImportRunner
from graph_api.entities.imports.summary import LoadReport
from graph_api.settings import Settings
from tests.compliance.permian_by_hand import LeaseKey, Month, read_by_hand
from tests.compliance.worlds import TODAY

GENUINE = Path(
    os.environ.get("GRAPH_API_TEST_RRC_DIR")
    or Path(__file__).parents[2] / ".." / "shared" / "data" / "rrc"
)
TABLES = ("permits.csv", "leases.csv", "wells.csv", "production.csv")


class _Silence:
    def total_bytes(self, count: int) -> None: ...

    def advance_bytes(self, count: int) -> None: ...


@pytest.mark.skipif(
    not (GENUINE / "permian").is_dir(), reason=f"the genuine RRC files are not at {GENUINE}"
)
async def test_which_leases_flared_above_their_authorised_rate(
    database: Database, viewer: Viewer, settings: Settings
) -> None:
    registry = graph_registry()
    directory = GENUINE / "permian"
    with LoadReport(None) as report:
        runner = ImportRunner(database, registry, viewer, report)
        await runner.run(read_permian([directory / name for name in TABLES], _Silence()))
    log = StatementLog()
    token = statement_log.set(log)
    domain = ComplianceDomain.FLARING_MONITOR
    day = TODAY.replace(year=2026)
    result = await assess(database, viewer, registry, Selection(), [domain], day)
    statement_log.reset(token)
    by_hand = read_by_hand(directory)
    assert result.total == len(by_hand.leases) == 3121
    gathering = [name for name in log.names if name.endswith(("_to_assess", "_assess_by", "_day"))]
    assert len(gathering) == len(set(gathering)) == 7, "one statement for each kind of input"
    assert log.count < 7 + 7 * 12, "and a bounded number for each 500 records written"

    where = ComplianceFilter(domains=[domain], statuses=[ComplianceStatusCode.ACTION_NEEDED])
    page = await status_page(database, viewer, where, page_request(settings, first=500))
    found: dict[LeaseKey, dict[Month, float]] = {}
    leases = await _keys(database, viewer, [one.node.entity_id for one in page.rows])
    for one in page.rows:
        months: list[dict[str, object]] = one.node.details["months"]  # type: ignore[assignment]
        found[leases[one.node.entity_id]] = {
            (int(str(m["month"])[:4]), int(str(m["month"])[5:])): float(str(m["excess_mcf"]))
            for m in months
            if m["outcome"] == "ABOVE"
        }
        assert one.node.details["inferred_links"] is True
        assert "inferred from position and operator" in one.node.explanation
    expected = by_hand.above()
    assert found.keys() == expected.keys()
    for lease, excess in expected.items():
        assert found[lease] == pytest.approx(excess, abs=0.06)
    assert (len(found), sum(len(months) for months in found.values())) == (65, 99)
    assert max(max(months.values()) for months in found.values()) == 46_216


async def _keys(database: Database, viewer: Viewer, ids: list[object]) -> dict[object, LeaseKey]:
    reader = GraphReader(database, graph_registry())
    found = await reader.by_ids(viewer, "Lease", ids)  # type: ignore[arg-type]
    return {
        one: (str(lease.district), str(lease.rrc_lease_id))  # type: ignore[attr-defined]
        for one, lease in found.items()
    }
