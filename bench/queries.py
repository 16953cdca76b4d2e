"""The five typical queries, as documents with the variables that they are run with in turn."""

from dataclasses import dataclass, field
from typing import Any

from bench.dataset import Dataset, entity_id
from graph_api.core.api.global_ids import global_id

_POINT = """
query Point($api: String!) {
  well(apiNumber: $api) {
    apiNumber wellName status county totalDepthFt
    lease { name rrcLeaseId district }
    operator { name p5Number p5Status }
  }
}"""

_PAGE = """
query Page {
  wells(first: 500) {
    nodes {
      apiNumber wellName wellNumber wellType status
      district county latitude longitude totalDepthFt
    }
  }
}"""

_NESTED = """
query Nested {
  leases(first: 50) {
    nodes {
      name rrcLeaseId district
      operators { nodes { name p5Number } }
      wells(first: 10) {
        nodes {
          apiNumber wellName status
          permits(first: 5) { nodes { permitNumber status approvedOn } }
        }
      }
    }
  }
}"""

_HUB = """
query Hub($district: String!, $rrcLeaseId: String!) {
  lease(rrcLeaseId: $rrcLeaseId, district: $district, oilGasCode: O) {
    name
    wells(first: 50, orderBy: [{field: API_NUMBER, direction: ASC}]) {
      totalCount
      nodes { apiNumber wellName status }
    }
  }
}"""

_NEIGHBORHOOD = """
query Neighborhood($id: ID!) {
  neighborhood(id: $id, depth: 2, limit: 200) {
    nodes { id displayName }
    edges { type }
    truncated
  }
}"""

_DIFFERENT_STARTS = 32


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the benchmark."""

    name: str
    document: str
    variables: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    """Run in turn, so that no answer is only the last one again."""


def queries(dataset: Dataset) -> list[Query]:
    """The five queries against a world."""
    wells = _spread(dataset.wells)
    # the hub's surroundings are the hub query's business
    leases = [place for place in _spread(dataset.leases) if place > 0]
    return [
        Query("point", _POINT, [{"api": dataset.api_number(place)} for place in wells]),
        Query("page", _PAGE),
        Query("nested", _NESTED),
        Query("hub", _HUB, [dict(dataset.lease_key(0))]),
        Query(
            "neighborhood",
            _NEIGHBORHOOD,
            [{"id": global_id("Lease", entity_id("Lease", place))} for place in leases],
        ),
    ]


def objects_in(data: Any) -> int:
    """How many objects an answer holds, connections not counted as such."""
    if isinstance(data, list):
        return sum(objects_in(one) for one in data)
    if not isinstance(data, dict):
        return 0
    is_list = "nodes" in data
    return (0 if is_list else 1) + sum(objects_in(one) for one in data.values())


def _spread(total: int) -> list[int]:
    """Places all over a range."""
    return [place * total // _DIFFERENT_STARTS for place in range(_DIFFERENT_STARTS)]
