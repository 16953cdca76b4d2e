"""Teaches schemathesis to make values of the scalar JSON, and to make documents faster.

Schemathesis names this module as its hooks: it runs in the environment of schemathesis, which knows
nothing of this project.
"""

from collections.abc import Callable
from typing import Any

import graphql
import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from hypothesis_graphql import strategies as documents
from schemathesis.graphql import nodes

_NAMES = st.from_regex(r"\A[_A-Za-z][_0-9A-Za-z]{0,15}\Z")
_PLAIN = st.one_of(
    st.just(nodes.Null),
    st.booleans().map(nodes.Boolean),
    st.integers().map(nodes.Int),
    st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float),
    st.text(max_size=20).map(nodes.String),
)


def _object(values: dict[str, graphql.ValueNode]) -> graphql.ValueNode:
    return nodes.Object(
        [
            graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=value)
            for name, value in values.items()
        ]
    )


def _nested(inner: SearchStrategy[graphql.ValueNode]) -> SearchStrategy[graphql.ValueNode]:
    return st.one_of(
        st.lists(inner, max_size=4).map(nodes.List),
        st.dictionaries(_NAMES, inner, max_size=4).map(_object),
    )


schemathesis.graphql.scalar("JSON", st.recursive(_PLAIN, _nested, max_leaves=8))


def _made_once(make: Callable[..., SearchStrategy[str]]) -> Callable[..., SearchStrategy[str]]:
    """The same strategies; schemathesis has one made anew for each document, which takes longest."""
    made: dict[tuple[object, ...], tuple[object, SearchStrategy[str]]] = {}

    def kept(schema: object, **given: Any) -> SearchStrategy[str]:
        # the schema stays referred to, so that no other has its id; the scalars are always the same
        key = (
            id(schema),
            *(str(value) for name, value in sorted(given.items()) if name != _SCALARS),
        )
        if key not in made:
            made[key] = (schema, make(schema, **given))
        return made[key][1]

    return kept


_SCALARS = "custom_scalars"
documents.queries = _made_once(documents.queries)
documents.mutations = _made_once(documents.mutations)
