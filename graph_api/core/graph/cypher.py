"""How a Cypher statement reaches PostgreSQL: through AGE's `cypher()`, with one parameter map."""

import re
from functools import cache

import orjson

from graph_api.core.statements import Statement, statement

_COLUMN = re.compile(r"\bAS ([a-z_]+)\s*(?:,|$)")


@cache
def cypher_statement(name: str, **slots: str) -> Statement:
    """A named Cypher statement as the SQL that runs it; its columns are the names it returns."""
    filled = statement(name).fill(**slots)
    returned = filled.text.rsplit("RETURN", 1)[1]
    columns = ", ".join(f"{column} ag_catalog.agtype" for column in _COLUMN.findall(returned))
    wrapper = statement("run_cypher").fill(cypher=filled.text, columns=columns)
    return Statement(filled.name, wrapper.text, filled.purpose, "sql")


def cypher_parameters(**values: object) -> str:
    """The parameter map of a Cypher statement."""
    return orjson.dumps(values).decode()
