"""The three questions that all answer, in the words of each, and whether two answers agree."""

from dataclasses import dataclass
from typing import Any

import orjson

from bench.dataset import Dataset
from bench.load import Exchange, graphql

NAMES = ("point", "page", "nested")
_DIFFERENT_WELLS = 32

_WELL = "apiNumber wellName status county totalDepthFt"
_LEASE = "name rrcLeaseId district"
_OPERATOR = "name p5Number p5Status"
_LISTED = (
    "apiNumber wellName wellNumber wellType status district county latitude longitude totalDepthFt"
)
_NESTED_WELL = "apiNumber wellName status"
_PERMIT = "permitNumber status approvedOn"

OURS = {
    "point": f"""query Point($api: String!) {{
  well(apiNumber: $api) {{ {_WELL} lease {{ {_LEASE} }} operator {{ {_OPERATOR} }} }}
}}""",
    "page": f"query Page {{ wells(first: 500) {{ nodes {{ {_LISTED} }} }} }}",
    "nested": f"""query Nested {{
  leases(first: 50) {{ nodes {{
    {_LEASE}
    wells(first: 10) {{ nodes {{
      {_NESTED_WELL}
      permits(first: 5) {{ nodes {{ {_PERMIT} }} }}
    }} }}
  }} }}
}}""",
}
STRAWBERRY = {
    "point": OURS["point"],
    "page": f"query Page {{ wells(first: 500) {{ {_LISTED} }} }}",
    "nested": f"""query Nested {{
  leases(first: 50) {{
    {_LEASE}
    wells(first: 10) {{ {_NESTED_WELL} permits(first: 5) {{ {_PERMIT} }} }}
  }}
}}""",
}
# rows of one lease or well come in the order of `place`, as our relationships come in theirs
POSTGRAPHILE = {
    "point": f"""query Point($api: String!) {{
  wellByApiNumber(apiNumber: $api) {{
    {_WELL}
    lease: leaseByLeaseId {{ {_LEASE} }}
    operator: operatorByOperatorId {{ {_OPERATOR} }}
  }}
}}""",
    "page": f"query Page {{ allWells(first: 500) {{ nodes {{ {_LISTED} }} }} }}",
    "nested": f"""query Nested {{
  allLeases(first: 50) {{ nodes {{
    {_LEASE}
    wells: wellsByLeaseId(first: 10, orderBy: PLACE_ASC) {{ nodes {{
      {_NESTED_WELL}
      permits: permitsByWellId(first: 5, orderBy: PLACE_ASC) {{ nodes {{ {_PERMIT} }} }}
    }} }}
  }} }}
}}""",
}


@dataclass(frozen=True, slots=True)
class GraphQLSpeaker:
    """Asks the questions in GraphQL."""

    documents: dict[str, str]
    headers: tuple[tuple[str, str], ...] = ()

    def asked(self, question: str, dataset: Dataset) -> list[Exchange]:
        """The requests of a question, to be sent in turn."""
        return [
            graphql(self.documents[question], variables, self.headers)
            for variables in _variables(question, dataset)
        ]

    def asked_anew(self, question: str, dataset: Dataset, number: int) -> Exchange:
        """The question in a document that nobody has sent before."""
        # the selection is another one too, lest a memory of plans recognise it
        document = self.documents[question].replace(
            "apiNumber wellName", f"apiNumber n{number}: apiNumber wellName"
        )
        (variables, *_) = _variables(question, dataset)
        return graphql(document, variables, self.headers)


@dataclass(frozen=True, slots=True)
class PathSpeaker:
    """Asks the questions by paths."""

    prefix: str

    def asked(self, question: str, dataset: Dataset) -> list[Exchange]:
        """The requests of a question, to be sent in turn."""
        if question != "point":
            return [Exchange("GET", f"{self.prefix}/{question}")]
        return [
            Exchange("GET", f"{self.prefix}/point/{variables['api']}")
            for variables in _variables(question, dataset)
        ]


def _variables(question: str, dataset: Dataset) -> list[dict[str, Any]]:
    if question != "point":
        return [{}]
    return [{"api": dataset.api_number(place)} for place in spread(dataset.wells)]


def spread(total: int) -> list[int]:
    """Places all over a range."""
    return [place * total // _DIFFERENT_WELLS for place in range(_DIFFERENT_WELLS)]


def content(answer: bytes) -> Any:
    """What an answer says, whatever the form: order, wrapping and kinds of numbers do not count.

    Raises ValueError for an answer with errors.
    """
    decoded = orjson.loads(answer)
    if isinstance(decoded, dict) and ("data" in decoded or "errors" in decoded):
        if decoded.get("errors"):
            raise ValueError(f"answered with errors: {answer[:500].decode(errors='replace')}")
        (decoded,) = decoded["data"].values()
    return _canonical(decoded)


def _canonical(value: Any) -> Any:
    match value:
        case {"nodes": nodes} if len(value) == 1:
            return _canonical(nodes)
        case dict():
            return tuple(sorted((name, _canonical(one)) for name, one in value.items()))
        case list():
            return sorted((_canonical(one) for one in value), key=repr)
        case bool() | None:
            return value
        case int() | float():
            return float(value)
        case _:
            return value
